// Which quotes explain a change of the balances. Each suspect is a nonce that was, or may have been, used between two
// blocks: one of its quotes was settled, or nothing was moved. An explanation picks one option a suspect; it is *exact* when
// the options add up to the change, and *possible* when the rest is an inflow in every asset. Pure.
//
// Evidence by strength: the transaction that executed an intent under the nonce; an exact sum; the venue's quote_status;
// a possible sum. Where they contradict each other, every quote that any of them names stays a candidate.
// The search is bounded: beyond its budget it claims nothing, and names must tell.

import { deltaOf, type QuoteEntry } from './lanes.ts';

/** null: the nonce moved nothing. */
export type Option = QuoteEntry | null;

export type Suspect = {
  readonly live: readonly QuoteEntry[];
  /** What the transaction proved: a quote, or null for a payload that is none of ours; undefined without such proof. */
  readonly proven: Option | undefined;
};

export type Attribution = {
  /**
   * `exact`: the options add up to the change. `contradicted`: they do, but not those that are named. `named`: what is
   * named, beside an inflow or not fitting at all. `possible`: only beside an inflow. `none`: nothing explains the change.
   * `unsearched`: too many sums to look at.
   */
  readonly kind: 'exact' | 'contradicted' | 'named' | 'possible' | 'none' | 'unsearched';
  /** By suspect, the options of all explanations found; every option where none was. */
  readonly options: readonly ReadonlySet<Option>[];
  /** What the explanations moved, where all of them moved the same; else null. */
  readonly explained: readonly bigint[] | null;
  /** An explanation was found that leaves no loss over. */
  readonly fits: boolean;
};

/** Sums that are looked at, at most: a few milliseconds, and enough for two lanes of thousands of quotes. */
const BUDGET = 8000;

type OptionClass = { readonly delta: readonly bigint[]; readonly options: Option[] };

/**
 * @param assets the order in which `change` and sums name the assets
 * @param change of the credited balances between the two blocks
 */
export function attribute(
  assets: readonly string[],
  suspects: readonly Suspect[],
  change: readonly bigint[],
): Attribution {
  const every = suspects.map((suspect) =>
    classesOf(
      assets,
      provenOr(suspect, () => [...suspect.live, null]),
    ),
  );
  const named = suspects.map((suspect) =>
    classesOf(
      assets,
      provenOr(suspect, () => namesOf(suspect)),
    ),
  );
  const hasNames = suspects.some(isNamed);

  const exact = search(named, change, 'exact');
  if (!exact.complete) return { kind: 'unsearched', options: all(named), explained: null, fits: false };
  if (exact.found > 0) return { kind: 'exact', options: exact.options, explained: change, fits: true };
  if (hasNames) {
    const unnamed = search(every, change, 'exact');
    if (unnamed.found > 0) {
      return { kind: 'contradicted', options: union(named, unnamed.options), explained: change, fits: true };
    }
  }
  const possible = search(named, change, 'possible');
  if (possible.complete && possible.found > 0) {
    const kind = hasNames ? 'named' : 'possible';
    return { kind, options: possible.options, explained: possible.explained, fits: true };
  }
  return hasNames
    ? { kind: 'named', options: all(named), explained: only(named), fits: false }
    : { kind: possible.complete ? 'none' : 'unsearched', options: all(every), explained: null, fits: false };
}

/** Something beyond the balances speaks of this suspect. */
export const isNamed = (suspect: Suspect): boolean =>
  suspect.proven !== undefined || suspect.live.some((quote) => quote.status !== null);

const provenOr = (suspect: Suspect, otherwise: () => Option[]): Option[] =>
  suspect.proven === undefined ? otherwise() : [suspect.proven];

function namesOf(suspect: Suspect): Option[] {
  const named = suspect.live.filter((quote) => quote.status !== null);
  return named.length > 0 ? named : [...suspect.live, null];
}

/** Options that move the same amounts are one class: no balance can tell them apart. */
function classesOf(assets: readonly string[], options: readonly Option[]): OptionClass[] {
  const classes = new Map<string, OptionClass>();
  for (const option of options) {
    const delta = assets.map((asset) => (option === null ? 0n : deltaOf(option.attempt, asset)));
    const key = delta.join(',');
    const known = classes.get(key);
    if (known === undefined) classes.set(key, { delta, options: [option] });
    else known.options.push(option);
  }
  return [...classes.values()];
}

type Found = {
  found: number;
  complete: boolean;
  readonly options: Set<Option>[];
  explained: readonly bigint[] | null;
};

function search(classes: readonly OptionClass[][], change: readonly bigint[], want: 'exact' | 'possible'): Found {
  const result: Found = { found: 0, complete: true, options: classes.map(() => new Set()), explained: null };
  // The suspect with the most classes comes last: an exact sum looks its option up instead of trying each.
  const order = classes.map((_, index) => index).sort((a, b) => sizeAt(classes, a) - sizeAt(classes, b));
  const last = order.at(-1);
  const lastByDelta = new Map<string, OptionClass>();
  for (const item of last === undefined ? [] : (classes[last] ?? [])) lastByDelta.set(item.delta.join(','), item);
  const picked: OptionClass[] = [];
  let steps = 0;

  const accept = (sum: readonly bigint[]): void => {
    result.found++;
    result.explained = result.found === 1 ? sum : null;
    for (const [depth, index] of order.entries()) {
      for (const option of picked[depth]?.options ?? []) result.options[index]?.add(option);
    }
  };
  const visit = (depth: number, sum: readonly bigint[]): void => {
    if (steps++ > BUDGET) {
      result.complete = false;
      return;
    }
    const index = order[depth];
    if (index === undefined) {
      const fits = sum.every((value, at) =>
        want === 'exact' ? value === (change[at] ?? 0n) : value <= (change[at] ?? 0n),
      );
      if (fits) accept(sum);
      return;
    }
    if (want === 'exact' && index === last) {
      const item = lastByDelta.get(sum.map((value, at) => (change[at] ?? 0n) - value).join(','));
      if (item === undefined) return;
      picked[depth] = item;
      accept(change);
      return;
    }
    for (const item of classes[index] ?? []) {
      picked[depth] = item;
      visit(
        depth + 1,
        sum.map((value, at) => value + (item.delta[at] ?? 0n)),
      );
    }
  };
  visit(
    0,
    change.map(() => 0n),
  );
  if (!result.complete) result.explained = null;
  return result;
}

const sizeAt = (classes: readonly OptionClass[][], index: number): number => classes[index]?.length ?? 0;

const all = (classes: readonly OptionClass[][]): Set<Option>[] =>
  classes.map((list) => new Set(list.flatMap((item) => item.options)));

const union = (classes: readonly OptionClass[][], found: readonly ReadonlySet<Option>[]): Set<Option>[] =>
  all(classes).map((options, index) => new Set([...options, ...(found[index] ?? [])]));

/** The sum where every suspect has one class, else null. */
function only(classes: readonly OptionClass[][]): readonly bigint[] | null {
  let sum: readonly bigint[] | null = null;
  for (const list of classes) {
    const item = list[0];
    if (item === undefined || list.length > 1) return null;
    sum = sum === null ? item.delta : sum.map((value, at) => value + (item.delta[at] ?? 0n));
  }
  return sum;
}
