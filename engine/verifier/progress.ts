// What became of the polls so far, and what follows from it for the next one and for health. Pure: each function takes the
// progress and returns the next.

import { type BackoffPolicy, backoffMs } from '../../contracts/runtime/backoff.ts';
import type { NearFailure } from '../../contracts/runtime/near/reply.ts';
import type { Observation } from '../model/observation.ts';
import type { Unconfirmed } from './confirm.ts';

export type Progress = {
  readonly failures: number;
  readonly failuresInRow: number;
  readonly lastFailure: { readonly failure: NearFailure; readonly atMs: number } | null;
  /** Snapshots that the inventory refused; also counted as failures. */
  readonly refusals: number;
  readonly refusalsInRow: number;
  /** Snapshots that arrived after a newer one. */
  readonly overtaken: number;
  /** What the ledger took last, and the order of its poll; 0 before the first. */
  readonly taken: Observation | null;
  readonly takenOrder: number;
};

/** On top of the poll interval, after failures in a row. */
const RETRY: BackoffPolicy = { baseMs: 500, maxMs: 5000, firstAtOnce: true };

export const NO_PROGRESS: Progress = {
  failures: 0,
  failuresInRow: 0,
  lastFailure: null,
  refusals: 0,
  refusalsInRow: 0,
  overtaken: 0,
  taken: null,
  takenOrder: 0,
};

export const afterFailure = (before: Progress, failure: NearFailure, atMs: number): Progress => ({
  ...before,
  failures: before.failures + 1,
  failuresInRow: before.failuresInRow + 1,
  lastFailure: { failure, atMs },
});

/** The ledger refused the snapshot: a failure as well. */
export const afterRefusal = (before: Progress, failure: NearFailure, atMs: number): Progress => ({
  ...afterFailure(before, failure, atMs),
  refusals: before.refusals + 1,
  refusalsInRow: before.refusalsInRow + 1,
});

export const afterOvertaken = (before: Progress): Progress => ({ ...before, overtaken: before.overtaken + 1 });

export const afterTaken = (before: Progress, taken: Observation, takenOrder: number): Progress => ({
  ...before,
  failuresInRow: 0,
  refusalsInRow: 0,
  taken,
  takenOrder,
});

/** After a failure more slowly than before; a snapshot that the ledger refused is read again at once, once. */
export function retryInMs(
  { failuresInRow, refusalsInRow }: Progress,
  { tookMs, pollMs, fraction }: { readonly tookMs: number; readonly pollMs: number; readonly fraction: number },
): number {
  if (refusalsInRow === 1) return 0;
  return Math.max(0, pollMs - tookMs) + backoffMs(RETRY, Math.max(1, failuresInRow), fraction);
}

/** Age of the newest snapshot that the ledger took; null before the first. */
export const ageMsOf = ({ taken }: Progress, nowUs: number): number | null =>
  taken === null ? null : Math.ceil((nowUs - taken.readAtUs) / 1000);

export type HealthInputs = {
  readonly progress: Progress;
  readonly ageMs: number | null;
  readonly maxAgeMs: number;
  readonly isPaused: boolean;
  /** No endpoint fits the ledger's newest block. */
  readonly isChainElsewhere: boolean;
  /** null: the newest snapshot that had to be confirmed was. */
  readonly unconfirmed: Unconfirmed | null;
  readonly endpointNotes: readonly string[];
};

/**
 * Longest time without a confirmation that is no fault yet. Quotes that were live when it began are over by then, and none of them has
 * ended: lanes run full.
 */
const UNCONFIRMED_MAX_MS = 120_000;

/** As the notes of endpoints in trouble: one that answers and does not confirm is in none. */
const missedNotes = (unconfirmed: Unconfirmed | null): readonly string[] =>
  (unconfirmed?.by ?? []).map(({ host, code }) => `rpc_${code}@${host}`);

export type PollHealth = {
  readonly healthy: boolean;
  readonly reasons: readonly string[];
  readonly notes: readonly string[];
};

export function healthOf(inputs: HealthInputs): PollHealth {
  const { progress, ageMs, isPaused, unconfirmed } = inputs;
  const problem = ageMs === null ? 'inventory_missing' : ageMs > inputs.maxAgeMs ? 'inventory_stale' : null;
  const reasons = problem === null ? [] : isPaused ? [problem, 'paused_and_stale'] : [problem];
  if (problem !== null && inputs.isChainElsewhere) reasons.push('inventory_block_went_back');
  const isLongUnconfirmed = unconfirmed !== null && unconfirmed.forMs > UNCONFIRMED_MAX_MS;
  if (isLongUnconfirmed) reasons.push('rpc_unconfirmed');
  const notes = [
    ...(isPaused ? ['paused'] : []),
    ...(progress.failuresInRow > 0 ? ['inventory_failing'] : []),
    ...(progress.taken?.keyRegistered === false ? ['signer_unauthorized'] : []),
    ...(progress.taken?.accountLocked === true ? ['account_locked'] : []),
    ...(unconfirmed !== null && !isLongUnconfirmed ? ['rpc_unconfirmed'] : []),
    ...new Set([...missedNotes(unconfirmed), ...inputs.endpointNotes]),
  ];
  return { healthy: reasons.length === 0, reasons, notes };
}
