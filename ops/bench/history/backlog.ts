// Puts the backlog into Kafka, as fast as it takes it.

import { openProducer } from '../../../contracts/runtime/kafka/producer.ts';
import { type BacklogRecord, backlogOf } from './records.ts';

const LIMIT_MS = 60_000;
const PAUSE_MS = 5;
const SAY_EVERY = 250_000;

export type Backlog = { readonly records: number; readonly bytes: number };

export type BacklogOptions = {
  readonly brokers: string;
  readonly accountId: string;
  readonly count: number;
  readonly progress: (line: string) => void;
};

/** Resolves when Kafka has all of it. */
export async function produceBacklog({ brokers, accountId, count, progress }: BacklogOptions): Promise<Backlog> {
  const refused: string[] = [];
  const producer = openProducer({
    brokers,
    clientId: 'unrip-bench',
    onDelivered: () => undefined,
    onRefused: (_tag, { detail }) => void refused.push(detail),
    onTrouble: () => undefined,
  });
  await producer.connect(LIMIT_MS);
  const encoder = new TextEncoder();
  let [records, bytes] = [0, 0];
  try {
    for (const record of backlogOf(count, accountId, Date.now())) {
      const value = encoder.encode(record.text);
      await put(producer, record, value, records);
      records += 1;
      bytes += value.length;
      if (records % SAY_EVERY === 0) progress(`${records} of ${count} records are in Kafka`);
    }
    if (!(await producer.flush(LIMIT_MS))) throw new Error('Kafka did not take the backlog in time');
  } finally {
    await producer.close();
  }
  if (refused.length > 0) throw new Error(`Kafka refused ${refused.length} records: ${refused[0]}`);
  return { records, bytes };
}

type Producer = ReturnType<typeof openProducer>;

/** Waits while the producer's queue is full. */
async function put(producer: Producer, record: BacklogRecord, value: Uint8Array, tag: number): Promise<void> {
  const { topic, partition, key } = record;
  for (;;) {
    const outcome = producer.produce(topic, partition, key, value, tag);
    if (outcome === 'queued') return;
    if (outcome !== 'full') throw new Error(`record ${tag} was not taken: ${JSON.stringify(outcome)}`);
    await Bun.sleep(PAUSE_MS);
  }
}
