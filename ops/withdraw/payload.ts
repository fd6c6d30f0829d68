// The payload of a withdrawal, made from the order: text, nonce, hash. Signing it is a step of its own. Nothing of it comes from the
// manager, so that one that lies cannot make another out of it.

import type { SignedWithdrawal } from '../../contracts/control/withdrawals.ts';
import type { AccountId, NonceText } from '../../contracts/ids.ts';
import { isoTime } from '../../contracts/time.ts';
import { withdrawalMessage } from '../../contracts/withdrawals/payload.ts';
import { createNep413Hasher } from '../../engine/executor/nep413.ts';
import type { Signer } from '../../engine/executor/sign.ts';
import { encodeNonce } from '../../engine/inventory/lanes/nonce.ts';
import { encodeBase58 } from '../../engine/lib/base58.ts';
import type { Order } from './order.ts';

export type Unsigned = {
  readonly message: string;
  readonly nonce: NonceText;
  readonly recipient: string;
  readonly deadlineAtMs: number;
};

export type PayloadFacts = {
  readonly account: AccountId;
  readonly verifier: string;
  readonly withdrawalId: string;
  /** 8 hex digits, as the verifier gives them. */
  readonly salt: string;
  readonly nowMs: number;
  /** 15 bytes fit for nonces. */
  readonly random: Uint8Array;
};

/** Live quotes may need the amount for some minutes before it can be reserved. */
const LIFETIME_MS = 15 * 60_000;
/** What became of a nonce can be read until its own deadline. */
const NONCE_MARGIN_MS = 60 * 60_000;

export function payloadOf(order: Order, facts: PayloadFacts): Unsigned {
  const { account, verifier, withdrawalId, salt, nowMs, random } = facts;
  const deadlineAtMs = nowMs + LIFETIME_MS;
  return {
    message: withdrawalMessage({ ...order, account, withdrawalId, deadlineAtMs }),
    nonce: encodeNonce(salt, deadlineAtMs + NONCE_MARGIN_MS, random),
    recipient: verifier,
    deadlineAtMs,
  };
}

export function signPayload({ message, nonce, recipient, deadlineAtMs }: Unsigned, signer: Signer): SignedWithdrawal {
  const hash = createNep413Hasher(recipient).hash(message, Uint8Array.fromBase64(nonce));
  return {
    deadline: isoTime(deadlineAtMs),
    nonce,
    intent_hash: encodeBase58(hash),
    signed_data: {
      standard: 'nep413',
      payload: { message, nonce, recipient },
      public_key: signer.publicKey,
      signature: `ed25519:${encodeBase58(signer.sign(hash))}`,
    },
  };
}
