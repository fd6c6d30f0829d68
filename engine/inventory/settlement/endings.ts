// How quotes end, as facts: settled, voided since a sibling was settled, pulled, burned, expired, or left open with every candidate
// named. A bounded number a turn: what is left follows in the next, also after a restart, since all of it is found in the
// folded state. Pure. Quotes whose talk with the venue is over end without a record of their own, unless they were settled
// after all, or pulled.

import type { QuoteId } from '../../../contracts/ids.ts';
import type { ResultCode, TradeState } from '../../../contracts/reasons.ts';
import type { Fact, NonceResolvedFact, Settlement, TransitionFact } from '../../model/facts.ts';
import { endsWithoutRecord, isFinal, type StepDetail, type StepMaker, step } from '../../model/lifecycle.ts';
import { ENDS_MOST } from '../fold/over.ts';
import type { NonceEntry } from '../lanes/lanes.ts';
import type { QuoteEntry } from '../quotes.ts';
import { type BookState, overdueIn } from '../state.ts';
import { termsKey } from '../terms.ts';

/** How a quote ends. */
type End = { readonly to: TradeState; readonly code: ResultCode; readonly detail: StepDetail };

/**
 * One step of a quote; two for one whose sending is not on record. Nothing where the table has none, or where the talk with
 * the venue is over and nothing but the deadline happened.
 */
function endQuote(quote: QuoteEntry, { to, code, detail }: End, maker: StepMaker): TransitionFact[] {
  if (isFinal(quote.state)) return [];
  if (endsWithoutRecord(quote.state) && to !== 'settled' && to !== 'uncertain' && to !== 'pulled') return [];
  if (quote.state !== 'proposed') {
    const only = step(quote, { to, code, ...detail }, maker);
    return only === null ? [] : [only];
  }
  const note = 'no record shows that it was sent';
  const found = step(quote, { to: 'uncertain', code: 'restarted', note, recovered: true }, maker);
  if (found === null) return [];
  const then = step({ attempt: quote.attempt, state: found.to, seq: found.seq }, { to, code, ...detail }, maker);
  return then === null ? [found] : [found, then];
}

/**
 * The next ends that are to be recorded. Apply them and ask again, until there are none.
 * @param most quotes that are examined, at most
 */
export function planEndings(state: BookState, maker: StepMaker, most: number): Fact[] {
  const facts: Fact[] = [];
  let left = most;
  // What is over beyond what one fact takes out comes first: it frees capital.
  for (const _entry of overdueIn(state)) {
    facts.push({ kind: 'quotes_due', atMs: maker.atMs, endsMost: ENDS_MOST });
    break;
  }
  for (const quote of state.due) {
    if (left-- <= 0) return facts;
    facts.push(...endDue(state, quote, maker));
  }
  for (const entry of state.nonces.values()) {
    if (entry.resolution !== null) {
      const ends = endResolved(state, entry, { maker, most: left });
      facts.push(...ends.facts);
      left -= ends.examined;
    } else if (entry.draining === 'salt_invalidated' && entry.used === null) {
      for (const quote of entry.live.open) {
        if (left-- <= 0) return facts;
        facts.push(...invalidate(state, quote, maker));
      }
    }
    if (left <= 0) return facts;
  }
  return facts;
}

function endDue(state: BookState, quote: QuoteEntry, maker: StepMaker): Fact[] {
  if (quote.place === 'orphaned') {
    const detail = { note: 'its outcome is not recorded' };
    return endQuote(quote, { to: 'uncertain', code: 'chain_replaced', detail }, maker);
  }
  const note = state.balance === null ? '' : `unused at block ${state.balance.blockHeight}`;
  return endQuote(quote, { to: 'expired', code: 'deadline_passed', detail: { note } }, maker);
}

/** The outcome of a quote whose salt went is open until its deadline is past or the nonce is seen used. */
function invalidate(state: BookState, quote: QuoteEntry, maker: StepMaker): Fact[] {
  const note = `salt not valid at block ${state.balance?.blockHeight ?? 0}`;
  return endQuote(quote, { to: 'uncertain', code: 'salt_invalidated', detail: { note } }, maker);
}

/** `most`: quotes that are examined, at most. */
type Turn = { readonly maker: StepMaker; readonly most: number };

type Ends = {
  readonly facts: readonly Fact[];
  /** Quotes that were examined. */
  readonly examined: number;
};

function endResolved(state: BookState, entry: NonceEntry, { maker, most }: Turn): Ends {
  const { nonce, live, resolution } = entry;
  const facts: Fact[] = [];
  if (resolution === null) return { facts, examined: 0 };
  const silent: QuoteId[] = [];
  const winner = resolution.winner === null ? undefined : state.quotes.get(resolution.winner);
  let examined = 0;
  for (const quote of inOrder(entry, winner)) {
    if (examined === most) break;
    const ends = endQuote(quote, endUnder(resolution, quote), maker);
    if (ends.length === 0) silent.push(quote.attempt.quoteId);
    facts.push(...ends);
    examined++;
  }
  if (silent.length > 0) facts.push({ kind: 'quotes_over', atMs: maker.atMs, nonce, quoteIds: silent });
  if (examined === live.size) facts.push({ kind: 'nonce_closed', atMs: maker.atMs, nonce });
  return { facts, examined };
}

/** The settled quote first: a crash in between then leaves its record, and not one that contradicts it. */
function* inOrder({ live }: NonceEntry, winner: QuoteEntry | undefined): Iterable<QuoteEntry> {
  const isLive = winner !== undefined && live.has(winner);
  if (isLive) yield winner;
  for (const quote of live) if (!isLive || quote !== winner) yield quote;
}

/** How a quote under the nonce ends. */
function endUnder(resolution: NonceResolvedFact, quote: QuoteEntry): End {
  const { settlement: shared, outcome, winner, code, note } = resolution;
  const settlement: Settlement = { ...shared, intentHash: null, balanceChange: {}, sharedWith: [] };
  if (outcome === 'burned') return { to: 'voided', code: 'nonce_burned', detail: { note, settlement } };
  if (outcome === 'pulled') return { to: 'pulled', code, detail: { note, settlement } };
  if (quote.attempt.quoteId === winner) {
    const venueReply = quote.status?.frame ?? null;
    return { to: 'settled', code, detail: { note, settlement: shared, venueReply } };
  }
  if (outcome === 'settled') {
    return { to: 'voided', code: 'sibling_settled', detail: { note: `${winner} was settled`, settlement } };
  }
  if (!isCandidate(resolution, quote)) {
    const ruledOut = 'this quote does not explain the change of the balances';
    return { to: 'voided', code: 'sibling_settled', detail: { note: ruledOut, settlement } };
  }
  const left: Settlement = { ...shareOf(resolution, quote), named: quote.status !== null };
  return { to: 'uncertain', code: 'unattributed', detail: { note, settlement: left } };
}

/** The change is in one record: the others name it. */
function shareOf({ settlement, carrier }: NonceResolvedFact, { attempt }: QuoteEntry): Settlement {
  if (attempt.quoteId === carrier) return settlement;
  return { ...settlement, balanceChange: {}, sharedWith: carrier === null ? [] : [carrier] };
}

function isCandidate({ candidates }: NonceResolvedFact, { attempt }: QuoteEntry): boolean {
  if (candidates.all || candidates.quotes.includes(attempt.quoteId)) return true;
  return candidates.terms.includes(termsKey(attempt.amountInUnits, attempt.amountOutUnits));
}

/** Quotes that were left open and that the venue names after all, while they are still remembered. */
export function resolveLateStatuses(state: BookState, maker: StepMaker): Fact[] {
  const facts: Fact[] = [];
  for (const leftOpen of leftOpenTogether(state)) {
    const [named, another] = leftOpen.filter(isNamedLate);
    if (named?.status == null || named.settlement === null || another !== undefined) continue;
    const { txHash, intentHash, frame } = named.status;
    // The change is in a record already: that of this quote, or of the one that it shares it with.
    const counted = { balanceChange: {}, sharedWith: named.settlement.sharedWith ?? [] };
    const settlement = { ...named.settlement, ...counted, txHash: named.settlement.txHash ?? txHash, intentHash };
    const detail = { note: 'reported after the wait', settlement, venueReply: frame };
    facts.push(...endQuote(named, { to: 'settled', code: 'settled_by_status', detail }, maker));
    const note = `${named.attempt.quoteId} was settled`;
    for (const other of leftOpen) {
      if (other === named) continue;
      const rest = other.settlement === null ? null : { ...other.settlement, balanceChange: {}, sharedWith: [] };
      const ended: End = { to: 'voided', code: 'sibling_settled', detail: { note, settlement: rest } };
      facts.push(...endQuote(other, ended, maker));
    }
  }
  return facts;
}

/** Quotes that were left open and are still remembered, by nonce. */
function leftOpenTogether({ recent }: BookState): Iterable<readonly QuoteEntry[]> {
  const byNonce = new Map<string, QuoteEntry[]>();
  for (const quote of recent) {
    if (!isLeftOpen(quote)) continue;
    const others = byNonce.get(quote.attempt.nonce);
    if (others === undefined) byNonce.set(quote.attempt.nonce, [quote]);
    else others.push(quote);
  }
  return byNonce.values();
}

/** A name that was known when the quote was left open did not decide then, and is no news. */
const isNamedLate = ({ status, settlement }: QuoteEntry): boolean => status !== null && settlement?.named === false;

const isLeftOpen = (quote: QuoteEntry): boolean => quote.state === 'uncertain' && quote.code === 'unattributed';
