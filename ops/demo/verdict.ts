// Whether a demo showed what it is for: a settled quote in each direction and of each kind of request, with a whole story; a deposit up
// to its credit; an alert. Pure: which settled quotes to tell, and what is missing.

import type { Direction, RequestKind, SettledQuote } from './history.ts';

export const DIRECTIONS: readonly Direction[] = ['BTC->EURe', 'EURe->BTC'];
export const KINDS: readonly RequestKind[] = ['exact_in', 'exact_out'];

/** The first of each direction and kind, in the order in which they settled. */
export function candidatesOf(settled: readonly SettledQuote[]): readonly SettledQuote[] {
  return DIRECTIONS.flatMap((direction) =>
    KINDS.flatMap((kind) => settled.find((quote) => quote.direction === direction && quote.kind === kind) ?? []),
  );
}

/** One quote for each direction, of different kinds where that can be had. */
export function chooseStories(candidates: readonly SettledQuote[]): readonly SettledQuote[] {
  const [first = [], second = []] = DIRECTIONS.map((direction) =>
    candidates.filter((quote) => quote.direction === direction),
  );
  for (const one of first) {
    const other = second.find(({ kind }) => kind !== one.kind);
    if (other !== undefined) return [one, other];
  }
  return [...first.slice(0, 1), ...second.slice(0, 1)];
}

export type SettledStory = SettledQuote & {
  /** What its story still lacks. */
  readonly missing: readonly string[];
};

/** One sentence for each thing that the demo failed to show; empty when it showed all. */
export function shortcomings(settled: readonly SettledQuote[], stories: readonly SettledStory[]): readonly string[] {
  return [
    ...DIRECTIONS.flatMap((direction) =>
      lack(settled, stories, `direction ${direction}`, (one) => one.direction === direction),
    ),
    ...KINDS.flatMap((kind) => lack(settled, stories, `kind ${kind}`, (one) => one.kind === kind)),
    ...stories
      .filter(({ missing }) => missing.length > 0)
      .map(({ quoteId, missing }) => `the story of ${quoteId} lacks ${missing.join(', ')}`),
  ];
}

function lack(
  settled: readonly SettledQuote[],
  stories: readonly SettledStory[],
  what: string,
  isSuch: (quote: SettledQuote) => boolean,
): readonly string[] {
  if (!settled.some(isSuch)) return [`no quote of the ${what} settled`];
  return stories.some(isSuch) ? [] : [`there is no story of a settled quote of the ${what}`];
}

/** Statuses of the records of the deposit, by its observer and as an action of the treasury, and of those of the alert. */
type Treasury = {
  readonly observed: readonly string[];
  readonly deposited: readonly string[];
  readonly alerts: readonly string[];
};

/** One sentence for each status that history does not have. */
export function treasuryShortcomings({ observed, deposited, alerts }: Treasury): readonly string[] {
  return [
    ...absent(['seen', 'confirmed', 'credited'], observed, 'the deposit was not observed as'),
    ...absent(['credited'], deposited, 'the deposit is not recorded as'),
    ...absent(['raised', 'cleared'], alerts, 'the alert is not recorded as'),
  ];
}

const absent = (wanted: readonly string[], found: readonly string[], what: string): readonly string[] =>
  wanted.filter((status) => !found.includes(status)).map((status) => `${what} ${status}`);
