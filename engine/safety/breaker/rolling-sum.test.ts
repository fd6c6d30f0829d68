import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { DAY, MINUTE, RollingSum } from './rolling-sum.ts';

const T0 = 1_767_225_600_000;

describe.each([
  ['a minute', MINUTE],
  ['a day', DAY],
])('the sum over %s', (_name, window) => {
  const { bucketMs, buckets } = window;
  const windowMs = bucketMs * buckets;

  test('has a value for the whole window, and a bucket longer at most', () => {
    const sum = new RollingSum(window);
    sum.add(T0, 7n);
    expect([T0, T0 + windowMs, T0 + windowMs + bucketMs - 1].map((atMs) => sum.sum(atMs))).toEqual([7n, 7n, 7n]);
    expect(sum.sum(T0 + windowMs + bucketMs)).toBe(0n);
  });

  test('lies between that over the window and that over a bucket more, whatever was added in order of time', () => {
    const steps = fc.array(
      fc.record({ afterMs: fc.nat(2 * bucketMs), value: fc.bigInt({ min: 0n, max: 10n ** 21n }) }),
    );
    fc.assert(
      fc.property(steps, fc.nat(2 * windowMs), (values, laterMs) => {
        const sum = new RollingSum(window);
        const all: { readonly atMs: number; readonly value: bigint }[] = [];
        let atMs = T0;
        for (const { afterMs, value } of values) {
          atMs += afterMs;
          all.push({ atMs, value });
          sum.add(atMs, value);
        }
        const nowMs = atMs + laterMs;
        const since = (fromMs: number) =>
          all.reduce((total, one) => (one.atMs >= fromMs ? total + one.value : total), 0n);
        expect(sum.sum(nowMs)).toBeGreaterThanOrEqual(since(nowMs - windowMs));
        expect(sum.sum(nowMs)).toBeLessThanOrEqual(since(nowMs - windowMs - bucketMs + 1));
        const again = new RollingSum(window);
        again.restore(sum.buckets());
        expect(again.sum(nowMs)).toBe(sum.sum(nowMs));
      }),
    );
  });

  test('takes a correction of a value that is in it, and none of one that is not any more', () => {
    const sum = new RollingSum(window);
    sum.add(T0, 5n);
    sum.add(T0, -2n);
    expect(sum.sum(T0)).toBe(3n);
    const laterMs = T0 + windowMs + bucketMs;
    sum.add(laterMs, 4n);
    sum.add(T0, -1n);
    expect(sum.sum(laterMs)).toBe(4n);
  });

  test.each([1, 1000, 5000, 10_000, 28_000, 35_000])(
    'has all of the window also when a value is %d ms ahead of the clock',
    (aheadMs) => {
      for (let nowMs = T0 + bucketMs - 1; nowMs < T0 + windowMs + bucketMs; nowMs += bucketMs) {
        const sum = new RollingSum(window);
        sum.add(T0, 7n);
        sum.add(nowMs + aheadMs, 2n);
        expect(sum.sum(nowMs)).toBe(9n);
      }
    },
  );

  test('has nothing from a checkpoint that is over, whatever places its version had', () => {
    const index = Math.floor(T0 / bucketMs);
    for (let places = buckets + 1; places <= 2 * buckets; places++) {
      const sum = new RollingSum(window);
      sum.restore([
        [index, 5n],
        [index - places, 6n],
      ]);
      expect(sum.sum(T0)).toBe(5n);
    }
  });

  test('has what lies ahead of a clock that was set back', () => {
    const sum = new RollingSum(window);
    sum.add(T0 + 10 * windowMs, 5n);
    sum.add(T0, 6n);
    expect(sum.sum(T0)).toBe(11n);
  });
});
