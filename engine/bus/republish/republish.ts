// Sends records of the journal again, from a position that an operator names: for a topic that lost records which Kafka had
// acknowledged. Everything is rendered as it was the first time, with the same event ids, so that consumers drop repeats.
//
// Method: a second reader of the journal with a window of its own, apart from the outbox, which goes on meanwhile and whose
// watermark this never touches. A timer lets it take a few records at a time, so that the load is small and even. Its tags
// lie above those of the outbox and are never used twice, so that a late report of an earlier run acknowledges nothing.
// What Kafka does not take is sent again after a while; with another client everything that is not acknowledged is.
// It is not kept over a restart: a run that was cut short is begun again, from where its last log line says.

import type { Clock } from '../../../contracts/runtime/clock.ts';
import { TOPICS, type TopicName } from '../../../contracts/topics/registry.ts';
import type { Fact } from '../../model/facts.ts';
import type { LogPort } from '../../model/ports.ts';
import type { RepublishRefusal, RepublishRequest } from '../../model/values.ts';
import { fixFor } from '../backlog/topic-fix.ts';
import type { ReadFacts, StoredFact } from '../fact-source.ts';
import { handOver, type OpenRecord, type ProducerPort, type Refusal } from '../hand-over.ts';
import { MESSAGES_PER_RECORD_MAX, Outbox, SEQ_MAX } from '../outbox.ts';
import type { Outgoing } from '../render/render.ts';
import { republishCommand } from './command.ts';

/** Records that may be with Kafka, unacknowledged. */
export const WINDOW_RECORDS_MAX = 256;
/** Records of one turn: rendering one takes some tens of microseconds. */
const SLICE_RECORDS = 8;
/** Between two turns: with the slice, 1,600 records a second at most. */
const PACE_MS = 5;
/** Records of one read, which are decoded in one turn. */
const READ_RECORDS = 32;
/** When Kafka has no room. */
const FULL_RETRY_MS = 100;
/** Before something that was refused is tried again. */
const REFUSED_RETRY_MS = 1_000;
const PROGRESS_EVERY_US = 10_000_000;
/** Tags of the outbox end below this one; ours are exact integers up to twice as much. */
const FIRST_TAG = SEQ_MAX * MESSAGES_PER_RECORD_MAX;

/** The message of this tag was sent by a republish. */
export const isRepublishTag = (tag: number): boolean => tag >= FIRST_TAG;

export type RepublishWaiting = 'kafka_full' | 'kafka_away' | 'topic_blocked' | 'topic_refused' | 'delivery' | 'journal';

export type RepublishRun = {
  readonly from: number;
  readonly to: number;
  readonly topics: readonly TopicName[] | null;
  /** Everything of the run up to here is acknowledged; `from - 1` at first. */
  readonly acknowledged: number;
  /** Messages that Kafka has acknowledged, and those that it refused for what they are. */
  readonly messages: number;
  readonly refused: number;
  readonly begunAtMs: number;
  /** What keeps it from going on now, and for how long; null: nothing. */
  readonly waiting: { readonly on: RepublishWaiting; readonly forMs: number } | null;
  /** The last refusal by Kafka, with what helps; null after a delivery. */
  readonly problem: string | null;
};

export type RepublishOutcome = 'done' | 'failed' | 'cancelled' | 'stopped';

export type RepublishState = {
  readonly running: RepublishRun | null;
  /** The last one that ended in this run of the engine. */
  readonly last:
    | (Omit<RepublishRun, 'waiting'> & { readonly outcome: RepublishOutcome; readonly endedAtMs: number })
    | null;
  /** Messages that were sent again since the start. */
  readonly messages: number;
};

export type RepublisherOptions = {
  readonly journal: {
    readonly firstSeq: number;
    readonly lastSeq: number;
    readonly durableSeq: number;
    readonly read: ReadFacts;
  };
  /** Total: gives nothing for a record that makes nothing. */
  readonly render: (fact: Fact) => readonly Outgoing[];
  readonly refusesRecord: (code: number) => boolean;
  /** The outbox passes the topic over, since Kafka does not take it. */
  readonly isAside: (topic: TopicName) => boolean;
  /** The client has taken a message. */
  readonly onQueued: (topic: TopicName) => void;
  /** A run begins: from now on its records must be kept. */
  readonly onBegun: (request: RepublishRequest) => void;
  /** Everything of the run up to `acknowledged` is in Kafka. */
  readonly onEnded: (acknowledged: number) => void;
  readonly clock: Pick<Clock, 'nowMs' | 'elapsedUs' | 'after'>;
  readonly log: LogPort;
};

type Run = {
  readonly from: number;
  readonly to: number;
  /** As it was asked for. */
  readonly request: RepublishRequest;
  readonly selected: ReadonlySet<TopicName>;
  /** Place of a record in the window: places go on from run to run. */
  readonly placeOf: (seq: number) => number;
  readonly outbox: Outbox;
  readonly begunAtMs: number;
  record: OpenRecord | null;
  read: readonly StoredFact[];
  readAt: number;
  isReading: boolean;
  waiting: { readonly on: RepublishWaiting; readonly sinceUs: number } | null;
  pausedUntilUs: number;
  problem: string | null;
  messages: number;
  refused: number;
  loggedUs: number;
};

export class Republisher {
  readonly #options: RepublisherOptions;
  #producer: ProducerPort | null = null;
  #run: Run | null = null;
  #last: RepublishState['last'] = null;
  #lastPlace = 0;
  #messages = 0;
  #isClosed = false;
  #stopTimer: () => void = () => {};

  constructor(options: RepublisherOptions) {
    this.#options = options;
  }

  /** Oldest record that the run still needs; null without one. */
  get neededFrom(): number | null {
    return this.#run === null ? null : acknowledgedOf(this.#run) + 1;
  }

  /** Begins to send again; null: it has begun. */
  start(request: RepublishRequest): RepublishRefusal | null {
    const { journal, clock, log, onBegun } = this.#options;
    const refusal = this.#refusalOf(request.from, request.to);
    if (refusal !== null) return refusal;
    const { from, topics } = request;
    const to = request.to ?? Math.max(from, journal.durableSeq);
    const firstPlace = this.#lastPlace + 1;
    this.#lastPlace = firstPlace + to - from;
    this.#run = {
      from,
      to,
      request,
      selected: new Set(topics ?? TOPICS.map(({ name }) => name)),
      placeOf: (seq) => seq - from + firstPlace,
      outbox: new Outbox(firstPlace - 1, WINDOW_RECORDS_MAX),
      begunAtMs: clock.nowMs(),
      record: null,
      read: [],
      readAt: 0,
      isReading: false,
      waiting: null,
      pausedUntilUs: Number.NEGATIVE_INFINITY,
      problem: null,
      messages: 0,
      refused: 0,
      loggedUs: clock.elapsedUs(),
    };
    onBegun(request);
    log.info('republish_begun', { from, to, topics });
    this.#pumpAfter(PACE_MS);
    return null;
  }

  /** Ends the run where it is; false when there is none. */
  cancel(): boolean {
    if (this.#run === null) return false;
    this.#end(this.#run, 'cancelled');
    return true;
  }

  close(): void {
    this.#isClosed = true;
    if (this.#run !== null) this.#end(this.#run, 'stopped');
  }

  /** What an earlier producer had not acknowledged is sent again by this one. */
  attach(producer: ProducerPort): void {
    this.#producer = producer;
    if (this.#run !== null) rewind(this.#run);
  }

  /** Kafka has the message. */
  delivered(tag: number): void {
    const run = this.#run;
    if (run === null || !run.outbox.isOutstanding(tag - FIRST_TAG)) return;
    run.outbox.settle(tag - FIRST_TAG);
    run.messages++;
    run.waiting = null;
    run.problem = null;
    this.#messages++;
  }

  /** A message that the client had taken is not in Kafka and will not be. */
  refused(tag: number, topic: TopicName, refusal: Refusal): void {
    const run = this.#run;
    if (run === null || !run.outbox.isOutstanding(tag - FIRST_TAG)) return;
    if (!this.#isDead(run, tag - FIRST_TAG, refusal.code)) this.#pause(run, topic, refusal);
  }

  state(): RepublishState {
    const nowUs = this.#options.clock.elapsedUs();
    return {
      running: this.#run === null ? null : viewOf(this.#run, nowUs),
      last: this.#last,
      messages: this.#messages,
    };
  }

  #refusalOf(from: number, to: number | null): RepublishRefusal | null {
    const { firstSeq, lastSeq } = this.#options.journal;
    if (this.#isClosed) return { kind: 'ending', detail: 'the engine is ending: start it again and repeat the call' };
    if (this.#run !== null) {
      const { from: begun, to: end } = this.#run;
      const detail = `records ${begun} to ${end} are being sent again, acknowledged up to ${acknowledgedOf(this.#run)}: wait, or cancel it`;
      return { kind: 'busy', detail };
    }
    if (from < firstSeq) {
      const detail = `the journal no longer has record ${from}: the oldest one is ${firstSeq}, start there`;
      return { kind: 'not_kept', detail };
    }
    if (Math.max(from, to ?? from) > lastSeq) {
      const detail = `the journal has no record ${from > lastSeq ? from : to} yet: the newest is ${lastSeq}`;
      return { kind: 'beyond', detail };
    }
    if (to !== null && to < from)
      return { kind: 'empty', detail: `the last position ${to} is below the first ${from}` };
    return null;
  }

  #pumpAfter(ms: number): void {
    this.#stopTimer = this.#options.clock.after(ms, () => {
      const run = this.#run;
      if (run === null) return;
      const pauseMs = this.#pump(run);
      if (this.#run === run) this.#pumpAfter(pauseMs);
    });
  }

  /** One turn. @returns after how many ms the next one is due */
  #pump(run: Run): number {
    const nowUs = this.#options.clock.elapsedUs();
    this.#logProgress(run, nowUs);
    if (run.outbox.watermark >= run.placeOf(run.to)) {
      this.#end(run, 'done');
      return 0;
    }
    if (nowUs < run.pausedUntilUs) return Math.ceil((run.pausedUntilUs - nowUs) / 1000);
    for (let count = 0; count < SLICE_RECORDS; count++) {
      const record = run.record ?? this.#take(run, nowUs);
      if (typeof record === 'string') return this.#wait(run, record, nowUs);
      run.record = record;
      const waitsOn = this.#handOver(run, record);
      if (waitsOn !== null) return this.#wait(run, waitsOn, nowUs);
      run.record = null;
      run.waiting = null;
    }
    return PACE_MS;
  }

  /** Takes the next record into the window, or says what that waits for. */
  #take(run: Run, nowUs: number): OpenRecord | RepublishWaiting {
    const { journal, render } = this.#options;
    const place = run.outbox.nextSeq;
    const seq = run.from + place - run.placeOf(run.from);
    if (seq > run.to || !run.outbox.hasRoom) return 'delivery';
    const stored = run.read[run.readAt];
    if (seq > journal.durableSeq) return 'journal';
    if (stored?.seq !== seq) {
      void this.#readFrom(run, seq);
      return 'journal';
    }
    run.readAt++;
    const messages = render(stored.fact);
    run.outbox.begin(
      messages.map(({ topic }) => (run.selected.has(topic) ? 0 : null)),
      nowUs,
    );
    return { seq: place, messages, slot: 0 };
  }

  async #readFrom(run: Run, seq: number): Promise<void> {
    if (run.isReading) return;
    run.isReading = true;
    try {
      run.read = await this.#options.journal.read(seq, READ_RECORDS);
      run.readAt = 0;
    } catch (error) {
      run.problem = `record ${seq} could not be read: ${error instanceof Error ? error.message : String(error)}`;
      if (this.#run === run) this.#end(run, 'failed');
    } finally {
      run.isReading = false;
    }
  }

  /** Hands over what is left of a record; null when all of it was taken, else what that waits for. */
  #handOver(run: Run, record: OpenRecord): RepublishWaiting | null {
    const producer = this.#producer;
    const { isAside, onQueued } = this.#options;
    if (producer === null) return 'kafka_away';
    const isHeldUp = (message: Outgoing): boolean => run.selected.has(message.topic) && isAside(message.topic);
    if (record.messages.some((message, slot) => slot >= record.slot && isHeldUp(message))) return 'topic_blocked';
    const own: ProducerPort = {
      produce: (topic, partition, key, value, tag) => producer.produce(topic, partition, key, value, tag + FIRST_TAG),
    };
    for (;;) {
      const handed = handOver(run.outbox, record, own, onQueued);
      if (handed.kind === 'done') return null;
      if (handed.kind !== 'refused') return handed.kind === 'full' ? 'kafka_full' : 'kafka_away';
      const { code, detail, message, tag } = handed;
      if (!this.#isDead(run, tag, code)) {
        this.#pause(run, message.topic, { code, detail });
        return 'topic_refused';
      }
    }
  }

  /** The message itself is at fault. It was dead-lettered when it was sent first, or will be. */
  #isDead(run: Run, tag: number, code: number): boolean {
    if (!this.#options.refusesRecord(code)) return false;
    run.outbox.settle(tag);
    run.refused++;
    return true;
  }

  /** Kafka does not take the topic now: what is not acknowledged is sent again, later. */
  #pause(run: Run, topic: TopicName, refusal: Refusal): void {
    const nowUs = this.#options.clock.elapsedUs();
    run.problem = `${topic}: ${refusal.detail} (${refusal.code}); ${fixFor(topic, refusal)}`;
    run.pausedUntilUs = nowUs + REFUSED_RETRY_MS * 1000;
    rewind(run);
    this.#wait(run, 'topic_refused', nowUs);
  }

  #wait(run: Run, on: RepublishWaiting, nowUs: number): number {
    if (run.waiting?.on !== on) run.waiting = { on, sinceUs: nowUs };
    return on === 'delivery' || on === 'journal' ? PACE_MS : FULL_RETRY_MS;
  }

  #logProgress(run: Run, nowUs: number): void {
    if (nowUs - run.loggedUs < PROGRESS_EVERY_US) return;
    run.loggedUs = nowUs;
    const { to, acknowledged, messages, waiting, problem } = viewOf(run, nowUs);
    this.#options.log.info('republish_progress', { acknowledged, to, messages, waiting: waiting?.on ?? null, problem });
  }

  #end(run: Run, outcome: RepublishOutcome): void {
    const { clock, log, onEnded } = this.#options;
    this.#stopTimer();
    this.#run = null;
    const { waiting: _waiting, ...view } = viewOf(run, clock.elapsedUs());
    this.#last = { ...view, outcome, endedAtMs: clock.nowMs() };
    onEnded(view.acknowledged);
    const { from, to, acknowledged, messages, refused, problem } = view;
    const fields = { outcome, from, to, acknowledged, messages, refused, problem };
    if (outcome === 'done') log.info('republish_ended', fields);
    else log.warn('republish_ended', { ...fields, fix: republishCommand({ ...run.request, from: acknowledged + 1 }) });
  }
}

const acknowledgedOf = (run: Run): number => run.from + run.outbox.watermark - run.placeOf(run.from);

/** Everything that is not acknowledged is to be sent again. */
function rewind(run: Run): void {
  run.outbox.rewind();
  run.record = null;
  run.read = [];
  run.readAt = 0;
}

function viewOf(run: Run, nowUs: number): RepublishRun {
  const { from, to, messages, refused, begunAtMs, problem, waiting } = run;
  return {
    from,
    to,
    topics: run.request.topics,
    acknowledged: acknowledgedOf(run),
    messages,
    refused,
    begunAtMs,
    waiting: waiting === null ? null : { on: waiting.on, forMs: Math.round((nowUs - waiting.sinceUs) / 1000) },
    problem,
  };
}
