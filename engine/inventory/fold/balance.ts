// What a balance says of capital, nonces and lost quotes; and the chain of the balance on record that is given up.

import type { AssetId } from '../../../contracts/ids.ts';
import type { BalanceFact } from '../../model/facts.ts';
import { endsWithoutRecord, isFinal } from '../../model/lifecycle.ts';
import type { Breach } from '../../model/values.ts';
import { creditedOf, takeBalance } from '../capital.ts';
import { endByBalance, endWithChain, withdrawnBy } from '../reservations/fold.ts';
import { CLOCK_SKEW_MAX_MS } from '../settlement/evidence.ts';
import { QUOTE_LIFETIME_LIMIT_MS } from '../settlement/waits.ts';
import { type BookState, changeNonce, changeQuote, findUseAhead, removeNonce, unitsIn } from '../state.ts';
import { capitalBreach, misfit } from './breaches.ts';
import { endOverdue, finish, forget } from './over.ts';

/** How long the reading of a snapshot took at most, in records that have only its begin. */
const OLD_READ_MS = 10_000;

/** Records of earlier versions do not say what is over: their block's time, as far as our clock then makes it plausible. */
const overBeforeOf = (fact: BalanceFact): number =>
  fact.overBeforeMs ?? Math.min(fact.blockTimeMs, fact.atMs + CLOCK_SKEW_MAX_MS + OLD_READ_MS);

/** The first balance after a start that followed a crash tells from when the lost quotes can still live. */
function boundLostQuotes(state: BookState, fact: BalanceFact): void {
  const fromMs = Math.max(fact.blockTimeMs, fact.atMs) + CLOCK_SKEW_MAX_MS;
  if (state.copyUntilMs === Number.POSITIVE_INFINITY) state.copyUntilMs = fromMs + QUOTE_LIFETIME_LIMIT_MS;
  if (state.lostLifetimeMs === 0) return;
  const boundUntilMs = fromMs + state.lostLifetimeMs;
  state.lostLifetimeMs = 0;
  for (const entry of state.nonces.values()) {
    if (entry.boundUntilMs === Number.POSITIVE_INFINITY) entry.boundUntilMs = boundUntilMs;
  }
}

/**
 * Every nonce with live quotes was read at this block or is named as unread; those that were used were applied before. One of a
 * run that traded another pair does not say what is credited of the others: that is nothing until a balance does.
 */
export function takeBalanceFact(state: BookState, fact: BalanceFact): Breach | null {
  if (state.balance !== null && fact.blockHeight <= state.balance.blockHeight) {
    return misfit(`balance at block ${fact.blockHeight} is not newer than ${state.balance.blockHeight}`);
  }
  const withdrawn = withdrawnBy(state, fact);
  /** Without withdrawals: what settlements and deposits moved. */
  const change: Record<string, bigint> = {};
  const isOfOtherPair = Object.keys(fact.creditedUnits).some((asset) => !state.ledgers.has(asset as AssetId));
  for (const [asset, ledger] of state.ledgers) {
    const credited = unitsIn(fact.creditedUnits, asset);
    if (credited === null && !isOfOtherPair)
      return misfit(`balance at block ${fact.blockHeight} does not name ${asset}`);
    change[asset] = credited === null ? 0n : credited - creditedOf(ledger) + (withdrawn.get(asset) ?? 0n);
  }
  for (const [asset, ledger] of state.ledgers) {
    takeBalance(ledger, unitsIn(fact.creditedUnits, asset) ?? 0n, fact.settledUnits[asset] ?? 0n);
  }
  const overBeforeMs = overBeforeOf(fact);
  const unread = fact.unread ?? [];
  state.balance = {
    blockHeight: fact.blockHeight,
    blockHash: fact.blockHash,
    blockTimeMs: fact.blockTimeMs,
    readAtMs: fact.atMs,
    overBeforeMs,
    unread,
  };
  const balanceChange = {
    blockHeight: fact.blockHeight,
    blockTimeMs: fact.blockTimeMs,
    atMs: fact.atMs,
    change,
    rest: change,
    isAmbiguous: false,
    carrier: null,
    unknownUnits: fact.breach === null ? {} : null,
  };
  boundLostQuotes(state, fact);
  if (overBeforeMs > state.copyUntilMs) state.copyUntilMs = 0;
  for (const entry of state.nonces.values()) {
    if (entry.used !== null) {
      if (entry.balanceChange !== null || entry.used.blockHeight > fact.blockHeight) continue;
      changeNonce(state, entry, () => {
        entry.balanceChange = balanceChange;
      });
      continue;
    }
    if (unread.includes(entry.nonce)) continue;
    // A balance of an earlier block, as a node that lags gives it after a crash, does not show what came in between.
    const isInvalid = entry.draining === 'salt_invalidated' && fact.blockHeight >= entry.saltInvalidHeight;
    if (isInvalid) entry.saltDead = true;
    if (entry.boundUnits === 0n || overBeforeMs <= entry.boundUntilMs) continue;
    changeNonce(state, entry, () => {
      entry.boundUnits = 0n;
    });
  }
  findUseAhead(state);
  const misfitting = endByBalance(state, fact, overBeforeMs);
  endOverdue(state, fact);
  forget(state, fact.atMs);
  if (fact.breach !== null) return { code: 'balance_loss', detail: fact.breach };
  return misfitting ?? capitalBreach(state);
}

/** The planner has seen to it that nothing which was signed can still settle. */
export function replaceChain(state: BookState, atMs: number): Breach | null {
  state.balance = null;
  state.lostLifetimeMs = 0;
  state.copyUntilMs = 0;
  endWithChain(state, atMs);
  for (const ledger of state.ledgers.values()) takeBalance(ledger, 0n, 0n);
  for (const entry of [...state.nonces.values()]) {
    removeNonce(state, entry);
    for (const quote of entry.live) {
      if (isFinal(quote.state) || endsWithoutRecord(quote.state)) {
        finish(state, quote, atMs);
        continue;
      }
      changeQuote(state, quote, (changing) => {
        changing.place = 'orphaned';
      });
      state.due.add(quote);
    }
  }
  findUseAhead(state);
  return capitalBreach(state);
}
