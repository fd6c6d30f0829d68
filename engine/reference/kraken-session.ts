// What to do on a connection to Kraken: subscribe, keep the book, subscribe again when the book is lost or the channels fall
// silent, and give the connection up when that does not help. No sockets and timers here: the shell calls with texts and the
// time, and does what the answers say.
//
// A connection that acknowledges and then sends nothing, or whose heartbeats go on while the book stands still, is as dead as
// one that was cut; so the clock runs on what confirms the price, not on traffic.

import { isoTimeOrNull } from '../../contracts/time.ts';
import { KRAKEN_BTC_EUR } from '../../contracts/wire/kraken.ts';
import { applyUpdate, type Crc32, type KrakenBook } from './kraken-book.ts';
import { type BookUpdate, parseKraken } from './kraken-parse.ts';
import type { Reference } from './price.ts';
import type { BookProblem } from './sources.ts';

export const BOOK_DEPTH = 25;
/** After a subscription the book must stand within this time. */
export const FIRST_BOOK_LIMIT_MS = 5000;
/** Longest time without anything that confirms the price before the channels are subscribed anew. */
export const SILENCE_LIMIT_MS = 10_000;
/** Between two subscriptions, so that a market of wrong checksums does not run into Kraken's message limit. */
export const RESUBSCRIBE_EVERY_MS = 1000;
/** So many new subscriptions without a book that stands, then the connection is given up. */
export const RESUBSCRIBES_MAX = 3;

export type KrakenSessionOptions = {
  readonly reference: Reference;
  readonly crc32: Crc32;
  /** For the log: an error that Kraken had not named just before, and a book lost, once until one stands again. */
  readonly onTrouble: (what: 'kraken_error' | 'kraken_book_lost', detail: string) => void;
};

export type KrakenSession = {
  onOpen(send: (text: string) => unknown, nowMs: number): void;
  onText(text: string, nowMs: number): void;
  onClose(reason: string): void;
  /** To be called a few times a second. `reconnect`: give this connection up. */
  onTick(nowMs: number): 'ok' | 'reconnect';
  state(): {
    readonly opened: number;
    readonly resubscribed: number;
    readonly checksum_mismatches: number;
    readonly malformed_frames: number;
    readonly book_frames: number;
    readonly ticker_frames: number;
    readonly last_frame_at: string | null;
    readonly last_error: string | null;
  };
};

type Channel = 'book' | 'ticker';

const PARAMS: Readonly<Record<Channel, Readonly<Record<string, unknown>>>> = {
  book: { channel: 'book', symbol: [KRAKEN_BTC_EUR.symbol], depth: BOOK_DEPTH, snapshot: true },
  ticker: { channel: 'ticker', symbol: [KRAKEN_BTC_EUR.symbol], event_trigger: 'bbo', snapshot: true },
};

export function createKrakenSession(options: KrakenSessionOptions): KrakenSession {
  const { reference, crc32, onTrouble } = options;
  let send: ((text: string) => unknown) | null = null;
  let requestId = 0;
  let book: KrakenBook | null = null;
  let subscribedAtMs = 0;
  /** New subscriptions since a book last stood. */
  let triesInRow = 0;
  let isWanted = false;
  let isLossTold = false;
  const counts = {
    opened: 0,
    resubscribed: 0,
    checksum_mismatches: 0,
    malformed_frames: 0,
    book_frames: 0,
    ticker_frames: 0,
  };
  let lastFrameAtMs: number | null = null;
  let lastError: string | null = null;

  function request(method: 'subscribe' | 'unsubscribe', channel: Channel): void {
    requestId += 1;
    send?.(JSON.stringify({ method, params: PARAMS[channel], req_id: requestId }));
  }

  function subscribe(nowMs: number): void {
    subscribedAtMs = nowMs;
    isWanted = false;
    request('subscribe', 'book');
    request('subscribe', 'ticker');
  }

  function resubscribe(nowMs: number): void {
    counts.resubscribed += 1;
    triesInRow += 1;
    book = null;
    reference.krakenBookLost('book_awaited');
    request('unsubscribe', 'book');
    request('unsubscribe', 'ticker');
    subscribe(nowMs);
  }

  function loseBook(problem: BookProblem, detail: string, nowMs: number): void {
    book = null;
    reference.krakenBookLost(problem);
    if (!isLossTold) onTrouble('kraken_book_lost', detail);
    isLossTold = true;
    isWanted = true;
    resubscribeIfDue(nowMs);
  }

  function resubscribeIfDue(nowMs: number): void {
    if (triesInRow < RESUBSCRIBES_MAX && nowMs - subscribedAtMs >= RESUBSCRIBE_EVERY_MS) resubscribe(nowMs);
  }

  function takeBook(update: BookUpdate, nowMs: number): void {
    const outcome = applyUpdate(book, update, BOOK_DEPTH, crc32);
    if (outcome.ok) {
      book = outcome.book;
      isWanted = false;
      isLossTold = false;
      reference.krakenBook(book.bids, book.asks, nowMs, update.venueTimeMs);
      return;
    }
    // Changes of the subscription before this one may still come in; they are not ours to apply.
    if (outcome.problem === 'book_awaited') return;
    counts.checksum_mismatches += 1;
    loseBook(outcome.problem, `checksum ${update.checksum} does not match the book`, nowMs);
  }

  function fail(error: string): void {
    if (error !== lastError) onTrouble('kraken_error', error);
    lastError = error;
  }

  return {
    onOpen(sender, nowMs) {
      send = sender;
      counts.opened += 1;
      triesInRow = 0;
      book = null;
      reference.krakenOpened();
      subscribe(nowMs);
    },
    onText(text, nowMs) {
      lastFrameAtMs = nowMs;
      const parse = parseKraken(text);
      if (!parse.ok) {
        counts.malformed_frames += 1;
        loseBook('book_frame_malformed', parse.reason, nowMs);
        return;
      }
      const { frame } = parse;
      switch (frame.kind) {
        case 'book':
          counts.book_frames += 1;
          for (const update of frame.updates) takeBook(update, nowMs);
          break;
        case 'ticker':
          counts.ticker_frames += 1;
          reference.krakenTicker(frame.top, nowMs, frame.venueTimeMs);
          break;
        case 'status':
          reference.krakenStatus(frame.system);
          break;
        case 'subscribed':
          if (frame.warnings.length > 0) fail(`${frame.channel}: ${frame.warnings.join('; ')}`);
          break;
        case 'subscribe_refused':
        case 'error':
          fail(frame.error);
          break;
        case 'heartbeat':
        case 'ignored':
          break;
      }
    },
    onClose(reason) {
      send = null;
      book = null;
      isWanted = false;
      reference.krakenClosed(reason);
    },
    onTick(nowMs) {
      if (send === null) return 'ok';
      const confirmedAtMs = reference.sources().kraken.confirmedAtMs;
      const isStanding = book !== null && confirmedAtMs !== null && confirmedAtMs >= subscribedAtMs;
      if (isStanding && nowMs - subscribedAtMs >= SILENCE_LIMIT_MS) triesInRow = 0;
      const heardAtMs = isStanding ? confirmedAtMs : subscribedAtMs;
      const limitMs = isStanding ? SILENCE_LIMIT_MS : FIRST_BOOK_LIMIT_MS;
      const isOverdue = isWanted || nowMs - heardAtMs > limitMs;
      if (!isOverdue) return 'ok';
      if (triesInRow >= RESUBSCRIBES_MAX) return 'reconnect';
      resubscribeIfDue(nowMs);
      return 'ok';
    },
    state: () => ({ ...counts, last_frame_at: isoTimeOrNull(lastFrameAtMs), last_error: lastError }),
  };
}
