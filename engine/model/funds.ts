// What is on its way into and out of the verifier, apart from what it credits. None of it is spendable.

import type { Units } from '../../contracts/amounts.ts';

/** Of one asset, in smallest units; null: not known. A deposit that a chain shows is in both of the inbound sums. */
export type FundsUnderWay = {
  /** Deposits that the liquidity-manager follows. */
  readonly pendingInboundUnits: Units | null;
  /** Withdrawals that are neither completed nor over. */
  readonly pendingOutboundUnits: Units | null;
  /** Transfers that a chain shows and the bridge has not credited. */
  readonly preCreditInboundUnits: Units | null;
};

export const FUNDS_UNKNOWN: FundsUnderWay = {
  pendingInboundUnits: null,
  pendingOutboundUnits: null,
  preCreditInboundUnits: null,
};
