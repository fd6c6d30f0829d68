// What the consumer group assigns to one Kafka client and takes from it again. A write and a change of what is assigned never
// overlap, hence the mutex; nothing waits for Kafka while it holds it. One for each client: what a client that has been left still
// brings about is void.

import type { Clock } from '../../../contracts/runtime/clock.ts';
import type { TopicPartition as KafkaPartition } from '../../../contracts/runtime/kafka/consumer/polling.ts';
import type { Log } from '../../../contracts/runtime/log/log.ts';
import type { TopicName } from '../../../contracts/topics/registry.ts';
import type { Mutex } from '../mutex.ts';
import type { PendingBatch, TopicPartition } from '../pending-batch.ts';
import type { DatabaseWatch } from '../postgres/database-watch.ts';
import { daysAhead } from '../postgres/days.ts';
import type { Start, Store } from '../postgres/store.ts';
import type { WriterStats } from '../writer-stats.ts';
import type { OffsetNotes } from './offset-notes.ts';

export type AssignmentsOptions = {
  readonly group: string;
  readonly topicPrefix: string;
  readonly store: Pick<Store, 'standstill' | 'ensureDays' | 'takeOver'>;
  readonly pending: PendingBatch;
  readonly database: DatabaseWatch;
  readonly notes: OffsetNotes;
  readonly stats: Pick<WriterStats, 'writtenBefore'>;
  readonly mutex: Mutex;
  /** The ids of topics by their names in Kafka; empty when Kafka does not tell. Never rejects, and takes bounded time. */
  readonly topicIds: () => Promise<ReadonlyMap<string, string>>;
  /** Partitions are owned and about to be read. */
  readonly onTaken: () => void;
  readonly log: Log;
  readonly timers: Clock;
};

export class Assignments {
  readonly #options: AssignmentsOptions;
  #left = false;
  #isWaiting = true;

  constructor(options: AssignmentsOptions) {
    this.#options = options;
  }

  /** Nothing is assigned until the group says what: since the client joined, or since the last revocation. */
  get isWaiting(): boolean {
    return this.#isWaiting && !this.#left;
  }

  /** Another client takes the place of this one. */
  leave(): void {
    this.#left = true;
  }

  /** Resolves to the offset to start each partition at. Throws when they cannot be owned now. */
  async onAssigned(partitions: readonly KafkaPartition[]): Promise<bigint[]> {
    const { topicIds, mutex } = this.#options;
    this.#isWaiting = false;
    const ids = await topicIds();
    return await mutex.run(() => this.#own(this.#placesOf(partitions), ids));
  }

  async onRevoked(partitions: readonly KafkaPartition[]): Promise<void> {
    const { pending, mutex, log, group } = this.#options;
    await mutex.run(async () => {
      if (this.#left) return;
      for (const place of this.#placesOf(partitions)) pending.revoke(place);
    });
    this.#isWaiting = true;
    log.info('partitions_revoked', { count: partitions.length, group });
  }

  async #own(places: readonly TopicPartition[], ids: ReadonlyMap<string, string>): Promise<bigint[]> {
    const { store, pending, database, notes, stats, log, timers, group } = this.#options;
    let starts: Start[];
    try {
      this.#refuseWhenLeft();
      const standstill = await store.standstill(() => timers.nowMs());
      database.standstill = standstill;
      if (standstill !== null) throw new Error(standstill.problem);
      await store.ensureDays(daysAhead(timers.nowMs()));
      starts = await store.takeOver(places, ids);
      this.#refuseWhenLeft();
    } catch (error) {
      if (database.standstill === null && !this.#left) database.failed(error, timers.nowMs(), pending.records);
      throw error;
    }
    database.succeeded(timers.elapsedUs());
    for (const [index, place] of places.entries()) {
      const { next, left, writtenAtMs } = starts[index] ?? { next: 0n, left: null, writtenAtMs: null };
      pending.assign(place, next);
      if (writtenAtMs !== null) stats.writtenBefore(place.topic, writtenAtMs);
      if (left !== null) notes.report({ ...place, kind: 'reset', expected: left, got: next, missed: 0n });
    }
    this.#options.onTaken();
    log.info('partitions_assigned', { count: places.length, group });
    return starts.map(({ next }) => next);
  }

  #refuseWhenLeft(): void {
    if (this.#left) throw new Error('another Kafka client has taken the place of this one');
  }

  #placesOf(partitions: readonly KafkaPartition[]): TopicPartition[] {
    const prefix = this.#options.topicPrefix.length;
    return partitions.map(({ topic, partition }) => ({ topic: topic.slice(prefix) as TopicName, partition }));
  }
}
