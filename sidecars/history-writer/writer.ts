// The loop: poll, gather, write, again. One batch at a time; while it cannot be written nothing further is polled, so that
// memory stays bounded whatever is away. A batch is tried until it is in PostgreSQL, or until its partitions are no longer
// ours. Dead letters are on Kafka before the offset behind their record moves.
//
// A member that finds that PostgreSQL knows another owner of its partitions has been left out of a rebalance: it drops what
// it holds, leaves the group and joins it anew. Kafka's own group offsets are committed for monitoring only.

import { type BackoffPolicy, backoffMs } from '../../contracts/runtime/backoff.ts';
import type { Clock } from '../../contracts/runtime/clock.ts';
import { type Consumer, openConsumer } from '../../contracts/runtime/kafka/consumer.ts';
import type { TopicPartition } from '../../contracts/runtime/kafka/polling.ts';
import type { ConsumedRecord } from '../../contracts/runtime/kafka/record.ts';
import type { KafkaSettings } from '../../contracts/runtime/kafka/settings.ts';
import { KafkaTroubleLog } from '../../contracts/runtime/kafka/trouble.ts';
import type { Log } from '../../contracts/runtime/log/log.ts';
import { troubleOf } from '../../contracts/runtime/postgres/database.ts';
import { TOPICS, type TopicName } from '../../contracts/topics/registry.ts';
import { type DeadLetters, DeadLettersWait } from './dead-letters.ts';
import { Hand, type Held, type Limits, type OffsetNote, type Place, type Step } from './hand.ts';
import { CLIENT_ID, CONSUMER_SETTINGS, knownTopicIds, SESSION_MS } from './reading.ts';
import { readRecord, waitingSinceMs } from './record.ts';
import { type Reading, Stalls } from './stalls.ts';
import type { Standstill, Start, Store } from './store.ts';
import type { Tally } from './tally.ts';
import { Unread } from './unread.ts';

export type WriterOptions = {
  readonly brokers: string;
  readonly kafkaSettings: KafkaSettings;
  readonly group: string;
  readonly topicPrefix: string;
  readonly limits: Limits;
  readonly store: Store;
  readonly deadLetters: DeadLetters;
  readonly tally: Tally;
  readonly log: Log;
  readonly timers: Clock;
  /** From 0 up to, not including, 1. */
  readonly fraction: () => number;
};

/** What is known of PostgreSQL. `unknown` until it was asked first. */
export type DatabaseStanding = 'unknown' | 'connected' | 'unreachable' | 'refused' | 'failing';

/** So many failed tries of one batch, then the record that may be at fault is looked for. */
const ISOLATE_AFTER = 5;
/** Between two polls of one batch: records that come one by one would each cost a call. */
const GATHER_MS = 10;
/**
 * Records of one poll. Their size is known only afterwards: this many of the largest that a broker takes may be in memory beyond
 * the bytes of a batch.
 */
const POLL_RECORDS = 16;
/** After failures in a row. */
const RETRY: BackoffPolicy = { baseMs: 100, maxMs: 5000 };
const PAUSED_MS = 50;
/** Longest time between two questions to PostgreSQL, so that its loss is seen without records as well. */
const PING_MS = 5000;
const COMMIT_EVERY_MS = 1000;
const REJOIN_MS = 1000;
/** Partitions of the next quarter are made so long before it begins: time to see that it fails. */
const AHEAD_MS = 14 * 86_400_000;

const NAMES = new Set<string>(TOPICS.map(({ name }) => name));

export class Writer {
  readonly #options: WriterOptions;
  readonly #hand: Hand;
  #consumer: Consumer;
  /** A write and a change of what is assigned never overlap. */
  #turnstile: Promise<unknown> = Promise.resolve();
  #stopping = false;
  #paused = false;
  #rejoin = false;
  /** The client does not read some partition: another one may. */
  #needsNewClient = false;
  #failures = 0;
  #database: DatabaseStanding = 'unknown';
  #databaseProblem: string | null = null;
  /** Found at an assignment or at a write, gone with the next assignment that succeeds. */
  #standstill: Standstill = null;
  #askedAtUs = Number.NEGATIVE_INFINITY;
  #uncommitted = new Map<string, Step>();
  #committedAtUs = Number.NEGATIVE_INFINITY;
  readonly #stalls: Stalls;
  readonly #unread = new Unread();
  /** Partitions of which it was logged that they have offsets without records. */
  readonly #voids = new Set<string>();
  readonly #kafkaTrouble: KafkaTroubleLog;
  #wake: () => void = () => undefined;

  constructor(options: WriterOptions) {
    this.#options = options;
    this.#hand = new Hand(options.limits);
    this.#stalls = new Stalls(options.log);
    this.#kafkaTrouble = new KafkaTroubleLog(options.log, 'consumer');
    this.#consumer = this.#join();
  }

  get paused(): boolean {
    return this.#paused;
  }

  set paused(value: boolean) {
    this.#paused = value;
    this.#wake();
  }

  /** What health, state and metrics tell. */
  standing() {
    return {
      assigned: this.#hand.assigned().length > 0,
      stopping: this.#stopping,
      database: this.#standstill?.kind ?? this.#database,
      databaseProblem: this.#standstill?.problem ?? this.#databaseProblem,
      kafka: this.#consumer.state(),
      kafkaTrouble: this.#kafkaTrouble.last,
      failures: this.#failures,
      rejoining: this.#rejoin && this.#standstill === null,
      inHand: this.#hand.records,
      partitions: this.#hand.assigned(),
      notRead: this.#stalls.stalled,
    };
  }

  /** By topic and partition, offset behind the last record; null: not known. */
  ends(): (place: Place) => bigint | null {
    const known = this.#consumer.state() === 'up' ? this.#consumer.lag() : [];
    const byPlace = new Map(known.map(({ topic, partition, endOffset }) => [`${partition} ${topic}`, endOffset]));
    return ({ topic, partition }) => byPlace.get(`${partition} ${this.#options.topicPrefix}${topic}`) ?? null;
  }

  /** Age of the oldest record that is not written; null: not known. */
  lagMs(): number | null {
    const { nowMs } = this.#options.timers;
    return this.#hand.assigned().length > 0 ? this.#hand.lagMs(this.ends(), nowMs()) : null;
  }

  /** Resolves when the loop has ended, after `stop`. */
  async run(): Promise<void> {
    while (!this.#isDone()) {
      try {
        await this.#turn();
      } catch (error) {
        // Nothing here may end the loop: what is in hand stays, and is tried again.
        this.#failed(error);
        await this.#rest(backoffMs(RETRY, this.#failures, this.#options.fraction()));
      }
    }
    await this.#commit();
    await this.#consumer.close();
  }

  /** Finish the batch in hand, then end. At the limit the batch is left: whoever reads next begins there again. */
  stop(): void {
    this.#stopping = true;
    this.#wake();
  }

  /** Ends although a batch could not be written. */
  abandon(): number {
    const left = this.#hand.records;
    this.#hand.revokeAll();
    this.#wake();
    return left;
  }

  #isDone(): boolean {
    return this.#stopping && (this.#hand.records === 0 || this.#paused);
  }

  async #turn(): Promise<void> {
    if (this.#rejoin || this.#needsNewClient || this.#consumer.state() === 'failed') await this.#joinAnew();
    await this.#askDatabase();
    if (!this.#stopping && this.#failures === 0) await this.#gather();
    else this.#stalls.pause();
    if (this.#paused || this.#hand.records === 0) {
      if (this.#paused) await this.#rest(PAUSED_MS);
      await this.#commitNowAndThen();
      return;
    }
    if (this.#stopping || this.#failures > 0 || this.#hand.isDue(this.#options.timers.elapsedUs())) {
      await this.#exclusively(() => this.#write());
    } else {
      await this.#rest(GATHER_MS);
    }
    await this.#commitNowAndThen();
  }

  /** Polls until there is no more, no room, or a batch to write. A paused member reads one batch ahead, so that its lag is known. */
  async #gather(): Promise<void> {
    for (;;) {
      const asked = Math.min(this.#hand.room, POLL_RECORDS);
      if (asked === 0) return;
      const records = await this.#consumer.poll(asked);
      this.#take(records);
      if (records.length < asked) this.#observe();
      if (records.length < asked || this.#hand.isDue(this.#options.timers.elapsedUs())) return;
    }
  }

  #take(records: readonly ConsumedRecord[]): void {
    const { timers } = this.#options;
    const nowMs = timers.nowMs();
    const prefix = this.#options.topicPrefix.length;
    const held: Held[] = [];
    for (const { topic, partition, offset, key, value, timestampMs } of records) {
      const name = topic.slice(prefix);
      if (!NAMES.has(name)) continue;
      // The consumer subscribed to the names of the registry alone.
      const known = name as TopicName;
      const read = readRecord(known, value, nowMs);
      const dead = read.ok ? null : { reason: read.reason, detail: read.detail, sending: null };
      const sinceMs = waitingSinceMs(timestampMs, nowMs);
      held.push({ topic: known, partition, offset, key, value, timestampMs, sinceMs, read, dead });
    }
    const startOf = (place: Place): bigint | null => this.#consumer.logStart(this.#inKafka(place));
    for (const note of this.#hand.take(held, timers.elapsedUs(), startOf)) this.#noteOffset(note);
    for (const { topic, partition, offset } of this.#consumer.passed()) {
      const place = { topic: topic.slice(prefix) as TopicName, partition };
      for (const note of this.#hand.passOver(place, offset, startOf)) this.#noteOffset(note);
    }
  }

  /** Now and then: is there a partition from which nothing comes although it has records? */
  #observe(): void {
    const readings = (): Reading[] => {
      const endOf = this.ends();
      return this.#hand.assigned().map((place) => ({ ...place, end: endOf(place) }));
    };
    const nowUs = this.#options.timers.elapsedUs();
    this.#stalls.observe(readings, nowUs, this.#kafkaTrouble.last ?? '');
    const unread = this.#unread.observe(readings, nowUs);
    if (unread === null) return;
    this.#needsNewClient = true;
    const { topic, partition } = unread;
    const detail =
      'the Kafka client does not read it: its topic was created again, or it has no leader; joining the group again';
    this.#options.log.error('partition_unread', { topic, partition, detail });
  }

  #inKafka({ topic, partition }: Place): TopicPartition {
    return { topic: this.#options.topicPrefix + topic, partition };
  }

  async #write(): Promise<void> {
    const { store, deadLetters, tally, timers } = this.#options;
    const { held, steps } = this.#hand.batch();
    // With a wrong clock every record would be one of an implausible time.
    const judgedByTime = held.some(({ dead }) => dead?.reason === 'time_implausible' && dead.sending === null);
    const apart = judgedByTime ? await store.clockApart(() => timers.nowMs()) : null;
    if (apart !== null) return this.#standStill(apart);
    await deadLetters.send(held);
    await store.ensureDays(this.#daysAhead());
    const startedAtUs = timers.elapsedUs();
    // What fails again and again, and not for want of a server, may be the fault of a record that nobody foresaw.
    const isolates = this.#failures >= ISOLATE_AFTER && this.#database === 'failing';
    const result = isolates ? await store.isolate(held) : await store.write(held, steps);
    switch (result.kind) {
      case 'written':
        this.#hand.written(steps);
        for (const step of steps) this.#uncommitted.set(`${step.partition} ${step.topic}`, step);
        tally.written(held, result, timers.nowMs(), (timers.elapsedUs() - startedAtUs) / 1e6);
        this.#succeeded();
        return;
      case 'refused':
        for (const { held: record, reason, detail } of result.refused) record.dead = { reason, detail, sending: null };
        // A batch without its culprits is a new one.
        this.#failures = 0;
        return;
      case 'standstill':
        this.#standStill(result.standstill);
        return;
      case 'moved':
        for (const moved of result.moved) this.#moved(moved, moved.written, moved.ours);
    }
  }

  /** What is in hand is dropped, and read again once partitions can be taken over again. */
  #standStill(standstill: NonNullable<Standstill>): void {
    this.#options.log.error('standstill', { kind: standstill.kind, detail: standstill.problem });
    this.#standstill = standstill;
    this.#hand.revokeAll();
    this.#rejoin = true;
  }

  #moved(place: Place, written: bigint, ours: boolean): void {
    const { log } = this.#options;
    const { topic, partition } = place;
    if (ours) {
      log.warn('offsets_ahead', {
        topic,
        partition,
        written,
        detail: 'an earlier commit had succeeded, although its answer was lost',
      });
      this.#hand.movedTo(place, written);
      return;
    }
    log.error('partition_taken', {
      topic,
      partition,
      detail: 'another member owns it in consumer_offsets; joining the group again',
    });
    this.#hand.revoke(place);
    this.#rejoin = true;
  }

  /** Looks whether PostgreSQL is there when nothing else has asked it lately. */
  async #askDatabase(): Promise<void> {
    const sinceAskedUs = this.#options.timers.elapsedUs() - this.#askedAtUs;
    if (this.#failures === 0 && sinceAskedUs < PING_MS * 1000) return;
    if (this.#failures > 0 && this.#hand.records > 0 && !this.#paused) return;
    await this.#options.store.ping();
    this.#succeeded();
  }

  #succeeded(): void {
    const { log, timers } = this.#options;
    this.#askedAtUs = timers.elapsedUs();
    if (this.#database !== 'connected') {
      log.info('database_connected', { failures: this.#failures });
      this.#database = 'connected';
      this.#databaseProblem = null;
    }
    this.#failures = 0;
  }

  #failed(error: unknown): void {
    const { log, tally } = this.#options;
    this.#failures++;
    const { kind, code, message } = troubleOf(error);
    if (error instanceof DeadLettersWait) {
      tally.failed(message, this.#options.timers.nowMs());
      log.error('dead_letters_wait', { failure: error, in_hand: this.#hand.records });
      return;
    }
    const database = kind === 'unreachable' || kind === 'refused' ? kind : 'failing';
    tally.failed(message, this.#options.timers.nowMs());
    // Once a change, not once a try.
    if (database !== this.#database || message !== this.#databaseProblem) {
      log.error('write_failed', { kind, code, failure: error, in_hand: this.#hand.records });
    }
    this.#database = database;
    this.#databaseProblem = message;
  }

  #join(): Consumer {
    const { brokers, kafkaSettings, group, topicPrefix, log } = this.#options;
    const consumer = openConsumer({
      brokers,
      clientId: CLIENT_ID,
      groupId: group,
      topics: TOPICS.map(({ name }) => topicPrefix + name),
      extra: { ...CONSUMER_SETTINGS, ...kafkaSettings },
      onAssigned: (partitions) => this.#exclusively(() => this.#takeOver(partitions)),
      onRevoked: (partitions) => this.#exclusively(() => this.#giveUp(partitions)),
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

  async #joinAnew(): Promise<void> {
    const { log } = this.#options;
    this.#hand.revokeAll();
    await this.#consumer.close();
    await this.#rest(REJOIN_MS);
    this.#rejoin = false;
    this.#needsNewClient = false;
    this.#consumer = this.#join();
    log.info('group_joined_anew', { group: this.#options.group });
  }

  async #takeOver(partitions: readonly TopicPartition[]): Promise<bigint[]> {
    const { store, log, timers } = this.#options;
    const places = this.#placesOf(partitions);
    let starts: Start[];
    try {
      this.#standstill = await store.standstill(() => timers.nowMs());
      if (this.#standstill !== null) throw new Error(this.#standstill.problem);
      await store.ensureDays(this.#daysAhead());
      starts = await store.takeOver(places, await knownTopicIds(this.#options));
    } catch (error) {
      if (this.#standstill === null) this.#failed(error);
      throw error;
    }
    this.#succeeded();
    for (const [index, place] of places.entries()) {
      const { next, left } = starts[index] ?? { next: 0n, left: null };
      this.#hand.assign(place, next);
      if (left !== null) this.#noteOffset({ ...place, kind: 'reset', expected: left, got: next, missed: 0n });
    }
    this.#kafkaTrouble.over();
    log.info('partitions_assigned', { count: places.length, group: this.#options.group });
    return starts.map(({ next }) => next);
  }

  async #giveUp(partitions: readonly TopicPartition[]): Promise<void> {
    for (const place of this.#placesOf(partitions)) this.#hand.revoke(place);
    this.#options.log.info('partitions_revoked', { count: partitions.length, group: this.#options.group });
  }

  /** Today and some days on, so that the first second of a quarter finds its partitions. */
  #daysAhead(): string[] {
    const nowMs = this.#options.timers.nowMs();
    return [nowMs, nowMs + AHEAD_MS].map((ms) => new Date(ms).toISOString().slice(0, 10));
  }

  #placesOf(partitions: readonly TopicPartition[]): Place[] {
    const prefix = this.#options.topicPrefix.length;
    return partitions.map(({ topic, partition }) => ({ topic: topic.slice(prefix) as TopicName, partition }));
  }

  #noteOffset(note: OffsetNote): void {
    const { log, tally } = this.#options;
    const { kind, topic, partition, expected, got } = note;
    if (kind === 'void') {
      const where = `${partition} ${topic}`;
      if (this.#voids.has(where)) return;
      this.#voids.add(where);
      const detail = 'the partition has no records there: transaction markers, or it was compacted; logged once';
      log.warn('offsets_without_records', { topic, partition, expected, got, detail });
      return;
    }
    const detail =
      kind === 'gap'
        ? 'Kafka had deleted the records between these offsets before they could be written'
        : 'the partition starts again: its topic was created again, or its log was truncated';
    tally.offsetNoted(note);
    log.error(kind === 'gap' ? 'offsets_missing' : 'offsets_reset', { topic, partition, expected, got, detail });
  }

  async #commitNowAndThen(): Promise<void> {
    const nowUs = this.#options.timers.elapsedUs();
    if (nowUs - this.#committedAtUs < COMMIT_EVERY_MS * 1000) return;
    this.#committedAtUs = nowUs;
    // Not awaited: monitoring is not worth a pause of the writing.
    void this.#commit();
  }

  async #commit(): Promise<void> {
    if (this.#uncommitted.size === 0) return;
    const offsets = [...this.#uncommitted.values()].map(({ topic, partition, to }) => ({
      topic: this.#options.topicPrefix + topic,
      partition,
      offset: to,
    }));
    this.#uncommitted = new Map();
    try {
      await this.#consumer.commit(offsets);
    } catch (error) {
      this.#options.log.debug('group_offsets_not_committed', { failure: error });
    }
  }

  #exclusively<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turnstile.then(work);
    this.#turnstile = done.catch(() => undefined);
    return done;
  }

  /** Until the time is over, or pause, resume or stop was said. */
  async #rest(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const stop = this.#options.timers.after(ms, resolve);
      this.#wake = () => {
        stop();
        resolve();
      };
    });
  }
}
