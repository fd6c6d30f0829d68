// Batches that a broker takes. A broker measures a batch as it measures a record (`max.message.bytes` of the topic, `message.max.bytes`
// of the brokers): below what librdkafka puts together it refuses all records of a batch, also those that would fit alone. What it
// allows is known to nobody without the right to read its settings, so that batches get smaller until it takes them.

import type { Log } from '../../log/log.ts';
import type { KafkaSettings } from '../settings.ts';

/** librdkafka's own, for a batch as for a record. */
const BATCH_BYTES_DEFAULT = 1_000_000;
const BATCH_RECORDS_DEFAULT = 10_000;
/** Below it, one record each: no broker in use allows less, and then it is the record that is too large. */
const BATCH_BYTES_MIN = 16_384;
const STEP = 4;

/** A message, or a batch, is larger than the broker takes. */
const TOO_LARGE = new Set([10, 18]);

type BatchLimits = { readonly bytes: number; readonly records: number };

export const batchLimitsOf = (settings: KafkaSettings): BatchLimits => ({
  bytes: Math.min(
    Number(settings['batch.size'] ?? BATCH_BYTES_DEFAULT),
    Number(settings['message.max.bytes'] ?? BATCH_BYTES_DEFAULT),
  ),
  records: Number(settings['batch.num.messages'] ?? BATCH_RECORDS_DEFAULT),
});

/** Whether what was refused with this code may have been refused for others in its batch: a record of a batch's size is alone in one. */
export const isRefusedTogether = (code: number, valueBytes: number, { bytes, records }: BatchLimits): boolean =>
  TOO_LARGE.has(code) && records > 1 && valueBytes < bytes;

/** Of the clients that follow each other in one process. */
export class BatchSize {
  readonly #given: KafkaSettings;
  readonly #log: Pick<Log, 'error'>;
  #found: KafkaSettings = {};
  /** Of a client whose batches were refused there are more under way. */
  #foundBy = 0;

  /** @param given what the clients are opened with */
  constructor(given: KafkaSettings, log: Pick<Log, 'error'>) {
    this.#given = given;
    this.#log = log;
  }

  /** The same, with batches as small as has been found necessary. */
  get settings(): KafkaSettings {
    return { ...this.#given, ...this.#found };
  }

  /** Records of the topic were refused together. @returns why another client is needed; null: that is known of this one */
  refused(client: number, topic: string): string | null {
    if (this.#foundBy === client) return null;
    this.#foundBy = client;
    const bytes = Math.floor(batchLimitsOf(this.settings).bytes / STEP);
    this.#found = bytes < BATCH_BYTES_MIN ? { ...this.#found, 'batch.num.messages': 1 } : { 'batch.size': bytes };
    this.#log.error('kafka_batches_too_large', { topic, from_now_on: this.#found, fix: batchFix(topic) });
    return `Kafka refuses whole batches of ${topic} as too large`;
  }
}

/** Kafka's own limit. */
const BROKER_BYTES_DEFAULT = 1_048_588;

/** For an operator. */
export const batchFix = (topic: string): string =>
  `set max.message.bytes of ${topic}, or message.max.bytes of the brokers, to ${BROKER_BYTES_DEFAULT} or more (kafka-configs --alter), or a lower batch.size in KAFKA_CONFIG_JSON`;
