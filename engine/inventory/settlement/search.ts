// Looks for sums of options, one of each nonce, that explain a change of balances. Yields after each sum, so that the work of a turn
// is counted by whoever asks for the next. Pure.

import { ALL, CANDIDATES_MAX, type Choices, minus, type OptionClass, type Options, plus } from './choices.ts';

/** Sums that one search looks at, at most: all pairs of two nonces of which one has as many quotes as may be live. */
const BUDGET = 100_000;

export type Found = {
  readonly found: number;
  /** All sums were looked at, or enough of them to know that of no nonce anything is ruled out. */
  readonly complete: boolean;
  readonly options: readonly Options[];
  /** What the explanations moved, where there is one; else null. */
  readonly explained: readonly bigint[] | null;
};

/** Collects what explanations pick, a class once, up to a bound: of a nonce with more, nothing is ruled out. */
class Picks {
  readonly #byNonce: Map<string, OptionClass>[];
  #few: number;

  constructor(usedNonces: number) {
    this.#byNonce = Array.from({ length: usedNonces }, () => new Map());
    this.#few = usedNonces;
  }

  /** Of every nonce more was picked than is kept. */
  get isFull(): boolean {
    return this.#few === 0;
  }

  add(usedNonce: number, picked: OptionClass): void {
    const classes = this.#byNonce[usedNonce];
    if (classes === undefined || classes.size > CANDIDATES_MAX) return;
    classes.set(picked.terms ?? picked.delta.join(), picked);
    if (classes.size > CANDIDATES_MAX) this.#few--;
  }

  get options(): Options[] {
    return this.#byNonce.map((classes) =>
      classes.size > CANDIDATES_MAX ? ALL : { all: false, classes: [...classes.values()] },
    );
  }
}

/** What was found so far. */
class Findings {
  readonly #order: readonly number[];
  readonly #picks: Picks;
  #found = 0;
  #explained: readonly bigint[] | null = null;

  /** @param order of the nonces in which options are picked */
  constructor(order: readonly number[]) {
    this.#order = order;
    this.#picks = new Picks(order.length);
  }

  get isFull(): boolean {
    return this.#found > 0 && this.#picks.isFull;
  }

  accept(picked: readonly OptionClass[], sum: readonly bigint[]): void {
    this.#found++;
    this.#explained = this.#found === 1 ? sum : null;
    for (const [depth, index] of this.#order.entries()) {
      const choice = picked[depth];
      if (choice !== undefined) this.#picks.add(index, choice);
    }
  }

  end(complete: boolean): Found {
    return {
      found: this.#found,
      complete,
      options: this.#picks.options,
      explained: complete ? this.#explained : null,
    };
  }
}

/**
 * `exact`: adds up to the change. `possible`: to no more than that in any asset. `near`: that, and to all of it in one asset. `partial`:
 * to all of it in one asset, whatever the others say.
 */
type Mode = 'exact' | 'near' | 'possible' | 'partial';

export function* search(choices: readonly Choices[], change: readonly bigint[], mode: Mode): Generator<void, Found> {
  // The nonce with the most classes comes last: an exact sum looks its option up instead of trying each.
  const order = choices.map((_, index) => index).sort((a, b) => (choices[a]?.size ?? 0) - (choices[b]?.size ?? 0));
  const findings = new Findings(order);
  const last = order.length - 1;
  const at = (depth: number): Choices | undefined => choices[order[depth] ?? -1];
  const isEven = (value: bigint, asset: number): boolean => value === (change[asset] ?? 0n);
  const fits = (sum: readonly bigint[]): boolean => {
    if (mode === 'exact') return sum.every(isEven);
    if (mode === 'partial') return sum.some(isEven);
    return sum.every((value, asset) => value <= (change[asset] ?? 0n)) && (mode === 'possible' || sum.some(isEven));
  };

  const picked: OptionClass[] = [];
  /** By depth: what is left to try there, and the sum of what is picked before it. */
  const levels: { readonly left: Iterator<OptionClass>; readonly sum: readonly bigint[] }[] = [];
  const none = change.map(() => 0n);
  if (last < 0) {
    if (fits(none)) findings.accept(picked, none);
    return findings.end(true);
  }
  const open = (sum: readonly bigint[]): void => {
    const depth = levels.length;
    if (mode === 'exact' && depth === last) {
      const item = at(depth)?.find(minus(change, sum));
      if (item === undefined) return;
      picked[depth] = item;
      findings.accept(picked, change);
      return;
    }
    levels.push({ left: (at(depth)?.classes() ?? [])[Symbol.iterator](), sum });
  };
  open(none);
  for (let steps = 0; levels.length > 0; steps++) {
    if (steps > BUDGET) return findings.end(false);
    yield;
    const depth = levels.length - 1;
    const level = levels[depth];
    const next = level?.left.next();
    if (level === undefined || next === undefined || next.done === true) {
      levels.pop();
      continue;
    }
    picked[depth] = next.value;
    const sum = plus(level.sum, next.value.delta);
    if (depth < last) open(sum);
    else if (fits(sum)) findings.accept(picked, sum);
    if (findings.isFull) break;
  }
  return findings.end(true);
}

/** A nonce whose quote was settled, by its index. */
type Mover = readonly [index: number, picked: OptionClass];

/** Nothing, one settlement, or two: whichever comes first, and all of that number. null: none of these explains the change. */
export function* likely(
  choices: readonly Choices[],
  change: readonly bigint[],
  nothing: OptionClass,
): Generator<void, Options[] | null> {
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
    yield;
    const one = choice.find(change);
    if (one !== undefined && mayRest([index])) accept([[index, one]]);
  }
  if (found === 0) yield* acceptPairs(choices, change, { mayRest, accept });
  return found > 0 ? picks.options : null;
}

type PairRules = {
  /** Whether all but these may have moved nothing. */
  readonly mayRest: (except: readonly number[]) => boolean;
  readonly accept: (movers: readonly Mover[]) => void;
};

/** Two settlements that add up to the change while all others may rest, as far as the budget goes. */
function* acceptPairs(
  choices: readonly Choices[],
  change: readonly bigint[],
  { mayRest, accept }: PairRules,
): Generator<void, void> {
  let steps = 0;
  for (const [first, some] of choices.entries()) {
    for (const [second, others] of choices.entries()) {
      if (second <= first || !mayRest([first, second])) continue;
      const [few, many] = some.size <= others.size ? [first, second] : [second, first];
      for (const item of choices[few]?.classes() ?? []) {
        if (steps++ > BUDGET) return;
        yield;
        const rest = choices[many]?.find(minus(change, item.delta));
        if (rest === undefined) continue;
        accept([
          [few, item],
          [many, rest],
        ]);
      }
    }
  }
}
