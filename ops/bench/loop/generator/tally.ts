// What comes back in one run: each answer is stamped, and kept if it belongs to the sample. Whether it is a good one is checked
// afterwards, by the bench. Pure.

import type { RunResult } from './protocol.ts';

export type Tally = {
  /** Its quote leaves now. */
  sent(index: number, dueUs: number): void;
  /** A frame that arrived. @returns whether it is the first answer to a quote of this run */
  take(text: string, arrivedUs: number): boolean;
  /** Sent and not answered, while an answer may still come: what a variant refuses it never answers. */
  awaited(nowUs: number): number;
  isComplete(): boolean;
  result(latenessUs: readonly number[]): RunResult;
};

/** Beyond so many answers a sample of them is kept. */
const KEPT_MAX = 20_000;
/** A quote that was due so long ago is not answered any more. */
const AWAITED_US = 1_000_000;
const NOT_SENT = -2;
const UNANSWERED = -1;
const QUOTE_ID = '"quote_id":"';

/** Begins the ids of quotes for other pairs; no prefix of a run begins like this. */
export const FOREIGN_PREFIX = 'foreign-';

export function createTally({ prefix, count }: { readonly prefix: string; readonly count: number }): Tally {
  const duesUs = new Float64Array(count);
  const latenciesUs = new Float64Array(count).fill(NOT_SENT);
  const answers: [number, string][] = [];
  const keepEvery = Math.ceil(count / KEPT_MAX);
  let [sent, answered, repeated, foreign, unknown] = [0, 0, 0, 0, 0];
  /** Quotes before `oldest` are answered, or given up. */
  let [oldest, givenUp] = [0, 0];
  const giveUp = (beforeUs: number): void => {
    for (; oldest < sent; oldest++) {
      const isOpen = latenciesUs[oldest] === UNANSWERED;
      if (isOpen && (duesUs[oldest] ?? 0) >= beforeUs) return;
      if (isOpen) givenUp += 1;
    }
  };
  return {
    sent(index, dueUs) {
      duesUs[index] = dueUs;
      latenciesUs[index] = UNANSWERED;
      sent += 1;
    },
    take(text, arrivedUs) {
      const id = quoteIdOf(text);
      const index = indexOf(id, prefix);
      const known = latenciesUs[index];
      if (known === undefined || known === NOT_SENT) {
        if (id.startsWith(FOREIGN_PREFIX)) foreign += 1;
        else unknown += 1;
        return false;
      }
      if (known !== UNANSWERED) {
        repeated += 1;
        return false;
      }
      latenciesUs[index] = arrivedUs - (duesUs[index] ?? 0);
      answered += 1;
      if (index < oldest) givenUp -= 1;
      if (index % keepEvery === 0) answers.push([index, text]);
      return true;
    },
    awaited(nowUs) {
      giveUp(nowUs - AWAITED_US);
      return sent - answered - givenUp;
    },
    isComplete: () => answered === count,
    result: (latenessUs) => ({
      sent,
      latenciesUs: [...latenciesUs].map((us) => (us < 0 ? UNANSWERED : rounded(us))),
      latenessUs: latenessUs.map(rounded),
      answers,
      repeated,
      foreign,
      unknown,
    }),
  };
}

/** To a nanosecond: the clock knows no more. */
const rounded = (us: number): number => Math.round(us * 1000) / 1000;

/** The text between the quotes behind the first `"quote_id":"`; empty when there is none. */
function quoteIdOf(text: string): string {
  const at = text.indexOf(QUOTE_ID);
  if (at < 0) return '';
  const start = at + QUOTE_ID.length;
  return text.slice(start, Math.max(start, text.indexOf('"', start)));
}

const INDEX = /^-([0-9]{6,9})$/;

/** -1: no quote of this run. */
function indexOf(id: string, prefix: string): number {
  const digits = id.startsWith(prefix) ? INDEX.exec(id.slice(prefix.length))?.[1] : undefined;
  return digits === undefined ? -1 : Number(digits);
}
