// Whether Kafka's client has come to a standstill: it holds messages and reports on none. A client whose brokers named no broker
// at all for a moment, as one does that was suspended and goes on, may stay without any until it is replaced, and calls itself
// connected. A long outage looks the same and is not helped by another client, so that the pauses grow. Pure; monotonic time.

import { GrowingPause } from '../backoff.ts';

/** Far longer than a broker takes to start, or partitions to get another leader. */
const LIMIT = { baseMs: 60_000, maxMs: 480_000 } as const;

export class DeliveryWatch {
  readonly #limit = new GrowingPause(LIMIT);
  #limitMs = this.#limit.next();
  #sinceUs: number;

  constructor(nowUs: number) {
    this.#sinceUs = nowUs;
  }

  /** The client has reported on a message. */
  reported(nowUs: number): void {
    this.#sinceUs = nowUs;
    this.#limit.reset();
    this.#limitMs = this.#limit.next();
  }

  /** @returns for how long nothing was reported, in ms, once that is too long; else null. Another client then has its turn. */
  check(queued: number, nowUs: number): number | null {
    if (queued === 0) this.#sinceUs = nowUs;
    const ageMs = (nowUs - this.#sinceUs) / 1000;
    if (ageMs < this.#limitMs) return null;
    this.#sinceUs = nowUs;
    this.#limitMs = this.#limit.next();
    return Math.round(ageMs);
  }
}
