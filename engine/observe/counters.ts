// Counters by index for the hot path: a fixed list of names, one number each in a typed array.

export type Counters<Name extends string> = {
  add(name: Name): void;
  get(name: Name): number;
  total(): number;
  /** Those above zero, in the order of the list. */
  shown(): Record<string, number>;
  readonly names: readonly Name[];
};

export function createCounters<const Name extends string>(names: readonly Name[]): Counters<Name> {
  const counts = new Float64Array(names.length);
  const indexOf = new Map(names.map((name, index) => [name, index]));
  // Names are closed lists: an unknown one would be a fault in this program, and counts nowhere.
  const at = (name: Name): number => indexOf.get(name) ?? -1;
  return {
    names,
    add(name) {
      const index = at(name);
      counts[index] = (counts[index] ?? 0) + 1;
    },
    get: (name) => counts[at(name)] ?? 0,
    total: () => counts.reduce((sum, count) => sum + count, 0),
    shown: () =>
      Object.fromEntries(
        names.flatMap((name, index) => ((counts[index] ?? 0) > 0 ? [[name, counts[index] ?? 0]] : [])),
      ),
  };
}
