// Deposit addresses: one is active for each bridge and chain, a newer one replaces it, and those that were replaced are followed
// on, since whoever knows them can still pay to them. An address is not liquidity: no amount belongs to it. Pure.

import { isoTime } from '../../../contracts/time.ts';
import type { BridgeFailure, BridgeName } from '../bridges/bridge.ts';
import { type Book, ofKind } from './book.ts';
import type { Context } from './context.ts';
import { actionId, begun, keyOf, moved, type Tracked } from './tracked.ts';

export type Slot = { readonly bridge: BridgeName; readonly chain: string };

const inSlot = (book: Book, { bridge, chain }: Slot): readonly Tracked[] =>
  ofKind(book, 'deposit_address').filter(({ action }) => action.bridge === bridge && action.chain === chain);

/** The one that is active, or has been asked for again and was active before. */
const current = (book: Book, slot: Slot): Tracked | undefined =>
  inSlot(book, slot).find(
    ({ action: { status, funding_handle } }) =>
      status === 'active' || (status === 'requested' && funding_handle !== null),
  );

/** The one that the bridge has been asked for, or refused, and that has no address yet. */
const awaited = (book: Book, slot: Slot): Tracked | undefined =>
  inSlot(book, slot).find(({ action }) => action.funding_handle === null);

/** The address that is to be paid now; null: none. */
export const activeAddress = (book: Book, slot: Slot): string | null =>
  current(book, slot)?.action.funding_handle ?? null;

export type Handle = Slot & { readonly address: string; readonly isActive: boolean };

/** Every address that was ever given: transfers to all of them are followed. */
export function handles(book: Book): readonly Handle[] {
  return ofKind(book, 'deposit_address').flatMap(({ action: { bridge, chain, funding_handle: address, status } }) =>
    address === null ? [] : [{ bridge, chain, address, isActive: status !== 'retired' }],
  );
}

/** The bridge is asked for an address. */
export function addressRequested(book: Book, slot: Slot, { nowMs, settings }: Context): readonly Tracked[] {
  const known = current(book, slot) ?? awaited(book, slot);
  const request = { status: 'requested', reason_code: null, detail: '', requested_at: isoTime(nowMs) } as const;
  if (known !== undefined) return changed(known, moved(known, request, nowMs));
  const { accountId } = settings;
  const liquidity_action_id = freeId(book, slot, accountId);
  return [begun({ liquidity_action_id, account_id: accountId, kind: 'deposit_address', ...slot, ...request }, nowMs)];
}

/** By the number of the address in its slot; the oldest may have been forgotten, and a number of one that is kept is taken. */
function freeId(book: Book, slot: Slot, accountId: string): string {
  for (let number = inSlot(book, slot).length + 1; ; number++) {
    const liquidity_action_id = actionId('deposit_address', accountId, slot.bridge, slot.chain, String(number));
    if (!book.has(keyOf({ kind: 'deposit_address', liquidity_action_id }))) return liquidity_action_id;
  }
}

/** The bridge gave this one, perhaps again. */
export function addressGiven(book: Book, slot: Slot, address: string, context: Context): readonly Tracked[] {
  const { nowMs, settings } = context;
  const given = { status: 'active', funding_handle: address, reason_code: null, detail: '' } as const;
  const before = current(book, slot);
  if (before?.action.funding_handle === address) return changed(before, moved(before, given, nowMs));
  const former = inSlot(book, slot).find(({ action }) => action.funding_handle === address);
  const retired =
    before === undefined
      ? []
      : [moved(before, { status: 'retired', detail: `the bridge gave ${address} instead` }, nowMs)];
  const waiting = former ?? awaited(book, slot);
  if (waiting !== undefined) return [...retired, moved(waiting, given, nowMs)];
  const { accountId } = settings;
  const liquidity_action_id = freeId(book, slot, accountId);
  const requested_at = before?.action.requested_at ?? isoTime(nowMs);
  const facts = { liquidity_action_id, account_id: accountId, kind: 'deposit_address', ...slot, ...given } as const;
  return [...retired, begun({ ...facts, requested_at }, nowMs)];
}

const REASONS = {
  unreachable: 'bridge_unreachable',
  malformed: 'bridge_unreachable',
  refused: 'address_refused',
  chain_unsupported: 'chain_unsupported',
  asset_unsupported: 'asset_unsupported',
} as const satisfies Record<BridgeFailure['reason'], string>;

/** The bridge gave none: an address that was active before stays so. */
export function addressFailed(book: Book, slot: Slot, failure: BridgeFailure, { nowMs }: Context): readonly Tracked[] {
  const known = current(book, slot) ?? awaited(book, slot);
  if (known === undefined) return [];
  const status = known.action.funding_handle === null ? 'failed' : 'active';
  const { detail, reason } = failure;
  return changed(known, moved(known, { status, reason_code: REASONS[reason], detail }, nowMs));
}

const changed = (before: Tracked, after: Tracked): readonly Tracked[] => (after === before ? [] : [after]);
