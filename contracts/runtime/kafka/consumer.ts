// Reads records from Kafka as a member of a consumer group, starting where the caller says (offsets may be kept in a
// database). There is no flow mode: a record is read when the caller polls, so a caller that does not poll is
// back-pressure; one that does not poll for five minutes loses its partitions. A group is rebalanced from here, after the
// caller has said where to start, which may take its time. The same without a group is kafka-reader.ts.
// Offsets are those of Kafka: the offset of a record, and for a commit the offset of the next record to read.

import type { KafkaState, OnKafkaTrouble } from './client.ts';
import type { NativeError, NativePartition } from './native.ts';
import { describeError } from './native.ts';
import type { PartitionLag, PartitionOffset, StartAt, TopicPartition } from './polling.ts';
import { Polling } from './polling.ts';
import type { ConsumedRecord } from './record.ts';
import type { KafkaSettings } from './settings.ts';
import { CONSUMER_DEFAULTS, CONSUMER_FIXED, mergeSettings } from './settings.ts';

export type ConsumerOptions = {
  /** `host:port`, comma separated. */
  readonly brokers: string;
  readonly clientId: string;
  readonly groupId: string;
  readonly topics: readonly string[];
  /** librdkafka settings beyond ours, see checkKafkaSettings. */
  readonly extra?: KafkaSettings;
  /** Partitions are ours from now on: one start for each, in the same order. A throw is told and tried again in a second. */
  onAssigned(partitions: readonly TopicPartition[]): readonly StartAt[] | Promise<readonly StartAt[]>;
  /** Partitions go to another member when this is done. Not called by `close`. */
  onRevoked(partitions: readonly TopicPartition[]): void | Promise<void>;
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

const RETRY_MS = 1000;
const COMMIT_TIMEOUT_MS = 10_000;
const ASSIGN_PARTITIONS = -175;
const REVOKE_PARTITIONS = -174;

/** Joins a consumer group, at once. Throws when `extra` holds what is ours to set. */
export function openConsumer(options: ConsumerOptions): Consumer {
  const settings = mergeSettings(CONSUMER_DEFAULTS, options.extra ?? {}, {
    'metadata.broker.list': options.brokers,
    'client.id': options.clientId,
    'group.id': options.groupId,
    ...CONSUMER_FIXED,
  });
  let closing: Promise<void> | undefined;
  let rebalances: Promise<void> = Promise.resolve();
  let commits: Promise<void> = Promise.resolve();
  let onCommitted: ((error: NativeError) => void) | undefined;

  const polling = new Polling(settings, options.onTrouble, {
    rebalance_cb: (error, list) => {
      const { code } = describeError(error);
      const partitions = list.map(({ topic, partition }) => ({ topic, partition }));
      // One after the other, except that the end does not wait for a caller that is still looking up its offsets.
      if (closing === undefined) rebalances = rebalances.then(() => rebalance(code, partitions));
      else void rebalance(code, partitions);
    },
    offset_commit_cb: (error) => onCommitted?.(error),
  });
  const { native, client } = polling;
  const joined = client.started.then((ok) => {
    if (!ok || closing !== undefined) return;
    const code = native.subscribe(options.topics);
    if (code !== 0) client.fail(`subscribing to ${options.topics.join(', ')}: ${describeError(code).message}`);
  });

  // librdkafka waits for assign or unassign before it goes on with the group. A throw in here would end the process;
  // while the client closes, the calls may fail and nothing depends on them.
  const rebalance = async (code: number, partitions: readonly TopicPartition[]): Promise<void> => {
    try {
      if (code === ASSIGN_PARTITIONS) await takeOver(partitions);
      else await giveUp(partitions, code === REVOKE_PARTITIONS);
    } catch (error) {
      if (closing === undefined) client.trouble('client_error', `rebalance: ${textOf(error)}`);
    }
  };

  const takeOver = async (partitions: readonly TopicPartition[]): Promise<void> => {
    const starts = await startsOf(partitions);
    if (starts === undefined) return;
    const assignment: NativePartition[] = polling.assigned(partitions, starts);
    if (native.rebalanceProtocol() === 'COOPERATIVE') native.incrementalAssign(assignment);
    else native.assign(assignment);
  };

  /** Without offsets nothing may be read, so this goes on until there are some or the consumer ends. */
  const startsOf = async (partitions: readonly TopicPartition[]): Promise<readonly StartAt[] | undefined> => {
    while (closing === undefined && polling.open) {
      try {
        const starts = await options.onAssigned(partitions);
        if (starts.length === partitions.length) return starts;
        client.trouble('assign_failed', `onAssigned gave ${starts.length} starts for ${partitions.length} partitions`);
      } catch (error) {
        client.trouble('assign_failed', textOf(error));
      }
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
    return undefined;
  };

  const giveUp = async (partitions: readonly TopicPartition[], orderly: boolean): Promise<void> => {
    if (closing === undefined && orderly) {
      try {
        await options.onRevoked(partitions);
      } catch (error) {
        client.trouble('callback_failed', `onRevoked: ${textOf(error)}`);
      }
    }
    polling.revoked(partitions);
    if (native.rebalanceProtocol() === 'COOPERATIVE') native.incrementalUnassign(partitions);
    else native.unassign();
  };

  const commitNow = async (offsets: readonly PartitionOffset[]): Promise<void> => {
    if (offsets.length === 0) return;
    if (!polling.open) throw new Error(`offsets were not committed: the consumer is ${client.state}`);
    let timer: ReturnType<typeof setTimeout> | undefined;
    const acknowledged = new Promise<void>((resolve, reject) => {
      onCommitted = (error) => {
        if (error === null || error === undefined) resolve();
        else reject(new Error(`offsets were not committed: ${describeError(error).message}`));
      };
      timer = setTimeout(
        () => reject(new Error(`offsets were not committed within ${COMMIT_TIMEOUT_MS} ms`)),
        COMMIT_TIMEOUT_MS,
      );
    });
    try {
      const list = offsets.map(({ topic, partition, offset }) => ({ topic, partition, offset: Number(offset) }));
      const code = native.commit(list);
      if (code !== 0) throw new Error(`offsets were not committed: ${describeError(code).message}`);
      // The answer is among the events that only a poll delivers, so that waiting has to poll.
      await polling.pumpUntil(acknowledged);
      await acknowledged;
    } finally {
      clearTimeout(timer);
      onCommitted = undefined;
    }
  };

  const closeNow = async (): Promise<void> => {
    await joined;
    await commits;
    await polling.close();
  };

  return {
    async connect(timeoutMs) {
      await joined;
      await client.waitUntilUp(timeoutMs, options.brokers);
    },
    state: () => client.state,
    poll: (recordsMax) => polling.poll(recordsMax),
    commit(offsets) {
      const done = commits.then(() => commitNow(offsets));
      commits = done.catch(() => undefined);
      return done;
    },
    passed: () => polling.passed(),
    logStart: (partition) => polling.logStart(partition),
    lag: () => polling.lag(),
    close() {
      closing ??= closeNow();
      return closing;
    },
  };
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
