import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { TOPICS } from '../../contracts/topics/registry.ts';
import { bytesOf } from './fixtures.ts';
import { type Lane, lanesOf, whenAllHave } from './lanes.ts';
import type { BufferedRecord, OffsetRange } from './pending-batch.ts';

const TEXT = bytesOf('x'.repeat(1500));

/** A batch as PendingBatch gives it: partition after partition. */
function batchOf(parts: readonly { readonly range: OffsetRange; readonly count: number }[]): Lane {
  const held = parts.flatMap(({ range: { topic, partition, from }, count }) =>
    Array.from({ length: count }, (_, index): BufferedRecord => {
      const offset = from + BigInt(index);
      const where = { topic, partition, offset, key: null, value: TEXT };
      return { ...where, timestampMs: 0, sinceMs: 0, made: null, dead: null };
    }),
  );
  return { held, ranges: parts.map(({ range }) => range) };
}

const anyBatch = fc
  .uniqueArray(fc.tuple(fc.constantFrom(...TOPICS.map(({ name }) => name)), fc.nat({ max: 5 })), {
    selector: ([topic, partition]) => `${topic} ${partition}`,
    minLength: 1,
  })
  .chain((places) =>
    fc.array(fc.nat({ max: 300 }), { minLength: places.length, maxLength: places.length }).map((counts) =>
      batchOf(
        places.map(([topic, partition], index) => {
          const count = counts[index] ?? 0;
          // A partition may be in a batch without a record, when offsets were passed over.
          return { range: { topic, partition, from: 7n, to: 8n + BigInt(count) }, count };
        }),
      ),
    ),
  );

test('each record and each partition is in one lane, in its order, and no topic is in two', () => {
  fc.assert(
    fc.property(anyBatch, (batch) => {
      const lanes = lanesOf(batch);
      expect(lanes.flatMap(({ ranges }) => ranges).length).toBe(batch.ranges.length);
      expect(lanes.flatMap(({ held }) => held).length).toBe(batch.held.length);
      const topics = lanes.map(({ ranges }) => new Set(ranges.map(({ topic }) => topic)));
      const [first, second] = topics;
      expect([...(first ?? [])].filter((topic) => second?.has(topic))).toEqual([]);
      for (const [index, { held, ranges }] of lanes.entries()) {
        expect(ranges.length).toBeGreaterThan(0);
        expect(ranges).toEqual(batch.ranges.filter(({ topic }) => topics[index]?.has(topic)));
        expect(held).toEqual(batch.held.filter(({ topic }) => topics[index]?.has(topic)));
      }
    }),
  );
});

test('a large batch is divided evenly as far as its topics allow, a small one not at all', () => {
  const part = (topic: (typeof TOPICS)[number]['name'], count: number) => ({
    range: { topic, partition: 0, from: 0n, to: BigInt(count) },
    count,
  });
  const sizes = (...parts: Parameters<typeof batchOf>[0]): number[] =>
    lanesOf(batchOf(parts)).map(({ held }) => held.length);
  expect(sizes(part('exec.trade_result', 499))).toEqual([499]);
  expect(sizes(part('exec.trade_result', 200), part('decision.trade_decision', 299))).toEqual([499]);
  expect(sizes(part('exec.trade_result', 5000))).toEqual([5000]);
  expect(
    sizes(part('exec.trade_result', 400), part('decision.trade_decision', 300), part('norm.swap_demand', 100)),
  ).toEqual([400, 400]);
});

test('rows are on their way when each lane has some or has ended', () => {
  const lanes: Lane[] = [batchOf([]), batchOf([])];
  let calls = 0;
  const begun = whenAllHave(lanes, () => {
    calls++;
  });
  const [first, second] = lanes as [Lane, Lane];
  begun(first);
  begun(first);
  expect(calls).toBe(0);
  begun(second);
  expect(calls).toBe(1);
});
