// The producer behind the publisher, kept alive: a client that failed for good is closed and a new one takes its place, to
// which the publisher then sends everything above its watermark again. Counts what was acknowledged, by topic.

import { openProducer, type Producer } from '../../contracts/runtime/kafka-producer.ts';
import type { KafkaSettings } from '../../contracts/runtime/kafka-settings.ts';
import type { TopicName } from '../../contracts/topics/registry.ts';
import { createTroubleLog } from '../lib/trouble.ts';
import type { Clock, LogPort } from '../ports.ts';
import type { Publisher } from './publisher.ts';

export type KafkaLinkOptions = {
  readonly brokers: string;
  readonly extra: KafkaSettings;
  readonly publisher: Pick<Publisher, 'attach' | 'delivered' | 'refused'>;
  readonly clock: Clock;
  readonly log: LogPort;
  /** A record is on all in-sync replicas. */
  readonly onPublished: (topic: TopicName) => void;
  /** Opens a client; `openProducer` but in tests. */
  readonly open?: typeof openProducer;
};

/** KAFKA_CONFIG_JSON holds something that the client does not take. */
export class KafkaSettingsRefused extends Error {
  override readonly name = 'KafkaSettingsRefused';
}

export type KafkaLink = {
  /** Hands the publisher its producer. */
  start(): void;
  /** Clients that were replaced since the start. */
  replaced(): number;
  close(): Promise<void>;
};

/** A client that fails at once, for a setting that cannot work, is not replaced more often than this. */
const REPLACE_AFTER_MS = 1000;

/** Throws `KafkaSettingsRefused` when `extra` holds what the client does not take. */
export function createKafkaLink(options: KafkaLinkOptions): KafkaLink {
  const { publisher, clock, log } = options;
  const trouble = createTroubleLog(log, 'kafka_trouble');
  let topicOfTag = new Map<number, TopicName>();
  let closed = false;
  let replaced = 0;
  let stopTimer: () => void = () => {};

  const open = (): Producer => {
    const topics = new Map<number, TopicName>();
    topicOfTag = topics;
    const isCurrent = (): boolean => topics === topicOfTag && !closed;
    return (options.open ?? openProducer)({
      brokers: options.brokers,
      clientId: 'unrip-engine',
      extra: options.extra,
      onDelivered(tag) {
        if (!isCurrent()) return;
        const topic = topics.get(tag);
        topics.delete(tag);
        if (topic !== undefined) options.onPublished(topic);
        trouble.wellAgain();
        publisher.delivered(tag);
      },
      onRefused(tag, code, message) {
        if (!isCurrent()) return;
        topics.delete(tag);
        publisher.refused(tag, code, message);
      },
      onTrouble(code, message) {
        trouble.say(code, message);
        if ((code === 'fatal' || code === 'order_broken') && isCurrent())
          stopTimer = clock.after(REPLACE_AFTER_MS, replace);
      },
    });
  };

  let producer: Producer;
  try {
    producer = open();
  } catch (error) {
    throw new KafkaSettingsRefused(
      `is not taken by the Kafka client: ${error instanceof Error ? error.message : 'no reason given'}`,
    );
  }

  const attach = (): void => {
    publisher.attach({
      produce(topic, partition, key, value, tag) {
        const produced = producer.produce(topic, partition, key, value, tag);
        if (produced === 'queued') topicOfTag.set(tag, topic);
        return produced;
      },
    });
  };

  function replace(): void {
    if (closed) return;
    const former = producer;
    producer = open();
    replaced++;
    former.close().catch((error: unknown) => log.warn('kafka_client_not_closed', { failure: error }));
    log.info('kafka_client_replaced', { replaced });
    attach();
  }

  return {
    start: attach,
    replaced: () => replaced,
    async close() {
      closed = true;
      stopTimer();
      await producer.close();
    },
  };
}
