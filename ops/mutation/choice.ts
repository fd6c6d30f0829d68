// Which of all changes are tried: the same number of each room, drawn by a seed so that a change elsewhere in a file does not
// draw others, and each of those that once went unnoticed. Pure.

import type { Change } from './change.ts';

/** A place in the code that lists name: every change of this kind on such a line of the file. */
export type Place = Pick<Change, 'file' | 'code' | 'what'>;

export const isAt = (place: Place, change: Change): boolean =>
  place.file === change.file && place.code === change.code && place.what === change.what;

export type Draw = {
  /** Changes of each room. */
  readonly rooms: readonly (readonly Change[])[];
  readonly count: number;
  readonly seed: number;
  /** Tried in any case. */
  readonly always: readonly Place[];
};

/** At least `count` where there are so many; first those that are tried in any case, then room by room in turn. */
export function chosen({ rooms, count, seed, always }: Draw): readonly Change[] {
  const first = rooms.flat().filter((change) => always.some((place) => isAt(place, change)));
  const taken = new Set(first);
  const drawn = rooms.map((changes) => ranked(changes, seed).filter((change) => !taken.has(change)));
  const longest = Math.max(0, ...drawn.map(({ length }) => length));
  for (let round = 0; round < longest && taken.size < count; round++) {
    for (const changes of drawn) {
      const change = changes[round];
      if (change !== undefined && taken.size < count) taken.add(change);
    }
  }
  return [...taken];
}

/** By a number that depends on the change and the seed alone. */
function ranked(changes: readonly Change[], seed: number): readonly Change[] {
  const seen = new Map<string, number>();
  const keyed = changes.map((change) => {
    const name = `${change.file} ${change.code} ${change.what}`;
    const nth = seen.get(name) ?? 0;
    seen.set(name, nth + 1);
    return { change, rank: Bun.hash(`${seed} ${name} ${nth}`) };
  });
  return keyed.sort((one, other) => (one.rank < other.rank ? -1 : 1)).map(({ change }) => change);
}
