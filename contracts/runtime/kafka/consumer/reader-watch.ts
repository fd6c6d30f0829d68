// Whether a reader still reads. A client that knew a topic from before may take what it hears of a new topic of that name for old
// news: it then gives nothing for as long as it runs, and complains of nothing. Only another client reads the topic. While no
// broker answers it looks the same, and another client does not help, so that the pauses grow. Pure: time comes in.

import { GrowingPause } from '../../backoff.ts';
import type { PartitionLag } from './polling.ts';

/** Far longer than a broker takes to start, and than processes that report every five seconds are silent. */
const PAUSE = { baseMs: 60_000, maxMs: 600_000 } as const;
/** Each partition is asked for its end. */
const OBSERVE_EVERY_US = 1_000_000;

/** `silent`: of topics that always have new records none came; `unread`: the end of a partition stays unknown. */
export type ReaderTrouble = 'silent' | 'unread';

export class ReaderWatch {
  readonly #isBusy: boolean;
  readonly #pause = new GrowingPause(PAUSE);
  #limitMs = this.#pause.next();
  #aliveUs: number | null = null;
  #observedAtUs = Number.NEGATIVE_INFINITY;

  /** @param isBusy the topics always have new records, so that silence says something */
  constructor(isBusy: boolean) {
    this.#isBusy = isBusy;
  }

  /** After a poll. @returns why it is time for another reader; null: it is not */
  observe(records: number, partitionsNow: () => readonly PartitionLag[], nowUs: number): ReaderTrouble | null {
    if (records > 0) this.#lives(nowUs);
    if (nowUs - this.#observedAtUs < OBSERVE_EVERY_US) return null;
    this.#observedAtUs = nowUs;
    const partitions = partitionsNow();
    // Before the topics are found there is nothing to read, and the reader says so itself.
    if (partitions.length === 0) this.#aliveUs = nowUs;
    else if (!this.#isBusy && partitions.every(({ endOffset }) => endOffset !== null)) this.#lives(nowUs);
    this.#aliveUs ??= nowUs;
    if (nowUs - this.#aliveUs < this.#limitMs * 1000) return null;
    this.#limitMs = this.#pause.next();
    return this.#isBusy ? 'silent' : 'unread';
  }

  /** Another reader begins: its time begins, too. */
  opened(): void {
    this.#aliveUs = null;
  }

  #lives(nowUs: number): void {
    this.#aliveUs = nowUs;
    this.#pause.reset();
    this.#limitMs = this.#pause.next();
  }
}
