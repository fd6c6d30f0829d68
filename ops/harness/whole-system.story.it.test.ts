// The whole system over a short tape: real processes, real Kafka, real PostgreSQL; the venue is simulated at the socket and
// judges every answer. What is asserted is read from outside: the relay's records, PostgreSQL, the topics through a foreign
// client, logs and files.

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Static, Type } from '@sinclair/typebox';
import { Ajv2020 } from 'ajv/dist/2020.js';
import postgres from 'postgres';
import { KAFKA_USERS } from '../../contracts/topics/access.ts';
import { TOPICS } from '../../contracts/topics/registry.ts';
import { entriesOf } from '../../engine/journal/segments/reader.ts';
import { scanJournal } from '../../engine/journal/segments/recovery.ts';
import type { Fact } from '../../engine/model/facts.ts';
import { TABLES } from '../../sidecars/history-writer/postgres/tables.ts';
import { openHistory } from '../demo/history.ts';
import { playTape, untilWritten } from '../demo/play.ts';
import { DIRECTIONS, KINDS } from '../demo/verdict.ts';
import { CHECKOUT } from '../stack/directory.ts';
import { isAlive } from '../stack/process.ts';
import { describeWith, kafkaForTest } from '../testing/services.ts';
import { tempDir } from '../testing/temp-dir.ts';
import { findKcat, readTopic } from './kcat.fixture.ts';
import { type Rig, startRig } from './rig.ts';
import { PART_FILE_SUFFIX } from './stale.ts';

const TAPE = join(CHECKOUT, 'ops/sim/tape/tapes/btc-eure-10min.tape');
const RELAY_TOKEN = 'throw-away-token-of-the-relay';
const KCAT = kafkaForTest() === null ? null : await findKcat();
/** The topics of the processes that run here. */
const WRITTEN = TOPICS.filter(({ name }) =>
  KAFKA_USERS.some(
    ({ command, writes }) => (command === 'engine' || command === 'history-writer') && writes.includes(name),
  ),
);
const SILENT = { isTerminal: false, say: () => {}, update: () => {} };

const Answers = Type.Array(
  Type.Object({
    quoteId: Type.String(),
    receivedAtMs: Type.Number(),
    reason: Type.Union([Type.String(), Type.Null()]),
    nonceHex: Type.Union([Type.String(), Type.Null()]),
  }),
);
type Answers = Static<typeof Answers>;
const Settlements = Type.Array(Type.Object({ quoteId: Type.String(), settledAtMs: Type.Number(), ok: Type.Boolean() }));
type Settlements = Static<typeof Settlements>;

/** Longest way of the news that a nonce was used, from the relay to the engine. */
const NEWS_MS = 2_000;

/** What a run left for the tests, which may come in any order: all of it is gathered before the first. */
type Evidence = {
  readonly rig: Rig;
  /** What was not on record in time; null: all was. */
  readonly unwritten: string | null;
  /** All that the relay received, and what became of it there. */
  readonly answers: Answers;
  readonly settlements: Settlements;
  /** Everything that the processes answered over HTTP. */
  readonly controlStates: readonly string[];
  /** Values of the run's account by topic, as kcat read them. */
  readonly records: ReadonlyMap<string, readonly string[]>;
  readonly exitCodes: readonly number[];
};

async function playAndStop(rig: Rig, brokers: string, startedAtMs: number): Promise<Evidence> {
  const history = openHistory(rig.database.reader, rig.accountId);
  try {
    const { signal } = new AbortController();
    await playTape(rig, SILENT, { tape: TAPE, speed: 30, seconds: 60, signal });
    const unwritten = await untilWritten(rig, history, { screen: SILENT, signal });
    const answers = await rig.sim.ask(Answers, '/answers?limit=10000');
    const settlements = await rig.sim.ask(Settlements, '/settlements?limit=10000');
    const controlStates: string[] = [];
    for (const { control } of [rig.engine(), rig.historyWriter]) {
      for (const path of ['/state', '/internal/health', '/metrics', '/openapi']) {
        controlStates.push(JSON.stringify(await control.get(path)));
      }
    }
    const records = new Map<string, readonly string[]>();
    for (const { name } of KCAT === null ? [] : TOPICS) {
      const values = await readTopic(KCAT ?? '', brokers, name, startedAtMs);
      // Other tests write to the same topics, damaged records among them.
      const own = values.filter((value) => value.includes(`"account_id":"${rig.accountId}"`));
      records.set(name, own);
    }
    await rig.stop();
    const exitCodes = await Promise.all(partsOf(rig).map(({ exited }) => exited));
    return { rig, unwritten, answers, settlements, controlStates, records, exitCodes };
  } finally {
    await history.close();
  }
}

const partsOf = (rig: Rig) => [rig.engine(), rig.historyWriter, rig.sim];

describeWith(['kafka', 'database'], 'the whole system', ({ kafka, database }) => {
  const dir = tempDir('whole');
  let evidence: Evidence;
  let sql: postgres.Sql;

  beforeAll(async () => {
    const startedAtMs = Date.now();
    const rig = await startRig({
      dir: join(dir.path, 'run'),
      services: { kafkaBrokers: kafka.brokers, kafkaKind: 'kafka', adminUrl: database.adminUrl },
      label: 'whole',
      relayToken: RELAY_TOKEN,
      armed: true,
    });
    sql = postgres(rig.database.reader, { max: 1, onnotice: () => {} });
    try {
      evidence = await playAndStop(rig, kafka.brokers, startedAtMs);
    } finally {
      await rig.stop();
    }
  });

  afterAll(async () => {
    await sql?.end({ timeout: 2 });
    dir.remove();
  });

  test('all of it is in PostgreSQL within seconds', () => {
    expect(evidence.unwritten).toBeNull();
  });

  test('quotes settle in both directions and of both kinds', async () => {
    const history = openHistory(evidence.rig.database.reader, evidence.rig.accountId);
    const settled = await history.settled();
    await history.close();
    for (const direction of DIRECTIONS) expect(settled.map((quote) => quote.direction)).toContain(direction);
    for (const kind of KINDS) expect(settled.map((quote) => quote.kind)).toContain(kind);
  });

  test('the judge of the relay refused no answer, but for those that crossed the news of a settlement', () => {
    const { answers, settlements } = evidence;
    expect(answers.length).toBeGreaterThan(100);
    const nonces = new Map(answers.map(({ quoteId, nonceHex }) => [quoteId, nonceHex]));
    const crossed = ({ reason, nonceHex, receivedAtMs }: Answers[number]): boolean =>
      reason === 'reused_nonce' &&
      settlements.some(
        ({ ok, quoteId, settledAtMs }) =>
          ok &&
          nonces.get(quoteId) === nonceHex &&
          settledAtMs <= receivedAtMs &&
          receivedAtMs - settledAtMs <= NEWS_MS,
      );
    expect(answers.filter((answer) => answer.reason !== null && !crossed(answer))).toEqual([]);
  });

  test('no quote was answered twice, and each answer has one decision, one command and a result', async () => {
    const answered = evidence.answers.map(({ quoteId }) => quoteId);
    expect(new Set(answered).size).toBe(answered.length);
    const wrong = await sql`
      select q.quote_id, d.count as decisions, c.count as commands, r.count as results
      from unnest(string_to_array(${answered.join(' ')}, ' ')) as q (quote_id)
      cross join lateral (select count(*)::int from trade_decisions where quote_id = q.quote_id) as d
      cross join lateral (select count(*)::int from execute_trade_commands where quote_id = q.quote_id) as c
      cross join lateral (select count(*)::int from trade_execution_results where quote_id = q.quote_id) as r
      where d.count <> 1 or c.count <> 1 or r.count < 1`;
    expect([...wrong]).toEqual([]);
  });

  test('every quote that was heard has one decision, and no transition is missing or twice', async () => {
    // Engines of other tests write to the same topics, some of which are killed.
    const { accountId } = evidence.rig;
    const twice = await sql`
      select quote_id from trade_decisions where account_id = ${accountId} group by quote_id having count(*) > 1`;
    expect([...twice]).toEqual([]);
    const undecided = await sql`
      select r.quote_id from raw_near_intents_quotes r
      where r.account_id = ${accountId}
        and not exists (select from trade_decisions d where d.quote_id = r.quote_id)`;
    expect([...undecided]).toEqual([]);
    const gaps = await sql`
      select command_id from trade_execution_results where account_id = ${accountId} group by command_id
      having count(*) <> max(transition_seq) or count(distinct transition_seq) <> count(*)`;
    expect([...gaps]).toEqual([]);
  });

  test.skipIf(KCAT === null).each(WRITTEN.map(({ name, schemaVersion }) => [name, schemaVersion] as const))(
    '%s holds records, and each is valid by its JSON Schema',
    async (topic, version) => {
      const file = join(CHECKOUT, `contracts/generated/schemas/${topic}.v${version}.json`);
      const schema: object = await Bun.file(file).json();
      const validate = new Ajv2020({ strict: true, allErrors: true, allowUnionTypes: true }).compile(schema);
      const values = evidence.records.get(topic) ?? [];
      expect(values.length).toBeGreaterThan(0);
      for (const value of values) {
        validate(JSON.parse(value));
        expect(validate.errors ?? []).toEqual([]);
      }
    },
  );

  test('no key, token or password is in a log, a state, a record or a table', async () => {
    const { rig, controlStates, records } = evidence;
    const logs = [rig.engine(), rig.historyWriter].map(({ logPath }) => readFileSync(logPath, 'latin1'));
    const files = filesBelow(rig.engine().stateDir).concat(filesBelow(rig.historyWriter.stateDir));
    const states = files.filter((path) => !path.endsWith('/control-token')).map((path) => readFileSync(path, 'latin1'));
    expect(logs.join('').length).toBeGreaterThan(1000);
    expect(states.join('').length).toBeGreaterThan(1000);
    const texts = [...logs, ...states, ...controlStates, ...[...records.values()].flat()];
    for (const [name, secret] of Object.entries(secretsOf(rig))) {
      expect(secret.length, name).toBeGreaterThan(15);
      expect(texts.filter((text) => text.includes(secret)).length, name).toBe(0);
      for (const { name: table } of Object.values(TABLES)) {
        const [found] = await sql<{ count: number }[]>`
          select count(*)::int as count from ${sql(table)} as t where position(${secret} in t::text) > 0`;
        expect(found?.count, `${name} in ${table}`).toBe(0);
      }
    }
    for (const path of files) expect(statSync(path).mode & 0o077, path).toBe(0);
  });

  test('a stop in order closes the journal and leaves nothing behind', async () => {
    const { rig, exitCodes } = evidence;
    expect(exitCodes).toEqual([0, 0, 0]);
    const last = [...entriesOf(scanJournal(join(rig.engine().stateDir, 'journal'), 0).segments)].at(-1)?.fact;
    expect(last?.kind).toBe('closed' satisfies Fact['kind']);
    expect(partsOf(rig).filter(({ pid }) => isAlive(pid))).toEqual([]);
    expect(readdirSync(rig.dir).filter((name) => name.endsWith(PART_FILE_SUFFIX))).toEqual([]);
    expect(existsSync(join(rig.engine().stateDir, 'control.json'))).toBe(false);
    expect(existsSync(join(rig.historyWriter.stateDir, 'history-writer.json'))).toBe(false);
    for (const { url } of partsOf(rig)) await expect(fetch(url)).rejects.toThrow();
  });
});

/** Whatever may be nowhere, by name: whole, and the half of the key that is secret in another spelling. */
function secretsOf(rig: Rig): Readonly<Record<string, string>> {
  const credentials: { private_key: string } = JSON.parse(readFileSync(rig.key.file, 'utf8'));
  return {
    key: credentials.private_key.slice('ed25519:'.length),
    'token of the engine': readFileSync(rig.engine().tokenFile, 'utf8').trim(),
    'token of the history-writer': readFileSync(rig.historyWriter.tokenFile, 'utf8').trim(),
    'token of the relay': RELAY_TOKEN,
    'password of the writer': new URL(rig.database.writer).password,
    'password of the owner': new URL(rig.database.owner).password,
    'password of the reader': new URL(rig.database.reader).password,
  };
}

function filesBelow(dir: string): string[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
