// Looks at a Kafka cluster and makes topics in it, for commands and tests; nothing of it runs beside the engine. Each call
// opens a client of its own and closes it, so that nothing is left open. Settings of existing topics are in kafka-topic-settings.ts.

import type { NativeAdmin, NativeError, NativeGroup, NativeMetadata, NativeTopic } from './native.ts';
import { describeError, kafkaAddon, makeNative } from './native.ts';
import type { KafkaSettings } from './settings.ts';
import { mergeSettings } from './settings.ts';

export type AdminOptions = {
  /** `host:port`, comma separated. */
  readonly brokers: string;
  readonly extra?: KafkaSettings;
  /** For the whole call. */
  readonly timeoutMs: number;
};

export type Cluster = {
  readonly brokers: readonly { readonly id: number; readonly host: string; readonly port: number }[];
  readonly topics: readonly TopicShape[];
};

/** `replicas` is the least number of copies among its partitions. */
type TopicShape = { readonly name: string; readonly partitions: number; readonly replicas: number };

export type NewTopic = {
  readonly name: string;
  readonly partitions: number;
  readonly replicas: number;
  /** Kafka's topic settings, as text: `{ 'retention.ms': '604800000' }`. */
  readonly settings: Readonly<Record<string, string>>;
};

export type TopicCreated =
  | { readonly name: string; readonly outcome: 'created' | 'exists' }
  | { readonly name: string; readonly outcome: 'refused'; readonly code: number; readonly message: string };

const TOPIC_EXISTS = 36;

/** Brokers and topics, as one of the brokers sees them. Throws when none answers in time. */
export function describeCluster(options: AdminOptions): Promise<Cluster> {
  return withAdmin(options, async (admin, timeoutMs) => {
    const metadata = await new Promise<NativeMetadata>((resolve, reject) => {
      admin.getMetadata({ timeout: timeoutMs, allTopics: true }, (error, answer) => {
        if (error === null || error === undefined) resolve(answer);
        else reject(new Error(noAnswer(options, describeError(error).message)));
      });
    });
    return {
      brokers: metadata.brokers.map(({ id, host, port }) => ({ id, host, port })),
      topics: metadata.topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.length,
        replicas: Math.min(...partitions.map(({ replicas }) => replicas.length)),
      })),
    };
  });
}

/** Zero bytes: no id. */
const NO_ID = /^A+$/;

/**
 * The ids that Kafka gave topics when they were made, by name: one that was made again has another. Those that do not exist are left
 * out, and so are all with a broker before 3.1. Throws when none answers in time.
 */
export function topicIds(options: AdminOptions, topics: readonly string[]): Promise<ReadonlyMap<string, string>> {
  return withAdmin(options, async (admin, timeoutMs) => {
    const found = await new Promise<readonly NativeTopic[]>((resolve, reject) => {
      admin.describeTopics(topics, { timeout: timeoutMs }, (error, answer) => {
        if (error === null || error === undefined) resolve(answer);
        else reject(new Error(noAnswer(options, describeError(error).message)));
      });
    });
    const known = found.filter(({ topicId }) => !NO_ID.test(topicId.base64));
    return new Map(known.map(({ name, topicId }) => [name, topicId.base64]));
  });
}

export type GroupMember = { readonly clientId: string; readonly host: string; readonly partitions: number };

/** Who reads in a consumer group, and how many partitions each has. Throws when no broker answers in time. */
export function groupMembers(options: AdminOptions, group: string): Promise<readonly GroupMember[]> {
  return withAdmin(options, async (admin, timeoutMs) => {
    const groups = await new Promise<readonly NativeGroup[]>((resolve, reject) => {
      admin.describeGroups([group], { timeout: timeoutMs }, (error, answer) => {
        if (error === null || error === undefined) resolve(answer.groups);
        else reject(new Error(noAnswer(options, describeError(error).message)));
      });
    });
    return groups.flatMap(({ members }) =>
      members.map(({ clientId, clientHost, assignment }) => ({
        clientId,
        host: clientHost,
        partitions: assignment.topicPartitions.length,
      })),
    );
  });
}

const noAnswer = ({ brokers, timeoutMs }: AdminOptions, said: string): string =>
  `no Kafka broker at ${brokers} answered within ${timeoutMs / 1000} s (${said}): check that Kafka runs there and that ` +
  'KAFKA_BROKERS and KAFKA_CONFIG_JSON are right';

/** Makes each topic that does not exist; one that does is left as it is. One outcome for each, in the same order. */
export function createTopics(options: AdminOptions, topics: readonly NewTopic[]): Promise<TopicCreated[]> {
  return withAdmin(options, async (admin, timeoutMs) => {
    const outcomes: TopicCreated[] = [];
    for (const topic of topics) outcomes.push(await createTopic(admin, topic, timeoutMs));
    return outcomes;
  });
}

function createTopic(admin: NativeAdmin, topic: NewTopic, timeoutMs: number): Promise<TopicCreated> {
  const { name, partitions, replicas, settings } = topic;
  const wanted = { topic: name, num_partitions: partitions, replication_factor: replicas, config: { ...settings } };
  return new Promise((resolve) => {
    admin.createTopic(wanted, timeoutMs, (error: NativeError) => {
      if (error === null || error === undefined) return resolve({ name, outcome: 'created' });
      const { code, message } = describeError(error);
      if (code === TOPIC_EXISTS) return resolve({ name, outcome: 'exists' });
      resolve({ name, outcome: 'refused', code, message });
    });
  });
}

async function withAdmin<T>(
  options: AdminOptions,
  run: (admin: NativeAdmin, timeoutMs: number) => Promise<T>,
): Promise<T> {
  const settings = mergeSettings({}, options.extra ?? {}, {
    'metadata.broker.list': options.brokers,
    'client.id': 'unrip-admin',
  });
  const admin = makeNative(kafkaAddon().AdminClient, settings);
  const code = admin.connect();
  if (code !== 0) throw new Error(`no Kafka client could be made: ${describeError(code).message}`);
  try {
    return await run(admin, options.timeoutMs);
  } finally {
    admin.disconnect();
  }
}
