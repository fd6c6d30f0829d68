import { describe, expect, test } from 'bun:test';
import { eurE18 } from '../../../contracts/amounts.ts';
import type { NonceText } from '../../../contracts/ids.ts';
import { makeAttempt, makeDecided } from '../../inventory/book.fixture.ts';
import type { Admission, LaneGuard } from '../../model/values.ts';
import type { ArmCaps } from '../arming.ts';
import { createQuietBreaker, UNREACHED } from './breaker.fixture.ts';
import type { BreakerLimits } from './breaker.ts';
import { createSigningRoom } from './signing-room.ts';

const T0 = 1_767_225_600_000;
const [A, B] = ['nonce-a', 'nonce-b'] as [NonceText, NonceText];
const NO_CAPS: ArmCaps = { maxEurE18: null, maxTrades: null };

function make(limits: Partial<BreakerLimits>, caps: ArmCaps | null = null) {
  const breaker = createQuietBreaker({ limits: { ...UNREACHED, ...limits } });
  const room = createSigningRoom(breaker, [{ caps: () => caps, meter: breaker.exposure.meter(), refused: () => {} }]);
  let count = 0;
  const sign = (nonce: NonceText, valueE18: bigint): void => {
    const terms = { inUnits: 1n, outUnits: 1n, lane: 0, nonce, deadlineAtMs: T0 + 60_000 };
    const attempt = { ...makeAttempt({ quoteId: `q${++count}`, ...terms }), paidEurE18: eurE18(valueE18) };
    breaker.apply(makeDecided(attempt, T0));
  };
  const use = (nonce: NonceText): void =>
    breaker.apply({ kind: 'nonce_used', atMs: T0, nonce, blockHeight: 1, blockTimeMs: T0 });
  /** Under which of the nonces a quote of this value may be signed, else why not. */
  const ask = (valueE18: bigint, nowMs = T0, nonces: readonly NonceText[] = [A, B]) => {
    const within = (guard: LaneGuard | null): Admission => {
      const nonce = nonces.find((one) => guard === null || guard.admits(one));
      return nonce === undefined ? { ok: false } : { ok: true, lane: 0, nonce, nonceBytes: new Uint8Array() };
    };
    const admission = within(room.ask(valueE18, nowMs));
    if (admission.ok) return admission.nonce;
    const refused = room.refusal(within);
    return refused.ok ? 'admitted' : (refused.refused?.reason ?? 'lane_ceiling');
  };
  return { sign, use, ask, room };
}

test.each([
  ['breaker_minute', { minuteE18: 100n }, null],
  ['breaker_day', { dayE18: 100n }, null],
  ['arming_limit', {}, { ...NO_CAPS, maxEurE18: 100n }],
] as const)('%s: filled plus open value may reach the limit, not exceed it by a unit', (reason, limits, caps) => {
  const { sign, use, ask } = make(limits, caps);
  expect([ask(100n), ask(101n)]).toEqual([A, reason]);
  sign(A, 60n);
  use(A);
  sign(B, 30n);
  expect([ask(10n, T0, [A]), ask(11n, T0, [A])]).toEqual([A, reason]);
});

describe('a quote adds what it pays beyond the others of its nonce', () => {
  test('so the lane is one where it fits, and the reason comes when it fits in none', () => {
    const { sign, ask } = make({ minuteE18: 100n });
    sign(B, 80n);
    expect([ask(20n), ask(21n), ask(80n), ask(100n), ask(101n)]).toEqual([A, B, B, B, 'breaker_minute']);
  });

  test('nothing more is signed once filled and open exceed the limit, such as after a start with a lower one', () => {
    const { sign, ask } = make({ minuteE18: 100n });
    sign(A, 101n);
    expect(ask(1n)).toBe('breaker_minute');
  });
});

test('the first limit of the order is the reason; no lane at all comes before them', () => {
  const caps = { maxEurE18: 10n, maxTrades: 1 };
  const { ask } = make({ minuteE18: 30n, dayE18: 20n }, caps);
  expect([ask(10n), ask(11n), ask(21n), ask(31n)]).toEqual([A, 'arming_limit', 'breaker_day', 'breaker_minute']);
  expect(ask(31n, T0, [])).toBe('lane_ceiling');
});

test('what was filled leaves the minute with time', () => {
  const { sign, use, ask } = make({ minuteE18: 100n });
  sign(A, 100n);
  use(A);
  expect([ask(1n, T0 + 60_999, [B]), ask(1n, T0 + 61_000, [B])]).toEqual(['breaker_minute', B]);
});

test('so many nonces may trade as the arming has trades left', () => {
  const { sign, use, ask } = make({}, { ...NO_CAPS, maxTrades: 2 });
  sign(A, 1n);
  expect(ask(5n)).toBe(A);
  expect(ask(5n, T0, [B])).toBe(B);
  use(A);
  expect(ask(5n, T0, [B])).toBe(B);
  sign(B, 1n);
  // One was traded and one may be: another nonce would be a third.
  const other = 'nonce-c' as NonceText;
  expect([ask(5n, T0, [B]), ask(5n, T0, [other])]).toEqual([B, 'arming_limit']);
});

test('a refusal has what is left and what is open', () => {
  const { sign, room } = make({ minuteE18: 100n });
  sign(A, 70n);
  room.ask(90n, T0);
  expect(
    room.refusal((guard) =>
      guard === null ? { ok: true, lane: 0, nonce: B, nonceBytes: new Uint8Array() } : { ok: false },
    ),
  ).toEqual({
    ok: false,
    refused: { reason: 'breaker_minute', roomEurE18: 30n, openEurE18: 70n },
  });
});
