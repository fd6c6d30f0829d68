// Body of GET /state of the liquidity-manager, after the fields that every sidecar has.

import type {
  DepositAddresses,
  FreezeView,
  LiquidityManagerState,
} from '../../../contracts/control/liquidity-manager.ts';
import type { Sections } from '../../../contracts/runtime/process/state/sections.ts';
import { isoTimeOrNull } from '../../../contracts/time.ts';
import { newest, ofKind } from '../actions/book.ts';
import { type Action, isOver } from '../actions/tracked.ts';
import type { Manager } from '../manager.ts';
import type { TrackerView } from '../tracker.ts';

/** Of each list. */
const SHOWN_MAX = 50;

export function stateOf(manager: Manager): Sections<LiquidityManagerState> {
  const { ledger, trackers, observation, isPaused, isDraining } = manager;
  const newestOf = (isShown: (action: Action) => boolean) => () => newest(ledger.book, SHOWN_MAX, isShown);
  return {
    paused: isPaused,
    draining: isDraining,
    withdrawals: () => freezeView(ledger),
    bridges: () => trackers.map((tracker) => bridgeState(tracker.view())),
    deposit_addresses: () => depositAddresses(ledger),
    recent_funding: newestOf(({ kind }) => kind === 'deposit'),
    pending_credits: newestOf((action) => action.kind === 'deposit' && !isOver(action)),
    credited_deposits: newestOf(({ kind, status }) => kind === 'deposit' && status === 'credited'),
    recent_withdrawals: newestOf(({ kind }) => kind === 'withdrawal'),
    rebalance_state: () => ({
      frozen: ledger.freeze !== null,
      under_way: newest(ledger.book, SHOWN_MAX, (action) => action.rebalance && !isOver(action)),
    }),
    records() {
      const { waiting, published } = ledger.counts();
      return { waiting, published, refused_actions: ledger.refused };
    },
    ...observation.state,
  };
}

export const freezeView = ({ freeze }: Manager['ledger']): FreezeView => ({
  frozen: freeze !== null,
  since: freeze?.since ?? null,
  by: freeze?.by ?? null,
});

export const depositAddresses = ({ book }: Manager['ledger']): DepositAddresses =>
  ofKind(book, 'deposit_address').map(({ action }) => ({
    liquidity_action_id: action.liquidity_action_id,
    bridge: action.bridge,
    chain: action.chain,
    address: action.funding_handle,
    // The kind has no other states.
    status: action.status as DepositAddresses[number]['status'],
    reason_code: action.reason_code,
    detail: action.detail,
    requested_at: action.requested_at,
  }));

const unitsText = (units: bigint | null): string | null => units?.toString() ?? null;

const bridgeState = (view: TrackerView): LiquidityManagerState['bridges'][number] => ({
  bridge: view.bridge,
  host: view.host,
  paused: view.paused,
  rounds: view.rounds,
  failures: view.failures,
  failures_in_row: view.failuresInRow,
  last_failure: view.lastFailure,
  last_failure_at: isoTimeOrNull(view.lastFailureAtMs),
  last_success_at: isoTimeOrNull(view.lastSuccessAtMs),
  unread_reports: view.unread,
  terms: view.terms.map((terms) => ({
    asset_id: terms.assetId,
    min_deposit: unitsText(terms.minDepositUnits),
    min_withdrawal: unitsText(terms.minWithdrawalUnits),
    withdrawal_fee: unitsText(terms.withdrawalFeeUnits),
  })),
});

/** What every part of unrip answers about itself. */
export function answersOf({ trackers, isPaused }: Manager) {
  const views = trackers.map((tracker) => tracker.view());
  const times = views.map(({ lastSuccessAtMs }) => lastSuccessAtMs);
  const isCurrent = views.every(
    ({ failuresInRow, lastSuccessAtMs }) => failuresInRow === 0 && lastSuccessAtMs !== null,
  );
  const isUnknown = times.includes(null);
  return {
    connected: views.every(({ failuresInRow }) => failuresInRow === 0),
    input: views.map(({ bridge, host }) => `${bridge} bridge at ${host}`).join(', '),
    last_success_at: isoTimeOrNull(oldest(times)),
    freshness: isUnknown ? 'unknown' : isCurrent && !isPaused() ? 'authoritative' : 'stale',
  } as const;
}

/** All of them succeeded at that time or later; null: one has not yet. */
function oldest(times: readonly (number | null)[]): number | null {
  const known = times.filter((time) => time !== null);
  return known.length === 0 || known.length < times.length ? null : Math.min(...known);
}
