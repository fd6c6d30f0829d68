// All treasury actions that are followed. Values: what happens gives a new book and the records that are to be published of it.

import { type Action, isOver, type Kind, keyOf, type Tracked } from './tracked.ts';

export type Book = ReadonlyMap<string, Tracked>;

export const EMPTY_BOOK: Book = new Map();

/**
 * Actions that are not over. Each is a transfer of somebody's money or an address that an operator asked for; a stranger could
 * pay dust to a deposit address for a long time before he has paid for so many.
 */
export const OPEN_MAX = 1_000;
/** Over ones that are kept: more than all that the bridges report again and again, so that nothing they report is new again. */
export const OVER_MAX = 1_000;

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
  let open = countOpen(book);
  let refused = 0;
  const steps: Step[] = [];
  for (const tracked of changes) {
    const key = keyOf(tracked.action);
    const before = next.get(key);
    const isNew = before === undefined;
    if (isNew && !isOver(tracked.action) && open >= OPEN_MAX) {
      refused++;
      continue;
    }
    if (before !== undefined && !isOver(before.action)) open--;
    if (!isOver(tracked.action)) open++;
    // What changed last is last.
    next.delete(key);
    next.set(key, tracked);
    if (before?.action !== tracked.action) steps.push({ before: before ?? null, after: tracked });
  }
  forgetOldest(next);
  return { book: next, steps, refused };
}

export const countOpen = (book: Book): number => [...book.values()].filter(({ action }) => !isOver(action)).length;

function forgetOldest(book: Map<string, Tracked>): void {
  let excess = [...book.values()].filter(({ action }) => isOver(action)).length - OVER_MAX;
  for (const [key, { action }] of book) {
    if (excess <= 0) return;
    if (!isOver(action)) continue;
    book.delete(key);
    excess--;
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
