// The engine's state as one checkpoint of the journal: the heads of all folds first, then their pieces of bounded size, all as of
// the moment when it began.

import type { CheckpointSource } from '../journal/checkpoint/stream.ts';
import type { CheckpointBeginFact, CheckpointPartFact } from '../model/facts.ts';
import type { Moment } from '../model/values.ts';
import type { CheckpointHead, Fold, FoldCut } from './folds.ts';

/** null: not now, as facts are on their way to the disk that are not applied yet. */
export function beginCheckpoint(folds: readonly Fold[], now: Moment): CheckpointSource | null {
  const cuts: FoldCut[] = [];
  const close = (): void => {
    for (const cut of cuts) cut.close();
  };
  for (const fold of folds) {
    const cut = fold.cut(now);
    if (cut === null) {
      close();
      return null;
    }
    cuts.push(cut);
  }
  const head = headOf(cuts);
  // What is recorded from here on is folded on top; what lies outside of the journal has to be durable when the checkpoint is whole.
  const ready = Promise.all(cuts.map((cut) => cut.ready())).then(() => {});
  const left = recordsOf(head, cuts, now.nowMs);
  return { next: () => left.next().value ?? null, ready, close };
}

function* recordsOf(
  head: CheckpointHead,
  cuts: readonly FoldCut[],
  atMs: number,
): Generator<CheckpointBeginFact | CheckpointPartFact> {
  yield { kind: 'checkpoint_begin', atMs, ...head };
  for (const cut of cuts) {
    for (let piece = cut.next(); piece !== null; piece = cut.next()) {
      yield { kind: 'checkpoint_part', atMs, quotes: [], decided: [], ...piece };
    }
  }
}

function headOf(cuts: readonly FoldCut[]): CheckpointHead {
  const head: Partial<CheckpointHead> = Object.assign({}, ...cuts.map((cut) => cut.head));
  const { born, started, directory, book, signedIds, breaker, pairFilter } = head;
  if (
    born === undefined ||
    started === undefined ||
    book === undefined ||
    signedIds === undefined ||
    breaker === undefined
  ) {
    throw new Error('a checkpoint needs a part of every fold');
  }
  return {
    ...{ born, started, book, signedIds, breaker },
    ...(directory === undefined ? {} : { directory }),
    ...(pairFilter === undefined ? {} : { pairFilter }),
  };
}
