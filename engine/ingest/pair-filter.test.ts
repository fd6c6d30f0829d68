import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { BTC, DEFAULT_PAIR, EURE, KNOWN_ASSETS } from '../../contracts/assets.ts';
import { createPairFilter, filterOf, tokensOf } from './pair-filter.ts';

const NBTC = 'nep141:nbtc.bridge.near';
const WRAP = 'nep141:wrap.near';
const anyToken = fc.constantFrom<string>(...KNOWN_ASSETS.map(({ id }) => id), WRAP);
const anySetting = fc.record({
  enabled: fc.boolean(),
  pairs: fc.array(fc.record({ assetIn: anyToken, assetOut: anyToken }), { maxLength: 5 }),
});

describe('the start value', () => {
  test.each([
    [
      'the pair',
      'pair',
      [
        [BTC.id, EURE.id],
        [EURE.id, BTC.id],
      ],
      [
        [BTC.id, WRAP],
        [WRAP, EURE.id],
        [BTC.id, BTC.id],
      ],
    ],
    [
      'everything',
      'all',
      [
        [BTC.id, EURE.id],
        [WRAP, NBTC],
      ],
      [],
    ],
    ['one direction', [{ assetIn: EURE.id, assetOut: BTC.id }], [[EURE.id, BTC.id]], [[BTC.id, EURE.id]]],
  ] as const)('%s', (_name, configured, passing, refused) => {
    const filter = createPairFilter(filterOf(configured, DEFAULT_PAIR));
    for (const [assetIn, assetOut] of passing) expect(filter.passes(assetIn, assetOut)).toBe(true);
    for (const [assetIn, assetOut] of refused) expect(filter.passes(assetIn, assetOut)).toBe(false);
    expect(filter.override()).toBeNull();
  });
});

test('exactly the directions of the setting pass, and a reset goes back to what is configured', () => {
  fc.assert(
    fc.property(anySetting, anySetting, anyToken, anyToken, (configured, set, assetIn, assetOut) => {
      const filter = createPairFilter(configured);
      const expected = (of: typeof set): boolean =>
        !of.enabled || of.pairs.some((pair) => pair.assetIn === assetIn && pair.assetOut === assetOut);
      expect(filter.passes(assetIn, assetOut)).toBe(expected(configured));
      filter.change(set);
      expect([filter.passes(assetIn, assetOut), filter.setting(), filter.override()]).toEqual([
        expected(set),
        set,
        set,
      ]);
      filter.change(null);
      expect([filter.passes(assetIn, assetOut), filter.setting(), filter.override()]).toEqual([
        expected(configured),
        configured,
        null,
      ]);
    }),
  );
});

describe('the tokens that the relay is asked for', () => {
  test('are none without a filter, and with one each token once', () => {
    expect(tokensOf({ enabled: false, pairs: [{ assetIn: WRAP, assetOut: NBTC }] }, DEFAULT_PAIR)).toBeNull();
    expect(tokensOf({ enabled: true, pairs: [{ assetIn: WRAP, assetOut: WRAP }] }, DEFAULT_PAIR)).toEqual([WRAP]);
  });

  test('include the other known ids of a traded asset, so that requests under those are heard', () => {
    expect(tokensOf(filterOf('pair', DEFAULT_PAIR), DEFAULT_PAIR)).toEqual([BTC.id, EURE.id, NBTC]);
  });

  test('cover every direction that passes', () => {
    fc.assert(
      fc.property(anySetting, (setting) => {
        const tokens = tokensOf(setting, DEFAULT_PAIR);
        expect(tokens === null).toBe(!setting.enabled);
        if (tokens === null) return;
        for (const { assetIn, assetOut } of setting.pairs)
          expect(tokens).toEqual(expect.arrayContaining([assetIn, assetOut]));
      }),
    );
  });
});
