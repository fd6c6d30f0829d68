// What the observers of deposits answered, judged. Trading needs none of them. Pure.

import { type Line, warn } from '../check.ts';
import { judgeLatency } from './reach.ts';

export type ObserverAnswer = {
  readonly host: string;
  readonly latencyMs: number;
  /** Why it cannot be used; null: it can. */
  readonly problem: string | null;
};

/** @param variable that names them, which are tried in turn */
export function judgeObservers(answers: readonly ObserverAnswer[], variable: string): readonly Line[] {
  return answers.map(({ host, latencyMs, problem }) =>
    problem === null
      ? judgeLatency(host, latencyMs)
      : warn(
          `${host}: ${problem}`,
          `correct ${variable}, or use another endpoint: deposits are observed over it. Trading does not need it.`,
        ),
  );
}
