// Identities and how each is derived (event contract of the seeds, "Executor idempotency model"). One quote has one
// deterministic identity a step, so that a repeat of any step is recognised for what it is after any restart.
// Identities are unique per account; the account is in the envelope.

import type { Brand } from './brand.ts';

export const VENUE = 'near_intents';

export type AccountId = Brand<string, 'AccountId'>;
export type AssetId = Brand<string, 'AssetId'>;
export type QuoteId = Brand<string, 'QuoteId'>;
export type DecisionId = Brand<string, 'DecisionId'>;
export type CommandId = Brand<string, 'CommandId'>;
export type ExecutionId = Brand<string, 'ExecutionId'>;
export type IdempotencyKey = Brand<string, 'IdempotencyKey'>;
export type ExecutionKey = Brand<string, 'ExecutionKey'>;
/** base58 of the NEP-413 hash of one of our signed payloads: the relay's `quote_hash`, the verifier's `intent_hash`. */
export type QuoteHash = Brand<string, 'QuoteHash'>;
/** 32 bytes in standard base64 with padding, as they travel in a payload. */
export type NonceText = Brand<string, 'NonceText'>;

/** The relay sends UUIDs; longer ids are refused so that memory and keys stay bounded. */
const QUOTE_ID = /^[A-Za-z0-9_.:-]{1,128}$/;

/** `null` when the text is no quote id: empty, too long, or with characters that would need escaping in keys and logs. */
export function parseQuoteId(text: unknown): QuoteId | null {
  return typeof text === 'string' && QUOTE_ID.test(text) ? (text as QuoteId) : null;
}

const NEAR_ACCOUNT = /^(?=.{2,64}$)(?:[a-z0-9]+[-_])*[a-z0-9]+(?:\.(?:[a-z0-9]+[-_])*[a-z0-9]+)*$/;

/** A NEAR account id (named or implicit), or `null`. */
export function parseAccountId(text: unknown): AccountId | null {
  return typeof text === 'string' && NEAR_ACCOUNT.test(text) ? (text as AccountId) : null;
}

export const assetId = (text: string): AssetId => text as AssetId;
export const quoteHash = (text: string): QuoteHash => text as QuoteHash;
export const nonceText = (text: string): NonceText => text as NonceText;

export const decisionIdOf = (quote: QuoteId): DecisionId => `dec-${quote}` as DecisionId;
export const commandIdOf = (quote: QuoteId): CommandId => `cmd-${quote}` as CommandId;
export const executionIdOf = (quote: QuoteId): ExecutionId => `exe-${quote}` as ExecutionId;
export const idempotencyKeyOf = (quote: QuoteId): IdempotencyKey => `${VENUE}:${quote}` as IdempotencyKey;
export const executionKeyOf = (assetIn: AssetId, assetOut: AssetId): ExecutionKey =>
  `${VENUE}:${assetIn}->${assetOut}` as ExecutionKey;
