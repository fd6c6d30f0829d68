// A use of the account's key that is not the engine's.

import type { Envelope } from '../../sim/verifier/envelope.ts';
import { payloadHash } from '../../sim/verifier/hashing.ts';
import { keyPairOfSeed, sign } from '../../sim/verifier/signature.ts';
import { formatDeadline } from '../../sim/verifier/text/deadline.ts';
import type { Setting } from '../setting.ts';

const NS_PER_MS = 1_000_000n;
const LIFETIME_MS = 30_000;

/** Executing it uses the nonce up, and moves nothing. */
export function emptyIntentFor(setting: Setting, nonce: string, nowMs: number): Envelope {
  const keyPair = keyPairOfSeed(setting.keySeed);
  const deadline = formatDeadline(BigInt(nowMs + LIFETIME_MS) * NS_PER_MS);
  const message = JSON.stringify({ signer_id: setting.accountId, deadline, intents: [] });
  const bytes = new Uint8Array(Buffer.from(nonce, 'base64'));
  const payload = { message, nonce: bytes, recipient: 'intents.near', callbackUrl: undefined };
  const unsigned = {
    standard: 'nep413',
    payload,
    publicKey: keyPair.publicKey,
    signature: new Uint8Array(64),
  } as const;
  return { ...unsigned, signature: sign(payloadHash(unsigned), keyPair) };
}
