// A topic that Kafka does not take messages for does not hold up the others.

import { describe, expect, test } from 'bun:test';
import { mkdirSync, readFileSync, rmdirSync } from 'node:fs';
import { refusesRecord } from '../../contracts/runtime/kafka/producer.ts';
import { STALL_MS } from './delivery-flow.ts';
import { tagOf } from './outbox.ts';
import {
  CLUSTER_AT_FAULT,
  FakeProducer,
  factOf,
  makeWorld,
  RECORD_AT_FAULT,
  reportAt,
  topicOfSlot,
  until,
  type WorldOptions,
} from './publisher.fixture.ts';

const UNKNOWN_PARTITION = -190;
const INVALID_RECORD = 87;
const BROKEN = topicOfSlot(1);
const WELL = topicOfSlot(0);

function rig(over: WorldOptions = {}) {
  const world = makeWorld(over);
  const publisher = world.start();
  const producer = new FakeProducer();
  publisher.attach(producer);
  const append = (count: number) => {
    for (let made = 0; made < count; made++) world.journal.append(factOf(2));
    world.journal.sync();
  };
  const settled = (target: FakeProducer = producer) =>
    until(world, () => {
      target.deliver(publisher);
      const { watermark, blocked } = publisher.state();
      return watermark === world.journal.lastSeq && blocked.length === 0;
    });
  return { world, publisher, producer, append, settled };
}

const seqs = (from: number, to: number, slot: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, at) => tagOf(from + at, slot));

describe('a topic that is refused', () => {
  test('at once, as one with too few partitions: the others go on, health names topic and fix, and it recovers', async () => {
    const { world, publisher, producer, append, settled } = rig();
    producer.refusing.set(BROKEN, UNKNOWN_PARTITION);
    append(500);
    await until(world, () => {
      producer.deliver(publisher);
      return producer.takenOf(WELL).length === 500;
    });
    const { blocked, watermark } = publisher.state();
    expect(watermark).toBe(0);
    expect(blocked).toMatchObject([{ topic: BROKEN, problem: { code: UNKNOWN_PARTITION }, watermark: 0 }]);
    expect(blocked[0]?.fix).toContain('--partitions 1');
    expect(producer.takenOf(WELL)).toEqual(seqs(1, 500, 0));
    // Hours of it are said once.
    for (let minutes = 0; minutes < 120; minutes++) world.clock.advance(60_000);
    expect(world.logged).toEqual(['topic_blocked']);

    append(100);
    producer.refusing.clear();
    await settled();
    expect(producer.takenOf(BROKEN)).toEqual(seqs(1, 600, 1));
    expect(producer.takenOf(WELL)).toEqual(seqs(1, 600, 0));
    expect(publisher.state().blocked).toEqual([]);
    expect(world.logged).toEqual(['topic_blocked', 'topic_recovered']);
    await publisher.close();
  });

  test('for the time of day, which is wrong by hours: nothing is lost, and it is sent when the clock is right', async () => {
    const { world, publisher, producer, append, settled } = rig({ refusesRecord });
    append(20);
    await until(world, () => producer.takenOf(BROKEN).length === 20);
    for (const tag of producer.inFlight.splice(0))
      publisher.refused(tag, { code: INVALID_RECORD, detail: 'invalid record' }, reportAt(tag));
    expect(
      publisher
        .state()
        .blocked.map(({ topic }) => topic)
        .sort(),
    ).toEqual([BROKEN, WELL].sort());
    for (const { fix } of publisher.state().blocked) expect(fix).toContain('clock');
    await settled();
    expect(producer.takenOf(BROKEN).slice(20)).toEqual(seqs(1, 20, 1));
    expect(world.dead).toEqual([]);
    await publisher.close();
  });

  test('by reports, as one that is missing: nothing is lost, and its order is kept from the refused one on', async () => {
    const { world, publisher, producer, append, settled } = rig();
    append(20);
    await until(world, () => producer.takenOf(BROKEN).length === 20);
    for (const tag of producer.inFlight.splice(0)) {
      if (reportAt(tag).topic === BROKEN)
        publisher.refused(tag, { code: CLUSTER_AT_FAULT, detail: 'unknown topic' }, reportAt(tag));
      else publisher.delivered(tag, reportAt(tag));
    }
    expect(publisher.state().blocked).toMatchObject([{ topic: BROKEN }]);
    await settled();
    expect(producer.takenOf(BROKEN).slice(20)).toEqual(seqs(1, 20, 1));
    await publisher.close();
  });

  test('is tried with one message at a time, ever more seldom', async () => {
    const { world, publisher, producer, append } = rig();
    append(50);
    await until(world, () => producer.taken.length === 100);
    const refuseAll = () => {
      producer.inFlight = producer.inFlight.filter((tag) => {
        if (reportAt(tag).topic !== BROKEN) return true;
        publisher.refused(tag, { code: CLUSTER_AT_FAULT, detail: 'unknown topic' }, reportAt(tag));
        return false;
      });
    };
    refuseAll();
    const before = producer.takenOf(BROKEN).length;
    for (let second = 0; second < 100; second++) {
      for (let turn = 0; turn < 5; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
      refuseAll();
      world.clock.advance(1_000);
    }
    const probes = producer.takenOf(BROKEN).slice(before);
    expect(probes.length).toBeGreaterThan(5);
    expect(probes.length).toBeLessThan(20);
    expect(new Set(probes)).toEqual(new Set([tagOf(1, 1)]));
    await publisher.close();
  });
});

describe('a topic that stays silent, as one with a partition without a leader', () => {
  test('holds up the others for a bounded time, though they go on for more records than may be in flight', async () => {
    const { world, publisher, producer, append, settled } = rig();
    producer.silent.add(BROKEN);
    let heldUpS = 0;
    let longestS = 0;
    for (let second = 0; second < 45; second++) {
      append(second < 25 ? 1_000 : 0);
      const before = producer.takenOf(WELL).length;
      for (let turn = 0; turn < 300; turn++) {
        await new Promise<void>((resolve) => setImmediate(resolve));
        producer.deliver(publisher);
      }
      const isBehind = producer.takenOf(WELL).length < world.journal.lastSeq;
      heldUpS = isBehind && producer.takenOf(WELL).length === before ? heldUpS + 1 : 0;
      longestS = Math.max(longestS, heldUpS);
      world.clock.advance(1_000);
    }
    expect(longestS).toBeLessThanOrEqual(STALL_MS / 1000);
    expect(producer.takenOf(WELL).length).toBe(25_000);
    expect(publisher.state().blocked).toMatchObject([{ topic: BROKEN, problem: { code: null } }]);
    // While the client has messages of the topic, it gets no more of them.
    const held = producer.takenOf(BROKEN).length;
    world.clock.advance(60_000);
    expect(producer.takenOf(BROKEN).length).toBe(held);
    expect(new Set(producer.takenOf(BROKEN)).size).toBe(held);

    producer.silent.clear();
    await settled();
    expect(new Set(producer.takenOf(BROKEN))).toEqual(new Set(seqs(1, 25_000, 1)));
    expect(producer.takenOf(WELL)).toEqual(seqs(1, 25_000, 0));
    await publisher.close();
  });

  test('is not blamed when all of Kafka is away, however long, nor when it comes back', async () => {
    const { world, publisher, producer, append, settled } = rig();
    append(10);
    await until(world, () => producer.taken.length === 20);
    producer.deliver(publisher);
    append(100);
    await until(world, () => producer.taken.length === 220);
    for (let minute = 0; minute < 10; minute++) world.clock.advance(60_000);
    producer.silent.add(BROKEN);
    producer.deliver(publisher);
    world.clock.advance(1_000);
    expect(publisher.state().blocked).toEqual([]);
    producer.silent.clear();
    await settled();
    expect(producer.taken.length).toBe(220);
    expect(world.logged).toEqual([]);
    await publisher.close();
  });

  test('and fills the client’s queue: another client is asked for, and goes on with the others', async () => {
    const { world, publisher, producer, append } = rig();
    producer.silent.add(BROKEN);
    producer.room = 50;
    append(1_000);
    for (let second = 0; second < 40; second++) {
      for (let turn = 0; turn < 30; turn++) {
        await new Promise<void>((resolve) => setImmediate(resolve));
        producer.deliver(publisher);
      }
      world.clock.advance(1_000);
    }
    expect(world.stuck.length).toBeGreaterThan(0);

    const other = new FakeProducer();
    other.room = 50;
    other.silent.add(BROKEN);
    publisher.attach(other);
    await until(world, () => {
      other.deliver(publisher);
      return new Set([...producer.takenOf(WELL), ...other.takenOf(WELL)]).size === 1_000;
    });
    expect(other.takenOf(BROKEN).length).toBe(1);
    await publisher.close();
  });
});

test('after a restart the others are not sent again, and the topic goes on where it was', async () => {
  const { world, publisher, producer, append } = rig();
  producer.refusing.set(BROKEN, CLUSTER_AT_FAULT);
  append(30);
  await until(world, () => {
    producer.deliver(publisher);
    return producer.takenOf(WELL).length === 30 && producer.inFlight.length === 0;
  });
  await publisher.close();
  expect(JSON.parse(readFileSync(world.path, 'utf8'))).toMatchObject({
    watermark: 0,
    others: 30,
    behind: { [BROKEN]: 0 },
  });
  expect(world.journal.dropped).toBe(1);

  const next = world.start();
  const again = new FakeProducer();
  next.attach(again);
  expect(next.state()).toMatchObject({ watermark: 0, lagRecords: 30 });
  await until(world, () => {
    again.deliver(next);
    return next.state().watermark === 30;
  });
  expect(again.taken).toEqual(seqs(1, 30, 1));
  await next.close();
});

test('records that are all refused for what they are: each is on record, and the log does not fill', async () => {
  const { world, publisher, producer, append } = rig();
  producer.refusing.set(BROKEN, RECORD_AT_FAULT);
  append(2_000);
  await until(world, () => {
    producer.deliver(publisher);
    return publisher.state().watermark === 2_000;
  });
  expect(world.dead.length).toBe(2_000);
  expect(publisher.state()).toMatchObject({ deadLettered: 2_000, isDeadLettering: true, blocked: [] });
  expect(world.logged.length).toBeLessThan(100);
  world.clock.advance(60_000);
  expect(publisher.state()).toMatchObject({ deadLettered: 2_000, isDeadLettering: false });
  await publisher.close();
});

test('that Kafka lost acknowledged records is said once, also when it shows after a restart', async () => {
  const { world, publisher, producer, append, settled } = rig();
  append(10);
  await settled();
  expect(publisher.state().lost.losses).toBe(0);
  await publisher.close();

  const next = world.start();
  // A Kafka that has nothing counts from 0 again.
  const empty = new FakeProducer();
  next.attach(empty);
  append(10);
  await until(world, () => {
    empty.deliver(next);
    return next.state().watermark === 20;
  });
  expect(next.state().lost.losses).toBeGreaterThan(0);
  const { lastLoss } = next.state().lost;
  expect(lastLoss?.now).toBeLessThanOrEqual(lastLoss?.before ?? -1);
  expect(world.logged).toEqual(['kafka_lost_records']);
  expect(producer.taken.length).toBe(20);
  await next.close();
});

test('a stall is distinguished from a slow Kafka by what is delivered meanwhile', async () => {
  const { world, publisher, producer, append } = rig();
  append(1);
  await until(world, () => producer.taken.length === 2);
  producer.silent.add(BROKEN);
  producer.deliver(publisher);
  world.clock.advance(STALL_MS * 10);
  expect(publisher.state().blocked).toEqual([]);
  await publisher.close();
});

test('a position that cannot be written is said once; records go on, and the journal keeps them until it can', async () => {
  const { world, publisher, append, settled } = rig();
  mkdirSync(`${world.path}.next`);
  for (let round = 0; round < 5; round++) {
    append(10);
    await settled();
    await until(world, () => !publisher.state().isPositionKept);
  }
  expect(world.logged).toEqual(['outbox_watermark_not_kept']);
  expect(world.journal.dropped).toBe(0);
  rmdirSync(`${world.path}.next`);
  append(1);
  await settled();
  await until(world, () => publisher.state().isPositionKept && world.journal.dropped === 52);
  await publisher.close();
});
