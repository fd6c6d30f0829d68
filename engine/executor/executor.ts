// From an accepted decision to a signed attempt, or to the reason why not. Holds no state of its own but the buffers of the
// hash; whether it may sign is in the `status` of its command.

import type { PriceE8, Units } from '../../contracts/amounts.ts';
import type { Direction } from '../../contracts/assets.ts';
import { type AccountId, quoteHash } from '../../contracts/ids.ts';
import { encodeBase58 } from '../lib/base58.ts';
import type { Admission, AssetCapital, Attempt, Decision, Demand, Refusal } from '../model/values.ts';
import { type ExecutorStatus, refusalOf } from './gate.ts';
import { tokenDiffMessage } from './message.ts';
import { createNep413Hasher } from './nep413.ts';
import type { Signer } from './sign.ts';

export type Prepared =
  | { readonly ok: true; readonly attempt: Attempt }
  | { readonly ok: false; readonly refusal: Refusal };

export type Executor = {
  readonly publicKey: string;
  /** Of an accepted decision only. */
  prepare(command: Command): Prepared;
};

type Command = {
  readonly demand: Demand;
  readonly decision: Decision;
  readonly paid: AssetCapital;
  /** Of the lane that the decision was admitted to. */
  readonly admission: Extract<Admission, { readonly ok: true }>;
  /** The latest deadline that may be signed. */
  readonly deadlineAtMs: number;
  readonly status: ExecutorStatus;
  readonly nowMs: number;
  /** What a move of the price is measured from: that of the best level, however deep in the order book the quote was priced. */
  readonly fairE8: PriceE8 | null;
  /**
   * The latest deadline, no later than the one given, that no live quote with these amounts under the admitted nonce has: equal
   * requests of one millisecond would give equal payloads, and nobody could tell which of them was settled.
   */
  readonly freeDeadline: (amountInUnits: Units, amountOutUnits: Units, latestAtMs: number) => number;
};

/**
 * How many milliseconds the deadline may be moved to make equal payloads distinct: half of our margin. Equal requests in one
 * millisecond beyond this, which no real burst has, share a payload.
 */
const DUPLICATE_DEADLINE_STEPS_MAX = 5000;

/** @param verifier the contract that the signature is for */
export function createExecutor(account: AccountId, verifier: string, signer: Signer): Executor {
  const hasher = createNep413Hasher(verifier);
  return {
    publicKey: signer.publicKey,
    prepare({ demand, decision, paid, admission, deadlineAtMs: latestAtMs, status, nowMs, fairE8, freeDeadline }) {
      const { amountInUnits, amountOutUnits, paidEurE18 } = decision;
      if (amountInUnits === null || amountOutUnits === null || paidEurE18 == null || demand.direction === null) {
        throw new Error(`decision on ${demand.quoteId} is accepted without direction, amounts or value`);
      }
      const refusal = refusalOf(status, amountOutUnits, paid);
      if (refusal !== null) return { ok: false, refusal };
      const direction: Direction = demand.direction;
      const { assetIn, assetOut } = demand;
      // Our own margin gives way, a millisecond at a time: the requester's share of the deadline stays whole.
      const deadlineAtMs = Math.max(
        latestAtMs - DUPLICATE_DEADLINE_STEPS_MAX,
        freeDeadline(amountInUnits, amountOutUnits, latestAtMs),
      );
      const diff = { signer: account, deadlineAtMs, assetIn, amountInUnits, assetOut, amountOutUnits };
      const message = tokenDiffMessage(diff);
      const hash = hasher.hash(message, admission.nonceBytes);
      const attempt: Attempt = {
        quoteId: demand.quoteId,
        direction,
        assetIn: demand.assetIn,
        assetOut: demand.assetOut,
        amountInUnits,
        amountOutUnits,
        paidEurE18,
        lane: admission.lane,
        nonce: admission.nonce,
        deadlineAtMs,
        quoteHash: quoteHash(encodeBase58(hash)),
        message,
        publicKey: signer.publicKey,
        signature: `ed25519:${encodeBase58(signer.sign(hash))}`,
        receivedAtMs: demand.receivedAtMs,
        signedAtMs: nowMs,
        referenceRateE8: fairE8,
      };
      return { ok: true, attempt };
    },
  };
}
