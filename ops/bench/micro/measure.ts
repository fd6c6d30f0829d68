// Nanoseconds of a call, over batches: piece and baseline by turns, so that what disturbs the machine meets both.

import type { Piece, Work } from './pieces.ts';

export type Timed = {
  readonly name: string;
  readonly what: string;
  /** Nanoseconds of a call, one value a batch. */
  readonly ns: readonly number[];
  readonly baseline: { readonly name: string; readonly ns: readonly number[] };
};

type Clock = { readonly nowNs: () => number };

/** A batch is to take about as long: far longer than the clock takes to read, far shorter than a pause of the collector is rare. */
const BATCH_NS = 500_000;
/** Calls before the first that counts, so that all code is compiled. */
const WARM_UP = 5_000;

/** Each result is written here, so that no compiler leaves out the work. */
const sink: { result: unknown } = { result: null };

export function timePiece({ name, what, run, baseline }: Piece, batches: number, clock: Clock): Timed {
  const own = prepareBatch(run, clock);
  const other = prepareBatch(baseline.run, clock);
  const [ns, baselineNs]: [number[], number[]] = [[], []];
  for (let batch = 0; batch < batches; batch++) {
    if (batch % 2 === 0) ns.push(own());
    baselineNs.push(other());
    if (batch % 2 === 1) ns.push(own());
  }
  return { name, what, ns, baseline: { name: baseline.name, ns: baselineNs } };
}

/** @returns runs a batch and gives nanoseconds of a call */
function prepareBatch(work: Work, { nowNs }: Clock): () => number {
  let at = 0;
  const batch = (calls: number): number => {
    const sinceNs = nowNs();
    for (let call = 0; call < calls; call++) sink.result = work(at++);
    return (nowNs() - sinceNs) / calls;
  };
  const calls = Math.max(1, Math.round(BATCH_NS / Math.max(1, batch(WARM_UP))));
  return () => batch(calls);
}
