// The status of a sighting, and why, from what is known of it. Pure.

import { FUNDING_REASON_TEXT } from '../../../../contracts/codes/liquidity.ts';
import type { FoldContext, FundingReason, FundingStatus, Ledger, Sighting } from './sighting.ts';

type Known = Omit<Sighting, 'status' | 'previousStatus' | 'reason' | 'detail' | 'seq' | 'changedAtMs'>;
type Verdict = { readonly status: FundingStatus; readonly reason: FundingReason | null };

/** Readings and milliseconds without a trace after which a transfer counts as dropped. */
const DROPPED_READINGS = 3;
const DROPPED_AFTER_MS = 1_800_000;

/** As many as a record holds: centuries on either chain. */
const CONFIRMATIONS_MAX = 10_000_000;

export function confirmationsOf({ place }: Pick<Sighting, 'place'>, tipHeight: Ledger['tipHeight']): number {
  if (place === null || tipHeight === null) return 0;
  return Math.min(CONFIRMATIONS_MAX, Math.max(0, tipHeight - place.height + 1));
}

export const isConfirmed = (known: Known, { settings }: FoldContext): boolean =>
  known.place !== null && known.confirmations >= settings.confirmationsRequired;

function verdictOf(known: Known, context: FoldContext): Verdict {
  const { correlation, place } = known;
  if (correlation?.outcome === 'credited') return { status: 'credited', reason: creditReason(known) };
  if (correlation?.outcome === 'failed') return { status: 'failed', reason: 'bridge_failed' };
  if (place === null && known.replacedBy !== null) return { status: 'replaced', reason: 'tx_replaced' };
  if (place === null && isDropped(known)) return { status: 'dropped', reason: 'tx_dropped' };
  return isConfirmed(known, context) ? awaitingCredit(known, context) : awaitingConfirmation(known, context);
}

const isDropped = ({ absentReadings, absentMs }: Known): boolean =>
  absentReadings >= DROPPED_READINGS && absentMs >= DROPPED_AFTER_MS;

function creditReason({ correlation, units, place, isReorganised }: Known): FundingReason | null {
  const credited = correlation?.creditedUnits ?? null;
  if (credited !== null && credited < units) return 'credit_lower';
  return place === null && isReorganised ? 'block_reorganised' : null;
}

function awaitingConfirmation(known: Known, { settings, isSilent }: FoldContext): Verdict {
  const { waitedMs, place, isReorganised } = known;
  const reason: FundingReason = isSilent ? 'observer_silent' : 'confirmation_late';
  if (waitedMs >= settings.confirmStuckMs) return { status: 'stuck', reason };
  if (isSilent || waitedMs >= settings.confirmDelayedMs) return { status: 'delayed', reason };
  if (place !== null) return { status: 'confirming', reason: null };
  return isReorganised ? { status: 'reorganised', reason: 'block_reorganised' } : { status: 'seen', reason: null };
}

function awaitingCredit(known: Known, context: FoldContext): Verdict {
  const { settings } = context;
  // The bridge owes nothing for it, so that nobody has to look into it.
  if (isBelowMinimum(known, context)) return { status: 'confirmed', reason: 'below_minimum' };
  if (known.waitedMs >= settings.creditStuckMs) return { status: 'stuck', reason: 'credit_late' };
  if (known.waitedMs >= settings.creditDelayedMs) return { status: 'delayed', reason: 'credit_late' };
  return { status: 'confirmed', reason: null };
}

export function isBelowMinimum(known: Pick<Sighting, 'address' | 'units'>, { addresses }: FoldContext): boolean {
  const minimum = addresses.get(known.address)?.minimumUnits ?? null;
  return minimum !== null && known.units < minimum;
}

/** What is worth knowing of it whatever its status is, in the order in which it is named as the reason. */
function remarks(known: Known, context: FoldContext): FundingReason[] {
  const isCredited = known.correlation?.outcome === 'credited';
  const found: FundingReason[] = [];
  if (!isCredited && isBelowMinimum(known, context)) found.push('below_minimum');
  if (context.addresses.get(known.address)?.isActive === false) found.push('handle_retired');
  if (known.isFurther) found.push('transfer_duplicate');
  return found;
}

function numbersOf(reason: FundingReason, known: Known, { addresses, settings }: FoldContext): string {
  const minutes = Math.floor(known.waitedMs / 60_000);
  switch (reason) {
    case 'confirmation_late':
    case 'observer_silent':
      return ` (${known.confirmations} of ${settings.confirmationsRequired} confirmations after ${minutes} min)`;
    case 'credit_late':
      return ` (${minutes} min)`;
    case 'credit_lower':
      return ` (${known.correlation?.creditedUnits} of ${known.units})`;
    case 'below_minimum':
      return ` (${known.units}, minimum ${addresses.get(known.address)?.minimumUnits})`;
    case 'tx_replaced':
      return ` (${known.replacedBy})`;
    default:
      return '';
  }
}

/**
 * The sighting with its status as of now; the same object when nothing changed that a record would show. `waited` minutes in
 * the detail change with each record only: time that passes is no change by itself.
 */
export function judged(before: Sighting, known: Known, context: FoldContext): Sighting {
  const verdict = verdictOf(known, context);
  const reasons = [...(verdict.reason === null ? [] : [verdict.reason]), ...remarks(known, context)];
  const distinct = [...new Set(reasons)];
  const reason = distinct[0] ?? null;
  const next = { ...known, status: verdict.status, reason };
  if (!differs(before, next, context)) {
    return { ...before, ...known };
  }
  return {
    ...next,
    previousStatus: before.seq === 0 ? null : before.status,
    detail: distinct.map((each) => `${FUNDING_REASON_TEXT[each]}${numbersOf(each, known, context)}`).join('; '),
    seq: before.seq + 1,
    changedAtMs: context.nowMs,
  };
}

/** Confirmations beyond those that are required are no news. */
function differs(before: Sighting, next: Known & Verdict, { settings }: FoldContext): boolean {
  const shown = (count: number): number => Math.min(count, settings.confirmationsRequired);
  const { correlation: was } = before;
  const { correlation: is } = next;
  return (
    before.seq === 0 ||
    before.status !== next.status ||
    before.reason !== next.reason ||
    shown(before.confirmations) !== shown(next.confirmations) ||
    before.place?.hash !== next.place?.hash ||
    before.replacedBy !== next.replacedBy ||
    before.replaces !== next.replaces ||
    was?.outcome !== is?.outcome ||
    was?.bridgeStatus !== is?.bridgeStatus ||
    was?.creditTxHash !== is?.creditTxHash ||
    was?.creditedUnits !== is?.creditedUnits
  );
}
