import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { LongMap } from './long-map.ts';

test('behaves like a Map, order included', () => {
  const key = fc.oneof(fc.integer({ min: 0, max: 40 }).map(String), fc.string(), fc.uuid());
  const step = fc.oneof(
    { weight: 3, arbitrary: fc.record({ set: key, value: fc.integer() }) },
    { weight: 2, arbitrary: fc.record({ delete: fc.nat(1_000) }) },
    { weight: 1, arbitrary: fc.record({ delete: key }) },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400, size: 'max' }), (steps) => {
      const map = new LongMap<string, number>();
      const model = new Map<string, number>();
      for (const each of steps) {
        if ('set' in each) {
          map.set(each.set, each.value);
          model.set(each.set, each.value);
          expect(map.get(each.set)).toBe(each.value);
        } else {
          const wanted = typeof each.delete === 'string' ? each.delete : [...model.keys()][each.delete % model.size];
          if (wanted === undefined) continue;
          expect(map.delete(wanted)).toBe(model.delete(wanted));
          expect(map.has(wanted)).toBe(false);
        }
        expect(map.size).toBe(model.size);
      }
      expect([...map.entries()]).toEqual([...model]);
      expect([...map.values()]).toEqual([...model.values()]);
    }),
  );
});

test('holds keys that differ at their end or at their beginning alone', () => {
  const map = new LongMap<string, string>();
  const keys = Array.from({ length: 500 }, (_, at) => [`${'0'.repeat(80)}${at}`, `${at}:${'0'.repeat(80)}`]).flat();
  for (const key of keys) map.set(key, key);
  expect([...map.values()]).toEqual(keys);
  for (const key of keys) expect(map.get(key)).toBe(key);
  expect(map.get('0'.repeat(80))).toBeUndefined();
});
