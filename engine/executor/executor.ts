// From an accepted decision to a signed attempt, or to the reason why not. Holds no state of its own but the buffers of the
// hash; whether it may sign stands in the `standing` that it is handed.

import type { Direction } from '../../contracts/assets.ts';
import { type AccountId, quoteHash } from '../../contracts/ids.ts';
import { encodeBase58 } from '../lib/base58.ts';
import type { Admission, AssetCapital, Attempt, Decision, Demand, Refusal } from '../model.ts';
import { type ExecutorStanding, refusalOf } from './gate.ts';
import { tokenDiffMessage } from './message.ts';
import { createNep413Hasher } from './nep413.ts';
import type { Signer } from './sign.ts';

export type Prepared =
  | { readonly ok: true; readonly attempt: Attempt }
  | { readonly ok: false; readonly refusal: Refusal };

export type Executor = {
  readonly publicKey: string;
  /** Of an accepted decision only. */
  prepare(
    demand: Demand,
    decision: Decision,
    paid: AssetCapital,
    admission: Admission,
    deadlineAtMs: number,
    standing: ExecutorStanding,
    nowMs: number,
  ): Prepared;
};

/** @param verifier the contract that the signature is for */
export function createExecutor(account: AccountId, verifier: string, signer: Signer): Executor {
  const hasher = createNep413Hasher(verifier);
  return {
    publicKey: signer.publicKey,
    prepare(demand, decision, paid, admission, deadlineAtMs, standing, nowMs) {
      const { amountInUnits, amountOutUnits } = decision;
      if (amountInUnits === null || amountOutUnits === null || demand.direction === null) {
        throw new Error(`decision on ${demand.quoteId} is accepted without direction or amounts`);
      }
      const refusal = refusalOf(standing, amountOutUnits, paid, admission);
      if (refusal !== null || !admission.ok) {
        return { ok: false, refusal: refusal ?? { code: 'inventory_drift', note: 'no lane' } };
      }
      const direction: Direction = demand.direction;
      const message = tokenDiffMessage(
        account,
        deadlineAtMs,
        demand.assetIn,
        amountInUnits,
        demand.assetOut,
        amountOutUnits,
      );
      const hash = hasher.hash(message, admission.nonceBytes);
      const attempt: Attempt = {
        quoteId: demand.quoteId,
        direction,
        assetIn: demand.assetIn,
        assetOut: demand.assetOut,
        amountInUnits,
        amountOutUnits,
        lane: admission.lane,
        nonce: admission.nonce,
        deadlineAtMs,
        quoteHash: quoteHash(encodeBase58(hash)),
        message,
        publicKey: signer.publicKey,
        signature: `ed25519:${encodeBase58(signer.sign(hash))}`,
        receivedAtMs: demand.receivedAtMs,
        signedAtMs: nowMs,
      };
      return { ok: true, attempt };
    },
  };
}
