// The arguments of a soak that are whole numbers: `--name N` each, the seed among them.

import { parseArgs } from 'node:util';

/** A run without a seed takes one of these, and prints it. */
const SEEDS = 1_000_000;
const WHOLE = /^[0-9]{1,9}$/;

type Numbers<Name extends string> = Readonly<Record<Name | 'seed', number>>;

/** The numbers, or what is wrong with the arguments. @param defaults of all but the seed, which is random without an argument */
export function numbersOf<Name extends string>(
  args: readonly string[],
  defaults: Readonly<Record<Name, number>>,
  random: () => number = Math.random,
): Numbers<Name> | string {
  const byDefault: Readonly<Record<string, number>> = { ...defaults, seed: Math.floor(random() * SEEDS) };
  const names = Object.keys(byDefault);
  try {
    const options = Object.fromEntries(names.map((name) => [name, { type: 'string' as const }]));
    const { values } = parseArgs({ args: [...args], options });
    const wrong = names.find((name) => values[name] !== undefined && !WHOLE.test(String(values[name])));
    if (wrong !== undefined) return `--${wrong} must be a whole number`;
    return Object.fromEntries(names.map((name) => [name, Number(values[name] ?? byDefault[name])])) as Numbers<Name>;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
