// The messages of one topic that the main flow has left aside because Kafka does not take them: the topic is missing, has
// too few partitions, may not be written to, or has a partition without a leader. They stay in the journal, and are read
// back from there once the topic takes messages again, so that the other topics never wait for this one.
//
// Method: a window of one message while nothing is known (a probe), tried again after growing pauses; when a probe was
// delivered, a window of many until the main flow is reached, which then takes the topic back. A refusal at any time
// starts this over from the first message that is not acknowledged. Order within a partition is kept.

import type { TopicName } from '../../../contracts/topics/registry.ts';
import type { Fact } from '../../model/facts.ts';
import type { ReadFacts, StoredFact } from '../fact-source.ts';
import { type HandedOver, handOver, type OpenRecord, type ProducerPort } from '../hand-over.ts';
import { Outbox } from '../outbox.ts';
import type { Outgoing } from '../render/render.ts';

const WINDOW_RECORDS_MAX = 1_024;
/** Records of one turn. */
const SLICE_RECORDS = 8;
const READ_RECORDS = 128;
const PAUSE_MIN_US = 1_000_000;
const PAUSE_MAX_US = 10_000_000;

/** Why the topic was left aside. `code` is librdkafka's; null: its messages were not delivered in time. */
export type TopicProblem = { readonly code: number | null; readonly detail: string };

export type TopicBacklogOptions = {
  readonly topic: TopicName;
  /** Everything of the topic up to here, itself included, is acknowledged. */
  readonly watermark: number;
  readonly read: ReadFacts;
  /** Total: gives nothing for a record that makes nothing. */
  readonly render: (fact: Fact) => readonly Outgoing[];
  /** More can be done now. */
  readonly wake: () => void;
  readonly onReadFailed: (error: unknown) => void;
};

export type BacklogTurn = {
  readonly producer: ProducerPort;
  /** The main flow has begun all records below this. */
  readonly endSeq: number;
  readonly nowUs: number;
  /** Messages of the topic that the client has and has not reported on. */
  readonly inClient: number;
  readonly onQueued: (topic: TopicName) => void;
  /** True when the message is at fault, not the topic, and that is on record. */
  readonly isDead: (seq: number, refused: Extract<HandedOver, { kind: 'refused' }>) => boolean;
};

/** `again`: more can be done at once. `waiting`: a report or a pause is awaited. */
export type BacklogResult = 'again' | 'waiting' | { readonly problem: TopicProblem };

export class TopicBacklog {
  readonly topic: TopicName;
  readonly outbox: Outbox;
  readonly #options: TopicBacklogOptions;
  #problem: TopicProblem | null = null;
  /** The main flow passes this topic over. */
  #isAside = true;
  #isOpen = false;
  #pauseUs = 0;
  #pausedUntilUs = Number.NEGATIVE_INFINITY;
  #record: OpenRecord | null = null;
  #read: readonly StoredFact[] = [];
  #readAt = 0;
  #reading = false;

  constructor(options: TopicBacklogOptions) {
    this.#options = options;
    this.topic = options.topic;
    this.outbox = new Outbox(options.watermark, WINDOW_RECORDS_MAX);
  }

  get problem(): TopicProblem | null {
    return this.#problem;
  }

  get isAside(): boolean {
    return this.#isAside;
  }

  /** Nothing of it is outstanding, and the main flow has the topic. */
  get isDone(): boolean {
    return !this.#isAside && this.outbox.watermark + 1 === this.outbox.nextSeq;
  }

  /** When a probe is due; -Infinity: at once. */
  get pausedUntilUs(): number {
    return this.#pausedUntilUs;
  }

  /** Kafka does not take the topic's messages: all that is not acknowledged is to be sent again, after a pause. */
  block(problem: TopicProblem, nowUs: number): void {
    this.#problem = problem;
    this.#pauseUs = Math.min(PAUSE_MAX_US, Math.max(PAUSE_MIN_US, this.#pauseUs * 2));
    this.restart();
    this.#pausedUntilUs = nowUs + this.#pauseUs;
  }

  /** Another client, which has heard of nothing yet. */
  restart(): void {
    this.outbox.rewind();
    this.#isAside = true;
    this.#isOpen = false;
    this.#record = null;
    this.#read = [];
    this.#readAt = 0;
    this.#pausedUntilUs = Number.NEGATIVE_INFINITY;
  }

  /** A message of this backlog is in Kafka, or needs no more care. */
  settle(tag: number, isDelivered: boolean): void {
    if (!this.outbox.isOutstanding(tag)) return;
    this.outbox.settle(tag);
    if (!isDelivered) return;
    this.#isOpen = true;
    this.#pauseUs = 0;
  }

  pump(turn: BacklogTurn): BacklogResult {
    if (!this.#isAside || turn.nowUs < this.#pausedUntilUs) return 'waiting';
    for (let count = 0; count < SLICE_RECORDS; count++) {
      const record = this.#record ?? this.#take(turn);
      if (record === null) return 'waiting';
      this.#record = record;
      const handed = handOver(this.outbox, record, turn.producer, turn.onQueued);
      if (handed.kind === 'full' || handed.kind === 'unavailable') return 'waiting';
      if (handed.kind === 'refused') {
        if (!turn.isDead(record.seq, handed)) return { problem: { code: handed.code, detail: handed.detail } };
        this.settle(handed.tag, false);
      } else {
        this.#record = null;
      }
    }
    return 'again';
  }

  /** Takes the next record into flight; null when none is to be had now. */
  #take(turn: BacklogTurn): OpenRecord | null {
    const { nextSeq, watermark } = this.outbox;
    const isProbeOut = nextSeq > watermark + 1 || turn.inClient > 0;
    if ((!this.#isOpen && isProbeOut) || !this.outbox.hasRoom) return null;
    if (nextSeq >= turn.endSeq) {
      this.#isAside = false;
      return null;
    }
    const stored = this.#read[this.#readAt];
    if (stored?.seq !== nextSeq) {
      void this.#readBack(nextSeq);
      return null;
    }
    this.#readAt++;
    const messages = this.#options.render(stored.fact);
    this.outbox.begin(
      messages.map(({ topic }) => (topic === this.topic ? 0 : null)),
      turn.nowUs,
    );
    return { seq: nextSeq, messages, slot: 0 };
  }

  async #readBack(seq: number): Promise<void> {
    if (this.#reading) return;
    this.#reading = true;
    try {
      this.#read = await this.#options.read(seq, READ_RECORDS);
      this.#readAt = 0;
      this.#options.wake();
    } catch (error) {
      this.#options.onReadFailed(error);
    } finally {
      this.#reading = false;
    }
  }
}
