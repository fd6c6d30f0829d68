// Which reservations a snapshot shows withdrawn, and what of the change of the balances is left for settlements and deposits. Pure.
//
// A nonce that was used says that its withdrawal was executed, whatever else moved the balance, unless only that it moved nothing
// comes out even: something else was executed under the nonce. Without such a nonce a withdrawal counts only where the amount comes
// out even, to the unit: a loss of any other amount stays a loss.

import type { Observation } from '../../model/observation.ts';
import { saltOf } from '../lanes/nonce.ts';
import type { Attribution } from '../settlement/attribution.ts';
import { endsAtMs, type Reservation } from './reservation.ts';

type Change = Readonly<Record<string, bigint>>;

/** Of so many withdrawals any two are tried also where each try costs a search: six of them. */
const PAIRED_MOST = 4;

export type ShownWithdrawals = {
  readonly withdrawn: readonly Reservation[];
  readonly burned: readonly Reservation[];
  /** The change of the balances without the withdrawals. */
  readonly change: Change;
  /** Of that change. */
  readonly attribution: Attribution;
};

type WithdrawalInputs = {
  /** Taken and not over, oldest first. */
  readonly taken: readonly Reservation[];
  readonly snapshot: Pick<Observation, 'block' | 'nonces' | 'invalidSalts'>;
  readonly change: Change;
  /** Quotes may have settled: each combination then costs a search of its own, so that of many withdrawals only few are tried. */
  readonly mayHaveSettled: boolean;
  /** What settlements explain of a change; null: that is still being looked for. */
  readonly attribute: (change: Change) => Attribution | null;
};

/** null: it goes on in the next turn. */
export function shownWithdrawals(inputs: WithdrawalInputs): ShownWithdrawals | null {
  const { taken, snapshot, change, mayHaveSettled, attribute } = inputs;
  const { used, possible } = sorted(taken, snapshot);
  let first: ShownWithdrawals | null = null;
  for (const withdrawn of combinations(used, possible, !mayHaveSettled || possible.length <= PAIRED_MOST)) {
    const rest = without(change, withdrawn);
    const attribution = attribute(rest);
    if (attribution === null) return null;
    const burned = used.filter((reservation) => !withdrawn.includes(reservation));
    const shown = { withdrawn, burned, change: rest, attribution };
    const isFirst = first === null;
    first ??= shown;
    // What is used or withdrawn has to come out even; what is not, only has to leave no loss.
    const touched = isFirst ? used : [...withdrawn, ...burned];
    if (attribution.fits && touched.every(({ asset }) => isEven(asset, rest, attribution, Object.keys(change))))
      return shown;
    if (attribution.kind === 'unsearched') break;
  }
  return first;
}

function sorted(taken: readonly Reservation[], snapshot: WithdrawalInputs['snapshot']) {
  const read = new Map<string, boolean>(snapshot.nonces.map(({ nonce, used }) => [nonce, used]));
  const used: Reservation[] = [];
  const possible: Reservation[] = [];
  for (const reservation of taken) {
    const { nonce } = reservation;
    const isUsed = nonce === null ? undefined : read.get(nonce);
    const isUnused = isUsed === false && !isForgettable(reservation, snapshot);
    if (isUsed === true) used.push(reservation);
    else if (!isUnused) possible.push(reservation);
  }
  // Of equal amounts the first to end is taken for withdrawn: what was published stays covered for as long as either can be executed.
  possible.sort((a, b) => untilOf(a) - untilOf(b));
  return { used, possible };
}

/** The verifier may have forgotten that its nonce was used: its time is past, or its salt is not valid any more. */
function isForgettable(reservation: Reservation, { block, invalidSalts }: WithdrawalInputs['snapshot']): boolean {
  const lastAtMs = endsAtMs(reservation);
  const salt = reservation.nonce === null ? null : saltOf(reservation.nonce);
  return lastAtMs === null || block.timeMs > lastAtMs || (salt !== null && invalidSalts.includes(salt));
}

const untilOf = (reservation: Reservation): number => endsAtMs(reservation) ?? Number.MAX_VALUE;

/**
 * Of withdrawals that may have happened: first what is known alone, then with one of the others, with two, with all, and last without
 * one of those that are known, and without any. Of equal amounts the first is tried: no balance can tell them apart.
 */
function* combinations(
  used: readonly Reservation[],
  possible: readonly Reservation[],
  withPairs: boolean,
): Generator<readonly Reservation[]> {
  yield used;
  const seen = new Set<string>();
  for (const one of possible) {
    const key = `${one.asset} ${one.amountUnits}`;
    if (!seen.has(key)) yield [...used, one];
    seen.add(key);
  }
  if (withPairs) {
    for (const [at, one] of possible.entries()) for (const other of possible.slice(0, at)) yield [...used, other, one];
  }
  if (possible.length > 1) yield [...used, ...possible];
  if (used.length > 1) for (const burned of used) yield used.filter((reservation) => reservation !== burned);
  if (used.length > 0) yield [];
}

function without(change: Change, withdrawn: readonly Reservation[]): Change {
  if (withdrawn.length === 0) return change;
  const rest: Record<string, bigint> = { ...change };
  for (const { asset, amountUnits } of withdrawn) rest[asset] = (rest[asset] ?? 0n) + amountUnits;
  return rest;
}

/**
 * Whether the balance of its asset changed by more than what is known to have moved: next to a deposit a withdrawal may have left, unless
 * its nonce says otherwise.
 */
export const mayHide = ({ asset }: Reservation, { change, attribution }: ShownWithdrawals): boolean =>
  !isEven(asset, change, attribution, Object.keys(change));

function isEven(asset: string, change: Change, { explained }: Attribution, assets: readonly string[]): boolean {
  const at = assets.indexOf(asset);
  return at < 0 || (explained !== null && explained[at] === (change[asset] ?? 0n));
}
