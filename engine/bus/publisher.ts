// Brings journal records to Kafka: durable ones only, in order, each at least once. It takes a few records a turn and
// then lets the loop go on; what wakes it is a finished sync, a delivery, or a timer when Kafka had no room.
//
// Recent facts wait in a ring of bounded size; what is older, because the broker was away or after a restart, is read
// back from the journal. A message that Kafka refuses because of what it is gets dead-lettered and passed. A topic that
// Kafka does not take messages for is left aside (topic-backlog.ts), so that the others go on. A new producer, or a restart,
// sends everything above the watermark again; consumers drop repeats by their event id.
// Out of scope: the Kafka client (contracts/runtime), what a fact looks like on the bus (render.ts).

import { within } from '../../contracts/runtime/wait.ts';
import type { TopicName } from '../../contracts/topics/registry.ts';
import type { Fact } from '../model/facts.ts';
import { AgeMarks } from './age-marks.ts';
import type { TopicProblem } from './backlog/topic-backlog.ts';
import { isTopic, lineOf, TopicBacklogs, topicOfLine } from './backlog/topic-backlogs.ts';
import { DeadLetters } from './dead-letters.ts';
import { DeliveryFlow, STALL_MS } from './delivery-flow.ts';
import { FactSource } from './fact-source.ts';
import { type HandedOver, handOver, type OpenRecord, type ProducerPort, type Refusal } from './hand-over.ts';
import { Outbox } from './outbox.ts';
import type { PublisherOptions, PublisherState, ReportedAt } from './publisher-types.ts';
import { PumpSchedule } from './pump-schedule.ts';
import { RefusedRecords } from './refused-records.ts';
import type { Outgoing } from './render/render.ts';
import { LostRecords } from './republish/lost-records.ts';
import { isRepublishTag, Republisher } from './republish/republish.ts';
import { startingPosition } from './starting-position.ts';
import { type OutboxPosition, WatermarkFile } from './watermark-file.ts';

/** Records that may be with Kafka, unacknowledged. */
const IN_FLIGHT_RECORDS_MAX = 16_384;
/** Records of one turn: rendering one takes some tens of microseconds. */
const SLICE_RECORDS = 8;
/** When Kafka has no room, deliveries wake the publisher; this does so when there are none. */
const FULL_RETRY_MS = 100;
/** Before a read or a dead letter that failed is tried again. */
const TROUBLE_RETRY_MS = 1_000;
const STALL_CHECK_MS = 1_000;
/**
 * Records that Kafka lost are kept for a republish until the journal has grown to this size: eight segments, which a start
 * reads in a few seconds.
 */
const LOST_KEEP_BYTES_MAX = 512 * 1024 * 1024;

export class Publisher {
  readonly #options: PublisherOptions;
  readonly #outbox: Outbox;
  readonly #backlogs: TopicBacklogs;
  readonly #watermarkFile: WatermarkFile;
  readonly #facts: FactSource;
  readonly #ages: AgeMarks;
  readonly #flow = new DeliveryFlow();
  readonly #lost: LostRecords;
  /** Sends records again, on demand. */
  readonly republisher: Republisher;
  readonly #deadLetters: DeadLetters;
  readonly #refused: RefusedRecords;
  readonly #schedule: PumpSchedule;
  #producer: ProducerPort | null = null;
  /** The record whose messages are being handed over. */
  #record: OpenRecord | null = null;
  #stopStallCheck: (() => void) | null = null;
  #waiting: { readonly on: 'queue_full' | 'client_unavailable'; readonly sinceUs: number } | null = null;
  #flushes: { readonly seq: number; readonly wake: () => void }[] = [];
  #closed = false;
  #keptWatermark = -1;
  #isFileTroubled = false;
  #delivered = 0;
  /** When the first report since the last pump came: one reading of the clock for all, of which there are up to a hundred a turn. */
  #reportsUs: number | null = null;
  #trouble: string | null = null;

  constructor(options: PublisherOptions) {
    const { journal, clock, log } = options;
    this.#options = options;
    this.#deadLetters = new DeadLetters(options);
    this.#schedule = new PumpSchedule(clock, () => this.#pump());
    this.#refused = new RefusedRecords({
      clock,
      read: (fromSeq, limit) => journal.read(fromSeq, limit),
      render: options.render,
      isOutstanding: (topic, tag) => this.#isOutstanding(topic, tag),
      bury: (message) => this.#deadLetters.bury(message),
      onBuried: (topic, tag) => {
        this.#settle(topic, tag, false);
        this.#moved();
      },
      onReadFailed: (error) => this.#readFailed(error),
    });
    this.#backlogs = new TopicBacklogs({
      read: (fromSeq, limit) => journal.read(fromSeq, limit),
      // The main flow comes by each record as well, and reports one that has no form.
      render: (fact) => this.#renderedOrNothing(fact),
      wake: () => this.#schedule.soon(),
      onReadFailed: (error) => this.#readFailed(error),
      isDead: (seq, refused) => this.#isDead(seq, refused),
      log,
    });
    const { others, behind, offsets, lost } = startingPosition(options);
    this.#outbox = new Outbox(others, IN_FLIGHT_RECORDS_MAX);
    for (const [topic, seq] of Object.entries(behind)) if (isTopic(topic)) this.#backlogs.resume(topic, seq);
    this.#lost = new LostRecords({ offsets, open: lost, log });
    this.republisher = new Republisher({
      journal,
      clock,
      log,
      render: (fact) => this.#renderedOrNothing(fact),
      refusesRecord: options.refusesRecord,
      isAside: (topic) => this.#backlogs.isAside(topic),
      onQueued: (topic) => this.#backlogs.queued(topic),
      onBegun: (selection) => {
        this.#lost.begin(selection, journal);
        this.#keepRecords();
      },
      onEnded: (acknowledged) => {
        this.#lost.end(acknowledged);
        this.#watermarkFile.changed();
      },
    });
    this.#facts = new FactSource(journal.lastSeq, (fromSeq, limit) => journal.read(fromSeq, limit));
    this.#ages = new AgeMarks(journal.lastSeq, clock.elapsedUs());
    this.#watermarkFile = new WatermarkFile({
      path: options.watermarkPath,
      clock,
      position: () => this.#position(),
      isOwned: () => journal.ownsFiles,
      isReady: () => journal.durableSeq >= this.#deadLetters.lastSeq,
      onKept: (kept) => {
        this.#isFileTroubled = false;
        this.#keepRecords();
        journal.dropBefore(kept + 1);
      },
      onTrouble: (error) => {
        if (!this.#isFileTroubled) log.warn('outbox_watermark_not_kept', { error: error.message });
        this.#isFileTroubled = true;
      },
    });
    this.#keepRecords();
    journal.watch({
      appended: (seq, fact) => {
        this.#facts.remember(seq, fact);
        this.#ages.appended(seq, clock.elapsedUs());
      },
      durable: () => this.#pump(),
    });
  }

  /** From now on messages go to this producer; what an earlier one had not acknowledged is sent again. */
  attach(producer: ProducerPort): void {
    this.#producer = producer;
    this.#refused.clear();
    this.#outbox.rewind();
    this.#backlogs.restart();
    this.republisher.attach(producer);
    this.#record = null;
    this.#waiting = null;
    this.#stopStallCheck ??= this.#options.clock.every(STALL_CHECK_MS, () => this.#checkStall());
    this.#schedule.soon();
  }

  /** The producer reports that Kafka has the message. */
  delivered(tag: number, { topic, partition, offset }: ReportedAt): void {
    if (!isTopic(topic)) return;
    this.#delivered++;
    this.#trouble = null;
    this.#reportsUs ??= this.#options.clock.elapsedUs();
    this.#flow.delivered(lineOf(topic), this.#reportsUs);
    this.#backlogs.reported(topic);
    if (this.#lost.delivered({ topic, partition, offset }, this.#options.journal.firstSeq)) {
      this.#keepRecords();
      this.#watermarkFile.changed();
    }
    if (isRepublishTag(tag)) this.republisher.delivered(tag);
    else this.#settle(topic, tag, true);
    // The pump keeps the position, once for all the reports of this turn.
    this.#schedule.soon();
  }

  /** The producer reports that a message it had taken is not in Kafka and will not be. */
  refused(tag: number, refusal: Refusal, { topic }: ReportedAt): void {
    if (!isTopic(topic)) return;
    this.#backlogs.reported(topic);
    this.#schedule.soon();
    if (isRepublishTag(tag)) this.republisher.refused(tag, topic, refusal);
    if (!this.#isOutstanding(topic, tag)) return;
    this.#trouble = `${topic}: ${refusal.detail} (${refusal.code})`;
    if (this.#options.refusesRecord(refusal.code)) this.#refused.add({ tag, topic, ...refusal });
    else this.#block(topic, refusal);
  }

  state(): PublisherState {
    const { clock, journal } = this.#options;
    const nowUs = clock.elapsedUs();
    const watermark = this.#watermark;
    const lagRecords = Math.max(0, journal.lastSeq - watermark);
    const sinceMs = (us: number): number => Math.max(0, Math.round((nowUs - us) / 1000));
    return {
      attached: this.#producer !== null,
      watermark,
      inFlight: this.#outbox.nextSeq - this.#outbox.watermark - 1,
      lagRecords,
      lagMs: lagRecords === 0 ? 0 : Math.round(this.#ages.ageUs(watermark + 1, nowUs) / 1000),
      delivered: this.#delivered,
      deadLettered: this.#deadLetters.count,
      isDeadLettering: this.#deadLetters.isLately,
      retried: this.#backlogs.sentAgain,
      waiting: this.#waiting === null ? null : { on: this.#waiting.on, forMs: sinceMs(this.#waiting.sinceUs) },
      blocked: this.#backlogs.blocked(nowUs),
      lost: this.#lost.state(journal.firstSeq),
      republish: this.republisher.state(),
      isPositionKept: !this.#isFileTroubled,
      trouble: this.#trouble ?? this.#deadLetters.failure,
    };
  }

  /** Waits until everything that is journalled now is acknowledged; gives how many records are not, at the limit. */
  async flush(limitMs: number): Promise<number> {
    const target = this.#options.journal.lastSeq;
    if (this.#watermark < target) {
      const done = Promise.withResolvers<void>();
      const waiting = { seq: target, wake: done.resolve };
      this.#flushes.push(waiting);
      this.#schedule.soon();
      await within(this.#options.clock, done.promise, limitMs);
      this.#flushes = this.#flushes.filter((entry) => entry !== waiting);
    }
    return Math.max(0, target - this.#watermark);
  }

  /** Sends nothing more, and keeps the position. */
  async close(): Promise<void> {
    this.#closed = true;
    this.republisher.close();
    this.#schedule.close();
    this.#stopStallCheck?.();
    this.#refused.close();
    this.#watermarkFile.changed();
    await this.#watermarkFile.flush();
  }

  get #watermark(): number {
    return Math.min(this.#outbox.watermark, this.#backlogs.watermark);
  }

  #position(): OutboxPosition {
    const behind = this.#backlogs.behind();
    const [offsets, lost] = [this.#lost.offsets(), this.#lost.open()];
    return { watermark: this.#watermark, others: this.#outbox.watermark, behind, offsets, lost };
  }

  /** Of the records that the outbox no longer needs, keeps those that a republish is sending or that Kafka lost. */
  #keepRecords(): void {
    const { journal } = this.#options;
    const lostFrom = journal.bytes > LOST_KEEP_BYTES_MAX ? null : this.#lost.fromSeq;
    const seqs = [this.republisher.neededFrom, lostFrom].filter((seq) => seq !== null);
    journal.keepFrom(seqs.length === 0 ? null : Math.min(...seqs));
  }

  #pump(): void {
    const producer = this.#producer;
    this.#reportsUs = null;
    if (this.#closed || producer === null) return;
    const hasMore = this.#pumpMain(producer);
    const nowUs = this.#options.clock.elapsedUs();
    const { again, pausedUntilUs } = this.#backlogs.pump({ producer, endSeq: this.#outbox.nextSeq, nowUs });
    if (Number.isFinite(pausedUntilUs)) this.#schedule.after(Math.ceil((pausedUntilUs - nowUs) / 1000));
    this.#moved();
    if (hasMore || again) this.#schedule.soon();
  }

  /** True when there may be more at once. */
  #pumpMain(producer: ProducerPort): boolean {
    for (let count = 0; count < SLICE_RECORDS; count++) {
      if (this.#record === null && !this.#take()) return false;
      if (this.#record !== null && !this.#handOver(producer, this.#record)) return false;
      this.#record = null;
    }
    return true;
  }

  /** Takes the next record into flight; false when there is none to be had now. */
  #take(): boolean {
    const { journal, clock } = this.#options;
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
      this.#schedule.after(TROUBLE_RETRY_MS);
      return false;
    }
    const lines = messages.map(({ topic }) => (this.#backlogs.isAside(topic) ? null : lineOf(topic)));
    this.#outbox.begin(lines, clock.elapsedUs());
    if (messages.length > 0) this.#record = { seq, messages, slot: 0 };
    return true;
  }

  /** What the record makes; null when it could not be rendered and that could not even be put on record. */
  #rendered(seq: number, fact: Fact): readonly Outgoing[] | null {
    try {
      return this.#options.render(fact);
    } catch (error) {
      // A fault of the renderer, in one record: it must not stop all the others.
      const detail = `a ${fact.kind} fact could not be rendered: ${String(error)}`;
      const nothing = { topic: 'dlq.unrip', key: null, value: '', code: null } as const;
      return this.#deadLetters.bury({ seq, ...nothing, detail }) ? [] : null;
    }
  }

  #renderedOrNothing(fact: Fact): readonly Outgoing[] {
    try {
      return this.#options.render(fact);
    } catch {
      return [];
    }
  }

  /** Hands over what is left of a record; false when Kafka has no room. */
  #handOver(producer: ProducerPort, record: OpenRecord): boolean {
    for (;;) {
      const handed = handOver(this.#outbox, record, producer, this.#onQueued);
      if (handed.kind === 'done') return true;
      if (handed.kind !== 'refused') {
        this.#wait(handed.kind === 'full' ? 'queue_full' : 'client_unavailable');
        this.#schedule.after(FULL_RETRY_MS);
        return false;
      }
      const { topic } = handed.message;
      this.#trouble = `${topic}: ${handed.detail} (${handed.code})`;
      if (!this.#options.refusesRecord(handed.code)) {
        this.#block(topic, handed);
      } else if (this.#isDead(record.seq, handed)) {
        this.#outbox.settle(handed.tag);
      } else {
        this.#schedule.after(TROUBLE_RETRY_MS);
        return false;
      }
    }
  }

  readonly #onQueued = (topic: TopicName): void => {
    this.#waiting = null;
    this.#backlogs.queued(topic);
  };

  #wait(on: 'queue_full' | 'client_unavailable'): void {
    if (this.#waiting?.on !== on) this.#waiting = { on, sinceUs: this.#options.clock.elapsedUs() };
  }

  /** Leaves the topic aside: what is outstanding of it is sent by its backlog. */
  #block(topic: TopicName, problem: TopicProblem): void {
    const first = this.#outbox.removeLine(lineOf(topic));
    const watermark = (first ?? this.#outbox.nextSeq) - 1;
    this.#backlogs.block(topic, { problem, watermark, nowUs: this.#options.clock.elapsedUs() });
    this.#moved();
    this.#schedule.soon();
  }

  /** Kafka reports nothing about a partition without a leader; that others go on shows it. */
  #checkStall(): void {
    const nowUs = this.#options.clock.elapsedUs();
    const { oldest } = this.#outbox;
    // A record that is still being handed over waits for room, not for its own topics.
    if (oldest !== null && oldest.seq !== this.#record?.seq && this.#isStalled(oldest.begunUs, nowUs)) {
      const detail = `nothing was delivered for ${STALL_MS / 1000} s while other messages were`;
      for (const line of oldest.lines) this.#block(topicOfLine(line), { code: null, detail });
    }
    const isFull = this.#waiting?.on === 'queue_full' && nowUs - this.#waiting.sinceUs >= STALL_MS * 1000;
    if (isFull && this.#backlogs.isClientHolding) {
      this.#waiting = null;
      this.#options.onStuck('its queue is full of messages for topics that Kafka does not accept');
    }
  }

  #isStalled(begunUs: number, nowUs: number): boolean {
    if (!this.#flow.isOverdue(begunUs, nowUs)) return false;
    if (this.#flow.wentOnSince(begunUs)) return true;
    const isFull = this.#waiting?.on === 'queue_full' || !this.#outbox.hasRoom;
    return isFull && this.#flow.isEmptiedSince(begunUs, this.#outbox.lines(this.#record?.seq ?? this.#outbox.nextSeq));
  }

  async #readBack(seq: number): Promise<void> {
    try {
      if (await this.#facts.readBack(seq)) this.#schedule.soon();
    } catch (error) {
      this.#readFailed(error);
    }
  }

  #readFailed(error: unknown): void {
    const trouble = `reading the journal back failed: ${String(error)}`;
    if (this.#trouble !== trouble) this.#options.log.error('outbox_read_failed', { error: String(error) });
    this.#trouble = trouble;
    this.#schedule.after(TROUBLE_RETRY_MS);
  }

  /** True when the message itself is at fault and that is on record. */
  #isDead(seq: number, { message, code, detail }: Extract<HandedOver, { kind: 'refused' }>): boolean {
    if (!this.#options.refusesRecord(code)) return false;
    const { topic, key, value } = message;
    return this.#deadLetters.bury({ seq, topic, key, value, code, detail });
  }

  #isOutstanding(topic: TopicName, tag: number): boolean {
    return this.#outbox.isOutstanding(tag) || this.#backlogs.isOutstanding(topic, tag);
  }

  #settle(topic: TopicName, tag: number, isDelivered: boolean): void {
    if (!this.#outbox.settle(tag)) this.#backlogs.settle(topic, tag, isDelivered);
  }

  #moved(): void {
    const backlogs = this.#backlogs.watermark;
    const watermark = Math.min(this.#outbox.watermark, backlogs);
    // What moves the others alone is kept along with the next thing that does, or at the stop.
    if (watermark === this.#keptWatermark && backlogs === Number.POSITIVE_INFINITY) return;
    this.#keptWatermark = watermark;
    this.#watermarkFile.changed();
    for (const flush of this.#flushes) if (watermark >= flush.seq) flush.wake();
  }
}
