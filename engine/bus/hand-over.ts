// Hands the messages of one record to the producer, in order, one call after the other until the producer takes no more.

import type { TopicName } from '../../contracts/topics/registry.ts';
import { type Outbox, tagOf } from './outbox.ts';
import type { Outgoing } from './render/render.ts';

/** Why Kafka does not have a message that the producer had taken. */
export type Refusal = { readonly code: number; readonly detail: string };

export type ProducerPort = {
  produce(
    topic: TopicName,
    partition: number,
    key: string | null,
    value: string,
    tag: number,
  ): 'queued' | 'full' | 'unavailable' | { readonly refused: string; readonly code: number };
};

/** A record whose messages are being handed over; `slot` is that of the next one. */
export type OpenRecord = { readonly seq: number; readonly messages: readonly Outgoing[]; slot: number };

/** Why no more was taken. `refused`: the message at `slot`, which stays there. */
export type HandedOver =
  | { readonly kind: 'done' | 'full' | 'unavailable' }
  | {
      readonly kind: 'refused';
      readonly message: Outgoing;
      readonly tag: number;
      readonly code: number;
      readonly detail: string;
    };

const DONE: HandedOver = { kind: 'done' };

/** Messages that are no longer outstanding in `outbox` are passed over. */
export function handOver(
  outbox: Outbox,
  record: OpenRecord,
  producer: ProducerPort,
  onQueued: (topic: TopicName) => void,
): HandedOver {
  for (; record.slot < record.messages.length; record.slot++) {
    const message = record.messages[record.slot] as Outgoing;
    const tag = tagOf(record.seq, record.slot);
    if (!outbox.isOutstanding(tag)) continue;
    const { topic, partition, key, value } = message;
    const result = producer.produce(topic, partition, key, value, tag);
    if (result === 'queued') onQueued(topic);
    else if (typeof result === 'string') return { kind: result };
    else return { kind: 'refused', message, tag, code: result.code, detail: result.refused };
  }
  return DONE;
}
