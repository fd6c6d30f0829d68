import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { murmur2, partitionOf } from './partition.ts';

// Vectors of Apache Kafka's own UtilsTest (clients/src/test/java/org/apache/kafka/common/utils/UtilsTest.java).
const VECTORS: readonly [string, number][] = [
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ['abc', 479470107],
];

describe('murmur2', () => {
  test.each(VECTORS)('%s hashes as in Java', (text, hash) => {
    expect(murmur2(new TextEncoder().encode(text))).toBe(hash);
  });
});

describe('partitionOf', () => {
  test('takes the positive part of the hash, like the Java client', () => {
    expect(partitionOf('foobar', 6)).toBe((-790332482 & 0x7fffffff) % 6);
    expect(partitionOf('abc', 6)).toBe(479470107 % 6);
  });

  test('stays within the topic and is the same every time', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 1000 }), (key, count) => {
        const partition = partitionOf(key, count);
        expect(partition).toBeGreaterThanOrEqual(0);
        expect(partition).toBeLessThan(count);
        expect(partitionOf(key, count)).toBe(partition);
      }),
    );
  });

  test('is that of the key itself, whatever keys came before it', () => {
    const key = fc.oneof(
      fc.constantFrom('', 'a', 'b', 'ab', 'ü', '\ud800', 'k'.repeat(513)),
      fc.string({ maxLength: 3 }),
    );
    fc.assert(
      fc.property(fc.array(key, { maxLength: 50 }), (keys) => {
        for (const each of keys) {
          const hash = murmur2(new TextEncoder().encode(each)) & 0x7fffffff;
          expect(partitionOf(each, 1000)).toBe(hash % 1000);
        }
      }),
    );
  });

  test.each([0, -1, 1.5, Number.NaN])('refuses a topic of %p partitions', (count) => {
    expect(() => partitionOf('k', count)).toThrow('partitions');
  });
});
