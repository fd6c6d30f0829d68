// Sends what a sidecar publishes to Kafka: its health, control actions, dead letters. `send` gives where the record is once all
// replicas have it; `post` does not wait, and drops when too much is waiting. While brokers are away records wait here, bounded.
// A topic that Kafka takes no records for (missing, too few partitions, no right to write) waits by itself, tried again after
// growing pauses, and holds up no other. A client that failed for good is replaced, after growing pauses too, and what it had not
// acknowledged goes out again: consumers know repeats by id.

import { type TopicName, topicOf } from '../../topics/registry.ts';
import { GrowingPause } from '../backoff.ts';
import type { Clock } from '../clock.ts';
import type { Log } from '../log/log.ts';
import { BatchSize } from './limits/batch-size.ts';
import { partitionOf } from './partition.ts';
import { openProducer, type Producer, type Refusal, type Report, refusesRecord } from './producer.ts';
import { ProgressWatch } from './progress-watch.ts';
import type { KafkaSettings } from './settings.ts';
import { KafkaTroubleLog } from './trouble.ts';

/** Kafka refuses this very record, and would refuse it again. */
export class RecordRefused extends Error {
  override readonly name = 'RecordRefused';
}

export type RecordSender = {
  /** Resolves when the record is on all replicas; rejects with RecordRefused, or with another Error at `close`. */
  send(topic: TopicName, key: string, value: string): Promise<Report>;
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
  /** Prefix of every topic's name; empty except in tests that share a broker. */
  readonly topicPrefix: string;
  readonly timers: Pick<Clock, 'after' | 'elapsedUs'>;
  readonly log: Pick<Log, 'warn' | 'error' | 'info'>;
  /** Opens a client; `openProducer` but in tests. */
  readonly open?: typeof openProducer;
};

type Waiting = {
  readonly topic: TopicName;
  readonly key: string;
  readonly value: Uint8Array;
  readonly resolve: (report: Report) => void;
  readonly reject: (error: Error) => void;
};

/** The records of one topic that wait, in their order, and what keeps them from going out. */
type Line = {
  readonly records: Map<number, Waiting>;
  /** Tags of those that the client does not have, in their order. */
  unsent: Set<number>;
  /** Tags of those that came back while the topic waits. */
  returned: number[];
  readonly pause: GrowingPause;
  stopPause: (() => void) | null;
  said: string;
};

const POSTED_MAX = 10_000;
/** The client has no room, or is not ready: the same for all topics. */
const CLIENT_PAUSE = { baseMs: 100, maxMs: 1_000 } as const;
const TOPIC_PAUSE = { baseMs: 1_000, maxMs: 10_000 } as const;
const REPLACE_PAUSE = { baseMs: 1_000, maxMs: 30_000 } as const;
const WATCH_MS = 5_000;

export function openRecordSender(options: SenderOptions): RecordSender {
  return new Sender(options);
}

class Sender implements RecordSender {
  readonly #options: SenderOptions;
  readonly #lines = new Map<TopicName, Line>();
  readonly #encoder = new TextEncoder();
  readonly #clientPause = new GrowingPause(CLIENT_PAUSE);
  readonly #replacePause = new GrowingPause(REPLACE_PAUSE);
  #emptied: (() => void)[] = [];
  #tags = 0;
  #count = 0;
  #dropped = 0;
  #closed = false;
  #stopClientPause: (() => void) | null = null;
  #stopReplacing: (() => void) | null = null;
  #stopWatch: () => void = () => undefined;
  readonly #deliveries: ProgressWatch;
  readonly #trouble: KafkaTroubleLog;
  /** Reports of a former client are not about what the present one was given. */
  #generation = 0;
  readonly #batchSize: BatchSize;
  #producer: Producer;

  constructor(options: SenderOptions) {
    this.#options = options;
    this.#batchSize = new BatchSize(options.extra, options.log);
    this.#deliveries = new ProgressWatch(options.timers.elapsedUs());
    this.#trouble = new KafkaTroubleLog(options.log, options.clientId);
    this.#producer = this.#open();
    this.#watchDeliveries();
  }

  send(topic: TopicName, key: string, value: string): Promise<Report> {
    if (this.#closed) return Promise.reject(new Error('the sender is closed'));
    return new Promise((resolve, reject) => {
      const line = this.#lineOf(topic);
      const tag = ++this.#tags;
      line.records.set(tag, { topic, key, value: this.#encoder.encode(value), resolve, reject });
      line.unsent.add(tag);
      this.#count++;
      this.#pump(line);
    });
  }

  post(topic: TopicName, key: string, value: string): boolean {
    if (this.#closed || this.#count >= POSTED_MAX) {
      this.#dropped++;
      return false;
    }
    this.send(topic, key, value).catch((error: unknown) => {
      this.#dropped++;
      this.#options.log.error('record_not_published', { topic, failure: error });
    });
    return true;
  }

  isUp(): boolean {
    return this.#producer.state() === 'up';
  }

  waiting(): number {
    return this.#count;
  }

  dropped(): number {
    return this.#dropped;
  }

  flush(limitMs: number): Promise<boolean> {
    if (this.#count === 0) return Promise.resolve(true);
    return new Promise((resolve) => {
      const stop = this.#options.timers.after(limitMs, () => resolve(false));
      this.#emptied.push(() => {
        stop();
        resolve(true);
      });
    });
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#stopClientPause?.();
    this.#stopReplacing?.();
    this.#stopWatch();
    for (const line of this.#lines.values()) line.stopPause?.();
    await this.#producer.close();
    const left = new Error('the sender was closed before Kafka had the record');
    for (const { records } of this.#lines.values()) for (const tag of [...records.keys()]) this.#settle(tag, left);
  }

  #open(): Producer {
    const { brokers, clientId } = this.#options;
    const own = ++this.#generation;
    const isCurrent = (): boolean => own === this.#generation && !this.#closed;
    const opened = (this.#options.open ?? openProducer)({
      brokers,
      clientId,
      extra: this.#batchSize.settings,
      onDelivered: (tag, report) => {
        if (!isCurrent()) return;
        this.#deliveries.progressed();
        this.#settle(tag, report);
      },
      onRefused: (tag, refusal, { topic }) => {
        if (!isCurrent()) return;
        this.#deliveries.progressed();
        const why = refusal.isTogether ? this.#batchSize.refused(own, topic) : null;
        if (why !== null) this.#replaceLater(why);
        if (!refusal.isTogether) this.#refused(tag, refusal);
      },
      onTrouble: (code, message) => {
        if (!isCurrent()) return;
        this.#trouble.report(code, message);
        if (code === 'fatal' || code === 'order_broken') this.#replaceLater(message);
      },
    });
    // Sets it going to find a broker, which it does until it is closed; its state tells the rest.
    opened.connect(0).catch(() => undefined);
    return opened;
  }

  #watchDeliveries(): void {
    const { timers } = this.#options;
    this.#stopWatch = timers.after(WATCH_MS, () => {
      const silentMs = this.#deliveries.check(this.#producer.queued() > 0, timers.elapsedUs());
      if (silentMs !== null) this.#replaceLater(`it delivered nothing for ${Math.round(silentMs / 1000)} s`);
      this.#watchDeliveries();
    });
  }

  /** Hands over what waits, topic by topic. */
  #pumpAll(): void {
    for (const line of this.#lines.values()) this.#pump(line);
  }

  /** Hands over what waits of one topic, in order, unless something has to pass first. */
  #pump(line: Line): void {
    if (this.#closed || line.stopPause !== null || this.#stopClientPause !== null || this.#stopReplacing !== null)
      return;
    for (const tag of line.unsent) {
      const record = line.records.get(tag);
      if (record !== undefined && !this.#handOver(tag, record, line)) return;
      line.unsent.delete(tag);
    }
  }

  /** False: no more of this topic now. */
  #handOver(tag: number, record: Waiting, line: Line): boolean {
    const { key, value, topic } = record;
    const partition = partitionOf(key, topicOf(topic).partitions);
    const outcome = this.#producer.produce(this.#options.topicPrefix + topic, partition, key, value, tag);
    if (outcome === 'queued') return true;
    if (outcome === 'full' || outcome === 'unavailable') {
      if (this.#producer.state() === 'failed') this.#replaceLater('the client failed');
      else {
        this.#stopClientPause ??= this.#options.timers.after(this.#clientPause.next(), () => {
          this.#stopClientPause = null;
          this.#pumpAll();
        });
      }
      return false;
    }
    if (refusesRecord(outcome.code)) {
      this.#settle(tag, new RecordRefused(`Kafka refuses the record: ${outcome.refused} (${outcome.code})`));
      return true;
    }
    this.#leaveAside(topic, line, { code: outcome.code, detail: outcome.refused });
    return false;
  }

  #refused(tag: number, refusal: Refusal): void {
    const record = this.#recordOf(tag);
    if (record === null) return;
    const { code, detail } = refusal;
    if (refusesRecord(code)) {
      this.#settle(tag, new RecordRefused(`Kafka refuses the record: ${detail} (${code})`));
      return;
    }
    const line = this.#lineOf(record.topic);
    line.returned.push(tag);
    this.#leaveAside(record.topic, line, refusal);
  }

  /** The topic waits; the others go on. */
  #leaveAside(topic: TopicName, line: Line, { code, detail }: Pick<Refusal, 'code' | 'detail'>): void {
    if (line.stopPause !== null || this.#closed) return;
    const said = `${code} ${detail}`;
    if (said !== line.said) this.#options.log.error('topic_blocked', { topic, code, detail });
    line.said = said;
    line.stopPause = this.#options.timers.after(line.pause.next(), () => {
      line.stopPause = null;
      // What came back was there before what waits.
      line.unsent = new Set([...line.returned.sort((left, right) => left - right), ...line.unsent]);
      line.returned = [];
      this.#pump(line);
    });
  }

  #replaceLater(why: string): void {
    if (this.#closed || this.#stopReplacing !== null) return;
    const pauseMs = this.#replacePause.next();
    this.#options.log.error('kafka_client_lost', { reason: why, retry_after_ms: pauseMs });
    this.#stopReplacing = this.#options.timers.after(pauseMs, () => {
      this.#stopReplacing = null;
      const former = this.#producer;
      try {
        this.#producer = this.#open();
      } catch (error) {
        this.#replaceLater(error instanceof Error ? error.message : String(error));
        return;
      }
      former.close().catch((error: unknown) => this.#options.log.warn('kafka_client_not_closed', { failure: error }));
      for (const line of this.#lines.values()) {
        line.unsent = new Set(line.records.keys());
        line.returned = [];
      }
      this.#pumpAll();
    });
  }

  /** Kafka has the record, or it will never have it. */
  #settle(tag: number, result: Report | Error): void {
    const record = this.#recordOf(tag);
    if (record === null) return;
    const line = this.#lineOf(record.topic);
    line.records.delete(tag);
    this.#count--;
    if (result instanceof Error) record.reject(result);
    else {
      this.#trouble.over();
      line.said = '';
      line.pause.reset();
      this.#clientPause.reset();
      this.#replacePause.reset();
      record.resolve(result);
    }
    if (this.#count > 0) return;
    const done = this.#emptied;
    this.#emptied = [];
    for (const wake of done) wake();
  }

  #lineOf(topic: TopicName): Line {
    const found = this.#lines.get(topic);
    if (found !== undefined) return found;
    const line: Line = {
      records: new Map(),
      unsent: new Set(),
      returned: [],
      pause: new GrowingPause(TOPIC_PAUSE),
      stopPause: null,
      said: '',
    };
    this.#lines.set(topic, line);
    return line;
  }

  #recordOf(tag: number): Waiting | null {
    for (const { records } of this.#lines.values()) {
      const record = records.get(tag);
      if (record !== undefined) return record;
    }
    return null;
  }
}
