// What one look at the verifier yields: everything as of the same final block, so that a balance and the used state of the
// nonces beside it tell one story. Types only; `verifier-poll.ts` makes it, the book digests it.
// An observation is complete or does not exist: a look that failed halfway yields none, since unknown is not zero.

import type { Units } from '../../contracts/amounts.ts';
import type { NonceText } from '../../contracts/ids.ts';

/** A final block: its time is the chain's, not ours. */
export type FinalBlock = { readonly height: number; readonly hash: string; readonly timeMs: number };

/** One intent that a transaction executed. `intentHash` is our `quoteHash` when the intent is one of our quotes. */
export type ExecutedIntent = { readonly intentHash: string; readonly accountId: string; readonly nonce: string };

/** A final transaction that `quote_status` named. An empty list: it executed no intents, or failed. */
export type ObservedTransaction = { readonly txHash: string; readonly executed: readonly ExecutedIntent[] };

export type Observation = {
  readonly block: FinalBlock;
  /** Our clock when the look began: ages count from here, so they never look younger than they are. */
  readonly readAtMs: number;
  /** The same moment on the monotonic clock. */
  readonly readAtUs: number;
  /** Whether a second endpoint agreed; absent or true when only one is configured. What frees capital needs it. */
  readonly confirmed?: boolean;
  /** How long the look took. */
  readonly durationMs: number;
  /** Credited smallest units by asset id, for every asset that was asked for. */
  readonly credited: Readonly<Record<string, Units>>;
  /** Used state of every nonce that was open when the look began. */
  readonly nonces: readonly { readonly nonce: NonceText; readonly used: boolean }[];
  /** The verifier's current salt, 8 hex digits; null when it did not say (its simulation is paused). */
  readonly salt: string | null;
  /** Every salt in use by an open nonce, and the current one, sorted into those that still hold and those that do not. */
  readonly validSalts: readonly string[];
  readonly invalidSalts: readonly string[];
  /** Millionths of each amount paid; null when the verifier did not say. */
  readonly feePips: number | null;
  /** Whether the verifier knows our signing key for the account; null until first asked. Asked every few minutes. */
  readonly keyRegistered: boolean | null;
  /** null until first asked, like the key. */
  readonly accountLocked: boolean | null;
  /** Transactions whose outcome became known since the last observation. */
  readonly transactions: readonly ObservedTransaction[];
};
