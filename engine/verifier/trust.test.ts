import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { FinalBlock, KnownBlock } from '../../contracts/runtime/near/types.ts';
import { isLagging, judgeBlock, largestAgreement } from './trust.ts';

const NOW_MS = 1_767_225_600_000;

/** Taken 2 s ago, when it was 1 s old. */
const ANCHOR: FinalBlock = { height: 1000, hash: 'h1000', timeMs: NOW_MS - 3000 };

const block = (over: Partial<FinalBlock> = {}): FinalBlock => ({
  height: 1003,
  hash: 'h1003',
  timeMs: NOW_MS - 1000,
  ...over,
});

const reasonOf = (over: Partial<FinalBlock>, anchor: KnownBlock | null = ANCHOR, mayJump = false): string | null =>
  judgeBlock({ block: block(over), anchor, nowMs: NOW_MS, mayJump })?.reason ?? null;

describe('a block', () => {
  test.each([
    ['of the ordinary', {}, null],
    ['5 s ahead of our clock', { timeMs: NOW_MS + 5000 }, null],
    ['a millisecond more', { timeMs: NOW_MS + 5001 }, 'block_from_future'],
    ['a day ahead', { timeMs: NOW_MS + 86_400_000 }, 'block_from_future'],
    ['behind the anchor', { height: 999, hash: 'h999' }, 'block_went_back'],
    ['the anchor again', ANCHOR, null],
    ['of another hash at the same height', { ...ANCHOR, hash: 'other' }, 'block_differs'],
    ['of another time at the same height', { ...ANCHOR, timeMs: NOW_MS - 1000 }, 'block_differs'],
    ['higher and of the same time', { height: 1001, timeMs: ANCHOR.timeMs }, null],
    ['higher and from before', { timeMs: NOW_MS - 3001 }, 'block_time_went_back'],
    ['as many blocks ahead as 2 s allow', { height: 1020 }, null],
    ['one more', { height: 1021 }, 'block_jumped'],
    ['at 999999999', { height: 999_999_999 }, 'block_jumped'],
    ['at the maximum number', { height: Number.MAX_SAFE_INTEGER }, 'block_jumped'],
  ])('%s', (_name, over, reason) => {
    expect(reasonOf(over)).toBe(reason);
  });

  test('at the height of which only the time is on record is known by that', () => {
    const anchor = { ...ANCHOR, hash: null };
    expect(reasonOf({ ...ANCHOR, hash: 'any' }, anchor)).toBeNull();
    expect(reasonOf({ ...ANCHOR, timeMs: NOW_MS - 1000 }, anchor)).toBe('block_differs');
    expect(reasonOf({ height: 999, hash: 'h999' }, anchor)).toBe('block_went_back');
  });

  test.each([
    ['30 s behind our clock', { timeMs: NOW_MS - 30_000 }, null],
    ['a millisecond more', { timeMs: NOW_MS - 30_001 }, 'block_too_old'],
    ['from 1970', { timeMs: 0 }, 'block_too_old'],
    ['of any height, without an anchor', { height: 999_999_999 }, null],
  ])('%s', (_name, over, reason) => {
    expect(reasonOf(over, null)).toBe(reason);
  });

  test('may jump when endpoints agree, but not back, and not into the future', () => {
    expect(reasonOf({ height: 999_999_999 }, ANCHOR, true)).toBeNull();
    expect(reasonOf({ height: 999 }, ANCHOR, true)).toBe('block_went_back');
    expect(reasonOf({ timeMs: NOW_MS + 5001 }, ANCHOR, true)).toBe('block_from_future');
  });

  test('after an hour in which the machine slept is taken', () => {
    const anchor = { height: 1000, hash: 'h', timeMs: NOW_MS - 3_601_000 };
    expect(reasonOf({ height: 7000 }, anchor)).toBeNull();
  });

  test('of an honest chain is never refused, however its final blocks lag', () => {
    const lag = fc.integer({ min: 500, max: 29_000 });
    fc.assert(
      fc.property(lag, lag, fc.integer({ min: 0, max: 600_000 }), (lagThen, lagNow, apartMs) => {
        // 0.6 s a block.
        const at = (timeMs: number): FinalBlock => {
          const height = Math.floor(timeMs / 600);
          return { height, hash: `h${height}`, timeMs: height * 600 };
        };
        const then = at(NOW_MS - apartMs - lagThen);
        const now = at(NOW_MS - lagNow);
        fc.pre(now.height >= then.height);
        expect(judgeBlock({ block: now, anchor: then, nowMs: NOW_MS, mayJump: false })).toBeNull();
      }),
    );
  });

  test('that is refused delays the right ones by less than the shortest useful age of a balance', () => {
    // The most that one answer can gain, until an honest chain of 0.6 s a block has caught up.
    const most = Math.max(
      ...Array.from({ length: 100 }, (_, n) => 1000 + n).filter((height) => reasonOf({ height }) === null),
    );
    const honest = 1003;
    expect((most - honest) * 0.6).toBeLessThan(15);
  });
});

test('a block is lagging when it is more than 8 s old', () => {
  expect(isLagging(block({ timeMs: NOW_MS - 8000 }), NOW_MS)).toBe(false);
  expect(isLagging(block({ timeMs: NOW_MS - 8001 }), NOW_MS)).toBe(true);
});

describe('heights that agree', () => {
  const at = (...heights: number[]) =>
    largestAgreement(heights.map((height) => ({ height }))).map(({ height }) => height);

  test.each([
    ['one', [5], [5]],
    ['none', [], []],
    ['two close together', [1000, 1060], [1000, 1060]],
    ['two too far apart: the lower', [1061, 1000], [1000]],
    ['the most', [1000, 5000, 5001], [5000, 5001]],
    ['the lower of equals', [5001, 5000, 1001, 1000], [1000, 1001]],
    ['a lie far above', [1000, 999_999_999, 1001], [1000, 1001]],
  ])('%s', (_name, heights, agreed) => {
    expect(at(...heights)).toEqual(agreed);
  });
});
