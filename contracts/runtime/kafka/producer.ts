// Writes records to Kafka, each at most once and in order within its partition, and tells for each of them, by the
// caller's tag, that all replicas have it or why it was refused. The caller chooses the partition (partition.ts).
// It never blocks: `produce` hands over to librdkafka's queue, which goes on by itself when brokers come back. Records
// never time out here; how many may wait is bounded by the queue, and what was not reported at `close` was not delivered
// as far as anyone knows. Out of scope: keeping records over a restart, which is the outbox's work.

import { lastingTimers } from '../clock.ts';
import { within } from '../wait.ts';
import type { KafkaState, OnKafkaTrouble } from './client.ts';
import { ERR_FATAL, KafkaClient } from './client.ts';
import { HandingOver } from './handing-over.ts';
import { batchLimitsOf, isRefusedTogether } from './limits/batch-size.ts';
import { kafkaAddon, makeNative } from './native.ts';
import { type DeliveryReport, unpackReports } from './reports.ts';
import type { KafkaSettings } from './settings.ts';
import { mergeSettings } from './settings.ts';

export type ProducerOptions = {
  /** `host:port`, comma separated. */
  readonly brokers: string;
  readonly clientId: string;
  /** librdkafka settings beyond ours, see checkKafkaSettings. */
  readonly extra?: KafkaSettings;
  /** The record is on all in-sync replicas. */
  onDelivered(tag: number, report: Report): void;
  /** The record is not in the log and will not be sent again. */
  onRefused(tag: number, refusal: Refusal, report: Report): void;
  readonly onTrouble: OnKafkaTrouble;
};

/** Why a record is not in the log. refusesRecord(code) tells whether the record is at fault. */
export type Refusal = {
  readonly code: number;
  readonly detail: string;
  /** Too large for the broker, perhaps only with others of its batch: see batch-size.ts. */
  readonly isTogether: boolean;
};

/** Where a record went. `offset` is negative when it is not known, as for one that was refused. */
export type Report = { readonly topic: string; readonly partition: number; readonly offset: number };

/**
 * `queued`: taken, a report for the tag will follow. `full`: the queue is full, try again later. `unavailable`: this
 * client cannot take records now (not started yet, failed, closed), nothing is wrong with the record. `refused`: not
 * taken, no report follows; refusesRecord(code) tells whether the record is at fault. Only a large record is refused at
 * once: small ones are handed over after the turn, and one of them that is refused then is reported as such.
 */
export type Produced = 'queued' | 'full' | 'unavailable' | { readonly refused: string; readonly code: number };

export type Producer = {
  /** Resolves when a broker answered; rejects after the time, and the client goes on trying by itself. */
  connect(timeoutMs: number): Promise<void>;
  state(): KafkaState;
  /**
   * `tag` is an integer of the caller's; `value: null` is a tombstone, an empty value stays an empty value, a text is written in
   * UTF-8.
   */
  produce(
    topic: string,
    partition: number,
    key: string | null,
    value: Uint8Array | string | null,
    tag: number,
  ): Produced;
  /** Records taken and not reported yet. */
  queued(): number;
  /** Waits until nothing is queued; false when that took longer than `timeoutMs`, or the client failed. */
  flush(timeoutMs: number): Promise<boolean>;
  /** Ends the client; flush before. Queued records are dropped without a report. Idempotent. */
  close(): Promise<void>;
};

const OK = 0;
const UNKNOWN_OFFSET = -1;
const QUEUE_FULL = -184;
const ERR_STATE = -172;

/**
 * Codes that lie in the record itself: sending the same bytes again cannot help. Everything else is about the cluster. So is an
 * invalid record (87), and an invalid timestamp (32), which the client reports as that: a broker refuses records for their time, or
 * for want of a key where the topic is compacted. Each try has the time of day at which it is made, and is taken once our clock and
 * the broker's agree; and every record has a key.
 */
const RECORD_AT_FAULT = new Set([
  -186, // invalid argument
  2, // corrupt message
  10, // message too large, for our limit or the broker's
  18, // batch too large
  21, // invalid required acks
  44, // policy violation
]);

/** Whether a refusal with this code would meet the same record again, so that it belongs into the dead letters. */
export function refusesRecord(code: number): boolean {
  return RECORD_AT_FAULT.has(code);
}

const DEFAULTS: KafkaSettings = {
  // Nothing waits for a delivery, and a broker handles a batch at about the price of a record: with 1 ms a local broker took
  // four fifths of a processor for 1,200 records/s, with 100 ms a sixth, which leaves more for the other processes.
  'linger.ms': 100,
  'compression.type': 'lz4',
  'queue.buffering.max.messages': 100_000,
  'queue.buffering.max.kbytes': 262_144,
  'socket.keepalive.enable': true,
  // A topic that was made, or got partitions, is found within this time; librdkafka's own five minutes are far too long.
  'topic.metadata.refresh.interval.ms': 10_000,
  'reconnect.backoff.max.ms': 5000,
};

/** Callers that wait until nothing is queued. */
class Flushes {
  #waiting: (() => void)[] = [];

  wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }

  async wait(timeoutMs: number): Promise<void> {
    const woken = Promise.withResolvers<void>();
    this.#waiting.push(woken.resolve);
    await within(lastingTimers, woken.promise, timeoutMs);
  }
}

type Parts = {
  readonly limits: ReturnType<typeof batchLimitsOf>;
  readonly client: KafkaClient;
  readonly records: HandingOver;
  readonly options: Pick<ProducerOptions, 'onDelivered' | 'onRefused'>;
};

type Refused = {
  readonly tag: number;
  readonly code: number;
  readonly isTogether: boolean;
  readonly report: Report;
};

function refuse({ client, options }: Parts, { tag, code, isTogether, report }: Refused): void {
  const refusal = { code, detail: kafkaAddon().err2str(code), isTogether };
  client.guard('onRefused', () => options.onRefused(tag, refusal, report));
}

function takeReport(parts: Parts, report: DeliveryReport): void {
  const { client, records, options } = parts;
  const { code } = report;
  const record = records.inFlight.take(report);
  if (typeof record === 'string') {
    // To go on would be to guess which record was written: better none is called delivered than a wrong one.
    client.fail(`delivery reports came out of order: ${record}`, 'order_broken');
  } else if (code === OK) {
    // Without a function made for each report.
    try {
      options.onDelivered(record.tag, report);
    } catch (failure) {
      client.callbackFailed('onDelivered', failure);
    }
  } else if (code === ERR_FATAL) {
    client.fail(kafkaAddon().err2str(code));
  } else {
    const isTogether = isRefusedTogether(code, report.sizeBytes, parts.limits);
    refuse(parts, { tag: record.tag, code, isTogether, report });
  }
}

/** Opens a producer; it starts to reach for the brokers at once. Throws when `extra` holds what is ours to set. */
export function openProducer(options: ProducerOptions): Producer {
  const settings = mergeSettings(DEFAULTS, options.extra ?? {}, {
    'metadata.broker.list': options.brokers,
    'client.id': options.clientId,
    'enable.idempotence': true,
    'message.timeout.ms': 0,
  });
  const addon = kafkaAddon();
  const native = makeNative(addon.Producer, settings);
  const flushes = new Flushes();
  let ready = false;

  const isOver = (): boolean => client.state === 'failed' || client.state === 'closed';
  const isOpen = (): boolean => ready && !isOver();
  const wakeWhenDone = (): void => {
    if (records.count === 0 || isOver()) flushes.wake();
  };
  const records = new HandingOver({
    native,
    isOpen,
    onRefused({ topic, partition, tag }, code) {
      // By the client, which judges each record by itself.
      refuse(parts, { tag, code, isTogether: false, report: { topic, partition, offset: UNKNOWN_OFFSET } });
      wakeWhenDone();
    },
    // The event that says so may have been missed, and without a new client no record would ever leave.
    onLost: () => client.fail(addon.err2str(ERR_FATAL)),
  });
  const onReports = (packed: Buffer): void => {
    for (const report of unpackReports(packed)) {
      if (isOver()) break;
      takeReport(parts, report);
    }
    // They have made room for what waits.
    records.send();
    wakeWhenDone();
  };
  const client = new KafkaClient(native, { global: {}, topic: {}, event: { delivery_cb: onReports } }, options);
  const parts: Parts = { limits: batchLimitsOf(settings), client, records, options };
  const started = client.started.then((ok) => {
    if (!ok || client.state === 'closed') return;
    native.setPollInBackground(true);
    ready = true;
  });

  return {
    async connect(timeoutMs) {
      await started;
      await client.waitUntilUp(timeoutMs, options.brokers);
    },

    state: () => client.state,

    produce(topic, partition, key, value, tag) {
      if (!isOpen()) return 'unavailable';
      const code = records.add({ topic, partition, key, tag, sizeBytes: 0 }, value);
      if (code === OK) return 'queued';
      if (code === QUEUE_FULL) return 'full';
      if (code === ERR_STATE || code === ERR_FATAL) return 'unavailable';
      return { refused: addon.err2str(code), code };
    },

    queued: () => records.count,

    async flush(timeoutMs) {
      records.send();
      if (records.count > 0 && !isOver()) await flushes.wait(timeoutMs);
      return records.count === 0;
    },

    async close() {
      ready = false;
      records.stop();
      await started;
      await client.close();
      records.release();
      flushes.wake();
    },
  };
}
