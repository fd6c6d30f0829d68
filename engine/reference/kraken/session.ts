// What to do on a connection to Kraken: subscribe, keep the book, subscribe again when the book is lost or the channels fall
// silent (renewal.ts), and give the connection up when that does not help, or cannot (connection-faults.ts). No sockets and
// timers here: the shell calls with texts and the time, and does what the answers say. Durations run on the monotonic clock.

import { isoTimeOrNull } from '../../../contracts/time.ts';
import type { Moment } from '../../model/values.ts';
import type { Reference } from '../price.ts';
import type { BookProblem, Stamp } from '../sources.ts';
import { createVenueTime } from '../venue-time.ts';
import { applyUpdate, type Crc32, type KrakenBook } from './book.ts';
import {
  afterBook,
  afterStatus,
  afterUnreadableStatus,
  type ConnectionFaults,
  faultOf,
  faultsAtOpening,
  LATE_LIMIT_MS,
} from './connection-faults.ts';
import { type BookUpdate, type KrakenFrame, parseKraken } from './parse.ts';
import { PromptTimes } from './prompt-times.ts';
import { judgeStream, mayResubscribe } from './renewal.ts';
import { BOOK_DEPTH, type Channel, createSubscriptions } from './subscriptions.ts';
import { type KrakenTrouble, KrakenTroubles } from './troubles.ts';

export type KrakenSessionOptions = {
  readonly reference: Reference;
  readonly crc32: Crc32;
  /** A frame that is older when it is read is too late to be traded on. */
  readonly maxAgeMs: number;
  /** For the log: an error that Kraken had not sent just before; what was lost, once until it is back. */
  readonly onTrouble: (what: KrakenTrouble, detail: string) => void;
  /** A time that Kraken stamped, and the monotonic time at which it was read. */
  readonly onVenueTime: (venueTimeMs: number, readUs: number) => void;
  /** Each of these times, before anything is made of its frame. */
  readonly onStamp: (venueTimeMs: number, read: Moment) => void;
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
    /** Frames not used because their time was too far ahead of the local clock. */
    readonly frames_ahead: number;
    readonly book_frames: number;
    readonly ticker_frames: number;
    readonly last_frame_at: string | null;
    readonly last_error: string | null;
  };
};

export function createKrakenSession(options: KrakenSessionOptions): KrakenSession {
  return new Session(options);
}

class Session implements KrakenSession {
  readonly #options: KrakenSessionOptions;
  readonly #reference: Reference;
  readonly #troubles: KrakenTroubles;
  readonly #venueTime = createVenueTime();
  readonly #promptTimes = new PromptTimes();
  readonly #subscriptions = createSubscriptions();
  #isOpen = false;
  #openedUs = 0;
  #book: KrakenBook | null = null;
  /** New subscriptions since a book last lasted. */
  #triesInRow = 0;
  /** The book is lost, and was not subscribed to again since. */
  #isBookMissing = false;
  #faults: ConnectionFaults = faultsAtOpening(0);
  readonly #counts = {
    opened: 0,
    frames_received: 0,
    resubscribed: 0,
    checksum_mismatches: 0,
    malformed_frames: 0,
    frames_ahead: 0,
    book_frames: 0,
    ticker_frames: 0,
  };
  #lastFrameAtMs: number | null = null;

  constructor(options: KrakenSessionOptions) {
    this.#options = options;
    this.#reference = options.reference;
    this.#troubles = new KrakenTroubles(options.onTrouble);
  }

  onOpen(send: (text: string) => unknown, now: Moment): void {
    this.#isOpen = true;
    this.#openedUs = now.nowUs;
    this.#counts.opened += 1;
    this.#triesInRow = 0;
    this.#book = null;
    this.#faults = faultsAtOpening(now.nowUs);
    this.#troubles.over('kraken_frame_malformed');
    this.#venueTime.reset();
    this.#promptTimes.reset();
    this.#reference.krakenOpened();
    this.#subscriptions.open(send, now.nowUs);
  }

  onText(text: string, now: Moment): void {
    this.#counts.frames_received += 1;
    this.#lastFrameAtMs = now.nowMs;
    const parse = parseKraken(text);
    if (parse.ok) this.#onFrame(parse.frame, now);
    else this.#onMalformed(parse.channel, parse.reason, now);
  }

  onClose(reason: string): void {
    this.#isOpen = false;
    this.#book = null;
    this.#isBookMissing = false;
    this.#subscriptions.close();
    this.#reference.krakenClosed(reason);
  }

  onTick(now: Moment): 'ok' | 'reconnect' {
    if (!this.#isOpen) return 'ok';
    if (this.#isBeyondRepair(now)) return 'reconnect';
    this.#subscriptions.onTick(now.nowUs);
    if (this.#subscriptions.isRenewing()) return 'ok';
    const stream = {
      subscribedUs: this.#subscriptions.sinceUs(),
      confirmedUs: this.#reference.sources().kraken.confirmed?.asOfUs ?? null,
      hasBook: this.#book !== null,
      isBookMissing: this.#isBookMissing,
      triesInRow: this.#triesInRow,
    };
    const { triesInRow, action } = judgeStream(stream, now.nowUs);
    this.#triesInRow = triesInRow;
    if (action === 'reconnect') return 'reconnect';
    if (action !== 'none') this.#resubscribeIfDue(action, now);
    return 'ok';
  }

  state(): ReturnType<KrakenSession['state']> {
    return {
      ...this.#counts,
      last_frame_at: isoTimeOrNull(this.#lastFrameAtMs),
      last_error: this.#troubles.lastError(),
    };
  }

  #onFrame(frame: KrakenFrame, now: Moment): void {
    switch (frame.kind) {
      case 'book':
        this.#counts.book_frames += 1;
        for (const update of frame.updates) this.#takeBook(update, now);
        break;
      case 'ticker': {
        this.#counts.ticker_frames += 1;
        // Nothing says which request a ticker answers, so that without a time it is only known to be of this connection.
        const stamp = this.#stampOf(frame.venueTimeMs, this.#openedUs, now);
        if (stamp !== null) this.#reference.krakenTicker(frame.top, stamp, now);
        break;
      }
      case 'status':
        this.#faults = afterStatus(this.#faults, frame.system, now.nowUs);
        if (frame.system !== null) this.#troubles.over('kraken_status_missing');
        this.#reference.krakenStatus(frame.system);
        break;
      case 'subscribed':
        if (frame.warnings.length > 0)
          this.#troubles.error(`${frame.channel}: ${frame.warnings.join('; ')}`, now.nowUs);
        break;
      case 'subscribe_refused':
        this.#onRefused(frame.requestId, frame.error, now);
        break;
      case 'unsubscribed':
        this.#subscriptions.onUnsubscribed(frame.requestId, now.nowUs);
        break;
      case 'error':
        this.#troubles.error(frame.error, now.nowUs);
        break;
      case 'heartbeat':
      case 'ignored':
        break;
    }
  }

  #onMalformed(channel: 'book' | 'ticker' | 'status' | null, reason: string, now: Moment): void {
    this.#counts.malformed_frames += 1;
    this.#troubles.began('kraken_frame_malformed', reason);
    switch (channel) {
      case 'ticker':
        // The next one carries everything again.
        break;
      case 'status':
        this.#faults = afterUnreadableStatus(this.#faults, now.nowUs);
        this.#reference.krakenStatus(null);
        break;
      default:
        // A frame of an unknown channel may have been a change of the book.
        this.#loseBook('book_frame_malformed', reason, now);
    }
  }

  #onRefused(requestId: number | null, error: string, now: Moment): void {
    this.#troubles.error(error, now.nowUs);
    this.#subscriptions.onRefused(requestId);
    // An older subscription is still there, and sends no snapshot: end it first.
    const channel = this.#subscriptions.channelOf(requestId) ?? 'book';
    if (channel === 'book' && this.#book === null && /already subscribed/i.test(error)) this.#isBookMissing = true;
  }

  #takeBook(update: BookUpdate, now: Moment): void {
    const askedUs = update.isSnapshot ? this.#subscriptions.onSnapshot() : null;
    const outcome = applyUpdate(this.#book, update, { depth: BOOK_DEPTH, crc32: this.#options.crc32 });
    if (outcome.ok) {
      this.#book = outcome.book;
      this.#isBookMissing = false;
      this.#troubles.over('kraken_book_lost');
      const stamp = this.#stampOf(update.venueTimeMs, askedUs, now);
      if (stamp === null) {
        this.#reference.krakenBookLost('time_ahead');
        return;
      }
      const isLate = now.nowUs - stamp.asOfUs > this.#options.maxAgeMs * 1000;
      this.#faults = afterBook(this.#faults, isLate, now.nowUs);
      if (!isLate) this.#troubles.over('kraken_book_late');
      this.#reference.krakenBook(outcome.book, stamp, now);
      return;
    }
    // Changes of the subscription before this one may still come in; they do not apply to the next book.
    if (outcome.problem === 'book_awaited') return;
    this.#counts.checksum_mismatches += 1;
    this.#loseBook(outcome.problem, `checksum ${update.checksum} does not match the book`, now);
  }

  #loseBook(problem: BookProblem, detail: string, now: Moment): void {
    this.#book = null;
    this.#reference.krakenBookLost(problem);
    this.#troubles.began('kraken_book_lost', detail);
    this.#isBookMissing = true;
    this.#resubscribeIfDue(['book'], now);
  }

  #resubscribeIfDue(channels: readonly Channel[], now: Moment): void {
    const isDue = mayResubscribe(this.#triesInRow, this.#subscriptions.sinceUs(), now.nowUs);
    if (!isDue || this.#subscriptions.isRenewing()) return;
    this.#counts.resubscribed += 1;
    this.#triesInRow += 1;
    this.#book = null;
    this.#isBookMissing = false;
    this.#reference.krakenBookLost('book_awaited');
    this.#subscriptions.renew(channels, now.nowUs);
  }

  /** Whether only a new connection helps. */
  #isBeyondRepair({ nowUs }: Moment): boolean {
    const fault = faultOf(this.#faults, nowUs);
    if (fault === 'kraken_status_missing') {
      this.#troubles.began(fault, 'the market status did not come, cannot be read, or is of no known name');
    } else if (fault === 'kraken_book_late') {
      const { maxAgeMs } = this.#options;
      this.#troubles.began(fault, `for ${LATE_LIMIT_MS} ms every book was more than ${maxAgeMs} ms late`);
    }
    return fault !== null;
  }

  /**
   * null: the time of the frame is too far ahead to be used.
   * @param askedUs a frame without a time is as new as that at least; null: nothing is known
   */
  #stampOf(venueTimeMs: number | null, askedUs: number | null, now: Moment): Stamp | null {
    if (venueTimeMs === null) return this.#venueTime.unstamped(now, askedUs);
    this.#options.onStamp(venueTimeMs, now);
    const prompt = this.#promptTimes.add(venueTimeMs, now.nowUs);
    if (prompt !== null) this.#options.onVenueTime(prompt.venueTimeMs, prompt.readUs);
    const stamp = this.#venueTime.stamped(venueTimeMs, now);
    if (stamp !== null) {
      this.#troubles.over('kraken_time_ahead');
      return stamp;
    }
    this.#counts.frames_ahead += 1;
    this.#troubles.began('kraken_time_ahead', `Kraken's time is ${venueTimeMs - now.nowMs} ms ahead of our clock`);
    return null;
  }
}
