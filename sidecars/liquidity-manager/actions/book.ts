// All treasury actions that are followed. Values: what happens gives a new book and the records that are to be published of it.

import { type Action, isOver, type Kind, keyOf, type Tracked } from './tracked.ts';

export type Book = ReadonlyMap<string, Tracked>;

export const EMPTY_BOOK: Book = new Map();

/**
 * Actions that are not over, of each kind: whoever pays to a deposit address makes deposits, and must neither keep out what an
 * operator asks for nor make it forgotten.
 */
export const OPEN_MAX: Readonly<Record<Kind, number>> = { deposit: 1_000, withdrawal: 100, deposit_address: 100 };
/**
 * Over ones that are kept. Deposits: more than all that the bridges report again and again, so that nothing they report is new
 * again. Withdrawals: a request that is repeated finds them. Addresses: those that were replaced can still be paid to.
 */
export const OVER_MAX: Readonly<Record<Kind, number>> = { deposit: 1_000, withdrawal: 1_000, deposit_address: 100 };

type Step = { readonly before: Tracked | null; readonly after: Tracked };

export type Applied = {
  readonly book: Book;
  /** Of each state with a record of its own, in their order: an action may go through several at once. */
  readonly steps: readonly Step[];
  /** Left out, since too many are open. */
  readonly refused: number;
};

/** Puts in what is new or has changed. What is new is left out when too many are open; the oldest of those that are over are forgotten. */
export function applied(book: Book, changes: readonly Tracked[]): Applied {
  const next = new Map(book);
  const open = countOpen(book);
  let refused = 0;
  const steps: Step[] = [];
  for (const tracked of changes) {
    const key = keyOf(tracked.action);
    const before = next.get(key);
    const { kind } = tracked.action;
    if (before === undefined && !isOver(tracked.action) && open[kind] >= OPEN_MAX[kind]) {
      if (!makeRoom(next, tracked.action)) {
        refused++;
        continue;
      }
      open[kind]--;
    }
    if (before !== undefined && !isOver(before.action)) open[kind]--;
    if (!isOver(tracked.action)) open[kind]++;
    // What changed last is last.
    next.delete(key);
    next.set(key, tracked);
    if (before?.action !== tracked.action) steps.push({ before: before ?? null, after: tracked });
  }
  forgetOldest(next);
  return { book: next, steps, refused };
}

function countOpen(book: Book): Record<Kind, number> {
  const open: Record<Kind, number> = { deposit: 0, withdrawal: 0, deposit_address: 0 };
  for (const { action } of book.values()) if (!isOver(action)) open[action.kind]++;
  return open;
}

/** Anybody can send it, as often as he likes. */
export const isDust = ({ kind, reason_code }: Action): boolean => kind === 'deposit' && reason_code === 'below_minimum';

/** Dust gives way to a deposit that counts: whoever sends dust must not hide it. */
function makeRoom(book: Map<string, Tracked>, action: Action): boolean {
  if (action.kind !== 'deposit' || isDust(action)) return false;
  for (const [key, { action: other }] of book) {
    if (isOver(other) || !isDust(other)) continue;
    book.delete(key);
    return true;
  }
  return false;
}

function forgetOldest(book: Map<string, Tracked>): void {
  const excess: Record<Kind, number> = {
    deposit: -OVER_MAX.deposit,
    withdrawal: -OVER_MAX.withdrawal,
    deposit_address: -OVER_MAX.deposit_address,
  };
  for (const { action } of book.values()) if (isOver(action)) excess[action.kind]++;
  for (const [key, { action }] of book) {
    if (!isOver(action) || excess[action.kind] <= 0) continue;
    book.delete(key);
    excess[action.kind]--;
  }
}

/** In the order in which they changed last. */
export const ofKind = (book: Book, kind: Kind): readonly Tracked[] =>
  [...book.values()].filter(({ action }) => action.kind === kind);

/** The newest first. */
export function newest(book: Book, most: number, fits: (action: Action) => boolean): readonly Action[] {
  const found: Action[] = [];
  for (const { action } of [...book.values()].reverse()) {
    if (found.length >= most) break;
    if (fits(action)) found.push(action);
  }
  return found;
}
