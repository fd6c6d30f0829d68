// Nonces, the quotes under them, and which lane takes the next quote. All live quotes of a nonce share it, so at most one of
// them settles: a nonce's reservation is its largest live quote. Pure; entries are mutated by the fold alone.

import type { Units } from '../../contracts/amounts.ts';
import type { AssetId, NonceText } from '../../contracts/ids.ts';
import type { ResultCode, TradeState } from '../../contracts/reasons.ts';
import type { NonceDrainingFact, Settlement } from '../facts.ts';
import type { Admission, Attempt } from '../model.ts';
import { nonceBytes } from './nonce.ts';

/** A nonce's deadline lies so far behind the last quote signed under it: time to read its used state before it is forgotten. */
export const NONCE_MARGIN_MS = 600_000;
/** A nonce lives so long at most. */
export const NONCE_LIFETIME_MS = 3_600_000;

/**
 * Where a quote is kept. `live`: under its nonce, it binds capital while the nonce is unused. `due`: over by block time, its
 * last record is not written yet. `recent`: over and told, kept for a while for what may still be heard of it.
 */
export type QuotePlace = 'live' | 'due' | 'recent';

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
};

/** The change of the balances between two blocks: what the nonces used in between, which share this object, explain. */
export type Shown = {
  readonly blockHeight: number;
  readonly blockTimeMs: number;
  readonly atMs: number;
  readonly change: Readonly<Record<string, bigint>>;
  /** The part of the change that no quote on record as settled explains: what the nonces not told yet have to. */
  rest: Readonly<Record<string, bigint>>;
  /** A nonce of these was closed without its part being known: no sum of the others proves anything. */
  isBlurred: boolean;
};

export type NonceEntry = {
  readonly nonce: NonceText;
  readonly asset: AssetId;
  readonly lane: number;
  readonly salt: string;
  readonly nonceDeadlineAtMs: number;
  readonly admission: Admission;
  ceilingUnits: bigint;
  /** Why nothing more is signed under it; null for a lane's current nonce. */
  draining: NonceDrainingFact['why'] | null;
  /** A balance was taken over after the salt was invalidated: nothing under it can settle any more. */
  saltDead: boolean;
  /** In order of signing. */
  live: QuoteEntry[];
  largestUnits: bigint;
  /** Of the live quotes; Infinity when there are none. */
  earliestDeadlineAtMs: number;
  /** What quotes that a crash took from the journal may pay, until a final block is later than `boundUntilMs`. */
  boundUnits: bigint;
  boundUntilMs: number;
  used: { readonly blockHeight: number; readonly blockTimeMs: number } | null;
  /** Set by the first balance at or after `used`: its outflow is in the balance from then on. */
  shown: Shown | null;
  /** The intent that a final transaction executed under it: the proof of which quote was settled. */
  executed: { readonly txHash: string; readonly intentHash: string } | null;
};

/** What the settlement of a quote moves of an asset. */
export function deltaOf({ assetIn, assetOut, amountInUnits, amountOutUnits }: Attempt, asset: string): bigint {
  return (assetIn === asset ? amountInUnits : 0n) - (assetOut === asset ? amountOutUnits : 0n);
}

/** What may leave by this nonce at most. */
export const reservationOf = (entry: NonceEntry): bigint =>
  entry.boundUnits > entry.largestUnits ? entry.boundUnits : entry.largestUnits;

export function addLive(entry: NonceEntry, quote: QuoteEntry): void {
  entry.live.push(quote);
  if (quote.attempt.amountOutUnits > entry.largestUnits) entry.largestUnits = quote.attempt.amountOutUnits;
  if (quote.attempt.deadlineAtMs < entry.earliestDeadlineAtMs) entry.earliestDeadlineAtMs = quote.attempt.deadlineAtMs;
}

/** Takes out and returns the quotes whose deadline is before `blockTimeMs`: at equality the verifier still settles. */
export function takeOverdue(entry: NonceEntry, blockTimeMs: number): QuoteEntry[] {
  if (entry.earliestDeadlineAtMs >= blockTimeMs) return [];
  const overdue = entry.live.filter((quote) => quote.attempt.deadlineAtMs < blockTimeMs);
  entry.live = entry.live.filter((quote) => quote.attempt.deadlineAtMs >= blockTimeMs);
  entry.largestUnits = 0n;
  entry.earliestDeadlineAtMs = Number.POSITIVE_INFINITY;
  for (const quote of entry.live) {
    if (quote.attempt.amountOutUnits > entry.largestUnits) entry.largestUnits = quote.attempt.amountOutUnits;
    if (quote.attempt.deadlineAtMs < entry.earliestDeadlineAtMs)
      entry.earliestDeadlineAtMs = quote.attempt.deadlineAtMs;
  }
  return overdue;
}

/** Made once a nonce: its bytes are needed for every signature. */
export const admissionTo = (lane: number, nonce: NonceText): Admission => ({
  ok: true,
  lane,
  nonce,
  nonceBytes: nonceBytes(nonce),
});

export const NOT_ADMITTED: Admission = { ok: false };

/**
 * The lane that takes the amount with the fewest live quotes, then the least growth of its reservation, then the lowest
 * number.
 * @param currents the current nonce of each lane, in order of lanes
 * @param freeUnits what is not promised: the reservation must not grow beyond it; below zero, in a breach, no lane takes more
 */
export function chooseLane(
  currents: readonly (NonceEntry | null)[],
  amountOutUnits: Units,
  deadlineAtMs: number,
  freeUnits: bigint,
): Admission {
  let best: NonceEntry | null = null;
  let bestGrowth = 0n;
  for (const entry of currents) {
    if (entry === null || entry.ceilingUnits < amountOutUnits) continue;
    if (deadlineAtMs > entry.nonceDeadlineAtMs - NONCE_MARGIN_MS) continue;
    const reserved = reservationOf(entry);
    const growth = amountOutUnits > reserved ? amountOutUnits - reserved : 0n;
    if (growth > freeUnits) continue;
    const better =
      best === null ||
      entry.live.length < best.live.length ||
      (entry.live.length === best.live.length && growth < bestGrowth);
    if (!better) continue;
    best = entry;
    bestGrowth = growth;
  }
  return best === null ? NOT_ADMITTED : best.admission;
}
