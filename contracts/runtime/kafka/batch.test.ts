import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { unpackBatch } from './batch.fixture.ts';
import { Batch, type BatchedRecord } from './batch.ts';

const FULL = -184;
const TOO_LARGE = 10;

const text = fc.string({ unit: 'binary', maxLength: 300 });
const long = fc.constantFrom(
  'x'.repeat(16_384),
  '€'.repeat(16_384),
  'x\u{1f600}'.repeat(5_000),
  '\ud800'.repeat(9_000),
);
const value = fc.oneof(
  text,
  long,
  fc.uint8Array({ maxLength: 300 }),
  fc.constant(new Uint8Array(16_384)),
  fc.constant(null),
);
const record = fc.record({ topic: fc.constantFrom('a', 'ü', 'b'), partition: fc.nat(9), key: fc.option(text), value });

const batched = (tag: number, { topic, partition, key }: { topic: string; partition: number; key: string | null }) =>
  ({ topic, partition, key, tag, sizeBytes: -1 }) satisfies BatchedRecord;

/** The native module of a test: takes records in order until `codeOf` says that one has to wait. */
function nativeOf(codeOf: (index: number) => number) {
  const taken: ReturnType<typeof unpackBatch> = [];
  let offered = 0;
  return {
    taken,
    produceMany(memory: Uint8Array, bytes: number, passed: number): number {
      const records = unpackBatch(memory, bytes);
      let count = passed;
      for (const each of records.slice(passed)) {
        const code = codeOf(offered++);
        Buffer.from(memory.buffer).writeInt32LE(code, each.at);
        if (code === FULL) break;
        if (code === 0) taken.push(each);
        count++;
      }
      return count;
    },
  };
}

describe('Batch', () => {
  test('hands each record over byte for byte and in order, whatever its characters take', () => {
    fc.assert(
      fc.property(fc.array(record, { maxLength: 30 }), (records) => {
        const batch = new Batch();
        const native = nativeOf(() => 0);
        const sizes: number[] = [];
        const send = (): void => void batch.send(native, ({ sizeBytes }) => void sizes.push(sizeBytes));
        records.forEach((each, tag) => {
          if (batch.add(batched(tag, each), each.value)) return;
          send();
          expect(batch.add(batched(tag, each), each.value)).toBe(true);
        });
        send();
        const bytesOf = (bytes: Uint8Array | string | null) => bytes && Buffer.from(bytes as string).toString('base64');
        expect(
          native.taken.map((each) => [each.topic, each.partition, bytesOf(each.key), bytesOf(each.value)]),
        ).toEqual(records.map((each) => [each.topic, each.partition, bytesOf(each.key), bytesOf(each.value)]));
        expect(sizes).toEqual(
          records.map((each) => (each.value === null ? 0 : Buffer.from(each.value as string).length)),
        );
        expect(batch.count).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  test('keeps what there is no room for, and those behind it, and offers them again in order', () => {
    const codes = fc.array(fc.constantFrom(0, 0, TOO_LARGE, FULL), { maxLength: 60 });
    fc.assert(
      fc.property(codes, fc.integer({ min: 1, max: 20 }), (script, count) => {
        const batch = new Batch();
        const native = nativeOf((index) => script[index] ?? 0);
        const seen: [number, number][] = [];
        for (let tag = 0; tag < count; tag++) {
          batch.add(batched(tag, { topic: tag % 3 === 0 ? 'a' : 'b', partition: 0, key: `k${tag}` }), `v${tag}`);
        }
        let code = FULL;
        while (code !== 0) {
          code = batch.send(native, ({ tag }, each) => void seen.push([tag, each]));
          expect(batch.count).toBe(count - seen.length);
        }
        expect(seen.map(([tag]) => tag)).toEqual(Array.from({ length: count }, (_, tag) => tag));
        const taken = seen
          .filter(([, each]) => each === 0)
          .map(([tag]) => [tag % 3 === 0 ? 'a' : 'b', `k${tag}`, `v${tag}`]);
        expect(native.taken.map((each) => [each.topic, `${each.key}`, `${each.value}`])).toEqual(taken);
      }),
    );
  });

  test('does not take in what is too large, nor more than its memory holds', () => {
    const batch = new Batch();
    const of = (tag: number) => batched(tag, { topic: 't', partition: 0, key: null });
    expect(batch.add(of(0), 'x'.repeat(16_385))).toBe(false);
    expect(batch.add(of(0), new Uint8Array(16_385))).toBe(false);
    let tag = 0;
    while (batch.add(of(tag), 'x'.repeat(16_384))) tag++;
    expect(tag).toBeGreaterThan(10);
    expect(batch.count).toBe(tag);
    expect(
      batch.send(
        nativeOf(() => 0),
        () => {},
      ),
    ).toBe(0);
    expect(batch.add(of(tag), 'x')).toBe(true);
  });
});
