// The circuit breaker: what was filled in a minute and in a day, and failures in a row. It takes in the facts of the journal, the same
// in use and after a restart, and trips at a limit: what it calls then disarms, and an operator has to arm again. It knows nothing of
// logs, metrics or records, so that it works while they do not.

import { renderScaled } from '../../../contracts/amounts.ts';
import type { BreakerCode } from '../../../contracts/reasons.ts';
import type { Fact } from '../../model/facts.ts';
import type { Exposure, ExposureParts, Seed } from './exposure.ts';
import { Failures } from './failures.ts';
import { isUsedUp } from './used-up.ts';

export type BreakerLimits = {
  /** MAX_FILLED_EUR_PER_MIN and MAX_FILLED_EUR_PER_DAY. */
  readonly minuteE18: bigint;
  readonly dayE18: bigint;
  /** MAX_CONSECUTIVE_FAILURES. */
  readonly failuresInRow: number;
};

export type BreakerOptions = {
  readonly exposure: Exposure;
  readonly limits: BreakerLimits;
  /** A limit was reached: disarms. Called once until an operator arms. */
  readonly onTrip: (code: BreakerCode, detail: string) => void;
  /** Something was filled, as far as is known. */
  readonly onFilled: () => void;
};

/** The state in a checkpoint. */
export type BreakerHead = ExposureParts & { readonly version: 1 };

/** The journal's checksum has said that it is what was written. */
export const isBreakerHead = (head: unknown): head is BreakerHead =>
  typeof head === 'object' && head !== null && 'version' in head && head.version === 1;

export class Breaker {
  readonly limits: BreakerLimits;
  readonly exposure: Exposure;
  readonly failures = new Failures();
  readonly #options: BreakerOptions;
  readonly #trips: Record<BreakerCode, number> = { breaker_minute: 0, breaker_day: 0, breaker_failures: 0 };
  /** False while the facts of earlier runs are taken in: nothing is armed then. */
  #isWatching = false;
  #hasTripped = false;

  constructor(options: BreakerOptions) {
    this.#options = options;
    this.limits = options.limits;
    this.exposure = options.exposure;
  }

  /** Takes in a fact, each once, in the order of the journal. */
  apply(fact: Fact): void {
    this.exposure.apply(fact);
    if (fact.kind === 'heard') return;
    this.failures.apply(fact);
    if (this.#isWatching && mayTrip(fact)) this.#judge(fact.atMs);
  }

  /** From here on limits that are reached trip it. */
  watch(): void {
    this.#isWatching = true;
  }

  /** An operator has armed the executor: the row of failures begins again; what was filled remains. */
  armed(): void {
    this.#hasTripped = false;
    this.failures.reset();
  }

  /** A quote that pays so much was refused: trips when what a day filled leaves too little for it, which no deadline gives back. */
  refused(paidE18: bigint, nowMs: number): void {
    if (!this.#isWatching || this.#hasTripped) return;
    const limitE18 = this.limits.dayE18;
    const dayE18 = this.exposure.day.sum(nowMs);
    if (!isUsedUp(limitE18, dayE18, paidE18)) return;
    this.#trip(
      'breaker_day',
      `${filled(dayE18, limitE18, 'day')}: too little is left for a quote of ${eur(paidE18)} EUR`,
    );
  }

  /** Trips since the start, by code. */
  trips(): Readonly<Record<BreakerCode, number>> {
    return this.#trips;
  }

  head(): BreakerHead {
    return { version: 1, ...this.exposure.parts() };
  }

  restore(head: BreakerHead): void {
    this.exposure.restore(head);
  }

  /** In place of `restore`, for a checkpoint of a version without circuit breaker. */
  seed(seed: Seed): void {
    this.exposure.restore({ opens: [], used: [], minute: [], day: [] });
    this.exposure.seed(seed);
  }

  #judge(nowMs: number): void {
    try {
      if (!this.#hasTripped) this.#tripIfDue(nowMs);
    } finally {
      this.#options.onFilled();
    }
  }

  #tripIfDue(nowMs: number): void {
    const { exposure, limits, failures } = this;
    const minuteE18 = exposure.minute.sum(nowMs) + exposure.uncertainE18;
    const dayE18 = exposure.day.sum(nowMs) + exposure.uncertainE18;
    if (minuteE18 >= limits.minuteE18) this.#trip('breaker_minute', filled(minuteE18, limits.minuteE18, 'minute'));
    else if (dayE18 >= limits.dayE18) this.#trip('breaker_day', filled(dayE18, limits.dayE18, 'day'));
    else if (failures.inRow >= limits.failuresInRow) {
      const { rejections, settlements } = failures;
      const detail = `${rejections} answers in a row refused by the relay, ${settlements} settlements in a row failed`;
      this.#trip('breaker_failures', `${detail}, limit ${limits.failuresInRow}`);
    }
  }

  #trip(code: BreakerCode, detail: string): void {
    this.#hasTripped = true;
    this.#trips[code]++;
    this.#options.onTrip(code, detail);
  }
}

/** Most facts are quotes, their sending and the relay's reply: of those only what goes wrong counts. */
function mayTrip(fact: Fact): boolean {
  switch (fact.kind) {
    case 'transition':
      return fact.to === 'uncertain' || fact.to === 'settled' || fact.to === 'rejected' || fact.to === 'expired';
    case 'nonce_used':
    case 'nonce_resolved':
    case 'chain_replaced':
      return true;
    default:
      return false;
  }
}

const eur = (valueE18: bigint): string => renderScaled(valueE18, 18, 2);

const filled = (sumE18: bigint, limitE18: bigint, span: string): string =>
  `${eur(sumE18)} EUR filled or uncertain in a ${span}, limit ${eur(limitE18)} EUR`;
