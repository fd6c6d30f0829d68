import { afterEach, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import type { Fact } from '../facts.ts';
import { ManualClock } from '../lib/manual-clock.fixture.ts';
import { seqOfTag, tagOf } from './outbox.ts';
import { type DeadMessage, type JournalSource, type ProducerPort, Publisher } from './publisher.ts';
import type { Outgoing } from './render.ts';
import { readWatermark } from './watermark-file.ts';

/** At fault is the record with this code, the cluster with any other. */
const RECORD_AT_FAULT = 10;
const CLUSTER_AT_FAULT = -188;

/** A fact that makes as many messages as its number says. */
function factOf(messages: number): Fact {
  return { kind: 'nonce_used', atMs: 1, nonce: 'n' as never, blockHeight: messages, blockTimeMs: 0 };
}

const encoder = new TextEncoder();

function render(fact: Fact): Outgoing[] {
  if (fact.kind === 'nonce_closed') throw new Error('no form for it');
  const count = fact.kind === 'nonce_used' ? fact.blockHeight : 0;
  return Array.from({ length: count }, (_, slot) => ({
    topic: 'exec.trade_result',
    partition: 0,
    key: `k${slot}`,
    value: encoder.encode(`${slot}`),
  }));
}

/** The journal as the publisher sees it, in memory; `sync` makes what was appended durable. */
class MemoryJournal implements JournalSource {
  readonly firstSeq = 1;
  durableSeq = 0;
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
class FakeProducer implements ProducerPort {
  readonly taken: number[] = [];
  inFlight: number[] = [];
  room = Number.POSITIVE_INFINITY;
  answer: ReturnType<ProducerPort['produce']> = 'queued';

  produce(...[, , , , tag]: Parameters<ProducerPort['produce']>): ReturnType<ProducerPort['produce']> {
    if (this.answer !== 'queued') return this.answer;
    if (this.inFlight.length >= this.room) return 'full';
    this.taken.push(tag);
    this.inFlight.push(tag);
    return 'queued';
  }
}

const directories: string[] = [];
afterEach(() => {
  for (const path of directories.splice(0)) rmSync(path, { recursive: true, force: true });
});

function makeWorld() {
  const directory = mkdtempSync(join(tmpdir(), 'unrip-outbox-'));
  directories.push(directory);
  const path = join(directory, 'outbox.json');
  const clock = new ManualClock();
  const journal = new MemoryJournal();
  const dead: DeadMessage[] = [];
  const done = new Set<number>();
  const logged: string[] = [];
  const log = (event: string) => logged.push(event);
  const start = (): Publisher =>
    new Publisher({
      journal,
      render,
      refusesRecord: (code) => code === RECORD_AT_FAULT,
      onDeadLetter: (message) => dead.push(message),
      watermarkPath: path,
      watermark: readWatermark(path),
      clock,
      log: { info: log, warn: log, error: log },
    });
  return { path, clock, journal, dead, done, logged, start };
}

type World = ReturnType<typeof makeWorld>;

/** Lets the loop turn, and the time move on, until the condition holds. */
async function until(world: World, condition: () => boolean): Promise<void> {
  for (let turn = 0; turn < 5_000; turn++) {
    if (condition()) return;
    await new Promise<void>((resolve) => setImmediate(resolve));
    if (turn % 3 === 2) world.clock.advance(1_000);
  }
  throw new Error(`not reached: ${condition}`);
}

function deliverAll(world: World, publisher: Publisher, producer: FakeProducer): void {
  for (const tag of producer.inFlight.splice(0)) {
    world.done.add(tag);
    publisher.delivered(tag);
  }
}

describe('the publisher', () => {
  test('sends what is durable, in order, and nothing before', async () => {
    const world = makeWorld();
    const publisher = world.start();
    const producer = new FakeProducer();
    publisher.attach(producer);
    for (const messages of [1, 0, 3, 1]) world.journal.append(factOf(messages));
    await new Promise<void>((resolve) => setImmediate(resolve));
    expect(producer.taken).toEqual([]);
    world.journal.sync();
    const all = [tagOf(1, 0), tagOf(3, 0), tagOf(3, 1), tagOf(3, 2), tagOf(4, 0)];
    await until(world, () => producer.taken.length === all.length);
    expect(producer.taken).toEqual(all);
    expect(publisher.state()).toMatchObject({ watermark: 0, inFlight: 4, lagRecords: 4, delivered: 0 });

    publisher.delivered(tagOf(1, 0));
    expect(publisher.state().watermark).toBe(2);
    publisher.delivered(tagOf(4, 0));
    publisher.delivered(tagOf(3, 0));
    expect(publisher.state().watermark).toBe(2);
    publisher.delivered(tagOf(3, 2));
    publisher.delivered(tagOf(3, 1));
    expect(publisher.state()).toMatchObject({ watermark: 4, inFlight: 0, lagRecords: 0, lagMs: 0, delivered: 5 });
    await publisher.close();
    expect(readWatermark(world.path)).toBe(4);
    expect((statSync(world.path).mode & 0o777).toString(8)).toBe('600');
    expect(world.journal.dropped).toBe(5);
  });

  test('facts that make nothing need no broker round trip', async () => {
    const world = makeWorld();
    const publisher = world.start();
    publisher.attach(new FakeProducer());
    for (let count = 0; count < 100; count++) world.journal.append(factOf(0));
    world.journal.sync();
    await until(world, () => publisher.state().watermark === 100);
    await publisher.close();
  });

  test('waits while Kafka is full or away, without a limit of time, and goes on', async () => {
    const world = makeWorld();
    const publisher = world.start();
    const producer = new FakeProducer();
    producer.answer = 'unavailable';
    publisher.attach(producer);
    for (let count = 0; count < 50; count++) world.journal.append(factOf(2));
    world.journal.sync();
    for (let hours = 0; hours < 5; hours++) world.clock.advance(3_600_000);
    expect(producer.taken).toEqual([]);
    expect(publisher.state().lagMs).toBeGreaterThan(5 * 3_600_000);
    producer.answer = 'queued';
    producer.room = 3;
    await until(world, () => {
      deliverAll(world, publisher, producer);
      return publisher.state().watermark === 50;
    });
    expect(producer.taken).toEqual([...new Set(producer.taken)]);
    await publisher.close();
  });

  test('keeps little in memory while the broker is away, and reads the rest back', async () => {
    const world = makeWorld();
    const publisher = world.start();
    for (let count = 0; count < 10_000; count++) world.journal.append(factOf(1));
    world.journal.sync();
    const producer = new FakeProducer();
    publisher.attach(producer);
    await until(world, () => {
      deliverAll(world, publisher, producer);
      return publisher.state().watermark === 10_000;
    });
    expect(producer.taken).toEqual(Array.from({ length: 10_000 }, (_, at) => tagOf(at + 1, 0)));
    // 10,000 records less the 2,048 in memory, 128 a read.
    expect(world.journal.reads).toBe(Math.ceil((10_000 - 2_048) / 128));
    await publisher.close();
  });

  test('a damaged or missing watermark costs repeats, not records', async () => {
    const world = makeWorld();
    for (let count = 0; count < 5; count++) world.journal.append(factOf(1));
    world.journal.sync();
    for (const text of ['', '{', '{"watermark":"4"}', '{"watermark":-1}', '[]', 'null']) {
      writeFileSync(world.path, text);
      const publisher = world.start();
      expect(publisher.state().watermark).toBe(0);
    }
    writeFileSync(world.path, '{"watermark":3}');
    const publisher = world.start();
    const producer = new FakeProducer();
    publisher.attach(producer);
    await until(world, () => producer.taken.length === 2);
    expect(producer.taken).toEqual([tagOf(4, 0), tagOf(5, 0)]);
  });

  test('a message that is itself at fault is dead-lettered and passed; one that the cluster refused is sent again', async () => {
    const world = makeWorld();
    const publisher = world.start();
    const producer = new FakeProducer();
    publisher.attach(producer);
    for (let count = 0; count < 3; count++) world.journal.append(factOf(1));
    world.journal.sync();
    await until(world, () => producer.taken.length === 3);
    publisher.refused(tagOf(1, 0), RECORD_AT_FAULT, 'message too large');
    publisher.refused(tagOf(2, 0), CLUSTER_AT_FAULT, 'unknown topic');
    publisher.delivered(tagOf(3, 0));
    await until(world, () => producer.taken.length === 4);
    expect(producer.taken[3]).toBe(tagOf(2, 0));
    expect(world.dead).toEqual([
      {
        seq: 1,
        topic: 'exec.trade_result',
        key: 'k0',
        value: encoder.encode('0'),
        code: RECORD_AT_FAULT,
        detail: 'message too large',
      },
    ]);
    expect(publisher.state()).toMatchObject({ watermark: 1, deadLettered: 1, retried: 1 });
    publisher.delivered(tagOf(2, 0));
    expect(publisher.state().watermark).toBe(3);
    expect(world.logged).toEqual(['outbox_dead_letter']);
    await publisher.close();
  });

  test('what is refused at once is treated the same', async () => {
    const world = makeWorld();
    const publisher = world.start();
    const producer = new FakeProducer();
    producer.answer = { refused: 'unknown partition', code: CLUSTER_AT_FAULT };
    publisher.attach(producer);
    world.journal.append(factOf(1));
    world.journal.sync();
    await until(world, () => publisher.state().trouble !== null);
    expect(publisher.state().trouble).toContain('unknown partition');
    expect(world.dead).toEqual([]);
    producer.answer = { refused: 'too large', code: RECORD_AT_FAULT };
    await until(world, () => publisher.state().watermark === 1);
    expect(world.dead.length).toBe(1);
    await publisher.close();
  });

  test('a record that cannot be rendered does not stand in the way of the others', async () => {
    const world = makeWorld();
    const publisher = world.start();
    const producer = new FakeProducer();
    publisher.attach(producer);
    world.journal.append({ kind: 'nonce_closed', atMs: 1, nonce: 'n' as never });
    world.journal.append(factOf(1));
    world.journal.sync();
    await until(world, () => producer.taken.length === 1);
    expect(world.dead.map((message) => message.detail)).toEqual([
      'a nonce_closed fact could not be rendered: Error: no form for it',
    ]);
    await publisher.close();
  });

  test('flush waits for what is journalled now, and says at its limit how much is left', async () => {
    const world = makeWorld();
    const publisher = world.start();
    const producer = new FakeProducer();
    publisher.attach(producer);
    for (let count = 0; count < 3; count++) world.journal.append(factOf(1));
    world.journal.sync();
    const limited = publisher.flush(1_000);
    await until(world, () => producer.taken.length === 3);
    publisher.delivered(tagOf(1, 0));
    world.clock.advance(1_000);
    expect(await limited).toBe(2);

    const whole = publisher.flush(1_000_000);
    deliverAll(world, publisher, producer);
    expect(await whole).toBe(0);
    expect(await publisher.flush(1)).toBe(0);
    await publisher.close();
  });
});

type Step =
  | { readonly kind: 'append'; readonly messages: number }
  | { readonly kind: 'sync' }
  | { readonly kind: 'turn' }
  | { readonly kind: 'restart' }
  | { readonly kind: 'newProducer' }
  | { readonly kind: 'room'; readonly room: number }
  | { readonly kind: 'report'; readonly pick: number; readonly as: 'delivered' | 'cluster' | 'record' };

const STEPS: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: fc.nat(4).map((messages): Step => ({ kind: 'append', messages })) },
    { weight: 5, arbitrary: fc.constant<Step>({ kind: 'sync' }) },
    { weight: 8, arbitrary: fc.constant<Step>({ kind: 'turn' }) },
    { weight: 1, arbitrary: fc.constant<Step>({ kind: 'restart' }) },
    { weight: 1, arbitrary: fc.constant<Step>({ kind: 'newProducer' }) },
    { weight: 2, arbitrary: fc.nat(5).map((room): Step => ({ kind: 'room', room })) },
    {
      weight: 14,
      arbitrary: fc
        .tuple(fc.nat(), fc.constantFrom('delivered', 'delivered', 'delivered', 'cluster', 'record'))
        .map(([pick, as]): Step => ({ kind: 'report', pick, as })),
    },
  ),
  { maxLength: 120 },
);

describe('whatever the order of deliveries, refusals and restarts', () => {
  test('every message is delivered or dead-lettered, and the watermark passes none that is not', async () => {
    await fc.assert(
      fc.asyncProperty(STEPS, async (list) => {
        const world = makeWorld();
        let publisher = world.start();
        let producer = new FakeProducer();
        publisher.attach(producer);
        const isDone = (seq: number) => {
          const count = render(world.journal.facts[seq - 1] as Fact).length;
          return Array.from({ length: count }, (_, slot) => tagOf(seq, slot)).every(
            (tag) =>
              world.done.has(tag) || world.dead.some((message) => tagOf(message.seq, Number(message.key?.[1])) === tag),
          );
        };
        const check = () => {
          for (let seq = 1; seq <= publisher.state().watermark; seq++) expect(isDone(seq)).toBe(true);
        };
        for (const step of list) {
          if (step.kind === 'append') world.journal.append(factOf(step.messages));
          else if (step.kind === 'sync') world.journal.sync();
          else if (step.kind === 'room') producer.room = step.room;
          else if (step.kind === 'restart') {
            // Without a close, as after a crash: what is kept is what was written by now.
            publisher = world.start();
            producer = new FakeProducer();
            publisher.attach(producer);
          } else if (step.kind === 'newProducer') {
            producer = new FakeProducer();
            publisher.attach(producer);
          } else if (step.kind === 'turn') {
            await new Promise<void>((resolve) => setImmediate(resolve));
            world.clock.advance(300);
          } else {
            const [tag] = producer.inFlight.splice(step.pick % Math.max(1, producer.inFlight.length), 1);
            if (tag === undefined) continue;
            if (step.as === 'delivered') {
              world.done.add(tag);
              publisher.delivered(tag);
            } else {
              publisher.refused(tag, step.as === 'record' ? RECORD_AT_FAULT : CLUSTER_AT_FAULT, 'refused');
            }
          }
          check();
        }
        producer.room = Number.POSITIVE_INFINITY;
        world.journal.sync();
        await until(world, () => {
          deliverAll(world, publisher, producer);
          check();
          return publisher.state().watermark === world.journal.lastSeq;
        });
        expect(producer.taken.every((tag) => seqOfTag(tag) <= world.journal.lastSeq)).toBe(true);
        await publisher.close();
        expect(readWatermark(world.path)).toBe(world.journal.lastSeq);
      }),
      { numRuns: 60 },
    );
  });
});
