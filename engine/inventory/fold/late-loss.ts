// A loss that a balance showed and that used nonces could have explained, judged again as it becomes known how they were used. A crash
// may have taken quotes from the journal, or no sum tells quotes apart: then the balance alone is no reason to stop. The transaction
// that executed a quote on record, or our own pull, comes later, and says that nothing else left by its nonce.

import type { NonceResolvedFact } from '../../model/facts.ts';
import type { Breach } from '../../model/values.ts';
import { type BalanceChange, type NonceEntry, reservationOf } from '../lanes/lanes.ts';
import type { BookState } from '../state.ts';

/** It stays unknown what was paid under this nonce. */
export function leaveUnknown(entry: NonceEntry): void {
  const { asset, balanceChange } = entry;
  if (balanceChange === null || balanceChange.unknownUnits === null) return;
  const before = balanceChange.unknownUnits[asset] ?? 0n;
  balanceChange.unknownUnits = { ...balanceChange.unknownUnits, [asset]: before + reservationOf(entry) };
}

/** Whether quotes that are not on record may have been settled under the nonce, or one of several that are. */
export const staysUnknown = ({ boundUnits }: NonceEntry, { outcome, code }: NonceResolvedFact): boolean =>
  outcome === 'open' || (outcome !== 'settled' && code !== 'pulled_by_transaction' && boundUnits > 0n);

/** What is left of a loss by what is known now. @returns it once */
export function lateLoss({ nonces }: BookState, balanceChange: BalanceChange): Breach | null {
  const { rest, unknownUnits, blockHeight } = balanceChange;
  if (unknownUnits === null) return null;
  const mayHavePaid = new Map(Object.entries(unknownUnits));
  for (const entry of nonces.values()) {
    if (entry.balanceChange !== balanceChange || entry.resolution !== null || entry.winner !== null) continue;
    mayHavePaid.set(entry.asset, (mayHavePaid.get(entry.asset) ?? 0n) + reservationOf(entry));
  }
  for (const [asset, units] of Object.entries(rest)) {
    const loss = -units;
    if (loss <= (mayHavePaid.get(asset) ?? 0n)) continue;
    balanceChange.unknownUnits = null;
    const detail = `credited ${asset} fell by ${loss} more at block ${blockHeight} than the nonces explain that were used by then`;
    return { code: 'balance_loss', detail };
  }
  return null;
}
