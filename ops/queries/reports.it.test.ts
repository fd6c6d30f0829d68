// The views for analysts on a real PostgreSQL with the rows of market.fixture.ts: every figure was worked out by hand.

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { type Database, openDatabase } from '../../contracts/runtime/postgres/database.ts';
import { migrate, readMigrations } from '../../contracts/runtime/postgres/migrations.ts';
import type { TopicName } from '../../contracts/topics/registry.ts';
import { type FreshDatabase, freshDatabase } from '../testing/database.ts';
import { insertRecord } from '../testing/history/insert.fixture.ts';
import { describeWith } from '../testing/services.ts';
import { BTC, DAY, EURE, fillMarket, GOLDEN_QUOTE, time } from './market.fixture.ts';

const BUY = 'BTC->EURe';
const SELL = 'EURe->BTC';

describeWith(['database'], 'the views for analysts', () => {
  let database: FreshDatabase;
  let owner: Database;
  let reader: Database;

  beforeAll(async () => {
    database = await freshDatabase('reports');
    owner = openDatabase(database.owner, { name: 'test', connections: 1, statementTimeoutMs: null });
    reader = openDatabase(database.reader, { name: 'test', connections: 1, statementTimeoutMs: null });
    await migrate(owner, readMigrations());
    await fillMarket(owner);
    // Whoever asks may be anywhere: days and hours are UTC.
    await reader`set timezone = 'Asia/Kathmandu'`;
  });
  afterAll(async () => {
    await owner?.end({ timeout: 2 });
    await reader?.end({ timeout: 2 });
    await database?.drop();
  });

  /** Columns as texts, the numbers without zeros at their end. */
  const ask = async (columns: string, from: string): Promise<(string | null)[][]> => {
    const names = columns.split(' ');
    const rows = await reader.unsafe(`select ${columns.replaceAll(' ', ', ')} from ${from}`);
    return rows.map((row) => names.map((name) => textOf(row[name])));
  };

  test('settlements have their changes and profits exactly, at the time of the block where there is one', async () => {
    const columns = 'quote_id direction settled_at btc_change eure_change profit_eure';
    expect(await ask(columns, `settlements where day = '${DAY}' order by settled_at`)).toEqual([
      [GOLDEN_QUOTE, BUY, time('12:00:08.350'), '0.00004', '-3.1843924', '0.0649876'],
      ['sold', SELL, time('12:20:00'), '-0.000039', '3.300000000000000001', '0.131850600000000001'],
    ]);
  });

  test('a settlement without a decision on record has no profit, and is counted', async () => {
    const undo = new Error('undone');
    const inside = owner.begin(async (transaction) => {
      await insertRecord(transaction as unknown as Database, 'exec.trade_result', {
        ingested_at: time('14:00:00'),
        payload: { quote_id: 'unknown', command_id: 'cmd-unknown' },
      });
      const rows = await transaction`select direction, settled, unpriced, trim_scale(profit_eure)::text as profit
        from profit_by_day where day = ${DAY}::text::date order by direction`;
      expect(rows.map((row) => ({ ...row }))).toEqual([
        { direction: BUY, settled: '2', unpriced: '1', profit: '0.0649876' },
        { direction: SELL, settled: '1', unpriced: '0', profit: '0.131850600000000001' },
      ]);
      throw undo;
    });
    await expect(inside).rejects.toBe(undo);
  });

  test('a quote whose id was rejected before, without a price and the other way round, counts by the decision that settled', async () => {
    const undo = new Error('undone');
    const inside = owner.begin(async (transaction) => {
      const add = (topic: TopicName, ingested_at: string, payload: object, offset: bigint) => {
        const ids = { quote_id: 'again', decision_id: 'dec-again', command_id: 'cmd-again', nonce: 'nonce-again' };
        const change = { ingested_at, payload: { ...ids, ...payload } };
        return insertRecord(transaction as unknown as Database, topic, change, offset);
      };
      const rejected = { direction: SELL, decision: 'rejected', decision_reason: 'price_stale', reference_rate: null };
      await add('decision.trade_decision', '2026-01-14T23:50:00.000Z', rejected, 1n);
      await add('decision.trade_decision', time('13:40:00'), {}, 2n);
      await add('exec.trade_result', time('13:41:00'), {}, 3n);
      const rows = await transaction`select direction, settled, unpriced, trim_scale(profit_eure)::text as profit
        from profit_by_day where day = ${DAY}::text::date order by direction`;
      expect(rows.map((row) => ({ ...row }))).toEqual([
        { direction: BUY, settled: '2', unpriced: '0', profit: '0.1299752' },
        { direction: SELL, settled: '1', unpriced: '0', profit: '0.131850600000000001' },
      ]);
      const chain =
        await transaction`select decision, status from trade_chain where quote_id = 'again' order by decision`;
      expect(chain.map((row) => ({ ...row }))).toEqual([
        { decision: 'accepted', status: 'settled' },
        { decision: 'rejected', status: null },
      ]);
      throw undo;
    });
    await expect(inside).rejects.toBe(undo);
  });

  test('a settlement that is recorded again on another day, after a restore, is in no sum twice', async () => {
    const undo = new Error('undone');
    const inside = owner.begin(async (transaction) => {
      await insertRecord(transaction as unknown as Database, 'exec.trade_result', {
        ingested_at: '2026-01-17T09:00:00.000Z',
        payload: { recovered: true },
      });
      const [settled] =
        await transaction`select count(*)::text as count from settlements where quote_id = ${GOLDEN_QUOTE}`;
      const [profit] = await transaction`select trim_scale(sum(profit_eure))::text as sum from profit_by_day`;
      const [marks] = await transaction`select count(*)::text as count from mark_outs where quote_id = ${GOLDEN_QUOTE}`;
      expect([settled?.['count'], profit?.['sum'], marks?.['count']]).toEqual(['1', '0.196838200000000001', '4']);
      throw undo;
    });
    await expect(inside).rejects.toBe(undo);
  });

  test('a quote whose end is recorded months later, after a long stop, has it', async () => {
    const undo = new Error('undone');
    const inside = owner.begin(async (transaction) => {
      await transaction`select ensure_partitions('2026-04-20')`;
      const ids = { quote_id: 'outbid', command_id: 'cmd-outbid', decision_id: 'dec-outbid' };
      await insertRecord(transaction as unknown as Database, 'exec.trade_result', {
        ingested_at: '2026-04-20T09:00:00.000Z',
        payload: { ...ids, transition_seq: 3, previous_status: 'late', status: 'settled', recovered: true },
      });
      const [outcome] = await transaction`select settled, last_status from quote_outcomes where quote_id = 'outbid'`;
      const [chain] = await transaction`select status, transitions::text from trade_chain where quote_id = 'outbid'`;
      const [settlement] =
        await transaction`select notional_eur is not null as priced from settlements where quote_id = 'outbid'`;
      expect({ ...outcome }).toEqual({ settled: true, last_status: 'settled' });
      expect({ ...chain }).toEqual({ status: 'settled', transitions: '3' });
      expect({ ...settlement }).toEqual({ priced: true });
      throw undo;
    });
    await expect(inside).rejects.toBe(undo);
  });

  /** Runs with rows that are gone afterwards. */
  const undone = async (run: (sql: Database) => Promise<void>): Promise<void> => {
    const undo = new Error('undone');
    const inside = owner.begin(async (transaction) => {
      await run(transaction as unknown as Database);
      throw undo;
    });
    await expect(inside).rejects.toBe(undo);
  };

  test('a settlement that was seen after a long stop has its latest possible time, and no mark-outs', async () => {
    await undone(async (sql) => {
      const ids = { quote_id: 'slept', decision_id: 'dec-slept', command_id: 'cmd-slept', nonce: 'nonce-slept' };
      await insertRecord(sql, 'decision.trade_decision', { ingested_at: time('15:00:00'), payload: ids });
      const payload = {
        ...ids,
        deadline: time('15:01:00'),
        at: time('18:00:01'),
        settlement: { tx_hash: 'tx-slept', block_height: 8, block_time: time('18:00:00') },
      };
      await insertRecord(sql, 'exec.trade_result', { ingested_at: time('18:00:01'), payload });
      for (const clock of ['15:01:00', '18:00:00']) {
        const price = { price_id: `price-${clock}`, fair_rate: '70000' };
        await insertRecord(sql, 'ref.market_price', { ingested_at: time(clock), payload: price });
      }
      const [settled] = await sql`select settled_at, is_time_known from settlements where quote_id = 'slept'`;
      expect({ ...settled }).toEqual({ settled_at: new Date(time('15:01:00')), is_time_known: false });
      const [chain] = await sql`select settled_at from trade_chain where quote_id = 'slept'`;
      expect({ ...chain }).toEqual({ settled_at: new Date(time('15:01:00')) });
      const marks = await sql`select fair_rate from mark_outs where quote_id = 'slept'`;
      expect(marks.map(({ fair_rate }) => fair_rate)).toEqual([null, null, null, null]);
      const [known] = await sql`select is_time_known from settlements where quote_id = ${GOLDEN_QUOTE}`;
      expect({ ...known }).toEqual({ is_time_known: true });
    });
  });

  test('money that moved without a known quote is shown apart, until it is known which quote settled', async () => {
    await undone(async (sql) => {
      const change = { [BTC]: '4000', [EURE]: '-3184392400000000000' };
      const add = async (quote: string, clock: string, payload: object) =>
        await insertRecord(sql, 'exec.trade_result', {
          ingested_at: time(clock),
          payload: {
            ...{ quote_id: quote, command_id: `cmd-${quote}`, decision_id: `dec-${quote}`, nonce: 'nonce-open' },
            ...{ at: time(clock), deadline: time('15:01:00') },
            ...payload,
          },
        });
      const open = { transition_seq: 2, previous_status: 'accepted', status: 'uncertain', result_code: 'unattributed' };
      const seen = { tx_hash: null, intent_hash: null, block_height: 9, block_time: time('15:00:30') };
      const shared = (carrier: string, balance_change: object) => ({
        settlement: { ...seen, balance_change, candidates: ['one', 'two'], shared_with: [carrier] },
      });
      for (const quote of ['one', 'two']) {
        const payload = { quote_id: quote, decision_id: `dec-${quote}` };
        await insertRecord(sql, 'decision.trade_decision', { ingested_at: time('15:00:00'), payload });
      }
      await add('one', '15:00:40', { ...open, ...shared('two', change) });
      await add('two', '15:00:40', { ...open, ...shared('one', {}) });
      const found = async () => {
        const rows = await sql`select quote_id, candidates, trim_scale(btc_change)::text as btc,
          trim_scale(eure_change)::text as eure, trim_scale(profit_eure)::text as profit
          from unattributed_settlements where day = ${DAY}::text::date`;
        const [day] = await sql`select settled, trim_scale(profit_eure)::text as profit, unattributed,
          trim_scale(unattributed_profit_eure)::text as apart
          from profit_by_day where day = ${DAY}::text::date and direction = ${BUY}`;
        const taken =
          await sql`select quote_id from quote_outcomes where quote_id in ('one', 'two') and taken order by 1`;
        return { rows: rows.map((row) => ({ ...row })), day: { ...day }, taken: taken.map(({ quote_id }) => quote_id) };
      };
      expect(await found()).toEqual({
        rows: [{ quote_id: 'one', candidates: '{one,two}', btc: '0.00004', eure: '-3.1843924', profit: '0.0649876' }],
        day: { settled: '1', profit: '0.0649876', unattributed: '1', apart: '0.0649876' },
        taken: ['one', 'two'],
      });
      const named = { transition_seq: 3, previous_status: 'uncertain' };
      const settlement = { ...seen, tx_hash: 'tx-two', balance_change: {}, candidates: [], shared_with: [] };
      await add('two', '15:10:00', { ...named, status: 'settled', settlement });
      await add('one', '15:10:00', { ...named, status: 'voided', result_code: 'sibling_settled', settlement });
      expect(await found()).toEqual({
        rows: [],
        day: { settled: '2', profit: '0.1299752', unattributed: '0', apart: null },
        taken: ['two'],
      });
      const chains = await sql`select quote_id, tx_hash, settlement_block::text as block from trade_chain
        where quote_id in ('one', 'two') order by 1`;
      expect(chains.map((row) => Object.values(row))).toEqual([
        ['one', null, null],
        ['two', 'tx-two', '9'],
      ]);
    });
  });

  test('profit and loss by day and direction', async () => {
    const columns = 'direction settled btc_change eure_change notional_eur profit_eure';
    expect(await ask(columns, `profit_by_day where day = '${DAY}' order by direction`)).toEqual([
      [BUY, '1', '0.00004', '-3.1843924', '3.24938', '0.0649876'],
      [SELL, '1', '-0.000039', '3.300000000000000001', '3.300000000000000001', '0.131850600000000001'],
    ]);
  });

  test('mark-outs use the last price before each horizon, and none that is older than a minute or came later', async () => {
    const marks = `mark_outs where day = '${DAY}' and quote_id = '${GOLDEN_QUOTE}' order by horizon_s`;
    expect(await ask('horizon_s sampled_at fair_rate profit_eure decided_profit_eure', marks)).toEqual([
      ['1', time('12:00:09'), '81240', '0.0652076', '0.0649876'],
      ['10', time('12:00:18'), '81300', '0.0676076', '0.0649876'],
      ['60', time('12:01:08.350'), '81000', '0.0556076', '0.0649876'],
      ['300', null, null, null, '0.0649876'],
    ]);
    const sold = await ask('horizon_s fair_rate', `mark_outs where day = '${DAY}' and quote_id = 'sold' order by 1`);
    expect(sold.map(([, rate]) => rate)).toEqual([null, null, null, null]);
  });

  test('mark-outs use no price that a silent source has left in a new sample', async () => {
    const undo = new Error('undone');
    const inside = owner.begin(async (transaction) => {
      await insertRecord(transaction as unknown as Database, 'ref.market_price', {
        ingested_at: time('12:05:00'),
        payload: {
          price_id: 'silent',
          fair_rate: '99999',
          freshness_ms: 3_600_000,
          tradable: false,
          problem: 'price_stale',
        },
      });
      const rows = await transaction`select fair_rate, profit_eure from mark_outs
        where quote_id = ${GOLDEN_QUOTE} and horizon_s = 300`;
      expect(rows.map((row) => ({ ...row }))).toEqual([{ fair_rate: null, profit_eure: null }]);
      throw undo;
    });
    await expect(inside).rejects.toBe(undo);
  });

  test('skipped quotes by reason and hour', async () => {
    const columns = 'hour direction decision_reason skipped notional_eur';
    expect(await ask(columns, `skips_by_hour where day = '${DAY}' order by decision_reason`)).toEqual([
      [time('13:00:00'), BUY, 'edge_below_min', '1', '120'],
      [time('13:00:00'), BUY, 'price_stale', '1', null],
    ]);
  });

  test('edges in steps of a quarter percent', async () => {
    const columns = 'direction edge_from_pct quotes accepted';
    expect(await ask(columns, `edge_distribution where day = '${DAY}' order by direction, edge_from_pct`)).toEqual([
      [BUY, '1.25', '1', '0'],
      [BUY, '2', '2', '2'],
      [SELL, '3.75', '1', '1'],
    ]);
  });

  test('how many answers were filled', async () => {
    const columns = 'direction commanded sent acknowledged late taken settled fill_pct';
    expect(await ask(columns, `fill_rate_by_day where day = '${DAY}' order by direction`)).toEqual([
      [BUY, '2', '2', '1', '1', '1', '1', '50'],
      [SELL, '1', '1', '0', '0', '1', '1', '100'],
    ]);
  });

  test('the funnel by direction, partner, size and edge', async () => {
    const dimensions = 'direction partner_id size_from_eur edge_from_pct';
    const stages = 'seen eligible priced signed acknowledged late taken settled';
    const rows = await ask(
      `${dimensions} ${stages}`,
      `quote_funnel where day = '${DAY}' order by direction, edge_from_pct`,
    );
    expect(rows).toEqual([
      [BUY, 'other-partner', '100', '1', '1', '1', '1', '0', '0', '0', '0', '0'],
      [BUY, 'example-partner', '2', '2', '2', '2', '2', '2', '1', '1', '1', '1'],
      [BUY, null, null, null, '1', '1', '0', '0', '0', '0', '0', '0'],
      [SELL, 'example-partner', '2', '3', '1', '1', '1', '1', '0', '0', '1', '1'],
    ]);
  });

  test.each([
    ['quote_expired', false],
    ['pair_unsupported', false],
    ['inventory_insufficient', true],
    ['strategy_disarmed', true],
  ])('a quote that was skipped for %s was eligible: %p', async (decision_reason, expected) => {
    const quote_id = `skipped ${decision_reason}`;
    await insertRecord(owner, 'decision.trade_decision', {
      ingested_at: '2026-01-16T00:00:00.000Z',
      payload: { quote_id, decision_id: quote_id, decision: 'rejected', decision_reason },
    });
    expect(await ask('eligible', `quote_outcomes where quote_id = '${quote_id}'`)).toEqual([[String(expected)]]);
  });

  test('how long decisions, answers and replies took, by hour', async () => {
    const columns = 'hour stage measured p50_us p90_us max_us';
    expect(await ask(columns, `latency_by_hour where day = '${DAY}' order by hour, stage`)).toEqual([
      [time('12:00:00'), 'decided', '3', '61', '83', '83'],
      [time('12:00:00'), 'replied', '2', '12000', '1000000', '1000000'],
      [time('12:00:00'), 'sent', '3', '412', '500', '500'],
      [time('13:00:00'), 'decided', '2', '20', '30', '30'],
    ]);
  });

  test('no session compiles its queries: over years of partitions that takes seconds', async () => {
    expect(await reader`show jit`).toMatchObject([{ jit: 'off' }]);
  });

  test('the whole chain of a quote is one row', async () => {
    const rows = await reader`select * from trade_chain where quote_id = ${GOLDEN_QUOTE}`;
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({
      frames: '1',
      partner_id: 'example-partner',
      decision: 'accepted',
      fair_rate: '81234.550000000',
      sampled_fair_rate: '81234.55000000',
      reconciliation_status: 'ok',
      symbol_in: 'BTC',
      tokens_in: '0.00004000',
      symbol_out: 'EURe',
      tokens_out: '3.184392400000000000',
      sent_at: new Date(time('12:00:00.250')),
      since_received_us: '412',
      reply_after_ms: '12',
      transitions: '3',
      status: 'settled',
      settled_at: new Date(time('12:00:08.350')),
      tx_hash: '8yFNEk7GmRcM3NMJihwCKXt8ZANLpL2koVFWWH1MEEj',
    });
    const [row] = rows;
    expect(row?.['story'].map(({ status }: { status: string }) => status)).toEqual([
      'submitted',
      'accepted',
      'settled',
    ]);
    const all = await ask('quote_id command_id status', `trade_chain where day = '${DAY}' order by decided_at`);
    expect(all.map(([quote, , status]) => [quote, status])).toEqual([
      [GOLDEN_QUOTE, 'settled'],
      ['sold', 'settled'],
      ['outbid', 'late'],
      ['stale', null],
      ['thin', null],
    ]);
    expect(all.filter(([, command]) => command === null)).toHaveLength(2);
  });

  test('a deposit from request to credit is one row, with what its chain showed', async () => {
    const action = { liquidity_action_id: 'in-1', funding_observation_id: 'obs-1', first_seen_at: time('12:00:00') };
    const observation = { funding_observation_id: 'obs-1', liquidity_action_id: 'in-1' };
    const add = async (topic: 'ops.liquidity_action' | 'ops.funding_observation', clock: string, payload: object) =>
      await insertRecord(owner, topic, { ingested_at: time(clock), payload: { ...payload } });
    await add('ops.liquidity_action', '12:00:00', { ...action, transition_seq: 1, status: 'seen' });
    await add('ops.funding_observation', '12:00:00', { ...observation, observation_seq: 1, status: 'seen' });
    await add('ops.funding_observation', '12:20:00', {
      ...observation,
      observation_seq: 2,
      status: 'confirmed',
      confirmed_at: time('12:20:00'),
    });
    await add('ops.liquidity_action', '12:30:00', {
      ...action,
      transition_seq: 2,
      status: 'credited',
      credited_at: time('12:30:00'),
      credited_amount: '24000',
    });
    const columns =
      'kind symbol amount_tokens credited_tokens status observed_status seen_to_confirmed confirmed_to_credited';
    expect(await ask(columns, `funding_pipeline where day = '${DAY}'`)).toEqual([
      ['deposit', 'BTC', '0.00025', '0.00024', 'credited', 'confirmed', '00:20:00', '00:10:00'],
    ]);
  });

  test('a deposit whose manager lost its state and counts from 1 again is one row, with what was published last', async () => {
    await undone(async (sql) => {
      const ids = { liquidity_action_id: 'in-2', funding_observation_id: 'obs-2' };
      for (const [clock, seq, status] of [
        ['10:00:00', 8, 'confirming'],
        ['10:10:00', 9, 'stuck'],
        ['11:00:00', 1, 'confirmed'],
        ['11:05:00', 2, 'credited'],
      ] as const) {
        const of = { ingested_at: time(clock), payload: { ...ids, status } };
        const action = { ...of.payload, transition_seq: seq };
        await insertRecord(sql, 'ops.liquidity_action', { ...of, payload: action });
        await insertRecord(sql, 'ops.funding_observation', { ...of, payload: { ...of.payload, observation_seq: seq } });
      }
      const rows = await sql`select status, observed_status from funding_pipeline where liquidity_action_id = 'in-2'`;
      expect(rows.map((row) => ({ ...row }))).toEqual([{ status: 'credited', observed_status: 'credited' }]);
    });
  });

  test('an episode of an alert is one row, and only the one that lasts is active', async () => {
    const raise = async (clock: string, payload: object, key = 'alert-1') =>
      await insertRecord(owner, 'ops.alert', { ingested_at: time(clock), payload: { alert_key: key, ...payload } });
    const first = { first_raised_at: time('11:00:00') };
    await raise('11:00:00', { ...first, raised_at: time('11:00:00'), severity: 'warning' });
    const worse = { raised_at: time('11:05:00'), severity: 'critical', reason: 'it became worse' };
    await raise('11:05:00', { ...first, ...worse });
    await raise('11:10:00', { ...first, ...worse, status: 'cleared', cleared_at: time('11:10:00') });
    const second = { first_raised_at: time('11:30:00'), raised_at: time('11:30:00') };
    await raise('11:30:00', { ...second, severity: 'info' });
    const other = { first_raised_at: time('11:40:00'), raised_at: time('11:40:00') };
    await raise('11:40:00', other, 'alert-2');
    // Published again, as after a restart.
    await raise('11:40:30', other, 'alert-2');
    await raise('11:41:00', { ...other, status: 'cleared', cleared_at: time('11:41:00') }, 'alert-2');

    const columns = 'alert_key records severities first_raised_at cleared_at last_reason';
    const episodes = await ask(columns, `alert_history where day = '${DAY}' order by first_raised_at`);
    expect(episodes.map((row) => row.slice(0, 5))).toEqual([
      ['alert-1', '3', '{critical,warning}', time('11:00:00'), time('11:10:00')],
      ['alert-1', '1', '{info}', time('11:30:00'), null],
      ['alert-2', '3', '{warning}', time('11:40:00'), time('11:41:00')],
    ]);
    expect(episodes[0]?.[5]).toBe('it became worse');
    expect(await ask('alert_key severity first_raised_at', 'active_alerts')).toEqual([
      ['alert-1', 'info', time('11:30:00')],
    ]);
  });
});

function textOf(value: unknown): string | null {
  if (value === null) return null;
  if (value instanceof Date) return value.toISOString();
  const text = String(value);
  return /^-?[0-9]+\.[0-9]+$/.test(text) ? text.replace(/\.?0+$/, '') : text;
}
