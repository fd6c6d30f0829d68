// Whether each part can do its job now, asked again at every request. Disarmed, paused and a silent pair are healthy and said in
// the notes; a dead connection, stale sources, unknown inventory and impaired history are not.

import { BTC, EURE } from '../../contracts/assets.ts';
import type { DecisionReason } from '../../contracts/reasons.ts';
import { HEALTHY, type PartHealth, partHealth } from '../../contracts/runtime/process/health/health.ts';
import { momentOf } from '../lib/moment.ts';
import { noted } from '../lib/noted.ts';
import { isClockUnhealthy } from '../safety/clock-skew.ts';
import { openFindings, type Parts } from './parts.ts';
import { tradingOf } from './trading.ts';

/** A quiet pair is worth saying after so long; it is no fault. */
const SILENT_PAIR_MS = 300_000;

/** What each clean start passes through, until the first connection, answer or report. */
export const STARTING_REASONS: ReadonlySet<string> = new Set([
  'relay_disconnected',
  'relay_not_subscribed',
  'price_missing',
  // Kraken's book is there, and nothing has confirmed yet that it is of now.
  'price_stale',
  'basis_missing',
  'inventory_missing',
  'salt_unknown',
  'lanes_not_open',
  'history_unknown',
]);

/** Reads the health of each part, in the order in which a quote goes through them. */
export const healthReaders = (parts: Parts) => ({
  ingest: () => ingestHealth(parts),
  reference: () => referenceHealth(parts),
  inventory: () => inventoryHealth(parts),
  strategy: () => strategyHealth(parts),
  executor: () => executorHealth(parts),
  bus: () => parts.bus.health(),
  history: () => parts.bus.historyHealth(),
});

export function ingestHealth({ relay, switches, observer, faults, clock }: Parts): PartHealth {
  const failing = faults.health(clock.elapsedUs());
  const { connected, subscribed, session } = relay.state();
  return partHealth(
    [
      ...(connected ? (subscribed ? [] : ['relay_not_subscribed']) : ['relay_disconnected']),
      ...session.reasons,
      ...failing.reasons,
    ],
    [
      ...noted({ paused: switches.ingestPaused, pair_silent: observer.quietMs() > SILENT_PAIR_MS }),
      ...session.notes,
      ...failing.notes,
    ],
  );
}

/**
 * The part that is ill when the gates give this reason; null: a request, a switch, a limit or a spent balance is no illness, and
 * history has a part of its own. A new reason cannot be forgotten here.
 */
const ILL_PART: Readonly<Record<DecisionReason, 'reference' | 'inventory' | 'executor' | null>> = {
  request_malformed: null,
  pair_unsupported: null,
  partner_not_allowed: null,
  strategy_paused: null,
  quote_expired: null,
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
  journal_behind: 'executor',
  history_impaired: null,
  strategy_disarmed: null,
  accepted: null,
};
const illPartOf = (code: string): string | null =>
  Object.entries(ILL_PART).find(([reason]) => reason === code)?.[1] ?? null;

/** Reasons of a part that the gates give now: health tells about what a decision is made on, not about where that comes from. */
function gateReasons(parts: Parts, part: 'reference' | 'inventory' | 'executor'): string[] {
  const { directions } = tradingOf(parts);
  return [...new Set(Object.values(directions).flat())].filter((obstacle) => illPartOf(obstacle) === part);
}

export function referenceHealth(parts: Parts): PartHealth {
  const { reasons, notes } = parts.reference.health(momentOf(parts.clock));
  return partHealth([...new Set([...gateReasons(parts, 'reference'), ...reasons])], notes);
}

export function inventoryHealth(parts: Parts): PartHealth {
  const { verifier, book, laneManager } = parts;
  const polled = verifier.health();
  const reasons = [
    ...gateReasons(parts, 'inventory'),
    ...polled.reasons.filter((reason) => illPartOf(reason) === null),
  ];
  const notes = polled.notes.filter((note) => illPartOf(note) === null);
  const capital = book.breach() === null ? [] : ['capital_breach'];
  const salt = laneManager.salts() === null ? ['salt_unknown'] : [];
  // Spendable balance but no open lane: every request would be rejected with `lane_ceiling`.
  const unopened = [BTC.id, EURE.id].some(
    (asset) => (book.capital(asset)?.spendableUnits ?? 0n) > 0n && !book.hasLane(asset),
  );
  return partHealth([...reasons, ...capital, ...salt, ...(unopened ? ['lanes_not_open'] : [])], notes);
}

export const strategyHealth = ({ strategyArming, switches }: Parts): PartHealth => ({
  ...HEALTHY,
  notes: noted({ disarmed: !strategyArming.state().armed, paused: switches.strategyPaused }),
});

export function executorHealth(parts: Parts): PartHealth {
  const { executorArming, switches, journal, stops, verifier } = parts;
  const stop = stops.first();
  const snapshot = verifier.lastSnapshot();
  const held = gateReasons(parts, 'executor');
  const reasons = [
    ...noted({
      signer_unauthorized: snapshot?.keyRegistered === false,
      account_locked: snapshot?.accountLocked === true,
      clock_skew: !held.includes('clock_skew') && isClockUnhealthy(parts.clockVerdict()),
      journal_failed: journal.failure !== null,
      draining: switches.draining,
    }),
    ...held,
  ];
  const armed = executorArming.state().armed;
  const notes = noted({
    disarmed: !armed,
    paused: switches.executorPaused,
    stopped_itself: !armed && stop !== null,
    recovery_findings: openFindings(parts).length > 0,
    signed_ids_not_saved: parts.signedIds.state().problem !== null,
    journal_segments_kept: journal.removalProblem !== null,
    journal_checkpoint_failed: journal.checkpointProblem !== null,
  });
  return partHealth(reasons, armed || stop === null ? notes : [...notes, `stopped_by:${stop.code}`]);
}
