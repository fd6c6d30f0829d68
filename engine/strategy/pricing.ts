// The arithmetic of a quote. A request fixes one side; the open side is filled in so that the trade, valued at the rate of
// its hedge, earns the target edge. Then implied rate, edge and notional are those of the amounts as they would be signed.
//
// Scales: BTC units are 10^-8 BTC, EURe units 10^-18 EURe, rates EURe per BTC times 10^8. So BTC units times rate times 100
// is a value in EURe units, exactly.

import {
  type EurE18,
  eurE18,
  type PctE4,
  type PriceE8,
  pctE4,
  priceE8,
  type Units,
  units,
} from '../../contracts/amounts.ts';
import type { Direction } from '../../contracts/assets.ts';
import { PAR_E8 } from '../lib/basis.ts';
import { divCeil, divFloor, minOf } from '../lib/int.ts';
import type { PriceLevel } from '../model/values.ts';
import { btcForEur, purchaseRate, saleRate } from './hedge.ts';

/** 100 %, in the scale of an edge. */
const WHOLE_E4 = 1_000_000n;
const BTC_VALUE = 100n;

/** A rise of the rounded average moves an amount at most a few times; more rounds would mean a fault. */
const ROUNDS_MAX = 8;

/** Kraken's levels and the basis. `eurPerEureE8` is EUR per EURe times 10^8 (par: 100_000_000). */
export type Market = {
  readonly bids: readonly PriceLevel[];
  readonly asks: readonly PriceLevel[];
  readonly eurPerEureE8: bigint;
};

/** Amounts in the order of the request: what we receive, what we pay. */
export type Terms = { readonly amountInUnits: Units; readonly amountOutUnits: Units };

/** EURe per BTC from EUR per BTC: down where BTC is received, up where it is paid. */
function toEureRate(eurRate: PriceE8, market: Market, direction: Direction): PriceE8 {
  if (market.eurPerEureE8 === PAR_E8) return eurRate;
  const dividend = eurRate * PAR_E8;
  return priceE8(
    direction === 'BTC->EURe' ? divFloor(dividend, market.eurPerEureE8) : divCeil(dividend, market.eurPerEureE8),
  );
}

/** EURe per BTC at which the BTC side of the trade would be hedged; null when the order book is too thin, or worth nothing. */
export function referenceRate(direction: Direction, btcUnits: Units, market: Market): PriceE8 | null {
  const eurRate = direction === 'BTC->EURe' ? saleRate(market.bids, btcUnits) : purchaseRate(market.asks, btcUnits);
  const rate = eurRate === null ? null : toEureRate(eurRate, market, direction);
  // Rounded down to zero it would be divided by.
  return rate === 0n ? null : rate;
}

/** EURe value of BTC at the best bid, whatever the size; null without a price. */
export function eureValueOf(btcUnits: Units, market: Market): bigint | null {
  const rate = referenceRate('BTC->EURe', units(0n), market);
  return rate === null ? null : btcUnits * rate * BTC_VALUE;
}

/** EURe value times 10^16/basis of an EURe amount, as EUR times 10^16, rounded up. */
const eurE16Of = (eureUnits: bigint, market: Market): bigint => divCeil(eureUnits * market.eurPerEureE8, PAR_E8 * 100n);

/** The amount that we pay for a fixed amount that we receive, floored; null when the order book is too thin. */
export function priceExactIn(
  direction: Direction,
  amountInUnits: Units,
  targetEdgePctE4: PctE4,
  market: Market,
): Units | null {
  const keptE4 = WHOLE_E4 - targetEdgePctE4;
  if (direction === 'BTC->EURe') {
    const rate = referenceRate(direction, amountInUnits, market);
    return rate === null ? null : units(divFloor(amountInUnits * rate * BTC_VALUE * keptE4, WHOLE_E4));
  }
  // The BTC to be paid is not known yet: what the whole EURe amount would buy bounds it from above, and the average ask of the
  // smaller, final amount is not higher than that of the bound.
  const bound = btcForEur(market.asks, eurE16Of(amountInUnits, market), 'down');
  const rate = bound === null ? null : referenceRate(direction, bound, market);
  if (bound === null || rate === null) return null;
  // The bound is whole units: an amount above it would be hedged at a higher average than the one that it was priced at.
  return units(minOf(bound, divFloor(amountInUnits * keptE4, WHOLE_E4 * rate * BTC_VALUE)));
}

/** The amount that we ask for a fixed amount that we pay, ceiled; null when the order book is too thin. */
export function priceExactOut(
  direction: Direction,
  amountOutUnits: Units,
  targetEdgePctE4: PctE4,
  market: Market,
): Units | null {
  const keptE4 = WHOLE_E4 - targetEdgePctE4;
  if (direction === 'EURe->BTC') {
    const rate = referenceRate(direction, amountOutUnits, market);
    return rate === null ? null : units(divCeil(amountOutUnits * rate * BTC_VALUE * WHOLE_E4, keptE4));
  }
  // More BTC sells at a lower average, which asks for more BTC: start at what the value needs and go up until it holds.
  let asked = btcForEur(market.bids, divCeil(eurE16Of(amountOutUnits, market) * WHOLE_E4, keptE4), 'up');
  for (let round = 0; asked !== null && round < ROUNDS_MAX; round++) {
    const rate = referenceRate(direction, asked, market);
    if (rate === null) return null;
    const needed = units(divCeil(amountOutUnits * WHOLE_E4, rate * BTC_VALUE * keptE4));
    if (needed <= asked) return asked;
    asked = needed;
  }
  return null;
}

/** The BTC side of the terms. */
export const btcOf = (direction: Direction, terms: Terms): Units =>
  direction === 'BTC->EURe' ? terms.amountInUnits : terms.amountOutUnits;

/** The EURe side of the terms. */
const eureOf = (direction: Direction, terms: Terms): Units =>
  direction === 'BTC->EURe' ? terms.amountOutUnits : terms.amountInUnits;

/** EURe per BTC of the amounts, floored. Both amounts are above zero. */
export function impliedRate(direction: Direction, terms: Terms): PriceE8 {
  return priceE8(divFloor(eureOf(direction, terms), btcOf(direction, terms) * BTC_VALUE));
}

/** 100 * (1 - value paid / value received), both at the reference rate, rounded down to 4 decimals. */
export function grossEdge(direction: Direction, terms: Terms, rate: PriceE8): PctE4 {
  const btcValue = btcOf(direction, terms) * rate * BTC_VALUE;
  const eureValue = eureOf(direction, terms);
  const received = direction === 'BTC->EURe' ? btcValue : eureValue;
  const paid = direction === 'BTC->EURe' ? eureValue : btcValue;
  return pctE4(divFloor((received - paid) * WHOLE_E4, received));
}

/** EUR value of an EURe value, rounded up; an EURe counts as at least one EUR. */
function eurOf(eureValue: bigint, { eurPerEureE8 }: Market): EurE18 {
  return eurPerEureE8 > PAR_E8 ? eurE18(divCeil(eureValue * eurPerEureE8, PAR_E8)) : eurE18(eureValue);
}

/** What we pay, in EUR at the reference rate, rounded up: a limit on the sum of it errs to the small side. */
export function paidEur(direction: Direction, terms: Terms, rate: PriceE8, market: Market): EurE18 {
  const paid = direction === 'BTC->EURe' ? (terms.amountOutUnits as bigint) : terms.amountOutUnits * rate * BTC_VALUE;
  return eurOf(paid, market);
}

/**
 * The larger of the value received and the value paid, in EUR, rounded up: a limit on it errs to the small side. An EURe
 * counts as at least one EUR, so that a basis that is read too low does not make a trade look small.
 */
export function notionalEur(direction: Direction, terms: Terms, rate: PriceE8, market: Market): EurE18 {
  const btcValue = btcOf(direction, terms) * rate * BTC_VALUE;
  const eureValue = eureOf(direction, terms);
  return eurOf(btcValue > eureValue ? btcValue : eureValue, market);
}
