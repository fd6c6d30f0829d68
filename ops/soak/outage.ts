// PostgreSQL away under both policies, then Kafka away for ten minutes under 200 quotes a second: see outage/.

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { EXIT } from '../../contracts/runtime/process/exit.ts';
import { CHECKOUT } from '../stack/directory.ts';
import type { Soak } from '../testing/run/soak.ts';
import { numbersOf } from './numbers.ts';
import { delaysOf, excessesOf } from './outage/judge.ts';
import { withoutKafka } from './outage/kafka.ts';
import { withoutPostgres } from './outage/postgres.ts';

const DIR = join(CHECKOUT, '.unrip/test/soak-outage');
const MEGABYTE = 1_048_576;
/** Longer than a quote lives: as many are live then as the load makes. */
const WARM_SECONDS = 90;

type Plan = { readonly seconds: number; readonly rate: number; readonly seed: number };

export const soak: Soak = {
  name: 'outage',
  summary: 'without PostgreSQL, then ten minutes without Kafka at 200 quotes/s (--seconds, --rate, --seed)',
  async run(args, { adminUrl, kafkaBrokers }) {
    const plan = planOf(args);
    if (typeof plan === 'string') {
      console.error(plan);
      return EXIT.usage;
    }
    rmSync(DIR, { recursive: true, force: true });
    const { seconds, rate: ratePerS, seed } = plan;
    const common = { ratePerS, seed, progress: (line: string): void => console.log(line) };
    console.log(`seed ${seed}`);
    const postgres = await withoutPostgres({ ...common, kafkaBrokers, dir: join(DIR, 'postgres') });
    const kafka = await withoutKafka({
      ...common,
      adminUrl,
      dir: join(DIR, 'kafka'),
      seconds,
      warmSeconds: WARM_SECONDS,
    });
    const { degrade, strict } = postgres.notReadyMs;
    console.log(`not ready ${degrade} ms (degrade) and ${strict} ms (strict) after the end of PostgreSQL`);
    const { asked, grownBytes, journalBytes, recoveredMs } = kafka;
    console.log(
      `${asked.answered} of ${asked.quoteIds.length} answered without Kafka, memory ${Math.round(grownBytes / MEGABYTE)} MB ` +
        `and journal ${Math.round(journalBytes / MEGABYTE)} MB more, healthy ${recoveredMs} ms after its return`,
    );
    const recorded = [...postgres.violations, ...kafka.violations];
    const violations = [...recorded, ...excessesOf(kafka), ...delaysOf(kafka, postgres)];
    for (const violation of violations) console.log(`    NOT SO: ${violation}`);
    if (violations.length > 0) console.log(`logs: ${DIR}`);
    return violations.length === 0 ? EXIT.ok : EXIT.failure;
  },
};

/** What is to be run, or what is wrong with the arguments. */
export function planOf(args: readonly string[], random?: () => number): Plan | string {
  return numbersOf(args, { seconds: 600, rate: 200 }, random);
}
