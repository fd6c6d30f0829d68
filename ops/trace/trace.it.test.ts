// The trace of quotes in a real PostgreSQL, the command in front of it, and the checks of sql/checks on the same
// rows: none of them finds anything in a whole story, each of them finds what it is there for.

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Envelope } from '../../contracts/envelope.ts';
import { type Database, openDatabase } from '../../contracts/runtime/postgres/database.ts';
import { migrate, readMigrations } from '../../contracts/runtime/postgres/migrations.ts';
import { TOPICS, type TopicName } from '../../contracts/topics/registry.ts';
import { CHECKOUT } from '../stack/directory.ts';
import { startChild } from '../testing/child.ts';
import { type FreshDatabase, freshDatabase } from '../testing/database.ts';
import { insertEnvelope as insert } from '../testing/history/insert.fixture.ts';
import { describeWith } from '../testing/services.ts';
import { ACCEPTED, golden, resultOf, SUBMITTED } from './fixtures.ts';
import { loadRecords } from './load.ts';
import { RECORDS_MAX, tellStory } from './story.ts';

const QUOTE = golden<{ quote_id: string }>('decision.trade_decision').payload.quote_id;
/** What is taken when the reader's URL is left out. */
const NOWHERE = 'postgres://nobody@127.0.0.1:9/none';
const CHECKS = join(CHECKOUT, 'sql/checks');

type Payload = Record<string, unknown>;

describeWith(['database'], 'a trace', () => {
  let database: FreshDatabase;
  let sql: Database;

  beforeAll(async () => {
    database = await freshDatabase('trace');
    sql = openDatabase(database.owner, { name: 'test', connections: 1, statementTimeoutMs: null });
    await migrate(sql, readMigrations());
    await sql`select ensure_partitions('2026-01-15'), ensure_partitions('2025-12-31')`;
    // The samples are of a fixed day.
    await sql`set unrip.check_from = '2026-01-15'`;
    for (const { name } of TOPICS) if (name !== 'exec.trade_result') await insert(sql, name, golden<Payload>(name));
    await insert(sql, 'exec.trade_result', { ...golden<Payload>('exec.trade_result') });
    await insert(sql, 'exec.trade_result', { ...SUBMITTED, event_id: 'submitted' });
    await insert(sql, 'exec.trade_result', { ...ACCEPTED, event_id: 'accepted' });
  });
  afterAll(async () => {
    await sql?.end({ timeout: 2 });
    await database?.drop();
  });

  const storyOf = async (quoteId: string, account: string | null = null) => {
    const loaded = await loadRecords(sql, quoteId, account);
    if (loaded.kind !== 'found') throw new Error(`the quote is ${loaded.kind}`);
    return tellStory(loaded.records);
  };
  const command = async (...args: string[]) => {
    await using child = startChild([join(CHECKOUT, 'ops/cli/main.ts'), 'trace', ...args], {
      env: { DATABASE_URL: NOWHERE, DATABASE_READER_URL: database.reader },
    });
    const code = await child.exited;
    return { code, out: child.lines.join('\n'), err: child.errorText() };
  };
  /** Runs with rows that are gone afterwards. */
  const undone = async (run: (transaction: Database) => Promise<void>): Promise<void> => {
    const undo = new Error('undone');
    await sql
      .begin(async (transaction) => {
        await run(transaction as unknown as Database);
        throw undo;
      })
      .catch((error: unknown) => {
        if (error !== undo) throw error;
      });
  };

  test('finds the whole story, the price and the inventory that the decision names', async () => {
    const story = await storyOf(QUOTE);
    expect(story.missing).toEqual([]);
    expect(story.transitions.map(({ status }) => status)).toEqual(['submitted', 'accepted', 'settled']);
    expect(story.market_sample?.price_id).toBe(story.decision?.price_snapshot?.price_id as string);
    expect(story.inventory?.inventory_id).toBe(story.decision?.inventory_snapshot?.inventory_id as string);
    expect(story.control_actions.map(({ action }) => action)).toEqual(['arm']);
  });

  test('falls back to the last price before the decision', async () => {
    await undone(async (transaction) => {
      const decision = golden<Payload>('decision.trade_decision');
      const quote_id = 'other';
      await insert(transaction, 'decision.trade_decision', {
        ...decision,
        event_id: 'other',
        payload: { ...decision.payload, quote_id, decision_id: 'dec-other', price_snapshot: null },
      });
      const loaded = await loadRecords(transaction, quote_id, null);
      expect(loaded.kind === 'found' && loaded.records.marketSample?.event_id).toBe(
        golden('ref.market_price').event_id,
      );
    });
  });

  test('finds price and actions of the day in each time zone that the session may have', async () => {
    await undone(async (transaction) => {
      await transaction`set local timezone = 'America/Los_Angeles'`;
      const at = '2026-01-15T02:00:00.000Z';
      const early = { ingested_at: at, event_id: 'early' };
      const decision = golden<Payload>('decision.trade_decision');
      await insert(transaction, 'decision.trade_decision', {
        ...{ ...decision, ...early },
        payload: {
          ...decision.payload,
          quote_id: 'early',
          decision_id: 'dec-early',
          decided_at: at,
          price_snapshot: null,
        },
      });
      const price = golden<Payload>('ref.market_price');
      await insert(transaction, 'ref.market_price', { ...price, ...early, ingested_at: '2026-01-15T01:59:00.000Z' });
      const loaded = await loadRecords(transaction, 'early', null);
      expect(loaded.kind === 'found' && loaded.records.marketSample?.event_id).toBe('early');
    });
  });

  test('knows the siblings under the nonce, the settled one first', async () => {
    await undone(async (transaction) => {
      for (const [quote_id, status, seq] of [
        ['s1', 'submitted', 1],
        ['s1', 'voided', 2],
        ['s2', 'settled', 1],
      ] as const) {
        const record = resultOf({ quote_id, command_id: `cmd-${quote_id}`, status, transition_seq: seq });
        await insert(transaction, 'exec.trade_result', { ...record, event_id: randomUUID() });
      }
      const loaded = await loadRecords(transaction, QUOTE, null);
      const story = loaded.kind === 'found' ? tellStory(loaded.records) : null;
      expect(story?.siblings.map(({ quote_id, status }) => [quote_id, status])).toEqual([
        ['s2', 'settled'],
        ['s1', 'voided'],
      ]);
      expect(story?.sibling_counts).toEqual({ settled: 1, voided: 1 });
    });
  });

  test('a quote that was sent again and again has a story of bounded size, with how often that was', async () => {
    await undone(async (transaction) => {
      const again = 20_000;
      // An id is one with its day and its position in Kafka.
      await transaction.unsafe(
        `insert into raw_near_intents_quotes
         select (jsonb_populate_record(row, jsonb_build_object('event_id', row.event_id || '-' || i))).*
         from raw_near_intents_quotes row, generate_series(1, ${again}) i where row.quote_id = $1`,
        [QUOTE],
      );
      const loaded = await loadRecords(transaction, QUOTE, null);
      const story = loaded.kind === 'found' ? tellStory(loaded.records) : null;
      expect(story?.request?.repeated).toBe(again);
      expect(story?.request?.repeated_at).toHaveLength(RECORDS_MAX - 1);
      expect(story?.missing).toEqual([]);
    });
  });

  test('asks for the account when several heard the quote', async () => {
    await undone(async (transaction) => {
      await insert(transaction, 'norm.swap_demand', {
        ...golden<Payload>('norm.swap_demand'),
        account_id: 'b.near',
        event_id: 'b',
      });
      expect(await loadRecords(transaction, QUOTE, null)).toEqual({
        kind: 'ambiguous',
        accounts: ['b.near', 'solver.near'],
      });
      const loaded = await loadRecords(transaction, QUOTE, 'b.near');
      expect(loaded.kind === 'found' && tellStory(loaded.records).missing).toEqual(['request', 'decision']);
    });
  });

  test('the command tells the story, as text and as JSON, and exits with 0', async () => {
    const traced = await command(QUOTE);
    expect([traced.code, traced.err]).toEqual([0, '']);
    expect(traced.out).toContain('BTC->EURe, settled');
    expect(traced.out).not.toContain('\u001b');
    const json = await command(QUOTE, '--json');
    expect(JSON.parse(json.out)).toEqual(JSON.parse(JSON.stringify(await storyOf(QUOTE))));
  });

  test('the command says that a quote is not known, with 1, and what was wrong with its use, with 2', async () => {
    const unknown = await command('no-such-quote');
    expect([unknown.code, unknown.out]).toEqual([1, '']);
    expect(unknown.err).toContain('no record of quote no-such-quote');
    expect((await command()).code).toBe(2);
  });

  const checks = readdirSync(CHECKS).filter((file) => file.endsWith('.sql'));
  const found = async (db: Database, file: string): Promise<string[]> => {
    const rows = await db.unsafe<{ problem: string }[]>(readFileSync(join(CHECKS, file), 'utf8'));
    return rows.map(({ problem }) => problem);
  };

  test.each(checks)('%s finds nothing in a whole story', async (file) => expect(await found(sql, file)).toEqual([]));

  const again = (topic: TopicName, change: Payload): Envelope<Payload> => {
    const record = golden<Payload>(topic);
    return { ...record, event_id: randomUUID(), payload: { ...record.payload, ...change } };
  };
  const settled = (change: Payload) => again('exec.trade_result', change);
  const broken: [file: string, topic: TopicName, record: () => Envelope<Payload>, problem: RegExp][] = [
    [
      'one_decision_per_quote.sql',
      'decision.trade_decision',
      () => again('decision.trade_decision', { decision_id: 'second' }),
      /2 decisions/,
    ],
    [
      'one_decision_per_quote.sql',
      'cmd.execute_trade',
      () => again('cmd.execute_trade', { command_id: 'second' }),
      /2 commands/,
    ],
    [
      'every_demand_decided.sql',
      'norm.swap_demand',
      () => again('norm.swap_demand', { quote_id: 'q2' }),
      /lacks the frame and the decision/,
    ],
    [
      'command_follows_decision.sql',
      'cmd.execute_trade',
      () => again('cmd.execute_trade', { quote_id: 'q2', command_id: 'c2' }),
      /a command without a decision/,
    ],
    [
      'command_follows_decision.sql',
      'decision.trade_decision',
      () => again('decision.trade_decision', { quote_id: 'q2', decision_id: 'd2' }),
      /an accepted decision without a command/,
    ],
    [
      'result_follows_command.sql',
      'cmd.execute_trade',
      () => again('cmd.execute_trade', { quote_id: 'q2', command_id: 'c2' }),
      /a command without a result/,
    ],
    [
      'result_follows_command.sql',
      'exec.trade_result',
      () => settled({ quote_id: 'q2', command_id: 'c2' }),
      /a result without a command/,
    ],
    [
      'result_follows_command.sql',
      'exec.trade_result',
      () => settled({ transition_seq: 4, amount_out: '1' }),
      /differ in their amounts/,
    ],
    ['transitions_follow.sql', 'exec.trade_result', () => settled({ transition_seq: 5 }), /transition 5 after 3/],
    [
      'transitions_follow.sql',
      'exec.trade_result',
      () => settled({ transition_seq: 4, previous_status: 'settled', status: 'expired' }),
      /expired after settled/,
    ],
    [
      'transitions_follow.sql',
      'exec.trade_result',
      () => settled({ quote_id: 'q2', command_id: 'c2', transition_seq: 2 }),
      /begins with transition 2/,
    ],
    [
      'one_settlement_per_nonce.sql',
      'exec.trade_result',
      () => settled({ quote_id: 'q2', command_id: 'c2' }),
      /2 settled under nonce/,
    ],
    [
      'settlement_is_recorded.sql',
      'exec.trade_result',
      () => settled({ quote_id: 'q2', command_id: 'c2', settlement: null }),
      /without block and balances/,
    ],
    [
      'gates_held.sql',
      'decision.trade_decision',
      () =>
        again('decision.trade_decision', {
          quote_id: 'q2',
          decision_id: 'd2',
          strategy_armed: false,
          gross_edge_pct: '1.9999',
        }),
      /accepted while disarmed, edge below the minimum/,
    ],
    [
      'gates_held.sql',
      'decision.trade_decision',
      () =>
        again('decision.trade_decision', {
          quote_id: 'q2',
          decision_id: 'd2',
          price_freshness_ms: 3001,
          notional_eur: '5.01',
        }),
      /value above the maximum, price too old/,
    ],
  ];
  test.each(broken)('%s finds a broken %s', async (file, topic, record, problem) => {
    await undone(async (transaction) => {
      await insert(transaction, topic, record());
      const problems = await found(transaction, file);
      expect(problems).toHaveLength(1);
      expect(problems[0]).toMatch(problem);
    });
  });

  test('a settlement that is recorded again, after a restore, is one settlement under its nonce', async () => {
    await undone(async (transaction) => {
      await insert(transaction, 'exec.trade_result', {
        ...settled({ recovered: true }),
        ingested_at: '2026-01-16T09:00:00.000Z',
      });
      expect(await found(transaction, 'one_settlement_per_nonce.sql')).toEqual([]);
    });
  });

  test('a check judges from the day on that is set, and looks for what belongs to it before that', async () => {
    await undone(async (transaction) => {
      const days = { ingested_at: '2025-12-31T23:00:00.000Z' };
      const of = (topic: TopicName, change: Payload) => ({ ...again(topic, { ...change, quote_id: 'q2' }), ...days });
      await insert(transaction, 'decision.trade_decision', of('decision.trade_decision', { decision_id: 'd2' }));
      for (const file of checks) expect(await found(transaction, file)).toEqual([]);
      await transaction`set local unrip.check_from = '2025-12-31'`;
      expect(await found(transaction, 'command_follows_decision.sql')).toHaveLength(1);

      // Recorded days after the rest of its attempt, as after a long stop.
      await transaction`set local unrip.check_from = '2026-01-15'`;
      await insert(transaction, 'raw.near_intents.quote', of('raw.near_intents.quote', {}));
      await insert(transaction, 'norm.swap_demand', of('norm.swap_demand', {}));
      await insert(transaction, 'cmd.execute_trade', of('cmd.execute_trade', { command_id: 'c2' }));
      const expired = { command_id: 'c2', quote_id: 'q2', nonce: null, settlement: null };
      const sent = { ...expired, transition_seq: 1, previous_status: 'proposed', status: 'submitted' };
      await insert(transaction, 'exec.trade_result', { ...of('exec.trade_result', sent), ...days });
      const last = { ...expired, transition_seq: 2, previous_status: 'submitted', status: 'expired' };
      await insert(transaction, 'exec.trade_result', settled(last));
      for (const file of checks) expect(await found(transaction, file)).toEqual([]);
    });
  });

  test('every check is tried on something broken', () => {
    expect([...new Set(broken.map(([file]) => file))].sort()).toEqual(checks.sort());
  });
});
