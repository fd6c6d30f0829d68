// What a decision was made on, as its record shows it: limits, price and inventory. They are the same for many quotes one after the
// other, so that the latest texts of them are kept: they are used again for equal values, and made again for others.

import { priceE8, renderScaled } from '../../../contracts/amounts.ts';
import type { DecisionTradeDecision } from '../../../contracts/topics/decision-trade-decision.ts';
import { toEureCeil, toEureFloor } from '../../lib/eure.ts';
import type { DecidedInventory, DecidedPrice } from '../../model/facts.ts';
import type { Limits } from '../../model/values.ts';

const rate = (value: bigint | null): string | null => (value === null ? null : renderScaled(value, 8));
const pct = (value: bigint): string => renderScaled(value, 4);
const eur = (value: bigint): string => renderScaled(value, 18);

type LimitsPayload = DecisionTradeDecision['limits'];

let lastLimits: { readonly limits: Limits; readonly priceMaxAgeMs: number; readonly payload: LimitsPayload } | null =
  null;

/** The same object as long as nothing of it changes. */
export function limitsPayload(limits: Limits, priceMaxAgeMs: number): LimitsPayload {
  if (lastLimits?.limits === limits && lastLimits.priceMaxAgeMs === priceMaxAgeMs) return lastLimits.payload;
  const payload = {
    min_edge_pct: pct(limits.minEdgePctE4),
    target_edge_pct: pct(limits.targetEdgePctE4),
    max_notional_eur: eur(limits.maxNotionalEurE18),
    max_divergence_pct: pct(limits.maxDivergencePctE4),
    ...laterLimits(limits),
    price_max_age_ms: priceMaxAgeMs,
    inventory_max_age_ms: limits.inventoryMaxAgeMs,
    quote_lifetime_max_ms: limits.quoteLifetimeMaxMs,
  };
  lastLimits = { limits, priceMaxAgeMs, payload };
  return payload;
}

type LaterLimits = Pick<
  Limits,
  'skewPctE4' | 'maxFilledMinuteEurE18' | 'maxFilledDayEurE18' | 'maxConsecutiveFailures'
>;
type EarlierLimits = Omit<
  Limits,
  'maxBasisDeviationPctE4' | 'journalMaxSyncLagMs' | 'quotesLiveMax' | keyof LaterLimits
>;

/** Facts of versions before these limits lack them. */
function laterLimits(limits: Limits | Omit<Limits, keyof LaterLimits> | EarlierLimits) {
  if (!('quotesLiveMax' in limits)) return {};
  return {
    max_basis_deviation_pct: pct(limits.maxBasisDeviationPctE4),
    journal_max_sync_lag_ms: limits.journalMaxSyncLagMs,
    quotes_live_max: limits.quotesLiveMax,
    ...('maxConsecutiveFailures' in limits ? latestLimits(limits) : {}),
  };
}

const latestLimits = (limits: LaterLimits) => ({
  skew_pct: pct(limits.skewPctE4),
  max_filled_eur_per_min: eur(limits.maxFilledMinuteEurE18),
  max_filled_eur_per_day: eur(limits.maxFilledDayEurE18),
  max_consecutive_failures: limits.maxConsecutiveFailures,
});

type PriceTexts = {
  readonly of: DecidedPrice;
  readonly bidRate: string | null;
  readonly askRate: string | null;
  readonly divergence: string | null;
  readonly eurPerEure: string | null;
  readonly kraken: { readonly bid: string; readonly ask: string } | null;
  readonly coingecko: string | null;
};

let lastPrice: PriceTexts | null = null;

/** The sources' prices are EUR per BTC, rates EURe per BTC: without a basis there is none. */
export function pricePayload(price: DecidedPrice): DecisionTradeDecision['price_snapshot'] {
  if (lastPrice === null || !isSamePrice(lastPrice.of, price)) lastPrice = priceTexts(price);
  const texts = lastPrice;
  return {
    price_id: price.priceId,
    source: price.source,
    fallback_used: price.source === 'coingecko',
    bid_rate: texts.bidRate,
    ask_rate: texts.askRate,
    divergence_pct: texts.divergence,
    basis_kind: price.basisKind,
    eur_per_eure: texts.eurPerEure,
    ...(price.kraken === undefined
      ? {}
      : {
          kraken:
            price.kraken && texts.kraken
              ? { bid_eur: texts.kraken.bid, ask_eur: texts.kraken.ask, age_ms: price.kraken.ageMs }
              : null,
        }),
    ...(price.coingecko === undefined
      ? {}
      : {
          coingecko:
            price.coingecko && texts.coingecko !== null
              ? { price_eur: texts.coingecko, age_ms: price.coingecko.ageMs }
              : null,
        }),
  };
}

function priceTexts(price: DecidedPrice): PriceTexts {
  const { bidE8, askE8, eurPerEureE8, divergencePctE4, kraken, coingecko } = price;
  const hasBasis = eurPerEureE8 !== null && eurPerEureE8 > 0n;
  return {
    of: price,
    bidRate: bidE8 === null || !hasBasis ? null : rate(toEureFloor(priceE8(bidE8), eurPerEureE8)),
    askRate: askE8 === null || !hasBasis ? null : rate(toEureCeil(priceE8(askE8), eurPerEureE8)),
    divergence: divergencePctE4 === null ? null : pct(divergencePctE4),
    eurPerEure: rate(eurPerEureE8),
    kraken: kraken ? { bid: renderScaled(kraken.bidE8, 8), ask: renderScaled(kraken.askE8, 8) } : null,
    coingecko: coingecko ? renderScaled(coingecko.priceE8, 8) : null,
  };
}

/** In all that `priceTexts` reads. */
const isSamePrice = (a: DecidedPrice, b: DecidedPrice): boolean =>
  a.bidE8 === b.bidE8 &&
  a.askE8 === b.askE8 &&
  a.divergencePctE4 === b.divergencePctE4 &&
  a.eurPerEureE8 === b.eurPerEureE8 &&
  a.kraken?.bidE8 === b.kraken?.bidE8 &&
  a.kraken?.askE8 === b.kraken?.askE8 &&
  a.coingecko?.priceE8 === b.coingecko?.priceE8;

type InventoryTexts = {
  readonly of: DecidedInventory;
  readonly credited: string;
  readonly spendable: string;
  readonly reservedForOrders: string;
  readonly reservedForPositions: string;
  readonly realized: string;
  readonly pendingInbound: string | null;
  readonly creditedIn: string;
};

/** By asset paid, of which there are two. */
const lastInventories = new Map<string, InventoryTexts>();

export function inventoryPayload(view: DecidedInventory, ageMs: number): DecisionTradeDecision['inventory_snapshot'] {
  const asset = view.paid.asset;
  let texts = lastInventories.get(asset);
  if (texts === undefined || !isSameInventory(texts.of, view)) {
    texts = inventoryTexts(view);
    lastInventories.set(asset, texts);
  }
  return {
    inventory_id: view.inventoryId,
    block_height: view.blockHeight,
    age_ms: ageMs,
    asset_out: asset,
    credited: texts.credited,
    spendable: texts.spendable,
    reserved_for_orders: texts.reservedForOrders,
    reserved_for_positions: texts.reservedForPositions,
    realized_pnl: texts.realized,
    pending_inbound: texts.pendingInbound,
    credited_in: texts.creditedIn,
  };
}

function inventoryTexts(view: DecidedInventory): InventoryTexts {
  const { paid, received, pendingInboundUnits } = view;
  return {
    of: view,
    credited: paid.creditedUnits.toString(),
    spendable: paid.spendableUnits.toString(),
    reservedForOrders: paid.reservedForOrdersUnits.toString(),
    reservedForPositions: paid.reservedForPositionsUnits.toString(),
    realized: paid.realizedUnits.toString(),
    pendingInbound: pendingInboundUnits?.toString() ?? null,
    creditedIn: received.creditedUnits.toString(),
  };
}

/** In all that `inventoryTexts` reads. */
const isSameInventory = (a: DecidedInventory, b: DecidedInventory): boolean =>
  a.paid.creditedUnits === b.paid.creditedUnits &&
  a.paid.spendableUnits === b.paid.spendableUnits &&
  a.paid.reservedForOrdersUnits === b.paid.reservedForOrdersUnits &&
  a.paid.reservedForPositionsUnits === b.paid.reservedForPositionsUnits &&
  a.paid.realizedUnits === b.paid.realizedUnits &&
  a.pendingInboundUnits === b.pendingInboundUnits &&
  a.received.creditedUnits === b.received.creditedUnits;
