// Which requests an engine keeps: what is configured, what an operator sets at run time, and what a restart takes up again are one shape.

/** One direction, seen from us: the asset that we receive, then the asset that we pay. */
export type AssetPair = { readonly assetIn: string; readonly assetOut: string };

export type PairFilterSetting = {
  /** False: everything passes. */
  readonly enabled: boolean;
  readonly pairs: readonly AssetPair[];
};

/** The relay is asked for the tokens of all of them in one frame. */
export const PAIRS_MAX = 100;

/** An asset id of any token: visible ASCII. */
export const ASSET_ID_PATTERN = '^[!-~]{1,256}$';
