// What a hedge of a trade would get on Kraken's order book: the volume-weighted price over as many levels as the size needs. We sell
// the BTC that we receive into the bids and buy the BTC that we pay from the asks. Averages are rounded against us: the
// proceeds of a sale down, the cost of a purchase up.

import { type PriceE8, priceE8, type Units, units } from '../../contracts/amounts.ts';
import { divCeil, divFloor } from '../lib/int.ts';
import type { PriceLevel } from '../model/values.ts';

/** null: the known order book is too thin for the size. BTC units are 10^-8 BTC, as are the quantities of the levels. */
export type HedgeRate = PriceE8 | null;

/** Sum of price times quantity over the best `btcUnits` of a side, EUR times 10^16; null when the side holds less. */
function cost(levels: readonly PriceLevel[], btcUnits: bigint): bigint | null {
  let left = btcUnits;
  let sumE16 = 0n;
  for (let index = 0; index < levels.length; index++) {
    const level = levels[index] as PriceLevel;
    if (left <= level.quantityE8) return sumE16 + left * level.priceE8;
    sumE16 += level.quantityE8 * level.priceE8;
    left -= level.quantityE8;
  }
  return null;
}

/** EUR per BTC at which `btcUnits` are sold into the bids, rounded down. Of nothing: the best bid. */
export function saleRate(bids: readonly PriceLevel[], btcUnits: Units): HedgeRate {
  const best = bids[0];
  if (best === undefined) return null;
  if (btcUnits <= best.quantityE8) return best.priceE8;
  const totalE16 = cost(bids, btcUnits);
  return totalE16 === null ? null : priceE8(divFloor(totalE16, btcUnits));
}

/** EUR per BTC at which `btcUnits` are bought from the asks, rounded up. Of nothing: the best ask. */
export function purchaseRate(asks: readonly PriceLevel[], btcUnits: Units): HedgeRate {
  const best = asks[0];
  if (best === undefined) return null;
  if (btcUnits <= best.quantityE8) return best.priceE8;
  const totalE16 = cost(asks, btcUnits);
  return totalE16 === null ? null : priceE8(divCeil(totalE16, btcUnits));
}

/**
 * How much BTC it takes (`up`: rounded up) or buys (`down`) to move `eurE16` (EUR times 10^16) through a side; null when the
 * side holds less.
 */
export function btcForEur(levels: readonly PriceLevel[], eurE16: bigint, rounding: 'up' | 'down'): Units | null {
  let leftE16 = eurE16;
  let btc = 0n;
  for (let index = 0; index < levels.length; index++) {
    const level = levels[index] as PriceLevel;
    const levelE16 = level.quantityE8 * level.priceE8;
    if (leftE16 <= levelE16) {
      const last = rounding === 'up' ? divCeil(leftE16, level.priceE8) : divFloor(leftE16, level.priceE8);
      return units(btc + last);
    }
    btc += level.quantityE8;
    leftE16 -= levelE16;
  }
  return null;
}
