import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { assetPaid, assetReceived, BTC, DEFAULT_PAIR, directionOf, EURE, KNOWN_ASSETS, otherAssets } from './assets.ts';

const ids = KNOWN_ASSETS.map(({ id }) => id);
const pairs = KNOWN_ASSETS.filter(({ symbol }) => symbol === 'BTC').flatMap((btc) =>
  KNOWN_ASSETS.filter(({ symbol }) => symbol === 'EURe').map((eure) => ({ btc, eure })),
);

test('every known asset is complete, and no id is listed twice', () => {
  expect(new Set(ids).size).toBe(ids.length);
  for (const { id, nearToken, symbol, decimals } of KNOWN_ASSETS) {
    expect(id as string).toBe(`nep141:${nearToken}`);
    expect(id as string).toBe(id.toLowerCase());
    expect(decimals).toBe(symbol === 'BTC' ? 8 : 18);
  }
});

test('the ids of the older documents are the default', () => {
  expect(DEFAULT_PAIR).toEqual({ btc: BTC, eure: EURE });
  expect(BTC.id as string).toBe('nep141:btc.omft.near');
});

test('a direction is of the configured pair alone, and its assets are those of that pair', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...pairs),
      fc.constantFrom(...ids),
      fc.constantFrom(...ids),
      (pair, assetIn, assetOut) => {
        const direction = directionOf(pair, assetIn, assetOut);
        const isOurs = new Set([assetIn, assetOut, pair.btc.id, pair.eure.id]).size === 2 && assetIn !== assetOut;
        expect(direction !== null).toBe(isOurs);
        if (direction === null) return;
        expect([assetReceived(pair, direction).id, assetPaid(pair, direction).id]).toEqual([assetIn, assetOut]);
      },
    ),
  );
});

test('what is known and not traded is every other id', () => {
  for (const pair of pairs) {
    expect([...otherAssets(pair), pair.btc, pair.eure].map(({ id }) => id).sort()).toEqual([...ids].sort());
  }
});
