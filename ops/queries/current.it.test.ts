// The current state as views over the history, on a real PostgreSQL: of each account the newest rows, however many there were before.

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { type Database, openDatabase } from '../../contracts/runtime/postgres/database.ts';
import { migrate, readMigrations } from '../../contracts/runtime/postgres/migrations.ts';
import type { TopicName } from '../../contracts/topics/registry.ts';
import { type FreshDatabase, freshDatabase } from '../testing/database.ts';
import { insertRecord } from '../testing/history/insert.fixture.ts';
import { describeWith } from '../testing/services.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

describeWith(['database'], 'the current state', () => {
  let database: FreshDatabase;
  let owner: Database;
  let reader: Database;
  const nowMs = Date.now();
  const ago = (ms: number): string => new Date(nowMs - ms).toISOString();

  beforeAll(async () => {
    database = await freshDatabase('current');
    owner = openDatabase(database.owner, { name: 'test', connections: 1, statementTimeoutMs: null });
    reader = openDatabase(database.reader, { name: 'test', connections: 1, statementTimeoutMs: null });
    await migrate(owner, readMigrations());
    await owner`select ensure_partitions((now() - make_interval(days => days))::date) from generate_series(0, 400, 30) as days`;
    await addHealth();
  });
  afterAll(async () => {
    await owner?.end({ timeout: 2 });
    await reader?.end({ timeout: 2 });
    await database?.drop();
  });

  type Given = readonly [account: string, agoMs: number, payload: Record<string, unknown>];
  const add = async (topic: TopicName, [account_id, agoMs, payload]: Given): Promise<void> =>
    await insertRecord(owner, topic, { account_id, ingested_at: ago(agoMs), payload: { at: ago(agoMs), ...payload } });

  /** Two engines of one account, a history-writer, and engines that are not heard any more. */
  const addHealth = async (): Promise<void> => {
    const health = async (account: string, agoMs: number, payload: Record<string, unknown>) =>
      await add('ops.service_health', [account, agoMs, payload]);
    await health('a.near', 60 * MINUTE_MS, { instance_id: 'replaced' });
    await health('a.near', 9000, { instance_id: 'active', healthy: false, reasons: ['reference.price_stale'] });
    await health('a.near', 4000, { instance_id: 'active', notes: ['strategy.disarmed', 'executor.paused'] });
    await health('a.near', 8000, { instance_id: 'standby', healthy: false, reasons: ['executor.lease_missing'] });
    await health('a.near', 3000, { service: 'history-writer', instance_id: 'w', writing: true, lag_ms: 12 });
    await health('b.near', 5 * MINUTE_MS, { instance_id: 'silent' });
    await health('c.near', 5 * MINUTE_MS, { instance_id: 'ended', notes: ['stopped'] });
  };

  test('the latest price of each account, also of one that has been silent for a year', async () => {
    await add('ref.market_price', ['a.near', 400 * DAY_MS, { fair_rate: '1' }]);
    await add('ref.market_price', ['a.near', 1000, { fair_rate: '81300' }]);
    await add('ref.market_price', ['a.near', 2000, { fair_rate: '81200' }]);
    await add('ref.market_price', ['b.near', 390 * DAY_MS, { fair_rate: '64000', tradable: false, problem: 'stale' }]);
    const rows = await reader`select account_id, trim_scale(fair_rate)::text as rate, tradable, problem,
      age > interval '1 day' as old from current_price order by account_id`;
    expect(rows.map((row) => ({ ...row }))).toEqual([
      { account_id: 'a.near', rate: '81300', tradable: true, problem: null, old: false },
      { account_id: 'b.near', rate: '64000', tradable: false, problem: 'stale', old: true },
    ]);
  });

  test('the latest inventory of each account, by asset, exact in tokens', async () => {
    const EURE = 'nep141:gnosis-0x420ca0f9b9b604ce0fd9c18ef134c705e5fa3430.omft.near';
    const held = (credited: string) => ({
      ...{ credited, spendable: '1', allocated: credited, reserved_for_orders: '0', reserved_for_positions: '0' },
      ...{ realized_pnl: '0', ceilings: '0', pending_inbound: null, pending_outbound: '7' },
    });
    await add('state.intent_inventory', ['a.near', 5000, { inventory_id: 'old', assets: { [EURE]: held('5') } }]);
    const assets = { [EURE]: held('92500000000000000001'), 'nep141:other.near': held('9') };
    await add('state.intent_inventory', ['a.near', 1000, { inventory_id: 'new', assets }]);
    const rows =
      await reader`select inventory_id, symbol, credited_amount, spendable_amount, pending_inbound, pending_outbound
      from current_inventory order by asset_id`;
    expect(rows.map((row) => ({ ...row }))).toEqual([
      {
        ...{ inventory_id: 'new', symbol: 'EURe', credited_amount: '92.500000000000000001' },
        ...{ spendable_amount: '0.000000000000000001', pending_inbound: null, pending_outbound: '7' },
      },
      {
        ...{ inventory_id: 'new', symbol: null, credited_amount: null },
        ...{ spendable_amount: null, pending_inbound: null, pending_outbound: '7' },
      },
    ]);
  });

  test('the health of each process, both of a pair of engines, and none that was replaced', async () => {
    const rows = await reader`select account_id, service, instance_id, healthy, stopped, lag_ms
      from current_health where account_id <> 'away.near' order by account_id, service, instance_id`;
    expect(rows.map((row) => Object.values(row))).toEqual([
      ['a.near', 'engine', 'active', true, false, null],
      ['a.near', 'engine', 'standby', false, false, null],
      ['a.near', 'history-writer', 'w', true, false, '12'],
      ['b.near', 'engine', 'silent', true, false, null],
      ['c.near', 'engine', 'ended', true, true, null],
    ]);
  });

  test('what is armed as the engine says it, and who did it last; of a silent engine it is not known', async () => {
    const act = async (agoMs: number, payload: Record<string, unknown>) =>
      await add('ops.control_action', ['a.near', agoMs, payload]);
    const until = ago(-60 * MINUTE_MS);
    await act(30_000, { part: 'executor', action: 'arm', actor: 'alice', to: { armed: true, until } });
    await act(20_000, { part: 'executor', action: 'pause', actor: 'bob' });
    await act(15_000, { part: 'executor', action: 'disarm', actor: 'mallory', outcome: 'refused' });
    await act(40_000, { part: 'strategy', action: 'arm', actor: 'alice', to: { armed: true, until: null } });
    const rows = await reader`select account_id, part, armed, paused, last_action, last_actor, last_until
      from current_arm_state where instance_id <> 'standby' order by account_id, part`;
    expect(rows.map((row) => Object.values(row))).toEqual([
      ['a.near', 'executor', true, true, 'arm', 'alice', until],
      // It disarmed by itself: no action says so.
      ['a.near', 'strategy', false, false, 'arm', 'alice', null],
      ['b.near', 'executor', null, false, null, null, null],
      ['b.near', 'strategy', null, false, null, null, null],
      ['c.near', 'executor', false, false, null, null, null],
      ['c.near', 'strategy', false, false, null, null, null],
    ]);
  });

  test('deposits and withdrawals that are not over, also a transfer that belongs to no action', async () => {
    const action = async (agoMs: number, payload: Record<string, unknown>) =>
      await add('ops.liquidity_action', ['a.near', agoMs, payload]);
    const observation = async (agoMs: number, payload: Record<string, unknown>) =>
      await add('ops.funding_observation', ['a.near', agoMs, payload]);
    const deposit = { liquidity_action_id: 'deposit', funding_observation_id: 'seen' };
    await action(DAY_MS, { ...deposit, transition_seq: 1, status: 'seen' });
    await action(MINUTE_MS, { ...deposit, transition_seq: 2, status: 'confirming' });
    await observation(MINUTE_MS, { funding_observation_id: 'seen', observation_seq: 1, status: 'confirming' });
    await action(DAY_MS, { liquidity_action_id: 'over', transition_seq: 1, status: 'confirmed' });
    await action(MINUTE_MS, { liquidity_action_id: 'over', transition_seq: 2, status: 'credited' });
    await action(MINUTE_MS, { liquidity_action_id: 'address', kind: 'deposit_address', status: 'active' });
    await action(2000, { liquidity_action_id: 'out', kind: 'withdrawal', status: 'frozen', amount: '1' });
    const stray = { funding_observation_id: 'stray', liquidity_action_id: null };
    await observation(DAY_MS, { ...stray, observation_seq: 1, status: 'seen' });
    await observation(1000, { ...stray, observation_seq: 2, status: 'dropped' });
    await observation(1000, { funding_observation_id: 'gone', liquidity_action_id: null, status: 'replaced' });
    await action(1000, { liquidity_action_id: 'refused', kind: 'withdrawal', status: 'failed' });
    const rows = await reader`select kind, liquidity_action_id, funding_observation_id as seen, status, amount_tokens
      from current_funding where account_id = 'a.near' order by at`;
    expect(rows.map((row) => Object.values(row))).toEqual([
      ['deposit', 'deposit', 'seen', 'confirming', '0.00025000'],
      ['withdrawal', 'out', expect.any(String), 'frozen', '0.00000001'],
      ['deposit', null, 'stray', 'dropped', '0.00025000'],
    ]);
  });

  const fundingOf = async (account: string) => {
    const rows = await reader`select kind, liquidity_action_id, funding_observation_id as seen, status
      from current_funding where account_id = ${account} order by at`;
    return rows.map((row) => Object.values(row));
  };

  test('what a manager that lost its state says last counts, although it counts its records from 1 again', async () => {
    const HOUR_MS = 60 * MINUTE_MS;
    const arrived = { liquidity_action_id: 'arrived', funding_observation_id: 'seen' };
    await add('ops.liquidity_action', ['lost.near', 3 * HOUR_MS, { ...arrived, transition_seq: 9, status: 'stuck' }]);
    await add('ops.liquidity_action', ['lost.near', HOUR_MS, { ...arrived, transition_seq: 1, status: 'credited' }]);
    const stray = { funding_observation_id: 'stray', liquidity_action_id: null };
    await add('ops.funding_observation', ['lost.near', 3 * HOUR_MS, { ...stray, observation_seq: 9, status: 'stuck' }]);
    await add('ops.funding_observation', [
      'lost.near',
      HOUR_MS,
      { ...stray, observation_seq: 1, status: 'confirming' },
    ]);
    expect(await fundingOf('lost.near')).toEqual([['deposit', null, 'stray', 'confirming']]);
  });

  test('what was under way when the manager fell silent weeks ago is under way, and what it had given up before is not', async () => {
    const out = { kind: 'withdrawal', funding_observation_id: null, transition_seq: 1, status: 'submitted' };
    await add('ops.liquidity_action', ['away.near', 40 * DAY_MS, { ...out, liquidity_action_id: 'forgotten' }]);
    await add('ops.liquidity_action', ['away.near', 20 * DAY_MS, { ...out, liquidity_action_id: 'out' }]);
    const stray = { funding_observation_id: 'stray', liquidity_action_id: null, observation_seq: 1, status: 'seen' };
    await add('ops.funding_observation', ['away.near', 21 * DAY_MS, stray]);
    const underWay = [
      ['deposit', null, 'stray', 'seen'],
      ['withdrawal', 'out', null, 'submitted'],
    ];
    expect(await fundingOf('away.near')).toEqual(underWay);
    // It runs, and publishes every day what is not over.
    await add('ops.service_health', ['away.near', 1000, { service: 'liquidity-manager', instance_id: 'm' }]);
    expect(await fundingOf('away.near')).toEqual([]);
  });
});
