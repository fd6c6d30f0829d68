// One run of the property tests of the book: what may happen, in any order, and what has to hold after each of it. The verifier settles
// any payload that it may, and executes any withdrawal that was published; whoever asks for reservations publishes what was taken.

import { expect } from 'bun:test';
import fc from 'fast-check';
import { units } from '../../contracts/amounts.ts';
import { BTC, EURE } from '../../contracts/assets.ts';
import { nonceText, type QuoteId } from '../../contracts/ids.ts';
import type { Fact } from '../model/facts.ts';
import { LIFETIME_MS, T0 } from './book.fixture.ts';
import { NONCE_LIFETIME_MS } from './lanes/lanes.ts';
import { CLOCK_SKEW_MAX_MS } from './settlement/evidence.ts';
import { QUOTE_LIFETIME_LIMIT_MS } from './settlement/waits.ts';
import { type Lie, ModelShell, type RunSettings, TOO_HIGH } from './shell.fixture.ts';
import { ModelVerifier, type Payload, type Withdrawal } from './verifier.fixture.ts';

export const ASSETS = [BTC.id, EURE.id] as const;
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
  | {
      readonly op: 'reserve';
      readonly toBtc: boolean;
      readonly share: number;
      readonly lifetimeMs: number;
      /** Whether the engine knows nonce and time of the withdrawal, and whether the amount is that of the last one. */
      readonly knows: 'all' | 'time' | 'nothing';
      readonly again: boolean;
    }
  | { readonly op: 'publish' | 'leave' | 'void' | 'release'; readonly pick: number }
  | { readonly op: 'pull'; readonly pick: number; readonly isDurable: boolean }
  | { readonly op: 'execute_pull'; readonly pick: number; readonly withTransaction: boolean }
  | { readonly op: 'deposit' | 'withdraw'; readonly toBtc: boolean; readonly share: number }
  | { readonly op: 'advance' | 'sleep'; readonly ms: number }
  | { readonly op: 'read'; readonly lag: number; readonly skip: number }
  | { readonly op: 'digest'; readonly most: number }
  | { readonly op: 'lying_poll'; readonly lag: number; readonly lie: Lie }
  | { readonly op: 'set_clock'; readonly skewMs: number }
  | { readonly op: 'accept_chain'; readonly afterMs: number }
  | { readonly op: 'poll'; readonly lag: number }
  | { readonly op: 'housekeep' | 'sync' | 'checkpoint' | 'clean_up' | 'rotate' | 'invalidate' }
  | { readonly op: 'stop'; readonly next: RunSettings }
  | { readonly op: 'crash'; readonly share: number; readonly next: RunSettings };

const share = fc.integer({ min: 1, max: 1000 });
const pick = fc.nat(1000);
const lag = fc.nat(2);
const lanes = fc.integer({ min: 1, max: 5 });
/** Mostly as before. */
const next: fc.Arbitrary<RunSettings> = fc.record({
  lanes,
  lifetimeMs: fc.constantFrom(LIFETIME_MS, LIFETIME_MS, 20_000, 200_000),
});
const crash = fc.record({ op: fc.constant('crash' as const), share: fc.double({ min: 0, max: 1, noNaN: true }), next });

const reserving = (knows: 'all' | 'time' | 'nothing', again: boolean): fc.Arbitrary<Op> =>
  fc.record({
    op: fc.constant('reserve' as const),
    toBtc: fc.boolean(),
    share: fc.integer({ min: 1, max: 400 }),
    lifetimeMs: fc.integer({ min: 20_000, max: 200_000 }),
    knows: fc.constant(knows),
    again: fc.constant(again),
  });

export const EVERYDAY: fc.WeightedArbitrary<Op>[] = [
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
  { weight: 4, arbitrary: fc.record({ op: fc.constant('pull' as const), pick, isDurable: fc.boolean() }) },
  {
    weight: 6,
    arbitrary: fc.record({ op: fc.constant('execute_pull' as const), pick, withTransaction: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('deposit' as const), toBtc: fc.boolean(), share }) },
  { weight: 4, arbitrary: reserving('all', false) },
  { weight: 5, arbitrary: fc.record({ op: fc.constant('publish' as const), pick }) },
  { weight: 5, arbitrary: fc.record({ op: fc.constant('leave' as const), pick }) },
  { weight: 3, arbitrary: fc.record({ op: fc.constant('void' as const), pick }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('release' as const), pick }) },
  { weight: 5, arbitrary: fc.record({ op: fc.constant('advance' as const), ms: fc.integer({ min: 1, max: 30_000 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({ op: fc.constant('advance' as const), ms: fc.integer({ min: 60_000, max: 8_000_000 }) }),
  },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('read' as const), lag, skip: fc.constantFrom(0, 0, 0, 1, -1) }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('digest' as const), most: fc.constantFrom(1, 2, 3, 1000) }) },
  { weight: 8, arbitrary: fc.record({ op: fc.constant('poll' as const), lag }) },
  { weight: 5, arbitrary: fc.record({ op: fc.constant('housekeep' as const) }) },
  { weight: 6, arbitrary: fc.record({ op: fc.constant('sync' as const) }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('checkpoint' as const) }) },
  {
    weight: 1,
    arbitrary: fc.oneof(
      fc.record({ op: fc.constantFrom('clean_up' as const, 'rotate' as const, 'invalidate' as const) }),
      fc.record({ op: fc.constant('stop' as const), next }),
    ),
  },
  { weight: 1, arbitrary: crash },
];
export const HOSTILE: fc.WeightedArbitrary<Op>[] = [
  ...EVERYDAY,
  {
    weight: 1,
    arbitrary: fc.record({ op: fc.constant('sleep' as const), ms: fc.integer({ min: 1, max: 30_000_000 }) }),
  },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('lie' as const), pick, withTransaction: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('withdraw' as const), toBtc: fc.boolean(), share }) },
  { weight: 1, arbitrary: fc.oneof(reserving('time', false), reserving('nothing', false), reserving('time', true)) },
];

/** Endpoints that lie about time, height and, without a second that agrees, about everything; a wall clock that is set. */
export const LYING: fc.WeightedArbitrary<Op>[] = [
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
        fc.constant({ isTooHigh: true }),
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
    arbitrary: fc.record({ op: fc.constant('accept_chain' as const), afterMs: fc.integer({ min: 1, max: 300_000 }) }),
  },
  { weight: 2, arbitrary: crash },
];

export const runOf = (ops: fc.WeightedArbitrary<Op>[]) =>
  fc.record({
    lanes,
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

export class Run {
  readonly verifier = new ModelVerifier(T0, '00000001', CREDITED, CREDITED);
  readonly shell: ModelShell;
  readonly amounts = new Amounts();
  /** An asset from which somebody else withdrew: until when quotes may be live that it can no longer cover. */
  readonly taintedUntilMs = new Map<string, number>();
  #salts = 1;
  #reservations = 0;
  /** Withdrawals under whose nonce something else was executed, or tried to be. */
  readonly voided = new Set<string>();
  #lastUnits = 1n;
  /** Nonces that our own pull has used. */
  readonly pulled = new Set<string>();
  /** What its asker holds of each reservation: the signed withdrawal. */
  readonly #signed = new Map<string, Withdrawal>();

  constructor(lanes: number, skewMs: number) {
    this.shell = new ModelShell(this.verifier, lanes, skewMs);
    this.poll(0);
    this.shell.settleHousekeeping();
  }

  poll(lag: number): Fact[] {
    this.shell.read(lag);
    const facts: Fact[] = [];
    while (this.shell.isBehind) facts.push(...this.shell.digest());
    return facts;
  }

  /** Withdraws what can be; whether and when that is executed, and seen, is somebody else's. */
  #pull(op: Op & { readonly op: 'pull' | 'execute_pull' }): void {
    const { verifier, shell } = this;
    if (op.op === 'pull') {
      const open = shell.book.nonces().filter(({ pullable, pull }) => pullable && pull === null);
      const chosen = open[op.pick % Math.max(1, open.length)];
      if (chosen !== undefined) shell.pull(chosen.nonce);
      if (op.isDurable) shell.sync();
      return;
    }
    verifier.advance(400);
    const sent = shell.sentPulls();
    const nonce = sent[sent.length - 1 - (op.pick % Math.min(4, Math.max(1, sent.length)))];
    const opening = nonce === undefined ? undefined : shell.opening(nonce);
    if (nonce === undefined || opening === undefined) return;
    if (!verifier.burn(nonce, opening.salt, opening.nonceDeadlineAtMs)) return;
    this.pulled.add(nonce);
    if (op.withTransaction) shell.pullExecuted(nonce);
  }

  #reserve({ toBtc, share: part, lifetimeMs, knows, again }: Op & { readonly op: 'reserve' }): void {
    const { verifier, shell } = this;
    const id = `r-${++this.#reservations}`;
    const asset = toBtc ? BTC.id : EURE.id;
    const deadlineAtMs = Math.max(verifier.head.timeMs, shell.nowMs) + lifetimeMs;
    if (!again) this.#lastUnits = (CREDITED * BigInt(part)) / 1000n + this.amounts.odd();
    const amountUnits = units(this.#lastUnits);
    const nonce = nonceText(`withdrawal-${id}`);
    // One whose nonce the engine does not know is forgotten as early as the contract may.
    const nonceDeadlineAtMs = knows === 'all' ? Number.POSITIVE_INFINITY : deadlineAtMs;
    this.#signed.set(id, { id, asset, amountUnits, nonce, deadlineAtMs, nonceDeadlineAtMs });
    const known = { nonce: knows === 'all' ? nonce : null, untilAtMs: knows === 'nothing' ? null : deadlineAtMs };
    shell.reserve({ id, asset, amountUnits, ...known, by: 'treasury' });
  }

  /** Whoever asked publishes what was answered as taken, and gives back what has no nonce only when it can no longer be executed. */
  #withdrawal(op: 'publish' | 'leave' | 'void' | 'release', pick: number): void {
    const { verifier, shell } = this;
    verifier.advance(400);
    if (op === 'publish') {
      const taken = shell.taken();
      const withdrawal = this.#signed.get(taken[pick % Math.max(1, taken.length)]?.id ?? '');
      if (withdrawal !== undefined && !verifier.withdrawals.includes(withdrawal)) verifier.withdrawals.push(withdrawal);
      return;
    }
    if (op === 'release') {
      const open = shell.book.reservations().filter(({ end }) => end === null);
      const { id = '', nonce = null } = open[pick % Math.max(1, open.length)] ?? {};
      const withdrawal = this.#signed.get(id);
      const isLoose = withdrawal !== undefined && verifier.withdrawals.includes(withdrawal);
      if (nonce !== null || !isLoose || withdrawal.deadlineAtMs < verifier.head.timeMs) shell.release(id);
      return;
    }
    const withdrawal = verifier.withdrawals[verifier.withdrawals.length - 1 - (pick % 4)];
    if (withdrawal === undefined) return;
    if (op === 'leave') verifier.withdraw(withdrawal);
    else {
      verifier.burn(withdrawal.nonce, '', withdrawal.nonceDeadlineAtMs);
      this.voided.add(withdrawal.id);
    }
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
      case 'pull':
      case 'execute_pull':
        this.#pull(op);
        return;
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
      case 'reserve':
        this.#reserve(op);
        return;
      case 'publish':
      case 'leave':
      case 'void':
      case 'release':
        this.#withdrawal(op.op, op.pick);
        return;
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
        while (shell.isBehind) shell.digest();
        return;
      case 'accept_chain':
        if ((shell.book.newestBlock()?.height ?? 0) < TOO_HIGH) return;
        verifier.advance(op.afterMs);
        shell.acceptChain();
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
        shell.stop(op.next);
        return;
      case 'crash':
        shell.crash(op.share, op.next);
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
  hasLostTwin(quoteId: QuoteId, known: ReadonlyMap<QuoteId, unknown>): boolean {
    const attempt = this.verifier.payloads.find((payload) => payload.attempt.quoteId === quoteId)?.attempt;
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
        // Also of a withdrawal whose amount was taken before, and that is published only now.
        for (const { deadlineAtMs } of this.#signed.values()) deadlines.push(deadlineAtMs);
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
    const block = verifier.blocks.find(({ height }) => height === (view?.blockHeight ?? 0) % TOO_HIGH);
    // After the chain was given up, a height that is too low is believed.
    if (view === null || block === undefined) return;
    for (const capital of [view.received, view.paid]) {
      expect<bigint>(capital.creditedUnits).toBe(block.balances.get(capital.asset) ?? -1n);
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
    if ((shell.book.newestBlock()?.height ?? 0) >= TOO_HIGH) {
      verifier.advance(QUOTE_LIFETIME_LIMIT_MS + 2 * CLOCK_SKEW_MAX_MS);
      shell.settleHousekeeping();
      shell.acceptChain();
      if (shell.book.newestBlock() !== null) throw new Error('the chain cannot be given up');
    }
    // After a sleep the clocks have to go on together for as long as a quote can live.
    const rounds = shell.sleptMs === 0 ? 4 : 20;
    for (let round = 0; round < rounds; round++) {
      verifier.advance(90_000);
      shell.sync();
      this.poll(0);
      shell.settleHousekeeping();
      this.checkSafety();
    }
    // A deposit can hide a withdrawal whose nonce is not known; whoever asked for it gives it back when its deadline is past.
    for (const { id, end, nonce } of shell.book.reservations()) {
      if (end !== null) continue;
      if (nonce !== null) throw new Error(`reservation ${id} is not over`);
      shell.release(id);
    }
    for (let round = 0; round < 2; round++) {
      verifier.advance(10_000);
      shell.sync();
      this.poll(0);
      shell.settleHousekeeping();
    }
  }
}

export function play(ops: readonly Op[], lanes: number, skewMs: number): Run {
  const run = new Run(lanes, skewMs);
  for (const op of ops) {
    run.step(op);
    run.checkSafety();
  }
  run.finish();
  return run;
}
