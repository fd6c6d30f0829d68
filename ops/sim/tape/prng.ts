// A small seeded random number generator (sfc32), for material that must come out the same whenever it is made again.
// Pure: the seed is passed in, chances are integer ratios, no float decides anything. Not for secrets.

export type Prng = {
  /** Whole number from 0 to `limit - 1`; `limit` is at most 2^32. */
  below(limit: number): number;
  /** Whole number from `low` to `high`, both included. */
  between(low: number, high: number): number;
  /** True in `parts` of `whole` cases. */
  chance(parts: number, whole: number): boolean;
  pick<Item>(items: readonly [Item, ...Item[]]): Item;
  /** So many lower-case hex digits. */
  hex(digits: number): string;
};

export function seededPrng(seed: number): Prng {
  let a = 0x9e37_79b9;
  let b = 0x243f_6a88;
  let c = seed >>> 0;
  let counter = 1;

  function next(): number {
    const sum = (a + b + counter) >>> 0;
    counter = (counter + 1) >>> 0;
    a = (b ^ (b >>> 9)) >>> 0;
    b = (c + (c << 3)) >>> 0;
    c = (((c << 21) | (c >>> 11)) + sum) >>> 0;
    return sum;
  }

  // The first outputs still show the seed.
  for (let round = 0; round < 15; round += 1) next();

  const below = (limit: number): number => Number((BigInt(next()) * BigInt(limit)) >> 32n);

  return {
    below,
    between: (low, high) => low + below(high - low + 1),
    chance: (parts, whole) => below(whole) < parts,
    pick: (items) => {
      const item = items[below(items.length)];
      return item === undefined ? items[0] : item;
    },
    hex: (digits) => Array.from({ length: digits }, () => below(16).toString(16)).join(''),
  };
}
