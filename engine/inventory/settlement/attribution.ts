// Which quotes explain a change of the balances. Each is a nonce that was, or may have been, used between two
// blocks: one of its quotes was settled, or nothing was moved. An explanation picks one option a nonce; it is *exact* when
// the options add up to the change, and *possible* when the rest is an inflow in every asset. Pure.
//
// Evidence by strength: the transaction that executed an intent under the nonce, as an endpoint tells it; an exact sum; the
// venue's quote_status; a possible sum. Where they contradict each other, every quote that any of them names stays a candidate.
// The search is bounded, whatever the number of quotes: beyond its budget only the explanation by the fewest settlements is
// looked up, which is then likely and not certain.

import type { LiveQuotes } from '../live-quotes.ts';
import { deltaOf, type QuoteEntry } from '../quotes.ts';
import { type Terms, termsKey } from '../terms.ts';

/** null: the nonce moved nothing. */
export type Option = QuoteEntry | null;

export type UsedNonce = {
  readonly live: LiveQuotes;
  /** What the transaction proved: a quote, or null for a payload that we did not sign; undefined without such proof. */
  readonly proven: Option | undefined;
};

/** Options that move the same amounts: no balance can tell them apart. */
type OptionClass = {
  readonly delta: readonly bigint[];
  /** Empty: nothing moved. */
  readonly quotes: ReadonlySet<QuoteEntry>;
  /** All quotes of the nonce with these terms; null when the class is a selection of them, or nothing. */
  readonly terms: string | null;
};

/** The options of one nonce that some explanation picks. */
export type Options = { readonly all: boolean; readonly classes: readonly OptionClass[] };

export type Attribution = {
  /**
   * `exact`: the options add up to the change. `likely`: they do with the fewest settlements, and there are too many sums to
   * look at the others. `contradicted`: they do, but not those that are named. `named`: what is named, next to an inflow or not
   * fitting at all. `possible`: only next to an inflow. `none`: nothing explains the change. `unsearched`: too many sums to
   * look at.
   */
  readonly kind: 'exact' | 'likely' | 'contradicted' | 'named' | 'possible' | 'none' | 'unsearched';
  /** By nonce, the options of all explanations found; every option where none was. */
  readonly options: readonly Options[];
  /** What the explanations moved, where all of them moved the same; else null. */
  readonly explained: readonly bigint[] | null;
  /** An explanation was found that leaves no loss over. */
  readonly fits: boolean;
};

/** Sums that are looked at, at most: a few milliseconds. */
const BUDGET = 8000;

const NO_QUOTES: ReadonlySet<QuoteEntry> = new Set();
const ALL: Options = { all: true, classes: [] };

/** The one option that is left, undefined when there are more. */
export function soleOption(options: Options): Option | undefined {
  const [only, ...others] = options.classes;
  if (options.all || only === undefined || others.length > 0 || only.quotes.size > 1) return undefined;
  return only.quotes.values().next().value ?? null;
}

/** Whether a status or a transaction, not just the balances, points at a quote of this nonce. */
export const isNamed = (usedNonce: UsedNonce): boolean =>
  usedNonce.proven !== undefined || usedNonce.live.named.size > 0;

/**
 * @param assets the order in which `change` and sums name the assets
 * @param change of the credited balances between the two blocks
 */
export function attribute(
  assets: readonly string[],
  usedNonces: readonly UsedNonce[],
  change: readonly bigint[],
): Attribution {
  const hasNames = usedNonces.some(isNamed);
  const nothing: OptionClass = { delta: assets.map(() => 0n), quotes: NO_QUOTES, terms: null };
  if (!hasNames && change.every((value) => value === 0n)) {
    const options = usedNonces.map(() => ({ all: false, classes: [nothing] }));
    return { kind: 'exact', options, explained: change, fits: true };
  }
  const every = usedNonces.map((usedNonce) => whole(assets, usedNonce.live, nothing));
  const named = usedNonces.map((usedNonce) => choicesByName(assets, usedNonce, nothing));

  const exact = search(named, change, 'exact');
  if (exact.complete && exact.found > 0)
    return { kind: 'exact', options: exact.options, explained: change, fits: true };
  if (!exact.complete) return likely(named, change, nothing);
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
    ? { kind: 'named', options: named.map(allOf), explained: only(named), fits: false }
    : { kind: possible.complete ? 'none' : 'unsearched', options: named.map(allOf), explained: null, fits: false };
}

/** What may be picked for a nonce; `find` looks a sum up instead of trying each. */
type Choices = {
  readonly size: number;
  classes(): Iterable<OptionClass>;
  find(delta: readonly bigint[]): OptionClass | undefined;
  /** Every quote of the nonce and nothing are among them. */
  readonly isWhole: boolean;
};

/** What is proven or named, where something is; else everything. */
function choicesByName(assets: readonly string[], { live, proven }: UsedNonce, nothing: OptionClass): Choices {
  if (proven !== undefined) return listed(assets, [proven], nothing);
  return live.named.size > 0 ? listed(assets, [...live.named], nothing) : whole(assets, live, nothing);
}

function listed(assets: readonly string[], options: readonly Option[], nothing: OptionClass): Choices {
  const classes = new Map<string, OptionClass & { readonly quotes: Set<QuoteEntry> }>();
  for (const option of options) {
    const delta = option === null ? nothing.delta : assets.map((asset) => deltaOf(option.attempt, asset));
    const known = classes.get(delta.join());
    if (known !== undefined && option !== null) known.quotes.add(option);
    else classes.set(delta.join(), { delta, quotes: new Set(option === null ? [] : [option]), terms: null });
  }
  return {
    size: classes.size,
    classes: () => classes.values(),
    find: (delta) => classes.get(delta.join()),
    isWhole: false,
  };
}

function whole(assets: readonly string[], live: LiveQuotes, nothing: OptionClass): Choices {
  const [sample] = live;
  const inAt = sample === undefined ? -1 : assets.indexOf(sample.attempt.assetIn);
  const outAt = sample === undefined ? -1 : assets.indexOf(sample.attempt.assetOut);
  const deltaBy = (inUnits: bigint, outUnits: bigint): bigint[] =>
    assets.map((_, at) => (at === inAt ? inUnits : at === outAt ? -outUnits : 0n));
  return {
    size: live.terms.size + 1,
    *classes() {
      yield nothing;
      for (const terms of live.terms.values()) yield classOf(terms, deltaBy(terms.inUnits, terms.outUnits));
    },
    find(delta) {
      if (delta.every((value) => value === 0n)) return nothing;
      if (delta.some((value, at) => value !== 0n && at !== inAt && at !== outAt)) return undefined;
      const found = live.terms.get(termsKey(delta[inAt] ?? 0n, -(delta[outAt] ?? 0n)));
      return found === undefined ? undefined : classOf(found, delta);
    },
    isWhole: true,
  };
}

/** Its quotes are asked for where it explains something: of most classes they never are. */
const classOf = (terms: Terms, delta: readonly bigint[]): OptionClass => ({
  delta,
  terms: terms.key,
  get quotes() {
    return terms.quotes;
  },
});

type Found = {
  found: number;
  complete: boolean;
  readonly options: readonly Options[];
  explained: readonly bigint[] | null;
};

/** Collects what explanations pick, a class once. */
class Picks {
  readonly #byNonce: Map<string, OptionClass>[];
  constructor(usedNonces: number) {
    this.#byNonce = Array.from({ length: usedNonces }, () => new Map());
  }
  add(usedNonce: number, picked: OptionClass): void {
    this.#byNonce[usedNonce]?.set(picked.delta.join(), picked);
  }
  get options(): Options[] {
    return this.#byNonce.map((classes) => ({ all: false, classes: [...classes.values()] }));
  }
}

const minus = (change: readonly bigint[], sum: readonly bigint[]): bigint[] =>
  change.map((value, at) => value - (sum[at] ?? 0n));
const plus = (sum: readonly bigint[], delta: readonly bigint[]): bigint[] =>
  sum.map((value, at) => value + (delta[at] ?? 0n));

function search(choices: readonly Choices[], change: readonly bigint[], mode: 'exact' | 'possible'): Found {
  const picks = new Picks(choices.length);
  const result = { found: 0, complete: true, explained: null as readonly bigint[] | null };
  // The nonce with the most classes comes last: an exact sum looks its option up instead of trying each.
  const order = choices.map((_, index) => index).sort((a, b) => (choices[a]?.size ?? 0) - (choices[b]?.size ?? 0));
  const last = order.at(-1);
  const picked: OptionClass[] = [];
  let steps = 0;

  const accept = (sum: readonly bigint[]): void => {
    result.found++;
    result.explained = result.found === 1 ? sum : null;
    for (const [depth, index] of order.entries()) {
      const choice = picked[depth];
      if (choice !== undefined) picks.add(index, choice);
    }
  };
  const visit = (depth: number, sum: readonly bigint[]): void => {
    if (steps++ > BUDGET) {
      result.complete = false;
      return;
    }
    const index = order[depth];
    if (index === undefined) {
      const fits =
        mode === 'exact'
          ? sum.every((value, at) => value === (change[at] ?? 0n))
          : sum.every((value, at) => value <= (change[at] ?? 0n));
      if (fits) accept(sum);
      return;
    }
    if (mode === 'exact' && index === last) {
      const item = choices[index]?.find(minus(change, sum));
      if (item === undefined) return;
      picked[depth] = item;
      accept(change);
      return;
    }
    for (const item of choices[index]?.classes() ?? []) {
      if (!result.complete) return;
      picked[depth] = item;
      visit(depth + 1, plus(sum, item.delta));
    }
  };
  visit(
    0,
    change.map(() => 0n),
  );
  if (!result.complete) result.explained = null;
  return { ...result, options: picks.options };
}

/** A nonce whose quote was settled, by its index. */
type Mover = readonly [index: number, picked: OptionClass];

/** Nothing, one settlement, or two: whichever comes first, and all of that number. */
function likely(choices: readonly Choices[], change: readonly bigint[], nothing: OptionClass): Attribution {
  const picks = new Picks(choices.length);
  let found = 0;
  const accept = (movers: readonly Mover[]): void => {
    found++;
    for (const index of choices.keys()) {
      picks.add(index, movers.find(([mover]) => mover === index)?.[1] ?? nothing);
    }
  };
  const mayRest = (except: readonly number[]): boolean =>
    choices.every((choice, index) => except.includes(index) || choice.find(nothing.delta) !== undefined);
  if (change.every((value) => value === 0n) && mayRest([])) accept([]);
  for (const [index, choice] of found > 0 ? [] : choices.entries()) {
    const one = choice.find(change);
    if (one !== undefined && mayRest([index])) accept([[index, one]]);
  }
  for (const pair of found > 0 ? [] : pairsOf(choices, change, mayRest)) accept(pair);
  return found > 0
    ? { kind: 'likely', options: picks.options, explained: change, fits: true }
    : { kind: 'unsearched', options: choices.map(allOf), explained: null, fits: false };
}

/** Two settlements that add up to the change while all others may rest, as far as the budget goes. */
function* pairsOf(
  choices: readonly Choices[],
  change: readonly bigint[],
  mayRest: (except: readonly number[]) => boolean,
): Iterable<readonly Mover[]> {
  let steps = 0;
  for (const [first, some] of choices.entries()) {
    for (const [second, others] of choices.entries()) {
      if (second <= first || !mayRest([first, second])) continue;
      const [few, many] = some.size <= others.size ? [first, second] : [second, first];
      for (const item of choices[few]?.classes() ?? []) {
        if (steps++ > BUDGET) return;
        const rest = choices[many]?.find(minus(change, item.delta));
        if (rest === undefined) continue;
        yield [
          [few, item],
          [many, rest],
        ];
      }
    }
  }
}

const allOf = (choices: Choices): Options => (choices.isWhole ? ALL : { all: false, classes: [...choices.classes()] });

const union = (choices: readonly Choices[], found: readonly Options[]): Options[] =>
  choices.map((choice, index) => {
    const own = allOf(choice);
    return own.all ? own : { all: false, classes: [...own.classes, ...(found[index]?.classes ?? [])] };
  });

/** The sum where every nonce has one class, else null. */
function only(choices: readonly Choices[]): readonly bigint[] | null {
  let sum: readonly bigint[] | null = null;
  for (const choice of choices) {
    const [item] = choice.classes();
    if (item === undefined || choice.size > 1) return null;
    sum = sum === null ? item.delta : plus(sum, item.delta);
  }
  return sum;
}
