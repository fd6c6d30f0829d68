// Snapshots of the verifier one after the other: one may take several turns, and those that are read meanwhile wait for it. As
// bounded as the polls that overlap.

import type { Observation } from '../../model/observation.ts';
import type { SnapshotRefusal } from '../settlement/evidence.ts';

/** Why a snapshot was not taken; null when it was, or had been before. */
export type OnTaken = (refusal: SnapshotRefusal | null) => void;

export type SnapshotQueueOptions = {
  /** One turn of work on a snapshot; `goesOn` when it needs another one. */
  readonly take: (observation: Observation) => SnapshotRefusal | null | 'goesOn';
  /** Runs a function after the turn. */
  readonly later: (run: () => void) => void;
};

/** @returns what puts a snapshot into it; the first is begun in the same turn */
export function createSnapshotQueue({ take, later }: SnapshotQueueOptions) {
  const waiting: { readonly observation: Observation; readonly onTaken: OnTaken }[] = [];
  const takeFirst = (): void => {
    const [first] = waiting;
    if (first === undefined) return;
    const taken = take(first.observation);
    if (taken !== 'goesOn') waiting.shift();
    if (waiting.length > 0) later(takeFirst);
    if (taken !== 'goesOn') first.onTaken(taken);
  };
  return (observation: Observation, onTaken: OnTaken): void => {
    waiting.push({ observation, onTaken });
    if (waiting.length === 1) takeFirst();
  };
}
