// What a cluster says of topics in two answers, put together. Pure.

import type { Cluster } from '../../contracts/runtime/kafka/admin/cluster.ts';
import type { TopicSettings } from '../../contracts/runtime/kafka/admin/topic-settings.ts';
import type { FoundTopic } from './drift.ts';

/** Those whose shape and settings are both known. */
export function foundTopics(cluster: Cluster, described: readonly TopicSettings[]): FoundTopic[] {
  const shapes = new Map(cluster.topics.map((topic) => [topic.name, topic]));
  return described.flatMap((topic) => {
    const shape = shapes.get(topic.topic);
    if (shape === undefined || !topic.ok) return [];
    const settings = Object.fromEntries(topic.settings.map(({ name, value }) => [name, value]));
    return [{ name: topic.topic, partitions: shape.partitions, replicas: shape.replicas, settings }];
  });
}
