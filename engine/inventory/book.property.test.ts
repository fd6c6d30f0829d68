// The acceptance test of the book: whatever happens, in any order, with a verifier that settles any payload it may, a relay
// that lies, a clock that disagrees with the chain's, a machine that sleeps, a disk that loses the unsynced tail, and salts that come and go.

import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { QuoteId } from '../../contracts/ids.ts';
import type { TradeState } from '../../contracts/reasons.ts';
import type { Fact } from '../model/facts.ts';
import { endsWithoutRecord, isFinal } from '../model/lifecycle.ts';
import { applyAll, emptyBook, makeCheckpoint } from './book.fixture.ts';
import { ASSETS, EVERYDAY, HOSTILE, LYING, play, type Run, runOf } from './book-run.fixture.ts';
import { RECENT_MS } from './fold/over.ts';
import { deltaOf, type QuoteData } from './quotes.ts';
import type { BookSnapshot } from './snapshot.ts';

/** Where the journal leaves each quote. */
function statesOf(journal: readonly Fact[]): Map<QuoteId, { state: TradeState; code: string }> {
  const states = new Map<QuoteId, { state: TradeState; code: string }>();
  for (const fact of journal) {
    if (fact.kind === 'heard' && fact.attempt !== null)
      states.set(fact.attempt.quoteId, { state: 'proposed', code: '' });
    if (fact.kind !== 'transition') continue;
    expect(states.get(fact.attempt.quoteId)?.state).toBe(fact.from);
    states.set(fact.attempt.quoteId, { state: fact.to, code: fact.code });
  }
  return states;
}

/**
 * How the reservations ended: as withdrawn if their withdrawal was executed, and else never, but for a nonce that something else used
 * while a deposit came, which is the same to capital.
 */
function reservationOutcomes({ verifier, shell, voided }: Run): string[] {
  const left = new Set(verifier.withdrawn.map(({ id }) => id));
  return shell.book.reservations().map(({ id, end }) => {
    const isWithdrawn = end?.outcome === 'withdrawn';
    if (left.has(id) || !voided.has(id)) expect([id, isWithdrawn]).toEqual([id, left.has(id)]);
    return end?.outcome ?? 'open';
  });
}

/** The sum of the settlements on record. */
const recordedOf = ({ shell }: Run, asset: string): bigint =>
  shell.journal.reduce(
    (sum, fact) => (fact.kind === 'transition' ? sum + (fact.settlement?.balanceChange[asset] ?? 0n) : sum),
    0n,
  );

/** What was settled. */
const settledOf = ({ verifier }: Run, asset: string): bigint =>
  verifier.settled.reduce((sum, { attempt }) => sum + deltaOf(attempt, asset), 0n);

const RUNS = { numRuns: 1500, includeErrorInReport: true };

describe('against a hostile verifier', () => {
  test('and endpoints that lie about time and height, and alone about everything, what could settle stays covered', () => {
    const seen = new Map<string, number>();
    let settled = 0;
    fc.assert(
      fc.property(runOf(LYING), ({ lanes, ops }) => {
        // Our clock may be behind the chain's, as after a restart; ahead of it, only a second endpoint could tell.
        const run = play(ops, lanes, 0);
        settled += run.verifier.settled.length;
        for (const [verdict, times] of run.shell.verdicts) seen.set(verdict, (seen.get(verdict) ?? 0) + times);
      }),
      { ...RUNS, numRuns: 2000 },
    );
    // The property means something only if the lies were heard.
    for (const verdict of ['taken', 'refused', 'unconfirmed']) expect(seen.get(verdict)).toBeGreaterThan(100);
    expect(settled).toBeGreaterThan(1000);
  });

  test('what could settle at the same time never exceeds the credited balance; all quotes end; nothing leaks', () => {
    fc.assert(
      fc.property(runOf(HOSTILE), ({ lanes, skewMs, ops }) => {
        const run = play(ops, lanes, skewMs);
        const { book, journal } = run.shell;
        for (const [quoteId, { state, code }] of statesOf(journal)) {
          const isOver =
            isFinal(state) || endsWithoutRecord(state) || (state === 'uncertain' && code === 'unattributed');
          if (!isOver) throw new Error(`${quoteId} is still ${state} (${code})`);
        }
        expect(book.counts().open).toBe(0);
        expect(book.nonces().length).toBeLessThanOrEqual(2 * run.shell.lanes);
        for (const asset of ASSETS) {
          const capital = book.capital(asset);
          expect<bigint | undefined>(capital?.reservedForOrdersUnits).toBe(0n);
          expect<bigint | undefined>(capital?.reservedForPositionsUnits).toBe(0n);
          expect(capital?.ceilingsUnits).toBeLessThanOrEqual(capital?.spendableUnits ?? 0n);
        }
        run.verifier.advance(RECENT_MS + 1);
        run.poll(0);
        expect(book.counts().recent).toBe(0);
      }),
      RUNS,
    );
  });

  test('without lies and withdrawals elsewhere there is no breach, and what is recorded is true', () => {
    const outcomes = new Map<string, number>();
    let pulls = 0;
    fc.assert(
      fc.property(runOf(EVERYDAY), ({ lanes, skewMs, ops }) => {
        const run = play(ops, lanes, skewMs);
        expect(run.shell.words).toEqual([]);
        for (const outcome of reservationOutcomes(run)) outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
        const truth = new Set(run.verifier.settled.map(({ attempt }) => attempt.quoteId));
        const settledByNonce = new Set<string>();
        const states = statesOf(run.shell.journal);
        for (const [quoteId, { code }] of states) {
          if (code !== 'pulled_by_transaction') continue;
          const nonce = run.verifier.payloads.find(({ attempt }) => attempt.quoteId === quoteId)?.attempt.nonce ?? '';
          expect([quoteId, run.pulled.has(nonce)]).toEqual([quoteId, true]);
          pulls++;
        }
        // Together with a lost quote, another pair of the same amounts explains the same change: the books hold the right sums
        // under the wrong names, of either.
        const isMuddled = [...states.keys()].some((quoteId) => run.hasLostTwin(quoteId, states));
        for (const [quoteId, { state }] of states) {
          if (state === 'settled' && !truth.has(quoteId) && !isMuddled) {
            throw new Error(`${quoteId} was not settled`);
          }
          if (truth.has(quoteId) && state !== 'settled' && state !== 'uncertain' && !isMuddled) {
            throw new Error(`${quoteId} was settled and is recorded as ${state}`);
          }
          const payload = run.verifier.payloads.find(({ attempt }) => attempt.quoteId === quoteId);
          if (state !== 'settled' || payload === undefined) continue;
          expect(settledByNonce.has(payload.attempt.nonce)).toBe(false);
          settledByNonce.add(payload.attempt.nonce);
        }
        // An inflow cannot always be distinguished from a settlement, and what a crash took is in no record.
        const isAmbiguous =
          ops.some(({ op }) => op === 'deposit') || [...truth].some((quoteId) => !states.has(quoteId));
        if (!isAmbiguous) for (const asset of ASSETS) expect(recordedOf(run, asset)).toBe(settledOf(run, asset));
      }),
      RUNS,
    );
    // The property means something only if each of them came about.
    expect(pulls).toBeGreaterThan(20);
    const ends = ['withdrawn', 'burned', 'released', 'expired'];
    expect(ends.filter((outcome) => (outcomes.get(outcome) ?? 0) < 20)).toEqual([]);
  });
});

/** Not a double between 0 and 1: most of those are close to one of the two. */
const percent = fc.integer({ min: 0, max: 100 });

test('a checkpoint after any prefix and the rest of the facts give the same book as all the facts', () => {
  fc.assert(
    fc.property(runOf(HOSTILE), percent, ({ lanes, skewMs, ops }, cut) => {
      const { journal } = play(ops, lanes, skewMs).shell;
      const at = Math.floor((journal.length * cut) / 100);
      const whole = emptyBook(lanes);
      for (const fact of journal) whole.apply(fact);
      const head = emptyBook(lanes);
      for (const fact of journal.slice(0, at)) head.apply(fact);
      const snapshot = head.snapshot();
      const tail = emptyBook(lanes);
      applyAll(tail, makeCheckpoint(snapshot));
      expect(tail.snapshot()).toEqual(snapshot);
      for (const fact of journal.slice(at)) tail.apply(fact);
      expect(tail.snapshot()).toEqual(whole.snapshot());
      for (const asset of ASSETS) expect(tail.capital(asset)).toEqual(whole.capital(asset));
      expect(tail.nonces()).toEqual(whole.nonces());
    }),
    { ...RUNS, numRuns: 100 },
  );
});

test('a checkpoint that is read out in pieces while facts go on being folded is that of the moment when it began', () => {
  let pieces = 0;
  fc.assert(
    fc.property(
      runOf(HOSTILE),
      percent,
      fc.array(fc.nat(3), { maxLength: 60 }),
      ({ lanes, skewMs, ops }, share, factsBetween) => {
        const { journal } = play(ops, lanes, skewMs).shell;
        const at = Math.floor((journal.length * share) / 100);
        const live = emptyBook(lanes);
        for (const fact of journal.slice(0, at)) live.apply(fact);
        const then = live.snapshot();
        // One quote a piece.
        const cut = live.cut(1);
        if (cut === null) throw new Error('nothing is on its way to the disk');
        const quotes: QuoteData[] = [];
        const rest = journal.slice(at);
        let applied = 0;
        for (let piece = cut.next(), turn = 0; piece !== null; piece = cut.next(), turn++) {
          quotes.push(...piece);
          for (const fact of rest.slice(applied, applied + (factsBetween[turn] ?? 1))) live.apply(fact);
          applied += factsBetween[turn] ?? 1;
          pieces++;
        }
        cut.close();
        for (const fact of rest.slice(applied)) live.apply(fact);
        expect<BookSnapshot>({ ...cut.head, quotes }).toEqual(then);

        const recovered = emptyBook(lanes);
        applyAll(recovered, makeCheckpoint({ ...cut.head, quotes }));
        for (const fact of rest) recovered.apply(fact);
        expect(recovered.snapshot()).toEqual(live.snapshot());
        for (const asset of ASSETS) expect(recovered.capital(asset)).toEqual(live.capital(asset));
      },
    ),
    { ...RUNS, numRuns: 800 },
  );
  // The property means something only if there was something to read out.
  expect(pieces).toBeGreaterThan(300);
});
