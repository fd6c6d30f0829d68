// What the steps of treasury actions go by, apart from what happened.

import type { Wallet } from '../../../contracts/config/wallets.ts';
import type { AssetTerms } from '../bridges/bridge.ts';

export type Settings = {
  readonly accountId: string;
  /** Ids of the assets that are deposited and withdrawn. */
  readonly assetIds: readonly string[];
  readonly wallets: readonly Wallet[];
  /** Waiting for the next step for so long, an action is delayed, then stuck. */
  readonly delayedAfterMs: number;
  readonly stuckAfterMs: number;
};

export type Context = {
  readonly nowMs: number;
  readonly settings: Settings;
  /** As the bridge of the asset said last; null: not known. */
  readonly termsOf: (assetId: string) => AssetTerms | null;
};
