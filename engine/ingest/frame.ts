// A text frame of the relay -> what it is. Total: anything that comes gives a value. Two shapes of event are taken (fields
// under `params.data`, or directly in `params`), told apart by the fields themselves (protocols: quote events, quote_status).
// Unknown fields are ignored. After this, nothing looks at the venue's JSON again.

import { parseUnits, type Units } from '../../contracts/amounts.ts';
import { directionOf } from '../../contracts/assets.ts';
import { assetId, parseQuoteId, type QuoteHash, quoteHash } from '../../contracts/ids.ts';
import { type Fields, isFields, type JsonBounds, readJson } from '../../contracts/json.ts';
import type { Demand } from '../model.ts';

export type QuoteFrame = {
  readonly kind: 'quote';
  readonly demand: Demand;
  /** Why the request cannot be taken as it stands; it has an id and a pair all the same, so it gets a decision. */
  readonly malformed: string | null;
};

export type StatusFrame = {
  readonly kind: 'status';
  readonly quoteHash: QuoteHash;
  readonly intentHash: string | null;
  readonly txHash: string | null;
};

export type ReplyFrame = {
  readonly kind: 'reply';
  readonly id: number;
  readonly ok: boolean;
  readonly result: unknown;
  /** null when ok, or when the relay sent a bare text. */
  readonly errorCode: number | null;
  readonly errorText: string | null;
};

/** Not for us, or nothing that we know: counted, nothing else. */
export type OtherFrame = { readonly kind: 'other' };

/** No JSON, or a quote without a usable id: a dead letter. */
export type BadFrame = {
  readonly kind: 'bad';
  readonly reason: 'not_json' | 'request_malformed' | 'too_large';
  readonly detail: string;
};

export type Frame = QuoteFrame | StatusFrame | ReplyFrame | OtherFrame | BadFrame;

/** A quote frame is under 2 KB; far larger ones are refused unread, so that one of them cannot hold up the loop. */
export const FRAME_CHARS_MAX = 262_144;

/** The deepest frame that the venue documents has six levels, the longest some forty values. */
const FRAME_BOUNDS: JsonBounds = { charsMax: FRAME_CHARS_MAX, depthMax: 32, valuesMax: 4_096 };

/** Longest text of a partner id or trace context that is kept. */
const SIDE_TEXT_CHARS_MAX = 256;
/** A day: a wait or deadline beyond it is nonsense. */
const MILLIS_MAX = 86_400_000;

const OTHER: OtherFrame = { kind: 'other' };

export function parseFrame(text: string, receivedAtMs: number): Frame {
  const read = readJson(text, FRAME_BOUNDS);
  if (!read.ok) return { kind: 'bad', reason: read.reason, detail: `frame: ${read.detail}` };
  const frame = read.value;
  if (!isFields(frame)) return { kind: 'bad', reason: 'not_json', detail: 'frame is not a JSON object' };
  const id = frame['id'];
  if (typeof id === 'number' && ('result' in frame || 'error' in frame)) return parseReply(id, frame);
  const method = frame['method'];
  const params = frame['params'];
  if ((method !== 'event' && method !== 'subscribe') || !isFields(params)) return OTHER;
  const data = isFields(params['data']) ? params['data'] : params;
  if ('quote_id' in data) return parseQuote(data, isFields(params['metadata']) ? params['metadata'] : {}, receivedAtMs);
  if (typeof data['quote_hash'] === 'string') {
    return {
      kind: 'status',
      quoteHash: quoteHash(data['quote_hash']),
      intentHash: textOrNull(data['intent_hash']),
      txHash: textOrNull(data['tx_hash']),
    };
  }
  return OTHER;
}

function parseReply(id: number, frame: Fields): ReplyFrame {
  const error = frame['error'];
  if (error === undefined || error === null) {
    return { kind: 'reply', id, ok: true, result: frame['result'], errorCode: null, errorText: null };
  }
  const code = isFields(error) && typeof error['code'] === 'number' ? error['code'] : null;
  const message = isFields(error) ? error['message'] : error;
  const errorText = typeof message === 'string' ? message.toWellFormed() : JSON.stringify(error);
  return { kind: 'reply', id, ok: false, result: null, errorCode: code, errorText };
}

function parseQuote(data: Fields, metadata: Fields, receivedAtMs: number): Frame {
  const quoteId = parseQuoteId(data['quote_id']);
  const assetIn = data['defuse_asset_identifier_in'];
  const assetOut = data['defuse_asset_identifier_out'];
  if (quoteId === null) return malformedFrame('quote_id is not a text of 1 to 128 plain characters');
  if (typeof assetIn !== 'string' || typeof assetOut !== 'string') return malformedFrame('an asset id is missing');

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
    direction: directionOf(assetIn, assetOut),
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
function textOrNull(value: unknown): string | null {
  if (typeof value !== 'string' || value === '' || value.length > SIDE_TEXT_CHARS_MAX) return null;
  return value.toWellFormed();
}

/** The venue's time is a hint: one that is no time of ours (before 2020 or after 2100) is passed over. */
function timestamp(value: unknown): number | null {
  return typeof value === 'number' &&
    Number.isSafeInteger(value) &&
    value > 1_577_836_800_000 &&
    value < 4_102_444_800_000
    ? value
    : null;
}
