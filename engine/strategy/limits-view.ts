// The limits as operators read them, in /state and in the log.

import { renderScaled } from '../../contracts/amounts.ts';
import type { EngineConfig } from '../../contracts/config/engine.ts';
import type { StrategyState } from '../../contracts/control/trading-state.ts';
import type { Limits } from '../model/values.ts';

export const thresholdView = (limits: Limits): StrategyState['threshold'] => ({
  min_edge_pct: renderScaled(limits.minEdgePctE4, 4),
  target_edge_pct: renderScaled(limits.targetEdgePctE4, 4),
});

export const limitsView = (limits: Limits): StrategyState['limits'] => ({
  max_notional_eur: renderScaled(limits.maxNotionalEurE18, 18),
  skew_pct: renderScaled(limits.skewPctE4, 4),
  max_divergence_pct: renderScaled(limits.maxDivergencePctE4, 4),
  max_basis_deviation_pct: renderScaled(limits.maxBasisDeviationPctE4, 4),
  journal_max_sync_lag_ms: limits.journalMaxSyncLagMs,
  quotes_live_max: limits.quotesLiveMax,
  max_filled_eur_per_min: renderScaled(limits.maxFilledMinuteEurE18, 18),
  max_filled_eur_per_day: renderScaled(limits.maxFilledDayEurE18, 18),
  max_consecutive_failures: limits.maxConsecutiveFailures,
  inventory_max_age_ms: limits.inventoryMaxAgeMs,
  quote_lifetime_max_ms: limits.quoteLifetimeMaxMs,
  partners: limits.partners,
});

/** What is in force at the start, in one line of the log: a limit that was meant otherwise is seen before anything is armed. */
export const limitsInForce = (limits: Limits, config: EngineConfig) => ({
  ...thresholdView(limits),
  ...limitsView(limits),
  reference_max_age_ms: config.referenceMaxAgeMs,
  reference_fallback: config.fallbackPolicy,
  reference_fallback_max_age_ms: config.fallbackMaxAgeMs,
  eure_eur_basis: config.eureBasis,
  nonce_lanes: config.nonceLanes,
  persistence_policy: config.persistencePolicy,
  history_max_lag_ms: config.historyMaxLagMs,
});
