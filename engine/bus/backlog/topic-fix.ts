// What an operator can do about a topic that Kafka does not take messages for. Pure.

import { isDenied } from '../../../contracts/runtime/kafka/denied.ts';
import type { TopicName } from '../../../contracts/topics/registry.ts';
import { topicOf } from '../../../contracts/topics/registry.ts';
import type { TopicProblem } from './topic-backlog.ts';

const UNKNOWN_TOPIC = new Set([3, -188]);
const UNKNOWN_PARTITION = -190;
const TOO_FEW_REPLICAS = new Set([19, 20]);
/** How the client reports what the broker refuses for its time. */
const INVALID_RECORD = new Set([32, 87]);

/** One sentence, with the command where there is one. */
export function fixFor(topic: TopicName, { code }: TopicProblem): string {
  const { partitions } = topicOf(topic);
  if (code === UNKNOWN_PARTITION) {
    return `${topic} has too few partitions, ${partitions} are declared (./unrip topics shows it): add them with kafka-topics.sh --alter --topic ${topic} --partitions ${partitions}`;
  }
  if (code !== null && UNKNOWN_TOPIC.has(code)) return `create ${topic}: ./unrip topics`;
  if (code !== null && isDenied(code)) return `allow the engine's Kafka user to write to ${topic}`;
  if (code !== null && INVALID_RECORD.has(code)) {
    return `correct the clock of this machine, or of the brokers, if they differ by more than ${topic} allows (message.timestamp.after.max.ms, by default an hour); else compare the settings of ${topic} with those declared: ./unrip topics`;
  }
  if (code !== null && TOO_FEW_REPLICAS.has(code)) return `bring the replicas of ${topic} back in sync`;
  return `see ${topic} in the broker's log: each partition needs a leader`;
}
