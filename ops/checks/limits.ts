// A limit that a decision is made by has to be seen wherever a decision is explained. The table is exhaustive by its type: a new
// limit needs a row, and the row says in which of these places it appears, or why not in one of them. Pure: texts in, gaps out.

import type { Limits } from '../../engine/model/values.ts';

/** Where every limit appears under its public name. */
export const PLACES = ['record', 'state', 'route', 'trace', 'sql'] as const;
export type Place = (typeof PLACES)[number];

export type LimitRow = {
  /** As it is spelled in records, state, routes and SQL. */
  readonly name: string;
  /** Places that do without it, each with the reason. */
  readonly not: Readonly<Partial<Record<Place, string>>>;
};

const START_ONLY = 'set at the start alone';
const OF_ALL = 'is held against all that was filled and is open, and not against one quote';
const NO_VALUE = 'what was measured is on record only where the limit was exceeded';

export const LIMITS: Readonly<Record<keyof Limits, LimitRow>> = {
  minEdgePctE4: { name: 'min_edge_pct', not: {} },
  targetEdgePctE4: {
    name: 'target_edge_pct',
    not: { route: 'follows the minimum edge', sql: 'prices the open side and is no gate' },
  },
  maxNotionalEurE18: { name: 'max_notional_eur', not: {} },
  maxDivergencePctE4: { name: 'max_divergence_pct', not: { route: START_ONLY } },
  maxBasisDeviationPctE4: { name: 'max_basis_deviation_pct', not: { route: START_ONLY } },
  journalMaxSyncLagMs: { name: 'journal_max_sync_lag_ms', not: { route: START_ONLY, sql: NO_VALUE } },
  quotesLiveMax: { name: 'quotes_live_max', not: { route: START_ONLY, sql: NO_VALUE } },
  skewPctE4: {
    name: 'skew_pct',
    not: { route: START_ONLY, sql: 'prices the open side and is no gate' },
  },
  maxFilledMinuteEurE18: { name: 'max_filled_eur_per_min', not: { route: START_ONLY, sql: OF_ALL } },
  maxFilledDayEurE18: { name: 'max_filled_eur_per_day', not: { route: START_ONLY, sql: OF_ALL } },
  maxConsecutiveFailures: { name: 'max_consecutive_failures', not: { route: START_ONLY, sql: OF_ALL } },
  inventoryMaxAgeMs: { name: 'inventory_max_age_ms', not: { route: START_ONLY } },
  quoteLifetimeMaxMs: {
    name: 'quote_lifetime_max_ms',
    not: { route: START_ONLY, sql: 'the deadline is on record with the answer, not with the decision' },
  },
  partners: {
    name: 'partners',
    not: {
      record: 'the partner that asked is on record; a list of names is no limit of the quote',
      route: START_ONLY,
      trace: 'the partner that asked is shown with the request',
      sql: 'not on record',
    },
  },
};

/** Each place where a limit is missing, and each exemption of a place where it is not. @param placesOf text of each place */
export function gapsOf(rows: readonly LimitRow[], texts: Readonly<Record<Place, string>>): string[] {
  return rows.flatMap(({ name, not }) =>
    PLACES.flatMap((place) => {
      const appears = new RegExp(`(?<![\\w])${name}(?![\\w])`).test(texts[place]);
      if (not[place] === undefined) return appears ? [] : [`${name} is missing in: ${place}`];
      return appears ? [`${name} is in ${place}, and excused from it: ${not[place]}`] : [];
    }),
  );
}
