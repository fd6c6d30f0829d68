// What the quotes that were asked, and their answers, show of whether the engine trades. Pure; all times are monotonic.

import type { QuoteRequest } from '../../contracts/wire/relay.ts';

export type AskedQuote = {
  readonly request: QuoteRequest;
  readonly askedMs: number;
  /** Of any answer. */
  repliedMs: number | null;
  /** Of an answer that the venue accepted and that is right. */
  answeredMs: number | null;
};

/** An answer takes no longer on a busy machine; a younger quote does not count as unanswered. */
export const ANSWER_MS = 1_000;
/** Trading has stopped when no quote of this time got an answer. */
export const QUIET_MS = 1_500;
/** Trading has resumed when this many quotes in a row were answered. */
const RESUMED_COUNT = 10;

const isIn = ({ askedMs }: AskedQuote, fromMs: number, toMs: number): boolean => askedMs >= fromMs && askedMs < toMs;

/** Whether the engine answers nothing since the fault, not even wrongly. */
export function isQuiet(asked: readonly AskedQuote[], faultMs: number, nowMs: number): boolean {
  const toMs = nowMs - ANSWER_MS;
  const fromMs = toMs - QUIET_MS;
  if (fromMs < faultMs) return false;
  const recent = asked.filter((quote) => isIn(quote, fromMs, toMs));
  return recent.length > 0 && recent.every(({ repliedMs }) => repliedMs === null);
}

export function hasResumed(asked: readonly AskedQuote[], fromMs: number, nowMs: number): boolean {
  const decided = asked.filter(
    ({ askedMs, answeredMs }) => askedMs >= fromMs && (answeredMs !== null || askedMs < nowMs - ANSWER_MS),
  );
  const last = decided.slice(-RESUMED_COUNT);
  return last.length === RESUMED_COUNT && last.every(({ answeredMs }) => answeredMs !== null);
}

/** From the fault to the last quote that got an answer before `toMs`; null when answers went on until then. */
export function stoppedAfterMs(asked: readonly AskedQuote[], faultMs: number, toMs: number): number | null {
  const last = asked.findLast((quote) => isIn(quote, faultMs, toMs) && quote.repliedMs !== null);
  if (last === undefined) return 0;
  return toMs - last.askedMs < QUIET_MS ? null : Math.round(last.askedMs - faultMs);
}

/** From `fromMs` to the first answer to a quote asked after it; null without one. */
export function resumedAfterMs(asked: readonly AskedQuote[], fromMs: number): number | null {
  const first = asked.find(({ askedMs, answeredMs }) => askedMs >= fromMs && answeredMs !== null);
  return first?.answeredMs === undefined || first.answeredMs === null ? null : Math.round(first.answeredMs - fromMs);
}

/** Share of the quotes asked in that time that were answered, in percent rounded down; 0 without any. */
export function answeredPct(asked: readonly AskedQuote[], fromMs: number, toMs: number): number {
  const quotes = asked.filter((quote) => isIn(quote, fromMs, toMs));
  const answered = quotes.filter(({ answeredMs }) => answeredMs !== null).length;
  return quotes.length === 0 ? 0 : Math.floor((100 * answered) / quotes.length);
}
