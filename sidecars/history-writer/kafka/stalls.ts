// Partitions that have records which Kafka's client does not hand over: a batch in a compression that the build lacks, a broken
// one. Seen from the outside, since nothing but the silence tells.

import type { Log } from '../../../contracts/runtime/log/log.ts';
import type { TopicPartition } from '../pending-batch.ts';

/** `next`: offset of the next record to read; `end`: that behind the last record of the partition, null: not known. */
export type Reading = TopicPartition & { readonly next: bigint; readonly end: bigint | null };

/** Far longer than a broker takes for an answer while nothing else waits to be read. */
const SILENT_MAX_US = 30_000_000;
/** Each partition is asked for its end. */
const OBSERVE_EVERY_US = 1_000_000;

const keyOf = ({ topic, partition }: TopicPartition): string => `${partition} ${topic}`;

export class Stalls {
  readonly #log: Log;
  readonly #silent = new Map<string, { readonly next: bigint; readonly sinceUs: number }>();
  #observedAtUs = Number.NEGATIVE_INFINITY;
  #stalled: readonly Reading[] = [];
  #logged = '';

  constructor(log: Log) {
    this.#log = log;
  }

  get stalled(): readonly Reading[] {
    return this.#stalled;
  }

  /** After a poll that gave all there was. @param trouble what Kafka's client last complained of */
  observe(readingsNow: () => readonly Reading[], nowUs: number, trouble: string): void {
    if (nowUs - this.#observedAtUs < OBSERVE_EVERY_US) return;
    this.#observedAtUs = nowUs;
    const keys = new Set<string>();
    this.#stalled = readingsNow().filter((reading) => {
      const { next, end } = reading;
      if (end === null || end <= next) return false;
      const key = keyOf(reading);
      keys.add(key);
      const known = this.#silent.get(key);
      if (known?.next === next) return nowUs - known.sinceUs >= SILENT_MAX_US;
      this.#silent.set(key, { next, sinceUs: nowUs });
      return false;
    });
    for (const key of [...this.#silent.keys()]) if (!keys.has(key)) this.#silent.delete(key);
    this.#say(trouble);
  }

  /** Nothing is being read for now: the time of it counts as no silence. What was found stays until the partition is read. */
  pause(): void {
    const found = new Set(this.#stalled.map(keyOf));
    for (const key of [...this.#silent.keys()]) if (!found.has(key)) this.#silent.delete(key);
  }

  #say(trouble: string): void {
    const partitions = this.#stalled.map(({ topic, partition, next }) => `${topic}[${partition}] from ${next}`);
    const all = partitions.join(', ');
    if (all === this.#logged) return;
    this.#logged = all;
    if (all === '') this.#log.info('reading_again', {});
    else this.#log.error('not_reading', { partitions, detail: `the Kafka client delivers no records: ${trouble}` });
  }
}
