// What one poll of the verifier yields: everything as of the same final block, so that a balance fits the used state of the
// nonces read with it. Types only; `engine/verifier/poll.ts` makes it, the ledger takes it.
// An observation is complete or does not exist: a poll that failed halfway yields none, since unknown is not zero.

import type { Units } from '../../contracts/amounts.ts';
import type { NonceText } from '../../contracts/ids.ts';
import type { ExecutedIntent, FinalBlock } from '../../contracts/runtime/near/types.ts';

/** A final transaction that `quote_status` named. An empty list: it executed no intents, or failed. */
export type ObservedTransaction = { readonly txHash: string; readonly executed: readonly ExecutedIntent[] };

export type Observation = {
  readonly block: FinalBlock;
  /**
   * Whether what this snapshot frees may be freed: used nonces, invalid salts, higher balances, deadlines before `block.timeMs` with
   * the nonce unused and the balance still there. With several endpoints a second one has said the same, at the same or a later
   * final block; with one endpoint, and where nothing is freed and nobody contradicts, it is true. While it is false only what takes
   * capital away counts, and the rest comes again with a later snapshot.
   */
  readonly confirmed: boolean;
  /** Block time that a second endpoint has reached, at most `block.timeMs`, and the same when `confirmed`: deadlines before it are past. */
  readonly confirmedTimeMs: number;
  /** Our wall clock when the poll began, for records. */
  readonly readAtMs: number;
  /** Monotonic clock when the poll began: ages count from here, so that they never look younger than they are. */
  readonly readAtUs: number;
  /** How long the poll took. */
  readonly durationMs: number;
  /** Credited smallest units by asset id, for every asset that was asked for. */
  readonly credited: Readonly<Record<string, Units>>;
  /** The same of assets that are known and not traded, as far as they could be read: shown, and used for nothing. */
  readonly stranded: Readonly<Record<string, Units>>;
  /** Used state of every nonce that was open, or of a withdrawal that was reserved for, when the poll began. */
  readonly nonces: readonly { readonly nonce: NonceText; readonly used: boolean }[];
  /** The verifier's current salt, 8 hex digits; null when it did not say (its simulation is paused). */
  readonly salt: string | null;
  /** Salts of these nonces that are not valid any more. */
  readonly invalidSalts: readonly string[];
  /** Millionths of each amount paid; null when the verifier did not say. */
  readonly feePips: number | null;
  /** Whether the verifier knows our signing key for the account, at this block. */
  readonly keyRegistered: boolean;
  readonly accountLocked: boolean;
  /** Transactions whose outcome became known since the last snapshot that the ledger took. */
  readonly transactions: readonly ObservedTransaction[];
};
