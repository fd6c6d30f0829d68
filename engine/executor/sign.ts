// The only module that touches the private key. The key is parsed with @near-js/crypto and handed to the native ed25519 as a
// key object; its text is not kept. Nothing here prints, and no error quotes what it could not read.

import { createPrivateKey, sign as ed25519Sign, generateKeyPairSync } from 'node:crypto';
import { KeyPair, type KeyPairString } from '@near-js/crypto';
import { isFields, readJson, SMALL_JSON } from '../../contracts/json.ts';
import { decodeBase58 } from '../lib/base58.ts';

export type Signer = {
  /** `ed25519:<base58>` */
  readonly publicKey: string;
  /** Ed25519 over the 32 bytes, not hashed again; 64 bytes. */
  sign(hash: Uint8Array): Uint8Array;
};

export type SignerResult =
  | {
      readonly ok: true;
      readonly signer: Signer;
      /** The account that a credentials file names; null: none. */
      readonly accountId: string | null;
    }
  | { readonly ok: false; readonly problem: string };

/** RFC 8410: PKCS #8 head of an ed25519 key; the 32 bytes of the seed follow. */
const PKCS8_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex');
const SEED_BYTES = 32;
const PUBLIC_BYTES = 32;
const PREFIX = 'ed25519:';

/** From `ed25519:<base58 of 64 bytes>`, or from the text of a NEAR credentials file (JSON with `private_key`). */
export function createSigner(keyText: string): SignerResult {
  const { secret, named, accountId = null } = readKeyText(keyText.trim());
  if (secret === null) return refused('is neither ed25519:<base58> nor NEAR credentials (JSON) with private_key');
  const bytes = decodeBase58(secret.slice(PREFIX.length));
  // The length is checked first: the library takes minutes for a long text.
  const pair = bytes?.length === SEED_BYTES + PUBLIC_BYTES ? keyPairOf(secret) : null;
  if (pair === null || bytes === null) {
    return refused('is not an ed25519 key: ed25519: and base58 of 64 bytes (seed, then public key)');
  }
  const publicKey = pair.getPublicKey();
  if (Buffer.compare(bytes.subarray(SEED_BYTES), publicKey.data) !== 0) {
    return refused('is inconsistent: its public half belongs to another seed');
  }
  if (named !== undefined && named !== publicKey.toString()) {
    return refused('is inconsistent: its public_key does not belong to its private_key');
  }
  const key = createPrivateKey({
    key: Buffer.concat([PKCS8_HEAD, bytes.subarray(0, SEED_BYTES)]),
    format: 'der',
    type: 'pkcs8',
  });
  bytes.fill(0);
  const signer: Signer = { publicKey: publicKey.toString(), sign: (hash) => ed25519Sign(null, hash, key) };
  return { ok: true, signer, accountId };
}

/** A key that nobody knows and that is gone with the process: for rehearsals. */
export function createThrowAwaySigner(): Signer {
  const { privateKey } = generateKeyPairSync('ed25519');
  return { publicKey: 'ed25519:throw-away', sign: (hash) => ed25519Sign(null, hash, privateKey) };
}

const refused = (problem: string): SignerResult => ({ ok: false, problem });

type KeyText = { readonly secret: KeyPairString | null; readonly named?: unknown; readonly accountId?: string | null };

/** @returns the private key, and the public key and the account that a credentials file names with it */
function readKeyText(text: string): KeyText {
  if (isKeyText(text)) return { secret: text };
  const read = readJson(text, SMALL_JSON);
  if (!read.ok || !isFields(read.value)) return { secret: null };
  const { private_key: secret, public_key: named, account_id: account } = read.value;
  const accountId = typeof account === 'string' ? account : null;
  return { secret: typeof secret === 'string' && isKeyText(secret) ? secret : null, named, accountId };
}

const isKeyText = (text: string): text is KeyPairString => text.startsWith(PREFIX);

/** The library throws on what it cannot read, and its message may quote it. */
function keyPairOf(secret: KeyPairString): KeyPair | null {
  try {
    return KeyPair.fromString(secret);
  } catch {
    return null;
  }
}
