// Facts -> payloads of the bus (contracts/topics). Pure and total: the same fact gives the same payload whenever it is
// rendered, so that a resend after a restart repeats the record. Scaled integers become decimal text here and nowhere else.

import { renderScaled } from '../../../contracts/amounts.ts';
import { PAIR } from '../../../contracts/assets.ts';
import type { ExecutorMode } from '../../../contracts/executor-mode.ts';
import {
  commandIdOf,
  decisionIdOf,
  executionIdOf,
  executionKeyOf,
  idempotencyKeyOf,
  type QuoteId,
} from '../../../contracts/ids.ts';
import { DECISION_REASON_TEXT, type DecisionReason, type ResultCode } from '../../../contracts/reasons.ts';
import { isoTime } from '../../../contracts/time.ts';
import type { CmdExecuteTrade } from '../../../contracts/topics/cmd-execute-trade.ts';
import type { DecisionTradeDecision } from '../../../contracts/topics/decision-trade-decision.ts';
import type { DlqUnrip } from '../../../contracts/topics/dlq-unrip.ts';
import type { ExecTradeResult } from '../../../contracts/topics/exec-trade-result.ts';
import type { NormSwapDemand } from '../../../contracts/topics/norm-swap-demand.ts';
import type { OpsControlAction } from '../../../contracts/topics/ops-control-action.ts';
import { COLLECT_WINDOW_DEFAULT_MS, MIN_DEADLINE_DEFAULT_MS } from '../../lib/relay-defaults.ts';
import type { DeadLetterFact, DecidedFact, Settlement, TransitionFact } from '../../model/facts.ts';
import type { Decision, Demand, ShadowTerms } from '../../model/values.ts';
import { boundDeadValue, boundName, boundNote, boundReply, boundSetting } from './bounds.ts';
import { inventoryPayload, limitsPayload, pricePayload } from './decided-on.ts';

const text = (value: bigint | null): string | null => (value === null ? null : value.toString());
const rate = (value: bigint | null): string | null => (value === null ? null : renderScaled(value, 8));
const pct = (value: bigint | null): string | null => (value === null ? null : renderScaled(value, 4));
const shortEur = (value: bigint | null | undefined): string => renderScaled(value ?? 0n, 18, 2);
const eur = (value: bigint): string => renderScaled(value, 18);

const modeOf = ({ mode }: DecidedFact): ExecutorMode => mode ?? 'live';

const pairOf = (demand: Demand): string | null => (demand.direction === null ? null : PAIR);

export function demandPayload(demand: Demand): NormSwapDemand {
  return {
    quote_id: demand.quoteId,
    pair: pairOf(demand),
    direction: demand.direction,
    asset_in: demand.assetIn,
    asset_out: demand.assetOut,
    amount_in: text(demand.amountInUnits),
    amount_out: text(demand.amountOutUnits),
    ttl_ms: demand.minDeadlineMs,
    min_wait_ms: demand.minWaitMs,
    max_wait_ms: demand.maxWaitMs,
    partner_id: demand.partnerId,
    traceparent: demand.traceparent,
    received_at: isoTime(demand.receivedAtMs),
  };
}

export function decisionPayload(fact: DecidedFact): DecisionTradeDecision {
  const { demand, decision, limits } = fact;
  return {
    decision_id: decisionIdOf(demand.quoteId),
    quote_id: demand.quoteId,
    pair: pairOf(demand),
    direction: demand.direction,
    request_kind: decision.requestKind,
    asset_in: demand.assetIn,
    asset_out: demand.assetOut,
    amount_in: text(decision.amountInUnits),
    amount_out: text(decision.amountOutUnits),
    implied_rate: rate(decision.impliedRateE8),
    reference_rate: rate(decision.referenceRateE8),
    gross_edge_pct: pct(decision.grossEdgePctE4),
    notional_eur: decision.notionalEurE18 === null ? null : eur(decision.notionalEurE18),
    ...laterNumbers(decision),
    price_freshness_ms: decision.priceAgeMs,
    price_snapshot: fact.price === null ? null : pricePayload(fact.price),
    inventory_snapshot: fact.inventory === null ? null : inventoryPayload(fact.inventory, decision.inventoryAgeMs ?? 0),
    decision: decision.accepted ? 'accepted' : 'rejected',
    decision_reason: decision.reason,
    detail: decisionDetail(fact),
    limits: limitsPayload(limits, fact.price?.maxAgeMs ?? 0),
    strategy_armed: fact.strategyArmed,
    mode: modeOf(fact),
    decided_at: isoTime(fact.atMs),
    decide_us: fact.decideUs,
    traceparent: demand.traceparent,
  };
}

/** Facts of versions before these numbers lack them. */
function laterNumbers({ paidEurE18, pricedEdgePctE4, lane, feePips }: Decision) {
  return {
    ...(paidEurE18 === undefined ? {} : { paid_eur: paidEurE18 === null ? null : eur(paidEurE18) }),
    ...(pricedEdgePctE4 === undefined ? {} : { priced_edge_pct: pct(pricedEdgePctE4) }),
    ...(lane === undefined ? {} : { lane }),
    ...(feePips === undefined ? {} : { fee_pips: feePips }),
  };
}

/** The reason with the numbers that it rests on, for a person who reads one record. */
export function decisionDetail(fact: DecidedFact): string {
  const { reason } = fact.decision;
  const numbers = REASON_NUMBERS[reason](fact);
  return numbers === '' ? DECISION_REASON_TEXT[reason] : `${DECISION_REASON_TEXT[reason]} (${numbers})`;
}

const held =
  (unit: string) =>
  ({ decision: { hold } }: DecidedFact): string =>
    hold ? `${hold.value}${unit}, at most ${hold.limit}${unit}` : '';

const capitalNumbers = ({ decision, inventory }: DecidedFact): string =>
  `needs ${decision.amountOutUnits}, spendable ${inventory?.paid.spendableUnits}, ` +
  `promised ${inventory?.paid.reservedForOrdersUnits}`;

const roomNumbers = ({ decision: { paidEurE18, refused } }: DecidedFact): string =>
  refused == null
    ? ''
    : `pays ${shortEur(paidEurE18)} EUR, ${shortEur(refused.openEurE18)} EUR open, ${shortEur(refused.roomEurE18)} EUR left`;

const edgeNumbers = ({ decision }: DecidedFact): string =>
  `edge ${pct(decision.grossEdgePctE4)} %, price ${decision.priceAgeMs} ms old`;

/** Every reason has an entry, so that a new one cannot be forgotten; empty where there is no number to name. */
const REASON_NUMBERS: Readonly<Record<DecisionReason, (fact: DecidedFact) => string>> = {
  request_malformed: ({ malformed }) => malformed ?? '',
  pair_unsupported: ({ demand }) => `${demand.assetIn} to ${demand.assetOut}`,
  partner_not_allowed: ({ demand }) => `partner ${demand.partnerId ?? 'not named'}`,
  strategy_paused: () => '',
  quote_expired: ({ demand }) => `window ${demand.maxWaitMs ?? COLLECT_WINDOW_DEFAULT_MS} ms`,
  answer_too_late: held(' ms'),
  deadline_too_long: ({ demand, limits }) =>
    `asked for ${demand.minDeadlineMs ?? MIN_DEADLINE_DEFAULT_MS} ms, largest lifetime ${limits.quoteLifetimeMaxMs} ms`,
  clock_skew: held(' ms'),
  process_stalled: held(' ms'),
  reference_paused: () => '',
  price_missing: () => '',
  price_stale: ({ price, decision }) =>
    `${price?.source} is ${decision.priceAgeMs} ms old, ` +
    (price !== null && price.maxAgeMs < 0 ? 'and not traded on alone' : `at most ${price?.maxAgeMs} ms`),
  price_not_tradable: () => '',
  price_diverged: ({ price, limits }) =>
    `${pct(price?.divergencePctE4 ?? null)} % apart, at most ${renderScaled(limits.maxDivergencePctE4, 4)} %`,
  basis_missing: () => '',
  basis_out_of_bounds: ({ price, limits }) =>
    `${rate(price?.eurPerEureE8 ?? null)} EUR per EURe, at most ${pct(limits.maxBasisDeviationPctE4)} % from par`,
  inventory_missing: () => '',
  inventory_block_went_back: ({ decision: { hold } }) => (hold ? `block ${hold.value}, on record ${hold.limit}` : ''),
  inventory_stale: ({ decision, limits }) =>
    `${decision.inventoryAgeMs} ms old, at most ${limits.inventoryMaxAgeMs} ms`,
  book_too_thin: () => '',
  amount_zero: ({ decision }) => `in ${decision.amountInUnits}, out ${decision.amountOutUnits}`,
  edge_below_min: ({ decision, limits }) =>
    `edge ${pct(decision.grossEdgePctE4)} %, least ${renderScaled(limits.minEdgePctE4, 4)} %`,
  notional_above_max: ({ decision, limits }) =>
    `${renderScaled(decision.notionalEurE18 ?? 0n, 18, 2)} EUR, ` +
    `at most ${renderScaled(limits.maxNotionalEurE18, 18, 2)} EUR`,
  inventory_insufficient: capitalNumbers,
  quotes_live_max: held(''),
  quote_ids_full: held(' bytes'),
  lane_ceiling: capitalNumbers,
  breaker_minute: roomNumbers,
  breaker_day: roomNumbers,
  arming_limit: roomNumbers,
  journal_behind: held(' ms'),
  history_impaired: edgeNumbers,
  strategy_disarmed: edgeNumbers,
  accepted: edgeNumbers,
};

type Identity = Pick<CmdExecuteTrade, 'command_id' | 'idempotency_key' | 'execution_key' | 'quote_id' | 'decision_id'>;

function identity(quoteId: QuoteId, demand: Pick<Demand, 'assetIn' | 'assetOut'>): Identity {
  return {
    command_id: commandIdOf(quoteId),
    idempotency_key: idempotencyKeyOf(quoteId),
    execution_key: executionKeyOf(demand.assetIn, demand.assetOut),
    quote_id: quoteId,
    decision_id: decisionIdOf(quoteId),
  };
}

/** Only of an accepted decision: both amounts are known. */
export function commandPayload(fact: DecidedFact): CmdExecuteTrade {
  const { demand, decision } = fact;
  return {
    ...identity(demand.quoteId, demand),
    asset_in: demand.assetIn,
    asset_out: demand.assetOut,
    amount_in: (decision.amountInUnits ?? 0n).toString(),
    amount_out: (decision.amountOutUnits ?? 0n).toString(),
    min_deadline_ms: demand.minDeadlineMs ?? 60_000,
    reason: decisionDetail(fact),
    issued_at: isoTime(fact.atMs),
    mode: modeOf(fact),
  };
}

/** The result of a command that the executor did not sign. */
export const refusalPayload = (fact: DecidedFact, code: ResultCode, note: string): ExecTradeResult =>
  unsignedPayload(fact, { status: 'rejected', result_code: code, note: boundNote(note), lane: null, deadline: null });

/** The result of a command of shadow mode: the terms of an answer that there is not. */
export const shadowPayload = (fact: DecidedFact, { lane, deadlineAtMs }: ShadowTerms): ExecTradeResult =>
  unsignedPayload(fact, {
    status: 'shadow',
    result_code: 'shadow_mode',
    note: '',
    lane,
    deadline: isoTime(deadlineAtMs),
  });

type Unsigned = Pick<ExecTradeResult, 'status' | 'result_code' | 'note' | 'lane' | 'deadline'>;

/** The only result of a command under which nothing was signed. */
function unsignedPayload(fact: DecidedFact, { status, result_code, note, lane, deadline }: Unsigned): ExecTradeResult {
  const { demand, decision } = fact;
  return {
    ...identity(demand.quoteId, demand),
    execution_id: executionIdOf(demand.quoteId),
    transition_seq: 1,
    previous_status: 'proposed',
    status,
    result_code,
    note,
    recovered: false,
    asset_in: demand.assetIn,
    asset_out: demand.assetOut,
    amount_in: (decision.amountInUnits ?? 0n).toString(),
    amount_out: (decision.amountOutUnits ?? 0n).toString(),
    quote_hash: null,
    lane,
    nonce: null,
    deadline,
    signed_message: null,
    public_key: null,
    at: isoTime(fact.atMs),
    since_received_us: fact.decideUs,
    reply_after_ms: null,
    venue_reply: null,
    settlement: null,
    mode: modeOf(fact),
  };
}

/** A signed quote is a live instrument: a relay that echoes our answer must not carry its signature onto the bus. */
const withoutSignature = (text: string, signature: string): string => text.replaceAll(signature, 'ed25519:(left out)');

export function transitionPayload(fact: TransitionFact): ExecTradeResult {
  const { attempt } = fact;
  return {
    ...identity(attempt.quoteId, attempt),
    execution_id: executionIdOf(attempt.quoteId),
    transition_seq: fact.seq,
    previous_status: fact.from,
    status: fact.to,
    result_code: fact.code,
    note: boundNote(withoutSignature(fact.note, attempt.signature)),
    recovered: fact.recovered,
    asset_in: attempt.assetIn,
    asset_out: attempt.assetOut,
    amount_in: attempt.amountInUnits.toString(),
    amount_out: attempt.amountOutUnits.toString(),
    quote_hash: attempt.quoteHash,
    lane: attempt.lane,
    nonce: attempt.nonce,
    deadline: isoTime(attempt.deadlineAtMs),
    signed_message: attempt.message,
    public_key: attempt.publicKey,
    at: isoTime(fact.atMs),
    since_received_us: fact.sinceReceivedUs,
    reply_after_ms: fact.replyAfterMs,
    // Cut after the signature was taken out, so that no part of one is left at the end.
    venue_reply: fact.venueReply === null ? null : boundReply(withoutSignature(fact.venueReply, attempt.signature)),
    settlement: fact.settlement === null ? null : settlementPayload(fact.settlement),
    // Only what was signed has steps.
    mode: 'live',
  };
}

function settlementPayload(settlement: Settlement): ExecTradeResult['settlement'] {
  return {
    tx_hash: settlement.txHash,
    intent_hash: settlement.intentHash,
    block_height: settlement.blockHeight,
    block_time: isoTime(settlement.blockTimeMs),
    balance_change: Object.fromEntries(
      Object.entries(settlement.balanceChange).map(([asset, change]) => [asset, change.toString()]),
    ),
    candidates: [...settlement.candidates],
    ...(settlement.sharedWith === undefined ? {} : { shared_with: [...settlement.sharedWith] }),
  };
}

export function deadLetterPayload(fact: DeadLetterFact): DlqUnrip {
  return {
    service: 'engine',
    origin: fact.origin,
    partition: null,
    offset: null,
    key: fact.key === null ? null : boundName(fact.key),
    reason: fact.reason,
    detail: boundNote(fact.detail),
    value: fact.value === null ? null : boundDeadValue(fact.value),
    value_bytes: fact.valueBytes,
    at: isoTime(fact.atMs),
  };
}

export function controlPayload(action: OpsControlAction): OpsControlAction {
  return {
    ...action,
    part: boundName(action.part),
    action: boundName(action.action),
    actor: boundName(action.actor),
    remote: boundName(action.remote),
    from: boundSetting(action.from),
    to: boundSetting(action.to),
    note: boundNote(action.note),
  };
}
