// Shapes of what is signed for the verifier contract `intents.near`. They describe what a well-formed client sends; the contract
// itself is laxer in places (it takes a nonce without padding), which the simulated verifier judges, not these shapes. Unknown
// fields are allowed everywhere.

import { type Static, Type } from '@sinclair/typebox';

/** First four bytes of a versioned nonce; the byte behind them is the version, 0 today. */
export const VERSIONED_NONCE_MAGIC: readonly number[] = [0x56, 0x28, 0xf6, 0xc6];

const KeyText = Type.String({ pattern: '^ed25519:[1-9A-HJ-NP-Za-km-z]{32,44}$' });
const SignatureText = Type.String({ pattern: '^ed25519:[1-9A-HJ-NP-Za-km-z]{64,88}$' });
const NonceText = Type.String({ pattern: '^[A-Za-z0-9+/]{43}=$' });

/** What is signed under NEP-413. `message` is JSON as text: the hash covers its exact bytes. */
const Nep413Payload = Type.Object({
  message: Type.String(),
  nonce: NonceText,
  recipient: Type.String(),
  callbackUrl: Type.Optional(Type.String()),
});

const SignedNep413 = Type.Object({
  standard: Type.Literal('nep413'),
  payload: Nep413Payload,
  public_key: KeyText,
  signature: SignatureText,
});

/** The payload is the whole JSON text, signer, nonce and verifying contract included. */
const SignedRawEd25519 = Type.Object({
  standard: Type.Literal('raw_ed25519'),
  payload: Type.String(),
  public_key: KeyText,
  signature: SignatureText,
});

export const SignedPayload = Type.Union([SignedNep413, SignedRawEd25519]);
export type SignedPayload = Static<typeof SignedPayload>;
