// The heart: one request, the price, the inventory, the limits and the time in; one decision with its reason and the numbers
// that led to it out. Pure: whatever it needs is an argument, arming included. The gates are checked in the order of
// DECISION_REASONS, and the first that fails is the answer; what later gates would have computed stays null.

import { type EurE18, type PctE4, type PriceE8, UNITS_MAX, type Units } from '../../contracts/amounts.ts';
import type { Direction } from '../../contracts/assets.ts';
import { DECISION_REASONS, type DecisionReason } from '../../contracts/reasons.ts';
import { ageMs } from '../lib/moment.ts';
import { priceGate } from '../lib/price-gate.ts';
import { COLLECT_WINDOW_DEFAULT_MS, MIN_DEADLINE_DEFAULT_MS } from '../lib/relay-defaults.ts';
import {
  type Admission,
  type Decision,
  type Demand,
  type HoldReason,
  type Holds,
  type InventoryView,
  type Limits,
  type Moment,
  NO_HOLDS,
  type PriceView,
  type RequestKind,
} from '../model/values.ts';
import {
  btcOf,
  grossEdge,
  impliedRate,
  type Market,
  notionalEur,
  paidEur,
  priceExactIn,
  priceExactOut,
  referenceRate,
  type Terms,
} from './pricing.ts';
import { targetEdge } from './skew.ts';

/** Added to the deadline asked for, since a settlement takes a while after the relay has chosen. */
const DEADLINE_MARGIN_MS = 10_000;

/** Arm, pause and history state of the strategy. */
export type StrategyStatus = {
  readonly armed: boolean;
  readonly paused: boolean;
  /** History is not known to be written, and the policy is strict. */
  readonly historyBlocks: boolean;
};

/** The lane that would admit a quote of this size, deadline and value, within the limits of circuit breaker and armings; without effect. */
type Admit = (amountOutUnits: Units, deadlineAtMs: number, paidEurE18: EurE18) => Admission;

export type Decided = {
  readonly decision: Decision;
  /** Of the lane, when the decision is accepted. */
  readonly admission: Admission;
  readonly deadlineAtMs: number;
};

/** All that one decision depends on. */
export type Situation = {
  readonly demand: Demand;
  /** Why the request cannot be taken as it is, else null. */
  readonly malformed: string | null;
  /** Monotonic time at which the request arrived. */
  readonly arrivedUs: number;
  /** How long it takes from a decision until the answer has left, at the 99th percentile of late. */
  readonly answerP99Us: number;
  /** Fee of the verifier, for the record; null: not read yet. */
  readonly feePips: number | null;
  readonly price: PriceView;
  /** null before the first balance. */
  readonly inventory: InventoryView | null;
  /** Monotonic time of the read behind `inventory`; null when none was read since the start. */
  readonly inventoryReadAtUs: number | null;
  readonly limits: Limits;
  readonly status: StrategyStatus;
  readonly holds: Holds;
  readonly admit: Admit;
  readonly now: Moment;
};

/** A decision while its numbers are found. */
type Numbers = { -readonly [K in keyof Decision]: Decision[K] };

const NO_LANE: Admission = { ok: false };
const READY: StrategyStatus = { armed: true, paused: false, historyBlocks: false };

/** The deadline that an answer given now would carry. */
export const deadlineFor = (demand: Demand, nowMs: number): number =>
  nowMs + (demand.minDeadlineMs ?? MIN_DEADLINE_DEFAULT_MS) + DEADLINE_MARGIN_MS;

/** Decides a demand, well-formed or not. The gates are asked in the order of DECISION_REASONS. */
export function decide(situation: Situation): Decided {
  const { demand, price, inventoryReadAtUs, now } = situation;
  const numbers: Numbers = {
    // Until the gates were asked.
    accepted: false,
    reason: 'strategy_disarmed',
    requestKind: requestKindOf(demand),
    amountInUnits: demand.amountInUnits,
    amountOutUnits: demand.amountOutUnits,
    impliedRateE8: null,
    referenceRateE8: null,
    grossEdgePctE4: null,
    notionalEurE18: null,
    paidEurE18: null,
    priceAgeMs: price.source === 'none' ? null : ageMs(price.asOfUs, now),
    inventoryAgeMs: inventoryReadAtUs === null ? null : ageMs(inventoryReadAtUs, now),
    hold: null,
    pricedEdgePctE4: null,
    lane: null,
    feePips: situation.feePips,
    refused: null,
  };
  const deadlineAtMs = deadlineFor(demand, now.nowMs);
  let admission = NO_LANE;
  const admit: Admit = (amountOutUnits, deadline, paidEurE18) => {
    admission = situation.admit(amountOutUnits, deadline, paidEurE18);
    return admission;
  };
  const held = (reason: HoldReason): HoldReason | null => {
    const hold = situation.holds[reason];
    if (hold === null) return null;
    numbers.hold = hold;
    return reason;
  };
  const reason =
    requestGate(situation, deadlineAtMs - now.nowMs, numbers) ??
    held('clock_skew') ??
    held('process_stalled') ??
    priceGate(situation.price, situation.limits, now) ??
    inventoryGate(situation, numbers.inventoryAgeMs, held) ??
    termsGate({ situation, admit, deadlineAtMs, numbers, held }) ??
    held('journal_behind') ??
    statusGate(situation.status);
  numbers.accepted = reason === null;
  numbers.reason = reason ?? 'accepted';
  return { decision: numbers, admission, deadlineAtMs };
}

/**
 * Every reason against a demand at this moment, where `decide` gives the first one, in the same order and by the same gates.
 * Empty exactly when `decide` accepts. What later gates need of earlier ones, such as a price for the terms, is asked for only
 * where it is there.
 */
export function reasonsAgainst(situation: Situation): readonly DecisionReason[] {
  const { status, holds, inventoryReadAtUs, now } = situation;
  const { decision, deadlineAtMs } = decide({ ...situation, status: READY, holds: NO_HOLDS });
  const held = (reason: HoldReason): HoldReason | null => (holds[reason] === null ? null : reason);
  const readAgeMs = inventoryReadAtUs === null ? null : ageMs(inventoryReadAtUs, now);
  const reasons = [
    requestGate(situation, deadlineAtMs - now.nowMs, null),
    held('clock_skew'),
    held('process_stalled'),
    priceGate(situation.price, situation.limits, now),
    held('inventory_block_went_back'),
    inventoryGate(situation, readAgeMs, () => null),
    // Where everything before has passed, this is what is wrong with the terms.
    decision.reason,
    held('quotes_live_max'),
    held('quote_ids_full'),
    held('journal_behind'),
    statusGate({ ...READY, historyBlocks: status.historyBlocks }),
    statusGate({ ...READY, armed: status.armed }),
  ];
  return DECISION_REASONS.filter((reason) => reason !== 'accepted' && reasons.includes(reason));
}

function requestKindOf(demand: Demand): RequestKind | null {
  if (demand.amountInUnits !== null) return demand.amountOutUnits !== null ? 'both_fixed' : 'exact_in';
  return demand.amountOutUnits !== null ? 'exact_out' : null;
}

/** @param numbers receives how long the answer would take in all, where that is too long */
function requestGate(situation: Situation, lifetimeMs: number, numbers: Numbers | null): DecisionReason | null {
  const { demand, malformed, limits, status, now } = situation;
  if (malformed !== null) return 'request_malformed';
  if (demand.direction === null) return 'pair_unsupported';
  if (limits.partners.length > 0 && (demand.partnerId === null || !limits.partners.includes(demand.partnerId))) {
    return 'partner_not_allowed';
  }
  if (status.paused) return 'strategy_paused';
  const askedAtMs = Math.min(demand.quotedAtMs ?? demand.receivedAtMs, demand.receivedAtMs);
  const windowMs = demand.maxWaitMs ?? COLLECT_WINDOW_DEFAULT_MS;
  const sinceAskedMs = now.nowMs - askedAtMs;
  if (sinceAskedMs > windowMs) return 'quote_expired';
  const neededMs = Math.max(sinceAskedMs, (now.nowUs - situation.arrivedUs) / 1000) + situation.answerP99Us / 1000;
  if (neededMs > windowMs) {
    if (numbers !== null) numbers.hold = { value: Math.ceil(neededMs), limit: windowMs };
    return 'answer_too_late';
  }
  return lifetimeMs > limits.quoteLifetimeMaxMs ? 'deadline_too_long' : null;
}

function inventoryGate(
  { inventory, limits }: Situation,
  inventoryAgeMs: number | null,
  held: (reason: HoldReason) => HoldReason | null,
): DecisionReason | null {
  if (inventory === null) return 'inventory_missing';
  const wentBack = held('inventory_block_went_back');
  // Why none was taken since the start says more than that none was.
  if (wentBack !== null || inventoryAgeMs === null) return wentBack ?? 'inventory_missing';
  return inventoryAgeMs > limits.inventoryMaxAgeMs ? 'inventory_stale' : null;
}

type TermsSituation = {
  readonly situation: Situation;
  readonly admit: Admit;
  readonly deadlineAtMs: number;
  /** Receives what is computed. */
  readonly numbers: Numbers;
  readonly held: (reason: HoldReason) => HoldReason | null;
};

/** Prices the open side and judges the amounts; writes what it computes into `numbers`. */
function termsGate({ situation, admit, deadlineAtMs, numbers, held }: TermsSituation): DecisionReason | null {
  const { demand, price, inventory, limits } = situation;
  const direction = demand.direction;
  if (direction === null || inventory === null || price.eurPerEureE8 === null) {
    throw new Error(`the gates before the terms let ${demand.quoteId} pass without pair, inventory or basis`);
  }
  const market: Market = { bids: price.bids, asks: price.asks, eurPerEureE8: price.eurPerEureE8 };

  const target = targetEdge({ limits, direction, inventory, market });
  if (demand.amountInUnits === null || demand.amountOutUnits === null) numbers.pricedEdgePctE4 = target;
  const terms = fillIn({ demand, direction, market, target });
  if (terms === null) return 'book_too_thin';
  numbers.amountInUnits = recordable(terms.amountInUnits);
  numbers.amountOutUnits = recordable(terms.amountOutUnits);
  if (terms.amountInUnits === 0n || terms.amountOutUnits === 0n) return 'amount_zero';

  const rate: PriceE8 | null = referenceRate(direction, btcOf(direction, terms), market);
  if (rate === null) return 'book_too_thin';
  const edge: PctE4 = grossEdge(direction, terms, rate);
  numbers.referenceRateE8 = rate;
  numbers.impliedRateE8 = impliedRate(direction, terms);
  numbers.grossEdgePctE4 = edge;
  numbers.notionalEurE18 = notionalEur(direction, terms, rate, market);
  const paidEurE18 = paidEur(direction, terms, rate, market);
  numbers.paidEurE18 = paidEurE18;

  if (edge < limits.minEdgePctE4) return 'edge_below_min';
  if (numbers.notionalEurE18 > limits.maxNotionalEurE18) return 'notional_above_max';
  if (terms.amountOutUnits > inventory.paid.spendableUnits) return 'inventory_insufficient';
  const hold = held('quotes_live_max') ?? held('quote_ids_full');
  if (hold !== null) return hold;
  const admission = admit(terms.amountOutUnits, deadlineAtMs, paidEurE18);
  if (admission.ok) {
    numbers.lane = admission.lane;
    return null;
  }
  numbers.refused = admission.refused ?? null;
  return admission.refused?.reason ?? 'lane_ceiling';
}

/**
 * A price without depth makes any amount out of a large enough one. What no token can hold is not written down; its value is
 * far above every notional that can be configured, so it is never signed.
 */
const recordable = (amount: Units): Units | null => (amount > UNITS_MAX ? null : amount);

type OpenSide = {
  readonly demand: Demand;
  readonly direction: Direction;
  readonly market: Market;
  /** Edge to price at. */
  readonly target: PctE4;
};

/** null: the order book is too thin. A demand that fixes both sides is judged as it is. */
function fillIn({ demand, direction, market, target }: OpenSide): Terms | null {
  const { amountInUnits, amountOutUnits } = demand;
  if (amountInUnits !== null) {
    const paid = amountOutUnits ?? priceExactIn(direction, amountInUnits, target, market);
    return paid === null ? null : { amountInUnits, amountOutUnits: paid };
  }
  if (amountOutUnits === null) return null;
  const received = priceExactOut(direction, amountOutUnits, target, market);
  return received === null ? null : { amountInUnits: received, amountOutUnits };
}

function statusGate(status: StrategyStatus): DecisionReason | null {
  if (status.historyBlocks) return 'history_impaired';
  return status.armed ? null : 'strategy_disarmed';
}
