// Whether history is being written, as health and /state show it.

import type { HistoryState } from '../../../contracts/control/engine-state.ts';
import type { OwnState } from '../../../contracts/control/part-state.ts';
import { type PartHealth, partHealth } from '../../../contracts/runtime/process/health/health.ts';
import { isoTimeOrNull } from '../../../contracts/time.ts';
import { noted } from '../../lib/noted.ts';
import type { HistoryStatus } from './reports.ts';

export function historyHealth({ writing, lagMs }: HistoryStatus, maxLagMs: number): PartHealth {
  if (writing === null) return partHealth(['history_unknown']);
  const behind = !(lagMs !== null && lagMs <= maxLagMs);
  return partHealth(noted({ history_not_written: !writing, history_behind: behind }));
}

export function historyState(
  status: HistoryStatus,
  { policy, blocks }: Pick<HistoryState, 'policy' | 'blocks'>,
): OwnState<HistoryState> {
  return {
    policy,
    writing: status.writing,
    lag_ms: status.lagMs,
    heard_at: isoTimeOrNull(status.reportedAtMs),
    blocks,
  };
}
