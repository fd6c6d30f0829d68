// What the publisher takes and shows.

import type { Clock } from '../../contracts/runtime/clock.ts';
import type { Fact } from '../model/facts.ts';
import type { LogPort } from '../model/ports.ts';
import type { BlockedTopic } from './backlog/topic-backlogs.ts';
import type { DeadMessage } from './dead-letters.ts';
import type { ReadFacts } from './fact-source.ts';
import type { Render } from './render/render.ts';
import type { LossState } from './republish/lost-records.ts';
import type { RepublishState } from './republish/republish.ts';
import type { OutboxPosition } from './watermark-file.ts';

/** What the publisher needs of the journal. */
export type JournalSource = {
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly durableSeq: number;
  /** False: another process may work in the state directory, and nothing in it may be written. */
  readonly ownsFiles: boolean;
  readonly read: ReadFacts;
  watch(watcher: { appended(seq: number, fact: Fact): void; durable(seq: number): void }): void;
  /** Size of the journal. */
  readonly bytes: number;
  /** Records below `seq` are no longer needed here. */
  dropBefore(seq: number): number;
  /** Records from `seq` on are needed, whatever `dropBefore` says; null: no longer. */
  keepFrom(seq: number | null): void;
};

export type PublisherOptions = {
  readonly journal: JournalSource;
  readonly render: Render;
  /** Whether a refusal with this code lies in the message itself, so that sending it again cannot help. */
  readonly refusesRecord: (code: number) => boolean;
  /** Journals a dead letter for it. Throws when it could not; the message then stays unacknowledged. */
  readonly onDeadLetter: (message: DeadMessage) => void;
  /** Only another client helps: this one's queue is full of messages that cannot leave. */
  readonly onStuck: (why: string) => void;
  /** Where the position is kept. */
  readonly watermarkPath: string;
  /** As `readPosition` gave it. */
  readonly position: OutboxPosition | null;
  readonly clock: Clock;
  readonly log: LogPort;
};

/** Where a message went, as the client reports it. */
export type ReportedAt = { readonly topic: string; readonly partition: number; readonly offset: number };

export type PublisherState = {
  readonly attached: boolean;
  /** Acknowledged in all topics. */
  readonly watermark: number;
  /** Records handed to Kafka and not acknowledged. */
  readonly inFlight: number;
  /** Records above the watermark, and how long the oldest of them has waited in this run. */
  readonly lagRecords: number;
  readonly lagMs: number;
  /** Messages since the start. */
  readonly delivered: number;
  readonly deadLettered: number;
  /** A message was dead-lettered within the last minute. */
  readonly isDeadLettering: boolean;
  readonly retried: number;
  /** Why the next message cannot be handed over now, and for how long; null: it can. */
  readonly waiting: { readonly on: 'queue_full' | 'client_unavailable'; readonly forMs: number } | null;
  readonly blocked: readonly BlockedTopic[];
  readonly lost: LossState;
  readonly republish: RepublishState;
  /** False while the position cannot be written: the journal keeps everything, and a restart sends it again. */
  readonly isPositionKept: boolean;
  /** The last thing that went wrong, until something is delivered again. */
  readonly trouble: string | null;
};
