// What /state shows of the sidecars' news.

import type { BackgroundState } from '../../contracts/control/engine-state.ts';
import type { InventoryPartState } from '../../contracts/control/part-state.ts';
import { isoTime, isoTimeOrNull } from '../../contracts/time.ts';
import type { Findings } from './findings.ts';
import type { FundsEntry, FundsKind } from './funds/entry.ts';
import type { Funds } from './funds/funds.ts';
import type { ProducerStatus } from './producer-watch.ts';
import type { TopicCounts } from './topic-counts.ts';

/** How far what is known can be relied on, and the process that it comes from. */
export type Knowledge = { readonly status: 'current' | 'stale' | 'unknown'; readonly producer: ProducerStatus };

type Funding = InventoryPartState['funding'];

/** Of each kind; all are in the history. */
const SHOWN_MAX = 20;

export function fundingState(funds: Funds, { status, producer }: Knowledge, nowUs: number): Funding {
  const newest = (kind: FundsKind) => funds.newest(kind, SHOWN_MAX, nowUs).map(entryView);
  return {
    status,
    complete: funds.isComplete(nowUs),
    manager: producerView(producer),
    deposits: newest('deposit'),
    withdrawals: newest('withdrawal'),
    observations: newest('observation'),
  };
}

const entryView = (entry: FundsEntry): Funding['deposits'][number] => ({
  id: entry.id,
  asset: entry.assetId,
  amount: entry.amountUnits === null ? null : entry.amountUnits.toString(),
  status: entry.status,
  reason_code: entry.reasonCode,
  under_way: entry.isUnderWay,
  tx_hash: entry.txHash,
  confirmations: entry.confirmations,
  at: isoTime(entry.atMs),
});

const producerView = ({ reportedAtMs, healthy, reasons }: ProducerStatus): Funding['manager'] => ({
  heard_at: isoTimeOrNull(reportedAtMs),
  healthy,
  reasons,
});

export function findingsState(
  findings: Findings,
  { status, producer }: Knowledge,
  nowUs: number,
): InventoryPartState['reconciliation']['findings'] {
  const run = findings.lastRun();
  return {
    status,
    reconciler: producerView(producer),
    last_run_at: isoTimeOrNull(run?.atMs ?? null),
    last_run_status: run?.status ?? null,
    open: findings.open(nowUs),
    complete: findings.isComplete(nowUs),
  };
}

export function backgroundState(counts: TopicCounts, isRead: boolean): BackgroundState {
  return {
    caught_up: isRead,
    topics: counts.all().map(({ topic, outcomes, lastReadAtMs }) => ({
      topic,
      records: outcomes,
      last_read_at: isoTime(lastReadAtMs),
    })),
  };
}
