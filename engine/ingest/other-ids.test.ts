import { expect, test } from 'bun:test';
import { BTC, DEFAULT_PAIR, EURE, KNOWN_ASSETS } from '../../contracts/assets.ts';
import { OtherIds } from './other-ids.ts';

const NBTC = 'nep141:nbtc.bridge.near';

test.each([
  ['BTC under another id against EURe', NBTC, EURE.id, true],
  ['the other direction', EURE.id, NBTC, true],
  ['the traded pair itself', BTC.id, EURE.id, false],
  ['one BTC for the other', NBTC, BTC.id, false],
  ['the same asset twice', NBTC, NBTC, false],
  ['another token', NBTC, 'nep141:wrap.near', false],
  ['an id that differs in case', NBTC.toUpperCase(), EURE.id, false],
])('%s', (_name, assetIn, assetOut, counts) => {
  const others = new OtherIds(DEFAULT_PAIR);
  expect(others.see(assetIn, assetOut, 7)?.id ?? null).toBe(counts ? (NBTC as never) : null);
  expect(others.seen().map(({ asset, requests, lastUs }) => [asset.id as string, requests, lastUs])).toEqual(
    counts ? [[NBTC, 1, 7]] : [],
  );
});

test('each id is reported once, and every request is counted', () => {
  const others = new OtherIds(DEFAULT_PAIR);
  const reported = [1, 2, 3].map((nowUs) => others.see(NBTC, EURE.id, nowUs) !== null);
  expect(reported).toEqual([true, false, false]);
  expect(others.seen()).toMatchObject([{ requests: 3, lastUs: 3 }]);
});

test('the id of the older documents is another one once the newer is configured', () => {
  const btc = KNOWN_ASSETS.find(({ id }) => (id as string) === NBTC) ?? BTC;
  const others = new OtherIds({ btc, eure: EURE });
  expect(others.see(BTC.id, EURE.id, 1)).toEqual(BTC);
  expect(others.see(NBTC, EURE.id, 1)).toBeNull();
});
