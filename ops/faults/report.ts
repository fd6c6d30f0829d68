// The table that the run of the situations prints, a row each, with what does not hold under it. Pure.

import type { Outcome } from './situation.ts';

const WIDTHS = [28, 16, 9, 16] as const;
const HEADS = ['situation', 'stopped after', 'wrong', 'resumed after', 'reasons given'] as const;

export const HEAD = cells([...HEADS]);

const seconds = (ms: number | null): string => (ms === null ? '-' : `${(ms / 1000).toFixed(1)} s`);

/** The row of an outcome and, indented, each of its violations. */
export function linesOf(outcome: Outcome): readonly string[] {
  const { name, stoppedAfterMs, wrong, resumedAfterMs, reasons, violations } = outcome;
  const row = cells([name, seconds(stoppedAfterMs), String(wrong), seconds(resumedAfterMs), reasons.join(' ') || '-']);
  return [row, ...violations.map((violation) => `    NOT SO: ${violation}`)];
}

function cells(texts: readonly string[]): string {
  return texts
    .map((text, index) => text.padEnd(WIDTHS[index] ?? 0))
    .join('')
    .trimEnd();
}
