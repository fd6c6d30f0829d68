// Reads one frame of Kraken's feed, as a tape holds it, into what it means for the stand-in's own market. Pure and
// total. Checksums and timestamps of the recording are left behind: the stand-in makes its own.

import { Value } from '@sinclair/typebox/value';
import {
  KRAKEN_BTC_EUR,
  KrakenBookFrame,
  type KrakenLevel,
  KrakenStatusFrame,
  type KrakenSystem,
  KrakenTickerFrame,
  krakenReviver,
} from '../../../contracts/wire/kraken.ts';
import type { Book, Level } from './book.ts';
import { parseScaled } from './decimal.ts';
import type { TopOfBook } from './shape.ts';
import type { Stats } from './stats.ts';

export type Recorded =
  | { readonly kind: 'snapshot' | 'update'; readonly levels: Book }
  | { readonly kind: 'ticker'; readonly top: TopOfBook; readonly stats: Stats }
  | { readonly kind: 'status'; readonly system: KrakenSystem }
  /** Heartbeats, acknowledgements and other symbols: nothing of them moves the market. */
  | { readonly kind: 'ignored' }
  | { readonly kind: 'unreadable'; readonly reason: string };

class Unreadable extends Error {}

function scaled(text: string, scale: number): bigint {
  const read = parseScaled(text, scale);
  if (!read.ok) throw new Unreadable(read.reason);
  return read.value;
}

const priceE1 = (text: string): bigint => scaled(text, KRAKEN_BTC_EUR.pricePrecision);
const qtyE8 = (text: string): bigint => scaled(text, KRAKEN_BTC_EUR.qtyPrecision);
const levels = (list: readonly KrakenLevel[]): Level[] =>
  list.map((level) => ({ priceE1: priceE1(level.price), qtyE8: qtyE8(level.qty) }));

function readBook(frame: KrakenBookFrame): Recorded {
  const data = frame.data.filter((item) => item.symbol === KRAKEN_BTC_EUR.symbol);
  if (data.length === 0) return { kind: 'ignored' };
  const bids = data.flatMap((item) => levels(item.bids));
  const asks = data.flatMap((item) => levels(item.asks));
  return { kind: frame.type, levels: { bids, asks } };
}

function readTicker(frame: KrakenTickerFrame): Recorded {
  const item = frame.data.findLast((each) => each.symbol === KRAKEN_BTC_EUR.symbol);
  if (item === undefined) return { kind: 'ignored' };
  const lastE1 = priceE1(item.last);
  const volumeE8 = qtyE8(item.volume);
  return {
    kind: 'ticker',
    top: {
      bidE1: priceE1(item.bid),
      askE1: priceE1(item.ask),
      bidQtyE8: qtyE8(item.bid_qty),
      askQtyE8: qtyE8(item.ask_qty),
    },
    stats: {
      openE1: lastE1 - priceE1(item.change),
      lastE1,
      lowE1: priceE1(item.low),
      highE1: priceE1(item.high),
      volumeE8,
      turnoverE9: priceE1(item.vwap) * volumeE8,
    },
  };
}

function readValue(value: unknown): Recorded {
  if (Value.Check(KrakenBookFrame, value)) return readBook(value);
  if (Value.Check(KrakenTickerFrame, value)) return readTicker(value);
  if (Value.Check(KrakenStatusFrame, value)) {
    const last = value.data.at(-1);
    return last === undefined ? { kind: 'ignored' } : { kind: 'status', system: last.system };
  }
  const channel = typeof value === 'object' && value !== null && 'channel' in value ? value.channel : undefined;
  if (channel === 'book' || channel === 'ticker' || channel === 'status') {
    return { kind: 'unreadable', reason: `a ${channel} frame without the fields of one` };
  }
  return { kind: 'ignored' };
}

/** Reads the text of one recorded frame. */
export function readRecorded(text: string): Recorded {
  try {
    return readValue(JSON.parse(text, krakenReviver));
  } catch (error) {
    if (error instanceof Unreadable) return { kind: 'unreadable', reason: error.message };
    return { kind: 'unreadable', reason: 'not JSON' };
  }
}
