// The bus part: the publisher, the Kafka client behind it, and what becomes of messages that Kafka refuses.

import type { BusState } from '../../contracts/control/engine-state.ts';
import type { OwnState } from '../../contracts/control/part-state.ts';
import type { RepublishView } from '../../contracts/control/republish.ts';
import type { AccountId } from '../../contracts/ids.ts';
import type { Clock } from '../../contracts/runtime/clock.ts';
import { partitionOf } from '../../contracts/runtime/kafka/partition.ts';
import { refusesRecord } from '../../contracts/runtime/kafka/producer.ts';
import type { KafkaSettings } from '../../contracts/runtime/kafka/settings.ts';
import type { Log } from '../../contracts/runtime/log/log.ts';
import type { PartHealth } from '../../contracts/runtime/process/health/health.ts';
import type { TopicName } from '../../contracts/topics/registry.ts';
import { LateBound } from '../lib/late-bound.ts';
import type { DeadLetterFact } from '../model/facts.ts';
import type { RepublishRefusal, RepublishRequest } from '../model/values.ts';
import type { DeadMessage } from './dead-letters.ts';
import { busHealth } from './health.ts';
import { createKafkaLink, type KafkaLinkState } from './link/kafka-link.ts';
import { Publisher } from './publisher.ts';
import type { JournalSource, PublisherState } from './publisher-types.ts';
import { createRender } from './render/render.ts';
import type { Republisher } from './republish/republish.ts';
import { republishView } from './republish/view.ts';
import { busState } from './state.ts';
import type { OutboxPosition } from './watermark-file.ts';

export type BusPartOptions = {
  readonly config: {
    readonly account: AccountId;
    readonly kafkaBrokers: string;
  };
  /** KAFKA_CONFIG_JSON. */
  readonly extra: KafkaSettings;
  readonly journal: JournalSource;
  /** Where the position is kept, and what `readPosition` gave. */
  readonly outbox: { readonly path: string; readonly position: OutboxPosition | null };
  readonly clock: Clock;
  readonly log: Log;
  readonly newEventId: (nowMs: number) => string;
  /** Journals a message that Kafka refused. Throws when it could not. */
  readonly onDeadLetter: (fact: DeadLetterFact) => void;
  readonly onPublished: (topic: TopicName) => void;
};

export type BusPart = {
  start(): void;
  /** Waits for what is journalled now; gives how many records Kafka has not acknowledged at the limit. Then sends nothing more. */
  flush(limitMs: number): Promise<number>;
  /** Closes the clients, which can take long; `flush` comes before. */
  close(): Promise<void>;
  readonly republisher: Republisher;
  publisherState(): PublisherState;
  linkState(): KafkaLinkState;
  /** As operators see it. */
  readonly control: {
    health(): PartHealth;
    state(): OwnState<BusState>;
    readonly startingReasons: readonly string[];
    republish(request: RepublishRequest): RepublishRefusal | null;
    /** False: none was running. */
    cancelRepublish(): boolean;
    republishView(): RepublishView;
  };
};

/** Throws `KafkaSettingsRefused` when `extra` holds what the client does not take. */
export function createBusPart(options: BusPartOptions): BusPart {
  const { config, extra, clock, log, newEventId } = options;
  const { kafkaBrokers: brokers } = config;
  const replaceClient = new LateBound<(why: string) => void>('the Kafka link');
  const publisher = new Publisher({
    journal: options.journal,
    render: createRender(config.account, partitionOf),
    refusesRecord,
    onDeadLetter: (message) => options.onDeadLetter(deadLetter(message, clock.nowMs(), newEventId)),
    onStuck: (why) => replaceClient.get()(why),
    watermarkPath: options.outbox.path,
    position: options.outbox.position,
    clock,
    log: log.child('bus'),
  });
  const kafka = createKafkaLink({
    brokers,
    extra,
    publisher,
    clock,
    log: log.child('bus'),
    onPublished: options.onPublished,
  });
  replaceClient.bind((why) => kafka.replace(why));
  return {
    start: () => kafka.start(),
    async flush(limitMs) {
      const left = await publisher.flush(limitMs);
      await publisher.close();
      return left;
    },
    close: () => kafka.close(),
    republisher: publisher.republisher,
    publisherState: () => publisher.state(),
    linkState: () => kafka.state(),
    control: {
      health: () => busHealth(publisher.state(), kafka.state().status),
      state: () => busState(publisher.state(), kafka.state()),
      startingReasons: [],
      republish: (request) => publisher.republisher.start(request),
      cancelRepublish: () => publisher.republisher.cancel(),
      republishView: () => republishView(publisher.state()),
    },
  };
}

/** Of the message, as much as fits into a record of its own. */
const VALUE_BYTES_MAX = 65_536;

function deadLetter(message: DeadMessage, atMs: number, newEventId: (nowMs: number) => string): DeadLetterFact {
  const bytes = Buffer.from(message.value);
  return {
    kind: 'dead_letter',
    eventId: newEventId(atMs),
    atMs,
    origin: message.topic,
    key: message.key,
    reason: 'kafka_refused',
    detail: `${message.detail}${message.code === null ? '' : ` (${message.code})`}`,
    value: new TextDecoder().decode(bytes.subarray(0, VALUE_BYTES_MAX)),
    valueBytes: bytes.length,
  };
}
