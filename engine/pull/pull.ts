// What a pull of one nonce is to the parts around it. Types only.

import type { AssetId, NonceText } from '../../contracts/ids.ts';
import type { PullCause } from '../../contracts/reasons.ts';
import type { NonceResolvedFact } from '../model/facts.ts';
import type { SendResult } from './sender.ts';

/** A nonce as the book shows it, as far as a pull depends on it. */
export type PullNonce = {
  readonly nonce: NonceText;
  readonly asset: AssetId;
  readonly lane: number;
  readonly nonceDeadlineAtMs: number;
  readonly liveQuotes: number;
  readonly used: boolean;
  /** The transaction that used it was read. */
  readonly executed: boolean;
  /** How it was used, as far as that is known. */
  readonly resolvedAs: NonceResolvedFact['outcome'] | null;
  /** Something under it can still settle, and the verifier would take a pull. */
  readonly pullable: boolean;
  readonly pull: {
    readonly cause: PullCause;
    readonly detail: string;
    readonly intentHash: string;
    readonly atMs: number;
    readonly txHashes: readonly string[];
  } | null;
};

/**
 * How a pull ended: what became of the quotes, or that all of them were over before anything used the nonce. `not_sent`: it could not
 * be put on record, and the quotes are still live.
 */
export const PULL_OUTCOMES = ['pulled', 'settled', 'burned', 'unattributed', 'expired', 'not_sent'] as const;
export type PullOutcome = (typeof PULL_OUTCOMES)[number];

/** The last word of the venue on it. */
export type LastSend = {
  readonly kind: SendResult['kind'];
  /** Empty when it was taken. */
  readonly reason: string;
  readonly detail: string;
  readonly atMs: number;
};

export type PullView = {
  readonly asset: AssetId;
  readonly lane: number;
  readonly nonce: NonceText;
  readonly cause: PullCause;
  readonly detail: string;
  readonly beganAtMs: number;
  /** Of this run of the process. */
  readonly sends: number;
  readonly lastSend: LastSend | null;
  /** Tried several times, and no final block shows the nonce used. */
  readonly isFailing: boolean;
};

export type PullUnderWay = PullView & { readonly liveQuotes: number; readonly used: boolean };

export type PullEnded = PullView & {
  readonly outcome: PullOutcome;
  /** Quotes that ended as pulled. */
  readonly pulledQuotes: number;
  readonly endedAtMs: number;
};
