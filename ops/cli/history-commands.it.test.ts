// `./unrip topics` on a real Kafka, and the history-writer's refusal of a database without tables.

import { expect, test } from 'bun:test';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { createTopics, describeCluster } from '../../contracts/runtime/kafka-admin.ts';
import { TOPICS } from '../../contracts/topics/registry.ts';
import { CHECKOUT } from '../stack/directory.ts';
import { startChild } from '../testing/child.ts';
import { freshDatabase } from '../testing/database.ts';
import { describeWith } from '../testing/services.ts';
import { tempDir } from '../testing/temp-dir.ts';
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
    expect(await bringUp(admin, { check: true, replicas: null }, topics, (line) => said.push(line))).toBe(1);
    expect(said.filter((line) => line.includes('does not exist'))).toHaveLength(TOPICS.length);
    expect(await bringUp(admin, { check: false, replicas: null }, topics, () => undefined)).toBe(0);
    expect(await bringUp(admin, { check: true, replicas: 1 }, topics, () => undefined)).toBe(0);
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
      expect(await bringUp(admin, { check, replicas: null }, topics, (line) => said.push(line))).toBe(1);
      const drift = said.filter((line) => line.startsWith(`drift: ${first.name}`));
      expect(drift.map((line) => line.slice(`drift: ${first.name}: `.length).split(';')[0])).toEqual([
        '2 partitions, declared 6',
        'cleanup.policy is compact, declared delete',
        `retention.ms is 1000, declared ${first.retentionMs}`,
      ]);
    }
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
});
