// One text frame of Kraken's websocket v2 to a typed value or a named reason. Total: whatever arrives, nothing is thrown.
// Prices and quantities go from the frame's own digits to integers; the digits are kept too, for the book's checksum.
// Only what is used is required of a frame, so that fields that Kraken adds or drops elsewhere do no harm.

import { priceE8 } from '../../contracts/amounts.ts';
import { type Fields, isFields, type JsonBounds, readJson } from '../../contracts/json.ts';
import { KRAKEN_BTC_EUR, KrakenSystem, krakenReviver } from '../../contracts/wire/kraken.ts';
import type { BookLevel } from '../model.ts';
import { exactE8, withoutExponent } from './decimal.ts';
import type { TopOfBook } from './sources.ts';

/** A level with the digits that it adds to the checksum: price, then quantity, without points and leading zeros. */
export type KrakenLevel = BookLevel & { readonly digits: string };

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
  | { readonly kind: 'subscribe_refused'; readonly error: string }
  /** An error that answers no request, like the one for too many messages. */
  | { readonly kind: 'error'; readonly error: string }
  | { readonly kind: 'heartbeat' }
  /** Nothing that the price depends on: pongs, ended subscriptions, other channels, other symbols. */
  | { readonly kind: 'ignored' };

export type KrakenParse =
  | { readonly ok: true; readonly frame: KrakenFrame }
  | { readonly ok: false; readonly reason: string };

/** A snapshot of 1000 levels a side, the deepest book that Kraken serves, is 200,000 characters and 6,000 values. */
const FRAME_BOUNDS: JsonBounds = { charsMax: 524_288, depthMax: 16, valuesMax: 20_000 };

const SYSTEMS: readonly string[] = KrakenSystem.anyOf.map((literal) => literal.const);
const CHECKSUM_MAX = 0xffff_ffff;
const RFC3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?Z$/;

const IGNORED: KrakenParse = { ok: true, frame: { kind: 'ignored' } };

const parsed = (frame: KrakenFrame): KrakenParse => ({ ok: true, frame });
const refused = (reason: string): KrakenParse => ({ ok: false, reason });
const isKnownSystem = (value: unknown): value is KrakenSystem => typeof value === 'string' && SYSTEMS.includes(value);

/** Kraken's own time, to the millisecond; a time that cannot be read is none, since ages run on our clock. */
function venueTimeOf(value: unknown): number | null {
  if (typeof value !== 'string' || !RFC3339.test(value)) return null;
  const atMs = Date.parse(value);
  return Number.isNaN(atMs) ? null : atMs;
}

/** Decimals are filled up to the market's precision, should Kraken ever leave trailing zeros away; never cut. */
function digitsOf(text: string, precision: number): string {
  const [whole = '', fraction = ''] = (withoutExponent(text) ?? '').split('.');
  return (whole + fraction.padEnd(precision, '0')).replace(/^0+/, '');
}

function levelOf(value: unknown): KrakenLevel | null {
  if (!isFields(value)) return null;
  const { price, qty } = value;
  const [priceValue, quantityE8] = [exactE8(price), exactE8(qty)];
  if (typeof price !== 'string' || typeof qty !== 'string') return null;
  if (priceValue === null || priceValue === 0n || quantityE8 === null) return null;
  const digits = digitsOf(price, KRAKEN_BTC_EUR.pricePrecision) + digitsOf(qty, KRAKEN_BTC_EUR.qtyPrecision);
  return { priceE8: priceE8(priceValue), quantityE8, digits };
}

function levelsOf(value: unknown): readonly KrakenLevel[] | null {
  if (!Array.isArray(value)) return null;
  const levels: KrakenLevel[] = [];
  for (const item of value) {
    const level = levelOf(item);
    if (level === null) return null;
    levels.push(level);
  }
  return levels;
}

function bookOf(type: unknown, items: readonly Fields[]): KrakenParse {
  if (type !== 'snapshot' && type !== 'update') return refused('book frame is neither snapshot nor update');
  const updates: BookUpdate[] = [];
  for (const item of items) {
    const [bids, asks] = [levelsOf(item['bids']), levelsOf(item['asks'])];
    const checksum = item['checksum'];
    if (bids === null || asks === null) return refused('book frame has a level that cannot be read');
    if (typeof checksum !== 'number' || !Number.isInteger(checksum) || checksum < 0 || checksum > CHECKSUM_MAX) {
      return refused('book frame has no checksum');
    }
    updates.push({
      isSnapshot: type === 'snapshot',
      bids,
      asks,
      checksum,
      venueTimeMs: venueTimeOf(item['timestamp']),
    });
  }
  return parsed({ kind: 'book', updates });
}

function tickerOf(items: readonly Fields[]): KrakenParse {
  const item = items[items.length - 1];
  if (item === undefined) return IGNORED;
  const [bid, ask] = [exactE8(item['bid']), exactE8(item['ask'])];
  if (bid === null || ask === null) return refused('ticker frame has no bid or no ask that can be read');
  return parsed({
    kind: 'ticker',
    top: { bidE8: priceE8(bid), askE8: priceE8(ask) },
    venueTimeMs: venueTimeOf(item['timestamp']),
  });
}

function statusOf(data: unknown): KrakenParse {
  const first: unknown = Array.isArray(data) ? data[0] : undefined;
  const system = isFields(first) ? first['system'] : undefined;
  return parsed({ kind: 'status', system: isKnownSystem(system) ? system : null });
}

function acknowledgementOf(frame: Fields): KrakenParse {
  if (frame['method'] !== 'subscribe') return IGNORED;
  const { success, error, result } = frame;
  if (success !== true) {
    return parsed({ kind: 'subscribe_refused', error: typeof error === 'string' ? error : 'refused without a reason' });
  }
  const { channel, warnings } = isFields(result) ? result : {};
  return parsed({
    kind: 'subscribed',
    channel: typeof channel === 'string' ? channel : '',
    warnings: Array.isArray(warnings) ? warnings.filter((warning) => typeof warning === 'string') : [],
  });
}

function channelOf(frame: Fields): KrakenParse {
  const { channel, type, data } = frame;
  if (channel === 'heartbeat') return parsed({ kind: 'heartbeat' });
  if (channel === 'status') return statusOf(data);
  if (channel !== 'book' && channel !== 'ticker') return IGNORED;
  if (!Array.isArray(data) || !data.every(isFields)) return refused(`${channel} frame has no data`);
  const ours = data.filter((item) => item['symbol'] === KRAKEN_BTC_EUR.symbol);
  if (ours.length === 0) return IGNORED;
  return channel === 'book' ? bookOf(type, ours) : tickerOf(ours);
}

/** Reads one frame of the feed. */
export function parseKraken(text: string): KrakenParse {
  const read = readJson(text, FRAME_BOUNDS, krakenReviver);
  if (!read.ok) return refused(read.reason === 'not_json' ? 'frame is not JSON' : `frame has ${read.detail}`);
  const frame = read.value;
  if (!isFields(frame)) return refused('frame is not a JSON object');
  if ('channel' in frame) return channelOf(frame);
  if ('method' in frame) return acknowledgementOf(frame);
  const error = frame['Error'] ?? frame['error'];
  return typeof error === 'string' ? parsed({ kind: 'error', error }) : IGNORED;
}
