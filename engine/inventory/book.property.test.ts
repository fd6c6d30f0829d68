// The acceptance test of the book: whatever happens, in any order, with a verifier that settles any payload it may, a relay
// that lies, a clock that disagrees with the chain's, a machine that sleeps, a disk that loses the unsynced tail, and salts that come and go.

import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { BTC, EURE } from '../../contracts/assets.ts';
import type { QuoteId } from '../../contracts/ids.ts';
import type { TradeState } from '../../contracts/reasons.ts';
import type { Fact } from '../model/facts.ts';
import { endsWithoutRecord, isFinal } from '../model/lifecycle.ts';
import { applyAll, emptyBook, makeCheckpoint, T0 } from './book.fixture.ts';
import { RECENT_MS } from './fold/over.ts';
import { NONCE_LIFETIME_MS } from './lanes/lanes.ts';
import { deltaOf, type QuoteData } from './quotes.ts';
import { CLOCK_SKEW_MAX_MS } from './settlement/evidence.ts';
import { type Lie, ModelShell } from './shell.fixture.ts';
import type { BookSnapshot } from './snapshot.ts';
import { ModelVerifier, type Payload } from './verifier.fixture.ts';

const ASSETS = [BTC.id, EURE.id] as const;
const CREDITED = 1_000_000_000_000n;

type Op =
  | {
      readonly op: 'quote';
      readonly toBtc: boolean;
      readonly share: number;
      readonly lifetimeMs: number;
      readonly again: boolean;
    }
  | { readonly op: 'reply'; readonly pick: number; readonly kind: 'sent' | 'ok' | 'late' | 'rejected' | 'timeout' }
  | { readonly op: 'settle'; readonly pick: number }
  | { readonly op: 'burn' | 'forgotten_by_age' | 'forgotten_by_salt'; readonly pick: number }
  | { readonly op: 'status'; readonly pick: number; readonly withTransaction: boolean }
  | { readonly op: 'lie'; readonly pick: number; readonly withTransaction: boolean }
  | { readonly op: 'deposit' | 'withdraw'; readonly toBtc: boolean; readonly share: number }
  | { readonly op: 'advance' | 'sleep'; readonly ms: number }
  | { readonly op: 'read'; readonly lag: number; readonly skip: number }
  | { readonly op: 'digest'; readonly most: number }
  | { readonly op: 'lying_poll'; readonly lag: number; readonly lie: Lie }
  | { readonly op: 'set_clock'; readonly skewMs: number }
  | { readonly op: 'poll'; readonly lag: number }
  | { readonly op: 'housekeep' | 'sync' | 'checkpoint' | 'stop' | 'clean_up' | 'rotate' | 'invalidate' }
  | { readonly op: 'crash'; readonly share: number };

const share = fc.integer({ min: 1, max: 1000 });
const pick = fc.nat(1000);
const lag = fc.nat(2);

const EVERYDAY: fc.WeightedArbitrary<Op>[] = [
  {
    weight: 12,
    arbitrary: fc.record({
      op: fc.constant('quote' as const),
      toBtc: fc.boolean(),
      share: fc.integer({ min: 1, max: 300 }),
      lifetimeMs: fc.integer({ min: 1000, max: 80_000 }),
      again: fc.boolean(),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      op: fc.constant('reply' as const),
      pick,
      kind: fc.constantFrom(
        'sent' as const,
        'sent' as const,
        'ok' as const,
        'late' as const,
        'rejected' as const,
        'timeout' as const,
      ),
    }),
  },
  { weight: 6, arbitrary: fc.record({ op: fc.constant('settle' as const), pick }) },
  // Settled, and then forgotten by the verifier before anybody looked.
  {
    weight: 1,
    arbitrary: fc.record({ op: fc.constantFrom('forgotten_by_age' as const, 'forgotten_by_salt' as const), pick }),
  },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('burn' as const), pick }) },
  { weight: 3, arbitrary: fc.record({ op: fc.constant('status' as const), pick, withTransaction: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('deposit' as const), toBtc: fc.boolean(), share }) },
  { weight: 5, arbitrary: fc.record({ op: fc.constant('advance' as const), ms: fc.integer({ min: 1, max: 30_000 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({ op: fc.constant('advance' as const), ms: fc.integer({ min: 60_000, max: 8_000_000 }) }),
  },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('read' as const), lag, skip: fc.constantFrom(0, 0, 0, 1) }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('digest' as const), most: fc.constantFrom(1, 2, 3, 1000) }) },
  { weight: 8, arbitrary: fc.record({ op: fc.constant('poll' as const), lag }) },
  { weight: 5, arbitrary: fc.record({ op: fc.constant('housekeep' as const) }) },
  { weight: 6, arbitrary: fc.record({ op: fc.constant('sync' as const) }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('checkpoint' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      op: fc.constantFrom('stop' as const, 'clean_up' as const, 'rotate' as const, 'invalidate' as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ op: fc.constant('crash' as const), share: fc.double({ min: 0, max: 1, noNaN: true }) }),
  },
];
const HOSTILE: fc.WeightedArbitrary<Op>[] = [
  ...EVERYDAY,
  {
    weight: 1,
    arbitrary: fc.record({ op: fc.constant('sleep' as const), ms: fc.integer({ min: 1, max: 30_000_000 }) }),
  },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('lie' as const), pick, withTransaction: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('withdraw' as const), toBtc: fc.boolean(), share }) },
];

/** Endpoints that lie about time, height and, without a second that agrees, about everything; a wall clock that is set. */
const LYING: fc.WeightedArbitrary<Op>[] = [
  ...EVERYDAY,
  {
    weight: 6,
    arbitrary: fc.record({
      op: fc.constant('lying_poll' as const),
      lag,
      lie: fc.oneof(
        fc.record({ aheadMs: fc.integer({ min: -40_000, max: 10_000 }) }),
        fc.record({ aheadMs: fc.integer({ min: CLOCK_SKEW_MAX_MS - 3, max: CLOCK_SKEW_MAX_MS + 3 }) }),
        fc.record({ aheadMs: fc.constantFrom(300_000, 86_400_000, -3_600_000) }),
        fc.record({ lower: fc.integer({ min: 500, max: 1000 }) }),
        fc.record({
          unconfirmed: fc.bigInt({ min: 0n, max: 300n }),
          aheadMs: fc.integer({ min: -20_000, max: CLOCK_SKEW_MAX_MS }),
        }),
      ),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      op: fc.constant('set_clock' as const),
      skewMs: fc.oneof(fc.constant(0), fc.integer({ min: -60_000, max: 0 })),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ op: fc.constant('crash' as const), share: fc.double({ min: 0, max: 1, noNaN: true }) }),
  },
];

const runOf = (ops: fc.WeightedArbitrary<Op>[]) =>
  fc.record({
    lanes: fc.integer({ min: 1, max: 5 }),
    skewMs: fc.integer({ min: -3000, max: 3000 }),
    ops: fc.array(fc.oneof(...ops), { minLength: 20, maxLength: 140 }),
  });

/** Amounts so odd that no two sums of them meet by chance; `again` repeats the last one on purpose. */
class Amounts {
  #seed = 88_172_645_463_325_252n;
  #last = new Map<boolean, [bigint, bigint]>();

  #odd(): bigint {
    this.#seed ^= (this.#seed << 13n) & 0xffff_ffff_ffff_ffffn;
    this.#seed ^= this.#seed >> 7n;
    this.#seed ^= (this.#seed << 17n) & 0xffff_ffff_ffff_ffffn;
    return this.#seed % 1_000_000_007n;
  }

  of(toBtc: boolean, outUnits: bigint, again: boolean): [bigint, bigint] {
    const last = this.#last.get(toBtc);
    if (again && last !== undefined) return last;
    const fresh: [bigint, bigint] = [1_000_000_000n + this.#odd(), outUnits + this.#odd()];
    this.#last.set(toBtc, fresh);
    return fresh;
  }

  odd(): bigint {
    return this.#odd();
  }
}

class Run {
  readonly verifier = new ModelVerifier(T0, '00000001', CREDITED, CREDITED);
  readonly shell: ModelShell;
  readonly amounts = new Amounts();
  /** An asset from which somebody else withdrew: until when quotes may be live that it can no longer cover. */
  readonly taintedUntilMs = new Map<string, number>();
  #salts = 1;

  constructor(lanes: number, skewMs: number) {
    this.shell = new ModelShell(this.verifier, lanes, skewMs);
    this.poll(0);
    this.shell.settleHousekeeping();
  }

  poll(lag: number): Fact[] {
    this.shell.read(lag);
    return this.shell.digest();
  }

  #pick(list: readonly Payload[], at: number): Payload | undefined {
    // Mostly of the newest, which may still be settled.
    return list.length === 0 ? undefined : list[list.length - 1 - (at % Math.min(list.length, 40))];
  }

  step(op: Op): void {
    const { verifier, shell } = this;
    switch (op.op) {
      case 'quote': {
        const out = (CREDITED * BigInt(op.share)) / 1000n;
        const [inUnits, outUnits] = this.amounts.of(op.toBtc, out, op.again);
        shell.quote(op.toBtc ? 'EURe->BTC' : 'BTC->EURe', inUnits, outUnits, op.lifetimeMs);
        return;
      }
      case 'reply': {
        const payload = this.#pick(verifier.payloads, op.pick);
        if (payload !== undefined) shell.reply(payload.attempt.quoteId, op.kind);
        return;
      }
      case 'settle': {
        verifier.advance(400);
        const payload = this.#pick(verifier.payloads, op.pick);
        if (payload === undefined) return;
        const verdict = verifier.settle(payload);
        if (verdict === 'insufficient_balance' && !this.#isTainted(payload.attempt.assetOut)) {
          throw new Error(`a signed quote of ${payload.attempt.amountOutUnits} was not covered`);
        }
        return;
      }
      case 'forgotten_by_age':
        this.step({ op: 'settle', pick: op.pick });
        verifier.advance(NONCE_LIFETIME_MS + 5000);
        verifier.cleanUp();
        return;
      case 'forgotten_by_salt':
        this.step({ op: 'settle', pick: op.pick });
        for (const next of ['rotate', 'invalidate', 'clean_up'] as const) this.step({ op: next });
        return;
      case 'burn': {
        verifier.advance(400);
        const payload = this.#pick(verifier.payloads, op.pick);
        if (payload !== undefined) verifier.burn(payload.attempt.nonce, payload.salt, payload.nonceDeadlineAtMs);
        return;
      }
      case 'status': {
        const payload = this.#pick(verifier.settled, op.pick);
        if (payload !== undefined) shell.status(payload, true, op.withTransaction);
        return;
      }
      case 'lie': {
        const payload = this.#pick(verifier.payloads, op.pick);
        if (payload !== undefined) shell.status(payload, verifier.settled.includes(payload), op.withTransaction);
        return;
      }
      case 'deposit':
        verifier.advance(400);
        verifier.move(op.toBtc ? BTC.id : EURE.id, (CREDITED * BigInt(op.share)) / 1000n + this.amounts.odd());
        return;
      case 'withdraw': {
        verifier.advance(400);
        const asset = op.toBtc ? BTC.id : EURE.id;
        verifier.move(asset, -(((verifier.balances.get(asset) ?? 0n) * BigInt(op.share)) / 1000n));
        this.taintedUntilMs.set(asset, Number.POSITIVE_INFINITY);
        return;
      }
      case 'advance':
        verifier.advance(op.ms);
        return;
      case 'sleep':
        verifier.advance(op.ms);
        shell.sleptMs += op.ms;
        return;
      case 'read':
        shell.read(op.lag, op.skip);
        return;
      case 'digest':
        shell.digest(op.most);
        return;
      case 'poll':
        verifier.advance(700);
        this.poll(op.lag);
        return;
      case 'lying_poll':
        verifier.advance(700);
        shell.read(op.lag, 0, op.lie);
        shell.digest();
        return;
      case 'set_clock':
        shell.skewMs = op.skewMs;
        return;
      case 'housekeep':
        shell.housekeep();
        return;
      case 'sync':
        shell.sync();
        return;
      case 'checkpoint':
        shell.checkpoint();
        return;
      case 'stop':
        shell.stop();
        return;
      case 'crash':
        shell.crash(op.share);
        return;
      case 'clean_up':
        verifier.advance(400);
        verifier.cleanUp();
        return;
      case 'rotate':
        verifier.advance(400);
        verifier.rotateSalt(String(++this.#salts).padStart(8, '0'));
        return;
      case 'invalidate':
        verifier.advance(400);
        verifier.invalidate(String(this.#salts - 1).padStart(8, '0'));
        return;
    }
  }

  /** A settled quote that the journal lost, which no balance can tell from this one. */
  hasLostTwin(quoteId: QuoteId): boolean {
    const attempt = this.verifier.payloads.find((payload) => payload.attempt.quoteId === quoteId)?.attempt;
    const known = statesOf(this.shell.journal);
    return this.verifier.settled.some(
      ({ attempt: other }) =>
        !known.has(other.quoteId) &&
        other.amountInUnits === attempt?.amountInUnits &&
        other.amountOutUnits === attempt.amountOutUnits,
    );
  }

  #isTainted(asset: string): boolean {
    return (this.taintedUntilMs.get(asset) ?? 0) >= this.verifier.head.timeMs;
  }

  /** What was signed while the book did not know of a withdrawal is exposed to it; a crash can make it forget. */
  clearTaint(): void {
    for (const [asset, untilMs] of this.taintedUntilMs) {
      const credited = this.shell.book.capital(asset as typeof BTC.id)?.creditedUnits ?? 0n;
      if (credited > (this.verifier.balances.get(asset) ?? 0n)) {
        this.taintedUntilMs.set(asset, Number.POSITIVE_INFINITY);
      } else if (untilMs === Number.POSITIVE_INFINITY) {
        const deadlines = this.verifier.payloads.map(({ attempt }) => attempt.deadlineAtMs);
        this.taintedUntilMs.set(asset, Math.max(0, ...deadlines));
      }
    }
  }

  checkSafety(): void {
    const { verifier, shell } = this;
    this.clearTaint();
    for (const asset of ASSETS) {
      const could = verifier.couldSettle(asset);
      const has = verifier.balances.get(asset) ?? 0n;
      if (could > has && !this.#isTainted(asset)) {
        throw new Error(`quotes of ${could} could settle at the same time against ${has} of ${asset}`);
      }
    }
    const breach = shell.book.breach();
    if (breach !== null && shell.words.length === 0) throw new Error(`not reported: ${breach.detail}`);
    const view = shell.book.inventory('BTC->EURe');
    if (view === null) return;
    const block = verifier.blocks.find(({ height }) => height === view.blockHeight);
    for (const capital of [view.received, view.paid]) {
      expect<bigint>(capital.creditedUnits).toBe(block?.balances.get(capital.asset) ?? -1n);
      expect<bigint>(capital.allocatedUnits + capital.realizedUnits).toBe(capital.creditedUnits);
      // After a withdrawal elsewhere what quotes bind may be more than there is.
      if (this.taintedUntilMs.has(capital.asset)) continue;
      // After an unexplained loss, which a lie can make up, ceilings come down with the next housekeeping.
      if (shell.words.length > 0) continue;
      expect<bigint>(capital.ceilingsUnits).toBeLessThanOrEqual(
        capital.creditedUnits - capital.reservedForPositionsUnits,
      );
      expect<bigint>(capital.reservedForOrdersUnits).toBeLessThanOrEqual(capital.ceilingsUnits);
    }
  }

  /** Lets everything run out, with a clock that is right again. */
  finish(): void {
    const { verifier, shell } = this;
    if (shell.skewMs < -CLOCK_SKEW_MAX_MS) shell.skewMs = 0;
    // After a sleep the clocks have to go on together for as long as a quote can live.
    const rounds = shell.sleptMs === 0 ? 4 : 20;
    for (let round = 0; round < rounds; round++) {
      verifier.advance(90_000);
      shell.sync();
      this.poll(0);
      shell.settleHousekeeping();
      this.checkSafety();
    }
  }
}

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

/** The sum of the settlements on record. */
const recordedOf = ({ shell }: Run, asset: string): bigint =>
  shell.journal.reduce(
    (sum, fact) => (fact.kind === 'transition' ? sum + (fact.settlement?.balanceChange[asset] ?? 0n) : sum),
    0n,
  );

/** What was settled. */
const settledOf = ({ verifier }: Run, asset: string): bigint =>
  verifier.settled.reduce((sum, { attempt }) => sum + deltaOf(attempt, asset), 0n);

function play(ops: readonly Op[], lanes: number, skewMs: number): Run {
  const run = new Run(lanes, skewMs);
  for (const op of ops) {
    run.step(op);
    run.checkSafety();
  }
  run.finish();
  return run;
}

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
      RUNS,
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
        expect(book.nonces().length).toBeLessThanOrEqual(2 * lanes);
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
    fc.assert(
      fc.property(runOf(EVERYDAY), ({ lanes, skewMs, ops }) => {
        const run = play(ops, lanes, skewMs);
        expect(run.shell.words).toEqual([]);
        const truth = new Set(run.verifier.settled.map(({ attempt }) => attempt.quoteId));
        const settledByNonce = new Set<string>();
        const states = statesOf(run.shell.journal);
        // Together with a lost quote, another pair of the same amounts explains the same change: the books hold the right sums
        // under the wrong names, of either.
        const isMuddled = [...states.keys()].some((quoteId) => run.hasLostTwin(quoteId));
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
