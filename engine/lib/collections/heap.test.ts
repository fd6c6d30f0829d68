import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { Heap } from './heap.ts';

type Item = { readonly key: number; at: number };

test('has the first item on top, whatever is put in and taken out from anywhere', () => {
  const step = fc.oneof(
    fc.record({ put: fc.integer({ min: -20, max: 20 }) }),
    fc.record({ take: fc.nat(1000) }),
    fc.constant({ takeLeast: true }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300, size: 'max' }), (steps) => {
      const heap = new Heap<Item>(
        (a, b) => a.key < b.key,
        (item, at) => {
          item.at = at;
        },
      );
      const model = new Set<Item>();
      for (const each of steps) {
        if ('put' in each) {
          const item = { key: each.put, at: -1 };
          heap.push(item);
          model.add(item);
        } else {
          const item = 'take' in each ? [...model][each.take % model.size] : heap.peek();
          if (item === undefined) continue;
          heap.removeAt(item.at);
          model.delete(item);
        }
        expect(heap.size).toBe(model.size);
        const least = model.size === 0 ? undefined : Math.min(...[...model].map(({ key }) => key));
        expect(heap.peek()?.key).toBe(least);
      }
    }),
  );
});
