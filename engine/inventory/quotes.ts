// One quote as the ledger keeps it, from its signature until it is forgotten. Types, and what they imply. Pure.

import type { ResultCode, TradeState } from '../../contracts/reasons.ts';
import type { Settlement } from '../model/facts.ts';
import type { Attempt } from '../model/values.ts';

/**
 * Where a quote is kept. `live`: under its nonce, it binds capital while the nonce is unused. `due`: over by both clocks, its
 * last record is not written yet. `orphaned`: its chain was given up before it was over, its last record is not written yet.
 * `recent`: over and recorded, kept for a while for what may still be heard of it.
 */
type QuotePlace = 'live' | 'due' | 'orphaned' | 'recent';

export type QuoteStatus = {
  readonly txHash: string | null;
  readonly intentHash: string | null;
  readonly frame: string | null;
};

/** A quote as a checkpoint holds it. */
export type QuoteData = {
  readonly attempt: Attempt;
  readonly state: TradeState;
  readonly seq: number;
  /** Of the last step; null while `proposed`. */
  readonly code: ResultCode | null;
  /** Of the last step, where it says what a settlement looked like. */
  readonly settlement: Settlement | null;
  /** The venue's word that a settlement of this quote is under way or done. */
  readonly status: QuoteStatus | null;
  readonly place: QuotePlace;
  /** When it became `recent`. */
  readonly overAtMs: number;
};

/** A quote of the book. Changed by `changeQuote` of state.ts alone, which keeps a checkpoint that is being written as it was. */
export type QuoteEntry = QuoteData & {
  /** Number of the newest cut that need not read it any more: it was read, copied, or signed later. */
  cutNumber: number;
  /** Its index among the quotes of the book in order of signing. */
  signedIndex: number;
  /** Its index among the live quotes of its nonce, once it was one of them. */
  liveIndex: number;
};

/** What the settlement of a quote moves of an asset. */
export function deltaOf({ assetIn, assetOut, amountInUnits, amountOutUnits }: Attempt, asset: string): bigint {
  return (assetIn === asset ? amountInUnits : 0n) - (assetOut === asset ? amountOutUnits : 0n);
}

/** Its outcome is neither known nor in doubt. */
export const isOpen = (state: TradeState): boolean =>
  state === 'proposed' || state === 'submitted' || state === 'accepted';
