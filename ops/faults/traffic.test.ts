import { expect, test } from 'bun:test';
import { BTC, EURE } from '../../contracts/assets.ts';
import { type AskedQuote, answeredPct, hasResumed, isQuiet, resumedAfterMs, stoppedAfterMs } from './traffic.ts';

const request = {
  quote_id: 'q',
  defuse_asset_identifier_in: BTC.id,
  defuse_asset_identifier_out: EURE.id,
  exact_amount_in: '1',
  min_deadline_ms: 60_000,
};
/** One quote each 100 ms from 0 on; `fate` says how each ended, answers take 10 ms. */
const traffic = (count: number, fate: (askedMs: number) => 'right' | 'wrong' | 'none'): AskedQuote[] =>
  Array.from({ length: count }, (_, index) => {
    const askedMs = index * 100;
    const end = fate(askedMs);
    return {
      request,
      askedMs,
      repliedMs: end === 'none' ? null : askedMs + 10,
      answeredMs: end === 'right' ? askedMs + 10 : null,
    };
  });

test('trading has stopped once no quote of the last while was answered', () => {
  const asked = traffic(100, (askedMs) => (askedMs < 3_000 ? 'right' : 'none'));
  expect(isQuiet(asked, 2_500, 5_300)).toBe(false);
  expect(isQuiet(asked, 2_500, 5_500)).toBe(true);
  // Not before enough time has passed since the fault.
  expect(isQuiet(asked, 3_100, 5_500)).toBe(false);
  expect(stoppedAfterMs(asked, 2_500, 9_000)).toBe(400);
  expect(stoppedAfterMs(asked, 3_000, 9_000)).toBe(0);
});

test('wrong answers are answers: an engine that gives them has not stopped', () => {
  const asked = traffic(100, (askedMs) => (askedMs < 3_000 ? 'right' : 'wrong'));
  expect(isQuiet(asked, 2_500, 9_000)).toBe(false);
  expect(stoppedAfterMs(asked, 2_500, 9_000)).toBeNull();
  expect(hasResumed(asked, 3_000, 9_000)).toBe(false);
});

test('trading has resumed with ten answers in a row', () => {
  const asked = traffic(100, (askedMs) => (askedMs < 3_000 ? 'none' : 'right'));
  expect(hasResumed(asked.slice(0, 39), 2_000, 3_900)).toBe(false);
  expect(hasResumed(asked.slice(0, 40), 2_000, 4_000)).toBe(true);
  expect(resumedAfterMs(asked, 2_000)).toBe(1_010);
  expect(resumedAfterMs(asked.slice(0, 20), 1_000)).toBeNull();
});

test('share of answered quotes', () => {
  const asked = traffic(10, (askedMs) => (askedMs < 300 ? 'right' : 'none'));
  expect([answeredPct(asked, 0, 1_000), answeredPct(asked, 0, 300), answeredPct(asked, 5_000, 6_000)]).toEqual([
    30, 100, 0,
  ]);
});
