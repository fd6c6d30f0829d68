// Which requests are kept at all. The venue sends quotes of every pair; only those that pass are decided on, journalled and
// published, the others are counted. It begins as configured; what an operator sets at run time holds until it is reset, over
// restarts too. The strategy trades its own pair whatever the filter lets through.

import { assetNamed, otherAssets, type Pair } from '../../contracts/assets.ts';
import type { AssetPair, PairFilterSetting } from '../../contracts/pair-filter.ts';

/** The setting that a value of PAIR_FILTER stands for. */
export function filterOf(configured: 'pair' | 'all' | readonly AssetPair[], { btc, eure }: Pair): PairFilterSetting {
  if (configured !== 'pair' && configured !== 'all') return { enabled: true, pairs: configured };
  const pairs = [
    { assetIn: btc.id, assetOut: eure.id },
    { assetIn: eure.id, assetOut: btc.id },
  ];
  return { enabled: configured === 'pair', pairs };
}

/**
 * Tokens that the relay is asked for; null: all. With a traded asset go its other known ids: a venue that asks for it under one of
 * those is noticed only when such requests are heard.
 */
export function tokensOf({ enabled, pairs }: PairFilterSetting, pair: Pair): readonly string[] | null {
  if (!enabled) return null;
  const tokens = new Set<string>(pairs.flatMap(({ assetIn, assetOut }) => [assetIn, assetOut]));
  for (const { id, symbol } of otherAssets(pair)) {
    if (tokens.has(assetNamed(pair, symbol).id)) tokens.add(id);
  }
  return [...tokens];
}

export type PairFilter = {
  passes(assetIn: string, assetOut: string): boolean;
  setting(): PairFilterSetting;
  /** What an operator has set; null: it is as configured. */
  override(): PairFilterSetting | null;
  /** @param override null: as configured */
  change(override: PairFilterSetting | null): void;
};

export function createPairFilter(configured: PairFilterSetting): PairFilter {
  let override: PairFilterSetting | null = null;
  let current = configured;
  let passing = index(configured);
  return {
    passes: (assetIn, assetOut) => !current.enabled || passing.get(assetIn)?.has(assetOut) === true,
    setting: () => current,
    override: () => override,
    change(setting) {
      override = setting;
      current = setting ?? configured;
      passing = index(current);
    },
  };
}

function index(setting: PairFilterSetting): ReadonlyMap<string, ReadonlySet<string>> {
  const outByIn = new Map<string, Set<string>>();
  for (const { assetIn, assetOut } of setting.pairs) {
    const known = outByIn.get(assetIn);
    if (known === undefined) outByIn.set(assetIn, new Set([assetOut]));
    else known.add(assetOut);
  }
  return outByIn;
}
