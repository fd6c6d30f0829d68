// How the history-writer reads Kafka: the settings of its consumer, and which topics of those names there are.

import { topicIds } from '../../../contracts/runtime/kafka/admin/cluster.ts';
import type { KafkaSettings } from '../../../contracts/runtime/kafka/settings.ts';
import type { Log } from '../../../contracts/runtime/log/log.ts';
import { TOPICS } from '../../../contracts/topics/registry.ts';

const CLIENT_ID = 'unrip-history-writer';
/** What the consumer of a history-writer calls itself: other members of its group know by it which owner of partitions it is. */
export const clientIdOf = (instanceId: string): string => `${CLIENT_ID}.${instanceId}`;
/** Null: no history-writer, or one of a version that does not say which one it is. */
export const instanceOf = (clientId: string): string | null =>
  clientId.startsWith(`${CLIENT_ID}.`) ? clientId.slice(CLIENT_ID.length + 1) : null;
export const SESSION_MS = 6000;
const TOPIC_IDS_LIMIT_MS = 5000;

export const CONSUMER_SETTINGS: KafkaSettings = {
  // A member that was killed is missed by its group after this long, and until then nobody reads its partitions. The minimum
  // that a broker allows by default.
  'session.timeout.ms': SESSION_MS,
  'heartbeat.interval.ms': 1500,
  // What one answer of a broker may bring, and thus librdkafka hold beyond its queue; 50 MiB by default. Compressed: in memory it
  // is several times as much.
  'fetch.max.bytes': 4_194_304,
  // In memory, besides one answer: a quarter of a second of a backlog.
  'queued.max.messages.kbytes': 8_192,
  // Small enough for every partition to have its share of an answer. After each pause librdkafka asks for the same partitions
  // first, and with its default of 1 MiB the others got nothing until these had been read to their ends.
  'max.partition.fetch.bytes': 131_072,
  // Nothing waits for a row, and a broker handles an answer at about the price of a record.
  'fetch.min.bytes': 131_072,
  'fetch.wait.max.ms': 250,
};

type Where = {
  readonly brokers: string;
  readonly kafkaSettings: KafkaSettings;
  readonly topicPrefix: string;
  readonly log: Log;
};

/**
 * The ids of our topics, by their names in Kafka; empty when Kafka does not give them. Without them a topic that was made again is
 * seen only while it has fewer records than the one before.
 */
export async function knownTopicIds(where: Where): Promise<ReadonlyMap<string, string>> {
  const { brokers, kafkaSettings, topicPrefix, log } = where;
  try {
    const names = TOPICS.map(({ name }) => topicPrefix + name);
    return await topicIds({ brokers, extra: kafkaSettings, timeoutMs: TOPIC_IDS_LIMIT_MS }, names);
  } catch (error) {
    log.warn('topic_ids_unknown', { failure: error });
    return new Map();
  }
}
