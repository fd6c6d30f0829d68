// What the engine keeps of one treasury action or observation: its newest state, and whether it counts as on its way. A status that
// this version does not know counts as on its way, since unknown is not over. Pure.

import { parseUnits, type Units } from '../../../contracts/amounts.ts';
import { isStateOf, LIQUIDITY_STATUSES } from '../../../contracts/codes/liquidity.ts';
import type { OpsFundingObservation } from '../../../contracts/topics/ops-funding-observation.ts';
import type { OpsLiquidityAction } from '../../../contracts/topics/ops-liquidity-action.ts';
import type { Refusal } from '../ops-record.ts';

export type FundsKind = 'deposit' | 'withdrawal' | 'observation';

export type FundsEntry = {
  readonly kind: FundsKind;
  readonly id: string;
  /** Of several records of one id, the highest is the newest, in whatever order they arrive. */
  readonly seq: number;
  readonly assetId: string;
  /** null: not known, or more than the verifier can hold. */
  readonly amountUnits: Units | null;
  readonly status: string;
  readonly reasonCode: string | null;
  readonly txHash: string | null;
  readonly confirmations: number | null;
  /** It counts towards what is on its way. */
  readonly isUnderWay: boolean;
  /** Nothing more is expected. */
  readonly isOver: boolean;
  readonly atMs: number;
};

/** Of these nothing more is expected; `failed` can still be followed by `credited`, which replaces it. */
const OVER: Readonly<Record<FundsKind, readonly string[]>> = {
  deposit: ['credited', 'failed'],
  withdrawal: ['completed', 'returned', 'failed'],
  observation: ['credited', 'replaced', 'failed'],
};

/** Nothing is on its way yet, or nobody sees it any more. */
const ABSENT: Readonly<Record<FundsKind, readonly string[]>> = {
  deposit: ['requested'],
  withdrawal: [],
  observation: ['dropped'],
};

/** null: an action of no amount, such as a deposit address, or of a kind that this version does not know. */
export function actionEntry(payload: OpsLiquidityAction, atMs: number): FundsEntry | Refusal | null {
  const { kind, status, asset_id: assetId } = payload;
  if (kind !== 'deposit' && kind !== 'withdrawal') return null;
  if (LIQUIDITY_STATUSES.includes(status) && !isStateOf(kind, status)) return 'status';
  if (assetId === null) return 'asset';
  const state = stateOf(kind, status);
  return {
    kind,
    // A move between chains is one of each with the same id.
    id: payload.liquidity_action_id,
    seq: payload.transition_seq,
    assetId,
    amountUnits: parseUnits(payload.amount),
    txHash: payload.tx_hash,
    confirmations: payload.confirmations,
    ...state,
    isUnderWay: state.isUnderWay && !isOnlyExpected(payload),
    reasonCode: payload.reason_code,
    atMs,
  };
}

/** The deposit of a move between chains that nobody has seen: that it is late by now is no sign of it. */
const isOnlyExpected = (action: OpsLiquidityAction): boolean =>
  action.kind === 'deposit' &&
  action.first_seen_at === null &&
  action.funding_observation_id === null &&
  action.bridge_status === null;

export function observationEntry(payload: OpsFundingObservation, atMs: number): FundsEntry {
  return {
    kind: 'observation',
    id: payload.funding_observation_id,
    seq: payload.observation_seq,
    assetId: payload.asset_id,
    amountUnits: parseUnits(payload.amount),
    txHash: payload.tx_hash,
    confirmations: payload.confirmations,
    ...stateOf('observation', payload.status),
    reasonCode: payload.reason_code,
    atMs,
  };
}

function stateOf(kind: FundsKind, status: string): Pick<FundsEntry, 'status' | 'isUnderWay' | 'isOver'> {
  const isOver = OVER[kind].includes(status);
  return { status, isOver, isUnderWay: !isOver && !ABSENT[kind].includes(status) };
}
