// What an observer says of itself: whether what it shows is current, and if not, why. A node that is away, behind or lying is a named
// state. Pure.

import type { FundingObserverState } from '../../../contracts/control/funding-state.ts';
import { type PartHealth, partHealth } from '../../../contracts/runtime/process/health/health.ts';
import type { FailureReason } from './answer.ts';

export type Condition = {
  readonly isPaused: boolean;
  readonly hasAddresses: boolean;
  /** Since the last usable reading, or since the start when there was none. */
  readonly ageMs: number;
  readonly hasRead: boolean;
  readonly pollMs: number;
  readonly lastFailure: FailureReason | null;
  readonly lagBlocks: number | null;
  readonly settledBlocks: number;
  readonly refused: number;
  readonly ignored: number;
  readonly wasReset: boolean;
  readonly isUnsaved: boolean;
  readonly isUnsent: boolean;
  /** Transactions that the last usable reading looked up in vain. */
  readonly missed: number;
};

/** Readings that may fail in a row, and a time that they may take, before what is shown counts as not current. */
const READINGS_MISSED = 3;
const AGE_MIN_MS = 120_000;

/** Nodes that answer, and do not have what is needed. */
const BEHIND: ReadonlySet<FailureReason> = new Set(['node_behind', 'node_stalled', 'node_height_implausible']);

const ageLimitMs = (pollMs: number): number => Math.max(AGE_MIN_MS, READINGS_MISSED * pollMs);

export function statusOf(condition: Condition): FundingObserverState['status'] {
  const { isPaused, hasAddresses, ageMs, hasRead, pollMs, lastFailure, lagBlocks, settledBlocks } = condition;
  if (isPaused) return 'paused';
  if (hasAddresses && ageMs > ageLimitMs(pollMs)) {
    return lastFailure !== null && BEHIND.has(lastFailure) ? 'lagging' : 'silent';
  }
  if (hasAddresses && !hasRead) return 'starting';
  return (lagBlocks ?? 0) > settledBlocks ? 'catching_up' : 'current';
}

export function healthOf(condition: Condition): PartHealth {
  const status = statusOf(condition);
  const reasons: string[] = [];
  if (status === 'silent' || status === 'lagging') reasons.push(condition.lastFailure ?? 'node_silent');
  if (status === 'starting') reasons.push('chain_not_read');
  if (status === 'catching_up') reasons.push('blocks_not_read');
  if (condition.refused > 0) reasons.push('transfers_refused');
  if (condition.isUnsaved) reasons.push('state_unsaved');
  const notes: string[] = [];
  if (condition.isPaused) notes.push('paused');
  if (!condition.hasAddresses) notes.push('addresses_none');
  if (condition.ignored > 0) notes.push('transfers_ignored');
  if (condition.wasReset) notes.push('state_reset');
  if (condition.isUnsent) notes.push('records_unsent');
  if (condition.missed > 0) notes.push('lookups_failing');
  return partHealth(reasons, notes);
}
