// Kafka's own offsets of the group, committed for monitoring only: where to read on is in PostgreSQL.

import type { Clock } from '../../../contracts/runtime/clock.ts';
import type { PartitionOffset } from '../../../contracts/runtime/kafka/consumer/polling.ts';
import type { Log } from '../../../contracts/runtime/log/log.ts';
import type { OffsetRange } from '../pending-batch.ts';

const EVERY_US = 1_000_000;

type Commit = (offsets: readonly PartitionOffset[]) => Promise<void>;

export class GroupOffsets {
  readonly #topicPrefix: string;
  readonly #log: Log;
  readonly #timers: Clock;
  /** By partition: one entry each. */
  #uncommitted = new Map<string, OffsetRange>();
  #committedAtUs = Number.NEGATIVE_INFINITY;
  #committing: Promise<void> | null = null;

  constructor(topicPrefix: string, log: Log, timers: Clock) {
    this.#topicPrefix = topicPrefix;
    this.#log = log;
    this.#timers = timers;
  }

  written(ranges: readonly OffsetRange[]): void {
    for (const range of ranges) this.#uncommitted.set(`${range.partition} ${range.topic}`, range);
  }

  /** Commits now and then, one at a time. Not awaited: monitoring is not worth a pause of the writing. */
  commitWhenDue(commit: Commit): void {
    const nowUs = this.#timers.elapsedUs();
    if (this.#committing !== null || nowUs - this.#committedAtUs < EVERY_US) return;
    this.#committedAtUs = nowUs;
    this.#committing = this.#commit(commit).finally(() => {
      this.#committing = null;
    });
  }

  /** Resolves when all are committed, or could not be. */
  async finish(commit: Commit): Promise<void> {
    await this.#committing;
    await this.#commit(commit);
  }

  async #commit(commit: Commit): Promise<void> {
    if (this.#uncommitted.size === 0) return;
    const offsets = [...this.#uncommitted.values()].map(({ topic, partition, to }) => ({
      topic: this.#topicPrefix + topic,
      partition,
      offset: to,
    }));
    this.#uncommitted = new Map();
    try {
      await commit(offsets);
    } catch (error) {
      this.#log.debug('group_offsets_not_committed', { failure: error });
    }
  }
}
