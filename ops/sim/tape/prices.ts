// The price side of a made tape: Kraken's book and ticker, and CoinGecko's price, over a stretch of real minutes. Pure.
// Every trade moves the top of the book to its price; between trades the quantities of deeper levels stir, as they do on
// the real feed, and where even that leaves a second without a frame there is a heartbeat.

import { COINGECKO_IDS } from '../../../contracts/wire/coingecko.ts';
import { applyChanges, type Book, type Crc32, changesBetween, checksum, EMPTY_BOOK } from '../kraken/book.ts';
import { formatScaled } from '../kraken/decimal.ts';
import { bookFrame, HEARTBEAT_FRAME, tickerFrame } from '../kraken/frames.ts';
import { type BookShape, bookFromTop } from '../kraken/shape.ts';
import { type Stats, statsFrom, withTrade } from '../kraken/stats.ts';
import { type Minute, type Trade, tradesOf } from './minutes.ts';
import type { Prng } from './prng.ts';
import type { TapeFrame } from './record.ts';

/** Depth of the recorded book. */
const DEPTH = 25;
const HEARTBEAT_MS = 1000;
const COINGECKO_EVERY_MS = 60_000;

/** Price of the last trade at or before a moment of the tape. */
export type PriceAt = (atMs: number) => bigint;

export type PriceTrack = { readonly frames: readonly TapeFrame[]; readonly priceE1At: PriceAt };

type TimedTrade = Omit<Trade, 'afterMs'> & { readonly atMs: number };

function timedTrades(minutes: readonly Minute[], startedAtMs: number, prng: Prng): readonly TimedTrade[] {
  return minutes.flatMap((minute) =>
    tradesOf(minute, prng).map(({ afterMs, ...trade }) => ({
      ...trade,
      atMs: minute.startS * 1000 - startedAtMs + afterMs,
    })),
  );
}

function priceLookup(trades: readonly TimedTrade[], firstE1: bigint): PriceAt {
  return (atMs) => trades.findLast((trade) => trade.atMs <= atMs)?.priceE1 ?? firstE1;
}

/** Deep enough for the depth 10 that is recorded; the tape of the repository depends on it. */
const TAPE_SHAPE: BookShape = { levels: 25, gridE1: 25n };

/** A buyer trades at the ask and a seller at the bid: a price that rose was a buyer's. */
function bookAfter(priceE1: bigint, isBuy: boolean, prng: Prng): Book {
  const spreadE1 = BigInt(prng.between(1, 40));
  return bookFromTop(
    {
      bidE1: isBuy ? priceE1 - spreadE1 : priceE1,
      askE1: isBuy ? priceE1 : priceE1 + spreadE1,
      bidQtyE8: BigInt(prng.between(500_000, 150_000_000)),
      askQtyE8: BigInt(prng.between(500_000, 150_000_000)),
    },
    TAPE_SHAPE,
  );
}

function stirredBook(book: Book, prng: Prng): Book {
  const side = prng.chance(1, 2) ? 'bids' : 'asks';
  const level = book[side][prng.between(1, 9)];
  if (level === undefined) return book;
  const change = { priceE1: level.priceE1, qtyE8: BigInt(prng.between(500_000, 150_000_000)) };
  return applyChanges(book, { bids: [], asks: [], [side]: [change] });
}

function krakenFrames(
  trades: readonly TimedTrade[],
  startedAtMs: number,
  durationMs: number,
  prng: Prng,
  crc32: Crc32,
) {
  const frames: TapeFrame[] = [];
  const first = trades[0];
  if (first === undefined) return frames;
  let book = EMPTY_BOOK;
  let stats: Stats = statsFrom(first.priceE1, 0n);
  let lastAtMs = 0;

  const timestamp = (atMs: number): string => new Date(startedAtMs + atMs).toISOString().replace('Z', '000Z');
  const put = (atMs: number, text: string): void => {
    frames.push({ kind: 'kraken', at_ms: atMs, text });
    lastAtMs = atMs;
  };
  function putBook(atMs: number, next: Book): void {
    const changes = changesBetween(book, next, DEPTH);
    const isFirst = book === EMPTY_BOOK;
    const isNewTop = book.bids[0]?.priceE1 !== next.bids[0]?.priceE1 || book.asks[0]?.priceE1 !== next.asks[0]?.priceE1;
    const type = isFirst ? 'snapshot' : 'update';
    book = next;
    put(atMs, bookFrame(type, changes, checksum(book, crc32), isFirst ? null : timestamp(atMs)));
    const ticker = isNewTop ? tickerFrame(type, book, stats, timestamp(atMs)) : null;
    if (ticker !== null) put(atMs, ticker);
  }
  function putQuietTime(untilMs: number): void {
    for (;;) {
      const stirAtMs = lastAtMs + prng.between(200, 1600);
      if (Math.min(stirAtMs, lastAtMs + HEARTBEAT_MS) >= untilMs) return;
      if (stirAtMs > lastAtMs + HEARTBEAT_MS) put(lastAtMs + HEARTBEAT_MS, HEARTBEAT_FRAME);
      if (stirAtMs < untilMs) putBook(stirAtMs, stirredBook(book, prng));
    }
  }

  putBook(0, bookAfter(first.priceE1, false, prng));
  let lastE1 = first.priceE1;
  for (const { atMs, priceE1, qtyE8 } of trades) {
    putQuietTime(atMs);
    stats = withTrade(stats, priceE1, qtyE8);
    const isBuy = priceE1 === lastE1 ? prng.chance(1, 2) : priceE1 > lastE1;
    putBook(atMs, bookAfter(priceE1, isBuy, prng));
    lastE1 = priceE1;
  }
  putQuietTime(durationMs);
  return frames;
}

/** A price a minute, 15 to 30 s old, within 0.05 % of Kraken's. */
function coinGeckoFrames(priceE1At: PriceAt, startedAtMs: number, durationMs: number, prng: Prng): TapeFrame[] {
  const frames: TapeFrame[] = [];
  for (let atMs = 0; atMs < durationMs; atMs += COINGECKO_EVERY_MS) {
    const updatedAtMs = startedAtMs + atMs - prng.between(15_000, 30_000);
    const btcE2 = (priceE1At(atMs) * 10n * BigInt(prng.between(99_950, 100_050))) / 100_000n;
    const eureE4 = BigInt(prng.between(9_992, 10_008));
    const coin = (id: string, eur: string): string =>
      `${JSON.stringify(id)}:{"eur":${eur},"last_updated_at":${Math.floor(updatedAtMs / 1000)}}`;
    const text = `{${coin(COINGECKO_IDS.btc, formatScaled(btcE2, 2))},${coin(COINGECKO_IDS.eure, formatScaled(eureE4, 4))}}`;
    frames.push({ kind: 'coingecko', at_ms: atMs, text });
  }
  return frames;
}

/** The frames of both price sources over the minutes, each source in its order of time. */
export function priceTrack(minutes: readonly Minute[], startedAtMs: number, prng: Prng, crc32: Crc32): PriceTrack {
  const durationMs = minutes.length * 60_000;
  const trades = timedTrades(minutes, startedAtMs, prng);
  const priceE1At = priceLookup(trades, minutes[0]?.openE1 ?? 0n);
  const kraken = krakenFrames(trades, startedAtMs, durationMs, prng, crc32);
  return { frames: [...kraken, ...coinGeckoFrames(priceE1At, startedAtMs, durationMs, prng)], priceE1At };
}
