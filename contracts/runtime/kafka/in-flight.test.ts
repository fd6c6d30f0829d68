import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { InFlight } from './in-flight.ts';

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
            expect(inFlight.take('t', partition, `k${next}`, next % 100)).toMatchObject({ tag: line.shift() });
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
    for (let tag = 0; tag < 5000; tag += 1) expect(inFlight.take('t', 0, null, 1)).toMatchObject({ tag });
    expect(inFlight.count).toBe(0);
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
    expect(inFlight.take(topic, partition, key, sizeBytes)).toBeString();
    expect(inFlight.count).toBe(1);
    expect(inFlight.take('t', 0, 'key', 7)).toMatchObject({ tag: 1 });
  });
});
