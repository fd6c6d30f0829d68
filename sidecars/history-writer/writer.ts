// The loop: poll, gather, write, again. One batch at a time, a large one in two transactions at once (lanes.ts); while it is written
// the next one is read, and while it cannot be written nothing further is polled, so that memory stays bounded whatever is
// away. A batch is tried until it is in PostgreSQL, or until its partitions are no longer ours. Dead letters are on Kafka before
// the offset behind their record moves.
//
// A member that finds that PostgreSQL knows another owner of its partitions has missed a rebalance: it drops what it has
// buffered, leaves the group and joins it again. Kafka's own group offsets are committed for monitoring only.

import { type BackoffPolicy, backoffMs, GrowingPause } from '../../contracts/runtime/backoff.ts';
import type { Clock } from '../../contracts/runtime/clock.ts';
import { type Consumer, openConsumer } from '../../contracts/runtime/kafka/consumer/consumer.ts';
import type { TopicPartition as KafkaPartition } from '../../contracts/runtime/kafka/consumer/polling.ts';
import type { ConsumedRecord } from '../../contracts/runtime/kafka/consumer/record.ts';
import { ProgressWatch } from '../../contracts/runtime/kafka/progress-watch.ts';
import type { KafkaSettings } from '../../contracts/runtime/kafka/settings.ts';
import { KafkaTroubleLog } from '../../contracts/runtime/kafka/trouble.ts';
import type { Log } from '../../contracts/runtime/log/log.ts';
import { nextTurn, Sleeper } from '../../contracts/runtime/wait.ts';
import { TOPICS, type TopicName } from '../../contracts/topics/registry.ts';
import { bufferedRecord } from './buffered.ts';
import { Assignments } from './kafka/assignments.ts';
import { CONSUMER_SETTINGS, knownTopicIds, SESSION_MS } from './kafka/consumer-settings.ts';
import type { DeadLetters } from './kafka/dead-letters.ts';
import { GroupOffsets } from './kafka/group-offsets.ts';
import { OffsetNotes } from './kafka/offset-notes.ts';
import { type Reading, Stalls } from './kafka/stalls.ts';
import { Unread } from './kafka/unread.ts';
import { type Lane, lanesOf, whenAllHave } from './lanes.ts';
import { Mutex } from './mutex.ts';
import { type BufferedRecord, type Limits, PendingBatch, type TopicPartition } from './pending-batch.ts';
import { PollSize } from './poll-size.ts';
import { DatabaseWatch } from './postgres/database-watch.ts';
import { daysAhead } from './postgres/days.ts';
import type { Standstill, Store, WriteResult } from './postgres/store.ts';
import type { WriterStats } from './writer-stats.ts';

export type WriterOptions = {
  readonly brokers: string;
  readonly kafkaSettings: KafkaSettings;
  readonly group: string;
  /** Of the Kafka client. */
  readonly clientId: string;
  readonly topicPrefix: string;
  readonly limits: Limits;
  readonly store: Store;
  readonly deadLetters: DeadLetters;
  readonly stats: WriterStats;
  readonly log: Log;
  readonly timers: Clock;
  /** From 0 up to, not including, 1. */
  readonly fraction: () => number;
  /** The ways to Kafka; others in tests. */
  readonly kafka?: { readonly open: typeof openConsumer; readonly topicIds: typeof knownTopicIds };
};

/** Between two polls of one batch: records that come one by one would each cost a call. */
const GATHER_MS = 50;
/**
 * While a batch is written so many records are polled, and so many made ready, at a time: PostgreSQL's answers, two a table, wait that
 * long, and PostgreSQL with them.
 */
const AHEAD = { poll: 128, turn: 16 } as const;
/** After failures in a row. */
const RETRY: BackoffPolicy = { baseMs: 100, maxMs: 5000 };
const PAUSED_MS = 50;
/** Before a client is replaced by another: each time the whole group agrees on its members again. */
const REJOIN: BackoffPolicy = { baseMs: 1000, maxMs: 60_000 };

export class Writer {
  readonly #options: WriterOptions;
  readonly #batch: PendingBatch;
  readonly #database: DatabaseWatch;
  readonly #notes: OffsetNotes;
  readonly #mutex = new Mutex();
  readonly #stalls: Stalls;
  readonly #unread = new Unread();
  readonly #progress: ProgressWatch;
  readonly #rejoinPause = new GrowingPause(REJOIN);
  readonly #kafkaTrouble: KafkaTroubleLog;
  #consumer: Consumer;
  #assignments: Assignments;
  #stopping = false;
  #paused = false;
  /** PostgreSQL knows another owner of some partition, or nothing may be written. */
  #partitionsLost = false;
  /** The client does not read some partition, or is assigned none: another one may. */
  #needsNewClient = false;
  readonly #groupOffsets: GroupOffsets;
  /** By the names in Kafka. */
  readonly #topics: ReadonlyMap<string, TopicName>;
  readonly #pollSize = new PollSize();
  readonly #sleeper: Sleeper;

  constructor(options: WriterOptions) {
    this.#options = options;
    this.#topics = new Map(TOPICS.map(({ name }) => [options.topicPrefix + name, name]));
    this.#batch = new PendingBatch(options.limits);
    this.#sleeper = new Sleeper(options.timers);
    this.#database = new DatabaseWatch(options.log, options.stats);
    this.#notes = new OffsetNotes(options.log, options.stats, options.deadLetters);
    this.#groupOffsets = new GroupOffsets(options.topicPrefix, options.log, options.timers);
    this.#stalls = new Stalls(options.log);
    this.#progress = new ProgressWatch(options.timers.elapsedUs());
    this.#kafkaTrouble = new KafkaTroubleLog(options.log, 'consumer');
    this.#assignments = this.#newAssignments();
    this.#consumer = this.#join(this.#assignments);
  }

  get paused(): boolean {
    return this.#paused;
  }

  set paused(value: boolean) {
    this.#paused = value;
    this.#sleeper.wake();
  }

  /** What health, state and metrics tell. */
  status() {
    return {
      assigned: this.#batch.assigned().length > 0,
      stopping: this.#stopping,
      database: this.#database.standstill?.kind ?? this.#database.status,
      databaseProblem: this.#database.standstill?.problem ?? this.#database.problem,
      kafka: this.#consumer.state(),
      kafkaTrouble: this.#kafkaTrouble.last,
      failures: this.#database.failures,
      rejoining: this.#partitionsLost && this.#database.standstill === null,
      buffered: this.#batch.records,
      partitions: this.#batch.assigned(),
      notRead: this.#stalls.stalled,
    };
  }

  /** By topic and partition, offset behind the last record; null: not known. */
  endOffsets(): (place: TopicPartition) => bigint | null {
    const known = this.#consumer.state() === 'up' ? this.#consumer.lag() : [];
    const byPlace = new Map(known.map(({ topic, partition, endOffset }) => [`${partition} ${topic}`, endOffset]));
    return ({ topic, partition }) => byPlace.get(`${partition} ${this.#options.topicPrefix}${topic}`) ?? null;
  }

  /** Age of the oldest record that is not written; null: not known. */
  lagMs(): number | null {
    const { timers } = this.#options;
    return this.#batch.assigned().length > 0 ? this.#batch.lagMs(this.endOffsets(), timers.nowMs()) : null;
  }

  /** Resolves when the loop has ended, after `stop`. */
  async run(): Promise<void> {
    while (!this.#isDone()) {
      try {
        await this.#turn();
      } catch (error) {
        // Nothing here may end the loop: what is buffered stays, and is tried again.
        this.#database.failed(error, this.#options.timers.nowMs(), this.#batch.records);
        await this.#sleeper.sleep(backoffMs(RETRY, this.#database.failures, this.#options.fraction()));
      }
    }
    await this.#groupOffsets.finish((offsets) => this.#consumer.commit(offsets));
    await this.#consumer.close();
  }

  /** Finish the batch that is buffered, then end. At the limit the batch is left: whoever reads next begins there again. */
  stop(): void {
    this.#stopping = true;
    this.#sleeper.wake();
  }

  /** Ends although a batch could not be written. */
  abandon(): number {
    const left = this.#batch.records;
    this.#batch.revokeAll();
    this.#sleeper.wake();
    return left;
  }

  #isDone(): boolean {
    return this.#stopping && (this.#batch.records === 0 || this.#paused);
  }

  async #turn(): Promise<void> {
    if (this.#partitionsLost || this.#needsNewClient || this.#consumer.state() === 'failed') await this.#rejoin();
    await this.#pingDatabase();
    if (this.#mayRead()) await this.#gather();
    else this.#stalls.pause();
    if (this.#paused || this.#batch.records === 0) {
      if (this.#paused) await this.#sleeper.sleep(PAUSED_MS);
      this.#commitWhenDue();
      return;
    }
    if (this.#stopping || this.#database.failures > 0 || this.#batch.isDue(this.#options.timers.elapsedUs())) {
      await this.#mutex.run(() => this.#writeAndReadAhead());
    } else {
      await this.#sleeper.sleep(GATHER_MS);
    }
    this.#commitWhenDue();
  }

  #mayRead(): boolean {
    return !this.#stopping && this.#database.failures === 0;
  }

  /** PostgreSQL works on one batch while Kafka gives the next. Behind a batch that is not full there is nothing to read yet. */
  async #writeAndReadAhead(): Promise<void> {
    if (this.#batch.room > 0 || !this.#pollSize.areSmall) return this.#write(() => undefined);
    let isWriting = true;
    const begun = Promise.withResolvers<void>();
    const writing = this.#write(begun.resolve).finally(() => {
      isWriting = false;
      begun.resolve();
    });
    // Not before the rows are on their way: until then PostgreSQL waits for this process at each step.
    const reading = begun.promise.then(() => this.#readAhead(() => isWriting && !this.#paused && this.#mayRead()));
    const [written, read] = await Promise.allSettled([writing, reading]);
    if (written.status === 'rejected') throw written.reason;
    if (read.status === 'rejected') throw read.reason;
  }

  async #readAhead(goesOn: () => boolean): Promise<void> {
    while (goesOn()) {
      const asked = Math.min(this.#batch.room, this.#pollSize.records, AHEAD.poll);
      if (asked === 0) return;
      const records = await this.#poll(asked);
      const held: BufferedRecord[] = [];
      // Partitions neither come nor go meanwhile: that waits for the batch.
      for (let at = 0; at < records.length; at += AHEAD.turn) {
        held.push(...this.#buffered(records.slice(at, at + AHEAD.turn)));
        await nextTurn();
      }
      this.#take(held);
      if (records.length < asked) this.#observe();
    }
  }

  /** Polls until there is no more, no room, or a batch to write. A paused member reads one batch ahead, so that its lag is known. */
  async #gather(): Promise<void> {
    for (;;) {
      const asked = Math.min(this.#batch.room, this.#pollSize.records);
      if (asked === 0) return;
      const records = await this.#poll(asked);
      this.#take(this.#buffered(records));
      if (records.length < asked) this.#observe();
      if (records.length < asked || this.#batch.isDue(this.#options.timers.elapsedUs())) return;
    }
  }

  async #poll(recordsMax: number): Promise<ConsumedRecord[]> {
    const records = await this.#consumer.poll(recordsMax);
    this.#pollSize.brought(records);
    return records;
  }

  #buffered(records: readonly ConsumedRecord[]): BufferedRecord[] {
    const nowMs = this.#options.timers.nowMs();
    const held: BufferedRecord[] = [];
    for (const record of records) {
      // The consumer subscribed to the names of the registry alone.
      const known = this.#topics.get(record.topic);
      if (known === undefined) continue;
      held.push(bufferedRecord({ topic: known, partition: record.partition }, record, nowMs));
    }
    return held;
  }

  #take(held: readonly BufferedRecord[]): void {
    const { timers } = this.#options;
    const prefix = this.#options.topicPrefix.length;
    const startOf = (place: TopicPartition): bigint | null => this.#consumer.logStart(this.#inKafka(place));
    for (const note of this.#batch.take(held, timers.elapsedUs(), startOf)) this.#notes.report(note);
    for (const { topic, partition, offset } of this.#consumer.passed()) {
      const place = { topic: topic.slice(prefix) as TopicName, partition };
      for (const note of this.#batch.passOver(place, offset, startOf)) this.#notes.report(note);
    }
  }

  /** Now and then: is there a partition from which nothing comes although it has records? */
  #observe(): void {
    const readings = (): Reading[] => {
      const endOf = this.endOffsets();
      return this.#batch.assigned().map((place) => ({ ...place, end: endOf(place) }));
    };
    const nowUs = this.#options.timers.elapsedUs();
    this.#stalls.observe(readings, nowUs, this.#kafkaTrouble.last ?? '');
    const unread = this.#unread.observe(readings, nowUs);
    if (unread !== null) {
      this.#needsNewClient = true;
      const { topic, partition } = unread;
      const detail =
        'the Kafka client does not read it: its topic was created again, or it has no leader; joining the group again';
      this.#options.log.error('partition_unread', { topic, partition, detail });
    }
    const isWaiting = this.#assignments.isWaiting && this.#consumer.state() === 'up';
    const silentMs = this.#progress.check(isWaiting, nowUs);
    if (silentMs === null) return;
    this.#needsNewClient = true;
    const detail = 'the group assigned nothing in that time, not even no partition; joining the group again';
    this.#options.log.error('not_assigned', { age_ms: silentMs, detail });
  }

  #inKafka({ topic, partition }: TopicPartition): KafkaPartition {
    return { topic: this.#options.topicPrefix + topic, partition };
  }

  /** @param onRows when PostgreSQL is given the rows */
  async #write(onRows: () => void): Promise<void> {
    const { store, deadLetters, timers } = this.#options;
    const { held, ranges } = this.#batch.batch();
    // With a wrong clock every record would be one of an implausible time.
    const judgedByTime = held.some(({ dead }) => dead?.reason === 'time_implausible' && dead.sending === null);
    const apart = judgedByTime ? await store.clockApart(() => timers.nowMs()) : null;
    if (apart !== null) return this.#standStill(apart);
    await deadLetters.send(held);
    await store.ensureDays(daysAhead(timers.nowMs()));
    const startedAtUs = timers.elapsedUs();
    if (this.#database.isIsolationDue) return this.#settle({ held, ranges }, await store.isolate(held), startedAtUs);
    const lanes = lanesOf({ held, ranges });
    const begun = whenAllHave(lanes, onRows);
    const tries = lanes.map(async (lane) => {
      const result = await store.write(lane.held, lane.ranges, () => begun(lane));
      begun(lane);
      this.#settle(lane, result, startedAtUs);
    });
    // What one lane has written is reported at once, and stays written when another fails; the batch ends with the last of them.
    for (const tried of await Promise.allSettled(tries)) if (tried.status === 'rejected') throw tried.reason;
  }

  /** What became of a lane, or of a batch as a whole. */
  #settle({ held, ranges }: Lane, result: WriteResult, startedAtUs: number): void {
    const { stats, timers } = this.#options;
    switch (result.kind) {
      case 'written': {
        this.#batch.written(ranges);
        this.#groupOffsets.written(ranges);
        const { rows, repeated } = result;
        const seconds = (timers.elapsedUs() - startedAtUs) / 1e6;
        stats.written(held, { rows, repeated, nowMs: timers.nowMs(), seconds });
        this.#database.succeeded(timers.elapsedUs());
        this.#rejoinPause.reset();
        return;
      }
      case 'refused':
        for (const { held: record, reason, detail } of result.refused) record.dead = { reason, detail, sending: null };
        // A batch without its culprits is a new one.
        this.#database.startOver();
        return;
      case 'standstill':
        this.#standStill(result.standstill);
        return;
      case 'moved':
        for (const moved of result.moved) this.#moved(moved, moved.written, moved.ours);
    }
  }

  /** What is buffered is dropped, and read again once partitions can be owned again. */
  #standStill(standstill: NonNullable<Standstill>): void {
    this.#options.log.error('standstill', { kind: standstill.kind, detail: standstill.problem });
    this.#database.standstill = standstill;
    this.#batch.revokeAll();
    this.#partitionsLost = true;
  }

  #moved(place: TopicPartition, written: bigint, ours: boolean): void {
    const { log } = this.#options;
    const { topic, partition } = place;
    if (ours) {
      const detail = 'an earlier commit had succeeded, although its answer was lost';
      log.warn('offsets_ahead', { topic, partition, written, detail });
      this.#batch.advanceTo(place, written);
      return;
    }
    const detail = 'another member owns it in consumer_offsets; joining the group again';
    log.error('partition_taken', { topic, partition, detail });
    this.#batch.revoke(place);
    this.#partitionsLost = true;
  }

  /** Pings PostgreSQL when no statement ran lately, or the last one failed and no batch is there to try. */
  async #pingDatabase(): Promise<void> {
    const { store, timers } = this.#options;
    const { failures } = this.#database;
    if (failures === 0 && !this.#database.isPingDue(timers.elapsedUs())) return;
    if (failures > 0 && this.#batch.records > 0 && !this.#paused) return;
    await store.ping();
    this.#database.succeeded(timers.elapsedUs());
  }

  #newAssignments(): Assignments {
    const { group, topicPrefix, store, log, timers } = this.#options;
    return new Assignments({
      group,
      topicPrefix,
      store,
      pending: this.#batch,
      database: this.#database,
      notes: this.#notes,
      stats: this.#options.stats,
      mutex: this.#mutex,
      topicIds: () => (this.#options.kafka?.topicIds ?? knownTopicIds)(this.#options),
      onTaken: () => {
        this.#kafkaTrouble.over();
        this.#unread.restart();
        this.#progress.progressed();
      },
      log,
      timers,
    });
  }

  #join(assignments: Assignments): Consumer {
    const { brokers, kafkaSettings, group, clientId, topicPrefix, log, kafka } = this.#options;
    const consumer = (kafka?.open ?? openConsumer)({
      brokers,
      clientId,
      groupId: group,
      topics: TOPICS.map(({ name }) => topicPrefix + name),
      extra: { ...CONSUMER_SETTINGS, ...kafkaSettings },
      onAssigned: (partitions) => assignments.onAssigned(partitions),
      onRevoked: (partitions) => assignments.onRevoked(partitions),
      onTrouble: (code, message) => this.#kafkaTrouble.report(code, message),
    });
    log.info('group_joining', {
      group,
      detail: `partitions of a member that was killed are free after ${SESSION_MS / 1000} s`,
    });
    // Sets it going to find a broker, which it does until it is closed; its state tells the rest.
    consumer.connect(0).catch(() => undefined);
    return consumer;
  }

  async #rejoin(): Promise<void> {
    this.#assignments.leave();
    this.#batch.revokeAll();
    await this.#consumer.close();
    await this.#sleeper.sleep(this.#rejoinPause.next());
    this.#partitionsLost = false;
    this.#needsNewClient = false;
    this.#assignments = this.#newAssignments();
    this.#consumer = this.#join(this.#assignments);
    this.#options.log.info('group_rejoined', { group: this.#options.group });
  }

  #commitWhenDue(): void {
    this.#groupOffsets.commitWhenDue((offsets) => this.#consumer.commit(offsets));
  }
}
