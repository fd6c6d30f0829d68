// Variant of the loop bench: the minimum that an answer can cost. Parse the frame, fill in the open side at a fixed rate, build
// the payload, hash it, sign it with the native ed25519 and a ready key object, write base58, build the answer, send.
// No gate, no price, no inventory, no record of anything. Written out plainly here, so that the engine is not held against
// its own code; the exception is base58, which is engine/lib/base58.ts in both.

import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { BTC } from '../../../../contracts/assets.ts';
import { encodeBase58 } from '../../../../engine/lib/base58.ts';
import { answerEvents } from './client.ts';

type Request = {
  readonly quote_id: string;
  readonly defuse_asset_identifier_in: string;
  readonly defuse_asset_identifier_out: string;
  readonly exact_amount_in?: string;
  readonly exact_amount_out?: string;
  readonly min_deadline_ms: number;
};

const SIGNER = 'bench.near';
const RECIPIENT = 'intents.near';
const NEP413_TAG = 2 ** 31 + 413;
const DEADLINE_MARGIN_MS = 10_000;
/** The side that the request leaves open: what it is does not matter here, only that a number is written. */
const OPEN_AMOUNT = '4321098765432100';

const pair = generateKeyPairSync('ed25519');
const publicBytes = pair.publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
const publicKey = `ed25519:${encodeBase58(publicBytes)}`;
const nonce = randomBytes(32);
const nonceText = nonce.toString('base64');

const recipientBytes = Buffer.from(RECIPIENT);
const preimage = Buffer.allocUnsafeSlow(4096);
const digest = new Uint8Array(32);
preimage.writeUInt32LE(NEP413_TAG, 0);
let requestId = 1;

function hashOf(message: string): Uint8Array {
  const length = preimage.write(message, 8, 'utf8');
  preimage.writeUInt32LE(length, 4);
  let at = 8 + length;
  at += nonce.copy(preimage, at);
  at = preimage.writeUInt32LE(recipientBytes.length, at);
  at += recipientBytes.copy(preimage, at);
  preimage[at] = 0;
  Bun.SHA256.hash(preimage.subarray(0, at + 1), digest);
  return digest;
}

function answer(text: string): string | null {
  const request: Request = JSON.parse(text).params.data;
  if (request.defuse_asset_identifier_in !== BTC.id && request.defuse_asset_identifier_out !== BTC.id) return null;
  const amountIn = request.exact_amount_in ?? OPEN_AMOUNT;
  const amountOut = request.exact_amount_out ?? OPEN_AMOUNT;
  const output =
    request.exact_amount_in === undefined ? `"amount_in":"${OPEN_AMOUNT}"` : `"amount_out":"${OPEN_AMOUNT}"`;
  const deadline = new Date(Date.now() + request.min_deadline_ms + DEADLINE_MARGIN_MS).toISOString();
  const message = `{"signer_id":"${SIGNER}","deadline":"${deadline}","intents":[{"intent":"token_diff","diff":{"${request.defuse_asset_identifier_in}":"${amountIn}","${request.defuse_asset_identifier_out}":"-${amountOut}"}}]}`;
  const signature = `ed25519:${encodeBase58(sign(null, hashOf(message), pair.privateKey))}`;
  requestId += 1;
  return `{"jsonrpc":"2.0","id":${requestId},"method":"quote_response","params":[{"quote_id":"${request.quote_id}","quote_output":{${output}},"signed_data":{"standard":"nep413","payload":{"message":${JSON.stringify(message)},"nonce":"${nonceText}","recipient":"${RECIPIENT}"},"public_key":"${publicKey}","signature":"${signature}"}}]}`;
}

const [url] = process.argv.slice(2);
if (url === undefined) throw new Error('usage: signer.ts URL');
answerEvents(url, answer);
