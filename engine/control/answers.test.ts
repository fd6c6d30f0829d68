import { describe, expect, test } from 'bun:test';
import type { PartName } from '../../contracts/control/engine-state.ts';
import { HEALTHY, type PartHealth, partHealth } from '../../contracts/runtime/process/health/health.ts';
import { answering } from './answers.ts';
import type { Trading } from './trading.ts';

const NOW_MS = Date.parse('2026-01-01T00:01:00.000Z');

/** The answers of a part whose own state has these fields; others are not read. */
function answersOf(name: PartName, state: object, health: PartHealth = HEALTHY, notTrading: readonly string[] = []) {
  const trading = { trading: notTrading.length === 0, notTrading } as Trading;
  const control = { health: () => health, state: () => state as never, startingReasons: [] };
  return answering(name, control, { nowMs: () => NOW_MS, trading: () => trading }).state();
}

describe('what a part uses is authoritative, stale or unknown', () => {
  const poll = { polls: 3, failures_in_row: 0, rpc: { endpoint: 'rpc.example' } };
  const inventory = { paused: false, block_height: 7, last_sync_at: null, max_age_ms: 100, poll };
  const frame = { state: 'live', host: 'relay', connection_id: 'c', last_frame_at: '2026-01-01T00:00:00.000Z' };
  const kraken = { connected: true, confirmed_at: null };
  const reference = { paused: false, kraken, coingecko: { read_at: null }, freshness_ms: 5, price_id: null };
  const strategy = { latest_price_used: null, latest_inventory_used: null, latest_decision: null };
  const bus = { watermark: 5, delivered: 2, lag_ms: 1000 };

  test.each([
    ['inventory', { ...inventory, age_ms: null }, HEALTHY, [], 'unknown'],
    ['inventory', { ...inventory, age_ms: 100 }, HEALTHY, [], 'authoritative'],
    ['inventory', { ...inventory, age_ms: 101 }, HEALTHY, [], 'stale'],
    ['ingest', { paused: false, connection: frame, last_quote_at: null }, HEALTHY, [], 'authoritative'],
    [
      'ingest',
      { paused: false, connection: { ...frame, last_frame_at: null }, last_quote_at: null },
      HEALTHY,
      [],
      'unknown',
    ],
    ['ingest', { paused: false, connection: frame, last_quote_at: null }, partHealth(['relay_silent']), [], 'stale'],
    ['reference', { ...reference, source: 'none' }, partHealth(['price_missing']), [], 'unknown'],
    ['reference', { ...reference, source: 'kraken' }, HEALTHY, [], 'authoritative'],
    ['reference', { ...reference, source: 'kraken' }, partHealth(['price_stale']), [], 'stale'],
    ['strategy', strategy, HEALTHY, ['price_missing'], 'unknown'],
    ['strategy', strategy, HEALTHY, ['inventory_stale'], 'stale'],
    ['strategy', strategy, HEALTHY, ['strategy_disarmed'], 'authoritative'],
    ['bus', { ...bus, kafka: { status: 'up' } }, HEALTHY, [], 'authoritative'],
    ['bus', { ...bus, kafka: { status: 'starting' } }, HEALTHY, [], 'unknown'],
    ['bus', { ...bus, kafka: { status: 'down' } }, HEALTHY, [], 'stale'],
    ['history', { writing: null, heard_at: null }, partHealth(['history_unknown']), [], 'unknown'],
    ['history', { writing: true, heard_at: null }, partHealth(['history_behind']), [], 'stale'],
  ] as const)('%s %j %j %j: %s', (name, state, health, notTrading, freshness) => {
    expect(answersOf(name, state, health, notTrading).freshness).toBe(freshness);
  });

  test.each([
    ['has not been read yet', { polls: 1, failures_in_row: 0, last_sync_at: null }, false],
    ['was read', { polls: 1, failures_in_row: 0, last_sync_at: '2026-01-01T00:00:00.000Z' }, true],
    ['could not be read lately', { polls: 2, failures_in_row: 1, last_sync_at: '2026-01-01T00:00:00.000Z' }, false],
  ])('an inventory that %s: %j, connected %p', (_name, polled, connected) => {
    const state = { ...inventory, age_ms: null, poll: { ...poll, ...polled } };
    expect(answersOf('inventory', state).connected).toBe(connected);
  });

  test('the bus has done its job up to what is acknowledged, and has not before the first record', () => {
    const up = { ...bus, kafka: { status: 'up' } };
    expect(answersOf('bus', up).last_success_at).toBe('2026-01-01T00:00:59.000Z');
    expect(answersOf('bus', { ...up, delivered: 0 }).last_success_at).toBeNull();
  });
});

test('what keeps a request from being answered blocks the strategy or the executor, each by its own codes', () => {
  const codes = ['price_stale', 'strategy_disarmed', 'relay_not_connected', 'executor_disarmed'];
  const strategy = { latest_price_used: null, latest_inventory_used: null, latest_decision: null };
  expect(answersOf('strategy', strategy, HEALTHY, codes).blocked_by).toEqual(['price_stale', 'strategy_disarmed']);
  const executor = { last_command: null, last_request: null, key_registered: true };
  const answers = answersOf('executor', executor, partHealth(['journal_failed']), codes);
  expect(answers.blocked_by).toEqual(['relay_not_connected', 'executor_disarmed', 'journal_failed']);
  expect(answers.connected).toBe(false);
});

test('a pause blocks a part that is healthy', () => {
  const paused = { paused: true, connection: { state: 'live', last_frame_at: null }, last_quote_at: null };
  expect(answersOf('ingest', paused).blocked_by).toEqual(['paused']);
});
