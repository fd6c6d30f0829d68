// Which quotes explain a change of the balances. Each is a nonce that was, or may have been, used between two
// blocks: one of its quotes was settled, or nothing was moved. An explanation picks one option a nonce; it is *exact* when
// the options add up to the change, and *possible* when the rest is an inflow in every asset. Pure.
//
// Evidence by strength: the transaction that executed an intent under the nonce, as an endpoint tells it; an exact sum; the
// venue's quote_status; a possible sum. Where they contradict each other, every quote that any of them names stays a candidate. Of
// several names under one nonce one is true at most: that the venue does not name a quote then says nothing against it.
// The search is bounded, whatever the number of quotes: beyond its budget only the explanation by the fewest settlements is
// looked up, which is then likely and not certain. It goes on in steps, so that no turn has to wait for the end of it: see
// attributions.ts.

import type { LiveQuotes } from '../live-quotes.ts';
import {
  ALL,
  CANDIDATES_MAX,
  type Choices,
  listed,
  nothingOf,
  type Option,
  type OptionClass,
  type Options,
  plus,
  whole,
} from './choices.ts';
import { likely, search } from './search.ts';

export type UsedNonce = {
  readonly live: LiveQuotes;
  /** What the transaction proved: a quote, or null for a payload that we did not sign; undefined without such proof. */
  readonly proven: Option | undefined;
  /** No block shows it used: then the venue's word that it is settling a quote counts for nothing. */
  readonly isDoubtful?: boolean;
};

export type Attribution = {
  /**
   * `exact`: the options add up to the change. `likely`: they do with the fewest settlements, and there are too many sums to
   * look at the others. `contradicted`: they do, or do next to an inflow, but not those that are named, or not as well; or, next to a
   * loss, one balance agrees with them and none with what is named. `named`: what is named, next to an inflow or not fitting at all.
   * `possible`: only next to an inflow. `none`: nothing explains the change. `unsearched`: too many sums to look at.
   */
  readonly kind: 'exact' | 'likely' | 'contradicted' | 'named' | 'possible' | 'none' | 'unsearched';
  /** By nonce, the options of all explanations found; every option where none was. */
  readonly options: readonly Options[];
  /** What the explanations moved, where all of them moved the same; else null. */
  readonly explained: readonly bigint[] | null;
  /** An explanation was found that leaves no loss over. */
  readonly fits: boolean;
};

/** The one option that is left, undefined when there are more. */
export function soleOption(options: Options): Option | undefined {
  const [only] = options.classes;
  if (options.all || only === undefined || options.classes.length > 1 || only.quotes.size > 1) return undefined;
  return only.quotes.values().next().value ?? null;
}

/** Whether a status or a transaction, not just the balances, points at a quote of this nonce. */
export const isNamed = (usedNonce: UsedNonce): boolean => usedNonce.proven !== undefined || namedOf(usedNonce).size > 0;

const NOBODY: LiveQuotes['named'] = new Set();

/** The quotes that the venue named, as far as that counts. */
export const namedOf = ({ live, isDoubtful }: UsedNonce): LiveQuotes['named'] =>
  isDoubtful === true ? NOBODY : live.named;

/**
 * Yields after each sum that it looked at; it may be left there for any time, and goes on with the quotes that are there then.
 * @param assets the order in which `change` and sums name the assets
 * @param change of the credited balances between the two blocks
 */
export function* attributing(
  assets: readonly string[],
  usedNonces: readonly UsedNonce[],
  change: readonly bigint[],
): Generator<void, Attribution> {
  const byName = yield* attributingByName(assets, usedNonces, change);
  const isUndecided = usedNonces.some(
    (each, index) => hasSeveralNames(each) && soleOption(byName.options[index] ?? ALL) === undefined,
  );
  if (!isUndecided) return byName;
  // As if the venue had named none of them.
  const unnamed = usedNonces.map((each) => (hasSeveralNames(each) ? { ...each, isDoubtful: true } : each));
  const byBalance = yield* attributingByName(assets, unnamed, change);
  const isSame = byName.explained?.every((units, at) => units === byBalance.explained?.[at]) === true;
  const fits = byName.fits || byBalance.fits;
  return {
    // Where nothing fits there is a loss. It is reported whole, as it is without names: also one that is no more than a quote pays.
    kind: fits ? byName.kind : byBalance.kind,
    options: union(byName.options, byBalance.options),
    explained: isSame ? byName.explained : null,
    fits,
  };
}

function* attributingByName(
  assets: readonly string[],
  usedNonces: readonly UsedNonce[],
  change: readonly bigint[],
): Generator<void, Attribution> {
  const hasNames = usedNonces.some(isNamed);
  const nothing = nothingOf(assets);
  if (!hasNames && change.every((value) => value === 0n)) {
    const options = usedNonces.map(() => ({ all: false, classes: [nothing] }));
    return { kind: 'exact', options, explained: change, fits: true };
  }
  const named = usedNonces.map((usedNonce) => choicesByName(assets, usedNonce, nothing));

  const exact = yield* search(named, change, 'exact');
  if (exact.complete && exact.found > 0)
    return { kind: 'exact', options: exact.options, explained: change, fits: true };
  if (!exact.complete) return yield* byFewest(named, change, nothing);
  const others = usedNonces.map((each) => choicesWithoutWord(assets, each, nothing));
  const hasWords = usedNonces.some(isWord);
  if (hasWords) {
    const unnamed = yield* search(others, change, 'exact');
    // An exact sum is stronger than the word of the venue: of a nonce of which that names nothing, nothing else is left.
    const said = unnamed.complete ? named.map(saidOf) : named.map(allOf);
    if (unnamed.found > 0)
      return { kind: 'contradicted', options: union(said, unnamed.options), explained: change, fits: true };
  }
  if (usedNonces.some(({ proven }) => proven !== undefined)) {
    const every = usedNonces.map((usedNonce) => whole(assets, usedNonce.live, nothing));
    const unproven = yield* search(every, change, 'exact');
    if (unproven.found > 0) {
      return {
        kind: 'contradicted',
        options: union(named.map(allOf), unproven.options),
        explained: change,
        fits: true,
      };
    }
  }
  const possible = yield* search(named, change, 'possible');
  const isFitting = possible.complete && possible.found > 0;
  if (hasWords && !(isFitting && (yield* search(named, change, 'near')).found > 0)) {
    // The venue names what cannot have been: it is wrong, or balance went elsewhere. Or what was only together with an inflow of every
    // asset. What would explain it without its word, in the second case with less of an inflow, stays open.
    const { complete, found, options, explained } = yield* search(others, change, isFitting ? 'near' : 'possible');
    if (complete && found > 0)
      return { kind: 'contradicted', options: union(named.map(allOf), options), explained, fits: true };
    // Balance went elsewhere, most likely of one asset: the other one shows what was settled, unless it is what the venue names.
    if (!isFitting && (yield* search(named, change, 'partial')).found === 0) {
      const partial = yield* search(others, change, 'partial');
      const candidates = union(named.map(allOf), partial.options);
      if (partial.complete && partial.found > 0)
        return { kind: 'contradicted', options: candidates, explained: null, fits: false };
    }
  }
  if (isFitting) {
    const kind = hasNames ? 'named' : 'possible';
    return { kind, options: possible.options, explained: possible.explained, fits: true };
  }
  return hasNames
    ? { kind: 'named', options: named.map(allOf), explained: only(named), fits: false }
    : { kind: possible.complete ? 'none' : 'unsearched', options: named.map(allOf), explained: null, fits: false };
}

function* byFewest(
  choices: readonly Choices[],
  change: readonly bigint[],
  nothing: OptionClass,
): Generator<void, Attribution> {
  const options = yield* likely(choices, change, nothing);
  return options === null
    ? { kind: 'unsearched', options: choices.map(allOf), explained: null, fits: false }
    : { kind: 'likely', options, explained: change, fits: true };
}

/** Nothing but the word of the venue points at a quote of this nonce. */
const isWord = (usedNonce: UsedNonce): boolean => usedNonce.proven === undefined && namedOf(usedNonce).size > 0;

const isListed = ({ size }: LiveQuotes['named']): boolean => size > 0 && size <= CANDIDATES_MAX;

/** The venue names more of its quotes than can have been settled. */
function hasSeveralNames(usedNonce: UsedNonce): boolean {
  const named = namedOf(usedNonce);
  return usedNonce.proven === undefined && isListed(named) && named.size > 1;
}

/** What is proven, where something is; else everything. */
const choicesWithoutWord = (assets: readonly string[], { live, proven }: UsedNonce, nothing: OptionClass): Choices =>
  proven === undefined ? whole(assets, live, nothing) : listed(assets, [proven], nothing);

/** What is proven or named, where something is; else everything. Names that are given to any number of quotes name none. */
function choicesByName(assets: readonly string[], usedNonce: UsedNonce, nothing: OptionClass): Choices {
  const { live, proven } = usedNonce;
  if (proven !== undefined) return listed(assets, [proven], nothing);
  const named = namedOf(usedNonce);
  return isListed(named) ? listed(assets, [...named], nothing) : whole(assets, live, nothing);
}

const allOf = (choices: Choices): Options => (choices.isWhole ? ALL : { all: false, classes: [...choices.classes()] });

/** What is proven or named, where something is; else nothing. */
const saidOf = (choices: Choices): Options => (choices.isWhole ? NOTHING_SAID : allOf(choices));
const NOTHING_SAID: Options = { all: false, classes: [] };

/** Options that move the same amounts are one class: that with more quotes, as the other one is a selection of the same. */
const union = (some: readonly Options[], others: readonly Options[]): Options[] =>
  some.map((own, index) => {
    const other = others[index] ?? ALL;
    if (own.all || other.all) return ALL;
    const classes = new Map(own.classes.map((each) => [each.delta.join(), each]));
    for (const each of other.classes) {
      const known = classes.get(each.delta.join());
      if (known === undefined || known.quotes.size < each.quotes.size) classes.set(each.delta.join(), each);
    }
    return { all: false, classes: [...classes.values()] };
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
