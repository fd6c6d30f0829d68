// Whether Kafka's client has come to a standstill: something is asked of it and it brings none of it about. A client whose brokers
// named no broker at all for a moment, as one does that was suspended and goes on, may stay without any until it is replaced, and
// calls itself connected. A long outage looks the same and is not helped by another client, so that the pauses grow. Pure;
// monotonic time.

import { GrowingPause } from '../backoff.ts';

/** Far longer than a broker takes to start, or partitions to get another leader, or a group to agree on its members. */
const LIMIT = { baseMs: 60_000, maxMs: 480_000 } as const;

export class ProgressWatch {
  readonly #limit = new GrowingPause(LIMIT);
  #limitMs = this.#limit.next();
  #sinceUs: number;
  #hasProgressed = false;

  constructor(nowUs: number) {
    this.#sinceUs = nowUs;
  }

  /**
   * The client has done something of what it was asked for. It counts from the next check on, of which there are two a second or more:
   * a client reports by the hundred, and to read the clock for each report costs as much as the rest that is done with it.
   */
  progressed(): void {
    this.#hasProgressed = true;
  }

  /**
   * @param isWaiting whether anything is asked of the client at all
   * @returns for how long it did nothing, in ms, once that is too long; else null. Another client then has its turn.
   */
  check(isWaiting: boolean, nowUs: number): number | null {
    if (this.#hasProgressed) this.#restart();
    if (this.#hasProgressed || !isWaiting) this.#sinceUs = nowUs;
    this.#hasProgressed = false;
    const ageMs = (nowUs - this.#sinceUs) / 1000;
    if (ageMs < this.#limitMs) return null;
    this.#sinceUs = nowUs;
    this.#limitMs = this.#limit.next();
    return Math.round(ageMs);
  }

  /** The pauses grow from their beginning again. */
  #restart(): void {
    if (this.#limitMs === LIMIT.baseMs) return;
    this.#limit.reset();
    this.#limitMs = this.#limit.next();
  }
}
