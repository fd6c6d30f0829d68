// The producer behind the publisher, kept alive: a client that failed for good is closed and a new one takes its place, to
// which the publisher then sends everything above its watermark again. Says once when Kafka is away, and when it is back.

import { GrowingPause } from '../../contracts/runtime/backoff.ts';
import type { Clock } from '../../contracts/runtime/clock.ts';
import { openProducer, type Producer } from '../../contracts/runtime/kafka/producer.ts';
import { ProgressWatch } from '../../contracts/runtime/kafka/progress-watch.ts';
import type { KafkaSettings } from '../../contracts/runtime/kafka/settings.ts';
import { plainKafkaWords } from '../../contracts/runtime/kafka/words.ts';
import type { TopicName } from '../../contracts/topics/registry.ts';
import { createTroubleLog } from '../lib/trouble.ts';
import type { LogPort } from '../model/ports.ts';
import { isTopic } from './backlog/topic-backlogs.ts';
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

/** `starting`: no broker has answered yet, which is no fault for some seconds; `lost`: the client failed for good. */
export type KafkaLinkStatus = 'starting' | 'up' | 'down' | 'lost' | 'closed';

export type KafkaLinkState = {
  readonly status: KafkaLinkStatus;
  /** For how long it has been so. */
  readonly forMs: number;
  /** Clients that were replaced since the start, and why the last one was. */
  readonly replaced: number;
  readonly lastReplacedFor: string | null;
};

export type KafkaLink = {
  /** Hands the publisher its producer. */
  start(): void;
  state(): KafkaLinkState;
  /** Another client takes over, soon. */
  replace(why: string): void;
  close(): Promise<void>;
};

/** Before a client is replaced; it grows with each one that failed before it delivered anything. */
const REPLACE_PAUSE = { baseMs: 1_000, maxMs: 30_000 } as const;
const WATCH_MS = 500;
/** A first client that no broker answers for so long is not on its way any more. */
const START_LIMIT_MS = 5_000;

/** Throws `KafkaSettingsRefused` when `extra` holds what the client does not take. */
export function createKafkaLink(options: KafkaLinkOptions): KafkaLink {
  const { publisher, clock, log, brokers } = options;
  const trouble = createTroubleLog(log, 'kafka_trouble');
  let closed = false;
  /** Which client is the current one: reports of a former one are not about what the publisher has sent. */
  let generation = 0;
  let replaced = 0;
  let lastReplacedFor: string | null = null;
  const pause = new GrowingPause(REPLACE_PAUSE);
  const deliveries = new ProgressWatch(clock.elapsedUs());
  let stopReplacing: (() => void) | null = null;
  let stopWatch: () => void = () => {};
  let producer: Producer | null = null;
  let status: KafkaLinkStatus = 'starting';
  let sinceUs = clock.elapsedUs();

  const open = (): Producer => {
    const own = ++generation;
    const isCurrent = (): boolean => own === generation && !closed;
    return (options.open ?? openProducer)({
      brokers,
      clientId: 'unrip-engine',
      extra: options.extra,
      onDelivered(tag, report) {
        if (!isCurrent()) return;
        pause.reset();
        deliveries.progressed(clock.elapsedUs());
        trouble.recovered();
        if (isTopic(report.topic)) options.onPublished(report.topic);
        publisher.delivered(tag, report);
      },
      onRefused(tag, code, message, report) {
        if (!isCurrent()) return;
        deliveries.progressed(clock.elapsedUs());
        publisher.refused(tag, code, message, report);
      },
      onTrouble(code, message) {
        if (!isCurrent()) return;
        // That no broker answers, and that a client is lost, is said in words of this file.
        if (code === 'warning' && message.includes('Fatal error: ')) return;
        if (code === 'client_error' || code === 'warning') trouble.report('client', plainKafkaWords(message));
        else if (code !== 'brokers_down' && code !== 'fatal') trouble.report(code, message);
        if (code === 'fatal' || code === 'order_broken') replace(message);
        watch();
      },
    });
  };

  /** At most one client is replaced at a time, and the pauses grow. */
  function replace(why: string): void {
    if (closed || stopReplacing !== null) return;
    lastReplacedFor = why;
    const pauseMs = pause.next();
    const detail = 'a new client sends the undelivered records again; some may arrive twice';
    log.error('kafka_client_lost', { reason: why, retry_after_ms: pauseMs, detail });
    stopReplacing = clock.after(pauseMs, replaceNow);
  }

  function replaceNow(): void {
    stopReplacing = null;
    if (closed) return;
    const former = producer;
    try {
      producer = open();
    } catch (error) {
      replace(`no client could be made: ${textOf(error)}`);
      return;
    }
    replaced++;
    former?.close().catch((error: unknown) => log.warn('kafka_client_not_closed', { failure: error }));
    log.info('kafka_client_replaced', { replaced });
    attach();
    watch();
  }

  function checkDeliveries(): void {
    const silentMs = deliveries.check((producer?.queued() ?? 0) > 0, clock.elapsedUs());
    if (silentMs !== null) replace(`it delivered nothing for ${Math.round(silentMs / 1000)} s`);
  }

  /** The client has no event for "up": its state is read now and then, and at once when it reports a trouble. */
  function watch(): void {
    const next = statusNow();
    if (next === status) return;
    const forMs = Math.round((clock.elapsedUs() - sinceUs) / 1000);
    if (next === 'down' && status !== 'lost') {
      const fix = 'start the brokers, or correct KAFKA_BROKERS; meanwhile records wait in the journal';
      log.error('kafka_down', { brokers, fix });
    } else if (next === 'up' && status !== 'starting') {
      log.info('kafka_up', { brokers, after_ms: forMs });
    }
    status = next;
    sinceUs = clock.elapsedUs();
  }

  function statusNow(): KafkaLinkStatus {
    if (closed) return 'closed';
    if (stopReplacing !== null) return 'lost';
    const state = producer?.state() ?? 'connecting';
    if (state === 'up' || state === 'down') return state;
    if (state === 'failed' || state === 'closed') return 'lost';
    // A client that was put in another's place has to show that it is up; a first one has a moment.
    if (status === 'lost' || status === 'down') return status;
    return clock.elapsedUs() - sinceUs > START_LIMIT_MS * 1000 ? 'down' : status;
  }

  producer = open();

  function attach(): void {
    publisher.attach({
      produce: (topic, partition, key, value, tag) =>
        producer?.produce(topic, partition, key, value, tag) ?? 'unavailable',
    });
  }

  return {
    start() {
      attach();
      stopWatch = clock.every(WATCH_MS, () => {
        checkDeliveries();
        watch();
      });
    },
    state: () => ({
      status,
      forMs: Math.round((clock.elapsedUs() - sinceUs) / 1000),
      replaced,
      lastReplacedFor,
    }),
    replace(why) {
      replace(why);
      watch();
    },
    async close() {
      closed = true;
      stopReplacing?.();
      stopWatch();
      status = 'closed';
      await producer?.close();
    },
  };
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : 'no reason given');
