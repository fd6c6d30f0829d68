import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { InFlight, type Reported } from './in-flight.ts';

/** A report whose key is in the middle of other bytes. */
const report = (topic: string, partition: number, key: Uint8Array | null, sizeBytes: number): Reported => {
  const memory = Buffer.concat([Buffer.from('before'), key ?? Buffer.alloc(0), Buffer.from('behind')]);
  return { topic, partition, memory, keyAt: 'before'.length, keyLength: key === null ? -1 : key.length, sizeBytes };
};

const bytesOf = (key: string): Buffer => Buffer.from(key, 'utf8');

describe('InFlight', () => {
  test('gives back tags partition by partition in the order of production, whatever the partitions do to each other', () => {
    const steps = fc.array(fc.record({ partition: fc.nat(3), take: fc.boolean() }), { maxLength: 5000 });
    fc.assert(
      fc.property(steps, (list) => {
        const inFlight = new InFlight();
        const expected: number[][] = [[], [], [], []];
        let tag = 0;
        for (const { partition, take } of list) {
          const line = expected[partition] ?? [];
          const next = line[0];
          if (take && next !== undefined) {
            expect(inFlight.take(report('t', partition, bytesOf(`k${next}`), next % 100))).toMatchObject({
              tag: line.shift(),
            });
          } else {
            inFlight.add('t', partition, { tag, key: `k${tag}`, sizeBytes: tag % 100 });
            line.push(tag);
            tag += 1;
          }
        }
        expect(inFlight.count).toBe(expected.reduce((sum, line) => sum + line.length, 0));
      }),
      { numRuns: 50 },
    );
  });

  test('keeps thousands of records apart while it gives memory back', () => {
    const inFlight = new InFlight();
    for (let tag = 0; tag < 5000; tag += 1) inFlight.add('t', 0, { tag, key: null, sizeBytes: 1 });
    for (let tag = 0; tag < 5000; tag += 1) expect(inFlight.take(report('t', 0, null, 1))).toMatchObject({ tag });
    expect(inFlight.count).toBe(0);
  });

  test('keeps nothing of the records but their number once no report comes any more', () => {
    const inFlight = new InFlight();
    for (let tag = 0; tag < 10; tag++) inFlight.add('t', 0, { tag, key: null, sizeBytes: 1 });
    inFlight.take(report('t', 0, null, 1));
    inFlight.forget();
    expect(inFlight.count).toBe(9);
    expect(inFlight.take(report('t', 0, null, 1))).toBeString();
  });

  test.each([
    ['another key', 't', 0, 'other', 7],
    ['another size', 't', 0, 'key', 8],
    ['no key', 't', 0, null, 7],
    ['another partition', 't', 1, 'key', 7],
    ['another topic', 'u', 0, 'key', 7],
  ] as const)('tells a report with %s and takes nothing', (_, topic, partition, key, sizeBytes) => {
    const inFlight = new InFlight();
    inFlight.add('t', 0, { tag: 1, key: 'key', sizeBytes: 7 });
    expect(inFlight.take(report(topic, partition, key === null ? null : bytesOf(key), sizeBytes))).toBeString();
    expect(inFlight.count).toBe(1);
    expect(inFlight.take(report('t', 0, bytesOf('key'), 7))).toMatchObject({ tag: 1 });
  });

  test('knows a key by its bytes, also one that is not ASCII or has half of a character', () => {
    const key = fc.string({ unit: 'binary', maxLength: 20 });
    fc.assert(
      fc.property(key, fc.oneof(key, fc.constant(null)), (produced, other) => {
        const inFlight = new InFlight();
        inFlight.add('t', 0, { tag: 1, key: produced, sizeBytes: 7 });
        const reported = other === null ? bytesOf(produced) : bytesOf(other);
        const isSame = bytesOf(produced).equals(reported);
        expect(typeof inFlight.take(report('t', 0, reported, 7))).toBe(isSame ? 'object' : 'string');
      }),
      {
        examples: [
          ['\ud800', null],
          ['é', null],
          ['é', 'e'],
          ['', null],
          ['ab', 'é'],
        ],
      },
    );
    const inFlight = new InFlight();
    inFlight.add('t', 0, { tag: 1, key: 'é', sizeBytes: 7 });
    expect(inFlight.take(report('t', 0, Uint8Array.of(0xe9), 7))).toBeString();
  });
});
