// What the registry declares for each Kafka topic, and how what is there differs from it, in words that say what to do. Pure.

import type { NewTopic } from '../../contracts/runtime/kafka/admin/cluster.ts';
import type { Topic } from '../../contracts/topics/registry.ts';

/** What of the registry counts here. */
export type DeclaredTopic = Pick<Topic, 'partitions' | 'retentionMs'> & { readonly name: string };
export type WantedTopic = NewTopic;
export type FoundTopic = NewTopic;
export type Drift = { readonly topic: string; readonly what: string };

const REPLICAS_WANTED = 3;

/** Copies of each partition on a cluster of so many brokers. */
export const replicasFor = (brokers: number): number => Math.max(1, Math.min(REPLICAS_WANTED, brokers));

export function wantedTopics(topics: readonly DeclaredTopic[], replicas: number): WantedTopic[] {
  return topics.map(({ name, partitions, retentionMs }) => ({
    name,
    partitions,
    replicas,
    settings: {
      'cleanup.policy': 'delete',
      'retention.ms': String(retentionMs),
      // Evidence goes by age alone, never by size.
      'retention.bytes': '-1',
      // Whatever a producer compresses with: every build of librdkafka reads lz4, and not every one zstd or gzip.
      'compression.type': 'lz4',
    },
  }));
}

/** One entry a difference, in the order of `wanted`. Settings that the registry does not declare are the cluster's own. */
export function compareTopics(wanted: readonly WantedTopic[], found: readonly FoundTopic[]): Drift[] {
  const byName = new Map(found.map((topic) => [topic.name, topic]));
  return wanted.flatMap((topic) => {
    const there = byName.get(topic.name);
    const differences = there === undefined ? ['does not exist; ./unrip topics makes it'] : differencesOf(topic, there);
    return differences.map((what) => ({ topic: topic.name, what }));
  });
}

function differencesOf(wanted: WantedTopic, found: FoundTopic): string[] {
  const differences: string[] = [];
  if (found.partitions < wanted.partitions) {
    differences.push(
      `${found.partitions} partitions, declared ${wanted.partitions}; add them with kafka-topics --alter --topic ${wanted.name} --partitions ${wanted.partitions} (keys move)`,
    );
  } else if (found.partitions > wanted.partitions) {
    differences.push(
      `${found.partitions} partitions, declared ${wanted.partitions}; partitions cannot be taken away: declare them, or make the topic again`,
    );
  }
  if (found.replicas < wanted.replicas) {
    differences.push(
      `${found.replicas} copies, wanted ${wanted.replicas}; reassign its partitions, or say --replication-factor ${found.replicas}`,
    );
  }
  for (const [name, value] of Object.entries(wanted.settings)) {
    const there = found.settings[name] ?? '(not set)';
    if (there === value) continue;
    differences.push(
      `${name} is ${there}, declared ${value}; set it with kafka-configs --alter --topic ${wanted.name} --add-config ${name}=${value}`,
    );
  }
  return differences;
}
