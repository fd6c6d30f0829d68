// What of the sidecars' news is worth knowing in the health of the inventory. Notes only: none of it keeps the engine from trading.

import { noted } from '../lib/noted.ts';
import type { Findings } from './findings.ts';
import type { FundsEntry, FundsKind } from './funds/entry.ts';
import type { Funds } from './funds/funds.ts';
import type { ProducerStatus } from './producer-watch.ts';
import type { TopicCounts } from './topic-counts.ts';

export type News = {
  readonly funds: Funds;
  readonly findings: Findings;
  readonly counts: TopicCounts;
  readonly manager: ProducerStatus;
  readonly reconciler: ProducerStatus;
  /** The topics were read to their end. */
  readonly isRead: boolean;
  /** Since when they are being read, and now. */
  readonly sinceUs: number;
  readonly nowUs: number;
};

/** Enough for a slow broker at the start. */
const UNREAD_AFTER_US = 60_000_000;

const INBOUND: readonly FundsKind[] = ['deposit', 'observation'];
const OUTBOUND: readonly FundsKind[] = ['withdrawal'];

export function newsNotes(news: News): readonly string[] {
  const { funds, findings, counts, isRead, sinceUs, nowUs } = news;
  const isLower = funds.some(({ reasonCode }) => reasonCode === 'credit_lower', nowUs);
  return noted({
    liquidity_manager_silent: isGone(news.manager),
    reconciler_silent: isGone(news.reconciler),
    ops_topics_unread: !isRead && nowUs - sinceUs > UNREAD_AFTER_US,
    ops_records_refused: counts.refused() > 0,
    funding_incomplete: !funds.isComplete(nowUs),
    deposit_stuck: funds.some(isStuck(INBOUND), nowUs),
    withdrawal_stuck: funds.some(isStuck(OUTBOUND), nowUs),
    credit_lower: isLower,
    findings_open: Object.keys(findings.open(nowUs)).length > 0,
  });
}

/** It ran since the engine started, and does no more: one that never ran is not wanted. */
const isGone = ({ isHeard, reportedAtMs }: ProducerStatus): boolean => reportedAtMs !== null && !isHeard;

const isStuck =
  (kinds: readonly FundsKind[]) =>
  ({ kind, status }: FundsEntry): boolean =>
    status === 'stuck' && kinds.includes(kind);
