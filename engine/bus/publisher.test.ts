import { describe, expect, spyOn, test } from 'bun:test';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import type { Fact } from '../model/facts.ts';
import { seqOfTag, tagOf } from './outbox.ts';
import {
  CLUSTER_AT_FAULT,
  deliverAll,
  FakeProducer,
  factOf,
  makeWorld,
  RECORD_AT_FAULT,
  render,
  reportAt,
  topicOfSlot,
  until,
} from './publisher.fixture.ts';
import { readPosition } from './watermark-file.ts';

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

    publisher.delivered(tagOf(1, 0), reportAt(tagOf(1, 0)));
    expect(publisher.state().watermark).toBe(2);
    publisher.delivered(tagOf(4, 0), reportAt(tagOf(4, 0)));
    publisher.delivered(tagOf(3, 0), reportAt(tagOf(3, 0)));
    expect(publisher.state().watermark).toBe(2);
    publisher.delivered(tagOf(3, 2), reportAt(tagOf(3, 2)));
    publisher.delivered(tagOf(3, 1), reportAt(tagOf(3, 1)));
    expect(publisher.state()).toMatchObject({ watermark: 4, inFlight: 0, lagRecords: 0, lagMs: 0, delivered: 5 });
    await publisher.close();
    expect(readPosition(world.path)?.watermark).toBe(4);
    expect((statSync(world.path).mode & 0o777).toString(8)).toBe('600');
    expect(world.journal.dropped).toBe(5);
  });

  test('reads the clock once for all reports of a turn, and again for those of the next', async () => {
    const world = makeWorld();
    const publisher = world.start();
    const producer = new FakeProducer();
    publisher.attach(producer);
    for (let count = 0; count < 50; count++) world.journal.append(factOf(2));
    world.journal.sync();
    await until(world, () => producer.taken.length === 100);
    using reads = spyOn(world.clock, 'elapsedUs');
    for (const tag of producer.taken.slice(0, 60)) publisher.delivered(tag, reportAt(tag));
    expect(reads).toHaveBeenCalledTimes(1);
    world.clock.advance(1);
    await new Promise<void>((resolve) => setImmediate(resolve));
    reads.mockClear();
    for (const tag of producer.taken.slice(60)) publisher.delivered(tag, reportAt(tag));
    expect(reads).toHaveBeenCalledTimes(1);
    await publisher.close();
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
    expect(publisher.state().lagMs).toBe(5 * 3_600_000);
    expect(publisher.state().waiting).toMatchObject({ on: 'client_unavailable' });
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
    for (let count = 0; count < 20_000; count++) world.journal.append(factOf(1));
    world.journal.sync();
    const producer = new FakeProducer();
    publisher.attach(producer);
    await until(world, () => {
      deliverAll(world, publisher, producer);
      return publisher.state().watermark === 20_000;
    });
    expect(producer.taken).toEqual(Array.from({ length: 20_000 }, (_, at) => tagOf(at + 1, 0)));
    // 20,000 records less the 1,024 in memory, 128 a read.
    expect(world.journal.reads).toBe(Math.ceil((20_000 - 1_024) / 128));
    await publisher.close();
  });

  test('a kept position in which any bit has turned costs repeats, not records', async () => {
    const world = makeWorld();
    for (let count = 0; count < 99; count++) world.journal.append(factOf(1));
    world.journal.sync();
    const publisher = world.start();
    const producer = new FakeProducer();
    publisher.attach(producer);
    await until(world, () => producer.taken.length === 99);
    for (let seq = 1; seq <= 12; seq++) publisher.delivered(tagOf(seq, 0), reportAt(tagOf(seq, 0), seq));
    await publisher.close();
    const kept = readFileSync(world.path);
    expect(readPosition(world.path)).toMatchObject({ watermark: 12, others: 12 });
    for (let bit = 0; bit < kept.length * 8; bit++) {
      const turned = Buffer.from(kept);
      turned[bit >>> 3] = (turned[bit >>> 3] as number) ^ (1 << (bit & 7));
      writeFileSync(world.path, turned);
      expect([null, 12]).toContain(readPosition(world.path)?.others ?? null);
    }
  });

  test('a position that passes a dead letter is kept when that is on disk, not before', async () => {
    const world = makeWorld();
    world.deadLetters.areFacts = true;
    const publisher = world.start();
    const producer = new FakeProducer();
    publisher.attach(producer);
    world.journal.append(factOf(1));
    world.journal.sync();
    await until(world, () => producer.taken.length === 1);
    publisher.refused(tagOf(1, 0), { code: RECORD_AT_FAULT, detail: 'refused' }, reportAt(tagOf(1, 0)));
    await until(world, () => publisher.state().watermark === 1);
    await publisher.close();
    expect(readPosition(world.path)).toBeNull();

    const next = world.start();
    const again = new FakeProducer();
    next.attach(again);
    await until(world, () => again.taken.length === 1);
    next.refused(tagOf(1, 0), { code: RECORD_AT_FAULT, detail: 'refused' }, reportAt(tagOf(1, 0)));
    await until(world, () => next.state().watermark === 1);
    world.journal.sync();
    await until(world, () => readPosition(world.path)?.others === 3);
    await next.close();
  });

  test('keeps no position once the state directory may be that of another process', async () => {
    const world = makeWorld();
    const publisher = world.start();
    const producer = new FakeProducer();
    publisher.attach(producer);
    world.journal.append(factOf(1));
    world.journal.sync();
    await until(world, () => producer.taken.length === 1);
    world.journal.ownsFiles = false;
    deliverAll(world, publisher, producer);
    expect(publisher.state().watermark).toBe(1);
    await publisher.close();
    expect(readPosition(world.path)).toBeNull();
    expect(world.journal.dropped).toBe(0);
  });

  test('a damaged or missing watermark costs repeats, not records', async () => {
    const world = makeWorld();
    for (let count = 0; count < 5; count++) world.journal.append(factOf(1));
    world.journal.sync();
    for (const text of [
      '',
      '{',
      '[]',
      'null',
      '{"watermark":"4"}',
      '{"watermark":-1}',
      '{"watermark":2.5}',
      '{"watermark":1e308}',
      '{"watermark":9007199254740991}',
      '{"watermark":281474976710656}',
      '{"watermark":6}',
      '{"watermark":3,"others":6,"behind":{}}',
      `{"watermark":3,"pad":"${'x'.repeat(100_000)}"}`,
    ]) {
      writeFileSync(world.path, text);
      const publisher = world.start();
      expect(publisher.state()).toMatchObject({ watermark: 0, lagRecords: 5 });
    }
    for (const [text, watermark] of [
      ['{"watermark":5}', 5],
      ['{"watermark":3,"others":2,"behind":{}}', 3],
      ['{"watermark":3,"others":5,"behind":{"exec.trade_result":9}}', 3],
      ['{"watermark":3,"others":5,"behind":{"exec.trade_result":2}}', 3],
      ['{"watermark":3,"others":5,"behind":{"exec.trade_result":3},"offsets":{"a":[-1,"x",{}],"b":7}}', 3],
      ['{"watermark":3,"others":5,"behind":{"no.such.topic":3}}', 5],
    ] as const) {
      writeFileSync(world.path, text);
      expect(world.start().state().watermark).toBe(watermark);
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
    publisher.refused(tagOf(1, 0), { code: RECORD_AT_FAULT, detail: 'message too large' }, reportAt(tagOf(1, 0)));
    await until(world, () => world.dead.length === 1);
    publisher.refused(tagOf(2, 0), { code: CLUSTER_AT_FAULT, detail: 'unknown topic' }, reportAt(tagOf(2, 0)));
    publisher.delivered(tagOf(3, 0), reportAt(tagOf(3, 0)));
    await until(world, () => producer.taken.length === 4);
    expect(producer.taken[3]).toBe(tagOf(2, 0));
    expect(world.dead).toEqual([
      {
        seq: 1,
        topic: 'exec.trade_result',
        key: 'k0',
        value: '0',
        code: RECORD_AT_FAULT,
        detail: 'message too large',
      },
    ]);
    expect(publisher.state()).toMatchObject({ watermark: 1, deadLettered: 1, retried: 1 });
    await until(world, () => {
      deliverAll(world, publisher, producer);
      return publisher.state().watermark === 3 && publisher.state().blocked.length === 0;
    });
    expect(world.logged).toEqual(['outbox_dead_letter', 'topic_blocked', 'topic_recovered']);
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

  test('a record that cannot be rendered does not block the others', async () => {
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
    publisher.delivered(tagOf(1, 0), reportAt(tagOf(1, 0)));
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
  | { readonly kind: 'topic'; readonly slot: number; readonly as: 'refusing' | 'silent' | 'well' }
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
      weight: 3,
      arbitrary: fc
        .tuple(fc.nat(3), fc.constantFrom('refusing', 'silent', 'well', 'well'))
        .map(([slot, as]): Step => ({ kind: 'topic', slot, as })),
    },
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
          else if (step.kind === 'topic') {
            const topic = topicOfSlot(step.slot);
            producer.refusing.delete(topic);
            producer.silent.delete(topic);
            if (step.as === 'refusing') producer.refusing.set(topic, CLUSTER_AT_FAULT);
            else if (step.as === 'silent') producer.silent.add(topic);
          } else if (step.kind === 'restart') {
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
            const tag = producer.takeReport(step.pick);
            if (tag === undefined) continue;
            if (step.as === 'delivered') {
              world.done.add(tag);
              publisher.delivered(tag, reportAt(tag));
            } else {
              const code = step.as === 'record' ? RECORD_AT_FAULT : CLUSTER_AT_FAULT;
              publisher.refused(tag, { code, detail: 'refused' }, reportAt(tag));
            }
          }
          check();
        }
        producer.room = Number.POSITIVE_INFINITY;
        producer.refusing.clear();
        producer.silent.clear();
        world.journal.sync();
        await until(world, () => {
          deliverAll(world, publisher, producer);
          check();
          return publisher.state().watermark === world.journal.lastSeq;
        });
        expect(producer.taken.every((tag) => seqOfTag(tag) <= world.journal.lastSeq)).toBe(true);
        await publisher.close();
        expect(readPosition(world.path)?.watermark).toBe(world.journal.lastSeq);
      }),
      { numRuns: 100 },
    );
  });
});
