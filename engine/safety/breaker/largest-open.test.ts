import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { LargestOpen } from './largest-open.ts';

const T0 = 1_767_225_600_000;
const STEP_MS = 5_000;

test('a quote counts until its deadline is over, rounded up to five seconds', () => {
  const open = new LargestOpen();
  open.add(T0 + 1, 7n);
  open.endBefore(T0 + STEP_MS);
  expect(open.largest).toBe(7n);
  open.endBefore(T0 + STEP_MS + 1);
  expect(open.largest).toBe(0n);
});

test('it is the maximum of all quotes that are not over, in whatever order they came and end', () => {
  const add = fc.record({ deadlineMs: fc.nat(600_000), value: fc.bigInt({ min: 1n, max: 50n }) });
  const end = fc.record({ endMs: fc.nat(600_000) });
  fc.assert(
    fc.property(fc.array(fc.oneof(add, end), { maxLength: 60 }), (steps) => {
      const open = new LargestOpen();
      let model: { readonly endMs: number; readonly value: bigint }[] = [];
      for (const step of steps) {
        if ('endMs' in step) {
          open.endBefore(T0 + step.endMs);
          model = model.filter(({ endMs }) => endMs >= T0 + step.endMs);
        } else {
          const endMs = Math.ceil((T0 + step.deadlineMs) / STEP_MS) * STEP_MS;
          open.add(T0 + step.deadlineMs, step.value);
          model.push({ endMs, value: step.value });
        }
        const largest = model.reduce((most, { value }) => (value > most ? value : most), 0n);
        expect(open.largest).toBe(largest);
        // As many steps as a lifetime has, at most.
        expect(open.steps().length).toBeLessThanOrEqual(122);
        const again = new LargestOpen();
        again.restore(open.steps());
        expect(again.steps()).toEqual(open.steps());
      }
    }),
    { numRuns: 500 },
  );
});
