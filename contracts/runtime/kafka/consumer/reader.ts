// Reads topics without a consumer group: every partition of them, from where the caller says, nothing is committed. For
// background readers that only follow what others write. The partitions are looked up once, when all topics exist;
// partitions added later are seen by the next reader.

import { lastingTimers } from '../../clock.ts';
import { LATE, pause, within } from '../../wait.ts';
import type { KafkaState, OnKafkaTrouble } from '../client.ts';
import type { NativeError, NativeMetadata } from '../native.ts';
import { describeError } from '../native.ts';
import type { KafkaSettings } from '../settings.ts';
import { CONSUMER_DEFAULTS, CONSUMER_FIXED, mergeSettings } from '../settings.ts';
import type { PartitionLag, ReaderStart, TopicPartition } from './polling.ts';
import { Polling } from './polling.ts';
import type { ConsumedRecord } from './record.ts';

export type ReaderOptions = {
  /** `host:port`, comma separated. */
  readonly brokers: string;
  readonly clientId: string;
  readonly topics: readonly string[];
  /** librdkafka settings beyond ours, see checkKafkaSettings. */
  readonly extra?: KafkaSettings;
  /** Where a partition is read from. */
  startAt(partition: TopicPartition): ReaderStart;
  readonly onTrouble: OnKafkaTrouble;
};

export type Reader = {
  /** Resolves when all topics were found and are being read; rejects after the time, and goes on trying by itself. */
  connect(timeoutMs: number): Promise<void>;
  state(): KafkaState;
  /** At most `recordsMax` records, as soon as there is one, else none after about a quarter of a second. One call at a time. */
  poll(recordsMax: number): Promise<ConsumedRecord[]>;
  lag(): PartitionLag[];
  /** Idempotent. */
  close(): Promise<void>;
};

const METADATA_TIMEOUT_MS = 2000;
/** What is read has no commit and no group that would have to hear of something sooner, and each poll wakes two threads. */
const POLL_MS = 250;
const RETRY_MS = 500;

/** Starts to read at once. Throws when `extra` holds what is ours to set. */
export function openReader(options: ReaderOptions): Reader {
  const settings = mergeSettings(CONSUMER_DEFAULTS, options.extra ?? {}, {
    'metadata.broker.list': options.brokers,
    'client.id': options.clientId,
    // librdkafka requires a name even when no group is joined.
    'group.id': `${options.clientId}-reader`,
    ...CONSUMER_FIXED,
  });
  const polling = new Polling(settings, { onTrouble: options.onTrouble, pollMs: POLL_MS });
  const { native, client } = polling;
  let missing = `topics ${options.topics.join(', ')} have not been looked up yet`;

  const lookUp = (): Promise<NativeMetadata | string> =>
    new Promise((resolve) => {
      native.getMetadata({ timeout: METADATA_TIMEOUT_MS, allTopics: true }, (error: NativeError, metadata) => {
        resolve(error === null || error === undefined ? metadata : describeError(error).message);
      });
    });

  const assignWhenFound = async (): Promise<void> => {
    if (!(await client.started)) return;
    while (polling.open) {
      const partitions = partitionsIn(await lookUp(), options.topics);
      if (!polling.open) return;
      if (typeof partitions !== 'string') {
        native.assign(
          polling.assigned(
            partitions,
            partitions.map((partition) => options.startAt(partition)),
          ),
        );
        return;
      }
      if (partitions !== missing) client.trouble('assign_failed', partitions);
      missing = partitions;
      await pause(lastingTimers, RETRY_MS);
    }
  };
  const assigned = assignWhenFound().catch((error: unknown) => {
    client.fail(`a reader could not start: ${error instanceof Error ? error.message : String(error)}`);
  });

  return {
    async connect(timeoutMs) {
      const startedAtMs = performance.now();
      await client.waitUntilUp(timeoutMs, options.brokers);
      const leftMs = Math.max(0, timeoutMs - (performance.now() - startedAtMs));
      const done = await within(lastingTimers, assigned, leftMs);
      if (done === LATE) throw new Error(`not reading after ${timeoutMs} ms, still trying: ${missing}`);
    },
    state: () => client.state,
    poll: (recordsMax) => polling.poll(recordsMax),
    lag: () => polling.lag(),
    close: () => polling.close(),
  };
}

function partitionsIn(metadata: NativeMetadata | string, topics: readonly string[]): TopicPartition[] | string {
  if (typeof metadata === 'string') return metadata;
  const found: TopicPartition[] = [];
  for (const topic of topics) {
    const partitions = metadata.topics.find(({ name }) => name === topic)?.partitions ?? [];
    if (partitions.length === 0) return `topic ${topic} does not exist: ./unrip topics creates it`;
    for (const { id } of partitions) found.push({ topic, partition: id });
  }
  return found;
}
