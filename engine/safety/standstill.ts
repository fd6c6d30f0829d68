// Whether both clocks of the machine stood still, as in a paused virtual machine: neither of them shows it, but what comes in with the
// sender's time on it does. It is newer than the time that has passed here allows, and ahead of our clock, which was right before.
// Until something says so, a price from before looks fresh.
//
// What was sent meanwhile is read in one go afterwards, each a little newer than the one before, so that none of it may count as what
// the next is compared with: a delay counts from a second after it was seen. Before there is one, the first of them all does.
//
// The sender is not believed any further: a time too far ahead costs a moment in which nothing is signed, once a minute at most, and
// one too far behind proves nothing. Pure.

import type { Moment } from '../model/values.ts';

/** The clocks of a sender's machines, and ours, differ by less. */
const STANDSTILL_MIN_MS = 1000;
/** A time that was too far ahead hides a standstill for two of these at most. */
const WINDOW_US = 300_000_000;
const AGAIN_US = 60_000_000;
/** Far longer than it takes to read what a socket holds of a standstill's first second. */
const SETTLED_US = 1_000_000;

/** The shortest delay within a window: monotonic time of reading minus the time that was written. */
type Shortest = { readonly fromUs: number; readonly ms: number };

class Standstill {
  #shortest: Shortest | null = null;
  #before: Shortest | null = null;
  /** Of what was read within the last second, which does not count yet. */
  #recent: Shortest | null = null;
  /** The very first delay. */
  #firstMs: number | null = null;
  #foundUs = Number.NEGATIVE_INFINITY;

  /**
   * Something with that time on it was read.
   * @returns how long the clocks stood still before, in milliseconds; null: they did not, as far as it shows
   */
  see(stampAtMs: number, read: Moment): number | null {
    const ms = read.nowUs / 1000 - stampAtMs;
    this.#settle(read.nowUs);
    // The first one has nothing to be compared with.
    this.#firstMs ??= ms;
    const shortestMs = this.#shortest?.ms ?? this.#firstMs;
    const missedMs = Math.min(shortestMs, this.#before?.ms ?? shortestMs) - ms;
    const recent = this.#recent;
    this.#recent = recent === null ? { fromUs: read.nowUs, ms } : { ...recent, ms: Math.min(recent.ms, ms) };
    if (missedMs <= STANDSTILL_MIN_MS || stampAtMs - read.nowMs <= STANDSTILL_MIN_MS) return null;
    if (read.nowUs - this.#foundUs < AGAIN_US) return null;
    this.#foundUs = read.nowUs;
    return Math.ceil(missedMs);
  }

  /** What was read a second ago counts from now on. */
  #settle(nowUs: number): void {
    const recent = this.#recent;
    if (recent === null || nowUs - recent.fromUs < SETTLED_US) return;
    this.#recent = null;
    const shortest = this.#shortest;
    if (shortest !== null && recent.fromUs - shortest.fromUs < WINDOW_US) {
      if (recent.ms < shortest.ms) this.#shortest = { ...shortest, ms: recent.ms };
      return;
    }
    this.#before = shortest;
    this.#shortest = recent;
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
