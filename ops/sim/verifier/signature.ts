// Ed25519 with the strictness of the contract: the scalar has to be reduced, keys of small order are refused, and the
// equation is checked without the cofactor, on the bytes of R. A library other than the engine's does the curve.
//
// Decoded keys are kept, since a solver signs everything with one key: a small table of multiples makes each further
// check of that key faster. The cache is bounded and holds nothing secret.
import { ed25519 } from '@noble/curves/ed25519.js';

type Point = typeof ed25519.Point.BASE;

const ORDER = ed25519.Point.Fn.ORDER;
const KEYS_MAX = 256;
/** Checks of one key before its table is built: the table costs about ten checks. */
const USES_BEFORE_TABLE = 20;

type CachedKey = { readonly point: Point | undefined; uses: number };
const keys = new Map<string, CachedKey>();

/** The key's point, or nothing when the bytes are no point or one of small order. */
function decodeKey(publicKey: Uint8Array): Point | undefined {
  const id = Buffer.from(publicKey).toString('latin1');
  let cached = keys.get(id);
  if (cached === undefined) {
    if (keys.size >= KEYS_MAX) keys.clear();
    cached = { point: strongPoint(publicKey), uses: 0 };
    keys.set(id, cached);
  }
  cached.uses += 1;
  if (cached.uses === USES_BEFORE_TABLE) cached.point?.precompute(8, false);
  return cached.point;
}

function strongPoint(publicKey: Uint8Array): Point | undefined {
  try {
    const point = ed25519.Point.fromBytes(publicKey, true);
    return point.isSmallOrder() ? undefined : point;
  } catch {
    return undefined;
  }
}

function littleEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);
}

export function verifySignature(message: Uint8Array, signature: Uint8Array, publicKey: Uint8Array): boolean {
  if (signature.length !== 64 || publicKey.length !== 32) return false;
  const key = decodeKey(publicKey);
  const scalar = littleEndian(signature.subarray(32));
  if (key === undefined || scalar >= ORDER) return false;
  const encodedR = signature.subarray(0, 32);
  const digest = new Uint8Array(64);
  Bun.SHA512.hash(Buffer.concat([encodedR, publicKey, message]), digest);
  const challenge = littleEndian(digest) % ORDER;
  const left = ed25519.Point.BASE.multiplyUnsafe(scalar);
  const expectedR = left.subtract(key.multiplyUnsafe(challenge));
  return Buffer.compare(expectedR.toBytes(), encodedR) === 0;
}

export type KeyPair = { readonly secretKey: Uint8Array; readonly publicKey: Uint8Array };

/** From 32 bytes of seed. */
export function keyPairOfSeed(seed: Uint8Array): KeyPair {
  return { secretKey: seed, publicKey: ed25519.getPublicKey(seed) };
}

export function sign(message: Uint8Array, keyPair: KeyPair): Uint8Array {
  return ed25519.sign(message, keyPair.secretKey);
}
