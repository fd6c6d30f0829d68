// Reads records from Kafka as a member of a consumer group, starting where the caller says (offsets may be kept in a
// database). There is no flow mode: a record is read when the caller polls, so a caller that does not poll is
// back-pressure; one that does not poll for five minutes loses its partitions. A group is rebalanced from here, after the
// caller has said where to start, which may take its time. The same without a group is reader.ts.
// Offsets are those of Kafka: the offset of a record, and for a commit the offset of the next record to read.

import { lastingTimers } from '../../clock.ts';
import { within } from '../../wait.ts';
import type { KafkaState, OnKafkaTrouble } from '../client.ts';
import { describeError } from '../native.ts';
import type { KafkaSettings } from '../settings.ts';
import { CONSUMER_DEFAULTS, CONSUMER_FIXED, mergeSettings } from '../settings.ts';
import { Commits } from './commits.ts';
import type { PartitionLag, PartitionOffset, TopicPartition } from './polling.ts';
import { Polling } from './polling.ts';
import { type RebalanceCallbacks, Rebalances } from './rebalances.ts';
import type { ConsumedRecord } from './record.ts';

export type ConsumerOptions = RebalanceCallbacks & {
  /** `host:port`, comma separated. */
  readonly brokers: string;
  readonly clientId: string;
  readonly groupId: string;
  readonly topics: readonly string[];
  /** librdkafka settings beyond ours, see checkKafkaSettings. */
  readonly extra?: KafkaSettings;
  readonly onTrouble: OnKafkaTrouble;
};

export type Consumer = {
  /** Resolves when a broker answered; rejects after the time, and the client goes on trying by itself. */
  connect(timeoutMs: number): Promise<void>;
  state(): KafkaState;
  /** At most `recordsMax` records, as soon as there is one, else none after about 50 ms. One call at a time. */
  poll(recordsMax: number): Promise<ConsumedRecord[]>;
  /** Resolves when the broker has the offsets (each that of the next record to read), rejects when it refuses them. */
  commit(offsets: readonly PartitionOffset[]): Promise<void>;
  /**
   * Partitions in which no record lies between the last that `poll` gave and this offset, each once: the log ends there with what
   * is no record (the mark of a transaction), or its records have expired.
   */
  passed(): PartitionOffset[];
  /** The oldest offset that the broker still has, when it is known. */
  logStart(partition: TopicPartition): bigint | null;
  /** What is assigned at the moment, with the distance to the end. */
  lag(): PartitionLag[];
  /** Waits for commits and the poll under way, then leaves the group. Idempotent. */
  close(): Promise<void>;
};

/** A client that was not even made by then is left to the end of it. */
const JOIN_LIMIT_MS = 10_000;

/** Joins a consumer group, at once. Throws when `extra` holds what is ours to set. */
export function openConsumer(options: ConsumerOptions): Consumer {
  const settings = mergeSettings(CONSUMER_DEFAULTS, options.extra ?? {}, {
    'metadata.broker.list': options.brokers,
    'client.id': options.clientId,
    'group.id': options.groupId,
    ...CONSUMER_FIXED,
  });
  const rebalances = new Rebalances(options);
  const commits = new Commits();
  let closing: Promise<void> | undefined;
  const polling = new Polling(settings, {
    onTrouble: options.onTrouble,
    callbacks: {
      rebalance_cb: (error, list) => rebalances.handle(polling, error, list),
      offset_commit_cb: (error) => commits.answered(error),
    },
  });
  const { native, client } = polling;
  const joined = client.started.then((ok) => {
    if (!ok || closing !== undefined) return;
    const code = native.subscribe(options.topics);
    if (code !== 0) client.fail(`subscribing to ${options.topics.join(', ')}: ${describeError(code).message}`);
  });

  const closeNow = async (): Promise<void> => {
    rebalances.close();
    await within(lastingTimers, joined, JOIN_LIMIT_MS);
    await commits.settled();
    await polling.close();
  };

  return {
    async connect(timeoutMs) {
      await joined;
      await client.waitUntilUp(timeoutMs, options.brokers);
    },
    state: () => client.state,
    poll: (recordsMax) => polling.poll(recordsMax),
    commit: (offsets) => commits.commit(polling, offsets),
    passed: () => polling.passed(),
    logStart: (partition) => polling.logStart(partition),
    lag: () => polling.lag(),
    close() {
      closing ??= closeNow();
      return closing;
    },
  };
}
