// The heart: one request, the price, the inventory, the limits and the time in; one decision with its reason and the numbers
// that led to it out. Pure: whatever it needs is an argument, arming included. The gates stand in the order of
// DECISION_REASONS and the first that fails is the answer; what later gates would have computed stays null.

import { type PctE4, type PriceE8, UNITS_MAX, type Units } from '../../contracts/amounts.ts';
import type { Direction } from '../../contracts/assets.ts';
import type { DecisionReason } from '../../contracts/reasons.ts';
import type { Admission, Decision, Demand, InventoryView, Limits, PriceView, RequestKind } from '../model.ts';
import {
  btcOf,
  grossEdge,
  impliedRate,
  type Market,
  notionalEur,
  priceExactIn,
  priceExactOut,
  referenceRate,
  type Terms,
} from './pricing.ts';

/** The relay's own default where a request names no window and no deadline (protocols: quote events). */
const COLLECT_WINDOW_DEFAULT_MS = 3000;
const MIN_DEADLINE_DEFAULT_MS = 60_000;
/** Added to the deadline asked for, since a settlement takes a while after the relay has chosen. */
const DEADLINE_MARGIN_MS = 10_000;

/** A clock is steered by less than this; more is a step. */
const CLOCK_SLACK_MS = 1000;

/** How the strategy stands, apart from its limits. */
export type Standing = {
  readonly armed: boolean;
  readonly paused: boolean;
  /** History is not known to be written, and the policy is strict. */
  readonly historyBlocks: boolean;
};

/** Where a quote of this size and deadline could stand; a look-up without effect. */
export type Admit = (amountOutUnits: Units, deadlineAtMs: number) => Admission;

export type Decided = {
  readonly decision: Decision;
  /** Of the lane, when the decision is accepted. */
  readonly admission: Admission;
  readonly deadlineAtMs: number;
};

type Numbers = { -readonly [K in keyof Omit<Decision, 'accepted' | 'reason'>]: Decision[K] };

const NO_LANE: Admission = { ok: false };

/** The deadline that an answer given now would carry. */
export const deadlineFor = (demand: Demand, nowMs: number): number =>
  nowMs + (demand.minDeadlineMs ?? MIN_DEADLINE_DEFAULT_MS) + DEADLINE_MARGIN_MS;

/**
 * Decides a well-formed or malformed demand.
 * @param malformed why the request cannot be taken as it stands, else null
 * @param inventory null before the first balance
 */
export function decide(
  demand: Demand,
  malformed: string | null,
  price: PriceView,
  inventory: InventoryView | null,
  limits: Limits,
  standing: Standing,
  admit: Admit,
  nowMs: number,
): Decided {
  const numbers: Numbers = {
    requestKind: requestKindOf(demand),
    amountInUnits: demand.amountInUnits,
    amountOutUnits: demand.amountOutUnits,
    impliedRateE8: null,
    referenceRateE8: null,
    grossEdgePctE4: null,
    notionalEurE18: null,
    priceAgeMs: price.source === 'none' ? null : nowMs - price.asOfMs,
    inventoryAgeMs: inventory === null ? null : nowMs - inventory.readAtMs,
  };
  const deadlineAtMs = deadlineFor(demand, nowMs);
  let admission = NO_LANE;
  const lane: Admit = (amountOutUnits, deadline) => {
    admission = admit(amountOutUnits, deadline);
    return admission;
  };
  const reason =
    requestGate(demand, malformed, limits, standing, deadlineAtMs - nowMs, nowMs) ??
    priceGate(price, limits, nowMs) ??
    inventoryGate(inventory, limits, nowMs) ??
    termsGate(demand, price, inventory, limits, lane, deadlineAtMs, numbers) ??
    standingGate(standing);
  return { decision: { accepted: reason === null, reason: reason ?? 'accepted', ...numbers }, admission, deadlineAtMs };
}

function requestKindOf(demand: Demand): RequestKind | null {
  if (demand.amountInUnits !== null) return demand.amountOutUnits !== null ? 'both_fixed' : 'exact_in';
  return demand.amountOutUnits !== null ? 'exact_out' : null;
}

function requestGate(
  demand: Demand,
  malformed: string | null,
  limits: Limits,
  standing: Standing,
  lifetimeMs: number,
  nowMs: number,
): DecisionReason | null {
  if (malformed !== null) return 'request_malformed';
  if (demand.direction === null) return 'pair_unsupported';
  if (limits.partners.length > 0 && (demand.partnerId === null || !limits.partners.includes(demand.partnerId))) {
    return 'partner_not_allowed';
  }
  if (standing.paused) return 'strategy_paused';
  const askedAtMs = Math.min(demand.quotedAtMs ?? demand.receivedAtMs, demand.receivedAtMs);
  if (nowMs - askedAtMs > (demand.maxWaitMs ?? COLLECT_WINDOW_DEFAULT_MS)) return 'quote_expired';
  return lifetimeMs > limits.quoteLifetimeMaxMs ? 'deadline_too_long' : null;
}

function priceGate(price: PriceView, limits: Limits, nowMs: number): DecisionReason | null {
  if (price.source === 'none') return 'price_missing';
  if (nowMs - price.asOfMs > price.maxAgeMs) return 'price_stale';
  if (!price.tradable) return 'price_not_tradable';
  if (price.divergencePctE4 !== null && price.divergencePctE4 > limits.maxDivergencePctE4) return 'price_diverged';
  return price.eurPerEureE8 === null ? 'basis_missing' : null;
}

function inventoryGate(inventory: InventoryView | null, limits: Limits, nowMs: number): DecisionReason | null {
  if (inventory === null) return 'inventory_missing';
  const ageMs = nowMs - inventory.readAtMs;
  // Read in the future: the clock was set back since, and how old the balance is nobody knows.
  return ageMs > limits.inventoryMaxAgeMs || ageMs < -CLOCK_SLACK_MS ? 'inventory_stale' : null;
}

/** Prices the open side and judges the amounts; writes what it computes into `numbers`. */
function termsGate(
  demand: Demand,
  price: PriceView,
  inventory: InventoryView | null,
  limits: Limits,
  admit: Admit,
  deadlineAtMs: number,
  numbers: Numbers,
): DecisionReason | null {
  const direction = demand.direction;
  if (direction === null || inventory === null || price.eurPerEureE8 === null) return 'request_malformed';
  const market: Market = { bids: price.bids, asks: price.asks, eurPerEureE8: price.eurPerEureE8 };

  const terms = fillIn(demand, direction, limits.targetEdgePctE4, market);
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

  if (edge < limits.minEdgePctE4) return 'edge_below_min';
  if (numbers.notionalEurE18 > limits.maxNotionalEurE18) return 'notional_above_max';
  if (terms.amountOutUnits > inventory.paid.spendableUnits) return 'inventory_insufficient';
  return admit(terms.amountOutUnits, deadlineAtMs).ok ? null : 'lane_ceiling';
}

/**
 * A price without depth makes any amount out of a large enough one. What no token can hold is not written down; its value is
 * far above every notional that can be configured, so it is never signed.
 */
const recordable = (amount: Units): Units | null => (amount > UNITS_MAX ? null : amount);

/** null: the book is too thin. A demand that fixes both sides is judged as it stands. */
function fillIn(demand: Demand, direction: Direction, targetEdgePctE4: PctE4, market: Market): Terms | null {
  const { amountInUnits, amountOutUnits } = demand;
  if (amountInUnits !== null) {
    const paid = amountOutUnits ?? priceExactIn(direction, amountInUnits, targetEdgePctE4, market);
    return paid === null ? null : { amountInUnits, amountOutUnits: paid };
  }
  if (amountOutUnits === null) return null;
  const received = priceExactOut(direction, amountOutUnits, targetEdgePctE4, market);
  return received === null ? null : { amountInUnits: received, amountOutUnits };
}

function standingGate(standing: Standing): DecisionReason | null {
  if (standing.historyBlocks) return 'history_impaired';
  return standing.armed ? null : 'strategy_disarmed';
}
