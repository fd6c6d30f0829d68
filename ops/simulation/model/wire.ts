// What travels, as the model reads it: from the formats' descriptions, slowly, with nothing of the engine. A text that is not what
// it should be is a finding.

import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';

/** One signed answer on its way to the relay. */
export type Answer = {
  readonly quoteId: string;
  readonly hash: string;
  readonly nonce: string;
  readonly assetIn: string;
  readonly assetOut: string;
  readonly amountIn: bigint;
  readonly amountOut: bigint;
  readonly deadlineMs: number;
  readonly signer: string;
};

const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';

function base58(bytes: Uint8Array): string {
  let number = BigInt(`0x0${Buffer.from(bytes).toString('hex')}`);
  let text = '';
  for (; number > 0n; number /= 58n) text = `${ALPHABET[Number(number % 58n)]}${text}`;
  for (const byte of bytes) {
    if (byte !== 0) break;
    text = `1${text}`;
  }
  return text;
}

function fromBase58(text: string): Uint8Array {
  let number = 0n;
  for (const digit of text) number = number * 58n + BigInt(ALPHABET.indexOf(digit));
  const hex = number.toString(16);
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
}

/** An ed25519 key in the form that the platform takes. */
const DER_HEAD = '302a300506032b6570032100';

export function keyOf(publicKey: string): KeyObject {
  const raw = Buffer.from(fromBase58(publicKey.replace('ed25519:', ''))).toString('hex');
  return createPublicKey({
    key: Buffer.from(`${DER_HEAD}${raw.padStart(64, '0')}`, 'hex'),
    format: 'der',
    type: 'spki',
  });
}

const u32 = (value: number): Buffer => {
  const four = Buffer.alloc(4);
  four.writeUInt32LE(value);
  return four;
};

const text = (value: string): Buffer => Buffer.concat([u32(Buffer.byteLength(value)), Buffer.from(value)]);

type Signed = {
  readonly payload: { readonly message: string; readonly nonce: string; readonly recipient: string };
  readonly signature: string;
};

/** Digest of a NEP-413 payload without callback URL. */
function digestOf({ message, nonce, recipient }: Signed['payload']): Buffer {
  const parts = [u32(2 ** 31 + 413), text(message), Buffer.from(nonce, 'base64'), text(recipient), Buffer.from([0])];
  return createHash('sha256').update(Buffer.concat(parts)).digest();
}

/** A payload that somebody is asked to execute. */
type PublishedPayload = {
  readonly hash: string;
  readonly nonce: string;
  readonly signer: string;
  /** How many it has. */
  readonly intents: number;
  /** Hash of the transaction that carries it; null: the relay makes one. */
  readonly transaction: string | null;
};

/** In the body of a request to the relay or to a node; none in any other. Throws on a payload that cannot be read. */
export function publishedIn(body: string): PublishedPayload[] {
  const { method, params } = JSON.parse(body);
  if (method === 'publish_intent') return [payloadOf(params[0].signed_data.payload, null)];
  if (method !== 'send_tx') return [];
  const bytes = Buffer.from(params.signed_tx_base64, 'base64');
  // The kind of the key and the signature are behind it.
  const unsigned = bytes.subarray(0, bytes.length - 65);
  const transaction = base58(createHash('sha256').update(unsigned).digest());
  return executedBy(bytes).map((payload) => payloadOf(payload, transaction));
}

function payloadOf(payload: Signed['payload'], transaction: string | null): PublishedPayload {
  const { signer_id: signer, intents } = JSON.parse(payload.message);
  return { hash: base58(digestOf(payload)), nonce: payload.nonce, signer, intents: intents.length, transaction };
}

/** Of a transaction: the arguments of its call are JSON, with their length in front. */
function executedBy(transaction: Buffer): Signed['payload'][] {
  const from = transaction.indexOf('{"signed":[');
  const args = transaction.toString('utf8', from, from + transaction.readUInt32LE(from - 4));
  return JSON.parse(args).signed.map(({ payload }: Signed) => payload);
}

/** The bytes of a versioned nonce behind its magic and version: the salt, then its deadline in nanoseconds. */
export const saltOf = (nonce: string): string => Buffer.from(nonce, 'base64').subarray(5, 9).toString('hex');

export const nonceDeadlineMs = (nonce: string): number =>
  Number(Buffer.from(nonce, 'base64').readBigUInt64LE(9) / 1_000_000n);

/** The answer in a frame to the relay, or what is wrong with it. */
export function readAnswer(parameter: unknown, key: KeyObject): Answer | string {
  try {
    const { quote_id: quoteId, signed_data: signed } = parameter as { quote_id: string; signed_data: Signed };
    const digest = digestOf(signed.payload);
    const signature = Buffer.from(fromBase58(signed.signature.replace('ed25519:', '')));
    const whole = Buffer.concat([Buffer.alloc(64 - signature.length), signature]);
    if (!verify(null, digest, key, whole)) return `the signature of the answer to ${quoteId} does not hold`;
    const message = JSON.parse(signed.payload.message);
    const [intent, ...more] = message.intents;
    if (intent.intent !== 'token_diff' || more.length > 0) return `the answer to ${quoteId} is not one token_diff`;
    const moves = Object.entries(intent.diff as Record<string, string>).map(([asset, units]) => ({
      asset,
      units: BigInt(units),
    }));
    const received = moves.find(({ units }) => units > 0n);
    const paid = moves.find(({ units }) => units < 0n);
    if (moves.length !== 2 || received === undefined || paid === undefined)
      return `the answer to ${quoteId} does not move two assets`;
    return {
      quoteId,
      hash: base58(digest),
      nonce: signed.payload.nonce,
      assetIn: received.asset,
      assetOut: paid.asset,
      amountIn: received.units,
      amountOut: -paid.units,
      deadlineMs: Date.parse(message.deadline),
      signer: message.signer_id,
    };
  } catch (error) {
    return `an answer cannot be read: ${String(error)}`;
  }
}
