// How a pull gets to the verifier: over the relay, or as a transaction of our own. Types only.

import type { SignedPull } from '../model/values.ts';

/**
 * `taken`: the venue has it, and is about to execute it, or has done so. `refused`: it said no. `unknown`: no answer that tells.
 * The last two are tried again: the payload is the same, so that the verifier executes it once.
 */
export type SendResult =
  | { readonly kind: 'taken'; readonly txHash: string | null }
  | { readonly kind: 'refused' | 'unknown'; readonly reason: string; readonly detail: string };

export type PullSender = {
  readonly via: 'relay' | 'near';
  /** Never rejects. */
  send(pull: SignedPull): Promise<SendResult>;
  /** Transactions that carried it, as far as is known. Never rejects. */
  transactionsOf(pull: SignedPull): Promise<readonly string[]>;
  /** Gives up what is under way. */
  close(): void;
};
