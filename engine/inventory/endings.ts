// How quotes end, as facts: settled, voided beside a settled sibling, burned, expired, or left open with every candidate
// named. Pure. Quotes whose talk with the venue is over end without a further record, unless they were settled after all.

import type { ResultCode, TradeState } from '../../contracts/reasons.ts';
import type { Fact, Settlement, TransitionFact } from '../facts.ts';
import { endsInSilence, isFinal, type StepDetail, type StepMaker, step } from '../lib/lifecycle.ts';
import { type Attribution, isNamed, type Suspect } from './attribution.ts';
import type { NonceEntry, QuoteEntry, Shown } from './lanes.ts';
import type { FinalBlock } from './observation.ts';
import type { BookState } from './state.ts';

/** How long the balances alone are not believed where they leave a choice: quote_status may still come. */
export const NAME_WAIT_MS = 10_000;

/** Candidates that a record names at most; a lane can hold thousands of quotes. */
const CANDIDATES_MAX = 64;

/** Two clocks, ours and the chain's: whichever first shows that the wait is over. */
export type Age = { readonly nowMs: number; readonly blockTimeMs: number };

/** @param proofs intent hash by nonce, of transactions that are not folded yet */
export function suspectOf(entry: NonceEntry, proofs: ReadonlyMap<string, string>): Suspect {
  const intentHash = entry.executed?.intentHash ?? proofs.get(entry.nonce);
  if (intentHash === undefined) return { live: entry.live, proven: undefined };
  return { live: entry.live, proven: entry.live.find((quote) => quote.attempt.quoteHash === intentHash) ?? null };
}

/**
 * One step of a quote; two for one whose sending is not on record. Nothing where the table has none, or where the talk with
 * the venue is over and nothing but the deadline happened.
 */
export function endQuote(
  quote: QuoteEntry,
  to: TradeState,
  code: ResultCode,
  note: string,
  settlement: Settlement | null,
  maker: StepMaker,
): TransitionFact[] {
  if (isFinal(quote.state)) return [];
  if (endsInSilence(quote.state) && to !== 'settled' && to !== 'uncertain') return [];
  const detail: StepDetail = { note, settlement, venueReply: to === 'settled' ? (quote.status?.frame ?? null) : null };
  if (quote.state !== 'proposed') {
    const only = step(quote, to, code, maker, detail);
    return only === null ? [] : [only];
  }
  const found = step(quote, 'uncertain', 'restarted', maker, {
    note: 'no record says that it was sent',
    recovered: true,
  });
  if (found === null) return [];
  const then = step({ attempt: quote.attempt, state: found.to, seq: found.seq }, to, code, maker, detail);
  return then === null ? [found] : [found, then];
}

/** The outcome of a quote whose salt went is open until its deadline is past or the nonce is seen used. */
export function invalidateQuote(quote: QuoteEntry, block: FinalBlock, maker: StepMaker): TransitionFact[] {
  if (quote.state === 'uncertain') return [];
  return endQuote(quote, 'uncertain', 'salt_invalidated', `salt not valid at block ${block.height}`, null, maker);
}

/**
 * What can be told now of nonces that were used between the same two balances. `attribution.options` is by entry. A nonce
 * whose story is told is closed; the others are looked at again next time.
 */
export function tellStory(
  entries: readonly NonceEntry[],
  attribution: Attribution,
  shown: Shown,
  age: Age,
  proofs: ReadonlyMap<string, string>,
  maker: StepMaker,
): Fact[] {
  const facts: Fact[] = [];
  // Where the journal may lack quotes, a sum that does not come out even proves nothing of any of them.
  const lacksQuotes = shown.isBlurred || entries.some((entry) => entry.boundUnits > 0n);
  const waited = age.nowMs - shown.atMs >= NAME_WAIT_MS || age.blockTimeMs - shown.blockTimeMs >= NAME_WAIT_MS;
  for (const [index, entry] of entries.entries()) {
    const options = attribution.options[index] ?? new Set<QuoteEntry | null>();
    const suspect = suspectOf(entry, proofs);
    const [first] = options;
    const settlement = settlementOf(entry, shown);
    const isSure = (attribution.kind === 'exact' && !shown.isBlurred) || isNamed(suspect);
    const isLikely = waited && attribution.kind !== 'none' && !lacksQuotes;
    if (options.size === 1 && first !== undefined && (isSure || isLikely)) {
      facts.push(...endAll(entry, first, attribution, suspect, settlement, maker));
    } else if (waited) {
      const candidates = lacksQuotes && !isSure ? new Set(entry.live) : options;
      facts.push(...leaveOpen(entry, candidates, settlement, maker));
    } else if (entry.live.length > 0) {
      continue;
    }
    facts.push({ kind: 'nonce_closed', atMs: maker.atMs, nonce: entry.nonce });
  }
  return facts;
}

/** The quote of a used nonce that is on record as settled. */
export const winnerOf = (entry: NonceEntry): QuoteEntry | null =>
  entry.live.find((quote) => quote.state === 'settled') ?? null;

/** The rest of a story of which a crash left only the beginning: siblings of a quote that is on record as settled. */
export function finishStory(entry: NonceEntry, shown: Shown, maker: StepMaker): Fact[] {
  const winner = winnerOf(entry);
  if (winner === null) return [];
  return [
    ...voidSiblings(entry, winner, settlementOf(entry, shown), maker),
    { kind: 'nonce_closed', atMs: maker.atMs, nonce: entry.nonce },
  ];
}

function voidSiblings(
  entry: NonceEntry,
  winner: QuoteEntry,
  settlement: Settlement,
  maker: StepMaker,
): TransitionFact[] {
  const note = `${winner.attempt.quoteId} was settled`;
  return entry.live
    .filter((quote) => quote !== winner)
    .flatMap((quote) => endQuote(quote, 'voided', 'sibling_settled', note, settlement, maker));
}

function settlementOf(entry: NonceEntry, shown: Shown): Settlement {
  return {
    txHash: entry.executed?.txHash ?? null,
    intentHash: null,
    blockHeight: entry.used?.blockHeight ?? shown.blockHeight,
    blockTimeMs: entry.used?.blockTimeMs ?? shown.blockTimeMs,
    balanceChange: shown.change,
    candidates: [],
  };
}

function endAll(
  entry: NonceEntry,
  winner: QuoteEntry | null,
  attribution: Attribution,
  suspect: Suspect,
  settlement: Settlement,
  maker: StepMaker,
): Fact[] {
  if (winner === null) {
    return entry.live.flatMap((quote) => endQuote(quote, 'voided', 'nonce_burned', '', settlement, maker));
  }
  const byName = winner.status !== null || suspect.proven === winner;
  const note = attribution.kind === 'exact' ? '' : 'the balances changed by more than this settlement';
  const seen = {
    ...settlement,
    txHash: settlement.txHash ?? winner.status?.txHash ?? null,
    intentHash: winner.status?.intentHash ?? null,
  };
  return [
    ...endQuote(winner, 'settled', byName ? 'settled_by_status' : 'settled_by_balance', note, seen, maker),
    ...voidSiblings(entry, winner, settlement, maker),
  ];
}

/** More than one quote, or none, explains it: the candidates say so, and name each other; the rest is out of the question. */
function leaveOpen(
  entry: NonceEntry,
  options: ReadonlySet<QuoteEntry | null>,
  settlement: Settlement,
  maker: StepMaker,
): Fact[] {
  const facts: Fact[] = [];
  const named = entry.live.filter((quote) => options.has(quote));
  const candidates = named.slice(0, CANDIDATES_MAX).map((quote) => quote.attempt.quoteId);
  const open = { ...settlement, candidates };
  const note = `${named.length} quotes under this nonce could explain the change of the balances`;
  for (const quote of entry.live) {
    facts.push(
      ...(options.has(quote)
        ? endQuote(quote, 'uncertain', 'unattributed', note, open, maker)
        : endQuote(quote, 'voided', 'sibling_settled', 'the change of the balances is not of this quote', open, maker)),
    );
  }
  return facts;
}

/** Quotes that were left open and that the venue names after all, while they are still remembered. */
export function lateNames(state: BookState, maker: StepMaker): Fact[] {
  const facts: Fact[] = [];
  for (const quote of state.recent) {
    if (!isLeftOpen(quote) || quote.status === null || quote.settlement === null) continue;
    const siblings = state.recent.filter(
      (other) => other !== quote && other.attempt.nonce === quote.attempt.nonce && isLeftOpen(other),
    );
    if (siblings.some((other) => other.status !== null)) continue;
    const { txHash, intentHash } = quote.status;
    const seen = { ...quote.settlement, txHash: quote.settlement.txHash ?? txHash, intentHash };
    facts.push(...endQuote(quote, 'settled', 'settled_by_status', 'named after the wait', seen, maker));
    const note = `${quote.attempt.quoteId} was settled`;
    for (const other of siblings) {
      facts.push(...endQuote(other, 'voided', 'sibling_settled', note, other.settlement, maker));
    }
  }
  return facts;
}

const isLeftOpen = (quote: QuoteEntry): boolean => quote.state === 'uncertain' && quote.code === 'unattributed';
