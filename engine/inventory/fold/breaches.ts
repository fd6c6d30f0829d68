// What a fact that does not fit, and a breach of the capital invariant, are reported as.

import type { Breach } from '../../model/values.ts';
import { breachOf } from '../capital.ts';
import type { BookState } from '../state.ts';

export const misfit = (detail: string): Breach => ({ code: 'record_misfit', detail });

/** The breach of the invariant in any asset, or null. */
export function capitalBreach(state: BookState): Breach | null {
  for (const ledger of state.ledgers.values()) {
    const breach = breachOf(ledger);
    if (breach !== null) return breach;
  }
  return null;
}
