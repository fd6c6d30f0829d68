// A hundred thousand hostile records on all topics, and a history-writer that has to make a row or a dead letter of each: see
// ops/records/run.ts.

import { EXIT } from '../../contracts/runtime/process/exit.ts';
import { mb, type RecordsPlan, recordsRun } from '../records/run.ts';
import type { Soak } from '../testing/run/soak.ts';
import { numbersOf } from './numbers.ts';

const CHUNK = 2000;
const CHUNK_LIMIT_MS = 20_000;
const SHOWN_MAX = 50;

export const soak: Soak = {
  name: 'records',
  summary: 'a hundred thousand hostile records on all topics, each a row, a dead letter or a repeat (--count, --seed)',
  async run(args) {
    const plan = planOf(args);
    if (typeof plan === 'string') {
      console.error(plan);
      return EXIT.usage;
    }
    console.log(`seed ${plan.seed}, ${plan.count} records`);
    const report = await recordsRun({ ...plan, progress: (line) => console.log(line) });
    const { rows, dead, repeats, honest, produced, refused, slowestChunkMs, residentBytesMax, violations } = report;
    console.log(`${produced} sent, ${refused} of them refused by Kafka; ${honest} honest`);
    console.log(`with the writer's own: ${rows} rows, ${dead} dead letters, ${repeats} repeats`);
    console.log(`slowest chunk ${slowestChunkMs.toFixed(0)} ms, ${mb(residentBytesMax)} MB resident at most`);
    for (const violation of violations.slice(0, SHOWN_MAX)) console.log(`    NOT SO: ${violation}`);
    if (violations.length > 0) console.log(`${violations.length} violations; again: -- --seed ${plan.seed}`);
    return violations.length === 0 ? EXIT.ok : EXIT.failure;
  },
};

/** What is to be run, or what is wrong with the arguments. */
export function planOf(args: readonly string[], random?: () => number): RecordsPlan | string {
  const numbers = numbersOf(args, { count: 100_000 }, random);
  return typeof numbers === 'string' ? numbers : { ...numbers, chunk: CHUNK, chunkLimitMs: CHUNK_LIMIT_MS };
}
