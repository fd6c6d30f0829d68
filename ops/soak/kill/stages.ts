// Where the kills of a chain fall: seven stages in turn, each as a plain kill and as a power cut. Pure.

import type { Prng } from '../../sim/tape/prng.ts';
import type { KillAt, Place } from './killed/places.ts';

export const STAGES = [
  'before the journal',
  'between journal and send',
  'between send and acknowledgement',
  'during recovery',
  'between settlement and result',
  'during a pull',
  'during a checkpoint',
] as const;
export type Stage = (typeof STAGES)[number];

export type Kill = {
  readonly stage: Stage;
  readonly powerCut: boolean;
  /** Null: it is killed from outside, once so many answers are owed their acknowledgement, or so much later. */
  readonly at: KillAt | null;
  readonly owed: number;
  readonly afterMs: number;
};

/** Where each stage that ends itself does, and at which of these records at the latest. */
const WITHIN: Readonly<
  Partial<Record<Stage, { readonly place: Place; readonly last: number; readonly side?: KillAt['side'] }>>
> = {
  'before the journal': { place: 'answer', last: 40, side: 'before' },
  'between journal and send': { place: 'answer', last: 40, side: 'after' },
  'during recovery': { place: 'start', last: 3 },
  'between settlement and result': { place: 'settlement', last: 2 },
  'during a pull': { place: 'pull', last: 2 },
  'during a checkpoint': { place: 'checkpoint', last: 4 },
};
const OWED_MAX = 30;
/** A start is over, and its first balance read, after about so long. */
const START_MS = 1_200;

export function killsOf(count: number, prng: Prng): readonly Kill[] {
  return Array.from({ length: count }, (_, index) => {
    const stage = STAGES[index % STAGES.length] ?? STAGES[0];
    const round = Math.floor(index / STAGES.length);
    return { stage, powerCut: round % 2 === 1, ...momentOf(stage, round, prng) };
  });
}

function momentOf(stage: Stage, round: number, prng: Prng): Omit<Kill, 'stage' | 'powerCut'> {
  const owed = 1 + prng.below(OWED_MAX);
  const afterMs = prng.below(START_MS);
  const within = WITHIN[stage];
  // Every other recovery ends where nothing is written: while the journal is read, or the first connections are made.
  const isOutside = within === undefined || (stage === 'during recovery' && Math.floor(round / 2) % 2 === 1);
  if (isOutside) return { at: null, owed, afterMs };
  const { place, last, side = prng.pick(['before', 'after']) } = within;
  return { at: { place, nth: 1 + prng.below(last), side }, owed, afterMs };
}
