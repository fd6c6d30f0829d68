// What a run of changes comes to: how many of a room were noticed, which were not, and whether that is few enough. Pure.

import { type Change, described } from './change.ts';
import { isAt, type Place } from './choice.ts';
import type { Trial } from './run.ts';

/** A change that nobody can notice, since nothing outside differs. */
export type Equivalent = Place & { readonly why: string };

type Counts = {
  readonly room: string;
  readonly tried: number;
  readonly noticed: number;
  readonly equivalent: number;
  readonly unnoticed: number;
};

export type Verdict = {
  readonly rooms: readonly Counts[];
  readonly unnoticed: readonly Change[];
  /** Why the run has failed; empty when it has not. */
  readonly violations: readonly string[];
};

const UNNOTICED_MAX_PCT = 5;

/** @param always what has to be noticed, whatever the share */
export function verdictOf(
  trials: readonly Trial[],
  { equivalents, always }: { readonly equivalents: readonly Equivalent[]; readonly always: readonly Place[] },
): Verdict {
  const isEquivalent = (change: Change): boolean => equivalents.some((row) => isAt(row, change));
  const unnoticed = trials
    .filter(({ change, noticedBy }) => noticedBy === null && !isEquivalent(change))
    .map(({ change }) => change);
  const wrong = trials.filter(({ change, noticedBy }) => noticedBy !== null && isEquivalent(change));
  const named = unnoticed.filter((change) => always.some((place) => isAt(place, change)));
  const isTooMany = unnoticed.length * 100 > trials.length * UNNOTICED_MAX_PCT;
  return {
    rooms: [...Map.groupBy(trials, ({ change }) => roomOf(change))].map(([room, those]) =>
      countsOf(room, those, isEquivalent),
    ),
    unnoticed,
    violations: [
      ...(isTooMany ? [`${unnoticed.length} of ${trials.length} unnoticed, more than ${UNNOTICED_MAX_PCT} %`] : []),
      ...named.map((change) => `was noticed before: ${described(change)}`),
      ...wrong.map(({ change }) => `is on the list of equivalents, and a test notices it: ${described(change)}`),
    ],
  };
}

function countsOf(room: string, trials: readonly Trial[], isEquivalent: (change: Change) => boolean): Counts {
  const noticed = trials.filter(({ noticedBy }) => noticedBy !== null).length;
  const equivalent = trials.filter(({ change, noticedBy }) => noticedBy === null && isEquivalent(change)).length;
  return { room, tried: trials.length, noticed, equivalent, unnoticed: trials.length - noticed - equivalent };
}

const roomOf = ({ file }: Change): string => file.split('/').at(1) ?? file;
