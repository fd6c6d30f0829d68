// Whether a price has moved too far from the one at which a quote was signed, and against us. The model does not know which of the
// prices that were delivered the engine used, so that both are ranges.

/** EURe per BTC, from and to. */
export type Range = { readonly low: number; readonly high: number };

/** `surely`: whatever of the ranges the two prices were; `perhaps`: for some of them. */
export type Moved = 'surely' | 'perhaps' | 'not';

/** Of roundings, and of what a quote is worth that takes more than the best level of the order book. */
const TOLERANCE = 0.0005;

/**
 * We lose by a fall where we receive BTC, by a rise where we pay it.
 * @param distancePct 0: no distance is too far
 */
export function movedAgainst(receivesBtc: boolean, signedAt: Range, fair: Range, distancePct: number): Moved {
  if (distancePct === 0) return 'not';
  const { isSure, isPossible } = receivesBtc
    ? below(signedAt, fair, 1 - distancePct / 100)
    : above(signedAt, fair, 1 + distancePct / 100);
  return isSure ? 'surely' : isPossible ? 'perhaps' : 'not';
}

type Verdict = { readonly isSure: boolean; readonly isPossible: boolean };

const below = (signedAt: Range, fair: Range, part: number): Verdict => ({
  isSure: fair.high < signedAt.low * part * (1 - TOLERANCE),
  isPossible: fair.low < signedAt.high * part * (1 + TOLERANCE),
});

const above = (signedAt: Range, fair: Range, part: number): Verdict => ({
  isSure: fair.low > signedAt.high * part * (1 + TOLERANCE),
  isPossible: fair.high > signedAt.low * part * (1 - TOLERANCE),
});
