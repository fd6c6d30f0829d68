// For tests: puts records into topics and waits until Kafka has them.

import { openProducer } from '../../../contracts/runtime/kafka/producer.ts';
import type { TopicName } from '../../../contracts/topics/registry.ts';

const LIMIT_MS = 60_000;

export type Produced = {
  readonly topic: TopicName;
  readonly partition?: number;
  readonly value: string | Uint8Array | null;
};

/** @param prefix of the topics */
export async function produceAll(brokers: string, prefix: string, records: readonly Produced[]): Promise<void> {
  const producer = openProducer({
    brokers,
    clientId: 'test',
    onDelivered: () => undefined,
    onRefused: (tag, { code, detail }) => {
      throw new Error(`record ${tag} was refused: ${detail} (${code})`);
    },
    onTrouble: () => undefined,
  });
  await producer.connect(LIMIT_MS);
  for (const [tag, { topic, partition = 0, value }] of records.entries()) {
    const bytes = typeof value === 'string' ? new TextEncoder().encode(value) : value;
    const outcome = producer.produce(prefix + topic, partition, `key ${tag}`, bytes, tag);
    if (outcome !== 'queued') throw new Error(`record ${tag} was not taken: ${JSON.stringify(outcome)}`);
  }
  if (!(await producer.flush(LIMIT_MS))) throw new Error('Kafka did not take the records');
  await producer.close();
}
