// One answer to "does it trade?": a small request of each direction is put before the very gates that a real one goes through, and
// what they have against it is the reason why not. Nothing is computed here that a gate computes, so the answer cannot differ from
// what the loop would do.

import { type EurE18, units } from '../../contracts/amounts.ts';
import { assetPaid, assetReceived, DIRECTIONS, type Direction, type Pair } from '../../contracts/assets.ts';
import type { QuoteId } from '../../contracts/ids.ts';
import type { Demand, Limits, PriceView } from '../model/values.ts';
import type { Obstacle } from '../turn/obstacles.ts';
import type { Parts } from './parts.ts';

export type TradingObstacle =
  | Obstacle
  | 'journal_failed'
  | 'relay_not_subscribed'
  | 'relay_silent'
  | 'gates_failed'
  | 'lanes_not_open'
  | 'capital_breach';

export type Trading = {
  /** A small request received now would be answered in at least one direction. */
  readonly trading: boolean;
  /** What is in the way of both directions, in the order in which it is asked; empty when trading. */
  readonly notTrading: readonly TradingObstacle[];
  /** What is in the way of each direction: one whose balance is spent does not keep the other from being answered. */
  readonly directions: Readonly<Record<Direction, readonly TradingObstacle[]>>;
};

/** 0.10 EUR: above what rounding eats, below every useful limit. */
const PROBE_VALUE: bigint = 10n ** 17n;
/** Without any price the amount does not matter. */
const PROBE_WITHOUT_PRICE_SAT = 100n;

/** What of the engine the answer depends on. */
export type TradingParts = {
  readonly settings: { readonly pair: Pair };
  readonly journal: Pick<Parts['journal'], 'failure'>;
  readonly relay: {
    state(): {
      readonly connected: boolean;
      readonly subscribed: boolean;
      readonly session: { readonly reasons: readonly string[] };
    };
  };
  readonly book: Pick<Parts['book'], 'hasLane'>;
  readonly switches: Pick<Parts['switches'], 'limits'>;
  readonly obstacles: Parts['obstacles'];
  readonly breach: Parts['breach'];
};

/** @param onFailed called with each error of the gates, or of what they ask */
export function tradingOf(parts: TradingParts, onFailed: OnFailed = () => {}): Trading {
  const directions = Object.fromEntries(
    DIRECTIONS.map((direction) => [direction, orFailed(() => obstaclesTo(direction, parts, onFailed), onFailed)]),
  ) as Record<Direction, readonly TradingObstacle[]>;
  const lists = Object.values(directions);
  const trading = lists.some((list) => list.length === 0);
  return { trading, notTrading: trading ? [] : [...new Set(lists.flat())], directions };
}

type OnFailed = (error: unknown) => void;

/** What fails on the probe fails on every request. */
function orFailed<Code>(ask: () => readonly Code[], onFailed: OnFailed): readonly (Code | 'gates_failed')[] {
  try {
    return ask();
  } catch (error) {
    onFailed(error);
    return ['gates_failed'];
  }
}

function obstaclesTo(direction: Direction, parts: TradingParts, onFailed: OnFailed): readonly TradingObstacle[] {
  const { journal, relay, book, settings } = parts;
  const { connected, subscribed, session } = relay.state();
  const list: TradingObstacle[] = [];
  if (journal.failure !== null) list.push('journal_failed');
  // A connection that is not open is found by the executor's gate.
  if (connected && !subscribed) list.push('relay_not_subscribed');
  if (session.reasons.includes('relay_silent')) list.push('relay_silent');
  const asset = assetPaid(settings.pair, direction).id;
  for (const obstacle of orFailed(() => askGates(direction, parts), onFailed)) {
    list.push(obstacle === 'lane_ceiling' && !book.hasLane(asset) ? 'lanes_not_open' : obstacle);
  }
  // A breach keeps nothing from being signed by itself: it disarms the executor, and is the cause of that.
  if (list.includes('executor_disarmed') && parts.breach() !== null) list.push('capital_breach');
  return list;
}

const askGates = (direction: Direction, { settings, obstacles, switches }: TradingParts): readonly Obstacle[] =>
  obstacles((price, nowMs) => probe({ pair: settings.pair, direction, limits: switches.limits, price, nowMs }));

type ProbeInput = {
  readonly pair: Pair;
  readonly direction: Direction;
  readonly limits: Limits;
  readonly price: PriceView;
  readonly nowMs: number;
};

/** A request with the relay's own defaults, of a partner that is answered, worth half of the maximum notional at most. */
export function probe({ pair, direction, limits, price, nowMs }: ProbeInput): Demand {
  return {
    // Never leaves this process, nor any record.
    quoteId: 'probe' as QuoteId,
    assetIn: assetReceived(pair, direction).id,
    assetOut: assetPaid(pair, direction).id,
    direction,
    amountInUnits: units(atLeastOne(amountIn(direction, limits.maxNotionalEurE18, price))),
    amountOutUnits: null,
    minDeadlineMs: null,
    minWaitMs: null,
    maxWaitMs: null,
    partnerId: limits.partners[0] ?? null,
    traceparent: null,
    quotedAtMs: nowMs,
    receivedAtMs: nowMs,
  };
}

function amountIn(direction: Direction, maxNotional: EurE18, { asks }: PriceView): bigint {
  const half = maxNotional / 2n;
  const value = half < PROBE_VALUE ? half : PROBE_VALUE;
  if (direction === 'EURe->BTC') return value;
  const ask = asks[0]?.priceE8 ?? 0n;
  // EUR times 10^18 over EUR per BTC times 10^8 leaves BTC times 10^10; rounded down, so that the value stays below.
  return ask <= 0n ? PROBE_WITHOUT_PRICE_SAT : value / (ask * 100n);
}

const atLeastOne = (amount: bigint): bigint => (amount < 1n ? 1n : amount);
