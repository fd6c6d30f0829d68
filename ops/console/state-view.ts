// The state of an engine on one screen. Pure.

import { type Asset, KNOWN_ASSETS } from '../../contracts/assets.ts';
import { type EngineState, PART_NAMES, type PartName } from '../../contracts/control/engine-state.ts';
import type { ArmView } from '../../contracts/control/part-state.ts';
import { decimal, tokens } from '../trace/words.ts';
import { ago, columns, countsLine, shortSpan, until } from './words.ts';

const REASONS_SHOWN = 4;

type Inventory = { readonly inventory: Pick<EngineState['inventory'], 'assets'> };

/** Lines of text; what comes from outside is as it came. */
export function stateLines(state: EngineState, nowMs: number): string[] {
  return [
    ...headLines(state, nowMs),
    '',
    ...partLines(state, nowMs),
    '',
    ...factLines(state),
    ...troubleLines(state, nowMs),
  ];
}

/** Price, balances, counts and latencies, a line each. */
export function factLines(state: EngineState): string[] {
  return columns([
    ['price', priceOf(state)],
    ...balanceLines(state),
    ['lanes', lanesOf(state)],
    ['strategy', strategyOf(state)],
    ['rejected', countsLine(state.strategy.rejected_by_reason, REASONS_SHOWN)],
    ['executor', executorOf(state)],
    ['results', countsLine(state.executor.results_by_state, REASONS_SHOWN + 2)],
    ['journal', journalOf(state)],
  ]);
}

/** Whether it trades, and who is armed until when. */
export function headLines(state: EngineState, nowMs: number): string[] {
  const { strategy, executor } = state;
  const armed = [
    ['strategy', strategy.arm],
    ['executor', executor.arm],
  ] as const;
  const arms = armed.map(([part, arm]) => {
    const ends = arm.armed ? endsOf(arm, nowMs) : '';
    return `${part} ${arm.armed ? 'ARMED' : 'disarmed'} by ${arm.by} ${ago(arm.since, nowMs)}${ends}`;
  });
  return [
    `unrip ${state.version}  ${state.account_id}  started ${ago(state.started_at, nowMs)}`,
    `${modeOf(state)}trading: ${state.trading ? 'yes' : `no (${state.not_trading.join(', ')})`}`,
    arms.join('; '),
  ];
}

const modeOf = ({ executor }: EngineState): string =>
  executor.mode === 'shadow' ? `SHADOW MODE, nothing is signed (${executor.shadow_open} open); ` : '';

/** What ends an arming, and how far it has come. */
function endsOf({ until: end, max_eur, filled_eur, max_trades, trades }: ArmView, nowMs: number): string {
  const ends = [
    ...(end === null ? [] : [until(end, nowMs)]),
    ...(max_eur === null ? [] : [`at ${decimal(max_eur)} EUR (${decimal(filled_eur)} filled)`]),
    ...(max_trades === null ? [] : [`after ${max_trades} trades (${trades} made)`]),
  ];
  return ends.length === 0 ? '' : `, ends ${ends.join(' or ')}`;
}

/** One line a part: healthy, connected, authoritative or stale, time since its last success, input or what blocks it. */
export function partLines(state: EngineState, nowMs: number): string[] {
  const rows = PART_NAMES.map((part) => {
    const { connected, freshness, last_success_at, blocked_by, input } = state[part];
    return [
      part,
      statusOf(state, part),
      connected === null ? '-' : connected ? 'yes' : 'NO',
      freshness,
      ago(last_success_at, nowMs).replace(' ago', ''),
      blocked_by.length > 0 ? `blocked: ${blocked_by.join(', ')}` : (input ?? 'no input yet'),
    ];
  });
  return columns([['part', 'health', 'link', 'state', 'last ok', 'input, or why blocked'], ...rows]);
}

function statusOf(state: EngineState, part: PartName): string {
  const { healthy, notes } = state[part];
  if (!healthy) return 'UNHEALTHY';
  return ['paused', 'disarmed'].find((note) => notes.includes(note)) ?? 'healthy';
}

function priceOf({ reference }: EngineState): string {
  const { bid_rate, ask_rate, source, freshness_ms, divergence_pct, fallback_used } = reference;
  if (bid_rate === null || ask_rate === null) return 'none';
  const parts = [
    `${decimal(bid_rate)} / ${decimal(ask_rate)} EURe per BTC`,
    `${source}${fallback_used ? ' (fallback)' : ''} ${shortSpan(freshness_ms ?? 0)} old`,
    `sources ${divergence_pct === null ? 'not compared' : `${decimal(divergence_pct)} % apart`}`,
  ];
  return parts.join(', ');
}

const SYMBOLS: readonly Asset['symbol'][] = ['BTC', 'EURe'];

/** A line for each of the two that are traded, under whichever id: name and amounts. */
export function balanceLines({ inventory: { assets } }: Inventory): [string, string][] {
  return SYMBOLS.map((symbol) => {
    const traded = KNOWN_ASSETS.find((known) => known.symbol === symbol && assets[known.id] !== undefined);
    const capital = traded === undefined ? undefined : assets[traded.id];
    return [symbol, traded === undefined || capital === undefined ? 'unknown' : balanceOf(capital, traded.id)];
  });
}

function balanceOf(capital: Inventory['inventory']['assets'][string], asset: string): string {
  const { credited, spendable, reserved_for_orders, reserved_for_positions } = capital;
  const parts = [
    `${tokens(credited, asset)} credited`,
    `${tokens(spendable, asset)} spendable`,
    `${tokens(reserved_for_orders, asset)} in quotes`,
    ...(reserved_for_positions === '0' ? [] : [`${tokens(reserved_for_positions, asset)} settling`]),
  ];
  return parts.join(', ');
}

function lanesOf({ inventory, executor }: EngineState): string {
  const { lanes, reconciliation } = inventory;
  const live = lanes.reduce((sum, { live_quotes }) => sum + live_quotes, 0);
  const current = lanes.filter((lane) => lane.current).length;
  return `${current} open, ${lanes.length - current} draining, ${live} live quotes, ${executor.open} can settle, books ${reconciliation.status}`;
}

function strategyOf({ strategy }: EngineState): string {
  const { threshold, limits, decisions, accepted } = strategy;
  const edges = `edge at least ${decimal(threshold.min_edge_pct)} %, target ${decimal(threshold.target_edge_pct)} %`;
  return `${edges}, at most ${decimal(limits.max_notional_eur)} EUR; ${accepted} of ${decisions} requests accepted`;
}

function executorOf({ executor }: EngineState): string {
  const { in_flight, completed, answer_latency } = executor;
  const { count, p50_us, p99_us } = answer_latency;
  const latency = count === 0 ? 'no answer yet' : `${count} answers, p50 ${p50_us} us, p99 ${p99_us} us`;
  return `${latency}; ${in_flight} in flight, ${completed} completed`;
}

function journalOf({ journal, bus }: EngineState): string {
  const kafka =
    bus.lag_records === 0 ? 'Kafka has all' : `${bus.lag_records} records wait for Kafka (${bus.lag_ms} ms)`;
  const disk = journal.sync_lag_ms === 0 ? 'all on disk' : `${journal.sync_lag_ms} ms behind on disk`;
  return `record ${journal.last_seq}, ${disk}, ${kafka}`;
}

function troubleLines({ executor, notes }: EngineState, nowMs: number): string[] {
  const { stopped, last_error } = executor;
  return [
    ...(stopped === null ? [] : [`STOPPED ${ago(stopped.at, nowMs)}: ${stopped.code}: ${stopped.detail}`]),
    ...(last_error === null ? [] : [`last error ${ago(last_error.at, nowMs)}: ${last_error.code} ${last_error.note}`]),
    ...(notes.length === 0 ? [] : [`notes: ${notes.join(', ')}`]),
  ];
}
