// A topic that is deleted and made again after its records were acknowledged, under a whole system that trades: the engine says
// what is lost and which command helps, the command sends it from the journal, and PostgreSQL has each record once. In a Kafka
// of the test's own.

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { join } from 'node:path';
import { Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import postgres from 'postgres';
import { createTopics } from '../../../contracts/runtime/kafka/admin/cluster.ts';
import { deleteTopic } from '../../../contracts/runtime/kafka/admin/topics.fixture.ts';
import { partitionOf } from '../../../contracts/runtime/kafka/partition.ts';
import { TOPICS } from '../../../contracts/topics/registry.ts';
import { createRender } from '../../../engine/bus/render/render.ts';
import { entriesOf } from '../../../engine/journal/segments/reader.ts';
import { scanJournal } from '../../../engine/journal/segments/recovery.ts';
import type { Fact } from '../../../engine/model/facts.ts';
import { republish } from '../../cli/republish.ts';
import { playTape } from '../../demo/play.ts';
import { CHECKOUT } from '../../stack/directory.ts';
import { type OwnKafka, startOwnKafka } from '../../testing/own-kafka.ts';
import { describeWith } from '../../testing/services.ts';
import { tempDir } from '../../testing/temp-dir.ts';
import { waitFor } from '../../testing/wait.ts';
import { replicasFor, wantedTopics } from '../../topics/drift.ts';
import { type Rig, startRig } from '../rig.ts';

const LIMIT_MS = 120_000;
const TAPE = join(CHECKOUT, 'ops/sim/tape/tapes/btc-eure-10min.tape');
const TOPIC = 'exec.trade_result';
const SILENT = { isTerminal: false, say: () => {}, update: () => {} };
/** A client finds a topic that was made again within a second in place of ten. */
const SOON = { KAFKA_CONFIG_JSON: JSON.stringify({ 'topic.metadata.refresh.interval.ms': 1_000 }) };

const Envelope = Type.Object({ event_id: Type.String() });
const State = Type.Object({
  notes: Type.Array(Type.String()),
  journal: Type.Object({ last_seq: Type.Integer() }),
  bus: Type.Object({
    watermark: Type.Integer(),
    lost_records: Type.Object({
      open: Type.Array(Type.Object({ topic: Type.String(), from: Type.Integer() })),
      fix: Type.Union([Type.String(), Type.Null()]),
    }),
  }),
});

describeWith(['database'], 'a topic that was deleted and made again', ({ database }) => {
  const dir = tempDir('republish');
  let kafka: OwnKafka;
  let rig: Rig;
  let sql: postgres.Sql;

  const render = (fact: Fact) => createRender(rig.accountId, partitionOf)(fact);
  const play = (seconds: number) =>
    playTape(rig, SILENT, { tape: TAPE, speed: 30, seconds, signal: new AbortController().signal });
  const state = async () => Value.Parse(State, await rig.engine().control.get('/state'));
  const notes = async () => (await state()).notes;
  const rows = async (): Promise<string[]> =>
    (await sql<{ id: string }[]>`select event_id as id from trade_execution_results`).map(({ id }) => id).sort();
  /** Event ids of what the journal has for the topic. */
  const journalled = (): string[] =>
    [...entriesOf(scanJournal(join(rig.engine().stateDir, 'journal'), 0).segments)]
      .flatMap(({ fact }) => render(fact).filter(({ topic }) => topic === TOPIC))
      .map(({ value }) => Value.Parse(Envelope, JSON.parse(value)).event_id)
      .sort();
  /** Everything that was journalled by now is acknowledged. */
  const untilPublished = async (): Promise<void> => {
    const { journal } = await state();
    // After a broker that began again, a client waits some seconds before its next try.
    await waitFor(async () => (await state()).bus.watermark >= journal.last_seq, {
      what: 'all to be acknowledged',
      limitMs: 60_000,
    });
  };

  beforeAll(async () => {
    kafka = await startOwnKafka();
    rig = await startRig({
      dir: join(dir.path, 'run'),
      services: { kafkaBrokers: kafka.brokers, kafkaKind: 'kafka', adminUrl: database.adminUrl },
      label: 'republish',
      armed: true,
      engineEnv: SOON,
      historyWriterEnv: SOON,
    });
    sql = postgres(rig.database.reader, { max: 1, onnotice: () => {} });
  }, LIMIT_MS);

  afterAll(async () => {
    await sql?.end({ timeout: 2 });
    await rig?.stop();
    await kafka?.remove();
    dir.remove();
  }, LIMIT_MS);

  test(
    'is noticed, and a republish brings every record to PostgreSQL once',
    async () => {
      const { brokers } = kafka;
      // Partitions have had another leader before: a client passes over what it takes for news of an older one.
      await kafka.stop();
      await kafka.start();
      await play(2);
      await untilPublished();
      // What is acknowledged from now on is not in PostgreSQL when the topic goes.
      process.kill(rig.historyWriter.pid, 'SIGSTOP');
      await play(4);
      await untilPublished();
      const acknowledged = journalled();
      await deleteTopic(brokers, TOPIC);
      const wanted = wantedTopics(TOPICS, replicasFor(1)).filter(({ name }) => name === TOPIC);
      await waitFor(
        async () => (await createTopics({ brokers, timeoutMs: 15_000 }, wanted))[0]?.outcome === 'created',
        { what: 'the topic to be made again', limitMs: 30_000 },
      );
      process.kill(rig.historyWriter.pid, 'SIGCONT');

      await play(3);
      await waitFor(async () => (await state()).bus.lost_records.fix !== null, {
        what: 'the loss to be noticed',
        limitMs: 60_000,
      });
      const { lost_records } = (await state()).bus;
      expect(lost_records.open).toEqual([{ topic: TOPIC, from: 1 }]);
      expect(await notes()).toEqual(expect.arrayContaining(['bus.kafka_lost_records', 'bus.republish_from:1']));
      expect(await rig.engine().control.get('/metrics')).toMatch(/^unrip_republish_from_position(\{[^}]*\})? 1$/m);
      await untilPublished();
      await rig.historyWriter.control.waitHealthy('/healthz', LIMIT_MS);
      const before = new Set(await rows());
      expect(acknowledged.filter((id) => !before.has(id)).length).toBeGreaterThan(0);

      const args = lost_records.fix?.split(' ').slice(2) ?? [];
      let printed = '';
      const tell = (text: string): void => {
        printed += text;
      };
      const shell = { env: { STATE_DIR: rig.engine().stateDir }, directory: dir.path, out: tell, err: tell };
      const playing = play(3);
      expect(await republish(args, shell, 100), printed).toBe(0);
      await playing;
      expect(printed).toEndWith('no topic is known to lack records\n');
      expect((await notes()).filter((note) => /lost|republish/.test(note))).toEqual([]);

      // Quotes end meanwhile: only a journal that is closed says what there has to be.
      await rig.engine().stop();
      const all = journalled();
      await waitFor(async () => (await rows()).length >= all.length, { what: 'all rows', limitMs: 60_000 });
      expect(await rows()).toEqual(all);
      const twice = await sql`
        select account_id, command_id, transition_seq from trade_execution_results group by 1, 2, 3 having count(*) > 1`;
      expect([...twice]).toEqual([]);
      const decisions = await sql`select from trade_decisions group by account_id, decision_id having count(*) > 1`;
      expect([...decisions]).toEqual([]);
      expect([...(await sql`select from dead_letters`)]).toEqual([]);
    },
    LIMIT_MS,
  );
});
