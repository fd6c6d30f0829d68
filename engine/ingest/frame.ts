// A text frame of the relay -> what it is. Total: any text gives a value, in bounded time. Two shapes of event are taken (fields
// under `params.data`, or directly in `params`), distinguished by the fields themselves (protocols: quote events, quote_status).
// Unknown fields are ignored. After this, nothing reads the venue's JSON again. One frame is one message: a JSON-RPC batch,
// or two objects in one frame, is not what the venue documents, and becomes a dead letter.

import { parseUnits, type Units } from '../../contracts/amounts.ts';
import { directionOf, type Pair } from '../../contracts/assets.ts';
import { assetId, parseQuoteId, type QuoteHash, quoteHash } from '../../contracts/ids.ts';
import { type Fields, isFields, type JsonBounds, readJson } from '../../contracts/json.ts';
import { cutAndSay } from '../../contracts/text.ts';
import { isPlausibleTime } from '../../contracts/time.ts';
import type { Demand } from '../model/values.ts';

export type QuoteFrame = {
  readonly kind: 'quote';
  readonly demand: Demand;
  /** Why the request cannot be taken as it is; it has an id and a pair all the same, so it gets a decision. */
  readonly malformed: string | null;
};

export type StatusFrame = {
  readonly kind: 'status';
  readonly quoteHash: QuoteHash;
  readonly intentHash: string | null;
  readonly txHash: string | null;
  /** Where it comes with guaranteed delivery: what it is acknowledged by; else null. */
  readonly delivery: { readonly subscriptionId: string; readonly seq: number } | null;
};

export type ReplyFrame = {
  readonly kind: 'reply';
  /** null: an error that answers no request. */
  readonly id: number | null;
  readonly ok: boolean;
  /** A result that is a text, as subscription ids are. */
  readonly resultText: string | null;
  /** null when ok, or when the relay sent a bare text. */
  readonly errorCode: number | null;
  /** At most ERROR_TEXT_BYTES_MAX bytes of UTF-8; a cut is marked at its end. */
  readonly errorText: string | null;
};

/** Not for us, or nothing that we know: counted, nothing else. */
type OtherFrame = { readonly kind: 'other' };

/** No JSON, or a quote without a usable id: a dead letter. */
type BadFrame = {
  readonly kind: 'bad';
  readonly reason: 'not_json' | 'request_malformed' | 'too_large';
  readonly detail: string;
};

export type Frame = QuoteFrame | StatusFrame | ReplyFrame | OtherFrame | BadFrame;

/** A frame is under 2 KB; far larger ones are refused unread, so that one of them cannot hold up the loop. */
export const FRAME_CHARS_MAX = 262_144;

/** A quote's frame goes into a record uncut, with other fields, and a record has to stay far below a megabyte. */
export const QUOTE_BYTES_MAX = 65_536;

/** Of the relay's error, what is kept in a record's note. */
export const ERROR_TEXT_BYTES_MAX = 1_024;

/** The deepest frame that the venue documents has six levels, the longest some forty values. */
const FRAME_BOUNDS: JsonBounds = { charsMax: FRAME_CHARS_MAX, depthMax: 32, valuesMax: 4_096 };

/** Longest asset id, partner id, hash or trace context that is kept. An asset id has two account ids of 64 and a token id of 127. */
const SIDE_TEXT_CHARS_MAX = 256;
const UTF8_BYTES_PER_CHAR_MAX = 3;
/** A day: a wait or deadline beyond it is nonsense. */
const MILLIS_MAX = 86_400_000;

const OTHER: OtherFrame = { kind: 'other' };

/** @param pair that is traded: a quote has its direction from it */
export function parseFrame(text: string, receivedAtMs: number, pair: Pair): Frame {
  const read = readJson(text, FRAME_BOUNDS);
  if (!read.ok) return { kind: 'bad', reason: read.reason, detail: `frame: ${read.detail}` };
  const frame = read.value;
  if (!isFields(frame)) return { kind: 'bad', reason: 'not_json', detail: 'frame is not a JSON object' };
  const { method, id } = frame;
  const isReply = typeof method !== 'string' || wholeNumber(id) !== null;
  if (isReply && ('result' in frame || 'error' in frame)) return parseReply(frame);
  const params = frame['params'];
  if ((method !== 'event' && method !== 'subscribe') || !isFields(params)) return OTHER;
  const data = isFields(params['data']) ? params['data'] : params;
  const hash = 'defuse_asset_identifier_in' in data ? null : textOrNull(data['quote_hash']);
  if (hash === null) {
    if (!('quote_id' in data)) return OTHER;
    if (isOver(text, QUOTE_BYTES_MAX)) return { kind: 'bad', reason: 'too_large', detail: QUOTE_TOO_LARGE };
    return parseQuote(params, receivedAtMs, pair);
  }
  return {
    kind: 'status',
    quoteHash: quoteHash(hash),
    intentHash: textOrNull(data['intent_hash']),
    txHash: textOrNull(data['tx_hash']),
    delivery: deliveryOf(params),
  };
}

function deliveryOf(params: Fields): StatusFrame['delivery'] {
  const seq = params['seq'];
  const subscriptionId = textOrNull(params['subscription']);
  if (subscriptionId === null || typeof seq !== 'number' || !Number.isSafeInteger(seq) || seq < 0) return null;
  return { subscriptionId, seq };
}

const NO_METADATA: Fields = {};

const QUOTE_TOO_LARGE = `frame of a quote: more than ${QUOTE_BYTES_MAX} bytes`;

const isOver = (text: string, bytesMax: number): boolean =>
  text.length * UTF8_BYTES_PER_CHAR_MAX > bytesMax && Buffer.byteLength(text) > bytesMax;

function parseReply(frame: Fields): ReplyFrame | OtherFrame {
  const id = wholeNumber(frame['id']);
  const { error } = frame;
  if (error === undefined || error === null) {
    const { result } = frame;
    // Neither a result nor an error says nothing, least of all that something was taken: what was asked stays open.
    return id === null || result === undefined || result === null
      ? OTHER
      : { kind: 'reply', id, ok: true, resultText: textOrNull(result), errorCode: null, errorText: null };
  }
  const code = isFields(error) ? wholeNumber(error['code']) : null;
  const message = isFields(error) ? error['message'] : error;
  const errorText = cutAndSay(typeof message === 'string' ? message : JSON.stringify(error), ERROR_TEXT_BYTES_MAX);
  return { kind: 'reply', id, ok: false, resultText: null, errorCode: code, errorText };
}

/** Ids and codes come as numbers, from some senders as texts; null: no whole number. */
function wholeNumber(value: unknown): number | null {
  const number = typeof value === 'string' && /^-?(?:0|[1-9][0-9]{0,15})$/.test(value) ? Number(value) : value;
  return Number.isSafeInteger(number) ? (number as number) : null;
}

/** @param params of the event */
function parseQuote(params: Fields, receivedAtMs: number, pair: Pair): Frame {
  const data = isFields(params['data']) ? params['data'] : params;
  const metadata = isFields(params['metadata']) ? params['metadata'] : NO_METADATA;
  const quoteId = parseQuoteId(data['quote_id']);
  const assetIn = data['defuse_asset_identifier_in'];
  const assetOut = data['defuse_asset_identifier_out'];
  if (quoteId === null) return malformedFrame('quote_id is not a text of 1 to 128 plain characters');
  if (!isSideText(assetIn) || !isSideText(assetOut)) {
    return malformedFrame(`an asset id is not a text of 1 to ${SIDE_TEXT_CHARS_MAX} characters`);
  }

  const wrong: string[] = [];
  const amountInUnits = amount(data['exact_amount_in'], 'exact_amount_in', wrong);
  const amountOutUnits = amount(data['exact_amount_out'], 'exact_amount_out', wrong);
  if (wrong.length === 0 && (amountInUnits === null) === (amountOutUnits === null)) {
    wrong.push(amountInUnits === null ? 'neither side is fixed' : 'both sides are fixed');
  }
  const demand: Demand = {
    quoteId,
    assetIn: assetId(assetIn.toWellFormed()),
    assetOut: assetId(assetOut.toWellFormed()),
    direction: directionOf(pair, assetIn, assetOut),
    amountInUnits,
    amountOutUnits,
    minDeadlineMs: millis(data['min_deadline_ms'], 'min_deadline_ms', wrong),
    minWaitMs: millis(data['min_wait_ms'], 'min_wait_ms', wrong),
    maxWaitMs: millis(data['max_wait_ms'] ?? data['wait_ms'], 'max_wait_ms', wrong),
    partnerId: textOrNull(metadata['partner_id']),
    traceparent: textOrNull(metadata['traceparent']),
    quotedAtMs: timestamp(metadata['quote_timestamp']),
    receivedAtMs,
  };
  return { kind: 'quote', demand, malformed: wrong.length === 0 ? null : wrong.join('; ') };
}

const malformedFrame = (detail: string): BadFrame => ({ kind: 'bad', reason: 'request_malformed', detail });

function amount(value: unknown, name: string, wrong: string[]): Units | null {
  if (value === undefined || value === null) return null;
  const parsed = parseUnits(value);
  if (parsed === null) wrong.push(`${name} is not a decimal text of 0 to 2^127-1`);
  return parsed;
}

function millis(value: unknown, name: string, wrong: string[]): number | null {
  if (value === undefined || value === null) return null;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= MILLIS_MAX) return value;
  wrong.push(`${name} is not a whole number from 0 to ${MILLIS_MAX}`);
  return null;
}

/** An escape in JSON can hold half a character, which no record can: it would read differently after the journal. */
const textOrNull = (value: unknown): string | null => (isSideText(value) ? value.toWellFormed() : null);

const isSideText = (value: unknown): value is string =>
  typeof value === 'string' && value !== '' && value.length <= SIDE_TEXT_CHARS_MAX;

/** The venue's time is a hint: one that is not plausible is ignored. */
const timestamp = (value: unknown): number | null =>
  typeof value === 'number' && isPlausibleTime(value) ? value : null;
