// A book of two lanes with a journal that loses what was not synced: reservations without the rest of an engine.

import { type Units, units } from '../../../contracts/amounts.ts';
import { BTC } from '../../../contracts/assets.ts';
import { nonceText } from '../../../contracts/ids.ts';
import type { Fact } from '../../model/facts.ts';
import {
  born,
  emptyBook,
  keepHouse,
  makeStarted,
  observe,
  SALTS,
  type SnapshotInput,
  T0,
  takeSnapshot,
} from '../book.fixture.ts';
import type { Book } from '../book.ts';
import { createReservationDesk, type ReserveAsked } from './desk.ts';
import { statusOf } from './view.ts';

export const BTC_UNITS = 1_000_000n;
export const UNTIL_MS = T0 + 600_000;

/** The nonce of a withdrawal, by number. */
export const withdrawalNonce = (number: number) => nonceText(new Uint8Array(32).fill(number).toBase64());

export const asked = (id: string, amountUnits: bigint, over: Partial<ReserveAsked> = {}): ReserveAsked => ({
  id,
  asset: BTC.id,
  amountUnits: units(amountUnits) as Units,
  nonce: null,
  untilAtMs: UNTIL_MS,
  by: 'treasury',
  ...over,
});

export class DeskWorld {
  book: Book = emptyBook(2);
  journal: Fact[] = [];
  breaches: string[] = [];
  nowMs = T0;
  height = 100;
  desk = this.#open();
  /** Called before what was recorded counts as durable. */
  beforeDurable: () => void = () => {};

  constructor() {
    for (const fact of [born, makeStarted(T0)]) this.record(fact);
    this.poll({ btc: BTC_UNITS });
  }

  #open() {
    return createReservationDesk({
      book: this.book,
      nowMs: () => this.nowMs,
      record: (fact) => this.record(fact),
      durable: async () => this.beforeDurable(),
      maintain: () => this.keepHouse(),
    });
  }

  record(fact: Fact): void {
    this.journal.push(fact);
    const breach = this.book.apply(fact);
    if (breach !== null) this.breaches.push(breach.detail);
  }

  keepHouse(): void {
    this.journal.push(...keepHouse(this.book, this.nowMs, SALTS));
  }

  /** The next block, with these balances; other nonces are unused. */
  poll(over: Partial<SnapshotInput> & { readonly btc: bigint }): Fact[] {
    const timeMs = over.timeMs ?? this.nowMs;
    const nonces = [...this.book.openNonces(), ...this.book.reservations()].flatMap(({ nonce }) => nonce ?? []);
    const input = { height: this.height++, timeMs, eure: 10n ** 24n, nonces, ...over };
    const facts = takeSnapshot(this.book, input).flatMap((turn) => turn.facts);
    this.journal.push(...facts);
    for (const fact of facts) if (fact.kind === 'balance' && fact.breach !== null) this.breaches.push(fact.breach);
    this.keepHouse();
    return facts;
  }

  /** What is over by the clock of the chain ends. */
  pass(ms: number, btc: bigint): void {
    this.nowMs += ms;
    this.journal.push(...observe(this.book, { height: this.height++, timeMs: this.nowMs, btc, eure: 10n ** 24n }));
    this.keepHouse();
  }

  /** A start after a crash that kept so many facts. */
  restart(kept = this.journal.length): void {
    this.journal = this.journal.slice(0, kept);
    this.book = emptyBook(2);
    for (const fact of this.journal) this.book.apply(fact);
    this.desk = this.#open();
    this.record(makeStarted(this.nowMs));
    this.keepHouse();
  }

  capital() {
    const capital = this.book.capital(BTC.id);
    if (capital === null) throw new Error('BTC is traded');
    const { spendableUnits, reservedForPositionsUnits, ceilingsUnits, creditedUnits } = capital;
    return {
      credited: Number(creditedUnits),
      spendable: Number(spendableUnits),
      reserved: Number(reservedForPositionsUnits),
      ceilings: Number(ceilingsUnits),
    };
  }

  status(id: string): string {
    const reservation = this.book.reservation(id);
    return reservation === null ? 'unknown' : statusOf(reservation);
  }
}
