// `./unrip topics` on a real Kafka, and the history-writer's refusal of a database without tables.

import { expect, test } from 'bun:test';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createTopics, describeCluster } from '../../contracts/runtime/kafka/admin/cluster.ts';
import { openDatabase } from '../../contracts/runtime/postgres/database.ts';
import { TOPICS } from '../../contracts/topics/registry.ts';
import { CHECKOUT } from '../stack/directory.ts';
import { startChild } from '../testing/child.ts';
import { freshDatabase } from '../testing/database.ts';
import { describeWith } from '../testing/services.ts';
import { tempDir } from '../testing/temp-dir.ts';
import { waitFor } from '../testing/wait.ts';
import { bringUp } from './topics.ts';

const TIMEOUT_MS = 15_000;

describeWith(['kafka'], './unrip topics', ({ kafka }) => {
  const admin = { brokers: kafka.brokers, timeoutMs: TIMEOUT_MS };
  const ownTopics = () => {
    const prefix = `topics-${randomUUID().slice(0, 8)}.`;
    return TOPICS.map((topic) => ({ ...topic, name: `${prefix}${topic.name}` }));
  };

  test('makes what is missing, leaves what is there, and is content afterwards', async () => {
    const topics = ownTopics();
    const said: string[] = [];
    expect(
      await bringUp(admin, { request: { check: true, replicas: null }, topics, say: (line) => said.push(line) }),
    ).toBe(1);
    expect(said.filter((line) => line.includes('does not exist'))).toHaveLength(TOPICS.length);
    expect(await bringUp(admin, { request: { check: false, replicas: null }, topics, say: () => undefined })).toBe(0);
    expect(await bringUp(admin, { request: { check: true, replicas: 1 }, topics, say: () => undefined })).toBe(0);
    const cluster = await describeCluster(admin);
    for (const { name, partitions } of topics) {
      expect(cluster.topics.find((topic) => topic.name === name)).toEqual({ name, partitions, replicas: 1 });
    }
  });

  test('tells drift with the exact difference, and changes nothing', async () => {
    const topics = ownTopics();
    const [first] = topics;
    if (first === undefined) throw new Error('the registry is empty');
    const settings = { 'retention.ms': '1000', 'cleanup.policy': 'compact' };
    await createTopics(admin, [{ name: first.name, partitions: 2, replicas: 1, settings }]);
    for (const check of [false, true]) {
      const said: string[] = [];
      expect(await bringUp(admin, { request: { check, replicas: null }, topics, say: (line) => said.push(line) })).toBe(
        1,
      );
      const drift = said.filter((line) => line.startsWith(`drift: ${first.name}`));
      expect(drift.map((line) => line.slice(`drift: ${first.name}: `.length).split(';')[0])).toEqual([
        '2 partitions, declared 6',
        'cleanup.policy is compact, declared delete',
        `retention.ms is 1000, declared ${first.retentionMs}`,
        'compression.type is producer, declared lz4',
      ]);
    }
    const lenient = { check: false, replicas: null, allowDrift: true };
    const said: string[] = [];
    expect(await bringUp(admin, { request: lenient, topics, say: (line) => said.push(line) })).toBe(0);
    expect(said.filter((line) => line.startsWith('drift: '))).toHaveLength(4);
  });
});

describeWith(['database'], './unrip history-writer', () => {
  test('refuses a database without tables, and says what to do', async () => {
    await using database = await freshDatabase('bare');
    using state = tempDir('state');
    const env = { DATABASE_URL: database.owner, STATE_DIR: state.path, CONTROL_PORT: '0' };
    await using child = startChild([join(CHECKOUT, 'ops/cli/main.ts'), 'history-writer'], { env });
    expect(await child.exited).toBe(1);
    expect(child.errorText()).toContain('migrations; run ./unrip migrate');
  });

  test('migrates as the owner with --migrate, and then works as the writer', async () => {
    await using database = await freshDatabase('roles');
    using state = tempDir('state');
    const env = { DATABASE_URL: database.writer, STATE_DIR: state.path, CONTROL_PORT: '0' };
    const start = (more: Readonly<Record<string, string>>) =>
      startChild([join(CHECKOUT, 'ops/cli/main.ts'), 'history-writer', '--migrate'], { env: { ...env, ...more } });
    await using refused = start({});
    expect(await refused.exited).toBe(1);
    expect(refused.errorText()).toContain('DATABASE_OWNER_URL');
    await using child = start({ DATABASE_OWNER_URL: database.owner });
    await child.waitForLine(/control_listening/);
    const { url } = JSON.parse(readFileSync(join(state.path, 'history-writer.json'), 'utf8')) as { url: string };
    const headers = { authorization: `Bearer ${readFileSync(join(state.path, 'control-token'), 'utf8').trim()}` };
    const isConnected = async (): Promise<boolean> => {
      const { database: standing } = (await (await fetch(`${url}/state`, { headers })).json()) as {
        database: { connected: boolean };
      };
      return standing.connected;
    };
    await waitFor(isConnected, { what: 'a connection to the database' });
    const sql = openDatabase(database.owner, { name: 'test', connections: 1, statementTimeoutMs: null });
    const users = await sql`select distinct usename from pg_stat_activity
      where application_name = 'unrip-history-writer' and datname = current_database()`;
    await sql.end({ timeout: 2 });
    expect(Array.from(users)).toEqual([{ usename: 'unrip_writer' }]);
  });
});
