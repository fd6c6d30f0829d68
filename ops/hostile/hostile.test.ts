// A few seconds of the soak `hostile` against a real engine without Kafka, which it trades without.

import { expect, test } from 'bun:test';
import { join } from 'node:path';
import { throwAwayKey } from '../harness/key.ts';
import { tempDir } from '../testing/temp-dir.ts';
import { hostileRun } from './run.ts';

const LIMIT_MS = 60_000;
const SECONDS = 8;
/** Nothing listens there. */
const NO_BROKER = '127.0.0.1:9';

test(
  'honest quotes are answered between hostile frames, all of which are counted',
  async () => {
    using dir = tempDir('hostile');
    const accountId = 'hostile-quick.near';
    const key = throwAwayKey(join(dir.path, 'key.json'), accountId);
    const seed = Math.floor(Math.random() * 1_000_000);
    const { violations, sent } = await hostileRun({
      setup: { dir: dir.path, accountId, key, kafkaBrokers: NO_BROKER },
      seconds: SECONDS,
      seed,
      ratePerS: 20,
      // A machine that is busy with other tests may keep the process from running for a moment; the soak is strict.
      answeredPctMin: 90,
    });
    expect({ seed, violations }).toEqual({ seed, violations: [] });
    expect(Object.values(sent).every((count) => count > 0)).toBe(true);
  },
  LIMIT_MS,
);
