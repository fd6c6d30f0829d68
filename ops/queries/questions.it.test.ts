// The questions about one quote in sql/queries, on a real PostgreSQL with known rows, with answers that were worked out by hand.

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Database, openDatabase } from '../../contracts/runtime/postgres/database.ts';
import { migrate, readMigrations } from '../../contracts/runtime/postgres/migrations.ts';
import { CHECKOUT } from '../stack/directory.ts';
import { type FreshDatabase, freshDatabase } from '../testing/database.ts';
import { insertRecord } from '../testing/history/insert.fixture.ts';
import { describeWith } from '../testing/services.ts';
import { withQuote } from '../years/documented.ts';
import { fillMarket, GOLDEN_QUOTE, time } from './market.fixture.ts';

const FOLDER = join(CHECKOUT, 'sql/queries');
const ASKED = [
  'command_of_quote.sql',
  'credited_at_decision.sql',
  'execution_of_quote.sql',
  'pending_funding_at_decision.sql',
  'price_at_decision.sql',
  'spendable_at_decision.sql',
  'why_skipped.sql',
] as const;

describeWith(['database'], 'the questions about a quote', () => {
  let database: FreshDatabase;
  let owner: Database;
  let reader: Database;

  beforeAll(async () => {
    database = await freshDatabase('questions');
    owner = openDatabase(database.owner, { name: 'test', connections: 1, statementTimeoutMs: null });
    reader = openDatabase(database.reader, { name: 'test', connections: 1, statementTimeoutMs: null });
    await migrate(owner, readMigrations());
    await fillMarket(owner);
  });
  afterAll(async () => {
    await owner?.end({ timeout: 2 });
    await reader?.end({ timeout: 2 });
    await database?.drop();
  });

  const ask = async (file: (typeof ASKED)[number], quoteId: string = GOLDEN_QUOTE) => {
    const rows = await reader.unsafe(withQuote(readFileSync(join(FOLDER, file), 'utf8'), quoteId));
    return rows.map((row) => ({ ...row }));
  };

  test('each file is tried here', () => {
    expect(readdirSync(FOLDER).sort()).toEqual([...ASKED]);
  });

  test('which fair price was the latest at the decision: not the sample that came after it', async () => {
    const [row, ...others] = await ask('price_at_decision.sql');
    expect(others).toEqual([]);
    expect(row).toMatchObject({
      price_source: 'kraken',
      bid_rate: '81234.50000000',
      ask_rate: '81234.60000000',
      fair_rate: '81234.550000000',
      price_freshness_ms: '150',
      sampled_at: new Date(time('12:00:00.100')),
      sampled_fair_rate: '81234.55000000',
    });
  });

  test('which inventory was spendable at the decision, exact to the last digit', async () => {
    expect(await ask('spendable_at_decision.sql')).toMatchObject([
      {
        symbol: 'EURe',
        spendable: '92500000000000000000',
        spendable_tokens: '92.500000000000000000',
        needed: '3184392400000000000',
        was_enough: true,
        reserved_for_orders: '0',
        inventory_age_ms: '900',
      },
    ]);
  });

  test('which treasury actions were pending at the decision: neither what was over nor what came later', async () => {
    const action = async (clock: string, payload: Record<string, unknown>, account_id = 'solver.near') =>
      await insertRecord(owner, 'ops.liquidity_action', {
        account_id,
        ingested_at: time(clock),
        payload: { at: time(clock), ...payload },
      });
    const deposit = { liquidity_action_id: 'arrives' };
    await action('11:40:00', { ...deposit, transition_seq: 1, status: 'seen' });
    await action('11:58:30', { ...deposit, transition_seq: 2, status: 'confirmed', reason_code: null });
    await action('12:00:05', { ...deposit, transition_seq: 3, status: 'credited' });
    const withdrawal = { liquidity_action_id: 'leaves', kind: 'withdrawal', amount: '2500000000000000001' };
    const asset_id = 'nep141:gnosis-0x420ca0f9b9b604ce0fd9c18ef134c705e5fa3430.omft.near';
    await action('11:50:00', { ...withdrawal, asset_id, status: 'submitted', transition_seq: 1, tx_hash: null });
    await action('11:30:00', { liquidity_action_id: 'over', status: 'credited', transition_seq: 1 });
    await action('11:30:00', { liquidity_action_id: 'address', kind: 'deposit_address', status: 'active' });
    await action('11:30:00', { liquidity_action_id: 'of another' }, 'other.near');
    await action('12:00:01', { liquidity_action_id: 'later', transition_seq: 1 });
    const pending = await ask('pending_funding_at_decision.sql');
    expect(pending.map((row) => [row['liquidity_action_id'], row['kind'], row['status']])).toEqual([
      ['leaves', 'withdrawal', 'submitted'],
      ['arrives', 'deposit', 'confirmed'],
    ]);
    expect(pending.map((row) => [row['symbol'], row['amount_tokens']])).toEqual([
      ['EURe', '2.500000000000000001'],
      ['BTC', '0.00025000'],
    ]);
  });

  test('what was pending when the manager fell silent weeks before is pending, until it is heard again without it', async () => {
    await owner`select ensure_partitions('2025-12-20')`;
    const account_id = 'away.near';
    const out = { kind: 'withdrawal', transition_seq: 1, status: 'submitted' };
    for (const [id, day] of [
      ['forgotten', '2025-12-01'],
      ['out', '2025-12-20'],
    ] as const) {
      const at = `${day}T12:00:00.000Z`;
      const payload = { ...out, liquidity_action_id: id, at };
      await insertRecord(owner, 'ops.liquidity_action', { account_id, ingested_at: at, payload });
    }
    const ids = { quote_id: 'away', decision_id: 'dec-away', decided_at: time('12:00:01') };
    await insertRecord(owner, 'decision.trade_decision', { account_id, ingested_at: time('12:00:01'), payload: ids });
    expect(await ask('pending_funding_at_decision.sql', 'away')).toMatchObject([
      { account_id, liquidity_action_id: 'out', status: 'submitted' },
    ]);
    const payload = { service: 'liquidity-manager', instance_id: 'm', at: time('11:59:00') };
    await insertRecord(owner, 'ops.service_health', { account_id, ingested_at: time('11:59:00'), payload });
    expect(await ask('pending_funding_at_decision.sql', 'away')).toEqual([]);
  });

  test('of a quote that two accounts heard, each answer names its account', async () => {
    for (const account_id of ['b.near', 'a.near']) {
      const payload = { quote_id: 'both', decision_id: 'dec-both', command_id: 'cmd-both' };
      for (const topic of ['decision.trade_decision', 'cmd.execute_trade', 'exec.trade_result'] as const) {
        await insertRecord(owner, topic, { account_id, ingested_at: time('12:00:02'), payload });
      }
      const action = {
        account_id,
        ingested_at: time('11:00:00'),
        payload: { liquidity_action_id: 'in', status: 'seen' },
      };
      await insertRecord(owner, 'ops.liquidity_action', action);
    }
    const named = await Promise.all(
      ASKED.map(async (file) => [file, new Set((await ask(file, 'both')).map((row) => row['account_id']))] as const),
    );
    for (const [file, accounts] of named) expect([file, [...accounts]]).toEqual([file, ['a.near', 'b.near']]);
  });

  test('why a quote was skipped, with the numbers', async () => {
    expect(await ask('why_skipped.sql', 'thin')).toMatchObject([
      {
        decision: 'rejected',
        decision_reason: 'edge_below_min',
        detail: 'edge 1.2500 %, and 2.0000 % are required',
        gross_edge_pct: '1.2500',
        limits: { min_edge_pct: '2.0000' },
      },
    ]);
    expect(await ask('why_skipped.sql', 'stale')).toMatchObject([
      { decision_reason: 'price_stale', gross_edge_pct: null },
    ]);
    expect(await ask('why_skipped.sql')).toMatchObject([{ decision: 'accepted', decision_reason: 'accepted' }]);
  });

  test('which command was emitted, and none for a quote that was skipped', async () => {
    expect(await ask('command_of_quote.sql', 'sold')).toMatchObject([
      {
        command_id: 'cmd-sold',
        symbol_in: 'EURe',
        tokens_in: '3.300000000000000001',
        symbol_out: 'BTC',
        tokens_out: '0.00003900',
      },
    ]);
    expect(await ask('command_of_quote.sql', 'thin')).toEqual([]);
  });

  test('what happened when it was submitted: every transition, what was signed, and what the venue said', async () => {
    const rows = await ask('execution_of_quote.sql');
    expect(rows.map((row) => [row['transition_seq'], row['status'], row['result_code']])).toEqual([
      ['1', 'submitted', 'answer_sent'],
      ['2', 'accepted', 'relay_accepted'],
      ['3', 'settled', 'settled_by_status'],
    ]);
    expect(rows[1]).toMatchObject({ reply_after_ms: '12', venue_reply: '{"jsonrpc":"2.0","id":7,"result":"OK"}' });
    expect(rows[2]).toMatchObject({ tx_hash: '8yFNEk7GmRcM3NMJihwCKXt8ZANLpL2koVFWWH1MEEj' });
    expect(rows[2]?.['signed_message']).toContain('"token_diff"');
    expect(await ask('execution_of_quote.sql', 'thin')).toEqual([]);
  });

  test('which inventory was credited at the time, of both assets', async () => {
    const rows = await ask('credited_at_decision.sql');
    expect(rows.map((row) => [row['symbol'], row['credited'], row['credited_tokens']])).toEqual([
      ['BTC', '125000', '0.00125000'],
      ['EURe', '92500000000000000000', '92.500000000000000000'],
    ]);
  });
});
