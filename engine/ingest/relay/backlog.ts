// What is done with frames that come faster than they can be handled. As long as there is time for them each is handled at once,
// in order. Once handling has taken all the time there was for a while, requests wait, and the newest is handled first: it is the
// one that can still win, and each older one would be answered later than the one before. What is too old by then, or beyond the
// bounds, is shed and counted. Everything else, replies above all, is never kept waiting, nor shed. Pure but for its clock.

import type { Clock } from '../../../contracts/runtime/clock.ts';
import { COLLECT_WINDOW_DEFAULT_MS } from '../../lib/relay-defaults.ts';
import type { ReceivedFrame } from '../../model/values.ts';
import { QUOTE_BYTES_MAX } from '../frame.ts';

/**
 * Handling has all the time there is when it takes this share of it: what is left to do after the turns takes the rest, and less of it
 * the more frames come in between.
 */
const SHARE = 0.8;
/** Handling may go on for so long without a pause: some 100 requests in a burst, or that came while the process stood still. */
export const BURST_US = 50_000;
/**
 * So far may it get ahead of its share. As far may it fall behind: however long it was busy, after a little idle time requests are
 * handled at once again.
 */
const CREDIT_US_MAX = (1 - SHARE) * BURST_US;
/** Time of one turn that goes into what waits; then sockets and timers have theirs. */
const SLICE_US = 10_000;
/** More requests than are handled within a third of a second: the oldest of them is lost anyway. */
export const WAITING_MAX = 2_000;
/** A request has a kilobyte; these are characters of all that wait. */
export const WAITING_CHARS_MAX = 16_777_216;
/** The relay has stopped collecting answers by then. */
export const WAITING_US_MAX = COLLECT_WINDOW_DEFAULT_MS * 1000;
/** A field that every request has, in both shapes, and nothing else does. */
const REQUEST_FIELD = '"defuse_asset_identifier_in"';
/** An overload is over when nothing has waited for so long: one that comes and goes is one, reported once. */
export const OVER_AFTER_US = 5_000_000;
/** A minute after the last request was shed the note ends. */
const NOTE_US = 60_000_000;

/** A frame when it is read. */
export type ReadFrame = ReceivedFrame & {
  /** The frame was sent after this: monotonic time from which on nothing was unread before it; null: not known. */
  readonly drainedUs: number | null;
};

export type BacklogOptions = {
  readonly clock: Pick<Clock, 'elapsedUs'>;
  /** Runs a function after the turn. */
  readonly later: (run: () => void) => void;
  readonly handle: (frame: ReceivedFrame) => void;
  /** Requests have to wait from now on. */
  readonly onOverload: () => void;
  /** None has waited for a while; so many were shed since the overload began. */
  readonly onOver: (shed: number) => void;
};

export type BacklogView = {
  readonly waiting: number;
  /** Since the start. */
  readonly shed: number;
  readonly overloads: number;
  /** Requests have to wait, or had to within the last seconds, or one was shed within the last minute. */
  readonly overloaded: boolean;
};

export class FrameBacklog {
  readonly #options: BacklogOptions;
  /** Oldest first. */
  #waiting: ReadFrame[] = [];
  /** That has waited, while it is handled. */
  #atWork: ReadFrame | null = null;
  #chars = 0;
  #creditUs = CREDIT_US_MAX;
  /** When the last frame had been handled. */
  #doneUs = 0;
  #isScheduled = false;
  #isOverloaded = false;
  #overloads = 0;
  /** When the last that had waited was handled. */
  #waitedUs = 0;
  #shed = 0;
  #shedBefore = 0;
  #shedUs = Number.NEGATIVE_INFINITY;
  readonly #work = (): void => this.#workOff();

  constructor(options: BacklogOptions) {
    this.#options = options;
  }

  take(frame: ReadFrame): void {
    const creditUs = this.#creditUs + SHARE * (frame.receivedElapsedUs - this.#doneUs);
    this.#creditUs = creditUs < CREDIT_US_MAX ? creditUs : CREDIT_US_MAX;
    const isBehind = this.#creditUs <= 0 || this.#waiting.length > 0;
    if (isBehind && isRequest(frame.text)) this.#keep(frame);
    else this.#handle(frame, frame.receivedElapsedUs);
  }

  /** The connection is gone: nothing that came over it can be answered. */
  clear(): void {
    this.#shedOldest(this.#waiting.length);
  }

  /** To be called about once a second: whether an overload is over. */
  onTick(): void {
    if (!this.#isOverloaded || this.#waiting.length > 0) return;
    if (this.#options.clock.elapsedUs() - this.#waitedUs < OVER_AFTER_US) return;
    this.#isOverloaded = false;
    this.#options.onOver(this.#shed - this.#shedBefore);
  }

  /**
   * Monotonic time from which on nothing that was sent is unread or waits. While a frame that has waited is handled: the time after
   * which it was sent. A frame is as old as it was when it was read: waiting makes it no newer.
   * @param readUs from which on nothing is unread; null, and so is the result: there is no open connection
   */
  drainedUs(readUs: number | null): number | null {
    const frame = this.#atWork ?? this.#waiting[0];
    return frame === undefined || readUs === null ? readUs : frame.drainedUs;
  }

  view(): BacklogView {
    const isRecent = this.#options.clock.elapsedUs() - this.#shedUs < NOTE_US;
    const overloaded = this.#isOverloaded || isRecent;
    return { waiting: this.#waiting.length, shed: this.#shed, overloads: this.#overloads, overloaded };
  }

  #handle(frame: ReadFrame, beganUs: number): void {
    this.#options.handle(frame);
    this.#doneUs = this.#options.clock.elapsedUs();
    const creditUs = this.#creditUs - (1 - SHARE) * (this.#doneUs - beganUs);
    this.#creditUs = creditUs > -CREDIT_US_MAX ? creditUs : -CREDIT_US_MAX;
  }

  #keep(frame: ReadFrame): void {
    this.#waiting.push(frame);
    this.#chars += frame.text.length;
    this.#doneUs = frame.receivedElapsedUs;
    // A large one takes the room of many small ones.
    while (this.#waiting.length > WAITING_MAX || this.#chars > WAITING_CHARS_MAX) this.#shedOldest(1);
    if (!this.#isOverloaded) {
      this.#isOverloaded = true;
      this.#overloads++;
      this.#shedBefore = this.#shed;
      this.#options.onOverload();
    }
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#options.later(this.#work);
  }

  /** Newest first, for the time of a slice. */
  #workOff(): void {
    this.#isScheduled = false;
    const beganUs = this.#options.clock.elapsedUs();
    let nowUs = beganUs;
    while (nowUs - beganUs < SLICE_US) {
      const frame = this.#waiting.pop();
      if (frame === undefined) break;
      this.#chars -= frame.text.length;
      if (nowUs - frame.receivedElapsedUs > WAITING_US_MAX) {
        // All that are left are older still.
        this.#countShed(1);
        this.#shedOldest(this.#waiting.length);
        break;
      }
      this.#workAt(frame, nowUs);
      nowUs = this.#doneUs;
    }
    this.#waitedUs = nowUs;
    if (this.#waiting.length > 0) this.#schedule();
  }

  #workAt(frame: ReadFrame, nowUs: number): void {
    this.#atWork = frame;
    try {
      this.#handle(frame, nowUs);
    } finally {
      this.#atWork = null;
    }
  }

  #shedOldest(count: number): void {
    for (let left = count; left > 0; left--) {
      const frame = this.#waiting.shift();
      if (frame === undefined) return;
      this.#chars -= frame.text.length;
      this.#countShed(1);
    }
  }

  #countShed(count: number): void {
    this.#shed += count;
    this.#shedUs = this.#options.clock.elapsedUs();
  }
}

/** A frame too large for a request is not kept: it becomes a dead letter at once. */
const isRequest = (text: string): boolean => text.length <= QUOTE_BYTES_MAX && text.includes(REQUEST_FIELD);
