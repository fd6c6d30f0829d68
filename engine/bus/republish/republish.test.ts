// Sending records of the journal again, through a whole publisher.

import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { TopicName } from '../../../contracts/topics/registry.ts';
import type { RepublishRequest } from '../../model/values.ts';
import { slotOfTag, tagOf } from '../outbox.ts';
import {
  CLUSTER_AT_FAULT,
  FakeProducer,
  factOf,
  makeWorld,
  RECORD_AT_FAULT,
  reportAt,
  topicOfSlot,
  until,
  type World,
} from '../publisher.fixture.ts';
import type { Publisher } from '../publisher.ts';
import { readPosition } from '../watermark-file.ts';
import { isRepublishTag, WINDOW_RECORDS_MAX } from './republish.ts';

const all = (from: number, to: number | null = null): RepublishRequest => ({ from, to, topics: null });

/** A publisher whose journal has these records, all of them acknowledged. */
async function published(messages: readonly number[]) {
  const world = makeWorld();
  const publisher = world.start();
  const producer = new FakeProducer();
  publisher.attach(producer);
  for (const count of messages) world.journal.append(factOf(count));
  world.journal.sync();
  await until(world, () => {
    producer.deliver(publisher);
    return publisher.state().watermark === messages.length;
  });
  producer.taken.length = 0;
  return { world, publisher, producer };
}

type Rig = Awaited<ReturnType<typeof published>>;

const runningOf = (publisher: Publisher) => publisher.state().republish.running;
const lastOf = (publisher: Publisher) => publisher.state().republish.last;

const untilEnded = ({ world, publisher, producer }: Rig, on = producer) =>
  until(world, () => {
    on.deliver(publisher);
    return runningOf(publisher) === null;
  });

/** Lets the publisher take what it can without a delivery. */
async function settled(world: World): Promise<void> {
  for (let turn = 0; turn < 200; turn++) {
    await new Promise<void>((resolve) => setImmediate(resolve));
    world.clock.advance(5);
  }
}

describe('a republish', () => {
  test('sends the records of its range again, in order, and leaves the outbox as it is', async () => {
    const rig = await published([1, 2, 0, 3, 1]);
    const { world, publisher, producer } = rig;
    expect(publisher.republisher.start(all(2, 4))).toBeNull();
    await settled(world);
    const [first] = producer.taken;
    const slots = producer.taken.map((tag) => tag - (first ?? 0));
    expect(slots).toEqual([0, 1, 32, 33, 34]);
    expect(producer.taken.every(isRepublishTag)).toBe(true);
    expect(runningOf(publisher)).toMatchObject({ from: 2, to: 4, acknowledged: 1, waiting: { on: 'delivery' } });
    expect(publisher.state()).toMatchObject({ watermark: 5, inFlight: 0, lagRecords: 0 });
    await untilEnded(rig);
    expect(lastOf(publisher)).toMatchObject({
      outcome: 'done',
      from: 2,
      to: 4,
      acknowledged: 4,
      messages: 5,
      refused: 0,
    });
    expect(publisher.state()).toMatchObject({ watermark: 5, republish: { messages: 5 } });
    expect(world.logged).toEqual(['republish_begun', 'republish_ended']);
    await publisher.close();
  });

  test('sends what belongs to the named topics alone', async () => {
    const rig = await published([4, 4]);
    const topic: TopicName = topicOfSlot(2);
    expect(rig.publisher.republisher.start({ from: 1, to: null, topics: [topic] })).toBeNull();
    await untilEnded(rig);
    expect(rig.producer.taken.map((tag) => topicOfSlot(slotOfTag(tag)))).toEqual([topic, topic]);
    expect(lastOf(rig.publisher)).toMatchObject({ outcome: 'done', to: 2, topics: [topic], messages: 2 });
    await rig.publisher.close();
  });

  test.each([
    ['zero', 0, null, 'not_kept', 'the oldest one is 3'],
    ['just below the oldest', 2, null, 'not_kept', 'the oldest one is 3'],
    ['just above the newest', 6, null, 'beyond', 'the newest is 5'],
    ['as large as a number gets', Number.MAX_SAFE_INTEGER, null, 'beyond', 'the newest is 5'],
    ['with an end above the newest', 3, 6, 'beyond', 'no record 6 yet: the newest is 5'],
    ['with an end before it', 4, 3, 'empty', 'the last position 3 is below the first 4'],
  ] as const)('refuses a position %s', async (_name, from, to, kind, words) => {
    const { world, publisher, producer } = await published([1, 1, 1, 1, 1]);
    world.journal.firstSeq = 3;
    expect(publisher.republisher.start(all(from, to))).toEqual({ kind, detail: expect.stringContaining(words) });
    await settled(world);
    expect(producer.taken).toEqual([]);
    expect(publisher.state().republish).toEqual({ running: null, last: null, messages: 0 });
    await publisher.close();
  });

  test.each([
    [3, 3],
    [5, 5],
    [3, 5],
  ])('takes %d to %d of a journal that has 3 to 5', async (from, to) => {
    const rig = await published([1, 1, 1, 1, 1]);
    rig.world.journal.firstSeq = 3;
    expect(rig.publisher.republisher.start(all(from, to))).toBeNull();
    await untilEnded(rig);
    expect(lastOf(rig.publisher)).toMatchObject({ outcome: 'done', messages: to - from + 1 });
    await rig.publisher.close();
  });

  test('is one at a time, and can be cancelled', async () => {
    const { world, publisher } = await published([1, 1, 1]);
    const { republisher } = publisher;
    expect(republisher.cancel()).toBe(false);
    expect(republisher.start(all(1))).toBeNull();
    expect(republisher.start(all(2))).toMatchObject({
      kind: 'busy',
      detail: expect.stringContaining('records 1 to 3'),
    });
    await settled(world);
    expect(republisher.cancel()).toBe(true);
    expect(lastOf(publisher)).toMatchObject({ outcome: 'cancelled', from: 1, acknowledged: 0 });
    expect(republisher.start(all(2))).toBeNull();
    await publisher.close();
  });

  test('ends with the publisher, which then takes no other', async () => {
    const { world, publisher, producer } = await published([1, 1, 1]);
    publisher.republisher.start(all(1));
    await settled(world);
    await publisher.close();
    expect(lastOf(publisher)).toMatchObject({ outcome: 'stopped', acknowledged: 0 });
    expect(publisher.republisher.start(all(1))).toMatchObject({ kind: 'ending' });
    producer.taken.length = 0;
    await settled(world);
    expect(producer.taken).toEqual([]);
    expect(world.clock.pending).toBe(0);
  });

  test('never has more records with Kafka than its window, and takes a few in a turn', async () => {
    const rig = await published(Array.from({ length: 600 }, () => 1));
    const { world, publisher, producer } = rig;
    publisher.republisher.start(all(1));
    let most = 0;
    for (let before = 0, turn = 0; turn < 1_000; turn++) {
      await new Promise<void>((resolve) => setImmediate(resolve));
      world.clock.advance(1);
      most = Math.max(most, producer.taken.length - before);
      before = producer.taken.length;
    }
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThanOrEqual(8);
    expect(producer.taken.length).toBe(WINDOW_RECORDS_MAX);
    await untilEnded(rig);
    expect(new Set(producer.taken).size).toBe(600);
    await publisher.close();
  });

  test('sends nothing that is not on disk', async () => {
    const rig = await published([1, 1]);
    rig.world.journal.append(factOf(1));
    expect(rig.publisher.republisher.start(all(2, 3))).toBeNull();
    await settled(rig.world);
    expect(rig.producer.taken.length).toBe(1);
    rig.world.journal.sync();
    await untilEnded(rig);
    expect(lastOf(rig.publisher)).toMatchObject({ outcome: 'done', messages: 2 });
    await rig.publisher.close();
  });

  test.each([
    ['has no room', 'full', 'kafka_full'],
    ['is away', 'unavailable', 'kafka_away'],
    ['does not take the topic', { refused: 'unknown topic', code: CLUSTER_AT_FAULT }, 'topic_refused'],
  ] as const)('waits while Kafka %s, says so, and goes on', async (_name, answer, on) => {
    const rig = await published([1, 1]);
    rig.producer.answer = answer;
    rig.publisher.republisher.start(all(1));
    await settled(rig.world);
    expect(runningOf(rig.publisher)?.waiting?.on).toBe(on);
    rig.producer.answer = 'queued';
    await untilEnded(rig);
    expect(lastOf(rig.publisher)).toMatchObject({ outcome: 'done', messages: 2, problem: null });
    await rig.publisher.close();
  });

  test('that Kafka refuses after it had taken it is sent again, with words on what helps', async () => {
    const rig = await published([1, 1, 1]);
    const { world, publisher, producer } = rig;
    publisher.republisher.start(all(1));
    await settled(world);
    for (const tag of producer.inFlight.splice(0)) {
      publisher.refused(tag, { code: CLUSTER_AT_FAULT, detail: 'unknown topic' }, reportAt(tag));
    }
    expect(runningOf(publisher)).toMatchObject({ acknowledged: 0, waiting: { on: 'topic_refused' } });
    expect(runningOf(publisher)?.problem).toContain('./unrip topics');
    await untilEnded(rig);
    expect(lastOf(publisher)).toMatchObject({ outcome: 'done', messages: 3 });
    await publisher.close();
  });

  test('passes a message that is at fault itself, and counts it', async () => {
    const rig = await published([1, 1]);
    rig.publisher.republisher.start(all(1));
    await settled(rig.world);
    const [tag] = rig.producer.inFlight.splice(0, 1) as [number];
    rig.publisher.refused(tag, { code: RECORD_AT_FAULT, detail: 'too large' }, reportAt(tag));
    await untilEnded(rig);
    expect(lastOf(rig.publisher)).toMatchObject({ outcome: 'done', messages: 1, refused: 1 });
    expect(rig.world.dead).toEqual([]);
    await rig.publisher.close();
  });

  test('does not send to a topic that the outbox has left aside', async () => {
    const rig = await published([1, 1]);
    const { world, publisher, producer } = rig;
    producer.refusing.set(topicOfSlot(0), CLUSTER_AT_FAULT);
    world.journal.append(factOf(1));
    world.journal.sync();
    await until(world, () => publisher.state().blocked.length === 1);
    publisher.republisher.start(all(1));
    for (let turn = 0; turn < 20; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
    world.clock.advance(10);
    await new Promise<void>((resolve) => setImmediate(resolve));
    world.clock.advance(10);
    expect(runningOf(publisher)?.waiting?.on).toBe('topic_blocked');
    producer.refusing.clear();
    await untilEnded(rig);
    expect(lastOf(publisher)).toMatchObject({ outcome: 'done', messages: 3 });
    await publisher.close();
  });

  test('sends everything that is not acknowledged to another client', async () => {
    const rig = await published([1, 1, 1]);
    const { world, publisher, producer } = rig;
    publisher.republisher.start(all(1));
    await settled(world);
    const [first] = producer.inFlight.splice(0, 1) as [number];
    publisher.delivered(first, reportAt(first));
    const next = new FakeProducer();
    publisher.attach(next);
    await untilEnded(rig, next);
    expect(next.taken).toEqual(producer.taken.slice(1));
    await publisher.close();
  });

  test('is not acknowledged by a late report of an earlier one', async () => {
    const rig = await published([1, 1]);
    const { world, publisher, producer } = rig;
    publisher.republisher.start(all(1));
    await settled(world);
    publisher.republisher.cancel();
    const late = producer.inFlight.splice(0);
    publisher.republisher.start(all(1));
    await settled(world);
    for (const tag of late) publisher.delivered(tag, reportAt(tag));
    expect(runningOf(publisher)).toMatchObject({ acknowledged: 0, messages: 0 });
    await untilEnded(rig);
    expect(lastOf(publisher)).toMatchObject({ outcome: 'done', messages: 2 });
    await publisher.close();
  });

  test('fails when the journal cannot be read, and says from where to go on', async () => {
    const { world, publisher } = await published([1, 1]);
    world.journal.read = async () => {
      throw new Error('input/output error');
    };
    publisher.republisher.start(all(1));
    await until(world, () => runningOf(publisher) === null);
    const problem = 'record 1 could not be read: input/output error';
    expect(lastOf(publisher)).toMatchObject({ outcome: 'failed', acknowledged: 0, problem });
    await publisher.close();
  });

  test('keeps the records that it still needs, and no others', async () => {
    const { world, publisher, producer } = await published([1, 1, 1]);
    expect(world.journal.keptFrom).toBeNull();
    publisher.republisher.start(all(2));
    expect(world.journal.keptFrom).toBe(2);
    await settled(world);
    publisher.republisher.cancel();
    producer.inFlight.length = 0;
    world.journal.append(factOf(0));
    world.journal.sync();
    await until(world, () => world.journal.keptFrom === null);
    await publisher.close();
  });

  test('makes up for a loss while the journal grows, over a restart, and keeps the lost records until then', async () => {
    const { world, publisher } = await published([1, 1, 1]);
    await publisher.close();
    const next = world.start();
    // A Kafka that has nothing counts from 0 again.
    const empty = new FakeProducer();
    next.attach(empty);
    world.journal.append(factOf(1));
    world.journal.sync();
    await until(world, () => {
      empty.deliver(next);
      return next.state().watermark === 4;
    });
    expect(next.state().lost).toMatchObject({ open: [{ topic: topicOfSlot(0), fromSeq: 1 }], republishFrom: 1 });
    expect(world.journal.keptFrom).toBe(1);
    await next.close();

    const last = world.start();
    const producer = new FakeProducer();
    last.attach(producer);
    expect(last.state().lost).toMatchObject({ losses: 0, republishFrom: 1 });
    expect(world.journal.keptFrom).toBe(1);
    expect(last.republisher.start(all(1))).toBeNull();
    world.journal.append(factOf(1));
    world.journal.sync();
    await untilEnded({ world, publisher: last, producer });
    expect(last.state().lost.open).toEqual([]);
    await until(world, () => world.journal.keptFrom === null);
    await last.close();
    expect(readPosition(world.path)?.lost).toEqual({});
  });

  test('does not keep lost records in a journal that has grown too large', async () => {
    const { world, publisher, producer } = await published([1, 1, 1]);
    const shown = tagOf(4, 0);
    world.journal.append(factOf(1));
    world.journal.sync();
    await until(world, () => producer.taken.length === 1);
    publisher.delivered(shown, reportAt(shown, 0));
    expect(world.journal.keptFrom).toBe(1);
    world.journal.bytes = 512 * 1024 * 1024 + 1;
    await until(world, () => world.journal.keptFrom === null);
    expect(publisher.state().lost.republishFrom).toBe(1);
    await publisher.close();
  });

  test('has delivered every record of its range when it is done, whatever Kafka does', async () => {
    const step = fc.record({
      kind: fc.constantFrom('deliver', 'refuse', 'client', 'full', 'turn' as const),
      pick: fc.nat(1_000),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(3), { minLength: 1, maxLength: 40 }),
        fc.nat(39),
        fc.array(step, { maxLength: 60 }),
        async (messages, start, steps) => {
          const rig = await published(messages);
          const { world, publisher } = rig;
          const from = 1 + (start % messages.length);
          expect(publisher.republisher.start(all(from))).toBeNull();
          const done = new Set<number>();
          let producer = rig.producer;
          const deliver = (tag: number): void => {
            done.add(tag);
            publisher.delivered(tag, reportAt(tag));
          };
          for (const { kind, pick } of steps) {
            for (let turn = 0; turn <= pick % 7; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
            world.clock.advance(pick % 50);
            const tag = kind === 'deliver' || kind === 'refuse' ? producer.takeReport(pick) : undefined;
            if (tag !== undefined && kind === 'deliver') deliver(tag);
            else if (tag !== undefined)
              publisher.refused(tag, { code: CLUSTER_AT_FAULT, detail: 'refused' }, reportAt(tag));
            else if (kind === 'full') producer.answer = pick % 2 === 0 ? 'full' : 'queued';
            else if (kind === 'client') {
              producer = new FakeProducer();
              publisher.attach(producer);
            }
            expect(publisher.state().watermark).toBeGreaterThanOrEqual(messages.length);
          }
          producer.answer = 'queued';
          await until(world, () => {
            for (let tag = producer.takeReport(0); tag !== undefined; tag = producer.takeReport(0)) deliver(tag);
            return runningOf(publisher) === null;
          });
          const wanted = messages.slice(from - 1).reduce((sum, count) => sum + count, 0);
          expect(done.size).toBe(wanted);
          await publisher.close();
        },
      ),
      { numRuns: 60 },
    );
  });
});
