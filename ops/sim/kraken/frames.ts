// The texts that Kraken's websocket v2 sends. Pure: times come in as text, checksums as numbers.
// Written by hand where JSON.stringify would print a number's value and lose its trailing zeros.

import { KRAKEN_BTC_EUR, type KrakenSystem } from '../../../contracts/wire/kraken.ts';
import type { Book, Level } from './book.ts';
import { formatScaled } from './decimal.ts';
import { changeE1, changePctE2, type Stats, vwapE1 } from './stats.ts';

const { symbol: SYMBOL, pricePrecision, qtyPrecision } = KRAKEN_BTC_EUR;

const price = (valueE1: bigint): string => formatScaled(valueE1, pricePrecision);
const qty = (valueE8: bigint): string => formatScaled(valueE8, qtyPrecision);
const levels = (list: readonly Level[]): string =>
  list.map((level) => `{"price":${price(level.priceE1)},"qty":${qty(level.qtyE8)}}`).join(',');

/** Kraken prints microseconds. */
export const timestampOf = (nowMs: number): string => new Date(nowMs).toISOString().replace('Z', '000Z');

export type FrameType = 'snapshot' | 'update';

/** A snapshot carries the whole book of the subscribed depth and, on the real feed, no timestamp. */
export function bookFrame(type: FrameType, content: Book, checksum: number, timestamp: string | null): string {
  const stamp = timestamp === null ? '' : `,"timestamp":${JSON.stringify(timestamp)}`;
  return (
    `{"channel":"book","type":"${type}","data":[{"symbol":"${SYMBOL}","bids":[${levels(content.bids)}],` +
    `"asks":[${levels(content.asks)}],"checksum":${checksum}${stamp}}]}`
  );
}

/** Null while a side of the book is empty, because a ticker without a price does not exist. */
export function tickerFrame(type: FrameType, book: Book, stats: Stats, timestamp: string): string | null {
  const bid = book.bids[0];
  const ask = book.asks[0];
  if (bid === undefined || ask === undefined) return null;
  return (
    `{"channel":"ticker","type":"${type}","data":[{"symbol":"${SYMBOL}","bid":${price(bid.priceE1)},` +
    `"bid_qty":${qty(bid.qtyE8)},"ask":${price(ask.priceE1)},"ask_qty":${qty(ask.qtyE8)},` +
    `"last":${price(stats.lastE1)},"volume":${qty(stats.volumeE8)},"vwap":${price(vwapE1(stats))},` +
    `"low":${price(stats.lowE1)},"high":${price(stats.highE1)},"change":${price(changeE1(stats))},` +
    `"change_pct":${formatScaled(changePctE2(stats), 2)},"timestamp":${JSON.stringify(timestamp)}}]}`
  );
}

export const HEARTBEAT_FRAME = '{"channel":"heartbeat"}';

/** Kraken's connection ids exceed 2^53, so ours do too: whoever reads them as a number is found out. */
export function statusFrame(system: KrakenSystem, connectionId: bigint): string {
  return (
    `{"channel":"status","type":"update","data":[{"system":"${system}","api_version":"v2",` +
    `"connection_id":${connectionId},"version":"2.0.0"}]}`
  );
}

export const RATE_FRAME = '{"Error":"Exceeded msg rate"}';

type ReplyTimes = { readonly reqId: number | undefined; readonly timeIn: string; readonly timeOut: string };

const replyTail = ({ reqId, timeIn, timeOut }: ReplyTimes): Record<string, unknown> => ({
  time_in: timeIn,
  time_out: timeOut,
  ...(reqId === undefined ? {} : { req_id: reqId }),
});

export function ackFrame(method: string, result: Readonly<Record<string, unknown>>, times: ReplyTimes): string {
  return JSON.stringify({ method, result, success: true, ...replyTail(times) });
}

export function refusalFrame(method: string, error: string, symbol: string | null, times: ReplyTimes): string {
  return JSON.stringify({ method, success: false, error, ...(symbol === null ? {} : { symbol }), ...replyTail(times) });
}

export function pongFrame(times: ReplyTimes): string {
  return JSON.stringify({ method: 'pong', ...replyTail(times) });
}
