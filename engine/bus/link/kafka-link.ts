// The producer behind the publisher, kept alive: a client that failed for good is closed and a new one takes its place, to
// which the publisher then sends everything above its watermark again. Says once when Kafka is away, and when it is back.

import { GrowingPause } from '../../../contracts/runtime/backoff.ts';
import type { Clock } from '../../../contracts/runtime/clock.ts';
import { BatchSize } from '../../../contracts/runtime/kafka/limits/batch-size.ts';
import { openProducer, type Producer, type ProducerOptions } from '../../../contracts/runtime/kafka/producer.ts';
import { ProgressWatch } from '../../../contracts/runtime/kafka/progress-watch.ts';
import type { KafkaSettings } from '../../../contracts/runtime/kafka/settings.ts';
import { plainKafkaWords } from '../../../contracts/runtime/kafka/words.ts';
import type { TopicName } from '../../../contracts/topics/registry.ts';
import { createTroubleLog, type TroubleLog } from '../../lib/trouble.ts';
import type { LogPort } from '../../model/ports.ts';
import { isTopic } from '../backlog/topic-backlogs.ts';
import type { Publisher } from '../publisher.ts';
import { type KafkaLinkStatus, LinkStatus } from './link-status.ts';

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

/**
 * Records wait so long for others of their partition: nothing waits for a delivery, and ten requests a second for each of some thirty
 * partitions cost client and broker about as much as the records in them.
 */
const GATHER: KafkaSettings = { 'linger.ms': 250 };
/**
 * While no broker answers the client takes so many records and no more: all it can do is to keep them in memory, some kilobytes each,
 * and the journal has them. A broker that is back has these to begin with.
 */
const AWAY_QUEUED_MAX = 2_000;
/** Before a client is replaced; it grows with each one that failed before it delivered anything. */
const REPLACE_PAUSE = { baseMs: 1_000, maxMs: 30_000 } as const;
const WATCH_MS = 500;

type Reports = Pick<ProducerOptions, 'onDelivered' | 'onRefused' | 'onTrouble'>;

/** What the link does when its client reports. */
type LinkEvents = {
  /** Reports of a former client are not about what the publisher has sent. */
  readonly isCurrent: () => boolean;
  readonly onReport: () => void;
  readonly onDelivered: () => void;
  readonly onLost: (why: string) => void;
  /** Records of the topic were refused with their batch. @returns why another client is needed; null: that is known */
  readonly refusedTogether: (topic: string) => string | null;
  readonly onTrouble: () => void;
};

function reportsOf({ publisher, onPublished }: KafkaLinkOptions, trouble: TroubleLog, link: LinkEvents): Reports {
  return {
    onDelivered(tag, report) {
      if (!link.isCurrent()) return;
      link.onReport();
      link.onDelivered();
      trouble.recovered();
      if (isTopic(report.topic)) onPublished(report.topic);
      publisher.delivered(tag, report);
    },
    onRefused(tag, refusal, report) {
      if (!link.isCurrent()) return;
      link.onReport();
      if (!refusal.isTogether) {
        publisher.refused(tag, refusal, report);
        return;
      }
      // It goes out again with the next client, in a smaller batch.
      const why = link.refusedTogether(report.topic);
      if (why !== null) link.onLost(why);
    },
    onTrouble(code, message) {
      if (!link.isCurrent()) return;
      // That no broker answers, and that a client is lost, is said in words of this file.
      if (code === 'warning' && message.includes('Fatal error: ')) return;
      if (code === 'client_error' || code === 'warning') trouble.report('client', plainKafkaWords(message));
      else if (code !== 'brokers_down' && code !== 'fatal') trouble.report(code, message);
      if (code === 'fatal' || code === 'order_broken') link.onLost(message);
      link.onTrouble();
    },
  };
}

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
  const batchSize = new BatchSize({ ...GATHER, ...options.extra }, log);
  let stopWatch: () => void = () => {};
  let producer: Producer | null = null;
  const status = new LinkStatus(brokers, clock, log);

  const open = (): Producer => {
    const own = ++generation;
    return (options.open ?? openProducer)({
      brokers,
      clientId: 'unrip-engine',
      extra: batchSize.settings,
      ...reportsOf(options, trouble, {
        isCurrent: () => own === generation && !closed,
        onReport: () => deliveries.progressed(),
        onDelivered: () => pause.reset(),
        onLost: replace,
        refusedTogether: (topic) => batchSize.refused(own, topic),
        onTrouble: watch,
      }),
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

  /** The client has no event for "up": its state is read now and then, and at once when it reports a trouble. */
  function watch(): void {
    status.update(stopReplacing !== null ? 'replacing' : (producer?.state() ?? 'connecting'));
  }

  producer = open();

  function attach(): void {
    publisher.attach({
      produce: (topic, partition, key, value, tag) =>
        takesMore(producer) ? producer.produce(topic, partition, key, value, tag) : 'unavailable',
    });
  }

  return {
    start() {
      attach();
      stopWatch = clock.every(WATCH_MS, () => {
        const silentMs = deliveries.check((producer?.queued() ?? 0) > 0, clock.elapsedUs());
        if (silentMs !== null) replace(`it delivered nothing for ${Math.round(silentMs / 1000)} s`);
        watch();
      });
    },
    state: () => ({ status: status.current, forMs: status.forMs, replaced, lastReplacedFor }),
    replace(why) {
      replace(why);
      watch();
    },
    async close() {
      closed = true;
      stopReplacing?.();
      stopWatch();
      status.close();
      await producer?.close();
    },
  };
}

const takesMore = (producer: Producer | null): producer is Producer =>
  producer !== null && (producer.queued() < AWAY_QUEUED_MAX || producer.state() === 'up');

const textOf = (error: unknown): string => (error instanceof Error ? error.message : 'no reason given');
