// The publisher and its client against a Kafka of their own, whose topics and cluster are taken away under them.

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { join } from 'node:path';
import { createTopics } from '../../../contracts/runtime/kafka/admin/cluster.ts';
import { deleteTopic, setPartitions } from '../../../contracts/runtime/kafka/admin/topics.fixture.ts';
import { openReader } from '../../../contracts/runtime/kafka/consumer/reader.ts';
import { refusesRecord } from '../../../contracts/runtime/kafka/producer.ts';
import type { KafkaSettings } from '../../../contracts/runtime/kafka/settings.ts';
import { TOPICS, type TopicName } from '../../../contracts/topics/registry.ts';
import { createKafkaLink } from '../../../engine/bus/link/kafka-link.ts';
import { MemoryJournal } from '../../../engine/bus/publisher.fixture.ts';
import { Publisher } from '../../../engine/bus/publisher.ts';
import type { Outgoing } from '../../../engine/bus/render/render.ts';
import { readPosition } from '../../../engine/bus/watermark-file.ts';
import type { Fact } from '../../../engine/model/facts.ts';
import { type OwnKafka, startOwnKafka } from '../../testing/own-kafka.ts';
import { describeWith } from '../../testing/services.ts';
import { type TempDir, tempDir } from '../../testing/temp-dir.ts';
import { waitFor } from '../../testing/wait.ts';
import { fastClock } from './engine.fixture.ts';

const LIMIT_MS = 120_000;
const NARROW: TopicName = 'norm.swap_demand';
const WELL: TopicName = 'exec.trade_result';

let dir: TempDir;
let kafka: OwnKafka;
let brokers = '';

/** @param partitions of the topic that the tests play with; 0: it is missing */
async function makeTopics(partitions: number): Promise<void> {
  const wanted = TOPICS.flatMap((topic) => {
    const count = topic.name === NARROW ? partitions : topic.partitions;
    return count === 0 ? [] : [{ name: topic.name, partitions: count, replicas: 1, settings: {} }];
  });
  const made = await createTopics({ brokers, timeoutMs: 30_000 }, wanted);
  expect(made.filter(({ outcome }) => outcome === 'refused')).toEqual([]);
}

/** Each record makes one message for the topic in question, in each of six partitions by turns, and one for another. */
function render(fact: Fact): Outgoing[] {
  const number = fact.kind === 'nonce_used' ? fact.blockHeight : 0;
  const value = JSON.stringify({ number });
  return [
    { topic: NARROW, partition: number % 6, key: 'k', value },
    { topic: WELL, partition: 0, key: 'k', value },
  ];
}

/** @param extra settings of the client beyond its own */
function startPublisher(label: string, extra: KafkaSettings = {}) {
  const clock = fastClock(1);
  const journal = new MemoryJournal();
  const path = join(dir.path, `${label}.json`);
  const logged: string[] = [];
  const log = (event: string, fields: Readonly<Record<string, unknown>> = {}) =>
    void logged.push(`${event} ${JSON.stringify(fields)}`);
  const logs = { info: log, warn: log, error: log };
  const publisher = new Publisher({
    journal,
    render,
    refusesRecord,
    onDeadLetter: () => {},
    onStuck: (why) => link.replace(why),
    watermarkPath: path,
    position: readPosition(path),
    clock,
    log: logs,
  });
  const link = createKafkaLink({ brokers, extra, publisher, clock, log: logs, onPublished: () => {} });
  link.start();
  let made = 0;
  return {
    publisher,
    link,
    logged,
    named: (event: string) => logged.filter((line) => line.startsWith(`${event} `)),
    append(count: number) {
      for (let left = count; left > 0; left--) {
        journal.append({ kind: 'nonce_used', atMs: 0, nonce: 'n' as never, blockHeight: ++made, blockTimeMs: 0 });
      }
      journal.sync();
    },
    isEmpty: () => publisher.state().lagRecords === 0 && publisher.state().blocked.length === 0,
    async close() {
      await publisher.close();
      await link.close();
    },
  };
}

/** Numbers of the records that are in a topic now. */
async function numbersIn(topic: TopicName, until: number): Promise<Set<number>> {
  const reader = openReader({
    brokers,
    clientId: 'test',
    topics: [topic],
    startAt: () => 'earliest',
    onTrouble: () => {},
  });
  const found = new Set<number>();
  await waitFor(
    async () => {
      for (const { value } of await reader.poll(1_000))
        found.add(JSON.parse(new TextDecoder().decode(value ?? undefined)).number);
      return found.size >= until;
    },
    { what: `${until} numbers in ${topic}`, limitMs: 30_000 },
  );
  await reader.close();
  return found;
}

const upTo = (count: number): Set<number> => new Set(Array.from({ length: count }, (_, at) => at + 1));

describeWith(['kafka'], 'the publisher, when Kafka', () => {
  beforeAll(async () => {
    dir = tempDir('publisher');
    kafka = await startOwnKafka();
    brokers = kafka.brokers;
    await makeTopics(1);
  }, LIMIT_MS);

  afterAll(async () => {
    await kafka.remove();
    dir.remove();
  }, LIMIT_MS);

  test(
    'has a topic with one partition instead of six: the others go on, and it recovers when partitions are added',
    async () => {
      const run = startPublisher('narrow');
      run.append(300);
      await waitFor(() => run.publisher.state().blocked.length > 0, {
        what: 'the topic to be blocked',
        limitMs: 60_000,
      });
      expect(await numbersIn(WELL, 300)).toEqual(upTo(300));
      run.append(300);
      expect(await numbersIn(WELL, 600)).toEqual(upTo(600));
      const [blocked] = run.publisher.state().blocked;
      expect(blocked).toMatchObject({ topic: NARROW, problem: { code: -190 } });
      expect(blocked?.fix).toContain('--partitions 6');

      await setPartitions(brokers, NARROW, 6);
      await waitFor(run.isEmpty, { what: 'the topic to recover', limitMs: 60_000 });
      expect(await numbersIn(NARROW, 600)).toEqual(upTo(600));
      expect([run.named('topic_blocked').length, run.named('topic_recovered').length]).toEqual([1, 1]);
      await run.close();
    },
    LIMIT_MS,
  );

  test(
    'has a topic with more partitions than its contract: nothing is held up',
    async () => {
      await setPartitions(brokers, NARROW, 9);
      const run = startPublisher('wide');
      run.append(60);
      await waitFor(run.isEmpty, { what: 'all to be acknowledged', limitMs: 60_000 });
      expect(run.logged.filter((line) => !line.startsWith('kafka_trouble'))).toEqual([]);
      await run.close();
    },
    LIMIT_MS,
  );

  test(
    'deletes a topic and makes it again: the others go on, it recovers, and the loss is said',
    async () => {
      const run = startPublisher('deleted', {
        // Half a minute by default, which is how long a client hopes that a missing topic is about to be known.
        'topic.metadata.propagation.max.ms': 2_000,
        'topic.metadata.refresh.interval.ms': 1_000,
      });
      run.append(60);
      await waitFor(run.isEmpty, { what: 'all to be acknowledged', limitMs: 60_000 });
      await deleteTopic(brokers, NARROW);
      run.append(60);
      await waitFor(() => run.publisher.state().blocked.length > 0, {
        what: 'the topic to be blocked',
        limitMs: 90_000,
      });
      run.append(60);
      await waitFor(() => run.publisher.state().inFlight === 0, { what: 'the others to go on', limitMs: 60_000 });
      await makeTopics(6);
      await waitFor(run.isEmpty, { what: 'the topic to recover', limitMs: 90_000 });
      const found = await numbersIn(NARROW, 120);
      for (let number = 61; number <= 180; number++) expect(found.has(number)).toBe(true);
      expect(run.publisher.state().lost.losses).toBeGreaterThan(0);
      expect(run.named('kafka_lost_records')).toHaveLength(1);
      await run.close();
    },
    LIMIT_MS * 2,
  );

  test(
    'comes back empty, as another cluster: the client is replaced, the loss is said, and nothing is stuck',
    async () => {
      const run = startPublisher('empty');
      run.append(200);
      await waitFor(run.isEmpty, { what: 'all to be acknowledged', limitMs: 60_000 });
      await waitFor(() => run.link.state().status === 'up', { what: 'Kafka to be up' });
      expect(run.link.state().replaced).toBe(0);
      await kafka.stop();
      await waitFor(() => run.link.state().status === 'down', { what: 'Kafka to be down', limitMs: 30_000 });
      kafka.forget();
      run.append(200);
      await kafka.start();
      await makeTopics(6);
      run.append(200);
      await waitFor(run.isEmpty, { what: 'all to be acknowledged', limitMs: 90_000 });
      // The client reports deliveries sooner than that it is up.
      await waitFor(() => run.link.state().status === 'up', { what: 'Kafka to be up again', limitMs: 30_000 });
      expect(run.named('kafka_down')).toHaveLength(1);
      expect(run.named('kafka_up')).toHaveLength(1);
      expect(run.named('kafka_lost_records')).toHaveLength(1);

      // The new cluster numbers its producers from the beginning: sooner or later one gets the number of the first, whose
      // records of the old numbering make its own look out of order. librdkafka gives up a client for that.
      const isAnyReplaced = (): boolean => runs.some(({ link }) => link.state().replaced > 0);
      const runs = [run];
      while (!isAnyReplaced() && runs.length < 10) {
        const next = startPublisher(`next-${runs.length}`);
        runs.push(next);
        for (const { append } of runs) append(60);
        await waitFor(() => runs.every(({ isEmpty }) => isEmpty()), {
          what: 'all to be acknowledged',
          limitMs: 90_000,
        });
      }
      expect(isAnyReplaced()).toBe(true);
      for (const { link, named } of runs) {
        await waitFor(() => link.state().status === 'up', { what: 'the client to be up', limitMs: 30_000 });
        expect(named('kafka_client_lost').length).toBe(link.state().replaced);
      }
      const found = await numbersIn(WELL, 460);
      for (let number = 201; number <= 660; number++) expect(found.has(number)).toBe(true);
      for (const { close } of runs) await close();
    },
    LIMIT_MS * 2,
  );
});
