// What may have happened under a nonce that was used: the options of an attribution, those that move the same amounts as one. Pure.

import type { LiveQuotes } from '../live-quotes.ts';
import { deltaOf, type QuoteEntry } from '../quotes.ts';
import { type Terms, termsKey } from '../terms.ts';

/** Candidates that a record names at most, and classes of them that are kept: a lane can hold tens of thousands of quotes. */
export const CANDIDATES_MAX = 64;

/** null: the nonce moved nothing. */
export type Option = QuoteEntry | null;

/** Options that move the same amounts: no balance can tell them apart. */
export type OptionClass = {
  readonly delta: readonly bigint[];
  /** Empty: nothing moved. */
  readonly quotes: ReadonlySet<QuoteEntry>;
  /** All quotes of the nonce with these terms; null when the class is a selection of them, or nothing. */
  readonly terms: string | null;
};

/** The options of one nonce that some explanation picks. `all`: so many that none is ruled out. */
export type Options = { readonly all: boolean; readonly classes: readonly OptionClass[] };

export const ALL: Options = { all: true, classes: [] };

/** What may be picked for a nonce; `find` looks a sum up instead of trying each. */
export type Choices = {
  readonly size: number;
  classes(): Iterable<OptionClass>;
  find(delta: readonly bigint[]): OptionClass | undefined;
  /** Every quote of the nonce and nothing are among them. */
  readonly isWhole: boolean;
};

const NO_QUOTES: ReadonlySet<QuoteEntry> = new Set();

export const nothingOf = (assets: readonly string[]): OptionClass => ({
  delta: assets.map(() => 0n),
  quotes: NO_QUOTES,
  terms: null,
});

export const minus = (change: readonly bigint[], sum: readonly bigint[]): bigint[] =>
  change.map((value, at) => value - (sum[at] ?? 0n));
export const plus = (sum: readonly bigint[], delta: readonly bigint[]): bigint[] =>
  sum.map((value, at) => value + (delta[at] ?? 0n));

/** These options and no others. */
export function listed(assets: readonly string[], options: readonly Option[], nothing: OptionClass): Choices {
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

/** Every quote of a nonce, and nothing. */
export function whole(assets: readonly string[], live: LiveQuotes, nothing: OptionClass): Choices {
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
