// The documented rights on a Kafka that asks for them: with these, and no others, topics are made, the engine publishes and the
// history-writer writes; what is beyond them is refused.

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createTopics } from '../../contracts/runtime/kafka/admin/cluster.ts';
import { openConsumer } from '../../contracts/runtime/kafka/consumer/consumer.ts';
import { openProducer } from '../../contracts/runtime/kafka/producer.ts';
import { KAFKA_USERS } from '../../contracts/topics/access.ts';
import type { TopicName } from '../../contracts/topics/registry.ts';
import { TABLES } from '../../sidecars/history-writer/postgres/tables.ts';
import { openHistory } from '../demo/history.ts';
import { playTape, untilWritten } from '../demo/play.ts';
import { type Rig, startRig } from '../harness/rig.ts';
import { CHECKOUT } from '../stack/directory.ts';
import { startChild } from '../testing/child.ts';
import { describeWith } from '../testing/services.ts';
import { tempDir } from '../testing/temp-dir.ts';
import { waitFor } from '../testing/wait.ts';
import { type GuardedKafka, giveDocumentedRights, startGuardedKafka } from './guarded-kafka.ts';

const TAPE = join(CHECKOUT, 'ops/sim/tape/tapes/btc-eure-10min.tape');
const SILENT = { isTerminal: false, say: () => {}, update: () => {} };
const LIMIT_MS = 20_000;
const FOREIGN = 'of.somebody.else';

type User = (typeof KAFKA_USERS)[number]['command'];

describeWith(['kafka', 'database'], 'Kafka with access lists', ({ database }) => {
  const dir = tempDir('access');
  let kafka: GuardedKafka;

  beforeAll(async () => {
    kafka = await startGuardedKafka(
      KAFKA_USERS.map(({ command }) => `unrip-${command}`),
      crypto.randomUUID(),
    );
    await giveDocumentedRights(kafka);
    expect(await topicsAs('topics')).toBe(0);
    await createTopics({ brokers: kafka.adminBrokers, timeoutMs: LIMIT_MS }, [
      { name: FOREIGN, partitions: 1, replicas: 1, settings: {} },
    ]);
  });
  afterAll(async () => {
    await kafka?.remove();
    dir.remove();
  });

  const variablesOf = (user: User) => ({
    KAFKA_BROKERS: kafka.brokers,
    KAFKA_CONFIG_JSON: JSON.stringify(kafka.configOf(`unrip-${user}`)),
  });
  const startTopics = (user: User, ...args: string[]) =>
    startChild([join(CHECKOUT, 'ops/cli/main.ts'), 'topics', ...args], { env: variablesOf(user) });
  const topicsAs = async (user: User, ...args: string[]): Promise<number> => {
    await using child = startTopics(user, ...args);
    return await child.exited;
  };
  /** What a producer of this user gets as the result of a record; `delivered` when it is taken. */
  const produceAs = async (user: User, topic: string): Promise<string> => {
    const result = Promise.withResolvers<string>();
    const producer = openProducer({
      brokers: kafka.brokers,
      clientId: 'test',
      extra: kafka.configOf(`unrip-${user}`),
      onDelivered: () => result.resolve('delivered'),
      onRefused: (_, { detail }) => result.resolve(detail),
      onTrouble: (_, message) => {
        if (/authori/i.test(message)) result.resolve(message);
      },
    });
    try {
      // Who may write to no topic at all does not even get so far.
      await producer.connect(LIMIT_MS).catch((error: unknown) => result.resolve(String(error)));
      const produced = producer.produce(topic, 0, 'key', new TextEncoder().encode('value'), 1);
      // A topic that is already known to be refused: no report follows.
      if (typeof produced === 'object') result.resolve(produced.refused);
      return await result.promise;
    } finally {
      await producer.close();
    }
  };
  /** What a consumer of this user in this group gets as its result. */
  const consumeAs = async (user: User, topic: string, groupId: string): Promise<string> => {
    const result = Promise.withResolvers<string>();
    const consumer = openConsumer({
      brokers: kafka.brokers,
      clientId: 'test',
      groupId,
      topics: [topic],
      extra: kafka.configOf(`unrip-${user}`),
      onAssigned: (partitions) => {
        result.resolve('assigned');
        return partitions.map(() => 'committed');
      },
      onRevoked: () => undefined,
      onTrouble: (_, message) => {
        if (/authori/i.test(message)) result.resolve(message);
      },
    });
    let open = true;
    const polling = (async () => {
      while (open) await consumer.poll(10).catch(() => []);
    })();
    try {
      return await result.promise;
    } finally {
      open = false;
      await polling;
      await consumer.close();
    }
  };

  test('the users of the list do their whole work, and nothing of it is refused', async () => {
    expect(await topicsAs('topics', '--check')).toBe(0);
    const written = KAFKA_USERS.filter(({ command }) => command === 'engine' || command === 'history-writer')
      .flatMap(({ writes }) => writes)
      .filter((topic) => topic !== 'dlq.unrip');
    const filled = new Set(written.map((topic) => TABLES[topic].name));
    let rig: Rig | null = null;
    try {
      rig = await startRig({
        dir: join(dir.path, 'run'),
        // Its preparations are the administrator's.
        services: { kafkaBrokers: kafka.adminBrokers, kafkaKind: 'kafka', adminUrl: database.adminUrl },
        label: 'access',
        armed: true,
        engineEnv: variablesOf('engine'),
        historyWriterEnv: { ...variablesOf('history-writer'), HISTORY_CONSUMER_GROUP: 'unrip-history-writer' },
      });
      const history = openHistory(rig.database.reader, rig.accountId);
      const { signal } = new AbortController();
      await playTape(rig, SILENT, { tape: TAPE, speed: 30, seconds: 6, signal });
      expect(await untilWritten(rig, history, { screen: SILENT, signal })).toBeNull();
      await waitFor(
        async () => (await history.rowsByTable()).every(({ name, count }) => count > 0 || !filled.has(name)),
        { what: 'rows of every topic that these processes write, but dead letters', limitMs: LIMIT_MS },
      );
      await history.close();
    } finally {
      await rig?.stop();
    }
    for (const { logPath } of [rig.engine(), rig.historyWriter])
      expect(readFileSync(logPath, 'utf8')).not.toMatch(/authori[sz]/i);
    for (const user of ['engine', 'history-writer'] as const)
      expect(await produceAs(user, 'dlq.unrip')).toBe('delivered');
  });

  test('what is beyond the list is refused', async () => {
    await using engine = startTopics('engine', '--check');
    expect(await engine.exited).toBe(1);
    expect(engine.errorText()).toContain('needs DescribeConfigs on topics');
    const elsewhere: readonly (readonly [User, TopicName | typeof FOREIGN])[] = [
      ['engine', FOREIGN],
      ['history-writer', FOREIGN],
      // It cannot give commands, or put decisions into history.
      ['history-writer', 'cmd.execute_trade'],
      ['history-writer', 'decision.trade_decision'],
      ['topics', 'dlq.unrip'],
    ];
    const refused = await Promise.all(
      elsewhere.map(async ([user, topic]) => [user, topic, await produceAs(user, topic)]),
    );
    expect(refused.filter(([, , result]) => !/authori[sz]/i.test(result ?? ''))).toEqual([]);
    const groups = await Promise.all([
      consumeAs('engine', 'decision.trade_decision', 'unrip-history-writer'),
      consumeAs('history-writer', 'decision.trade_decision', 'group-of-somebody-else'),
    ]);
    for (const result of groups) expect(result).toMatch(/authori[sz]/i);
    expect(await consumeAs('history-writer', 'decision.trade_decision', 'unrip-history-writer')).toBe('assigned');
    const made = await createTopics(
      { brokers: kafka.brokers, timeoutMs: LIMIT_MS, extra: kafka.configOf('unrip-topics') },
      [{ name: 'another', partitions: 1, replicas: 1, settings: {} }],
    );
    expect(made[0]?.outcome).toBe('refused');
  });
});
