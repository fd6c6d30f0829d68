// The way of a withdrawal: reserved, published, burned, paid out on the other chain. What is read about it gives its next record. Pure.

import { isoTime } from '../../../contracts/time.ts';
import { activeAddress } from '../actions/addresses.ts';
import type { Book } from '../actions/book.ts';
import type { Context } from '../actions/context.ts';
import { type Action, begun, isOver, isUnseen, moved, noted, type Tracked } from '../actions/tracked.ts';
import type { BridgeName, BridgeWithdrawal } from '../bridges/bridge.ts';
import type { Asked, Refusal, WithdrawalReason } from './checks.ts';

/** Behind the amount: what a record does not have. */
type Payload = NonNullable<Asked['signed']>;

type Ordered = { readonly asked: Asked; readonly signed: Payload; readonly feeUnits: bigint };

/** The bridge and its address that the withdrawal pays to, when that is an own deposit address: a move between chains. */
function moveTo(
  book: Book,
  { asset, destination }: Asked,
): { readonly bridge: BridgeName; readonly chain: string } | null {
  for (const bridge of ['poa', 'omni'] as const) {
    const slot = { bridge, chain: asset.chain };
    if (activeAddress(book, slot) === destination) return slot;
  }
  return null;
}

function facts({ asked, signed, feeUnits }: Ordered, { settings, nowMs }: Context) {
  const { withdrawalId, asset, amountUnits, destination } = asked;
  return {
    liquidity_action_id: withdrawalId,
    account_id: settings.accountId,
    kind: 'withdrawal',
    bridge: asset.bridge,
    chain: asset.chain,
    asset_id: asset.id,
    destination,
    amount: String(amountUnits),
    fee: String(feeUnits),
    intent_hash: signed.intent_hash,
    requested_at: isoTime(nowMs),
  } as const;
}

/** Accepted: to be reserved and published. A move between chains expects its deposit from now on. */
export function withdrawalOrdered(
  book: Book,
  ordered: Ordered,
  targetAssetId: (bridge: BridgeName, chain: string) => string | null,
  context: Context,
): readonly Tracked[] {
  const { asked, signed, feeUnits } = ordered;
  const { settings, nowMs } = context;
  const slot = moveTo(book, asked);
  const notes = { signed, is_reserved: false, is_published: false };
  const withdrawal = begun({ ...facts(ordered, context), status: 'requested', rebalance: slot !== null }, nowMs, notes);
  if (slot === null) return [withdrawal];
  const deposit = begun(
    {
      liquidity_action_id: asked.withdrawalId,
      account_id: settings.accountId,
      kind: 'deposit',
      status: 'requested',
      rebalance: true,
      ...slot,
      asset_id: targetAssetId(slot.bridge, slot.chain),
      funding_handle: asked.destination,
      amount: String(asked.amountUnits - feeUnits),
      requested_at: isoTime(nowMs),
    },
    nowMs,
  );
  return [withdrawal, deposit];
}

/** Refused before anything was reserved: on record with its reason, so that who asks later finds it. */
export const withdrawalRefused = (ordered: Ordered, { reason, detail }: Refusal, context: Context): Tracked =>
  begun({ ...facts(ordered, context), status: 'failed', reason_code: reason, detail }, context.nowMs);

export const reserved = (tracked: Tracked, reservationId: string | null, { nowMs }: Context): Tracked =>
  noted(moved(tracked, { reservation_id: reservationId, reason_code: null, detail: '' }, nowMs), { is_reserved: true });

/** It stays where it is, and why. */
export const held = (tracked: Tracked, reason_code: WithdrawalReason, detail: string, { nowMs }: Context): Tracked =>
  moved(tracked, { reason_code, detail }, nowMs);

/** From now on it may be executed, whatever the answer of the venue was. @param doubt why it is not known; empty: it is */
export function published(tracked: Tracked, context: Context, doubt = ''): Tracked {
  const { nowMs } = context;
  const reason_code = doubt === '' ? null : 'publish_unknown';
  // It was before: that is no step, and it goes on to wait for the next one.
  if (tracked.notes.is_published === true) return held(tracked, 'publish_unknown', doubt, context);
  return noted(moved(tracked, { status: 'submitted', reason_code, detail: doubt }, nowMs), { is_published: true });
}

export const failed = (tracked: Tracked, reason_code: WithdrawalReason, detail: string, { nowMs }: Context): Tracked =>
  withoutSignature(moved(tracked, { status: 'failed', reason_code, detail }, nowMs));

/** The payload was executed by this transaction. */
export const burned = (tracked: Tracked, nearTxHash: string, { nowMs }: Context): Tracked =>
  withoutSignature(
    moved(tracked, { status: 'burned', near_tx_hash: nearTxHash, reason_code: null, detail: '' }, nowMs),
  );

/** Once its nonce is used, nobody needs the signature any more. */
function withoutSignature(tracked: Tracked): Tracked {
  const { signed: _gone, ...notes } = tracked.notes;
  return { ...tracked, notes };
}

/** The bridge says how far it is on the other chain. */
export function reportedByBridge(tracked: Tracked, report: BridgeWithdrawal, { nowMs }: Context): Tracked {
  const { outcome, bridgeStatus, txHash, arrivesUnits } = report;
  const { action } = tracked;
  const base = { bridge_status: bridgeStatus, tx_hash: txHash ?? action.tx_hash };
  const said = `the bridge says ${bridgeStatus}`;
  switch (outcome) {
    case 'completed':
      // Completed without a transaction is a claim that nobody can check.
      if (base.tx_hash === null) return moved(tracked, base, nowMs);
      return moved(
        tracked,
        {
          ...base,
          status: 'completed',
          completed_at: isoTime(nowMs),
          credited_amount: arrivesUnits?.toString() ?? arrivesByFee(tracked),
          reason_code: null,
          detail: '',
        },
        nowMs,
      );
    case 'failed':
      return moved(tracked, { ...base, status: 'failed', reason_code: 'bridge_failed', detail: said }, nowMs);
    case 'rejected':
      return moved(tracked, { ...base, status: 'failed', reason_code: 'bridge_rejected', detail: said }, nowMs);
    case 'returning':
      return moved(tracked, { ...base, status: 'returning', reason_code: 'bridge_rejected', detail: said }, nowMs);
    case 'returned':
      return moved(tracked, { ...base, status: 'returned', reason_code: 'bridge_rejected', detail: said }, nowMs);
    default:
      return moved(tracked, base, nowMs);
  }
}

/** The fee of the POA bridge is fixed; over the Omni bridge the network takes what it costs, which is not known here. */
const arrivesByFee = ({ action: { bridge, amount, fee } }: Tracked): string | null =>
  bridge === 'poa' && amount !== null && fee !== null ? String(BigInt(amount) - BigInt(fee)) : null;

/** The other side of a move between chains: by which transaction it is paid, or that nothing comes. */
export function depositAfter(deposit: Tracked, withdrawal: Action, { nowMs }: Context): Tracked {
  const { status, reason_code, tx_hash, credited_amount } = withdrawal;
  const isAwaited = isUnseen(deposit.action) && !isOver(deposit.action);
  if (isAwaited && (status === 'failed' || status === 'returned'))
    return moved(
      deposit,
      { status: 'failed', reason_code, detail: 'the withdrawal of this move did not arrive' },
      nowMs,
    );
  // The bridge may replace its transaction by another one.
  if (tx_hash === null || (deposit.action.tx_hash !== null && !isAwaited)) return deposit;
  return moved(deposit, { tx_hash, amount: credited_amount ?? deposit.action.amount }, nowMs);
}
