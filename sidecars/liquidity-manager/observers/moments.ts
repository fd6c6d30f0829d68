// Which changes of an observation are lines of the log: each change of status or reason. Confirmations that only grow, and what is
// published again, are none.

import type { Log } from '../../../contracts/runtime/log/log.ts';
import type { OpsFundingObservation } from '../../../contracts/topics/ops-funding-observation.ts';

/** A person may have to do something. */
const WARNED: ReadonlySet<OpsFundingObservation['status']> = new Set([
  'delayed',
  'reorganised',
  'dropped',
  'replaced',
  'failed',
]);

export function logChange(log: Pick<Log, 'info' | 'warn' | 'error'>, record: OpsFundingObservation): void {
  if (record.previous_status === record.status) return;
  const level = record.status === 'stuck' ? 'error' : WARNED.has(record.status) ? 'warn' : 'info';
  log[level](`observation_${record.status}`, {
    funding_observation_id: record.funding_observation_id,
    observation_seq: record.observation_seq,
    chain: record.chain,
    asset_id: record.asset_id,
    amount: record.amount,
    funding_handle: record.funding_handle,
    tx_hash: record.tx_hash,
    confirmations: record.confirmations,
    reason_code: record.reason_code,
    replaced_by_tx_hash: record.replaced_by_tx_hash,
    detail: record.detail,
  });
}
