// The payload that withdraws every live quote of a nonce: an empty intent, which does nothing but use the nonce up. Its deadline
// is the nonce's own, the latest that the verifier takes: a pull that is late still counts, and since nothing in it depends on
// the moment of signing, a nonce has one pull, with one hash, however often it is signed or sent.

import type { AccountId, NonceText } from '../../contracts/ids.ts';
import { isoTime } from '../../contracts/time.ts';
import { encodeBase58 } from '../lib/base58.ts';
import type { SignedPull } from '../model/values.ts';
import { createNep413Hasher } from './nep413.ts';
import type { Signer } from './sign.ts';

export type PullSigner = {
  /** @param nonceDeadlineAtMs that the nonce itself carries */
  sign(nonce: NonceText, nonceDeadlineAtMs: number): SignedPull;
};

/** @param verifier the contract that the signature is for */
export function createPullSigner(account: AccountId, verifier: string, signer: Signer): PullSigner {
  const hasher = createNep413Hasher(verifier);
  return {
    sign(nonce, nonceDeadlineAtMs) {
      const message = `{"signer_id":"${account}","deadline":"${isoTime(nonceDeadlineAtMs)}","intents":[]}`;
      const hash = hasher.hash(message, Uint8Array.fromBase64(nonce));
      return {
        nonce,
        intentHash: encodeBase58(hash),
        signedData: {
          standard: 'nep413',
          payload: { message, nonce, recipient: verifier },
          public_key: signer.publicKey,
          signature: `ed25519:${encodeBase58(signer.sign(hash))}`,
        },
      };
    },
  };
}
