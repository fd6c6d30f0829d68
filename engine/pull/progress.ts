// When a pull is sent again, and when it counts as failing. Pure.
//
// There is no limit of tries: a pull ends when a final block shows its nonce used, or when everything under the nonce is over, which
// is a matter of minutes.

import { backoffMs } from '../../contracts/runtime/backoff.ts';
import type { SendResult } from './sender.ts';

export type Progress = {
  readonly sends: number;
  readonly failuresInRow: number;
  /** Sends in a row that were taken. */
  readonly takenInRow: number;
  /** Monotonic time at which the next send is due. */
  readonly nextSendUs: number;
};

/** Nothing was sent in this run of the process. */
export const NOT_SENT: Progress = { sends: 0, failuresInRow: 0, takenInRow: 0, nextSendUs: 0 };

/** Half a second, then longer, at most 15 s. */
const AFTER_FAILURE = { baseMs: 1000, maxMs: 15_000 };
/** Time for a transaction to become final, ten seconds at the 90th percentile; then it may have been lost. */
const AFTER_TAKEN = { baseMs: 20_000, maxMs: 60_000 };
/** Sends after which a pull whose nonce is still unused counts as failing. */
const FAILING_SENDS = 3;

export function afterSend(progress: Progress, result: SendResult, nowUs: number, fraction: number): Progress {
  const isTaken = result.kind === 'taken';
  const failuresInRow = isTaken ? 0 : progress.failuresInRow + 1;
  const takenInRow = isTaken ? progress.takenInRow + 1 : 0;
  const waitMs = isTaken
    ? backoffMs(AFTER_TAKEN, takenInRow, fraction)
    : backoffMs(AFTER_FAILURE, failuresInRow, fraction);
  return { sends: progress.sends + 1, failuresInRow, takenInRow, nextSendUs: nowUs + waitMs * 1000 };
}

export const isFailing = ({ sends }: Progress): boolean => sends >= FAILING_SENDS;
