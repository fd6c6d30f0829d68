import { expect, test } from 'bun:test';
import { ManualClock } from '../../contracts/runtime/manual-clock.fixture.ts';
import { findingsOf, journalYoungForMs, openFindings } from './arm-conditions.ts';

const TEN_MINUTES_MS = 600_000;

type Blocks = {
  /** When the first block behind the birth was, before this start. */
  readonly firstBeforeMs?: number;
  /** When the newest block on record was, before this start; at it unless given. */
  readonly lastBeforeMs?: number | null;
};

/** @param bornBeforeMs by the time of day, before this start */
function make(bornBeforeMs: number, { firstBeforeMs, lastBeforeMs = 0 }: Blocks = {}) {
  const clock = new ManualClock();
  const startedAtMs = clock.nowMs();
  const beforeStart = (beforeMs: number | null | undefined) => (beforeMs == null ? null : startedAtMs - beforeMs);
  const recovered = {
    bornAtMs: startedAtMs - bornBeforeMs,
    firstBlockTimeMs: beforeStart(firstBeforeMs),
    lastBlockTimeMs: beforeStart(lastBeforeMs),
  };
  let block: { readonly timeMs: number } | null = null;
  const conditions = { clock, startedAtMs, startedUs: clock0, recovered, book: { block: () => block } };
  return {
    clock,
    youngForMs: () => journalYoungForMs(conditions),
    blockRead(afterStartMs: number) {
      block = { timeMs: startedAtMs + afterStartMs };
    },
  };
}
const clock0 = new ManualClock().elapsedUs();

test('a journal is young for ten minutes after its birth, whatever restarts lie between', () => {
  const { clock, youngForMs } = make(200_000);
  expect(youngForMs()).toBe(400_000);
  clock.advance(399_999);
  expect(youngForMs()).toBe(1);
  clock.advance(1);
  expect(youngForMs()).toBe(0);
});

test('a time of day that is set forward does not age a journal of this run', () => {
  const { clock, youngForMs } = make(0);
  clock.stepWall(24 * 3_600_000);
  expect(youngForMs()).toBe(TEN_MINUTES_MS);
  clock.advance(TEN_MINUTES_MS - 1);
  expect(youngForMs()).toBe(1);
  clock.advance(1);
  expect(youngForMs()).toBe(0);
});

test('nor one of an earlier run, for which this run waits on the monotonic clock', () => {
  const { clock, youngForMs } = make(200_000);
  clock.stepWall(24 * 3_600_000);
  expect(youngForMs()).toBe(400_000);
  clock.advance(399_999);
  expect(youngForMs()).toBe(1);
  clock.advance(1);
  expect(youngForMs()).toBe(0);
});

test('one that was ahead at the birth, or is behind now, keeps a journal young for ten minutes of this run, and no longer', () => {
  const { clock, youngForMs } = make(-365 * 24 * 3_600_000);
  expect(youngForMs()).toBe(TEN_MINUTES_MS);
  clock.advance(TEN_MINUTES_MS - 1);
  expect(youngForMs()).toBe(1);
  clock.advance(1);
  expect(youngForMs()).toBe(0);
});

test('nor does one that is set forward before the engine is started again: the chain says when it was born', () => {
  const { clock, youngForMs } = make(24 * 3_600_000, { firstBeforeMs: 60_000 });
  expect(youngForMs()).toBe(540_000);
  clock.advance(540_000);
  expect(youngForMs()).toBe(0);
  // A block of before the birth says nothing.
  expect(make(200_000, { firstBeforeMs: 24 * 3_600_000 }).youngForMs()).toBe(400_000);
});

test('nor does one that is ahead when the engine is started again: the chain was no further than the newest block on record', () => {
  // Born 8 minutes ago, and the time of day is 12 minutes ahead.
  const blocks = { firstBeforeMs: 20 * 60_000, lastBeforeMs: 12 * 60_000 };
  const { clock, youngForMs, blockRead } = make(20 * 60_000, blocks);
  expect(youngForMs()).toBe(120_000);
  clock.stepWall(-12 * 60_000);
  expect(youngForMs()).toBe(120_000);
  clock.advance(119_999);
  blockRead(119_999 - 12 * 60_000);
  expect(youngForMs()).toBe(1);
  clock.advance(1);
  expect(youngForMs()).toBe(0);
});

test('a journal that no engine wrote to for long is old as soon as a block shows it', () => {
  const { youngForMs, blockRead } = make(3_600_000, { firstBeforeMs: 3_600_000, lastBeforeMs: 3_500_000 });
  expect(youngForMs()).toBe(500_000);
  blockRead(0);
  expect(youngForMs()).toBe(0);
});

test('one of which no block is on record is young for ten minutes of this run: nothing shows when it was born', () => {
  const { clock, youngForMs, blockRead } = make(24 * 3_600_000, { lastBeforeMs: null });
  expect(youngForMs()).toBe(TEN_MINUTES_MS);
  blockRead(0);
  expect(youngForMs()).toBe(TEN_MINUTES_MS);
  clock.advance(TEN_MINUTES_MS);
  expect(youngForMs()).toBe(0);
});

test('one that is set back makes it younger, by no more than what is left of ten minutes of this run', () => {
  const { clock, youngForMs } = make(300_000);
  clock.advance(300_000);
  expect(youngForMs()).toBe(0);
  clock.stepWall(-60_000);
  expect(youngForMs()).toBe(60_000);
  clock.stepWall(-24 * 3_600_000);
  expect(youngForMs()).toBe(300_000);
  clock.advance(300_000);
  expect(youngForMs()).toBe(0);
});

test('that a journal may lack quotes is no finding any more ten minutes after the start, whatever the time of day; a contradiction is', () => {
  const clock = new ManualClock();
  const recovered = { complaints: ['no nonce n0 is open'], doubts: ['a copy'] };
  const conditions = { clock, startedUs: clock.elapsedUs(), recovered };
  clock.stepWall(24 * 3_600_000);
  clock.advance(TEN_MINUTES_MS - 1);
  expect(findingsOf(conditions)).toEqual(['a copy', 'no nonce n0 is open']);
  expect(openFindings({ ...conditions, switches: { recoveryAccepted: null } })).toHaveLength(2);
  expect(openFindings({ ...conditions, switches: { recoveryAccepted: { by: 'operator', atMs: 1 } } })).toEqual([]);
  clock.advance(1);
  expect(findingsOf(conditions)).toEqual(['no nonce n0 is open']);
});
