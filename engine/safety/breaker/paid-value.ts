// What an attempt pays, in EUR at its signing. Pure.

import { type EurE18, eurE18 } from '../../../contracts/amounts.ts';
import { divCeil } from '../../lib/int.ts';
import type { Attempt } from '../../model/values.ts';

/** EURE_BASIS_MAX_DEVIATION_PCT cannot be set higher: an EURe was never taken for more than 1.50 EUR. */
const BASIS_MAX_PCT = 150n;

/**
 * Records of earlier versions lack the value. Its upper bound is the EURe side of the trade: that is what was paid, or what was
 * asked for something worth no more, since the minimum edge is not negative.
 */
export function paidValueOf({ paidEurE18, direction, amountInUnits, amountOutUnits }: Attempt): EurE18 {
  if (paidEurE18 !== undefined) return paidEurE18;
  return boundOf(direction === 'BTC->EURe' ? amountOutUnits : amountInUnits);
}

/** The same bound for a change of the balances, whichever asset was paid: of EURe a cent is more units than there are of BTC. */
export function movedValue(balanceChange: Readonly<Record<string, bigint>>): EurE18 {
  let units = 0n;
  for (const change of Object.values(balanceChange)) {
    const moved = change < 0n ? -change : change;
    if (moved > units) units = moved;
  }
  return boundOf(units);
}

const boundOf = (eureUnits: bigint): EurE18 => eurE18(divCeil(eureUnits * BASIS_MAX_PCT, 100n));
