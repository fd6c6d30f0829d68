// Which moments of treasury actions are lines of the log: each change of state, with the id of the action. Confirmations that only
// grow, and states that are published again, are none.

import type { Log } from '../../contracts/runtime/log/log.ts';
import type { Action, Kind, Status, Tracked } from './actions/tracked.ts';

const SUBJECT: Readonly<Record<Kind, string>> = {
  deposit_address: 'deposit_address',
  deposit: 'funding',
  withdrawal: 'withdrawal',
};

/** A person may have to do something. */
const WARNED: ReadonlySet<Status> = new Set(['delayed', 'failed', 'frozen', 'returning', 'returned']);

export function logMoment(
  log: Pick<Log, 'info' | 'warn' | 'error'>,
  before: Tracked | null,
  { action }: Tracked,
): void {
  if (before?.action.status === action.status && before.action.reason_code === action.reason_code) return;
  const event = `${SUBJECT[action.kind]}_${action.status}`;
  const level = action.status === 'stuck' ? 'error' : isWarned(action) ? 'warn' : 'info';
  log[level](event, {
    liquidity_action_id: action.liquidity_action_id,
    transition_seq: action.transition_seq,
    asset_id: action.asset_id,
    chain: action.chain,
    bridge: action.bridge,
    amount: action.amount,
    funding_handle: action.funding_handle,
    destination: action.destination,
    tx_hash: action.tx_hash,
    near_tx_hash: action.near_tx_hash,
    reason_code: action.reason_code,
    detail: action.detail,
  });
}

const isWarned = ({ status, reason_code: reason }: Action): boolean => WARNED.has(status) || reason !== null;
