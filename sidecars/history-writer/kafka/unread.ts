// Partitions that are assigned and whose end the client does not learn, though it learns that of others: it is not reading them.
// A client that knew a topic from before takes what it hears of a new topic of that name for old news, once a broker was
// started again in between; only another client reads it. A partition without a leader looks the same, and is not helped by
// another client, so that the pauses grow.

import { GrowingPause } from '../../../contracts/runtime/backoff.ts';
import type { TopicPartition } from '../pending-batch.ts';
import type { Reading } from './stalls.ts';

/** Far longer than the first answer about a partition takes. */
const PAUSE = { baseMs: 10_000, maxMs: 600_000 } as const;
/** Each partition is asked for its end. */
const OBSERVE_EVERY_US = 1_000_000;

export class Unread {
  readonly #pause = new GrowingPause(PAUSE);
  #limitMs = this.#pause.next();
  #sinceUs: number | null = null;
  #observedAtUs = Number.NEGATIVE_INFINITY;

  /** A partition for which it is time to try another client; null: there is none. */
  observe(readingsNow: () => readonly Reading[], nowUs: number): TopicPartition | null {
    if (nowUs - this.#observedAtUs < OBSERVE_EVERY_US) return null;
    this.#observedAtUs = nowUs;
    const readings = readingsNow();
    const unread = readings.find(({ end }) => end === null);
    // Nothing is known of any partition while no broker answers, or before the first answer.
    if (unread === undefined || readings.every(({ end }) => end === null)) {
      this.#sinceUs = null;
      if (unread === undefined && readings.length > 0) this.#startOver();
      return null;
    }
    this.#sinceUs ??= nowUs;
    if (nowUs - this.#sinceUs < this.#limitMs * 1000) return null;
    this.#sinceUs = null;
    this.#limitMs = this.#pause.next();
    return unread;
  }

  /** Partitions were assigned: the first answer about each is still to come. */
  restart(): void {
    this.#sinceUs = null;
  }

  #startOver(): void {
    this.#pause.reset();
    this.#limitMs = this.#pause.next();
  }
}
