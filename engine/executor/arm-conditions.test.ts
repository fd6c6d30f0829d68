import { expect, test } from 'bun:test';
import { ManualClock } from '../../contracts/runtime/manual-clock.fixture.ts';
import { findingsOf, journalYoungForMs, openFindings } from './arm-conditions.ts';

const TEN_MINUTES_MS = 600_000;

function make(bornBeforeMs: number) {
  const clock = new ManualClock();
  const startedAtMs = clock.nowMs();
  const recovered = { bornAtMs: startedAtMs - bornBeforeMs };
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

test('one that is set back makes it younger, never older', () => {
  const { clock, youngForMs } = make(0);
  clock.advance(TEN_MINUTES_MS);
  clock.stepWall(-60_000);
  expect(youngForMs()).toBe(60_000);
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
