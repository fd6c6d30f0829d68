import { expect, test } from 'bun:test';
import { eurE18, pctE4 } from '../../contracts/amounts.ts';
import { DEFAULT_PAIR } from '../../contracts/assets.ts';
import type { AccountId } from '../../contracts/ids.ts';
import { machineClock } from '../../contracts/runtime/clock.ts';
import { makeLimits } from '../model/fixtures.ts';
import { rehearse } from './warm-up.ts';

const random = {
  fill: (bytes: Uint8Array) => {
    crypto.getRandomValues(bytes);
  },
  fraction: () => 0,
};

test.each([
  ['the usual limits', makeLimits()],
  [
    'the narrowest lifetime, a partner list, a large edge',
    makeLimits({
      quoteLifetimeMaxMs: 11_000,
      partners: ['x'],
      minEdgePctE4: pctE4(990_000n),
      targetEdgePctE4: pctE4(990_000n),
    }),
  ],
  ['a notional of some cents', makeLimits({ maxNotionalEurE18: eurE18(5_000_000_000_000_000_000n) })],
])('every quote of the rehearsal goes the whole way: %s', (_name, limits) => {
  const pair = DEFAULT_PAIR;
  const account = 'solver.near' as AccountId;
  expect(rehearse({ pair, clock: machineClock, random, account, verifier: 'intents.near', limits })).toBe(3000);
});
