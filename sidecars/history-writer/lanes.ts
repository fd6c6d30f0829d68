// How a batch is divided among connections: PostgreSQL works on one transaction with one processor, and waits in it for the disk and
// for the next statement. Each topic goes to one lane as a whole, and has a table of its own: what two lanes write, rows
// and offsets, has nothing in common, so that neither waits for the other, and one may fail while the other goes on. Pure.

import type { TopicName } from '../../contracts/topics/registry.ts';
import type { BufferedRecord, OffsetRange } from './pending-batch.ts';

/** Records, and the partitions that they are all of: what one transaction writes. */
export type Lane = { readonly held: readonly BufferedRecord[]; readonly ranges: readonly OffsetRange[] };

const LANES = 2;
/** Below it a second transaction, with its own wait for the disk, costs more than it gains. */
const DIVIDED_RECORDS_MIN = 500;
/** What a row costs, whatever its size. */
const ROW_BYTES = 1000;

/** One lane or two of about the same work, each in the order of the batch. */
export function lanesOf(batch: Lane): Lane[] {
  const { held, ranges } = batch;
  if (held.length < DIVIDED_RECORDS_MIN) return [batch];
  const work = new Map<TopicName, number>();
  for (const { topic } of ranges) work.set(topic, 0);
  for (const { topic, value } of held) work.set(topic, (work.get(topic) ?? 0) + ROW_BYTES + (value?.byteLength ?? 0));
  const laneOf = divided(work);
  const lanes = Array.from({ length: LANES }, () => ({ held: [] as BufferedRecord[], ranges: [] as OffsetRange[] }));
  for (const range of ranges) lanes[laneOf.get(range.topic) ?? 0]?.ranges.push(range);
  for (const record of held) lanes[laneOf.get(record.topic) ?? 0]?.held.push(record);
  return lanes.filter((lane) => lane.ranges.length > 0);
}

/** In order of size, each to the lane with less work. */
function divided(work: ReadonlyMap<TopicName, number>): Map<TopicName, number> {
  const loads = Array.from({ length: LANES }, () => 0);
  const laneOf = new Map<TopicName, number>();
  for (const [topic, size] of [...work].sort(([, left], [, right]) => right - left)) {
    const lane = loads.indexOf(Math.min(...loads));
    loads[lane] = (loads[lane] ?? 0) + size;
    laneOf.set(topic, lane);
  }
  return laneOf;
}

/** Calls `then` when it was called for each of so many lanes: a lane may call it more than once. */
export function whenAllHave(lanes: readonly Lane[], then: () => void): (lane: Lane) => void {
  const missing = new Set(lanes);
  return (lane) => {
    missing.delete(lane);
    if (missing.size === 0) then();
  };
}
