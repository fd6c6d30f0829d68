import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { Ring } from './ring.ts';

type Step = { readonly kind: 'push'; readonly value: number } | { readonly kind: 'shift' } | { readonly kind: 'clear' };

const steps = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.nat().map((value): Step => ({ kind: 'push', value })) },
    { weight: 4, arbitrary: fc.constant<Step>({ kind: 'shift' }) },
    { weight: 1, arbitrary: fc.constant<Step>({ kind: 'clear' }) },
  ),
  { maxLength: 200 },
);

describe('Ring', () => {
  test('behaves like an array with a limit, under any steps', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), steps, (capacityMin, list) => {
        const ring = new Ring<number>(capacityMin);
        expect(ring.capacity).toBeGreaterThanOrEqual(capacityMin);
        let model: number[] = [];
        for (const step of list) {
          if (step.kind === 'clear') {
            ring.clear();
            model = [];
          } else if (step.kind === 'shift') {
            expect(ring.shift()).toBe(model.shift() as number);
          } else {
            const room = model.length < ring.capacity;
            expect(ring.push(step.value)).toBe(room);
            if (room) model.push(step.value);
          }
          expect(ring.size).toBe(model.length);
          expect(Array.from({ length: ring.size }, (_, at) => ring.at(at))).toEqual(model);
          expect(ring.at(-1)).toBeUndefined();
          expect(ring.at(ring.size)).toBeUndefined();
        }
      }),
    );
  });
});
