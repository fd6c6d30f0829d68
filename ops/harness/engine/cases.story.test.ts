// The case list at the loop and at the whole engine; cases.story.it.test.ts runs it at the process.

import { describe, test } from 'bun:test';
import { CASES } from './cases.fixture.ts';
import { driveEngine, driveLoop } from './driver.fixture.ts';

const LIMIT_MS = 60_000;

describe.each([
  ['loop', driveLoop],
  ['engine', driveEngine],
] as const)('at the %s', (_depth, start) => {
  for (const { name, run } of CASES) {
    test(
      name,
      async () => {
        await using driver = await start();
        await run(driver);
      },
      LIMIT_MS,
    );
  }
});
