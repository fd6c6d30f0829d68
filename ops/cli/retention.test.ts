import { expect, test } from 'bun:test';
import { HISTORY_TABLES, KEPT_TABLES, type Partition, planRetention } from '../retention/plan.ts';
import { parse } from './retention.ts';

const partition = (table: string, fromDay: string, toDay: string): Partition => ({
  table,
  name: `${table}_${fromDay}`,
  fromDay,
  toDay,
  bytes: 1,
  rows: 1,
  hasActiveAlerts: false,
});
const quarters = HISTORY_TABLES.flatMap((table) => [
  partition(table, '2024-04-01', '2024-07-01'),
  partition(table, '2024-01-01', '2024-04-01'),
  partition(table, '2024-07-01', '2024-10-01'),
]);
const plan = { cutoffDay: '2024-07-01', tables: null, withTrades: false };

test('trades, money that was moved, and actions of operators are kept unless it is said that they go', () => {
  const others = HISTORY_TABLES.length - KEPT_TABLES.length;
  const kept = planRetention(quarters, plan);
  expect(KEPT_TABLES).toEqual([
    ...['trade_decisions', 'execute_trade_commands', 'trade_execution_results'],
    ...['liquidity_actions', 'funding_observations', 'control_actions'],
  ]);
  expect(kept.drop).toHaveLength(2 * others);
  expect(kept.drop.filter(({ table }) => KEPT_TABLES.includes(table))).toEqual([]);
  expect([...new Set(kept.keep.map(({ table }) => table))].sort()).toEqual([...KEPT_TABLES].sort());
  const all = planRetention(quarters, { ...plan, withTrades: true });
  expect([all.drop.length, all.keep.length]).toEqual([2 * HISTORY_TABLES.length, 0]);
});

test('the oldest come first, and a quarter goes only when its last day is old', () => {
  const tables = ['dead_letters'];
  const days = planRetention(quarters, { ...plan, tables }).drop.map(({ fromDay }) => fromDay);
  expect(days).toEqual(['2024-01-01', '2024-04-01']);
  expect(planRetention(quarters, { ...plan, tables, cutoffDay: '2024-06-30' }).drop).toHaveLength(1);
  expect(planRetention(quarters, { ...plan, tables, cutoffDay: '2024-03-31' }).drop).toEqual([]);
});

test('a table that is not of the history is left alone', () => {
  expect(planRetention([partition('others', '2020-01-01', '2020-04-01')], plan)).toEqual({
    ...{ drop: [], keep: [], active: [] },
  });
});

test('the records of alerts stay from the quarter on in which an alert was raised that is not cleared', () => {
  const tables = ['ops_alerts', 'dead_letters'];
  const withActive = (day: string) =>
    quarters.map((each) => ({ ...each, hasActiveAlerts: each.table === 'ops_alerts' && each.fromDay === day }));
  const names = (day: string) => {
    const { drop, active } = planRetention(withActive(day), { ...plan, tables });
    return { drop: drop.map(({ name }) => name).sort(), active: active.map(({ name }) => name) };
  };
  const letters = ['dead_letters_2024-01-01', 'dead_letters_2024-04-01'];
  expect(names('2024-01-01')).toEqual({ drop: letters, active: ['ops_alerts_2024-01-01', 'ops_alerts_2024-04-01'] });
  expect(names('2024-04-01')).toEqual({
    drop: [...letters, 'ops_alerts_2024-01-01'],
    active: ['ops_alerts_2024-04-01'],
  });
  expect(names('2024-07-01')).toEqual({
    drop: [...letters, 'ops_alerts_2024-01-01', 'ops_alerts_2024-04-01'],
    active: [],
  });
});

test('nothing is changed unless --apply is given', () => {
  const request = { keepMonths: 24, tables: null, withTrades: false, isApplied: false };
  expect(parse(['--keep-months', '24'])).toEqual(request);
  expect(parse(['--keep-months', '24', '--apply'])).toEqual({ ...request, isApplied: true });
  expect(parse(['--keep-months', '24', '--tables', 'dead_letters, ops_alerts'])).toEqual({
    ...request,
    tables: ['dead_letters', 'ops_alerts'],
  });
});

test.each([
  [[], 'give --keep-months'],
  [['--keep-months', '5'], 'from 6 to 1200'],
  [['--keep-months', '-1'], 'keep-months'],
  [['--keep-months', '1e3'], 'from 6 to 1200'],
  [['--keep-months', '24', '--tables', 'assets'], 'assets: no table of history'],
  [['--keep-months', '24', '--tables', 'trade_decisions'], 'dropped with --trades only'],
  [['--keep-months', '24', '--tables', 'ops_alerts,liquidity_actions'], 'liquidity_actions: dropped with --trades'],
  [['--keep-months', '24', 'surplus'], 'surplus'],
])('%p is refused', (args, problem) => {
  const parsed = parse(args);
  expect(typeof parsed).toBe('string');
  expect(parsed as string).toContain(problem);
});
