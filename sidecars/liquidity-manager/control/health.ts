// Health of the liquidity-manager's parts. Pure.

import { type PartHealth, partHealth } from '../../../contracts/runtime/process/health/health.ts';
import type { BridgeFailure } from '../bridges/bridge.ts';
import type { Ledger } from '../store/ledger.ts';

/** Until the first answers. */
export const STARTING_REASONS: ReadonlySet<string> = new Set(['bridge_not_read', 'chain_not_read', 'producer_not_up']);

type LedgerState = Pick<Ledger, 'problem' | 'refused' | 'freeze'>;

/** What holds up every step, or leaves something out. */
export function ledgerHealth({ problem, refused, freeze }: LedgerState): PartHealth {
  const reasons = [...(problem === null ? [] : [problem]), ...(refused === 0 ? [] : ['actions_full'])];
  return partHealth(reasons, freeze === null ? [] : ['withdrawals_frozen']);
}

export const kafkaHealth = (isUp: boolean): PartHealth => partHealth(isUp ? [] : ['producer_not_up']);

const FAILURE_CODES = {
  unreachable: 'bridge_unreachable',
  malformed: 'bridge_malformed',
  refused: 'bridge_refused',
  chain_unsupported: 'bridge_refused',
  asset_unsupported: 'bridge_refused',
} as const satisfies Record<BridgeFailure['reason'], string>;

export type BridgePolls = {
  /** Of the last polls in a row; null: they succeeded, or one failed alone. */
  readonly failure: BridgeFailure | null;
  /** Some poll succeeded since the start. */
  readonly isRead: boolean;
  readonly isPaused: boolean;
};

export function bridgeHealth({ failure, isRead, isPaused }: BridgePolls): PartHealth {
  const notes = isPaused ? ['paused'] : [];
  if (failure !== null) return partHealth([FAILURE_CODES[failure.reason]], notes);
  return partHealth(isRead || isPaused ? [] : ['bridge_not_read'], notes);
}
