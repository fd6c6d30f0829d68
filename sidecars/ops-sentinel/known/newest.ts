// The newest record of each of a bounded number of things, whatever order and repetition records arrive in. What was not heard of for
// longer than Kafka keeps a record is dropped, so that a process that has run for long knows the same as one that just started. Pure.

import { TOPIC_RETENTION_MS } from '../../../contracts/topics/registry.ts';
import { type Moment, msSince } from '../moment.ts';
import type { Heard } from './record.ts';

export type NewestOptions<Payload> = {
  /** More than an account has at any time by an order of magnitude. */
  readonly max: number;
  /** What newer means: a sequence number, or the time of the record. */
  readonly order: (heard: Heard<Payload>) => number;
  /** Nothing more is to come of it: it makes room first. */
  readonly isOver: (payload: Payload) => boolean;
};

export class Newest<Payload> {
  readonly #options: NewestOptions<Payload>;
  /** By key, the one heard of longest ago first. */
  readonly #known = new Map<string, Heard<Payload>>();
  #dropped = 0;

  constructor(options: NewestOptions<Payload>) {
    this.#options = options;
  }

  /**
   * Of two with the same number the later one counts: two records can have the same millisecond. A lower number of a later time is
   * of a producer that has lost its state, and counts from 1 again: what it said before is not true any more.
   */
  take(key: string, heard: Heard<Payload>): void {
    const { order, max } = this.#options;
    const before = this.#known.get(key);
    if (before !== undefined) {
      if (before.eventId === heard.eventId) return;
      const [was, is] = [order(before), order(heard)];
      if ((is < was && heard.atMs <= before.atMs) || (is === was && heard.atMs < before.atMs)) return;
    }
    this.#known.delete(key);
    this.#known.set(key, heard);
    if (this.#known.size > max) this.#evict();
  }

  get(key: string): Heard<Payload> | null {
    return this.#known.get(key) ?? null;
  }

  *all(now: Moment): IterableIterator<readonly [key: string, heard: Heard<Payload>]> {
    for (const entry of this.#known) if (msSince(entry[1].asOfUs, now) <= TOPIC_RETENTION_MS) yield entry;
  }

  /** Those that were not over and had to make room. */
  dropped(): number {
    return this.#dropped;
  }

  #evict(): void {
    let oldest: string | null = null;
    for (const [key, { payload }] of this.#known) {
      oldest ??= key;
      if (!this.#options.isOver(payload)) continue;
      this.#known.delete(key);
      return;
    }
    if (oldest === null) return;
    this.#known.delete(oldest);
    this.#dropped++;
  }
}
