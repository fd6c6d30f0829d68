// The case list at the process, with a real broker.

import { beforeAll, test } from 'bun:test';
import { describeWith } from '../../testing/services.ts';
import { CASES } from './cases.fixture.ts';
import { driveProcess } from './driver.fixture.ts';
import { makeTopics } from './process.fixture.ts';

const LIMIT_MS = 60_000;

describeWith(['kafka'], 'at the process', ({ kafka }) => {
  beforeAll(() => makeTopics(kafka.brokers), LIMIT_MS);
  for (const { name, run } of CASES) {
    test(
      name,
      async () => {
        await using driver = await driveProcess(kafka.brokers)();
        await run(driver);
      },
      LIMIT_MS,
    );
  }
});
