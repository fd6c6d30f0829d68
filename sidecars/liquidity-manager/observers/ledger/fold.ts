// Folds what a reading of a chain found, or that nothing was found for a time, into the sightings. Each state that a sighting went
// through is a change of its own: a transfer that is in another block now was taken out of its first one before. Pure.
//
// Invariants: a transaction hash never changes; confirmations are taken back only on proof, which the reader of the chain gives; what
// a reading does not mention stays as it is.

import { correlate } from './correlate.ts';
import {
  type ChainReading,
  type FoldContext,
  type Folded,
  isOver,
  keyOf,
  type Ledger,
  type Place,
  type SeenTransfer,
  type Sighting,
} from './sighting.ts';
import { confirmationsOf, isBelowMinimum, isConfirmed, judged } from './status.ts';

/** Transfers that are kept: far more than a treasury makes in months, and a few megabytes. */
export const SIGHTINGS_MAX = 1000;
/** Of those that are over and beyond change, so many are kept to be shown. */
const SETTLED_MAX = 200;
/** Outpoints of a record; by one of them a replacement is recognised. */
export const INPUTS_MAX = 64;
/** One reading cannot show that a transfer was absent for longer than this. */
const ABSENCE_MAX_MS = 600_000;

type Draft = {
  readonly sightings: Map<string, Sighting>;
  readonly changes: Sighting[];
  readonly context: FoldContext;
  readonly tipHeight: number | null;
  /** Transactions of the sightings by what they spend; who paid which address. */
  readonly spenders: Map<string, string>;
  readonly paid: Set<string>;
  refused: number;
};

/** @param reading null: there was none, and only time has passed */
export function foldReading(ledger: Ledger, reading: ChainReading | null, context: FoldContext): Folded {
  const aged = [...ledger.sightings].map(([key, sighting]) => [key, agedBy(sighting, context.elapsedMs)] as const);
  const draft: Draft = {
    sightings: new Map(aged),
    changes: [],
    context,
    tipHeight: reading?.tipHeight ?? ledger.tipHeight,
    spenders: new Map(),
    paid: new Set(),
    refused: 0,
  };
  for (const [, sighting] of aged) noteSighting(draft, sighting);
  if (reading !== null) takeReading(draft, reading);
  for (const [key, sighting] of draft.sightings) settle(draft, key, sighting);
  const next: Ledger = {
    ...ledger,
    tipHeight: draft.tipHeight,
    cursors: cursorsAfter(ledger, reading, context),
    refused: reading === null ? ledger.refused : draft.refused,
    ignored: reading?.ignored ?? ledger.ignored,
    sightings: draft.sightings,
  };
  const correlated = correlate(next, context);
  return { ledger: pruned(correlated.ledger, context), changes: [...draft.changes, ...correlated.changes] };
}

function agedBy(sighting: Sighting, elapsedMs: number): Sighting {
  if (!isOver(sighting)) return { ...sighting, waitedMs: sighting.waitedMs + elapsedMs };
  return sighting.place === null ? { ...sighting, absentMs: sighting.absentMs + elapsedMs } : sighting;
}

const payment = ({ txHash, address }: Pick<Sighting, 'txHash' | 'address'>): string => `${txHash} ${address}`;

function noteSighting({ spenders, paid }: Draft, sighting: Sighting): void {
  for (const input of sighting.inputs) spenders.set(input, sighting.txHash);
  paid.add(payment(sighting));
}

function takeReading(draft: Draft, reading: ChainReading): void {
  const { sightings } = draft;
  const seenTxs = new Set(reading.seen.map(({ txHash }) => txHash));
  const spenders = spendersOf(reading.seen);
  const goneTxs = new Map(reading.gone.map(({ txHash, replacedBy }) => [txHash, replacedBy]));
  for (const [key, sighting] of sightings) {
    if (seenTxs.has(sighting.txHash)) continue;
    const rival = sighting.inputs.map((input) => spenders.get(input)).find((txHash) => txHash !== undefined);
    const isGone = goneTxs.has(sighting.txHash) || (rival !== undefined && sighting.place === null);
    if (isGone) takeAbsence(draft, key, goneTxs.get(sighting.txHash) ?? rival ?? null);
  }
  for (const transfer of reading.seen) takeTransfer(draft, transfer);
}

function spendersOf(seen: readonly SeenTransfer[]): ReadonlyMap<string, string> {
  const spenders = new Map<string, string>();
  for (const { txHash, inputs } of seen) for (const input of inputs) spenders.set(input, txHash);
  return spenders;
}

function takeAbsence(draft: Draft, key: string, replacedBy: string | null): void {
  const before = draft.sightings.get(key);
  if (before === undefined) return;
  const unplaced = before.place === null ? before : takeOutOfBlock(draft, key, before);
  const absentMs = before.absentMs + Math.min(draft.context.elapsedMs, ABSENCE_MAX_MS);
  const absentReadings = before.absentReadings + 1;
  const replaced = replacedBy === before.txHash ? null : (replacedBy ?? before.replacedBy);
  settle(draft, key, { ...unplaced, replacedBy: replaced, absentMs, absentReadings });
}

/** Its confirmations are taken back, as a change of its own. */
function takeOutOfBlock(draft: Draft, key: string, before: Sighting): Sighting {
  return settle(draft, key, { ...before, place: null, isReorganised: true, confirmedAtMs: null, waitedMs: 0 });
}

function takeTransfer(draft: Draft, transfer: SeenTransfer): void {
  const key = keyOf(transfer);
  const known = draft.sightings.get(key);
  const before = known ?? newSighting(draft, transfer);
  if (before === null) return;
  const isMoved = before.place !== null && !isSamePlace(before.place, transfer.place);
  const base = isMoved ? takeOutOfBlock(draft, key, before) : before;
  settle(draft, key, {
    ...base,
    place: transfer.place,
    replacedBy: null,
    absentMs: 0,
    absentReadings: 0,
    lastSeenAtMs: draft.context.nowMs,
  });
}

const isSamePlace = (one: Place, other: Place | null): boolean => other !== null && one.hash === other.hash;

/** null: it is not followed. */
function newSighting(draft: Draft, transfer: SeenTransfer): Sighting | null {
  const { sightings, context } = draft;
  const watched = context.addresses.get(transfer.address);
  if (watched === undefined) return null;
  if (sightings.size >= SIGHTINGS_MAX && !makeRoom(draft, transfer)) {
    draft.refused += 1;
    return null;
  }
  const inputs = transfer.inputs.slice(0, INPUTS_MAX);
  const rivals = inputs.map((input) => draft.spenders.get(input));
  const replaced = rivals.find((txHash) => txHash !== undefined && txHash !== transfer.txHash);
  const sighting: Sighting = {
    txHash: transfer.txHash,
    outputIndex: transfer.outputIndex,
    address: transfer.address,
    assetId: watched.assetId,
    bridge: watched.bridge,
    units: transfer.units,
    inputs,
    sender: transfer.sender,
    place: null,
    isReorganised: false,
    replacedBy: null,
    replaces: replaced ?? null,
    absentMs: 0,
    absentReadings: 0,
    waitedMs: 0,
    isFurther: draft.paid.has(payment(transfer)),
    correlation: null,
    confirmations: 0,
    status: 'seen',
    previousStatus: null,
    reason: null,
    detail: '',
    seq: 0,
    firstSeenAtMs: context.nowMs,
    lastSeenAtMs: context.nowMs,
    confirmedAtMs: null,
    changedAtMs: context.nowMs,
  };
  noteSighting(draft, sighting);
  return sighting;
}

/** Dust gives way to a transfer that counts: whoever sends dust pays for it, and must not hide a deposit. */
function makeRoom({ sightings, context }: Draft, transfer: SeenTransfer): boolean {
  if (isBelowMinimum(transfer, context)) return false;
  for (const [key, sighting] of sightings) {
    if (!isBelowMinimum(sighting, context) && !isOver(sighting)) continue;
    sightings.delete(key);
    return true;
  }
  return false;
}

/** What it is after this step; a change is noted. */
function settle(draft: Draft, key: string, known: Sighting): Sighting {
  const { sightings, context, changes } = draft;
  const before = sightings.get(key) ?? known;
  const confirmations = confirmationsOf(known, draft.tipHeight);
  const counted = { ...known, confirmations };
  const isNewlyConfirmed = known.confirmedAtMs === null && isConfirmed(counted, context);
  const timed = isNewlyConfirmed ? { ...counted, confirmedAtMs: context.nowMs, waitedMs: 0 } : counted;
  const after = judged(before, timed, context);
  sightings.set(key, after);
  if (after.seq !== before.seq) changes.push(after);
  return after;
}

/** Positions never move back, except from above the chain; those of addresses that are not watched any more are forgotten. */
function cursorsAfter(
  { cursors }: Ledger,
  reading: ChainReading | null,
  { addresses }: FoldContext,
): ReadonlyMap<string, number> {
  const after = new Map<string, number>();
  for (const address of addresses.keys()) {
    const was = cursors.get(address);
    const readTo = reading?.readTo.get(address);
    const isBeyond = was !== undefined && reading !== null && was > reading.tipHeight;
    const height = was === undefined || isBeyond ? readTo : Math.max(was, readTo ?? was);
    if (height !== undefined) after.set(address, height);
  }
  return after;
}

/** Forgets the oldest of those that are over and can neither change nor be met again. */
function pruned(ledger: Ledger, { settledBlocks }: FoldContext): Ledger {
  const { sightings, tipHeight } = ledger;
  const isSettled = (sighting: Sighting): boolean =>
    isOver(sighting) &&
    (sighting.place === null
      ? sighting.absentMs > FORGET_AFTER_MS
      : (tipHeight ?? 0) - sighting.place.height > settledBlocks);
  const settled = [...sightings].filter(([, sighting]) => isSettled(sighting));
  if (settled.length <= SETTLED_MAX) return ledger;
  const kept = new Map(sightings);
  for (const [key] of settled.slice(0, settled.length - SETTLED_MAX)) kept.delete(key);
  return { ...ledger, sightings: kept };
}

/** A transaction that no node has kept for so long cannot come back by itself. */
const FORGET_AFTER_MS = 14 * 86_400_000;

/**
 * What is not over, as further changes with nothing new: readers look back a bounded time, and must know it all the same.
 * `at` of such a record is when it was published again.
 */
export function restated(ledger: Ledger, nowMs: number): Folded {
  const sightings = new Map(ledger.sightings);
  const changes: Sighting[] = [];
  for (const [key, sighting] of sightings) {
    if (isOver(sighting)) continue;
    const again = { ...sighting, seq: sighting.seq + 1, previousStatus: sighting.status, changedAtMs: nowMs };
    sightings.set(key, again);
    changes.push(again);
  }
  return { ledger: { ...ledger, sightings }, changes };
}
