// Health tells about what a decision is made on, not about where that comes from: what the gates have against every request now is a
// reason of the part that is to be repaired.

import type { DecisionReason } from '../../contracts/reasons.ts';
import type { GateReasons } from '../model/gate-reasons.ts';
import { type Trading, type TradingParts, tradingOf } from './trading.ts';

type GatedPart = 'reference' | 'inventory' | 'executor';

/**
 * The part that is ill when the gates give this reason; null: a request, a switch, a limit or a spent balance is no illness, and
 * history has a part of its own. A new reason cannot be forgotten here.
 */
const ILL_PART: Readonly<Record<DecisionReason | 'gates_failed', GatedPart | null>> = {
  // Whichever part it is: nothing can be signed.
  gates_failed: 'executor',
  request_malformed: null,
  pair_unsupported: null,
  partner_not_allowed: null,
  strategy_paused: null,
  quote_expired: null,
  answer_too_late: null,
  deadline_too_long: null,
  clock_skew: 'executor',
  process_stalled: 'executor',
  reference_paused: null,
  price_missing: 'reference',
  price_stale: 'reference',
  price_not_tradable: 'reference',
  price_diverged: 'reference',
  basis_missing: 'reference',
  basis_out_of_bounds: 'reference',
  inventory_missing: 'inventory',
  inventory_block_went_back: 'inventory',
  inventory_stale: 'inventory',
  book_too_thin: 'reference',
  amount_zero: null,
  edge_below_min: null,
  notional_above_max: null,
  inventory_insufficient: null,
  quotes_live_max: 'executor',
  quote_ids_full: 'executor',
  lane_ceiling: null,
  breaker_minute: 'executor',
  breaker_day: 'executor',
  // An operator chose that end.
  arming_limit: null,
  journal_behind: 'executor',
  history_impaired: null,
  strategy_disarmed: null,
  accepted: null,
};
const illPartOf = (code: string): string | null =>
  Object.entries(ILL_PART).find(([reason]) => reason === code)?.[1] ?? null;

export type Gates = {
  /** What the gates have against requests now. */
  trading(): Trading;
  /** What they have against every request because of one part. */
  of(part: GatedPart): GateReasons;
  /** Asks the gates once for all that is asked within one call: every part of a health asks them, and so does what goes with it. */
  asOne<T>(ask: () => T): T;
};

/** @param onFailing the gates fail by an error of our own; called when that begins */
export function createGates(parts: TradingParts, onFailing: (error: unknown) => void = () => {}): Gates {
  let isFailing = false;
  const ask = (): Trading => {
    const errors: unknown[] = [];
    const answer = tradingOf(parts, (error) => void errors.push(error));
    if (errors.length > 0 && !isFailing) onFailing(errors[0]);
    isFailing = errors.length > 0;
    return answer;
  };
  /** undefined: each question is a new one; null: the first is still to be asked. */
  let shared: Trading | null | undefined;
  const trading = (): Trading => {
    if (shared === undefined) return ask();
    shared ??= ask();
    return shared;
  };
  return {
    trading,
    of: (part) => ({
      now() {
        const { directions } = trading();
        return [...new Set(Object.values(directions).flat())].filter((obstacle) => illPartOf(obstacle) === part);
      },
      covers: (code) => illPartOf(code) !== null,
    }),
    asOne(ask) {
      if (shared !== undefined) return ask();
      shared = null;
      try {
        return ask();
      } finally {
        shared = undefined;
      }
    },
  };
}
