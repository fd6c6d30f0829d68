// The history-writer as a process between a real Kafka and a real PostgreSQL: what is killed, cut off, paused or poisoned, and
// that every record is written exactly once all the same.

import { expect, test } from 'bun:test';
import { randomUUID } from 'node:crypto';
import { connect, createServer, type Socket } from 'node:net';
import { getPriority } from 'node:os';
import { createTopics } from '../../contracts/runtime/kafka/admin/cluster.ts';
import { deleteRecordsBefore, deleteTopic } from '../../contracts/runtime/kafka/admin/topics.fixture.ts';
import { openConsumer } from '../../contracts/runtime/kafka/consumer/consumer.ts';
import { openReader } from '../../contracts/runtime/kafka/consumer/reader.ts';
import { openDatabase } from '../../contracts/runtime/postgres/database.ts';
import { migrate, readMigrations } from '../../contracts/runtime/postgres/migrations.ts';
import { TOPICS } from '../../contracts/topics/registry.ts';
import { freshDatabase, whileLocked } from '../../ops/testing/database.ts';
import type { Produced } from '../../ops/testing/history/produce.ts';
import type { WriterProcess } from '../../ops/testing/history/writer-process.ts';
import { type Harness, makeHarness } from '../../ops/testing/history-writer.ts';
import { describeWith, kafkaForTest } from '../../ops/testing/services.ts';
import { waitFor } from '../../ops/testing/wait.ts';
import { recentText } from './fixtures.ts';
import { TABLES } from './postgres/tables.ts';

const LIMIT_MS = 60_000;

/** So many different demands over all partitions. */
function demands(count: number): Produced[] {
  return Array.from({ length: count }, (_, index) => ({
    topic: 'norm.swap_demand',
    partition: index % 6,
    value: recentText('norm.swap_demand', { event_id: randomUUID(), payload: { quote_id: `quote-${index}` } }),
  }));
}

/** Different prices, in their one partition. */
function prices(count: number): Produced[] {
  const topic = 'ref.market_price';
  return Array.from({ length: count }, () => ({
    topic,
    value: recentText(topic, { event_id: randomUUID(), payload: { price_id: randomUUID() } }),
  }));
}

async function expectEachOnce(harness: Harness, count: number): Promise<void> {
  const [row] = await harness.sql`select count(*)::integer as rows, count(distinct event_id)::integer as events,
    count(distinct quote_id)::integer as quotes from swap_demand_events`;
  expect(row).toEqual({ rows: count, events: count, quotes: count } as never);
}

const untilHealthy = (writer: WriterProcess) =>
  waitFor(async () => (await writer.ask('GET', '/healthz')).status === 200, { what: 'health', limitMs: LIMIT_MS });

/** What the processes said of themselves on ops.service_health, from the start of the topic. */
async function healthSaid(harness: Harness, wanted: (said: { writing: boolean; lag_ms: number | null }) => boolean) {
  const reader = openReader({
    brokers: kafkaForTest()?.brokers ?? '',
    clientId: 'test-health',
    topics: [`${harness.prefix}ops.service_health`],
    startAt: () => 'earliest',
    onTrouble: () => undefined,
  });
  try {
    return await waitFor(
      async () => {
        for (const { value } of await reader.poll(100)) {
          const { payload } = JSON.parse(new TextDecoder().decode(value ?? new Uint8Array()));
          if (wanted(payload)) return payload;
        }
        return null;
      },
      { what: 'a health record', limitMs: LIMIT_MS },
    );
  } finally {
    await reader.close();
  }
}

/** A road to PostgreSQL that can be cut and opened again. */
async function openRoad(databaseUrl: string) {
  const target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  let open = true;
  const server = createServer((near) => {
    if (!open) {
      near.destroy();
      return;
    }
    const far = connect(Number(target.port), target.hostname);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on('error', () => undefined);
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
      from.pipe(to);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const url = new URL(databaseUrl);
  url.port = typeof address === 'object' && address !== null ? String(address.port) : '';
  return {
    url: url.href,
    cut() {
      open = false;
      for (const socket of sockets) socket.destroy();
    },
    repair() {
      open = true;
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

describeWith(['kafka', 'database'], 'the history-writer', () => {
  test('writes every topic, reports its position, and ends cleanly', async () => {
    await using harness = await makeHarness('all');
    await using writer = await harness.startWriter();
    // On a machine that is shared, the engine comes first.
    expect(getPriority(writer.child.pid)).toBe(Math.max(getPriority(), 5));
    await harness.produce(TOPICS.map(({ name }) => ({ topic: name, value: recentText(name) })));
    for (const { name } of TOPICS) await harness.waitForRows(TABLES[name].name, 1);
    await untilHealthy(writer);
    const state = await waitFor(
      async () => {
        const { body } = await writer.ask('GET', '/state');
        return body.lag_ms === 0 && body.lag_records === 0 ? body : null;
      },
      { what: 'no lag', limitMs: LIMIT_MS },
    );
    expect(state).toMatchObject({ writing: true, paused: false, database: { connected: true }, buffered_records: 0 });
    // Of a topic that the writer itself publishes on there may be more.
    for (const { name } of TOPICS) {
      const shown = state.topics.find(({ topic }) => topic === name);
      expect({ name, records: (shown?.records ?? 0) > 0, at: shown?.last_write_at }).toEqual({
        name,
        records: true,
        at: expect.any(String),
      });
    }
    for (const topic of ['ops.funding_observation', 'ops.alert']) {
      const { records, partitions } = state.topics.find((one) => one.topic === topic) ?? {};
      const offsets = partitions?.map(({ persisted_offset, next_offset }) => [persisted_offset, next_offset]);
      expect([records, offsets]).toEqual([1, [['0', '1']]]);
    }
    const demand = state.topics.find(({ topic }) => topic === 'norm.swap_demand');
    expect(demand).toMatchObject({ records: 1, last_write_at: expect.any(String) });
    expect(demand?.partitions.find(({ partition }) => partition === 0)?.next_offset).toBe('1');
    expect((await writer.ask('GET', '/state', 'a-token-that-is-not-the-one')).status).toBe(401);
    expect((await writer.ask('POST', '/drain')).status).toBe(202);
    expect(await writer.child.exited).toBe(0);
    const { writing, lag_ms } = await healthSaid(harness, (said) => said.writing);
    expect([writing, typeof lag_ms === 'number' || lag_ms === null]).toEqual([true, true]);
  });

  test('kill -9 in the middle of a stream, twice: every event is written exactly once', async () => {
    await using harness = await makeHarness('kill');
    const records = demands(6000);
    const producing = harness.produce(records);
    for (const rows of [500, 2500]) {
      await using writer = await harness.startWriter({ HISTORY_BATCH_RECORDS: '200' });
      await harness.waitForRows('swap_demand_events', rows);
      await writer.child.stop('SIGKILL');
    }
    await producing;
    expect(await harness.count('swap_demand_events')).toBeLessThan(6000);
    await using last = await harness.startWriter();
    await harness.waitForRows('swap_demand_events', 6000);
    await untilHealthy(last);
    await expectEachOnce(harness, 6000);
  });

  test('a second member takes its share, and all of it when the first is killed', async () => {
    await using harness = await makeHarness('share');
    await using first = await harness.startWriter();
    await waitFor(async () => (await first.ask('GET', '/state')).body.kafka.assigned, {
      what: 'partitions',
      limitMs: LIMIT_MS,
    });
    const producing = harness.produce(demands(3000));
    await using second = await harness.startWriter();
    const partitionsOf = async (writer: WriterProcess): Promise<number> => {
      const { body } = await writer.ask('GET', '/state');
      return body.topics.reduce((sum, { partitions }) => sum + partitions.length, 0);
    };
    const total = TOPICS.reduce((sum, { partitions }) => sum + partitions, 0);
    await waitFor(async () => (await partitionsOf(second)) > 0, { what: 'a share for the second', limitMs: LIMIT_MS });
    await producing;
    await harness.waitForRows('swap_demand_events', 3000);
    await first.child.stop('SIGKILL');
    // With Kafka's own default the group would miss it after 45 s only.
    await waitFor(async () => (await partitionsOf(second)) === total, {
      what: 'all partitions',
      limitMs: LIMIT_MS / 3,
    });
    await harness.produce(demands(1000).map((record) => ({ ...record, topic: 'norm.swap_demand' as const })));
    try {
      await harness.waitForRows('swap_demand_events', 4000, 2 * LIMIT_MS);
    } catch (error) {
      throw new Error(`${String(error)}; the second says: ${JSON.stringify(await second.ask('GET', '/state'))}`);
    }
    const [row] =
      await harness.sql`select count(*)::integer as rows, count(distinct event_id)::integer as events from swap_demand_events`;
    expect(row).toEqual({ rows: 4000, events: 4000 } as never);
  }, 240_000);

  test('connections that the server ends again and again cost no record', async () => {
    await using harness = await makeHarness('ended');
    await using writer = await harness.startWriter({ HISTORY_BATCH_RECORDS: '100' });
    const producing = harness.produce(demands(3000));
    // A role may end what is its own.
    const sql = openDatabase(harness.databaseUrl, { name: 'test', connections: 1, statementTimeoutMs: null });
    for (const rows of [200, 800, 1600, 2400]) {
      await harness.waitForRows('swap_demand_events', rows);
      await sql`select pg_terminate_backend(pid) from pg_stat_activity
        where application_name = 'unrip-history-writer' and datname = current_database()`;
    }
    await sql.end({ timeout: 2 });
    await producing;
    await harness.waitForRows('swap_demand_events', 3000);
    await untilHealthy(writer);
    await expectEachOnce(harness, 3000);
  });

  test('a backlog that is written in two lanes is written exactly once, whatever ends connections and process', async () => {
    await using harness = await makeHarness('lanes');
    const each = 8000;
    await harness.produce([...demands(each), ...prices(each)]);
    const sql = openDatabase(harness.databaseUrl, { name: 'test', connections: 1, statementTimeoutMs: null });
    const endConnections = () => sql`select pg_terminate_backend(pid) from pg_stat_activity
      where application_name = 'unrip-history-writer' and datname = current_database()`;
    {
      await using writer = await harness.startWriter({ HISTORY_BATCH_RECORDS: '1000' });
      for (const rows of [1, 1500, 3000]) {
        await harness.waitForRows('swap_demand_events', rows);
        await endConnections();
      }
      await harness.waitForRows('market_price_events', 4000);
      await writer.child.stop('SIGKILL');
    }
    await sql.end({ timeout: 2 });
    await using last = await harness.startWriter();
    await harness.waitForRows('swap_demand_events', each);
    await harness.waitForRows('market_price_events', each);
    await untilHealthy(last);
    await expectEachOnce(harness, each);
    const [row] = await harness.sql`select count(*)::integer as rows, count(distinct event_id)::integer as events
      from market_price_events`;
    expect(row).toEqual({ rows: each, events: each } as never);
    expect(await harness.count('dead_letters')).toBe(0);
  });

  test('while one table is locked it goes on with the others, and says how far each is', async () => {
    await using harness = await makeHarness('locked');
    await using writer = await harness.startWriter();
    await untilHealthy(writer);
    await writer.ask('POST', '/pause');
    const each = 3000;
    const [asked, sampled] = [demands(each), prices(each)];
    await harness.produce(asked.flatMap((demand, index) => [demand, ...sampled.slice(index, index + 1)]));
    await waitFor(async () => (await writer.ask('GET', '/state')).body.buffered_records >= 1000, {
      what: 'a batch of both',
      limitMs: LIMIT_MS,
    });
    const positions = async () => {
      const { body } = await writer.ask('GET', '/state');
      return new Map(
        body.topics.map(({ topic, partitions }) => [topic, partitions.map((one) => one.persisted_offset)]),
      );
    };
    await whileLocked(harness.sql, 'market_price_events', async () => {
      await writer.ask('POST', '/resume');
      await harness.waitForRows('swap_demand_events', 1);
      const before = await waitFor(
        async () => {
          const found = await positions();
          return found.get('norm.swap_demand')?.some((offset) => offset !== null) ? found : null;
        },
        { what: 'the position of what was written', limitMs: LIMIT_MS },
      );
      expect(before.get('ref.market_price')).toEqual([null]);
    });
    await harness.waitForRows('market_price_events', each);
    await harness.waitForRows('swap_demand_events', each);
    await waitFor(async () => (await positions()).get('ref.market_price')?.[0] === `${each - 1}`, {
      what: 'the position of the rest',
      limitMs: LIMIT_MS,
    });
    await expectEachOnce(harness, each);
  });

  test('while PostgreSQL is away it says so, holds two batches at most, and goes on afterwards', async () => {
    await using harness = await makeHarness('away');
    await using road = await openRoad(harness.databaseUrl);
    await using writer = await harness.startWriter({ DATABASE_URL: road.url, HISTORY_BATCH_RECORDS: '100' });
    await harness.produce(demands(50));
    await harness.waitForRows('swap_demand_events', 50);
    await untilHealthy(writer);
    road.cut();
    await harness.produce(demands(1000));
    const sick = await waitFor(
      async () => {
        const { status, body } = await writer.ask('GET', '/healthz');
        return status === 503 ? body : null;
      },
      { what: 'bad health', limitMs: LIMIT_MS },
    );
    expect(sick.reasons).toContain('database.unreachable');
    expect(sick.reasons).toContain('writer.write_failing');
    const state = (await writer.ask('GET', '/state')).body;
    expect(state).toMatchObject({ writing: false, database: { connected: false } });
    expect(state.errors.count).toBeGreaterThan(0);
    expect(state.buffered_records).toBeLessThanOrEqual(200);
    await healthSaid(harness, (said) => !said.writing && (said.lag_ms ?? 0) > 0);
    road.repair();
    await harness.waitForRows('swap_demand_events', 1050);
    await untilHealthy(writer);
    const [row] =
      await harness.sql`select count(*)::integer as rows, count(distinct event_id)::integer as events from swap_demand_events`;
    expect(row).toEqual({ rows: 1050, events: 1050 } as never);
    expect(writer.child.lines.filter((line) => line.includes('write_failed')).length).toBeLessThan(5);
    expect(writer.child.lines.some((line) => line.includes('database_connected'))).toBe(true);
  });

  test('what cannot be taken becomes a dead letter, once, and the rest goes on', async () => {
    await using harness = await makeHarness('poison');
    const good = demands(20);
    const taken = 'dec-taken';
    const decision = () =>
      recentText('decision.trade_decision', { event_id: randomUUID(), payload: { decision_id: taken } });
    const bad: Produced[] = [
      { topic: 'norm.swap_demand', value: 'nonsense' },
      { topic: 'norm.swap_demand', value: null },
      { topic: 'norm.swap_demand', value: '' },
      { topic: 'norm.swap_demand', value: recentText('norm.swap_demand', { schema_version: 99 }) },
      { topic: 'norm.swap_demand', value: new Uint8Array([0x7b, 0xff, 0x00, 0x7d]) },
      {
        topic: 'norm.swap_demand',
        value: recentText('norm.swap_demand', { event_id: 'odd', observed_at: '2026-02-30T00:00:00.000Z' }),
      },
      { topic: 'dlq.unrip', value: 'not even a dead letter' },
      { topic: 'decision.trade_decision', value: decision() },
      { topic: 'decision.trade_decision', value: decision() },
    ];
    await harness.produce([...good.slice(0, 10), ...bad, ...good.slice(10)]);
    {
      await using writer = await harness.startWriter();
      await harness.waitForRows('dead_letters', 8);
      await harness.waitForRows('swap_demand_events', 20);
      expect((await writer.ask('POST', '/drain')).status).toBe(202);
      expect(await writer.child.exited).toBe(0);
    }
    const letters =
      await harness.sql`select origin, reason, count(*)::integer as count from dead_letters group by 1, 2 order by 1, 2`;
    expect(letters.map(({ origin, reason, count }) => [origin, reason, count])).toEqual([
      ['decision.trade_decision', 'identity_taken', 1],
      ['dlq.unrip', 'not_json', 1],
      ['norm.swap_demand', 'not_json', 4],
      ['norm.swap_demand', 'not_storable', 1],
      ['norm.swap_demand', 'schema', 1],
    ]);
    await expectEachOnce(harness, 20);
    // Read again from the start, the same records make the same dead letters, which are no new rows.
    await harness.sql`update consumer_offsets set next_offset = 0 where topic not like '%health' and topic not like '%action'`;
    await using again = await harness.startWriter();
    await waitFor(async () => (await again.ask('GET', '/state')).body.repeated_rows >= 29, {
      what: 'repeats',
      limitMs: LIMIT_MS,
    });
    await waitFor(async () => (await again.ask('GET', '/state')).body.lag_records === 0, {
      what: 'no lag',
      limitMs: LIMIT_MS,
    });
    expect(await harness.count('dead_letters')).toBe(8);
    await expectEachOnce(harness, 20);
  });

  test('paused it writes nothing, stays healthy and tells its lag; who did it is on record', async () => {
    await using harness = await makeHarness('paused');
    await using writer = await harness.startWriter();
    await untilHealthy(writer);
    expect((await writer.ask('POST', '/pause')).status).toBe(200);
    const rows = await harness.count('swap_demand_events');
    await harness.produce(demands(30));
    const state = await waitFor(
      async () => {
        const { body } = await writer.ask('GET', '/state');
        return (body.lag_records ?? 0) >= 30 && (body.lag_ms ?? 0) > 0 ? body : null;
      },
      { what: 'lag', limitMs: LIMIT_MS },
    );
    expect(state).toMatchObject({ paused: true, writing: false });
    expect((await writer.ask('GET', '/healthz')).status).toBe(200);
    expect((await writer.ask('GET', '/healthz')).body.notes).toContain('writer.paused');
    expect(await harness.count('swap_demand_events')).toBe(rows);
    await writer.ask('POST', '/resume');
    await harness.waitForRows('swap_demand_events', 30);
    await harness.waitForRows('control_actions', 2);
    const actions = await harness.sql`select action, actor, outcome from control_actions order by at`;
    expect(actions.map(({ action, actor, outcome }) => [action, actor, outcome])).toEqual([
      ['pause', 'operator', 'done'],
      ['resume', 'operator', 'done'],
    ]);
  });

  test('one that ends leaves a closing row, which the next one finds in Kafka as a repeat', async () => {
    await using harness = await makeHarness('closing');
    const closing = async () =>
      await harness.sql`select event_id, instance_id, writing, notes ? 'stopped' as stopped
      from service_health_events where notes ? 'stopped'`;
    {
      await using writer = await harness.startWriter();
      await untilHealthy(writer);
      expect(await closing()).toHaveLength(0);
      expect(await writer.child.stop('SIGTERM')).toBe(0);
    }
    const rows = await closing();
    expect(rows).toMatchObject([{ writing: false, stopped: true }]);
    const [last] = await harness.sql`select event_id from service_health_events order by at desc limit 1`;
    expect(last?.['event_id']).toBe(rows[0]?.['event_id']);

    await using next = await harness.startWriter();
    await waitFor(async () => (await next.ask('GET', '/state')).body.repeated_rows >= 1, {
      what: 'the repeat',
      limitMs: LIMIT_MS,
    });
    expect(await closing()).toEqual(rows);
    expect(await harness.count('dead_letters')).toBe(0);
  });

  test('a database without the tables is waited for, not written to', async () => {
    await using harness = await makeHarness('bare');
    await harness.sql`drop table schema_migrations`;
    await using writer = await harness.startWriter();
    const sick = await waitFor(
      async () => {
        const { body } = await writer.ask('GET', '/healthz');
        return body.reasons.includes('database.not_migrated') ? body : null;
      },
      { what: 'the reason', limitMs: LIMIT_MS },
    );
    expect(sick.healthy).toBe(false);
    expect(await writer.child.stop('SIGTERM')).toBe(0);
  });

  test('a topic that was made again while nobody read is read from its start', async () => {
    await using harness = await makeHarness('remade');
    const topic = 'ref.market_price';
    await harness.produce(prices(3));
    {
      await using writer = await harness.startWriter();
      await harness.waitForRows('market_price_events', 3);
      expect(await writer.child.stop('SIGTERM')).toBe(0);
    }
    const brokers = kafkaForTest()?.brokers ?? '';
    const name = harness.prefix + topic;
    await deleteTopic(brokers, name);
    const remake = async (): Promise<boolean> => {
      const admin = { brokers, timeoutMs: LIMIT_MS };
      const [made] = await createTopics(admin, [{ name, partitions: 1, replicas: 1, settings: {} }]);
      return made?.outcome === 'created';
    };
    await waitFor(remake, { what: 'the topic', limitMs: LIMIT_MS });
    // More than the first one had: nothing about the offsets gives it away.
    await harness.produce(prices(5));
    await using writer = await harness.startWriter();
    await harness.waitForRows('market_price_events', 8);
    expect(writer.child.lines.filter((line) => line.includes('offsets_reset'))).toHaveLength(1);
  });

  test('a database that is restored to before what Kafka still has says in a row what is missing', async () => {
    await using harness = await makeHarness('restored');
    await harness.produce(prices(5));
    {
      await using writer = await harness.startWriter();
      await harness.waitForRows('market_price_events', 5);
      expect(await writer.child.stop('SIGTERM')).toBe(0);
    }
    const name = `${harness.prefix}ref.market_price`;
    await deleteRecordsBefore(kafkaForTest()?.brokers ?? '', name, 5);
    await harness.sql`update consumer_offsets set next_offset = 2 where topic = ${name}`;
    await harness.produce(prices(2));
    await using writer = await harness.startWriter();
    await harness.waitForRows('market_price_events', 7);
    await harness.waitForRows('dead_letters', 1);
    const letters =
      await harness.sql`select reason, origin, origin_partition::text, origin_offset, detail from dead_letters`;
    expect(letters.map((row) => ({ ...row }))).toEqual([
      {
        ...{ reason: 'records_missed', origin: 'ref.market_price', origin_partition: '0', origin_offset: '2' },
        detail: expect.stringContaining('3 records from offset 2 on'),
      },
    ]);
    expect((await writer.ask('GET', '/state')).body.missed_records).toBe(3);
  });

  test('another program in its consumer group makes it unhealthy until that is gone', async () => {
    await using harness = await makeHarness('shared');
    await using writer = await harness.startWriter();
    await untilHealthy(writer);
    const stranger = openConsumer({
      brokers: kafkaForTest()?.brokers ?? '',
      clientId: 'somebody',
      groupId: harness.group,
      topics: [`${harness.prefix}norm.swap_demand`],
      onAssigned: (partitions) => partitions.map(() => 'latest'),
      onRevoked: () => undefined,
      onTrouble: () => undefined,
    });
    const sick = await waitFor(
      async () => {
        await stranger.poll(10);
        const { body } = await writer.ask('GET', '/healthz');
        return body.reasons.includes('kafka.group_shared') ? body : null;
      },
      { what: 'the reason', limitMs: LIMIT_MS },
    );
    expect(sick.healthy).toBe(false);
    expect((await writer.ask('GET', '/state')).body.writing).toBe(false);
    await stranger.close();
    await untilHealthy(writer);
  });

  test('a history-writer of another database in its group makes both unhealthy until it is gone', async () => {
    await using harness = await makeHarness('apart');
    await using other = await freshDatabase('history');
    const sql = openDatabase(other.owner, { name: 'test', connections: 1, statementTimeoutMs: null });
    await migrate(sql, readMigrations());
    await sql.end({ timeout: 2 });
    await using writer = await harness.startWriter();
    await untilHealthy(writer);
    await using second = await harness.startWriter({ DATABASE_URL: other.writer });
    for (const one of [writer, second]) {
      await waitFor(async () => (await one.ask('GET', '/healthz')).body.reasons.includes('kafka.group_shared'), {
        what: 'the reason',
        limitMs: LIMIT_MS,
      });
      expect((await one.ask('GET', '/state')).body.writing).toBe(false);
    }
    expect(await second.child.stop('SIGTERM')).toBe(0);
    await untilHealthy(writer);
  }, 180_000);

  test('a schema that becomes newer while it runs is not written to, and nothing is lost by that', async () => {
    await using harness = await makeHarness('newer');
    await using writer = await harness.startWriter();
    const [one, two] = demands(2) as [Produced, Produced];
    await harness.produce([one]);
    await harness.waitForRows('swap_demand_events', 1);
    await harness.sql`insert into schema_migrations (version, name, sha256) values (1000, 'future', 'x')`;
    await harness.produce([two]);
    await waitFor(async () => (await writer.ask('GET', '/healthz')).body.reasons.includes('database.not_migrated'), {
      what: 'the reason',
      limitMs: LIMIT_MS,
    });
    expect(await harness.count('swap_demand_events')).toBe(1);
    await harness.sql`delete from schema_migrations where version = 1000`;
    await harness.waitForRows('swap_demand_events', 2);
    await untilHealthy(writer);
    expect(await harness.count('dead_letters')).toBe(0);
  });

  test('SIGTERM ends it with 0 within the limit, although neither Kafka nor PostgreSQL answers', async () => {
    await using harness = await makeHarness('nothing');
    await using writer = await harness.startWriter({
      KAFKA_BROKERS: '127.0.0.1:9',
      DATABASE_URL: 'postgres://nobody@127.0.0.1:9/none',
      DRAIN_LIMIT_MS: '3000',
    });
    await waitFor(async () => (await writer.ask('GET', '/healthz')).body.reasons.includes('database.unreachable'), {
      what: 'the reason',
      limitMs: LIMIT_MS,
    });
    expect((await writer.ask('GET', '/livez')).status).toBe(200);
    expect(await writer.child.stop('SIGTERM', 10_000)).toBe(0);
  });
});
