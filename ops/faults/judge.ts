// Whether one answer that reached the venue is wrong: its price against the true market of the moment, its deadline by the
// true time, what it adds to the open promises against the true balance, and what the venue refused it for. Pure.
//
// The engine may use a price that is as old as its limits allow, so an answer is right when any true price of the window
// before its arrival gives the edge. Wrong answers are found here by the venue's own figures; nothing of the engine is asked.

import { BTC } from '../../contracts/assets.ts';
import type { QuoteRequest } from '../../contracts/wire/relay.ts';
import type { Answer } from '../sim/relay/records.ts';
import type { RefusalReason } from '../sim/relay/refusals.ts';
import type { OpenPromises } from '../soak/kill/exposure.ts';

/** The true top of the market, EUR per BTC times 10, from a moment on. */
export type MarketTop = { readonly fromMs: number; readonly bidE1: bigint; readonly askE1: bigint };

export type JudgeLimits = {
  /** Oldest true price that an answer may rest on. */
  readonly priceWindowMs: number;
  /** Smallest edge against it, in percent times 10,000. */
  readonly edgeMinPctE4: number;
  /** Refusals of the venue that are no fault at this moment. */
  readonly toleratedRefusals: readonly RefusalReason[];
  /** The balance has just become smaller without the engine's doing: it may not know yet. */
  readonly toleratesExposure: boolean;
  /** How far the engine's clock is off without its knowing yet. */
  readonly deadlineOffMs: number;
  /** Others ask as well: an answer to a quote that is not known here is not judged. */
  readonly toleratesUnasked: boolean;
};

export type JudgedAnswer = {
  readonly answer: Answer;
  readonly request: QuoteRequest;
  /** Monotonic, on the scale of the market's times. */
  readonly atMs: number;
  /** By the venue's clock. */
  readonly venueNowMs: number;
};

/** Margin that the engine signs beyond the requested deadline, and what its clock may be off without stopping it. */
const DEADLINE_MARGIN_MS = 10_000;
const CLOCK_SKEW_MAX_MS = 5_000;
const SLACK_MS = 2_000;
const PCT_E4 = 1_000_000n;

/** The answer came after the auction: no fault, and no promise that the venue keeps. */
const LATE: readonly RefusalReason[] = ['quote_gone'];

export type JudgeBy = {
  readonly market: readonly MarketTop[];
  readonly limits: JudgeLimits;
  /** What the account truly has. */
  readonly balances: Readonly<Record<string, bigint>>;
  readonly promises: OpenPromises;
};

/** What is wrong with the answer, else null. Adds it to the promises. */
export function faultOfAnswer(judged: JudgedAnswer, by: JudgeBy): string | null {
  const { market, limits, balances, promises } = by;
  const { answer, request, venueNowMs } = judged;
  const { reason, nonceHex, amountInUnits, amountOutUnits, deadlineNs } = answer;
  const isTolerated = reason !== null && limits.toleratedRefusals.includes(reason);
  const isLate = reason !== null && LATE.includes(reason);
  if (reason !== null && !isTolerated && !isLate)
    return `refused by the venue: ${reason} ${answer.detail ?? ''}`.trim();
  if (nonceHex === null || amountInUnits === null || amountOutUnits === null || deadlineNs === null) {
    return isTolerated || isLate ? null : 'cannot be read';
  }
  const deadlineMs = Number(deadlineNs / 1_000_000n);
  const assetOut = request.defuse_asset_identifier_out;
  const raised = raisedExposure({ judged, promises, nonceHex, amountOutUnits, deadlineMs, assetOut });
  const balance = balances[assetOut] ?? 0n;
  if (raised !== null && raised > balance && !limits.toleratesExposure) {
    return `promises ${raised} of ${balance} ${assetOut}`;
  }
  return (
    faultOfDeadline(deadlineMs - venueNowMs, request.min_deadline_ms + limits.deadlineOffMs) ??
    faultOfPrice(judged, market, limits, { amountInUnits, amountOutUnits })
  );
}

type NewPromise = {
  readonly judged: JudgedAnswer;
  readonly promises: OpenPromises;
  readonly nonceHex: string;
  readonly amountOutUnits: bigint;
  readonly deadlineMs: number;
  readonly assetOut: string;
};

/** What could settle with this answer, when it adds to that; else null. */
function raisedExposure({
  judged,
  promises,
  nonceHex,
  amountOutUnits,
  deadlineMs,
  assetOut,
}: NewPromise): bigint | null {
  const atMs = judged.venueNowMs;
  const before = promises.exposedAt(atMs).get(assetOut) ?? 0n;
  const { quoteId } = judged.answer;
  promises.answered({ kind: 'answered', atMs, quoteId, nonceHex, assetOut, amountOutUnits, deadlineMs });
  const after = promises.exposedAt(atMs).get(assetOut) ?? 0n;
  return after > before ? after : null;
}

/** Too near is refused by the venue; too far is a free option for longer than was asked for. */
function faultOfDeadline(leftMs: number, minDeadlineMs: number): string | null {
  const mostMs = minDeadlineMs + DEADLINE_MARGIN_MS + CLOCK_SKEW_MAX_MS + SLACK_MS;
  return leftMs <= mostMs ? null : `signed for ${leftMs} ms, at most ${mostMs} ms`;
}

function faultOfPrice(
  judged: JudgedAnswer,
  market: readonly MarketTop[],
  limits: JudgeLimits,
  amounts: { readonly amountInUnits: bigint; readonly amountOutUnits: bigint },
): string | null {
  const fromMs = judged.atMs - limits.priceWindowMs;
  const isBtcIn = judged.request.defuse_asset_identifier_in === BTC.id;
  const edges = market
    .filter(({ fromMs: begins }, index) => {
      const ends = market[index + 1]?.fromMs ?? Number.POSITIVE_INFINITY;
      return begins <= judged.atMs && ends >= fromMs;
    })
    .map((top) => edgePctE4(isBtcIn, amounts, top));
  const best = Math.max(...edges);
  if (best >= limits.edgeMinPctE4) return null;
  return `edge of ${best / 10_000} % against the true market, at least ${limits.edgeMinPctE4 / 10_000} % is needed`;
}

/** Gross edge of our side, rounded down: 100 * (1 - paid / received), both valued at the side that a hedge would hit. */
export function edgePctE4(
  isBtcIn: boolean,
  { amountInUnits, amountOutUnits }: { readonly amountInUnits: bigint; readonly amountOutUnits: bigint },
  { bidE1, askE1 }: Pick<MarketTop, 'bidE1' | 'askE1'>,
): number {
  // 10^8 units of BTC, 10^18 of EURe, a price times 10.
  const eurOf = (sats: bigint, priceE1: bigint) => sats * priceE1 * 1_000_000_000n;
  const received = isBtcIn ? eurOf(amountInUnits, bidE1) : amountInUnits;
  const paid = isBtcIn ? amountOutUnits : eurOf(amountOutUnits, askE1);
  if (received <= 0n) return Number.NEGATIVE_INFINITY;
  const scaled = (received - paid) * PCT_E4;
  const rounded = scaled / received;
  return Number(scaled < 0n && scaled % received !== 0n ? rounded - 1n : rounded);
}
