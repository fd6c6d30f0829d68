// Brings journal records to Kafka: durable ones only, in order, each at least once. It takes a few records a turn and
// then lets the loop go on; what wakes it is a finished sync, a delivery, or a timer when Kafka had no room.
//
// Recent facts wait in a ring of bounded size; what is older, because the broker was away or after a restart, is read
// back from the journal. A message that Kafka refuses because of what it is gets dead-lettered and passed; one that is
// refused because of the state of the cluster is sent again after a while. A new producer, or a restart, sends everything
// above the watermark again; consumers drop repeats by their event id.
// Out of scope: the Kafka client (contracts/runtime), what a fact looks like on the bus (render.ts).

import type { TopicName } from '../../contracts/topics/registry.ts';
import type { Fact } from '../facts.ts';
import type { Clock, LogPort } from '../ports.ts';
import { FactSource, type ReadFacts } from './fact-source.ts';
import { Outbox, seqOfTag, slotOfTag, tagOf } from './outbox.ts';
import type { Outgoing, Render } from './render.ts';
import { WatermarkFile } from './watermark-file.ts';

/** Records that may be with Kafka, unacknowledged. */
const IN_FLIGHT_RECORDS_MAX = 16_384;
/** Records of one turn: rendering one takes some tens of microseconds. */
const SLICE_RECORDS = 8;
/** When Kafka has no room, deliveries wake the publisher; this does so when there are none. */
const FULL_RETRY_MS = 100;
/** Before a message that the cluster refused, or a read that failed, is tried again. */
const TROUBLE_RETRY_MS = 1_000;

export type ProducerPort = {
  produce(
    topic: TopicName,
    partition: number,
    key: string | null,
    value: Uint8Array,
    tag: number,
  ): 'queued' | 'full' | 'unavailable' | { readonly refused: string; readonly code: number };
};

/** What the publisher needs of the journal. */
export type JournalSource = {
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly durableSeq: number;
  readonly read: ReadFacts;
  watch(watcher: { appended(seq: number, fact: Fact): void; durable(seq: number): void }): void;
  /** Records below `seq` are no longer needed here. */
  dropBefore(seq: number): number;
};

/** A message that cannot be delivered as it is. */
export type DeadMessage = {
  readonly seq: number;
  readonly topic: TopicName;
  readonly key: string | null;
  readonly value: Uint8Array;
  /** librdkafka's code; null when the record could not even be rendered, and then `value` is empty. */
  readonly code: number | null;
  readonly detail: string;
};

export type PublisherOptions = {
  readonly journal: JournalSource;
  readonly render: Render;
  /** Whether a refusal with this code lies in the message itself, so that sending it again cannot help. */
  readonly refusesRecord: (code: number) => boolean;
  /** Journals a dead letter for it. Throws when it could not; the message then stays unacknowledged. */
  readonly onDeadLetter: (message: DeadMessage) => void;
  /** Where the watermark is kept. */
  readonly watermarkPath: string;
  /** As `readWatermark` gave it. */
  readonly watermark: number | null;
  readonly clock: Clock;
  readonly log: LogPort;
};

export type PublisherState = {
  readonly attached: boolean;
  readonly watermark: number;
  /** Records handed to Kafka and not acknowledged. */
  readonly inFlight: number;
  /** Records above the watermark, and the age of the oldest of them. */
  readonly lagRecords: number;
  readonly lagMs: number;
  /** Messages since the start. */
  readonly delivered: number;
  readonly deadLettered: number;
  readonly retried: number;
  /** The last thing that went wrong, until something is delivered again. */
  readonly trouble: string | null;
};

type Held = { readonly seq: number; readonly messages: readonly Outgoing[]; slot: number };
type Retry = { readonly tag: number; readonly code: number; readonly detail: string; readonly refusedAtMs: number };

export class Publisher {
  readonly #options: PublisherOptions;
  readonly #outbox: Outbox;
  readonly #watermarkFile: WatermarkFile;
  readonly #facts: FactSource;
  #producer: ProducerPort | null = null;
  /** The record whose messages are being handed over. */
  #held: Held | null = null;
  /** Messages that were refused after they had been taken, oldest first. */
  #retries: Retry[] = [];
  #retrying = false;
  #pumpScheduled = false;
  #stopTimer: (() => void) | null = null;
  #flushes: { readonly seq: number; readonly wake: () => void }[] = [];
  #closed = false;
  #ackedAtMs: number;
  #delivered = 0;
  #deadLettered = 0;
  #retried = 0;
  #trouble: string | null = null;

  constructor(options: PublisherOptions) {
    const { journal, clock, log } = options;
    this.#options = options;
    const oldest = journal.firstSeq - 1;
    this.#outbox = new Outbox(
      Math.max(oldest, Math.min(options.watermark ?? oldest, journal.lastSeq)),
      IN_FLIGHT_RECORDS_MAX,
    );
    this.#facts = new FactSource(journal.lastSeq, (fromSeq, limit) => journal.read(fromSeq, limit));
    this.#ackedAtMs = clock.nowMs();
    this.#watermarkFile = new WatermarkFile({
      path: options.watermarkPath,
      clock,
      onKept: (watermark) => journal.dropBefore(watermark + 1),
      onTrouble: (error) => log.warn('outbox_watermark_not_kept', { error: error.message }),
    });
    journal.watch({
      appended: (seq, fact) => this.#facts.remember(seq, fact),
      durable: () => this.#pump(),
    });
  }

  /** From now on messages go to this producer; what an earlier one had not acknowledged is sent again. */
  attach(producer: ProducerPort): void {
    this.#producer = producer;
    this.#retries = [];
    this.#outbox.rewind();
    this.#held = null;
    this.#schedulePump();
  }

  /** The producer reports that Kafka has the message. */
  delivered(tag: number): void {
    this.#delivered++;
    this.#trouble = null;
    this.#settle(tag);
    this.#schedulePump();
  }

  /** The producer reports that a message it had taken is not in Kafka and will not be. */
  refused(tag: number, code: number, detail: string): void {
    if (!this.#outbox.isOutstanding(tag)) return;
    this.#note(`${detail} (${code})`);
    this.#retries.push({ tag, code, detail, refusedAtMs: this.#options.clock.nowMs() });
    void this.#workRetries();
  }

  state(): PublisherState {
    const { watermark, nextSeq } = this.#outbox;
    const lagRecords = this.#options.journal.lastSeq - watermark;
    return {
      attached: this.#producer !== null,
      watermark,
      inFlight: nextSeq - watermark - 1,
      lagRecords,
      lagMs: lagRecords === 0 ? 0 : Math.max(0, this.#options.clock.nowMs() - this.#oldestAtMs()),
      delivered: this.#delivered,
      deadLettered: this.#deadLettered,
      retried: this.#retried,
      trouble: this.#trouble,
    };
  }

  /** Waits until everything that is journalled now is acknowledged; gives how many records are not, at the limit. */
  async flush(limitMs: number): Promise<number> {
    const target = this.#options.journal.lastSeq;
    if (this.#outbox.watermark < target) {
      const done = Promise.withResolvers<void>();
      const waiting = { seq: target, wake: done.resolve };
      this.#flushes.push(waiting);
      const stop = this.#options.clock.after(limitMs, done.resolve);
      this.#schedulePump();
      await done.promise;
      stop();
      this.#flushes = this.#flushes.filter((entry) => entry !== waiting);
    }
    return Math.max(0, target - this.#outbox.watermark);
  }

  /** Sends nothing more, and keeps the watermark. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#stopTimer?.();
    this.#watermarkFile.set(this.#outbox.watermark);
    await this.#watermarkFile.flush();
  }

  #schedulePump(): void {
    if (this.#pumpScheduled || this.#closed) return;
    this.#pumpScheduled = true;
    setImmediate(() => {
      this.#pumpScheduled = false;
      this.#pump();
    });
  }

  #pump(): void {
    for (let count = 0; count < SLICE_RECORDS; count++) {
      if (this.#closed || this.#producer === null) return;
      if (this.#held === null && !this.#take()) return;
      if (this.#held !== null && !this.#handOver(this.#producer, this.#held)) return;
      this.#held = null;
    }
    this.#schedulePump();
  }

  /** Takes the next record into flight; false when there is none to be had now. */
  #take(): boolean {
    const { journal } = this.#options;
    const seq = this.#outbox.nextSeq;
    if (seq > journal.durableSeq || !this.#outbox.hasRoom) return false;
    const fact = this.#facts.take(seq);
    if (fact === null) {
      void this.#readBack(seq);
      return false;
    }
    const messages = this.#rendered(seq, fact);
    if (messages === null) {
      // The fact is read back when its turn comes again.
      this.#pumpAfter(TROUBLE_RETRY_MS);
      return false;
    }
    this.#outbox.begin(messages.length, fact.atMs);
    if (messages.length === 0) this.#moved();
    else this.#held = { seq, messages, slot: 0 };
    return true;
  }

  /** What the record makes; null when it could not be rendered and that could not even be said. */
  #rendered(seq: number, fact: Fact): readonly Outgoing[] | null {
    try {
      return this.#options.render(fact);
    } catch (error) {
      // A fault of ours, in one record: it must not stand in the way of all the others.
      const detail = `a ${fact.kind} fact could not be rendered: ${String(error)}`;
      const said = this.#deadLetter({
        seq,
        topic: 'dlq.unrip',
        key: null,
        value: new Uint8Array(0),
        code: null,
        detail,
      });
      return said ? [] : null;
    }
  }

  /** Hands over what is left of a record; false when Kafka has no room. */
  #handOver(producer: ProducerPort, held: Held): boolean {
    while (held.slot < held.messages.length) {
      const message = held.messages[held.slot] as Outgoing;
      const tag = tagOf(held.seq, held.slot);
      const result = producer.produce(message.topic, message.partition, message.key, message.value, tag);
      if (result === 'queued') {
        held.slot++;
      } else if (typeof result === 'string') {
        this.#pumpAfter(FULL_RETRY_MS);
        return false;
      } else if (this.#isDead(held.seq, message, result.code, result.refused)) {
        held.slot++;
        this.#settle(tag);
      } else {
        this.#note(`${result.refused} (${result.code})`);
        this.#pumpAfter(TROUBLE_RETRY_MS);
        return false;
      }
    }
    return true;
  }

  #pumpAfter(ms: number): void {
    if (this.#stopTimer !== null) return;
    this.#stopTimer = this.#options.clock.after(ms, () => {
      this.#stopTimer = null;
      this.#pump();
    });
  }

  async #readBack(seq: number): Promise<void> {
    try {
      if (await this.#facts.readBack(seq)) this.#schedulePump();
    } catch (error) {
      this.#note(`reading the journal back failed: ${String(error)}`);
      this.#options.log.error('outbox_read_failed', { seq, error: String(error) });
      this.#pumpAfter(TROUBLE_RETRY_MS);
    }
  }

  /** Looks again at what was refused after it had been taken, one message at a time. */
  async #workRetries(): Promise<void> {
    if (this.#retrying) return;
    this.#retrying = true;
    try {
      for (let retry = this.#retries[0]; retry !== undefined && !this.#closed; retry = this.#retries[0]) {
        const done = await this.#workRetry(retry);
        if (!done) await new Promise<void>((resolve) => this.#options.clock.after(TROUBLE_RETRY_MS, resolve));
        // A new producer has emptied the list meanwhile, and sends everything again anyhow.
        else if (this.#retries[0] === retry) this.#retries.shift();
      }
    } finally {
      this.#retrying = false;
    }
  }

  /** True when the message is with Kafka again, or dead, or needs no care any more. */
  async #workRetry(retry: Retry): Promise<boolean> {
    const { tag, code, detail, refusedAtMs } = retry;
    const seq = seqOfTag(tag);
    const dead = this.#options.refusesRecord(code);
    // Many that are refused together wait together.
    const waitMs = dead ? 0 : refusedAtMs + TROUBLE_RETRY_MS - this.#options.clock.nowMs();
    if (waitMs > 0) await new Promise<void>((resolve) => this.#options.clock.after(waitMs, resolve));
    let message: Outgoing | undefined;
    try {
      const [entry] = await this.#options.journal.read(seq, 1);
      message = entry === undefined ? undefined : this.#options.render(entry.fact)[slotOfTag(tag)];
    } catch (error) {
      this.#options.log.error('outbox_read_failed', { seq, error: String(error) });
      return false;
    }
    if (message === undefined || !this.#outbox.isOutstanding(tag)) return true;
    if (dead) {
      if (!this.#isDead(seq, message, code, detail)) return false;
      this.#settle(tag);
      return true;
    }
    this.#retried++;
    const { topic, partition, key, value } = message;
    const result = this.#producer?.produce(topic, partition, key, value, tag);
    if (result === 'queued') return true;
    if (typeof result !== 'object' || !this.#isDead(seq, message, result.code, result.refused)) return false;
    this.#settle(tag);
    return true;
  }

  /** True when the message itself is at fault and that is on record. */
  #isDead(seq: number, message: Outgoing, code: number, detail: string): boolean {
    if (!this.#options.refusesRecord(code)) return false;
    const { topic, key, value } = message;
    return this.#deadLetter({ seq, topic, key, value, code, detail });
  }

  #deadLetter(message: DeadMessage): boolean {
    const { seq, topic, key, code, detail } = message;
    try {
      // A dead letter that is refused itself makes no further one: that would never end.
      if (topic !== 'dlq.unrip' || code === null) this.#options.onDeadLetter(message);
    } catch (error) {
      this.#note(`a dead letter could not be journalled: ${String(error)}`);
      return false;
    }
    this.#deadLettered++;
    this.#options.log.error('outbox_dead_letter', { seq, topic, key, code, detail });
    return true;
  }

  #settle(tag: number): void {
    this.#outbox.settle(tag);
    this.#moved();
  }

  #moved(): void {
    const { watermark } = this.#outbox;
    this.#ackedAtMs = this.#outbox.oldestAtMs ?? this.#ackedAtMs;
    this.#watermarkFile.set(watermark);
    for (const flush of this.#flushes) if (watermark >= flush.seq) flush.wake();
  }

  #note(trouble: string): void {
    this.#trouble = trouble;
  }

  /** When the oldest record above the watermark was journalled; while it is not in memory, one not much older. */
  #oldestAtMs(): number {
    const { oldestAtMs, nextSeq } = this.#outbox;
    if (oldestAtMs !== null) return oldestAtMs;
    return this.#facts.peek(nextSeq)?.atMs ?? this.#ackedAtMs;
  }
}
