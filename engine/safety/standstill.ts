// Whether both clocks of the machine stood still, as in a paused virtual machine: neither of them shows it, but what comes in with the
// sender's time on it does. It is newer than the time that has passed here allows, and ahead of our clock, which was right before.
// Until something says so, a price from before looks fresh.
//
// The sender is not believed any further: a time too far ahead costs a moment in which nothing is signed, once a minute at most, and
// one too far behind proves nothing. Pure.

import type { Moment } from '../model/values.ts';

/** The clocks of a sender's machines, and ours, differ by less. */
const STANDSTILL_MIN_MS = 1000;
/** A time that was too far ahead hides a standstill for two of these at most. */
const WINDOW_US = 300_000_000;
const AGAIN_US = 60_000_000;

/** The shortest delay within a window: monotonic time of reading minus the time that was written. */
type Shortest = { readonly fromUs: number; readonly ms: number };

class Standstill {
  #shortest: Shortest | null = null;
  #before: Shortest | null = null;
  #foundUs = Number.NEGATIVE_INFINITY;

  /**
   * Something with that time on it was read.
   * @returns how long the clocks stood still before, in milliseconds; null: they did not, as far as it shows
   */
  see(stampAtMs: number, read: Moment): number | null {
    const ms = read.nowUs / 1000 - stampAtMs;
    // The first one has nothing to be compared with.
    const shortestMs = this.#shortest?.ms ?? ms;
    const missedMs = Math.min(shortestMs, this.#before?.ms ?? shortestMs) - ms;
    this.#keep(ms, read.nowUs);
    if (missedMs <= STANDSTILL_MIN_MS || stampAtMs - read.nowMs <= STANDSTILL_MIN_MS) return null;
    if (read.nowUs - this.#foundUs < AGAIN_US) return null;
    this.#foundUs = read.nowUs;
    return Math.ceil(missedMs);
  }

  #keep(ms: number, nowUs: number): void {
    const shortest = this.#shortest;
    if (shortest !== null && nowUs - shortest.fromUs < WINDOW_US) {
      if (ms < shortest.ms) this.#shortest = { ...shortest, ms };
      return;
    }
    this.#before = shortest;
    this.#shortest = { fromUs: nowUs, ms };
  }
}

/** Each has clocks of its own. */
export type Sender = 'relay' | 'kraken';

/** All senders together. */
export class Standstills {
  readonly #of: Readonly<Record<Sender, Standstill>> = { relay: new Standstill(), kraken: new Standstill() };
  #foundMs: number | null = null;

  /** To be called with each time that a sender wrote, before anything is made of what it is on. */
  stamped(sender: Sender, stampAtMs: number, read: Moment): void {
    const foundMs = this.#of[sender].see(stampAtMs, read);
    if (foundMs !== null) this.#foundMs = Math.max(foundMs, this.#foundMs ?? 0);
  }

  /** The longest one since this was asked last, in milliseconds; null: there was none. */
  take(): number | null {
    const foundMs = this.#foundMs;
    this.#foundMs = null;
    return foundMs;
  }
}
