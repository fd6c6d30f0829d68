import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { Moment } from '../model/values.ts';
import { createProcessGaps, GAP_LIMIT_MS, type HeardAgain } from './process-gap.ts';

/** Both clocks, the monotonic one as milliseconds after its start. */
const at = (ranMs: number, wallMs = ranMs): Moment => ({ nowMs: 1_767_225_600_000 + wallMs, nowUs: ranMs * 1000 });
const heardAt = (us: number | null): HeardAgain => ({ priceUs: us, inventoryUs: us, relayUs: us });

function after(...beats: readonly Moment[]) {
  const gaps = createProcessGaps();
  const found = beats.map((beat) => gaps.beat(beat));
  return { gaps, found };
}

describe('a gap', () => {
  test('is not the time before the first beat', () => {
    expect(after(at(1_000_000)).found).toEqual([null]);
  });

  test.each([
    ['at the limit', at(GAP_LIMIT_MS), null],
    ['beyond the limit', at(GAP_LIMIT_MS + 1), { kind: 'stalled', lengthMs: GAP_LIMIT_MS + 1 }],
    ['of ten seconds', at(10_000), { kind: 'stalled', lengthMs: 10_000 }],
    ['a microsecond over', { ...at(GAP_LIMIT_MS), nowUs: GAP_LIMIT_MS * 1000 + 1 }, { lengthMs: GAP_LIMIT_MS + 1 }],
    ['of a machine that was suspended', at(100, 60_100), { kind: 'suspended', lengthMs: 60_000 }],
    ['of the wall clock ahead, at the limit', at(100, 100 + GAP_LIMIT_MS), null],
    ['of the wall clock ahead, over it', at(100, 101 + GAP_LIMIT_MS), { kind: 'suspended' }],
    ['of the wall clock back, at the limit', at(100, 100 - GAP_LIMIT_MS), null],
    ['of the wall clock back, over it', at(100, 99 - GAP_LIMIT_MS), { kind: 'clock_set', lengthMs: GAP_LIMIT_MS + 1 }],
    ['of a clock that is steered', at(100, 100.05), null],
  ])('%s', (_name, next, expected) => {
    const [, found] = after(at(0), next).found;
    if (expected === null) expect(found).toBeNull();
    else expect(found).toMatchObject({ ...expected, endedUs: next.nowUs, endedAtMs: next.nowMs } as never);
  });
});

describe('after a gap', () => {
  const ended = 10_000_000;
  const stalled = () => after(at(0), at(10_000)).gaps;

  test('nothing is signed until each of the three sources was heard since', () => {
    const hold = { value: 10_000, limit: GAP_LIMIT_MS };
    const gaps = stalled();
    const all = heardAt(ended);
    expect(gaps.hold(all)).toBeNull();
    for (const source of ['priceUs', 'inventoryUs', 'relayUs'] as const) {
      for (const us of [ended - 1, 0, null, Number.NaN, Number.NEGATIVE_INFINITY]) {
        expect(gaps.hold({ ...all, [source]: us })).toEqual(hold);
      }
    }
  });

  test('a second gap asks for everything again', () => {
    const gaps = stalled();
    expect(gaps.hold(heardAt(ended))).toBeNull();
    gaps.beat(at(12_000));
    expect(gaps.hold(heardAt(ended))).toEqual({ value: 2000, limit: GAP_LIMIT_MS });
    expect(gaps.hold(heardAt(12_000_000))).toBeNull();
    expect(gaps.count()).toBe(2);
  });

  test('without one nothing has to be heard', () => {
    expect(after(at(0), at(500), at(1000)).gaps.hold(heardAt(null))).toBeNull();
  });
});

test('steady beats of any pace below the limit are no gap, and one that stays away is always found', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1, maxLength: 50 }),
      fc.integer({ min: 1001, max: 100_000 }),
      (paces, gapMs) => {
        const gaps = createProcessGaps();
        let ms = 0;
        for (const pace of paces) {
          ms += pace;
          expect(gaps.beat(at(ms))).toBeNull();
        }
        expect(gaps.beat(at(ms + gapMs))?.lengthMs).toBe(gapMs);
      },
    ),
  );
});
