// What every part answers in the same words: whether it is connected, what it uses as input now, its last success, why it is
// blocked, and whether its state may be relied on. Derived from the state that the part itself shows.

import type { BusState, EngineState, HistoryState, PartName } from '../../contracts/control/engine-state.ts';
import type {
  IngestState,
  InventoryPartState,
  OwnState,
  PartAnswers,
  ReferencePartState,
} from '../../contracts/control/part-state.ts';
import type { ExecutorState, StrategyState } from '../../contracts/control/trading-state.ts';
import { DECISION_REASONS } from '../../contracts/reasons.ts';
import type { PartHealth } from '../../contracts/runtime/process/health/health.ts';
import { isoTime } from '../../contracts/time.ts';
import type { PartControl } from './part.ts';
import type { Trading } from './trading.ts';

type Answers = Omit<PartAnswers, keyof PartHealth>;
type Own<Name extends PartName> = OwnState<EngineState[Name]>;
/** What the answers of one part are made from. */
type Situation<State> = {
  readonly state: State;
  readonly health: PartHealth;
  readonly nowMs: number;
  readonly trading: () => Trading;
};

const switchedOff = ({ paused }: { readonly paused: boolean }): string[] => (paused ? ['paused'] : []);

/** `stale` by the codes of the part's own health, `unknown` before its first input. */
function freshnessOf(known: boolean, codes: readonly string[]): Answers['freshness'] {
  if (!known) return 'unknown';
  return codes.some((code) => code.endsWith('_stale') || code.endsWith('_behind')) ? 'stale' : 'authoritative';
}

function ingest({ state, health }: Situation<OwnState<IngestState>>): Answers {
  const { connection, last_quote_at } = state;
  const connected = connection.state === 'live';
  return {
    connected,
    input: connection.connection_id === null ? null : `${connection.host}, connection ${connection.connection_id}`,
    last_success_at: last_quote_at,
    blocked_by: [...health.reasons, ...switchedOff(state)],
    freshness: connection.last_frame_at === null ? 'unknown' : health.healthy && connected ? 'authoritative' : 'stale',
  };
}

function reference({ state, health }: Situation<OwnState<ReferencePartState>>): Answers {
  const { kraken, coingecko, source, freshness_ms, price_id } = state;
  const usesKraken = source === 'kraken';
  return {
    connected: kraken.connected,
    input: source === 'none' ? null : `${source}, ${freshness_ms} ms old, price ${price_id ?? 'not recorded yet'}`,
    last_success_at: usesKraken ? kraken.confirmed_at : coingecko.read_at,
    blocked_by: [...new Set([...health.reasons, ...switchedOff(state)])],
    freshness: freshnessOf(source !== 'none', health.reasons),
  };
}

function inventory({ state, health }: Situation<OwnState<InventoryPartState>>): Answers {
  const { poll, block_height, age_ms, max_age_ms } = state;
  return {
    connected: poll.last_sync_at !== null && poll.failures_in_row === 0,
    input: block_height === null ? null : `block ${block_height} from ${poll.rpc.endpoint}`,
    last_success_at: state.last_sync_at,
    blocked_by: [...new Set([...health.reasons, ...switchedOff(state)])],
    freshness: age_ms === null ? 'unknown' : age_ms > max_age_ms ? 'stale' : 'authoritative',
  };
}

const isOfStrategy = (code: string): boolean => DECISION_REASONS.some((reason) => reason === code);

function strategy({ state, trading }: Situation<OwnState<StrategyState>>): Answers {
  const price = state.latest_price_used;
  const balance = state.latest_inventory_used;
  const blocked_by = trading().notTrading.filter(isOfStrategy);
  const hasInput = price !== null || balance !== null;
  return {
    connected: null,
    input: hasInput
      ? `price ${price?.price_id ?? 'none'}, inventory ${balance?.inventory_id ?? 'none'} (latest decision with them)`
      : null,
    last_success_at: state.latest_decision?.decided_at ?? null,
    blocked_by,
    freshness: freshnessOf(!blocked_by.some((code) => code.endsWith('_missing')), blocked_by),
  };
}

function executor({ state, health, trading }: Situation<OwnState<ExecutorState>>): Answers {
  const { notTrading } = trading();
  const gates = notTrading.filter((code) => !isOfStrategy(code));
  const command = state.last_command;
  return {
    connected: !gates.includes('relay_not_connected'),
    input: command === null ? null : `command ${command.command_id}`,
    last_success_at: state.last_request?.at ?? null,
    blocked_by: [...new Set([...gates, ...health.reasons])],
    freshness: freshnessOf(state.key_registered !== null, notTrading),
  };
}

/** Of the link to Kafka; what is not listed is an interruption. */
const BUS_FRESHNESS: Readonly<Record<string, Answers['freshness']>> = { up: 'authoritative', starting: 'unknown' };

function bus({ state, health, nowMs }: Situation<OwnState<BusState>>): Answers {
  return {
    connected: state.kafka.status === 'up',
    input: `journal after record ${state.watermark}`,
    // Everything that was recorded until then is acknowledged.
    last_success_at: state.delivered === 0 ? null : isoTime(nowMs - state.lag_ms),
    blocked_by: health.reasons,
    freshness: BUS_FRESHNESS[state.kafka.status] ?? 'stale',
  };
}

function history({ state, health }: Situation<OwnState<HistoryState>>): Answers {
  return {
    connected: state.writing !== null,
    input: state.heard_at === null ? null : 'ops.service_health of the history-writer',
    last_success_at: state.heard_at,
    blocked_by: health.reasons,
    freshness: freshnessOf(state.writing !== null, health.reasons),
  };
}

const ANSWERS: { readonly [Name in PartName]: (situation: Situation<Own<Name>>) => Answers } = {
  ingest,
  reference,
  inventory,
  strategy,
  executor,
  bus,
  history,
};

export type AnswerSources = { readonly nowMs: () => number; readonly trading: () => Trading };

/** The part with its answers in its state. */
export function answering<Name extends PartName, Control extends PartControl<Own<Name>>>(
  name: Name,
  control: Control,
  { nowMs, trading }: AnswerSources,
): Omit<Control, 'state'> & PartControl<Own<Name> & PartAnswers> {
  return {
    ...control,
    state() {
      const state = control.state();
      const health = control.health();
      const answers = ANSWERS[name]({ state, health, nowMs: nowMs(), trading });
      return { ...state, ...health, ...answers };
    },
  };
}
