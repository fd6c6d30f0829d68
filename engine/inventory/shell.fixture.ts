// The engine's shell around the book as a model: a journal that can lose its unsynced tail, a clock that may disagree with the
// chain's, snapshots that are taken at one time and applied later, restarts clean and not. What it does with the book is what
// engine/main does: append, wait where durability is asked for, apply.

import { units } from '../../contracts/amounts.ts';
import { assetPaid, DEFAULT_PAIR, type Direction } from '../../contracts/assets.ts';
import type { NonceText, QuoteId } from '../../contracts/ids.ts';
import type { Fact } from '../model/facts.ts';
import { step } from '../model/lifecycle.ts';
import type { ObservedTransaction } from '../model/observation.ts';
import type { Attempt } from '../model/values.ts';
import {
  ACCOUNT,
  born,
  emptyBook,
  hashOf,
  LIFETIME_MS,
  makeAttempt,
  makeCheckpoint,
  makeDecided,
  makeStarted,
  newEventId,
  randomBytes15,
  T0,
} from './book.fixture.ts';
import type { Book } from './book.ts';
import type { Salts } from './lanes/housekeeping.ts';
import type { ObservedSnapshot } from './plan-observation.ts';
import { createReservationDesk, type ReserveAsked } from './reservations/desk.ts';
import { isTaken, type Reservation } from './reservations/reservation.ts';
import type { ModelVerifier, Payload } from './verifier.fixture.ts';

const REPLIES = {
  sent: ['submitted', 'answer_sent'],
  ok: ['accepted', 'relay_accepted'],
  late: ['late', 'relay_late'],
  rejected: ['rejected', 'relay_rejected'],
  timeout: ['uncertain', 'reply_timeout'],
} as const;

const pullHashOf = (nonce: NonceText): string => `pull-of-${nonce}`;

/** Few, so that a search goes over several turns, between which the engine goes on. */
const STEPS_A_TURN = 2;

/** On top of a true height. */
export const TOO_HIGH = 1_000_000;

/** What a lying endpoint says. */
export type Lie = {
  /** The block's time as of our clock and so much more. */
  readonly aheadMs?: number;
  readonly lower?: number;
  /** A height that the chain will not reach: what is true is refused after it, until an operator gives up the chain. */
  readonly isTooHigh?: boolean;
  /** No second endpoint agrees: percent of the true balances, and every nonce used. */
  readonly unconfirmed?: bigint;
};

/** A snapshot that was read and not taken in yet, with the salts that it names. */
type ReadSnapshot = { readonly snapshot: ObservedSnapshot; readonly salts: Salts };

/** Polls overlap: so many are read before the first of them is taken in. */
const READ_MAX = 2;

/** What a run is configured with. */
export type RunSettings = { readonly lanes: number; readonly lifetimeMs: number };

export class ModelShell {
  book: Book;
  #settings: RunSettings;
  readonly verifier: ModelVerifier;
  /** Ours less the chain's; tests set the wall clock by it, the monotonic clock is not moved. */
  skewMs: number;
  /** How long the monotonic clock stood still, as on a machine that is suspended. */
  sleptMs = 0;
  journal: Fact[] = [];
  /** So many facts survive any crash. */
  durable = 0;
  /** Everything that the book found fault with. */
  words: string[] = [];
  #underWay: Fact[] = [];
  /** Oldest first. */
  #read: ReadSnapshot[] = [];
  #salts: Salts | null = null;
  /** What became of the snapshots. */
  readonly verdicts = new Map<string, number>();
  #transactions: ObservedTransaction[] = [];
  #quotes = 0;
  #checkpoints: { readonly at: number; readonly facts: readonly Fact[] }[] = [];

  constructor(verifier: ModelVerifier, lanes: number, skewMs: number) {
    this.verifier = verifier;
    this.#settings = { lanes, lifetimeMs: LIFETIME_MS };
    this.skewMs = skewMs;
    this.book = this.#newBook();
    this.#record(born);
    this.#begin();
  }

  get nowMs(): number {
    return this.verifier.head.timeMs + this.skewMs;
  }

  get #nowUs(): number {
    return (this.verifier.head.timeMs - T0 - this.sleptMs) * 1000;
  }

  get lanes(): number {
    return this.#settings.lanes;
  }

  #newBook(): Book {
    const { lanes, lifetimeMs } = this.#settings;
    return emptyBook(lanes, { stepsATurn: STEPS_A_TURN, lifetimeMs, beganUs: this.#nowUs });
  }

  #record(fact: Fact): void {
    this.journal.push(fact);
    this.#apply(fact);
  }

  #apply(fact: Fact): void {
    const breach = this.book.apply(fact);
    if (breach !== null) this.words.push(breach.detail);
  }

  get #maker() {
    return { atMs: this.nowMs, newEventId };
  }

  #begin(): void {
    this.#record(makeStarted(this.nowMs, this.#settings.lifetimeMs));
    this.durable = this.journal.length;
    for (const current of this.book.liveQuotes()) {
      if (current.state !== 'proposed' && current.state !== 'submitted') continue;
      const fact = step(current, { to: 'uncertain', code: 'restarted', recovered: true }, this.#maker);
      if (fact !== null) this.#record(fact);
    }
  }

  /** Signs a quote when a lane takes it; it may leave at once, and anybody may hold it from then on. */
  quote(direction: Direction, inUnits: bigint, outUnits: bigint, lifetimeMs: number): Attempt | null {
    const { lifetimeMs: mostMs } = this.#settings;
    // Some live as long as they may.
    const deadlineAtMs = this.nowMs + Math.min(Math.round((lifetimeMs * mostMs) / LIFETIME_MS), mostMs);
    const admission = this.book.admit(assetPaid(DEFAULT_PAIR, direction).id, units(outUnits), deadlineAtMs, this.nowMs);
    if (!admission.ok) return null;
    const { lane, nonce } = admission;
    const quoteId = `quote-${++this.#quotes}`;
    const attempt = makeAttempt({
      quoteId,
      direction,
      inUnits,
      outUnits,
      lane,
      nonce,
      deadlineAtMs,
      signedAtMs: this.nowMs,
    });
    const opened = this.journal.find((fact) => fact.kind === 'nonce_opened' && fact.nonce === nonce);
    if (opened?.kind !== 'nonce_opened') throw new Error('signed under a nonce that the journal does not know');
    if (this.journal.indexOf(opened) >= this.durable) throw new Error('signed under a nonce that is not durable');
    this.verifier.payloads.push({ attempt, salt: opened.salt, nonceDeadlineAtMs: opened.nonceDeadlineAtMs });
    this.#record(makeDecided(attempt, this.nowMs));
    return attempt;
  }

  get #desk() {
    return createReservationDesk({
      book: this.book,
      nowMs: () => this.nowMs,
      record: (fact) => this.#record(fact),
      durable: () => Promise.resolve(),
      maintain: () => this.housekeep(),
    });
  }

  /** What comes of it is on record when it returns; the answer is not waited for. */
  reserve(asked: ReserveAsked): void {
    void this.#desk.reserve(asked);
  }

  release(id: string): void {
    void this.#desk.release(id, 'operator');
  }

  /**
   * What may be executed. Those that were answered as taken: nobody publishes what a crash could still take back. One that was given
   * back and has a nonce may have been published before.
   */
  taken(): Reservation[] {
    const durable = this.journal.slice(0, this.durable);
    const answered = new Set(durable.flatMap((fact) => (fact.kind === 'reservation_taken' ? fact.reservationId : [])));
    return this.book
      .reservations()
      .filter((each) => isTaken(each) && (each.nonce !== null || each.releasedAtMs === null) && answered.has(each.id));
  }

  /** What the relay answers: nothing, or something. */
  reply(quoteId: QuoteId, kind: keyof typeof REPLIES): void {
    const current = this.book.attemptState(quoteId);
    if (current === null) return;
    const [to, code] = REPLIES[kind];
    const fact = step(current, { to, code }, this.#maker);
    if (fact !== null) this.#record(fact);
  }

  /** quote_status of a quote, true or not; with it, where wanted, the transaction that a later snapshot will bring. */
  status(payload: Payload, isTrue: boolean, withTransaction: boolean): void {
    const quoteHash = hashOf(payload.attempt.quoteId);
    if (!this.book.knowsHash(quoteHash)) return;
    const txHash = `tx-${payload.attempt.quoteId}`;
    this.#record({ kind: 'status_seen', atMs: this.nowMs, quoteHash, intentHash: 'theirs', txHash, frame: '{}' });
    if (!withTransaction) return;
    const { nonce } = payload.attempt;
    const executed = isTrue ? [{ intentHash: quoteHash, accountId: ACCOUNT, nonce }] : [];
    const alien = { intentHash: 'alien', accountId: 'evil.near', nonce };
    this.#transactions.push({ txHash, executed: [alien, ...executed] });
  }

  /** Withdraws the quotes of a nonce: the payload may be executed once its hash is durable. */
  pull(nonce: NonceText): void {
    const intentHash = pullHashOf(nonce);
    this.#record({ kind: 'pull_signed', atMs: this.nowMs, nonce, cause: 'operator', detail: 'operator', intentHash });
  }

  /** Pulls that can have been sent. */
  sentPulls(): NonceText[] {
    const sent = this.journal.slice(0, this.durable).flatMap((fact) => (fact.kind === 'pull_signed' ? fact.nonce : []));
    return [...new Set(sent)];
  }

  /** What opened it, as the journal has it. */
  opening(nonce: NonceText): { readonly salt: string; readonly nonceDeadlineAtMs: number } | undefined {
    const opened = this.journal.find((fact) => fact.kind === 'nonce_opened' && fact.nonce === nonce);
    return opened?.kind === 'nonce_opened' ? opened : undefined;
  }

  /** The transaction that executed a pull was found. */
  pullExecuted(nonce: NonceText): void {
    const executed = [{ intentHash: pullHashOf(nonce), accountId: ACCOUNT, nonce }];
    this.#transactions.push({ txHash: `tx-${nonce}`, executed });
  }

  /**
   * Reads a block that is `lag` behind the newest.
   * @param skip how many nonces the snapshot lacks; below zero: of those that were asked for last
   * @param lie what an endpoint says that is not so
   */
  read(lag: number, skip = 0, lie: Lie = {}): void {
    const { blocks } = this.verifier;
    const block = blocks[Math.max(0, blocks.length - 1 - lag)];
    if (block === undefined) return;
    const nonces = this.book.openNonces();
    const asked = [...nonces, ...this.book.reservations().filter(isTaken)].flatMap(({ nonce }) => nonce ?? []);
    const timeMs = lie.aheadMs === undefined ? block.timeMs : this.nowMs + lie.aheadMs;
    const height = block.height - (lie.lower ?? 0) + (lie.isTooHigh === true ? TOO_HIGH : 0);
    const { unconfirmed } = lie;
    const snapshot: ObservedSnapshot = {
      block: { height, hash: `block-${height}`, timeMs },
      confirmed: unconfirmed === undefined,
      confirmedTimeMs: unconfirmed === undefined ? timeMs : 0,
      readAtMs: this.nowMs,
      readAtUs: this.#nowUs,
      credited: Object.fromEntries(
        [...block.balances].map(([asset, value]) => [asset, units((value * (unconfirmed ?? 100n)) / 100n)]),
      ),
      nonces: (skip < 0 ? asked.slice(0, skip) : asked.slice(skip)).map((nonce) => ({
        nonce,
        used: unconfirmed !== undefined || block.used.has(nonce),
      })),
      invalidSalts: [...new Set(nonces.map(({ salt }) => salt))].filter((salt) => block.invalidSalts.has(salt)),
      transactions: this.#transactions,
    };
    this.#transactions = [];
    this.#read.push({ snapshot, salts: { current: block.currentSalt, invalid: snapshot.invalidSalts } });
    // Its transactions are brought again by the next.
    if (this.#read.length > READ_MAX) this.#transactions.push(...(this.#read.shift()?.snapshot.transactions ?? []));
  }

  /** Something was read and is not taken in yet. */
  get isBehind(): boolean {
    return this.#read.length > 0;
  }

  /** @param most facts that get out before the next thing happens: a crash may follow */
  digest(most = Number.POSITIVE_INFINITY): Fact[] {
    const first = this.#read.shift();
    if (first === undefined) return [];
    const facts: Fact[] = [];
    for (let goesOn = true; goesOn && facts.length < most; ) {
      const plan = this.book.observe(first.snapshot, this.nowMs, newEventId);
      this.verdicts.set(plan.verdict, (this.verdicts.get(plan.verdict) ?? 0) + 1);
      if (plan.verdict !== 'refused' && plan.verdict !== 'unconfirmed') this.#salts = first.salts;
      const turn = plan.facts.slice(0, most - facts.length);
      for (const fact of turn) this.#record(fact);
      facts.push(...turn);
      ({ goesOn } = plan);
      if (!goesOn) break;
      facts.push(...this.end(1));
      this.housekeep();
    }
    return most === Number.POSITIVE_INFINITY ? [...facts, ...this.end()] : facts;
  }

  /** An operator gives up the chain of the balance on record, which may be the same one after all. */
  acceptChain(): void {
    const replaced = this.book.replaceChain({ nowMs: this.nowMs, nowUs: this.#nowUs }, 'operator');
    if ('fact' in replaced) this.#record(replaced.fact);
  }

  /** Records ends that are due; @param slices turns that come before the next thing happens */
  end(slices = Number.POSITIVE_INFINITY): Fact[] {
    const all: Fact[] = [];
    for (let slice = 0; slice < slices; slice++) {
      const facts = this.book.endings(this.#maker, 2);
      if (facts.length === 0) break;
      for (const fact of facts) this.#record(fact);
      all.push(...facts);
    }
    return all;
  }

  housekeep(): void {
    const underWay = this.#underWay.length > 0;
    const plan = this.book.housekeeping(this.nowMs, this.#salts, randomBytes15);
    for (const fact of plan.immediate) this.#record(fact);
    if (underWay && plan.durableFirst.length > 0) throw new Error('granted twice');
    this.journal.push(...plan.durableFirst);
    this.#underWay.push(...plan.durableFirst);
  }

  /** The disk has everything. */
  sync(): void {
    this.durable = this.journal.length;
    const facts = this.#underWay;
    this.#underWay = [];
    for (const fact of facts) this.#apply(fact);
    if (facts.length > 0) this.housekeep();
  }

  settleHousekeeping(): void {
    for (let round = 0; round < 6; round++) {
      this.housekeep();
      this.sync();
    }
  }

  /** The journal begins a new segment: what is before it may be dropped. */
  checkpoint(): void {
    this.#checkpoints.push({ at: this.journal.length, facts: makeCheckpoint(this.book.snapshot()) });
  }

  stop(next: RunSettings): void {
    this.sync();
    this.#record({ kind: 'closed', atMs: this.nowMs });
    this.#restart(this.journal.length, next);
  }

  /** @param share of the unsynced tail that the disk kept by luck, 0 to 1 */
  crash(share: number, next: RunSettings): void {
    this.#restart(this.durable + Math.floor((this.journal.length - this.durable) * share), next);
  }

  #restart(kept: number, next: RunSettings): void {
    this.#settings = next;
    this.journal = this.journal.slice(0, kept);
    this.durable = kept;
    this.#underWay = [];
    this.#read = [];
    this.#salts = null;
    this.#transactions = [];
    this.book = this.#newBook();
    this.#checkpoints = this.#checkpoints.filter(({ at }) => at <= kept);
    const newest = this.#checkpoints.at(-1);
    for (const fact of newest?.facts ?? []) this.book.apply(fact);
    // What is folded again was found fault with before.
    for (const fact of this.journal.slice(newest?.at ?? 0)) this.book.apply(fact);
    this.#begin();
  }
}
