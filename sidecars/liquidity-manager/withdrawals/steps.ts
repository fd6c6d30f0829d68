// The way of a withdrawal: reserved, published, burned, paid out on the other chain. What is read about it gives its next record. Pure.

import { isoTime } from '../../../contracts/time.ts';
import { activeAddress } from '../actions/addresses.ts';
import type { Book } from '../actions/book.ts';
import type { Context } from '../actions/context.ts';
import { type Action, begun, isOver, isUnseen, moved, noted, type Tracked } from '../actions/tracked.ts';
import type { BridgeName, BridgeWithdrawal } from '../bridges/bridge.ts';
import type { Asked, Refusal, WithdrawalReason } from './checks.ts';
import type { Shown } from './outside.ts';

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
  const notes = { signed, is_reserved: false, is_published: false, max_fee: String(asked.maxFeeUnits) };
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

/** The bridge keeps so much now, and may: from now on it is published whatever the fee. */
export const priced = (tracked: Tracked, feeUnits: bigint, { nowMs }: Context): Tracked =>
  noted(moved(tracked, { fee: String(feeUnits), reason_code: null, detail: '' }, nowMs), { max_fee: null });

/** It is not published as long as the bridge does not say what it keeps, and never if that is too much. */
export const notPriced = (tracked: Tracked, { reason, detail }: Refusal, context: Context): Tracked =>
  reason === 'bridge_unreachable'
    ? held(tracked, reason, detail, context)
    : failed(tracked, reason, detail === '' ? NOT_PUBLISHED : `${detail}; ${NOT_PUBLISHED}`, context);

const NOT_PUBLISHED = 'nothing was published';

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

/** What is known of the payment on the other chain. */
export type Evidence = {
  /** null: the bridge does not know the withdrawal yet, or gave no usable answer. */
  readonly report: BridgeWithdrawal | null;
  /** Why it gave none; null: it did. */
  readonly unheard: string | null;
  /** null: no transaction is named that could be looked for. */
  readonly shown: Shown | null;
  /** Blocks from which the payment counts as arrived. */
  readonly confirmationsRequired: number;
};

const GIVEN_UP = {
  failed: { status: 'failed', reason_code: 'bridge_failed' },
  rejected: { status: 'failed', reason_code: 'bridge_rejected' },
  returning: { status: 'returning', reason_code: 'bridge_rejected' },
  returned: { status: 'returned', reason_code: 'bridge_rejected' },
} as const;

/** That it does not arrive is the word of the bridge; that it did is what the chain shows, whatever the bridge says. */
export function followedOutside(tracked: Tracked, evidence: Evidence, { nowMs }: Context): Tracked {
  const { report, shown } = evidence;
  const { action } = tracked;
  const said = report === null ? {} : { bridge_status: report.bridgeStatus, tx_hash: report.txHash ?? action.tx_hash };
  const base = { ...heard(action, evidence.unheard), ...said };
  if (report !== null && report.outcome !== 'completed' && report.outcome !== 'pending') {
    const detail = `the bridge says ${report.bridgeStatus}`;
    return moved(tracked, { ...base, ...GIVEN_UP[report.outcome], detail }, nowMs);
  }
  // Completed without a transaction is a claim that nobody can check.
  if (shown === null) return moved(tracked, base, nowMs);
  const expectedUnits = report?.arrivesUnits ?? arrivesByFee(tracked);
  const arrivedUnits = shown.kind === 'paid' ? arrivedOf(shown.outputs, { expectedUnits, action }) : null;
  if (shown.kind !== 'paid' || arrivedUnits === null)
    return moved(tracked, { ...base, ...notShown(action, shown) }, nowMs);
  const required = evidence.confirmationsRequired;
  const confirmations = Math.min(shown.confirmations, CONFIRMATIONS_SHOWN_MAX);
  const seen = { ...base, confirmations, confirmations_required: required };
  if (shown.confirmations < required) return moved(tracked, { ...seen, ...confirming(action) }, nowMs);
  const isLower = expectedUnits !== null && arrivedUnits < expectedUnits;
  return moved(
    tracked,
    {
      ...seen,
      status: 'completed',
      completed_at: isoTime(nowMs),
      credited_amount: String(arrivedUnits),
      reason_code: isLower ? 'credit_lower' : null,
      detail: isLower ? `${arrivedUnits} arrived, of ${expectedUnits}` : '',
    },
    nowMs,
  );
}

/** Of a record: what is more says nothing. */
const CONFIRMATIONS_SHOWN_MAX = 10_000_000;

/** That the bridge gives no answer is the reason until it does, or until there is another. */
function heard({ reason_code }: Action, unheard: string | null) {
  if (unheard !== null)
    return reason_code === null ? ({ reason_code: 'bridge_unreachable', detail: unheard } as const) : {};
  return reason_code === 'bridge_unreachable' ? ({ reason_code: null, detail: '' } as const) : {};
}

const isLate = ({ status }: Action): boolean => status === 'delayed' || status === 'stuck';

/** One that is late while it is confirmed stays late: it is the same step. */
const confirming = (action: Action) =>
  isLate(action) && action.confirmations !== null
    ? {}
    : ({ status: 'confirming', reason_code: null, detail: '' } as const);

/** Sent, by the word of the bridge, and not seen outside. */
function notShown(action: Action, shown: Shown) {
  const isKnown = action.reason_code === 'payment_not_shown';
  // A node that is away takes nothing back, and one that is late says why already.
  if (shown.kind === 'unread') return isKnown || action.confirmations !== null ? {} : notShownBy(UNREAD);
  const detail = shown.kind === 'nothing' ? shown.detail : 'what it pays to the destination is none of this withdrawal';
  // It was seen, and is gone from the chain.
  if (action.confirmations !== null) return { ...notShownBy(detail), status: 'burned' as const, confirmations: null };
  return isKnown && isLate(action) ? {} : notShownBy(detail);
}

const UNREAD = 'no node of the chain can be read';

const notShownBy = (detail: string) => ({ reason_code: 'payment_not_shown', detail }) as const;

/**
 * Which of the outputs to the destination is this withdrawal: the one that is expected, else the one of the maximum amount that can be;
 * a bridge pays several at once. null: none can be.
 */
function arrivedOf(
  outputs: readonly bigint[],
  { expectedUnits, action }: { readonly expectedUnits: bigint | null; readonly action: Action },
): bigint | null {
  if (expectedUnits !== null && outputs.includes(expectedUnits)) return expectedUnits;
  const amountUnits = BigInt(action.amount ?? '0');
  let largest: bigint | null = null;
  for (const units of outputs) if (units <= amountUnits && units > (largest ?? 0n)) largest = units;
  return largest;
}

/** The fee of the POA bridge is fixed; over the Omni bridge the network takes what it costs, which is not known here. */
const arrivesByFee = ({ action: { bridge, amount, fee } }: Tracked): bigint | null =>
  bridge === 'poa' && amount !== null && fee !== null ? BigInt(amount) - BigInt(fee) : null;

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
