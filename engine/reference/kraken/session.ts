// What to do on a connection to Kraken: subscribe, keep the book, subscribe again when the book is lost or the channels fall
// silent, and give the connection up when that does not help. No sockets and timers here: the shell calls with texts and the
// time, and does what the answers say. Durations run on the monotonic clock.
//
// A connection that acknowledges and then sends nothing, or whose heartbeats go on while the book is silent or late, is as
// dead as one that was cut; so the limits run on what confirms the price, not on traffic. One whose books stay too late to be
// traded on, by what was learned of Kraken's clock on it, is given up too: only a new one learns that clock again.

import { isoTimeOrNull } from '../../../contracts/time.ts';
import type { Moment } from '../../model/values.ts';
import type { Reference } from '../price.ts';
import type { BookProblem, Stamp } from '../sources.ts';
import { createVenueTime } from '../venue-time.ts';
import { applyUpdate, type Crc32, type KrakenBook } from './book.ts';
import { type BookUpdate, type KrakenFrame, parseKraken } from './parse.ts';
import { BOOK_DEPTH, type Channel, createSubscriptions } from './subscriptions.ts';

/** After a subscription a book must be there within this time. */
export const FIRST_BOOK_LIMIT_MS = 5000;
/** Longest time without anything that confirms the price before the channels are subscribed to again. */
export const SILENCE_LIMIT_MS = 10_000;
/** Longest time in which every book is too late; a backlog is read in a moment. */
export const LATE_LIMIT_MS = 10_000;
/** After its opening a connection must have told the market status within this time: it is sent first of all. */
export const STATUS_LIMIT_MS = 5000;
/** A status of no known name blocks trading this long; then a new connection tells it again, should one frame have been wrong. */
export const UNKNOWN_STATUS_LIMIT_MS = 10_000;
/** Between two subscriptions, so that a market of wrong checksums does not run into Kraken's message limit. */
export const RESUBSCRIBE_EVERY_MS = 1000;
/** After this many new subscriptions without a lasting book the connection is given up. */
export const RESUBSCRIBES_MAX = 3;
/** Evidence of clocks is passed on this often at most: the least delayed frame of the time. */
const VENUE_TIME_EVERY_US = 1_000_000;

export type KrakenTrouble =
  | 'kraken_error'
  | 'kraken_book_lost'
  | 'kraken_frame_malformed'
  | 'kraken_time_ahead'
  | 'kraken_book_late'
  | 'kraken_status_missing';

export type KrakenSessionOptions = {
  readonly reference: Reference;
  readonly crc32: Crc32;
  /** A frame that is older when it is read is too late to be traded on. */
  readonly maxAgeMs: number;
  /** For the log: an error that Kraken had not sent just before; what was lost, once until it is back. */
  readonly onTrouble: (what: KrakenTrouble, detail: string) => void;
  /** A time that Kraken stamped, and the monotonic time at which it was read. */
  readonly onVenueTime: (venueTimeMs: number, readUs: number) => void;
};

export type KrakenSession = {
  onOpen(send: (text: string) => unknown, now: Moment): void;
  onText(text: string, now: Moment): void;
  onClose(reason: string): void;
  /** To be called a few times a second. `reconnect`: give this connection up. */
  onTick(now: Moment): 'ok' | 'reconnect';
  state(): {
    readonly opened: number;
    readonly frames_received: number;
    readonly resubscribed: number;
    readonly checksum_mismatches: number;
    readonly malformed_frames: number;
    /** Frames whose time was too far ahead of our clock to be used. */
    readonly frames_ahead: number;
    readonly book_frames: number;
    readonly ticker_frames: number;
    readonly last_frame_at: string | null;
    readonly last_error: string | null;
  };
};

const BOTH: readonly Channel[] = ['book', 'ticker'];

export function createKrakenSession(options: KrakenSessionOptions): KrakenSession {
  const { reference, crc32, maxAgeMs, onTrouble, onVenueTime } = options;
  const venueTime = createVenueTime();
  const subscriptions = createSubscriptions();
  let isOpen = false;
  let openedUs = 0;
  let book: KrakenBook | null = null;
  /** New subscriptions since a book last lasted. */
  let triesInRow = 0;
  let isBookWanted = false;
  /**
   * When the connection is given up for want of the market status, which is sent once a connection: a lost one needs a new
   * connection. null: a status with a known name has come.
   */
  let statusDueUs: number | null = null;
  /** The same, set by a status of no known name. */
  let unknownDueUs: number | null = null;
  /** When the first book was read of those that were all too late since; null while they are in time. */
  let lateSinceUs: number | null = null;
  /** Troubles that were reported and are not over. */
  const reported = new Set<KrakenTrouble>();
  let promptest: { readonly venueTimeMs: number; readonly readUs: number; readonly behindUs: number } | null = null;
  let promptestSinceUs = 0;
  const counts = {
    opened: 0,
    frames_received: 0,
    resubscribed: 0,
    checksum_mismatches: 0,
    malformed_frames: 0,
    frames_ahead: 0,
    book_frames: 0,
    ticker_frames: 0,
  };
  let lastFrameAtMs: number | null = null;
  let lastError: string | null = null;

  function reportOnce(what: KrakenTrouble, detail: string): void {
    if (!reported.has(what)) onTrouble(what, detail);
    reported.add(what);
  }

  function resubscribe(channels: readonly Channel[], now: Moment): void {
    counts.resubscribed += 1;
    triesInRow += 1;
    book = null;
    isBookWanted = false;
    reference.krakenBookLost('book_awaited');
    subscriptions.renew(channels, now.nowUs);
  }

  function resubscribeIfDue(channels: readonly Channel[], now: Moment): void {
    const isDue = now.nowUs - subscriptions.sinceUs() >= RESUBSCRIBE_EVERY_MS * 1000;
    if (triesInRow < RESUBSCRIBES_MAX && !subscriptions.isRenewing() && isDue) resubscribe(channels, now);
  }

  function loseBook(problem: BookProblem, detail: string, now: Moment): void {
    book = null;
    reference.krakenBookLost(problem);
    reportOnce('kraken_book_lost', detail);
    isBookWanted = true;
    resubscribeIfDue(['book'], now);
  }

  function passOnVenueTime(venueTimeMs: number, { nowUs }: Moment): void {
    if (promptest !== null && nowUs - promptestSinceUs >= VENUE_TIME_EVERY_US) {
      onVenueTime(promptest.venueTimeMs, promptest.readUs);
      promptest = null;
    }
    if (promptest === null) promptestSinceUs = nowUs;
    const behindUs = nowUs - venueTimeMs * 1000;
    if (promptest === null || behindUs < promptest.behindUs) promptest = { venueTimeMs, readUs: nowUs, behindUs };
  }

  function noteLateness({ asOfUs }: Stamp, { nowUs }: Moment): void {
    if (nowUs - asOfUs > maxAgeMs * 1000) {
      lateSinceUs ??= nowUs;
      return;
    }
    lateSinceUs = null;
    reported.delete('kraken_book_late');
  }

  /** Whether only a new connection helps. */
  function isBeyondRepair({ nowUs }: Moment): boolean {
    if (statusDueUs !== null && nowUs >= statusDueUs) {
      reportOnce('kraken_status_missing', 'the market status did not come, cannot be read, or is of no known name');
      return true;
    }
    if (lateSinceUs === null || nowUs - lateSinceUs < LATE_LIMIT_MS * 1000) return false;
    reportOnce('kraken_book_late', `for ${LATE_LIMIT_MS} ms every book was more than ${maxAgeMs} ms late`);
    return true;
  }

  /**
   * null: the time of the frame is too far ahead to be used.
   * @param askedUs a frame without a time is as new as that at least; null: nothing is known
   */
  function stampOf(venueTimeMs: number | null, askedUs: number | null, now: Moment) {
    if (venueTimeMs === null) return venueTime.unstamped(now, askedUs);
    passOnVenueTime(venueTimeMs, now);
    const stamp = venueTime.stamped(venueTimeMs, now);
    if (stamp !== null) {
      reported.delete('kraken_time_ahead');
      return stamp;
    }
    counts.frames_ahead += 1;
    reportOnce('kraken_time_ahead', `Kraken's time is ${venueTimeMs - now.nowMs} ms ahead of our clock`);
    return null;
  }

  function takeBook(update: BookUpdate, now: Moment): void {
    const askedUs = update.isSnapshot ? subscriptions.onSnapshot() : null;
    const outcome = applyUpdate(book, update, BOOK_DEPTH, crc32);
    if (outcome.ok) {
      book = outcome.book;
      isBookWanted = false;
      reported.delete('kraken_book_lost');
      const stamp = stampOf(update.venueTimeMs, askedUs, now);
      if (stamp === null) {
        reference.krakenBookLost('time_ahead');
        return;
      }
      noteLateness(stamp, now);
      reference.krakenBook(book, stamp, now);
      return;
    }
    // Changes of the subscription before this one may still come in; they do not apply to the next book.
    if (outcome.problem === 'book_awaited') return;
    counts.checksum_mismatches += 1;
    loseBook(outcome.problem, `checksum ${update.checksum} does not match the book`, now);
  }

  function fail(error: string): void {
    if (error !== lastError) onTrouble('kraken_error', error);
    lastError = error;
  }

  function onRefused(requestId: number | null, error: string): void {
    fail(error);
    subscriptions.onRefused(requestId);
    // An older subscription is still there, and sends no snapshot: end it first.
    const channel = subscriptions.channelOf(requestId) ?? 'book';
    if (channel === 'book' && book === null && /already subscribed/i.test(error)) isBookWanted = true;
  }

  function onMalformed(channel: 'book' | 'ticker' | 'status' | null, reason: string, now: Moment): void {
    counts.malformed_frames += 1;
    reportOnce('kraken_frame_malformed', reason);
    switch (channel) {
      case 'ticker':
        // The next one carries everything again.
        break;
      case 'status':
        statusDueUs = now.nowUs;
        reference.krakenStatus(null);
        break;
      default:
        // A frame of an unknown channel may have been a change of the book.
        loseBook('book_frame_malformed', reason, now);
    }
  }

  function onFrame(frame: KrakenFrame, now: Moment): void {
    switch (frame.kind) {
      case 'book':
        counts.book_frames += 1;
        for (const update of frame.updates) takeBook(update, now);
        break;
      case 'ticker': {
        counts.ticker_frames += 1;
        // Nothing says which request a ticker answers, so that without a time it is only known to be of this connection.
        const stamp = stampOf(frame.venueTimeMs, openedUs, now);
        if (stamp !== null) reference.krakenTicker(frame.top, stamp, now);
        break;
      }
      case 'status':
        // One of no known name counts from the first: repeating it does not keep the connection.
        statusDueUs = frame.system === null ? (unknownDueUs ?? now.nowUs + UNKNOWN_STATUS_LIMIT_MS * 1000) : null;
        unknownDueUs = statusDueUs;
        if (frame.system !== null) reported.delete('kraken_status_missing');
        reference.krakenStatus(frame.system);
        break;
      case 'subscribed':
        if (frame.warnings.length > 0) fail(`${frame.channel}: ${frame.warnings.join('; ')}`);
        break;
      case 'subscribe_refused':
        onRefused(frame.requestId, frame.error);
        break;
      case 'unsubscribed':
        subscriptions.onUnsubscribed(frame.requestId, now.nowUs);
        break;
      case 'error':
        fail(frame.error);
        break;
      case 'heartbeat':
      case 'ignored':
        break;
    }
  }

  return {
    onOpen(send, now) {
      isOpen = true;
      openedUs = now.nowUs;
      counts.opened += 1;
      triesInRow = 0;
      book = null;
      statusDueUs = now.nowUs + STATUS_LIMIT_MS * 1000;
      unknownDueUs = null;
      lateSinceUs = null;
      reported.delete('kraken_frame_malformed');
      venueTime.reset();
      promptest = null;
      reference.krakenOpened();
      subscriptions.open(send, now.nowUs);
    },
    onText(text, now) {
      counts.frames_received += 1;
      lastFrameAtMs = now.nowMs;
      const parse = parseKraken(text);
      if (parse.ok) onFrame(parse.frame, now);
      else onMalformed(parse.channel, parse.reason, now);
    },
    onClose(reason) {
      isOpen = false;
      book = null;
      isBookWanted = false;
      subscriptions.close();
      reference.krakenClosed(reason);
    },
    onTick(now) {
      if (!isOpen) return 'ok';
      if (isBeyondRepair(now)) return 'reconnect';
      subscriptions.onTick(now.nowUs);
      if (subscriptions.isRenewing()) return 'ok';
      const subscribedUs = subscriptions.sinceUs();
      const confirmedUs = reference.sources().kraken.confirmed?.asOfUs ?? null;
      const isLasting = book !== null && confirmedUs !== null && confirmedUs >= subscribedUs;
      if (isLasting && now.nowUs - subscribedUs >= SILENCE_LIMIT_MS * 1000) triesInRow = 0;
      const heardUs = isLasting ? confirmedUs : subscribedUs;
      const limitMs = isLasting ? SILENCE_LIMIT_MS : FIRST_BOOK_LIMIT_MS;
      const isSilent = now.nowUs - heardUs > limitMs * 1000;
      if (!isBookWanted && !isSilent) return 'ok';
      if (triesInRow >= RESUBSCRIBES_MAX) return 'reconnect';
      resubscribeIfDue(isSilent ? BOTH : ['book'], now);
      return 'ok';
    },
    state: () => ({ ...counts, last_frame_at: isoTimeOrNull(lastFrameAtMs), last_error: lastError }),
  };
}
