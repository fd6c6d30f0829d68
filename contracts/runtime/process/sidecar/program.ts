// What a sidecar is made from, and what it is apart from what all sidecars have in common.

import type { TProperties } from '@sinclair/typebox';
import type { PartAnswers } from '../../../control/part-state.ts';
import type { TopicName } from '../../../topics/registry.ts';
import type { Report } from '../../kafka/producer.ts';
import type { RecordSender } from '../../kafka/record-sender.ts';
import type { KafkaSettings } from '../../kafka/settings.ts';
import type { PartHealth } from '../health/health.ts';
import type { ProcessBase, Program } from '../program.ts';

type SidecarRecord = {
  readonly topic: TopicName;
  readonly eventId: string;
  readonly atMs: number;
  readonly payload: unknown;
};

/** What a sidecar is made from. */
export type SidecarBase = ProcessBase & {
  readonly instanceId: string;
  readonly kafkaSettings: KafkaSettings;
  readonly topicPrefix: string;
  readonly sender: RecordSender;
  /** Value of a record of this process. */
  render(record: SidecarRecord): string;
};

/** What every part of unrip answers about itself, beyond its health. */
export type OwnAnswers = Omit<PartAnswers, keyof PartHealth | 'blocked_by'>;

export type SidecarState = {
  /** Of /state, after those that every sidecar has. */
  readonly fields: TProperties;
  /** One a field. */
  readonly sections: Readonly<Record<string, () => unknown>>;
  readonly answers: () => OwnAnswers;
};

export type Sidecar = Pick<Program, 'parts' | 'startingReasons' | 'writing' | 'routes'> & {
  readonly state: SidecarState;
  start(): void;
  /** Ends the work within the limit; nothing of it may run on. */
  drain(limitMs: number): Promise<void>;
  /**
   * Called after `drain` with the last health record of the process, which Kafka has; null when Kafka did not take it in
   * time. It is waited for no longer than a share of the drain's time.
   */
  closing?(record: SentRecord | null): Promise<void>;
};

/** A record of this process and where it is in Kafka. */
export type SentRecord = {
  readonly topic: TopicName;
  readonly key: string;
  readonly value: string;
  readonly report: Report;
};
