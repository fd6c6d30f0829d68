// Nonces, the quotes under them, and which lane takes the next quote. All live quotes of a nonce share it, so at most one of
// them settles: a nonce's reservation is its largest live quote. Pure; entries are mutated by the fold alone.

import type { Units } from '../../../contracts/amounts.ts';
import type { AssetId, NonceText, QuoteId } from '../../../contracts/ids.ts';
import type { NonceDrainingFact, NonceResolvedFact, PullSignedFact } from '../../model/facts.ts';
import type { Admission, LaneGuard } from '../../model/values.ts';
import type { LiveQuotes } from '../live-quotes.ts';
import type { QuoteEntry } from '../quotes.ts';
import { nonceBytes } from './nonce.ts';

/** A nonce's deadline lies so far behind the last quote signed under it: time to read its used state before it is forgotten. */
export const NONCE_MARGIN_MS = 600_000;
/** A nonce lives so long at most. */
export const NONCE_LIFETIME_MS = 3_600_000;

/** The change of the balances between two blocks: what the nonces used in between, which share this object, explain. */
export type BalanceChange = {
  readonly blockHeight: number;
  readonly blockTimeMs: number;
  readonly atMs: number;
  readonly change: Readonly<Record<string, bigint>>;
  /** The part of the change that no quote on record as settled explains: what the nonces that are not attributed yet have to. */
  rest: Readonly<Record<string, bigint>>;
  /** A nonce of this group was closed unattributed, so the remaining change cannot be attributed exactly. */
  isAmbiguous: boolean;
  /** The quote whose record has the part that nobody could be named for; null while there is none. */
  carrier: QuoteId | null;
  /** By asset, what may have been paid under those of which it stays unknown; null: a loss is reported, or is not judged. */
  unknownUnits: Readonly<Record<string, bigint>> | null;
};

/** What was signed to use a nonce up. */
export type NoncePull = Pick<PullSignedFact, 'cause' | 'detail' | 'intentHash' | 'atMs'> & {
  /** Transactions that carried it, oldest first. */
  readonly txHashes: readonly string[];
};

/** An intent that a final transaction executed. */
export type Execution = { readonly txHash: string; readonly intentHash: string };

export type NonceEntry = {
  readonly nonce: NonceText;
  readonly asset: AssetId;
  readonly lane: number;
  readonly salt: string;
  readonly nonceDeadlineAtMs: number;
  readonly admission: Admission;
  ceilingUnits: bigint;
  /**
   * While a reservation waits, no new quote pays more, so that the ceiling can come down to it; null: the ceiling alone counts. Not
   * folded.
   */
  quoteMaxUnits: bigint | null;
  /** Why nothing more is signed under it; null for a lane's current nonce. */
  draining: NonceDrainingFact['why'] | null;
  /** Its quotes are being withdrawn; null: they are not. */
  pull: NoncePull | null;
  /** Block that showed its salt invalid; 0: none that is later than the newest balance. */
  saltInvalidHeight: number;
  /** A balance was taken over after the salt was invalidated: nothing under it can settle any more. */
  saltDead: boolean;
  readonly live: LiveQuotes;
  /**
   * What quotes that a crash took from the journal may pay, until `boundUntilMs` is over: Infinity before the first balance
   * after the start.
   */
  boundUnits: bigint;
  boundUntilMs: number;
  used: { readonly blockHeight: number; readonly blockTimeMs: number } | null;
  /** Set by the first balance at or after `used`: its outflow is in the balance from then on. */
  balanceChange: BalanceChange | null;
  /** The intent that a final transaction executed under it: the proof of which quote was settled, or that it was our pull. */
  executed: Execution | null;
  /** How a used nonce was used, as far as that is known: its quotes end by it, a few a turn. */
  resolution: NonceResolvedFact | null;
  /** The quote under it that is on record as settled. */
  winner: QuoteEntry | null;
};

/** Something may leave by it. */
export const isPromised = ({ boundUnits, live }: NonceEntry): boolean => live.size > 0 || boundUnits > 0n;

/** What of a nonce the choice of a lane depends on. */
export type LaneRoom = Pick<
  NonceEntry,
  'nonce' | 'nonceDeadlineAtMs' | 'admission' | 'ceilingUnits' | 'quoteMaxUnits' | 'boundUnits'
> & {
  readonly live: Pick<LiveQuotes, 'size' | 'largestUnits'>;
};

/** What may leave by this nonce at most. */
export function reservationOf({ boundUnits, live }: Pick<LaneRoom, 'boundUnits' | 'live'>): bigint {
  const { largestUnits } = live;
  return boundUnits > largestUnits ? boundUnits : largestUnits;
}

/** Made once a nonce: its bytes are needed for every signature. */
export const admissionTo = (lane: number, nonce: NonceText): Admission => ({
  ok: true,
  lane,
  nonce,
  nonceBytes: nonceBytes(nonce),
});

export const NOT_ADMITTED: Admission = { ok: false };

/** A quote that no lane takes, whatever room it has: what a crash would have to wait for is bounded by this lifetime. */
export const isBeyondLanes = (amountOutUnits: Units, lifetimeMs: number, lifetimeMaxMs: number): boolean =>
  amountOutUnits <= 0n || lifetimeMs > lifetimeMaxMs;

/**
 * The lane that takes the amount with the fewest live quotes, then the smallest growth of its reservation, then the lowest
 * number.
 * @param currents the current nonce of each lane, in order of lanes
 * @param freeUnits what is not promised: the reservation must not grow beyond it; below zero, in a breach, no lane takes more
 * @param guard limits beyond those of the inventory; null: none
 */
export function chooseLane(
  currents: readonly (LaneRoom | null)[],
  amountOutUnits: Units,
  deadlineAtMs: number,
  freeUnits: bigint,
  guard: LaneGuard | null,
): Admission {
  let best: LaneRoom | null = null;
  let bestGrowth = 0n;
  for (const entry of currents) {
    if (entry === null || entry.ceilingUnits < amountOutUnits) continue;
    if (entry.quoteMaxUnits !== null && entry.quoteMaxUnits < amountOutUnits) continue;
    if (deadlineAtMs > entry.nonceDeadlineAtMs - NONCE_MARGIN_MS) continue;
    const reserved = reservationOf(entry);
    const growth = amountOutUnits > reserved ? amountOutUnits - reserved : 0n;
    if (growth > freeUnits) continue;
    if (guard !== null && !guard.admits(entry.nonce)) continue;
    const better =
      best === null || entry.live.size < best.live.size || (entry.live.size === best.live.size && growth < bestGrowth);
    if (!better) continue;
    best = entry;
    bestGrowth = growth;
  }
  return best === null ? NOT_ADMITTED : best.admission;
}
