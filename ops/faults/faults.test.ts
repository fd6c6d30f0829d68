// A few situations of the soak `faults` against a real engine without Kafka, which it trades without: that the run of a
// situation works, and that the quickest of them hold.

import { expect, test } from 'bun:test';
import { join } from 'node:path';
import { throwAwayKey } from '../harness/key.ts';
import { tempDir } from '../testing/temp-dir.ts';
import { runSituation } from './situation.ts';
import { SITUATIONS } from './situations.ts';

const LIMIT_MS = 60_000;
/** Nothing listens there. */
const NO_BROKER = '127.0.0.1:9';

const QUICK = ['rpc-dead-500', 'salt-invalidated'] as const;

test(
  'trading stops in time with a reason, nothing wrong is signed, trading goes on',
  async () => {
    using dir = tempDir('faults');
    const accountId = 'faults-quick.near';
    const key = throwAwayKey(join(dir.path, 'key.json'), accountId);
    const setup = { dir: dir.path, accountId, key, kafkaBrokers: NO_BROKER };
    // Each has a world of its own, and waits most of the time.
    const outcomes = await Promise.all(
      SITUATIONS.filter(({ name }) => QUICK.some((quick) => quick === name)).map((situation) =>
        runSituation(situation, { setup, machine: null, ratePerS: 20, seed: 1 }),
      ),
    );
    expect(outcomes.map(({ name, violations }) => ({ name, violations }))).toEqual(
      QUICK.map((name) => ({ name, violations: [] })),
    );
  },
  LIMIT_MS,
);
