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

export type SnapshotQueue = {
  /** The first is begun in the same turn. */
  add(observation: Observation, onTaken: OnTaken): void;
  /** Takes nothing more, and says nothing of what waits. */
  stop(): void;
};

export function createSnapshotQueue({ take, later }: SnapshotQueueOptions): SnapshotQueue {
  let isStopped = false;
  const waiting: { readonly observation: Observation; readonly onTaken: OnTaken }[] = [];
  const takeFirst = (): void => {
    const [first] = waiting;
    if (first === undefined || isStopped) return;
    const taken = take(first.observation);
    if (taken !== 'goesOn') waiting.shift();
    if (waiting.length > 0) later(takeFirst);
    if (taken !== 'goesOn') first.onTaken(taken);
  };
  return {
    add(observation, onTaken) {
      waiting.push({ observation, onTaken });
      if (waiting.length === 1) takeFirst();
    },
    stop() {
      isStopped = true;
    },
  };
}
