// The doctor with a real Kafka and a real PostgreSQL: what is missing there is found, and a system that is set up passes as a whole.

import { afterAll, afterEach, beforeAll, expect, test } from 'bun:test';
import { type AddressInfo, connect, createServer } from 'node:net';
import { createTopics } from '../../contracts/runtime/kafka/admin/cluster.ts';
import { TOPICS } from '../../contracts/topics/registry.ts';
import { migrateTo } from '../cli/migrate.ts';
import { bringUp } from '../cli/topics.ts';
import { freshDatabase } from '../testing/database.ts';
import { type OwnKafka, startOwnKafka } from '../testing/own-kafka.ts';
import { describeWith } from '../testing/services.ts';
import { wantedTopics } from '../topics/drift.ts';
import { CATEGORIES } from './check.ts';
import { openRig, type Rig } from './rig.fixture.ts';

const LIMIT_MS = 120_000;
const silent = (): void => {};

/** The broker under an address of its own, where it names another one, of the same length, to its clients. */
function advertising(address: string, brokers: string) {
  const [host = '', port = ''] = brokers.split(':');
  const renamed = (bytes: string | Buffer): Buffer =>
    Buffer.from(Buffer.from(bytes).toString('latin1').replaceAll(host, address), 'latin1');
  const server = createServer((client) => {
    const broker = connect(Number(port), host);
    const end = (): void => {
      client.destroy();
      broker.destroy();
    };
    client
      .on('data', (bytes) => broker.write(bytes))
      .on('close', end)
      .on('error', end);
    broker
      .on('data', (bytes) => client.write(renamed(bytes)))
      .on('close', end)
      .on('error', end);
  }).listen(0, host);
  const { port: own } = server.address() as AddressInfo;
  return { brokers: `${host}:${own}`, [Symbol.dispose]: () => void server.close() };
}

describeWith(['kafka', 'database'], 'the doctor', () => {
  let kafka: OwnKafka;
  let rig: Rig | null = null;
  beforeAll(async () => {
    kafka = await startOwnKafka();
  }, LIMIT_MS);
  afterAll(async () => await kafka?.remove());
  afterEach(async () => {
    await rig?.close();
    rig = null;
  });

  test(
    'names each topic that is missing, and passes the whole system once topics and tables are made',
    async () => {
      rig = openRig();
      rig.env['KAFKA_BROKERS'] = kafka.brokers;
      await using database = await freshDatabase('doctor');
      rig.env['DATABASE_URL'] = database.writer;

      const before = await rig.examine('kafka', 'postgres');
      const missing = before.findings.filter(({ check }) => check === 'topics');
      expect(missing.map(({ detail }) => detail.split(' ')[2]).sort()).toEqual(TOPICS.map(({ name }) => name).sort());
      expect(before.findings.find(({ check }) => check === 'migrations')).toMatchObject({
        status: 'fail',
        fix: './unrip migrate',
      });
      expect(before.code).toBe(1);

      const request = { check: false, replicas: null };
      await bringUp({ brokers: kafka.brokers, timeoutMs: LIMIT_MS }, { request, topics: TOPICS, say: silent });
      await migrateTo({ url: database.owner, variable: 'DATABASE_OWNER_URL' }, false, silent);

      const after = await rig.examine(...CATEGORIES);
      // There is no journal before the first start, which is said; what the directories of tests lie on, and how busy that is, is up
      // to the machine.
      const ofThePlace = ['journal', 'file system', 'disk sync'];
      expect(after.findings.filter(({ check }) => !ofThePlace.includes(check))).toEqual([]);
      expect(after.categories.map(({ category }) => category)).toEqual([...CATEGORIES]);
      expect(after.categories.flatMap(({ not_checked }) => not_checked)).toEqual([]);
      expect(after.code).toBe(0);
    },
    LIMIT_MS,
  );

  test(
    'names a topic whose partitions are not as declared, and one that takes less than the producers send at once',
    async () => {
      rig = openRig();
      const other = await startOwnKafka();
      try {
        rig.env['KAFKA_BROKERS'] = other.brokers;
        const request = { check: false, replicas: null };
        const topics = TOPICS.map((topic) => ({
          ...topic,
          partitions: topic.name === 'norm.swap_demand' ? 1 : topic.partitions,
        }));
        const admin = { brokers: other.brokers, timeoutMs: LIMIT_MS };
        const small = wantedTopics(TOPICS, 1).filter(({ name }) => name === 'ops.alert');
        const limited = small.map((topic) => ({
          ...topic,
          settings: { ...topic.settings, 'max.message.bytes': '300000' },
        }));
        await createTopics(admin, limited);
        await bringUp(admin, { request, topics, say: silent });
        const { findings, code } = await rig.examine('kafka');
        expect(findings).toMatchObject([
          {
            check: 'settings',
            status: 'warn',
            detail: expect.stringContaining('norm.swap_demand: 1 partitions, declared 6'),
          },
          {
            check: 'settings',
            status: 'warn',
            detail: expect.stringContaining('ops.alert takes at most 300000 bytes'),
            fix: expect.stringContaining('max.message.bytes of ops.alert'),
          },
        ]);
        expect(code).toBe(0);
      } finally {
        await other.remove();
      }
    },
    LIMIT_MS,
  );

  test(
    'names a role that may do too much, and one that may not write',
    async () => {
      rig = openRig();
      await using database = await freshDatabase('doctor');
      await migrateTo({ url: database.owner, variable: 'DATABASE_OWNER_URL' }, false, silent);
      rig.env['DATABASE_URL'] = database.owner;
      expect((await rig.examine('postgres')).findings).toMatchObject([{ check: 'role', status: 'warn' }]);
      rig.env['DATABASE_URL'] = database.reader;
      expect((await rig.examine('postgres')).findings).toMatchObject([{ check: 'role', status: 'fail' }]);
    },
    LIMIT_MS,
  );

  test(
    'finds brokers that answer, and name addresses to their clients at which nothing listens',
    async () => {
      rig = openRig();
      using named = advertising('127.0.0.9', kafka.brokers);
      rig.env['KAFKA_BROKERS'] = named.brokers;
      const { findings, code } = await rig.examine('kafka');
      expect(findings).toMatchObject([
        {
          check: 'brokers',
          status: 'fail',
          detail: expect.stringContaining('names 127.0.0.9:'),
          fix: expect.stringContaining('advertised.listeners'),
        },
      ]);
      expect(code).toBe(1);
    },
    LIMIT_MS,
  );

  test(
    'names servers that are not there, without a password of theirs',
    async () => {
      rig = openRig();
      rig.env['KAFKA_BROKERS'] = '127.0.0.1:1';
      rig.env['DATABASE_URL'] = 'postgres://unrip:hidden-password@127.0.0.1:1/unrip';
      const { findings, output, code } = await rig.examine('kafka', 'postgres');
      expect(findings).toMatchObject([
        { check: 'brokers', status: 'fail', fix: expect.stringContaining('KAFKA_BROKERS') },
        { check: 'server', status: 'fail', fix: expect.stringContaining('DATABASE_URL') },
      ]);
      expect(output).not.toContain('hidden-password');
      expect(code).toBe(1);
    },
    LIMIT_MS,
  );
});
