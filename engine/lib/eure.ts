// Rates in records are EURe per BTC; the sources speak of EUR. Pure, integers only; the names say the rounding: a bid down, an
// ask up, so that no rate looks better than it is.

import { type PriceE8, priceE8 } from '../../contracts/amounts.ts';
import { divCeil } from './int.ts';

const E8 = 100_000_000n;

/** EUR per BTC as EURe per BTC, rounded down. `eurPerEureE8` is above zero. */
export const toEureFloor = (eur: PriceE8, eurPerEureE8: bigint): PriceE8 => priceE8((eur * E8) / eurPerEureE8);

/** EUR per BTC as EURe per BTC, rounded up. */
export const toEureCeil = (eur: PriceE8, eurPerEureE8: bigint): PriceE8 => priceE8(divCeil(eur * E8, eurPerEureE8));
