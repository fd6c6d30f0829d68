// The story of one quote, put together from its records: pure, of whatever records are there. The JSON of `./unrip trace
// --json` is this type. Amounts stay decimal texts in smallest units, times as they were recorded.

import type { Envelope } from '../../contracts/envelope.ts';
import { TRADE_STATES } from '../../contracts/reasons.ts';
import type { CmdExecuteTrade } from '../../contracts/topics/cmd-execute-trade.ts';
import type { DecisionTradeDecision } from '../../contracts/topics/decision-trade-decision.ts';
import type { ExecTradeResult, SettlementFacts } from '../../contracts/topics/exec-trade-result.ts';
import type { NormSwapDemand } from '../../contracts/topics/norm-swap-demand.ts';
import type { OpsControlAction } from '../../contracts/topics/ops-control-action.ts';
import type { RawNearIntentsQuote } from '../../contracts/topics/raw-near-intents-quote.ts';
import type { RefMarketPrice } from '../../contracts/topics/ref-market-price.ts';
import type { StateIntentInventory } from '../../contracts/topics/state-intent-inventory.ts';
import { endsWithoutRecord, isFinal } from '../../engine/model/lifecycle.ts';

/** All records of one quote of one account, and those it refers to. */
export type Records = {
  readonly quoteId: string;
  readonly accountId: string;
  /** By time; more than one when the venue sent the request again; at most RECORDS_MAX. */
  readonly raw: readonly Envelope<RawNearIntentsQuote>[];
  /** All of them, also those beyond the list. */
  readonly rawCount: number;
  readonly demand: Envelope<NormSwapDemand> | null;
  /** The first. */
  readonly decision: Envelope<DecisionTradeDecision> | null;
  /** All of them: a quote has one. */
  readonly decisionCount: number;
  readonly command: Envelope<CmdExecuteTrade> | null;
  readonly commandCount: number;
  /** By transition_seq; at most RECORDS_MAX. */
  readonly results: readonly Envelope<ExecTradeResult>[];
  /** All of them, also those beyond the list. */
  readonly resultCount: number;
  /** Last result of every other quote under the same nonce, what was settled first, then by time; at most SIBLINGS_MAX. */
  readonly siblings: readonly Envelope<ExecTradeResult>[];
  /** Of all of them, by their last status. */
  readonly siblingCounts: Readonly<Record<string, number>>;
  /** The last price record before the decision, which was decided on values of its own; the same of the inventory. */
  readonly marketSample: Envelope<RefMarketPrice> | null;
  readonly inventory: Envelope<StateIntentInventory> | null;
  /** By time; the last ones of many. */
  readonly controlActions: readonly Envelope<OpsControlAction>[];
  /** All of them, also those before the list. */
  readonly controlActionCount: number;
};

/** What a complete story would still have. */
export type Missing =
  | 'request'
  | 'demand'
  | 'decision'
  | 'command'
  | 'answer'
  | 'reply'
  | 'end'
  | 'settlement'
  | `transition ${number}`;

type Answer = Pick<
  ExecTradeResult,
  'quote_hash' | 'lane' | 'nonce' | 'deadline' | 'signed_message' | 'public_key' | 'since_received_us'
>;

type Transition = Pick<
  ExecTradeResult,
  | 'transition_seq'
  | 'previous_status'
  | 'status'
  | 'result_code'
  | 'note'
  | 'recovered'
  | 'at'
  | 'since_received_us'
  | 'reply_after_ms'
  | 'venue_reply'
> & {
  /** From the arrival of the request; null when that is not on record. */
  readonly since_arrival_ms: number | null;
};

type Sibling = Pick<
  ExecTradeResult,
  'quote_id' | 'status' | 'result_code' | 'at' | 'asset_out' | 'amount_out' | 'lane'
>;

export type Story = {
  readonly quote_id: string;
  readonly account_id: string;
  readonly arrived_at: string | null;
  readonly request: {
    /** The venue's frame as JSON; null when it was not recorded. */
    readonly frame: unknown;
    readonly connection_id: string | null;
    /** When the same request came again; the first of these times. */
    readonly repeated_at: readonly string[];
    /** How often it came again. */
    readonly repeated: number;
    readonly demand: NormSwapDemand | null;
  } | null;
  /** The recorded market sample nearby. The values that were decided on are in the decision itself. */
  readonly market_sample: RefMarketPrice | null;
  readonly inventory: StateIntentInventory | null;
  /** The first. */
  readonly decision: DecisionTradeDecision | null;
  /** All on record; more than one: it was decided again, as by an engine that had lost its journal. */
  readonly decision_count: number;
  readonly command: CmdExecuteTrade | null;
  readonly command_count: number;
  /** What was signed; null when nothing was. */
  readonly answer: Answer | null;
  readonly transitions: readonly Transition[];
  /** All of them, also those beyond the list. */
  readonly transition_count: number;
  readonly settlement: SettlementFacts | null;
  readonly siblings: readonly Sibling[];
  /** All of them by their last status, also those beyond the list. */
  readonly sibling_counts: Readonly<Record<string, number>>;
  readonly control_actions: readonly OpsControlAction[];
  /** All of them, also those before the list. */
  readonly control_action_count: number;
  readonly missing: readonly Missing[];
};

export const SIBLINGS_MAX = 1000;
/** Records of one kind of a quote: it has ten at most, unless somebody sends its request again and again. */
export const RECORDS_MAX = 1000;

export function tellStory(records: Records): Story {
  const [first, ...again] = records.raw;
  const arrivedAt = first?.payload.received_at ?? records.demand?.payload.received_at ?? null;
  const results = records.results.map(({ payload }) => payload);
  const signed = results.find((result) => result.quote_hash !== null);
  const settlement = results.findLast((result) => result.settlement !== null)?.settlement ?? null;
  return {
    quote_id: records.quoteId,
    account_id: records.accountId,
    arrived_at: arrivedAt,
    request:
      first === undefined && records.demand === null
        ? null
        : {
            frame: first?.payload.message ?? null,
            connection_id: first?.payload.connection_id ?? null,
            repeated_at: again.map(({ payload }) => payload.received_at),
            repeated: Math.max(0, records.rawCount - 1),
            demand: records.demand?.payload ?? null,
          },
    market_sample: records.marketSample?.payload ?? null,
    inventory: records.inventory?.payload ?? null,
    decision: records.decision?.payload ?? null,
    decision_count: records.decisionCount,
    command: records.command?.payload ?? null,
    command_count: records.commandCount,
    answer: signed === undefined ? null : answerOf(signed),
    transitions: results.map((result) => transitionOf(result, arrivedAt)),
    transition_count: records.resultCount,
    settlement,
    siblings: records.siblings.map(({ payload }) => siblingOf(payload)),
    sibling_counts: records.siblingCounts,
    control_actions: records.controlActions.map(({ payload }) => payload),
    control_action_count: records.controlActionCount,
    missing: missingOf(records, results),
  };
}

/** False: a newer version made the record. */
export const isKnownState = (state: string): boolean => (TRADE_STATES as readonly string[]).includes(state);

/** Transitions that are listed as missing. A quote has ten at most; a record that counts further is not one that we wrote. */
const GAPS_MAX = 32;

/** In the order in which things would have happened. */
function missingOf(records: Records, results: readonly ExecTradeResult[]): Missing[] {
  const missing: Missing[] = [];
  const { decision, command } = records;
  if (records.raw.length === 0) missing.push('request');
  if (records.demand === null) missing.push('demand');
  if (decision === null) missing.push('decision');
  const acted = decision?.payload.decision === 'accepted' || command !== null || results.length > 0;
  if (!acted) return missing;
  if (command === null) missing.push('command');
  const last = results.at(-1);
  if (last === undefined) return [...missing, 'answer', 'reply', 'end'];
  const seen = new Set(results.map(({ transition_seq }) => transition_seq));
  let gaps = 0;
  for (let seq = 1; seq < last.transition_seq && gaps < GAPS_MAX; seq++) {
    if (seen.has(seq)) continue;
    gaps++;
    missing.push(`transition ${seq}`);
  }
  if (isKnownState(last.status) && (isFinal(last.status) || endsWithoutRecord(last.status))) {
    if (last.status === 'settled' && last.settlement === null) missing.push('settlement');
    return missing;
  }
  const replied = results.some(({ status, venue_reply }) => status === 'accepted' || venue_reply !== null);
  return [...missing, ...(replied ? [] : ['reply' as const]), 'end'];
}

function answerOf(result: ExecTradeResult): Answer {
  const { quote_hash, lane, nonce, deadline, signed_message, public_key, since_received_us } = result;
  return { quote_hash, lane, nonce, deadline, signed_message, public_key, since_received_us };
}

function transitionOf(result: ExecTradeResult, arrivedAt: string | null): Transition {
  return {
    transition_seq: result.transition_seq,
    previous_status: result.previous_status,
    status: result.status,
    result_code: result.result_code,
    note: result.note,
    recovered: result.recovered,
    at: result.at,
    since_received_us: result.since_received_us,
    reply_after_ms: result.reply_after_ms,
    venue_reply: result.venue_reply,
    since_arrival_ms: arrivedAt === null ? null : Date.parse(result.at) - Date.parse(arrivedAt),
  };
}

function siblingOf(result: ExecTradeResult): Sibling {
  const { quote_id, status, result_code, at, asset_out, amount_out, lane } = result;
  return { quote_id, status, result_code, at, asset_out, amount_out, lane };
}
