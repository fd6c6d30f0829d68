// Nonces that were used between the same two balances and may have swapped what they moved: each has a quote, or nothing, with the
// amounts that the other one is said to have moved. The balances are the same either way, so that without a transaction nothing but a
// name of the venue tells. Pure.

import type { UsedNonce } from './attribution.ts';
import { type Choices, nothingOf, type OptionClass, type Options, whole } from './choices.ts';

/** An unproven nonce: what it may have moved, and what it is said to have moved. */
type Side = { readonly index: number; readonly choices: Choices; readonly said: readonly OptionClass[] };

/**
 * Looks up a few sums of each two nonces, however many quotes they have.
 * @returns the indexes of those that are said to have moved one thing, and may have swapped it with another one
 */
export function swappable(
  assets: readonly string[],
  usedNonces: readonly UsedNonce[],
  options: readonly Options[],
): ReadonlySet<number> {
  const nothing = nothingOf(assets);
  const sides: Side[] = [];
  for (const [index, { live, proven }] of usedNonces.entries()) {
    const its = options[index];
    if (proven !== undefined || its === undefined) continue;
    // Of one of which nothing is ruled out, nothing is what each other one may have moved as well.
    sides.push({ index, choices: whole(assets, live, nothing), said: its.all ? [nothing] : its.classes });
  }
  const found = new Set<number>();
  for (const one of sides) {
    const [its, ...others] = one.said;
    if (its === undefined || others.length > 0) continue;
    if (sides.some((other) => other !== one && mayHaveSwapped(one, its, other))) found.add(one.index);
  }
  return found;
}

const mayHaveSwapped = (one: Side, its: OptionClass, other: Side): boolean =>
  isChoice(other, its) && other.said.some((others) => !isSame(its, others) && isChoice(one, others));

const isChoice = ({ choices }: Side, { delta }: OptionClass): boolean => choices.find(delta) !== undefined;

const isSame = (a: OptionClass, b: OptionClass): boolean => a.delta.every((units, at) => units === b.delta[at]);
