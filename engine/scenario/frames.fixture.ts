// Frames of the relay as tests write them, in both shapes, and a reader of our answers that verifies them with a signature
// library of its own over a preimage of its own.

import nacl from 'tweetnacl';
import { BTC, EURE } from '../../contracts/assets.ts';
import { decodeBase58, encodeBase58 } from '../lib/base58.ts';

export const VERIFIER = 'intents.near';

export type Shape = 'event' | 'subscribe';

/** Fields of a quote request as they travel; what is undefined is left out. */
export type RequestFields = Readonly<Record<string, unknown>>;

const FIELDS: RequestFields = {
  defuse_asset_identifier_in: BTC.id,
  defuse_asset_identifier_out: EURE.id,
  exact_amount_in: '10000',
  min_deadline_ms: 60_000,
  min_wait_ms: 1900,
  max_wait_ms: 3000,
};

/** 0.0001 BTC for EURe unless said otherwise. */
export const BTC_IN: RequestFields = {};
export const EURE_OUT: RequestFields = { exact_amount_in: undefined, exact_amount_out: '3900000000000000000' };
export const EURE_IN: RequestFields = {
  defuse_asset_identifier_in: EURE.id,
  defuse_asset_identifier_out: BTC.id,
  exact_amount_in: '4000000000000000000',
};
export const BTC_OUT: RequestFields = { ...EURE_IN, exact_amount_in: undefined, exact_amount_out: '9000' };

export function quoteFrame(
  quoteId: string,
  over: RequestFields = {},
  shape: Shape = 'event',
  metadata?: RequestFields,
): string {
  const data = { quote_id: quoteId, ...FIELDS, ...over };
  return shape === 'subscribe'
    ? JSON.stringify({ jsonrpc: '2.0', method: 'subscribe', params: { subscription: 's-1', ...data } })
    : JSON.stringify({ jsonrpc: '2.0', method: 'event', params: { subscription: 's-1', data, metadata } });
}

export function statusFrame(quoteHash: string, txHash = 'tx-1', shape: Shape = 'event'): string {
  const data = { quote_hash: quoteHash, intent_hash: 'intent-1', tx_hash: txHash };
  return shape === 'subscribe'
    ? JSON.stringify({ jsonrpc: '2.0', method: 'subscribe', params: data })
    : JSON.stringify({ jsonrpc: '2.0', method: 'event', params: { subscription: 's-2', data } });
}

export const okReply = (id: number): string => JSON.stringify({ jsonrpc: '2.0', id, result: 'OK' });

export const errorReply = (id: number, error: unknown): string => JSON.stringify({ jsonrpc: '2.0', id, error });

/** One of our answers as a stranger reads it from the wire. */
export type Answer = {
  readonly requestId: number;
  readonly quoteId: string;
  readonly output: Readonly<Record<string, string>>;
  readonly signerId: string;
  readonly deadlineAtMs: number;
  readonly diff: Readonly<Record<string, string>>;
  readonly nonce: string;
  readonly quoteHash: string;
};

const length = (value: number): Buffer => {
  const four = Buffer.alloc(4);
  four.writeUInt32LE(value);
  return four;
};

/** @throws Error when it is no answer, or its signature does not hold */
export function readAnswer(text: string): Answer {
  const frame = JSON.parse(text);
  if (frame.jsonrpc !== '2.0' || frame.method !== 'quote_response' || frame.params.length !== 1) {
    throw new Error(`not an answer: ${text}`);
  }
  const { quote_id: quoteId, quote_output: output, signed_data: signed } = frame.params[0];
  const { message, nonce, recipient } = signed.payload;
  if (signed.standard !== 'nep413' || recipient !== VERIFIER) throw new Error(`signed for another: ${text}`);
  const messageBytes = Buffer.from(message);
  const recipientBytes = Buffer.from(recipient);
  const preimage = Buffer.concat([
    length(2 ** 31 + 413),
    ...[length(messageBytes.length), messageBytes, Buffer.from(nonce, 'base64')],
    ...[length(recipientBytes.length), recipientBytes, Buffer.from([0])],
  ]);
  const hash = new Bun.CryptoHasher('sha256').update(preimage).digest();
  const bytes = (keyText: string) => decodeBase58(keyText.replace(/^ed25519:/, '')) ?? new Uint8Array();
  if (!nacl.sign.detached.verify(hash, bytes(signed.signature), bytes(signed.public_key))) {
    throw new Error(`the signature does not hold: ${text}`);
  }
  const body = JSON.parse(message);
  if (body.intents.length !== 1 || body.intents[0].intent !== 'token_diff') throw new Error(`not one diff: ${message}`);
  return {
    requestId: frame.id,
    quoteId,
    output,
    signerId: body.signer_id,
    deadlineAtMs: Date.parse(body.deadline),
    diff: body.intents[0].diff,
    nonce,
    quoteHash: encodeBase58(hash),
  };
}
