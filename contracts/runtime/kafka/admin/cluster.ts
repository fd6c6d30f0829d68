// What a Kafka cluster has, and topics made in it. Each call opens a client of its own and closes it, so that nothing is left
// open. Settings of existing topics are in topic-settings.ts.

import { lastingTimers } from '../../clock.ts';
import { pause } from '../../wait.ts';
import { describeError, type NativeGroup, type NativeMetadata, type NativeTopic } from '../native.ts';
import { type AdminOptions, type AdminSession, withAdmin } from './session.ts';

export type Cluster = {
  readonly brokers: readonly { readonly id: number; readonly host: string; readonly port: number }[];
  readonly topics: readonly TopicShape[];
};

/** `replicas` is the lowest number of copies among its partitions. */
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
  return withAdmin(options, async (session) => {
    const metadata = await session.ask<NativeMetadata>((admin, timeoutMs, done) =>
      admin.getMetadata({ timeout: timeoutMs, allTopics: true }, done),
    );
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
  return withAdmin(options, async (session) => {
    const found = await session.ask<readonly NativeTopic[]>((admin, timeoutMs, done) =>
      admin.describeTopics(topics, { timeout: timeoutMs }, done),
    );
    const known = found.filter(({ topicId }) => !NO_ID.test(topicId.base64));
    return new Map(known.map(({ name, topicId }) => [name, topicId.base64]));
  });
}

export type TopicRights =
  | { readonly topic: string; readonly ok: true; readonly mayRead: boolean; readonly mayWrite: boolean }
  /** Kafka says nothing of it to this user, or it does not exist; `code` is Kafka's. */
  | { readonly topic: string; readonly ok: false; readonly code: number; readonly message: string };

/** Of Kafka's access lists. */
const READ = 3;
const WRITE = 4;

/** What the user of these settings may do with each topic. Throws when no broker answers in time. */
export function topicRights(options: AdminOptions, topics: readonly string[]): Promise<readonly TopicRights[]> {
  return withAdmin(options, async (session) => {
    const found = await session.ask<readonly NativeTopic[]>((admin, timeoutMs, done) =>
      admin.describeTopics(topics, { timeout: timeoutMs, includeAuthorizedOperations: true }, done),
    );
    return found.map(({ name: topic, error, authorizedOperations = [] }) => {
      if (error !== null && error !== undefined) return { topic, ok: false, ...describeError(error) };
      const may = (operation: number): boolean => authorizedOperations.includes(operation);
      return { topic, ok: true, mayRead: may(READ), mayWrite: may(WRITE) };
    });
  });
}

export type GroupMember = {
  readonly clientId: string;
  readonly host: string;
  /** Its share. */
  readonly places: readonly { readonly topic: string; readonly partition: number }[];
};

/** The group's coordinator is loading, is not there yet, or has just moved: the next one to be asked knows. */
const COORDINATOR_ELSEWHERE = [14, 15, 16];
const COORDINATOR_TRIES = 20;
const COORDINATOR_PAUSE_MS = 100;

/** Who reads in a consumer group, and which partitions each has. Throws when no broker answers in time, or with an error. */
export function groupMembers(options: AdminOptions, group: string): Promise<readonly GroupMember[]> {
  return withAdmin(options, async (session) => {
    for (let tries = 1; ; tries++) {
      const { groups } = await session.ask<{ readonly groups: readonly NativeGroup[] }>((admin, timeoutMs, done) =>
        admin.describeGroups([group], { timeout: timeoutMs }, done),
      );
      const error = groups.find((found) => found.error !== null && found.error !== undefined)?.error;
      if (error === undefined) return groups.flatMap(membersOf);
      const { code, message } = describeError(error);
      if (!COORDINATOR_ELSEWHERE.includes(code) || tries === COORDINATOR_TRIES) {
        throw new Error(`Kafka does not describe group ${group}: ${message} (${code})`);
      }
      await pause(lastingTimers, COORDINATOR_PAUSE_MS);
    }
  });
}

const membersOf = ({ members }: NativeGroup): readonly GroupMember[] =>
  members.map(({ clientId, clientHost, assignment }) => ({
    clientId,
    host: clientHost,
    places: assignment.topicPartitions.map(({ topic, partition }) => ({ topic, partition })),
  }));

/** Makes each topic that does not exist; one that does is left as it is. One outcome for each, in the same order. */
export function createTopics(options: AdminOptions, topics: readonly NewTopic[]): Promise<TopicCreated[]> {
  return withAdmin(options, async (session) => {
    const outcomes: TopicCreated[] = [];
    for (const topic of topics) outcomes.push(await createTopic(session, topic));
    return outcomes;
  });
}

async function createTopic(session: AdminSession, topic: NewTopic): Promise<TopicCreated> {
  const { name, partitions, replicas, settings } = topic;
  const wanted = { topic: name, num_partitions: partitions, replication_factor: replicas, config: { ...settings } };
  const answer = await session.call<unknown>((admin, timeoutMs, done) => admin.createTopic(wanted, timeoutMs, done));
  if (answer.ok) return { name, outcome: 'created' };
  const { code, message } = answer;
  return code === TOPIC_EXISTS ? { name, outcome: 'exists' } : { name, outcome: 'refused', code, message };
}
