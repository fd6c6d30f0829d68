// The newest record of each of a bounded number of things, whatever order and repetition records arrive in. What was not heard of for
// longer than Kafka keeps a record is dropped, so that a process that has run for long knows the same as one that just started. Pure:
// time comes in, ages are measured on the monotonic clock.

import { TOPIC_RETENTION_MS } from '../../contracts/topics/registry.ts';
import type { Moment } from '../model/values.ts';

type Numbered = {
  readonly seq: number;
  readonly isOver: boolean;
  /** When its producer made it, by its clock. */
  readonly atMs: number;
};

type Known<Entry> = { readonly entry: Entry; readonly heardUs: number; readonly ageMs: number };

/** More than an account has under way at any time by two orders of magnitude. */
export const LATEST_MAX = 1024;

export class Latest<Entry extends Numbered> {
  /** By key, the one heard of longest ago first. */
  readonly #known = new Map<string, Known<Entry>>();
  #lostUs: number | null = null;

  take(key: string, entry: Entry, now: Moment): void {
    const before = this.#known.get(key)?.entry;
    if (before !== undefined && isOlder(entry, before)) return;
    this.#known.delete(key);
    // One that arrives late is as old as its producer says; a producer whose clock is ahead gains nothing by it.
    this.#known.set(key, { entry, heardUs: now.nowUs, ageMs: Math.max(0, now.nowMs - entry.atMs) });
    if (this.#known.size > LATEST_MAX) this.#evict(now.nowUs);
  }

  /** Nothing is known any more. */
  forget(): void {
    this.#known.clear();
    this.#lostUs = null;
  }

  /** The newest last. */
  entries(nowUs: number): readonly Entry[] {
    const kept: Entry[] = [];
    for (const known of this.#known.values()) if (!isOld(known, nowUs)) kept.push(known.entry);
    return kept;
  }

  /** False: one that was not over had to make room, so that what is left is not all. */
  isComplete(nowUs: number): boolean {
    return this.#lostUs === null || nowUs - this.#lostUs > TOPIC_RETENTION_MS * 1000;
  }

  /** What is old or over makes room first. */
  #evict(nowUs: number): void {
    let oldest: string | null = null;
    for (const [key, known] of this.#known) {
      oldest ??= key;
      if (!isOld(known, nowUs) && !known.entry.isOver) continue;
      this.#known.delete(key);
      return;
    }
    if (oldest === null) return;
    this.#known.delete(oldest);
    this.#lostUs = nowUs;
  }
}

/** A lower number of a later time is of a producer that has lost its state, and counts from 1 again. */
const isOlder = (entry: Numbered, before: Numbered): boolean =>
  (entry.seq < before.seq && entry.atMs <= before.atMs) || (entry.seq === before.seq && entry.atMs < before.atMs);

const isOld = ({ heardUs, ageMs }: Known<unknown>, nowUs: number): boolean =>
  ageMs + (nowUs - heardUs) / 1000 > TOPIC_RETENTION_MS;
