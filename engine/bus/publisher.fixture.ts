// A publisher with a journal and a Kafka in memory, driven by a manual clock.

import { afterEach } from 'bun:test';
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../contracts/runtime/clock.ts';
import { ManualClock } from '../../contracts/runtime/manual-clock.fixture.ts';
import type { TopicName } from '../../contracts/topics/registry.ts';
import type { Fact } from '../model/facts.ts';
import type { DeadMessage } from './dead-letters.ts';
import type { ProducerPort } from './hand-over.ts';
import { slotOfTag } from './outbox.ts';
import { Publisher } from './publisher.ts';
import type { JournalSource } from './publisher-types.ts';
import type { Outgoing } from './render/render.ts';
import { readPosition } from './watermark-file.ts';

/** At fault is the record with this code, the cluster with any other. */
export const RECORD_AT_FAULT = 10;
export const CLUSTER_AT_FAULT = -188;

/** Messages that `render` makes of a fact; none of a fact that is not here. */
const messagesOf = new WeakMap<Fact, number>();

/** A fact that makes this many messages. */
export function factOf(messages: number): Fact {
  const fact: Fact = { kind: 'closed', atMs: 1 };
  messagesOf.set(fact, messages);
  return fact;
}

/** The topic of each message of a record, by its slot. */
const SLOT_TOPICS: readonly TopicName[] = [
  'exec.trade_result',
  'ref.market_price',
  'norm.swap_demand',
  'ops.service_health',
];
export const topicOfSlot = (slot: number): TopicName => SLOT_TOPICS[slot % SLOT_TOPICS.length] as TopicName;
const topicOfTag = (tag: number): TopicName => topicOfSlot(slotOfTag(tag));
export const reportAt = (tag: number, offset = -1) => ({ topic: topicOfTag(tag), partition: 0, offset });

export function render(fact: Fact): Outgoing[] {
  if (fact.kind === 'nonce_closed') throw new Error('no form for it');
  return Array.from({ length: messagesOf.get(fact) ?? 0 }, (_, slot) => ({
    topic: topicOfSlot(slot),
    partition: 0,
    key: `k${slot}`,
    value: `${slot}`,
  }));
}

/** The journal as the publisher sees it, in memory; `sync` makes what was appended durable. */
export class MemoryJournal implements JournalSource {
  firstSeq = 1;
  durableSeq = 0;
  bytes = 0;
  /** As `keepFrom` was called last. */
  keptFrom: number | null = null;
  ownsFiles = true;
  dropped = 0;
  reads = 0;
  readonly facts: Fact[] = [];
  watcher: { appended(seq: number, fact: Fact): void; durable(seq: number): void } | null = null;

  get lastSeq(): number {
    return this.facts.length;
  }

  async read(fromSeq: number, limit: number): Promise<{ seq: number; fact: Fact }[]> {
    this.reads++;
    await Promise.resolve();
    return this.facts.slice(fromSeq - 1, fromSeq - 1 + limit).map((fact, at) => ({ seq: fromSeq + at, fact }));
  }

  watch(watcher: { appended(seq: number, fact: Fact): void; durable(seq: number): void }): void {
    this.watcher = watcher;
  }

  keepFrom(seq: number | null): void {
    this.keptFrom = seq;
  }

  dropBefore(seq: number): number {
    this.dropped = Math.max(this.dropped, seq);
    return 0;
  }

  append(fact: Fact): void {
    this.facts.push(fact);
    this.watcher?.appended(this.lastSeq, fact);
  }

  sync(): void {
    this.durableSeq = this.lastSeq;
    this.watcher?.durable(this.durableSeq);
  }
}

/** Kafka: takes messages while it has room, and reports what the test says. */
export class FakeProducer implements ProducerPort {
  readonly taken: number[] = [];
  inFlight: number[] = [];
  room = Number.POSITIVE_INFINITY;
  answer: ReturnType<ProducerPort['produce']> = 'queued';
  /** Topics that are refused at once, with their code. */
  readonly refusing = new Map<TopicName, number>();
  /** Topics whose messages stay with the client, unreported. */
  readonly silent = new Set<TopicName>();
  /** Messages of silent topics. */
  #held: number[] = [];
  #offset = 0;

  produce(...[topic, , , , tag]: Parameters<ProducerPort['produce']>): ReturnType<ProducerPort['produce']> {
    if (this.answer !== 'queued') return this.answer;
    const code = this.refusing.get(topic);
    if (code !== undefined) return { refused: 'refused', code };
    if (this.inFlight.length + this.#held.length >= this.room) return 'full';
    this.taken.push(tag);
    this.inFlight.push(tag);
    return 'queued';
  }

  /** A message to report on, one of those that are not silent; it is no longer in flight. */
  takeReport(pick: number): number | undefined {
    this.#sort();
    return this.inFlight.splice(pick % Math.max(1, this.inFlight.length), 1)[0];
  }

  /** What was sent of a topic, by record. */
  takenOf(topic: TopicName): number[] {
    return this.taken.filter((tag) => topicOfTag(tag) === topic);
  }

  /** Reports everything that is not silent as delivered. */
  deliver(publisher: Publisher, done: (tag: number) => void = () => {}): void {
    this.#sort();
    const reported = this.inFlight;
    this.inFlight = [];
    for (const tag of reported) {
      done(tag);
      publisher.delivered(tag, reportAt(tag, this.#offset++));
    }
  }

  /** Leaves in flight what is not silent. */
  #sort(): void {
    const all = this.silent.size === 0 ? [...this.#held, ...this.inFlight] : this.inFlight;
    if (this.silent.size === 0) this.#held = [];
    this.inFlight = all.filter((tag) => !this.silent.has(topicOfTag(tag)));
    if (this.inFlight.length < all.length) this.#held.push(...all.filter((tag) => this.silent.has(topicOfTag(tag))));
  }
}

const directories: string[] = [];
afterEach(() => {
  for (const path of directories.splice(0)) rmSync(path, { recursive: true, force: true });
});

export type WorldOptions = { readonly refusesRecord?: (code: number) => boolean };

export function makeWorld({ refusesRecord = (code) => code === RECORD_AT_FAULT }: WorldOptions = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'unrip-outbox-'));
  directories.push(directory);
  const pathOf = (start: number): string => join(directory, `outbox-${start}.json`);
  const clock = new ManualClock();
  const journal = new MemoryJournal();
  const dead: DeadMessage[] = [];
  const done = new Set<number>();
  const logged: string[] = [];
  const stuck: string[] = [];
  const deadLetters = { areFacts: false };
  const log = (event: string) => logged.push(event);
  let generation = 0;
  /** A publisher of an earlier start is as dead as after a crash: none of its timers runs any more. */
  const clockOf = (own: number): Clock => {
    const alive = (run: () => void) => () => {
      if (own === generation) run();
    };
    return {
      nowMs: () => clock.nowMs(),
      elapsedUs: () => clock.elapsedUs(),
      after: (ms, run) => clock.after(ms, alive(run)),
      every: (ms, run) => clock.every(ms, alive(run)),
    };
  };
  /** A write that an earlier start began may end now: what it left so far is copied to a file of the new one. */
  const start = (): Publisher => {
    const left = pathOf(generation++);
    const path = pathOf(generation);
    if (existsSync(left)) copyFileSync(left, path);
    return new Publisher({
      journal,
      render,
      onStuck: (why) => stuck.push(why),
      refusesRecord,
      onDeadLetter(message) {
        dead.push(message);
        if (deadLetters.areFacts) journal.append(factOf(0));
      },
      watermarkPath: path,
      position: readPosition(path),
      clock: clockOf(generation),
      log: { info: log, warn: log, error: log },
    });
  };
  return {
    /** Of the start that is running; before the first one, what that will find. */
    get path() {
      return pathOf(generation);
    },
    clock,
    journal,
    dead,
    /** Whether each goes into the journal, as it does in the engine. */
    deadLetters,
    done,
    logged,
    stuck,
    start,
  };
}

export type World = ReturnType<typeof makeWorld>;

/** Longest wait of a test: files are written by a pool that a busy machine leaves waiting. */
const LIMIT_MS = 20_000;

/** Lets the loop turn, and the time of the test move on, until the condition holds. */
export async function until(world: World, condition: () => boolean): Promise<void> {
  const untilMs = performance.now() + LIMIT_MS;
  for (let turn = 0; performance.now() < untilMs; turn++) {
    if (condition()) return;
    await new Promise<void>((resolve) => setImmediate(resolve));
    if (turn % 3 === 2) world.clock.advance(1_000);
  }
  throw new Error(`not reached: ${condition}`);
}

export function deliverAll(world: World, publisher: Publisher, producer: FakeProducer): void {
  producer.deliver(publisher, (tag) => world.done.add(tag));
}
