// The basis: EUR per EURe times 10^8. Pure integers; the division names its rounding.

import { type PctE4, pctE4 } from '../../contracts/amounts.ts';
import { divCeil } from './int.ts';

/** 1 EURe = 1 EUR. */
export const PAR_E8 = 100_000_000n;
/** 100 percent times 10^4. */
const WHOLE_PCT_E4 = 1_000_000n;

/** Distance of the basis from par, in percent times 10^4, rounded up, so that no excess is hidden. */
export function basisDeviation(eurPerEureE8: bigint): PctE4 {
  const gap = eurPerEureE8 - PAR_E8;
  return pctE4(divCeil((gap < 0n ? -gap : gap) * WHOLE_PCT_E4, PAR_E8));
}
