// The fold: the only code that changes the book. Live code and recovery apply the same facts in the same order and end in
// the same state. Capital follows from what was signed, from nonces and from balances alone; a transition only moves the
// reported state of a quote, so no record, however wrong, can free a reservation.
//
// Nothing throws here: a fact that does not fit, and a breach of the capital invariant, are returned; the caller
// disarms on them. Whatever is in doubt stays reserved.

import { KNOWN_ASSETS } from '../../../contracts/assets.ts';
import { quoteHash } from '../../../contracts/ids.ts';
import type {
  DecidedFact,
  Fact,
  NonceOpenedFact,
  NonceResolvedFact,
  NonceUsedFact,
  QuotesOverFact,
  StartedFact,
  TransitionFact,
} from '../../model/facts.ts';
import { endsWithoutRecord, isFinal, mayFollow } from '../../model/lifecycle.ts';
import type { Attempt, Breach } from '../../model/values.ts';
import { breachOf, creditedOf } from '../capital.ts';
import { admissionTo, type BalanceChange, type NonceEntry } from '../lanes/lanes.ts';
import { signedPull, withTransaction } from '../lanes/pulls.ts';
import { LiveQuotes } from '../live-quotes.ts';
import { deltaOf, type QuoteData, type QuoteEntry, type QuoteStatus } from '../quotes.ts';
import { askReservation, releaseReservation, takeReservation } from '../reservations/fold.ts';
import { CLOCK_SKEW_MAX_MS } from '../settlement/evidence.ts';
import { QUOTE_LIFETIME_LIMIT_MS } from '../settlement/waits.ts';
import {
  addNonce,
  addQuote,
  type BookState,
  changeNonce,
  changeQuote,
  findUseAhead,
  removeNonce,
  retireCurrent,
} from '../state.ts';
import { replaceChain, takeBalanceFact } from './balance.ts';
import { capitalBreach, misfit } from './breaches.ts';
import { lateLoss, leaveUnknown, staysUnknown } from './late-loss.ts';
import { endOverdue, finish } from './over.ts';

const noNonce = (nonce: string): Breach => misfit(`no nonce ${nonce} is open`);

/** Applies one fact. @returns what does not fit or is breached; null when all is well */
export function fold(state: BookState, fact: Fact): Breach | null {
  switch (fact.kind) {
    case 'born':
      state.accountId = fact.accountId;
      return null;
    case 'started':
      return start(state, fact);
    case 'closed':
      state.running = false;
      return null;
    case 'nonce_opened':
      return open(state, fact);
    case 'ceiling_set': {
      const entry = state.nonces.get(fact.nonce);
      // Seen used, and closed, while the higher ceiling was on its way to the disk.
      if (entry === undefined) return null;
      const isRaised = fact.ceilingUnits > entry.ceilingUnits;
      changeNonce(state, entry, () => {
        entry.ceilingUnits = fact.ceilingUnits;
      });
      // After an outflow they come down one by one: what is still above is being reduced, and was reported with the balance.
      return isRaised ? overCeilings(state, entry) : null;
    }
    case 'nonce_draining':
      return withNonce(state, fact.nonce, (entry) => {
        entry.draining = fact.why;
        entry.saltInvalidHeight = fact.blockHeight ?? 0;
        retireCurrent(state, entry);
        return null;
      });
    case 'pull_signed':
      return withNonce(state, fact.nonce, (entry) => {
        entry.pull = signedPull(fact);
        entry.draining ??= 'pulled';
        retireCurrent(state, entry);
        return null;
      });
    case 'pull_sent': {
      // Closed while the transaction was being prepared: it executes nothing any more.
      const entry = state.nonces.get(fact.nonce);
      if (entry !== undefined && entry.pull !== null) entry.pull = withTransaction(entry.pull, fact.txHash);
      return null;
    }
    case 'nonce_used':
      return use(state, fact);
    case 'nonce_resolved':
      return withNonce(state, fact.nonce, (entry) => resolve(state, entry, fact));
    case 'quotes_over':
      return withNonce(state, fact.nonce, (entry) => endSilently(state, entry, fact));
    case 'nonce_closed':
      return withNonce(state, fact.nonce, (entry) => close(state, entry, fact.atMs));
    case 'heard':
      return fact.attempt === null ? null : place(state, fact.attempt, fact);
    case 'transition':
      return move(state, fact);
    case 'status_seen': {
      const quote = state.hashes.get(fact.quoteHash);
      if (quote !== undefined) {
        const { txHash, intentHash, frame } = fact;
        nameQuote(state, quote, { txHash, intentHash, frame });
      }
      return null;
    }
    case 'transaction_seen':
      for (const { nonce, intentHash } of fact.executed) {
        const entry = state.nonces.get(nonce);
        if (entry !== undefined) entry.executed = { txHash: fact.txHash, intentHash };
        const quote = state.hashes.get(quoteHash(intentHash));
        if (quote === undefined || quote.status !== null) continue;
        nameQuote(state, quote, { txHash: fact.txHash, intentHash: null, frame: null });
      }
      return null;
    case 'balance':
      return takeBalanceFact(state, fact);
    case 'quotes_due':
      endOverdue(state, fact);
      return null;
    case 'chain_replaced':
      return replaceChain(state, fact.atMs);
    case 'reservation_asked':
      return askReservation(state, fact);
    case 'reservation_taken':
      return takeReservation(state, fact);
    case 'reservation_released':
      return releaseReservation(state, fact);
    default:
      // The rest does not concern the book; a checkpoint is restored, not folded.
      return null;
  }
}

function nameQuote(state: BookState, quote: QuoteEntry, status: QuoteStatus): void {
  changeQuote(state, quote, (changing) => {
    changing.status = status;
  });
  state.nonces.get(quote.attempt.nonce)?.live.mark(quote);
}

function withNonce(
  state: BookState,
  nonce: NonceEntry['nonce'],
  then: (entry: NonceEntry) => Breach | null,
): Breach | null {
  const entry = state.nonces.get(nonce);
  return entry === undefined ? noNonce(nonce) : then(entry);
}

/**
 * After a crash the list of quotes may lack its end, the ceilings do not: each open nonce stays reserved up to its ceiling
 * until the last quote that the run before could have signed is over. When it was signed the journal cannot tell, and our clock
 * may have been behind since: the wait counts from the first balance after the start. A copy lacks what was signed after it was
 * made, however it ends, by runs of which it does not know either; its nonces are left to those who may have gone on with them, and
 * since they may also have opened others, nothing is promised until all of that is over.
 */
function start(state: BookState, fact: StartedFact): Breach | null {
  const isCopy = fact.isCopy === true;
  if (isCopy) state.copyUntilMs = Number.POSITIVE_INFINITY;
  if (state.running || isCopy) {
    const lostMs = isCopy ? QUOTE_LIFETIME_LIMIT_MS : Math.max(state.runLifetimeMs, lostBeforeMs(state));
    state.lostLifetimeMs = Math.max(state.lostLifetimeMs, lostMs);
    for (const entry of state.nonces.values()) {
      if (entry.used !== null) continue;
      changeNonce(state, entry, () => {
        entry.boundUnits = entry.ceilingUnits;
        entry.boundUntilMs = Number.POSITIVE_INFINITY;
        if (isCopy) entry.draining ??= 'restored';
      });
      if (isCopy) retireCurrent(state, entry);
    }
  }
  state.running = true;
  state.runLifetimeMs = fact.quoteLifetimeMaxMs;
  return capitalBreach(state);
}

/** How much longer than the newest balance what an earlier crash took can live, whose run may have had another lifetime. */
function lostBeforeMs({ balance, nonces }: BookState): number {
  let longestMs = 0;
  for (const { used, boundUnits, boundUntilMs } of nonces.values()) {
    if (used !== null || boundUnits === 0n || boundUntilMs === Number.POSITIVE_INFINITY) continue;
    longestMs = Math.max(longestMs, boundUntilMs - CLOCK_SKEW_MAX_MS - (balance?.blockTimeMs ?? 0));
  }
  return Math.min(longestMs, QUOTE_LIFETIME_LIMIT_MS);
}

function open(state: BookState, fact: NonceOpenedFact): Breach | null {
  if (state.nonces.has(fact.nonce)) return misfit(`nonce ${fact.nonce} was opened before`);
  const entry: NonceEntry = {
    nonce: fact.nonce,
    asset: fact.asset,
    lane: fact.lane,
    salt: fact.salt,
    nonceDeadlineAtMs: fact.nonceDeadlineAtMs,
    admission: admissionTo(fact.lane, fact.nonce),
    ceilingUnits: fact.ceilingUnits,
    quoteMaxUnits: null,
    draining: null,
    pull: null,
    saltInvalidHeight: 0,
    saltDead: false,
    live: new LiveQuotes(),
    boundUnits: 0n,
    boundUntilMs: 0,
    used: null,
    balanceChange: null,
    executed: null,
    resolution: null,
    winner: null,
  };
  // Also of an asset that is not traded any more: what was signed under it can still settle.
  addNonce(state, entry);
  if (!KNOWN_ASSETS.some(({ id }) => id === fact.asset)) {
    return misfit(`nonce ${fact.nonce} is for an asset that is not known: ${fact.asset}`);
  }
  return overCeilings(state, entry);
}

/** Ceilings may share what is spendable, no more: a crash could leave quotes up to them. */
function overCeilings(state: BookState, entry: NonceEntry): Breach | null {
  const ledger = state.ledgers.get(entry.asset);
  if (ledger === undefined) return null;
  const spendable = creditedOf(ledger) - ledger.positionsUnits;
  if (ledger.ceilingsUnits <= spendable || ledger.ceilingsUnits <= ledger.ordersUnits) return null;
  const detail = `ceilings of ${entry.asset} sum to ${ledger.ceilingsUnits}, spendable are ${spendable}`;
  return { code: 'ceilings_exceeded', detail };
}

function use(state: BookState, fact: NonceUsedFact): Breach | null {
  return withNonce(state, fact.nonce, (entry) => {
    if (entry.used !== null) return null;
    changeNonce(state, entry, () => {
      entry.used = { blockHeight: fact.blockHeight, blockTimeMs: fact.blockTimeMs };
    });
    findUseAhead(state);
    retireCurrent(state, entry);
    return capitalBreach(state);
  });
}

function close(state: BookState, entry: NonceEntry, atMs: number): Breach | null {
  if (entry.used === null && (entry.live.size > 0 || entry.boundUnits > 0n)) {
    return misfit(`nonce ${entry.nonce} was closed while something under it could still settle; it stays reserved`);
  }
  if (entry.used !== null && entry.balanceChange === null) {
    return misfit(`nonce ${entry.nonce} was closed before a balance showed its use; it stays reserved`);
  }
  if (entry.balanceChange !== null && entry.resolution === null && entry.winner === null) {
    // Records of earlier versions have no resolution: what they left open shows in the quotes.
    const isUnknown = entry.boundUnits > 0n || [...entry.live].some((quote) => quote.code === 'unattributed');
    if (isUnknown) {
      entry.balanceChange.isAmbiguous = true;
      leaveUnknown(entry);
    }
  }
  removeNonce(state, entry);
  for (const quote of entry.live) finish(state, quote, atMs);
  return null;
}

function place(state: BookState, attempt: Attempt, fact: DecidedFact): Breach | null {
  if (state.quotes.has(attempt.quoteId)) return misfit(`quote ${attempt.quoteId} was signed before`);
  const quote = addQuote(state, newQuote(attempt), state.cutNumber);
  const entry = state.nonces.get(attempt.nonce);
  if (entry === undefined) {
    finish(state, quote, fact.atMs);
    return misfit(`quote ${attempt.quoteId} was signed under a nonce that is not open`);
  }
  const ledger = state.ledgers.get(entry.asset);
  const before = ledger?.ordersUnits;
  changeNonce(state, entry, () => entry.live.add(quote));
  if (attempt.amountOutUnits > entry.ceilingUnits || attempt.assetOut !== entry.asset) {
    return misfit(
      `quote ${attempt.quoteId} pays ${attempt.amountOutUnits} ${attempt.assetOut}, beyond its nonce's ceiling`,
    );
  }
  // Whether its lane is there is of this run: an earlier one may have had more lanes, or another pair.
  if (entry.used !== null || entry.draining !== null) {
    return misfit(`quote ${attempt.quoteId} was signed under a nonce that takes no more quotes`);
  }
  // The common case: a quote within the lane's reservation changes nothing that the invariant speaks of.
  return ledger === undefined || ledger.ordersUnits === before ? null : breachOf(ledger);
}

const newQuote = (attempt: Attempt): QuoteData => ({
  attempt,
  state: 'proposed',
  seq: 0,
  code: null,
  settlement: null,
  status: null,
  place: 'live',
  overAtMs: 0,
});

function move(state: BookState, fact: TransitionFact): Breach | null {
  const quote = state.quotes.get(fact.attempt.quoteId);
  // Forgotten since: a checkpoint may be younger than the quote's end.
  if (quote === undefined) return null;
  if (fact.seq !== quote.seq + 1 || fact.from !== quote.state || !mayFollow(fact.from, fact.to)) {
    return misfit(
      `step ${fact.seq} of quote ${fact.attempt.quoteId} from ${fact.from} to ${fact.to} does not follow ${quote.state} at ${quote.seq}`,
    );
  }
  changeQuote(state, quote, (changing) => {
    changing.state = fact.to;
    changing.seq = fact.seq;
    changing.code = fact.code;
    changing.settlement = fact.settlement;
  });
  const isOver = isFinal(quote.state) || endsWithoutRecord(quote.state);
  if (quote.place === 'due' || quote.place === 'orphaned') {
    if (!isOver && fact.code !== 'chain_replaced') return null;
    state.due.delete(quote);
    finish(state, quote, fact.atMs);
    return null;
  }
  const entry = quote.place === 'live' ? state.nonces.get(quote.attempt.nonce) : undefined;
  if (entry === undefined) return null;
  entry.live.mark(quote);
  if (fact.to === 'settled') {
    entry.winner = quote;
    if (entry.balanceChange !== null && entry.resolution === null) explain(entry.balanceChange, quote);
  }
  const isEnded = isFinal(quote.state) || fact.code === 'unattributed';
  if (entry.resolution !== null && isEnded) {
    takeOut(state, entry, quote);
    finish(state, quote, fact.atMs);
  }
  return null;
}

function takeOut(state: BookState, entry: NonceEntry, quote: QuoteEntry): void {
  changeNonce(state, entry, () => entry.live.delete(quote));
}

function resolve(state: BookState, entry: NonceEntry, fact: NonceResolvedFact): Breach | null {
  const { balanceChange } = entry;
  if (balanceChange === null) return misfit(`nonce ${entry.nonce} was resolved before a balance showed its use`);
  const winner = fact.winner === null ? undefined : state.quotes.get(fact.winner);
  if (winner !== undefined && winner.state !== 'settled') explain(balanceChange, winner);
  if (staysUnknown(entry, fact)) {
    balanceChange.isAmbiguous = true;
    leaveUnknown(entry);
  }
  balanceChange.carrier ??= fact.carrier;
  entry.resolution = fact;
  return lateLoss(state, balanceChange);
}

function endSilently(state: BookState, entry: NonceEntry, fact: QuotesOverFact): Breach | null {
  if (entry.resolution === null) return misfit(`quotes under nonce ${entry.nonce} ended before it was resolved`);
  for (const quoteId of fact.quoteIds) {
    const quote = state.quotes.get(quoteId);
    if (quote?.attempt.nonce !== entry.nonce || quote.place !== 'live') continue;
    takeOut(state, entry, quote);
    finish(state, quote, fact.atMs);
  }
  return null;
}

/** Takes what a settled quote moved out of what the nonces used together with its own have to explain. */
function explain(balanceChange: BalanceChange, { attempt }: QuoteEntry): void {
  const rest: Record<string, bigint> = {};
  for (const [asset, units] of Object.entries(balanceChange.rest)) rest[asset] = units - deltaOf(attempt, asset);
  balanceChange.rest = rest;
}
