// One text frame of Kraken's websocket v2 to a typed value or a named reason. Total and bounded: nothing is thrown, and a
// refusal names the channel, since a bad frame costs its channel only.
// Prices and quantities go from the frame's own digits to integers; the digits are kept too, for the book's checksum.
// Only what is used is required of a frame, so that fields that Kraken adds or drops elsewhere do no harm.

import { type Fields, isFields, type JsonBounds, readJson } from '../../../contracts/json.ts';
import { cutAndSay } from '../../../contracts/text.ts';
import { isPlausibleTime } from '../../../contracts/time.ts';
import { KRAKEN_BTC_EUR, KrakenSystem, krakenReviver } from '../../../contracts/wire/kraken.ts';
import type { PriceLevel } from '../../model/values.ts';
import { exactE8, exactPriceE8, withoutExponent } from '../decimal.ts';
import type { TopOfBook } from '../sources.ts';

/** A level with the digits that it adds to the checksum: price, then quantity, without points and leading zeros. */
export type KrakenLevel = PriceLevel & { readonly digits: string };

export type BookUpdate = {
  readonly isSnapshot: boolean;
  readonly bids: readonly KrakenLevel[];
  readonly asks: readonly KrakenLevel[];
  readonly checksum: number;
  readonly venueTimeMs: number | null;
};

export type KrakenFrame =
  | { readonly kind: 'book'; readonly updates: readonly BookUpdate[] }
  | { readonly kind: 'ticker'; readonly top: TopOfBook; readonly venueTimeMs: number | null }
  /** null: a status that we do not know, so none to trade on. */
  | { readonly kind: 'status'; readonly system: KrakenSystem | null }
  | { readonly kind: 'subscribed'; readonly channel: string; readonly warnings: readonly string[] }
  | { readonly kind: 'subscribe_refused'; readonly requestId: number | null; readonly error: string }
  /** The answer to an unsubscribe; a refusal means that there was no such subscription. */
  | { readonly kind: 'unsubscribed'; readonly requestId: number | null }
  /** An error that answers none of our requests to subscribe, like the one for too many messages. */
  | { readonly kind: 'error'; readonly error: string }
  | { readonly kind: 'heartbeat' }
  /** Nothing that the price depends on: pongs, other channels, other symbols. */
  | { readonly kind: 'ignored' };

/** Channels whose frames the price depends on. */
type KrakenChannel = 'book' | 'ticker' | 'status';

export type KrakenParse =
  | { readonly ok: true; readonly frame: KrakenFrame }
  /** `channel`: null when it cannot be known. */
  | { readonly ok: false; readonly channel: KrakenChannel | null; readonly reason: string };

/** A snapshot of 1000 levels a side, the deepest book that Kraken serves, is 200,000 characters and 6,000 values. */
const FRAME_BOUNDS: JsonBounds = { charsMax: 524_288, depthMax: 16, valuesMax: 20_000 };

const SYSTEMS: readonly string[] = KrakenSystem.anyOf.map((literal) => literal.const);
const CHECKSUM_MAX = 0xffff_ffff;
/** The book is subscribed to with 25 levels; a frame that changes eight times as many is not plausible. */
const LEVELS_MAX = 200;
/** One item for each symbol that is subscribed to, and that is one. */
const ITEMS_MAX = 16;
/** All the BTC that there will ever be. */
const QUANTITY_E8_MAX = 21_000_000n * 100_000_000n;
const ERROR_BYTES_MAX = 300;
const WARNINGS_MAX = 4;
const RFC3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})$/;

const IGNORED: KrakenParse = { ok: true, frame: { kind: 'ignored' } };

const parsed = (frame: KrakenFrame): KrakenParse => ({ ok: true, frame });
const refused = (channel: KrakenChannel | null, reason: string): KrakenParse => ({ ok: false, channel, reason });
const isKnownSystem = (value: unknown): value is KrakenSystem => typeof value === 'string' && SYSTEMS.includes(value);

/**
 * Kraken's own time, to the millisecond; null: the frame has none. A time that is there and cannot be read is undefined: taken
 * for absent, it would leave the age of the price to our clock alone without anybody noticing.
 */
function venueTimeOf(value: unknown): number | null | undefined {
  if (value === undefined || value === null) return null;
  if (typeof value !== 'string' || !RFC3339.test(value)) return undefined;
  const atMs = Date.parse(value);
  return isPlausibleTime(atMs) ? atMs : undefined;
}

/** Decimals are filled up to the market's precision, should Kraken ever leave trailing zeros away; never cut. */
function digitsOf(text: string, precision: number): string {
  const [whole = '', fraction = ''] = (withoutExponent(text) ?? '').split('.');
  // A quantity of `-0` removes its level like any zero.
  return (whole + fraction.padEnd(precision, '0')).replace(/^-?0+/, '');
}

function levelOf(value: unknown): KrakenLevel | null {
  if (!isFields(value)) return null;
  const { price, qty } = value;
  const [price8, quantityE8] = [exactPriceE8(price), exactE8(qty)];
  if (typeof price !== 'string' || typeof qty !== 'string') return null;
  if (price8 === null || quantityE8 === null || quantityE8 > QUANTITY_E8_MAX) return null;
  const digits = digitsOf(price, KRAKEN_BTC_EUR.pricePrecision) + digitsOf(qty, KRAKEN_BTC_EUR.qtyPrecision);
  return { priceE8: price8, quantityE8, digits };
}

function levelsOf(value: unknown): readonly KrakenLevel[] | null {
  if (!Array.isArray(value) || value.length > LEVELS_MAX) return null;
  const levels: KrakenLevel[] = [];
  for (const item of value) {
    const level = levelOf(item);
    if (level === null) return null;
    levels.push(level);
  }
  return levels;
}

function bookOf(type: unknown, items: readonly Fields[]): KrakenParse {
  if (type !== 'snapshot' && type !== 'update') return refused('book', 'book frame is neither snapshot nor update');
  const updates: BookUpdate[] = [];
  for (const item of items) {
    const [bids, asks] = [levelsOf(item['bids']), levelsOf(item['asks'])];
    const checksum = item['checksum'];
    if (bids === null || asks === null) return refused('book', 'book frame has levels that cannot be read');
    if (typeof checksum !== 'number' || !Number.isInteger(checksum) || checksum < 0 || checksum > CHECKSUM_MAX) {
      return refused('book', 'book frame has no checksum');
    }
    const venueTimeMs = venueTimeOf(item['timestamp']);
    if (venueTimeMs === undefined) return refused('book', 'book frame has a time that cannot be read');
    updates.push({ isSnapshot: type === 'snapshot', bids, asks, checksum, venueTimeMs });
  }
  return parsed({ kind: 'book', updates });
}

function tickerOf(items: readonly Fields[]): KrakenParse {
  const item = items[items.length - 1];
  if (item === undefined) return IGNORED;
  const [bidE8, askE8] = [exactPriceE8(item['bid']), exactPriceE8(item['ask'])];
  if (bidE8 === null || askE8 === null) return refused('ticker', 'ticker frame has no bid or no ask that can be read');
  if (bidE8 >= askE8) return refused('ticker', 'ticker frame has a bid that is not below its ask');
  const venueTimeMs = venueTimeOf(item['timestamp']);
  if (venueTimeMs === undefined) return refused('ticker', 'ticker frame has a time that cannot be read');
  return parsed({ kind: 'ticker', top: { bidE8, askE8 }, venueTimeMs });
}

function statusOf(data: unknown): KrakenParse {
  const first: unknown = Array.isArray(data) ? data[0] : undefined;
  const system = isFields(first) ? first['system'] : undefined;
  if (typeof system !== 'string') return refused('status', 'status frame has no system');
  return parsed({ kind: 'status', system: isKnownSystem(system) ? system : null });
}

const requestIdOf = (frame: Fields): number | null => {
  const requestId = frame['req_id'];
  return typeof requestId === 'number' && Number.isSafeInteger(requestId) ? requestId : null;
};

function acknowledgementOf(frame: Fields): KrakenParse {
  const { method, success, error, result } = frame;
  const requestId = requestIdOf(frame);
  if (method === 'unsubscribe') return parsed({ kind: 'unsubscribed', requestId });
  const text = typeof error === 'string' ? cutAndSay(error, ERROR_BYTES_MAX) : null;
  // Of another method only that it was refused says something.
  if (method !== 'subscribe')
    return success === false && text !== null ? parsed({ kind: 'error', error: text }) : IGNORED;
  if (success !== true) {
    return parsed({ kind: 'subscribe_refused', requestId, error: text ?? 'refused without a reason' });
  }
  const { channel, warnings } = isFields(result) ? result : {};
  const texts = Array.isArray(warnings) ? warnings.slice(0, WARNINGS_MAX) : [];
  return parsed({
    kind: 'subscribed',
    channel: typeof channel === 'string' ? cutAndSay(channel, ERROR_BYTES_MAX) : '',
    warnings: texts.flatMap((text) => (typeof text === 'string' ? [cutAndSay(text, ERROR_BYTES_MAX)] : [])),
  });
}

function channelOf(frame: Fields): KrakenParse {
  const { channel, type, data } = frame;
  if (channel === 'heartbeat') return parsed({ kind: 'heartbeat' });
  if (channel === 'status') return statusOf(data);
  if (channel !== 'book' && channel !== 'ticker') return IGNORED;
  if (!Array.isArray(data) || data.length > ITEMS_MAX || !data.every(isFields)) {
    return refused(channel, `${channel} frame has no data, or too much`);
  }
  const ours = data.filter((item) => item['symbol'] === KRAKEN_BTC_EUR.symbol);
  if (ours.length === 0) return IGNORED;
  return channel === 'book' ? bookOf(type, ours) : tickerOf(ours);
}

/** Kraken writes the channel first: enough to know whose frame a broken text was. */
function channelHint(text: string): KrakenChannel | null {
  const name = /^\s*\{\s*"channel"\s*:\s*"(book|ticker|status)"/.exec(text.slice(0, 64))?.[1];
  return name === 'book' || name === 'ticker' || name === 'status' ? name : null;
}

/** Reads one frame of the feed. */
export function parseKraken(text: string): KrakenParse {
  const read = readJson(text, FRAME_BOUNDS, krakenReviver);
  if (!read.ok) {
    return refused(channelHint(text), read.reason === 'not_json' ? 'frame is not JSON' : `frame has ${read.detail}`);
  }
  const frame = read.value;
  if (!isFields(frame)) return refused(null, 'frame is not a JSON object');
  if ('channel' in frame) return channelOf(frame);
  if ('method' in frame) return acknowledgementOf(frame);
  const error = frame['Error'] ?? frame['error'];
  return typeof error === 'string' ? parsed({ kind: 'error', error: cutAndSay(error, ERROR_BYTES_MAX) }) : IGNORED;
}
