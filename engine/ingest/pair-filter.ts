// Which requests are kept at all. The venue sends quotes of every pair; only those that pass are decided on, journalled and
// published, the others are counted. An operator can change the filter at run time; the strategy trades its own pair whatever
// the filter lets through.

import { BTC, EURE } from '../../contracts/assets.ts';

type AssetPair = { readonly assetIn: string; readonly assetOut: string };

export type PairFilterSetting = {
  /** False: everything passes. */
  readonly enabled: boolean;
  readonly pairs: readonly AssetPair[];
};

/** Both directions of the traded pair. */
export const DEFAULT_PAIR_FILTER: PairFilterSetting = {
  enabled: true,
  pairs: [
    { assetIn: BTC.id, assetOut: EURE.id },
    { assetIn: EURE.id, assetOut: BTC.id },
  ],
};

export type PairFilter = {
  passes(assetIn: string, assetOut: string): boolean;
  setting(): PairFilterSetting;
  change(setting: PairFilterSetting): void;
};

export function createPairFilter(initial: PairFilterSetting = DEFAULT_PAIR_FILTER): PairFilter {
  let current = initial;
  let passing = index(initial);
  return {
    passes: (assetIn, assetOut) => !current.enabled || passing.get(assetIn)?.has(assetOut) === true,
    setting: () => current,
    change(setting) {
      current = setting;
      passing = index(setting);
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
