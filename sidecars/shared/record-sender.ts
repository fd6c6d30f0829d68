// Sends what a sidecar publishes to Kafka: its health, control actions, dead letters. `send` tells when all replicas have the
// record; `post` does not wait, and drops when too much is waiting. While brokers are away records wait here, bounded; a
// producer that failed for good is replaced, and what it had not acknowledged goes out again: consumers know repeats by id.

import { partitionOf } from '../../contracts/runtime/kafka-partition.ts';
import { openProducer, type Producer, refusesRecord } from '../../contracts/runtime/kafka-producer.ts';
import type { KafkaSettings } from '../../contracts/runtime/kafka-settings.ts';
import type { Log } from '../../contracts/runtime/log.ts';
import type { Timers } from '../../contracts/runtime/timers.ts';
import { type TopicName, topicOf } from '../../contracts/topics/registry.ts';

/** Kafka refuses this very record, and would refuse it again. */
export class RecordRefused extends Error {
  override readonly name = 'RecordRefused';
}

export type RecordSender = {
  /** Resolves when the record is on all replicas; rejects with RecordRefused, or with another Error at `close`. */
  send(topic: TopicName, key: string, value: string): Promise<void>;
  /** Without waiting. False: dropped and counted, since too many records wait already. */
  post(topic: TopicName, key: string, value: string): boolean;
  isUp(): boolean;
  /** Records that wait for their acknowledgement. */
  waiting(): number;
  /** Records that `post` dropped, or that Kafka refused, since the start. */
  dropped(): number;
  /** Waits until nothing waits; false at the limit. */
  flush(limitMs: number): Promise<boolean>;
  close(): Promise<void>;
};

export type SenderOptions = {
  readonly brokers: string;
  readonly clientId: string;
  readonly extra: KafkaSettings;
  /** Stands before the name of every topic; empty but in tests that share a broker. */
  readonly topicPrefix: string;
  readonly timers: Timers;
  readonly log: Log;
};

type Waiting = {
  readonly topic: TopicName;
  readonly key: string;
  readonly value: Uint8Array;
  handedOver: boolean;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
};

const POSTED_MAX = 10_000;
const RETRY_MS = 250;

export function openRecordSender(options: SenderOptions): RecordSender {
  const { timers, log } = options;
  const waiting = new Map<number, Waiting>();
  const encoder = new TextEncoder();
  let emptied: (() => void)[] = [];
  let tags = 0;
  let dropped = 0;
  let closed = false;
  let stopRetry: (() => void) | null = null;
  let lastTrouble = '';
  let producer = open();

  function open(): Producer {
    const opened = openProducer({
      brokers: options.brokers,
      clientId: options.clientId,
      extra: options.extra,
      onDelivered: (tag) => settle(tag, null),
      onRefused(tag, code, message) {
        const record = waiting.get(tag);
        if (record === undefined) return;
        if (refusesRecord(code)) {
          settle(tag, new RecordRefused(`Kafka refuses the record: ${message} (${code})`));
        } else {
          record.handedOver = false;
          retryLater();
        }
      },
      onTrouble(code, message) {
        const said = `${code} ${message}`;
        if (said !== lastTrouble) log.warn('kafka_trouble', { client: options.clientId, code, detail: message });
        lastTrouble = said;
        if (code === 'fatal' || code === 'order_broken') retryLater();
      },
    });
    // Sets it going to find a broker, which it does until it is closed; its state tells the rest.
    opened.connect(0).catch(() => undefined);
    return opened;
  }

  function settle(tag: number, error: Error | null): void {
    const record = waiting.get(tag);
    if (record === undefined) return;
    waiting.delete(tag);
    if (error === null) {
      lastTrouble = '';
      record.resolve();
    } else record.reject(error);
    if (waiting.size > 0) return;
    const done = emptied;
    emptied = [];
    for (const wake of done) wake();
  }

  function retryLater(): void {
    if (closed || stopRetry !== null) return;
    stopRetry = timers.after(RETRY_MS, () => {
      stopRetry = null;
      if (producer.state() === 'failed') replaceProducer();
      for (const [tag, record] of waiting) if (!record.handedOver && !handOver(tag, record)) return;
    });
  }

  function replaceProducer(): void {
    void producer.close();
    for (const record of waiting.values()) record.handedOver = false;
    producer = open();
  }

  /** False: no room now; comes round again. */
  function handOver(tag: number, record: Waiting): boolean {
    const partition = partitionOf(record.key, topicOf(record.topic).partitions);
    const outcome = producer.produce(options.topicPrefix + record.topic, partition, record.key, record.value, tag);
    if (outcome === 'queued') {
      record.handedOver = true;
      return true;
    }
    if (outcome === 'full' || outcome === 'unavailable' || !refusesRecord(outcome.code)) {
      retryLater();
      return false;
    }
    settle(tag, new RecordRefused(`Kafka refuses the record: ${outcome.refused} (${outcome.code})`));
    return true;
  }

  const send = (topic: TopicName, key: string, value: string): Promise<void> => {
    if (closed) return Promise.reject(new Error('the sender is closed'));
    return new Promise((resolve, reject) => {
      const record = { topic, key, value: encoder.encode(value), handedOver: false, resolve, reject };
      const tag = ++tags;
      waiting.set(tag, record);
      // What waits goes first, so that records keep their order.
      if (stopRetry === null) handOver(tag, record);
    });
  };

  return {
    send,
    post(topic, key, value) {
      if (closed || waiting.size >= POSTED_MAX) {
        dropped++;
        return false;
      }
      send(topic, key, value).catch((error: unknown) => {
        dropped++;
        log.error('record_not_published', { topic, failure: error });
      });
      return true;
    },
    isUp: () => producer.state() === 'up',
    waiting: () => waiting.size,
    dropped: () => dropped,
    flush(limitMs) {
      if (waiting.size === 0) return Promise.resolve(true);
      return new Promise((resolve) => {
        const stop = timers.after(limitMs, () => resolve(false));
        emptied.push(() => {
          stop();
          resolve(true);
        });
      });
    },
    async close() {
      if (closed) return;
      closed = true;
      stopRetry?.();
      await producer.close();
      for (const tag of [...waiting.keys()])
        settle(tag, new Error('the sender was closed before Kafka had the record'));
    },
  };
}
