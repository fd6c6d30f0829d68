import { expect, test } from 'bun:test';
import { ManualClock } from '../../contracts/runtime/manual-clock.fixture.ts';
import { findingsOf, journalYoungForMs, openFindings } from './arm-conditions.ts';

const TEN_MINUTES_MS = 600_000;

/** @param blockBeforeMs when the first block behind the birth was, before this start */
function make(bornBeforeMs: number, blockBeforeMs: number | null = null) {
  const clock = new ManualClock();
  const startedAtMs = clock.nowMs();
  const firstBlockTimeMs = blockBeforeMs === null ? null : startedAtMs - blockBeforeMs;
  const recovered = { bornAtMs: startedAtMs - bornBeforeMs, firstBlockTimeMs };
  return { clock, youngForMs: () => journalYoungForMs({ clock, startedAtMs, startedUs: clock0, recovered }) };
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
  const { clock, youngForMs } = make(24 * 3_600_000, 60_000);
  expect(youngForMs()).toBe(540_000);
  clock.advance(540_000);
  expect(youngForMs()).toBe(0);
  // A block of before the birth says nothing.
  expect(make(200_000, 24 * 3_600_000).youngForMs()).toBe(400_000);
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
