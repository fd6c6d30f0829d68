// What may have been filled and what still may be, by nonce, as a fold over the facts of the journal: at most one quote of a nonce
// settles, so a nonce counts once, with the most that it can have paid. EUR at the time of signing. Shares no code with what reports
// to operators, nor with the book: the two are to agree by themselves.
//
//   open       a nonce that is not seen used: its largest live quote may still settle
//   uncertain  the part of that whose outcome the engine has lost sight of, until the deadline or the nonce tells
//              one that was used while its quotes were being withdrawn is open until it is known whether they were
//   filled     a used nonce: first its largest live quote, then what is found to have settled, nothing when nothing moved

import type { NonceText } from '../../../contracts/ids.ts';
import type { ResultCode, TradeState } from '../../../contracts/reasons.ts';
import type { BalanceFact, Fact, NonceResolvedFact, TransitionFact } from '../../model/facts.ts';
import type { Attempt } from '../../model/values.ts';
import { LargestOpen, type Step } from './largest-open.ts';
import { movedValue, paidValueOf } from './paid-value.ts';
import { type Bucket, DAY, MINUTE, RollingSum } from './rolling-sum.ts';

/** A nonce that is not seen used, or that may have been used by our own pull. */
type OpenNonce = {
  readonly all: LargestOpen;
  /** Those whose outcome is, or was, not known. */
  readonly uncertain: LargestOpen;
  /** Both as they are in the totals. */
  openE18: bigint;
  uncertainE18: bigint;
  /** Its quotes are being withdrawn. */
  isPulled: boolean;
  /** When it was used, while it is not known by what; null: it was not seen used. */
  usedAtMs: number | null;
};

/** A nonce that was used; `valueE18` is corrected when more is known. */
type UsedNonce = { readonly atMs: number; valueE18: bigint; readonly number: number };

/** What was filled since it was reset: the measure of an arming that ends by value or by trades. */
export type Meter = {
  readonly filledE18: bigint;
  readonly trades: number;
  reset(): void;
};

/** Used nonces that are remembered for corrections: those of some minutes. */
const USED_MAX = 1_024;

/** A quote as the checkpoints of versions before the circuit breaker have it. */
type SeedQuote = {
  readonly attempt: Attempt;
  readonly state: TradeState;
  readonly code: ResultCode | null;
  readonly place: 'live' | 'due' | 'orphaned' | 'recent';
  readonly overAtMs: number;
};

/** What such a checkpoint has. */
export type Seed = {
  readonly quotes: readonly SeedQuote[];
  readonly nonces: readonly {
    readonly nonce: NonceText;
    readonly used: { readonly blockTimeMs: number } | null;
    readonly resolution?: NonceResolvedFact | null;
  }[];
};

/**
 * The whole state, for a checkpoint: its size depends on the number of lanes, and not on that of quotes. The first versions wrote no
 * more of an open nonce than its steps; null for `isPulled` is of one that restored such a checkpoint, and wrote it again.
 */
export type ExposureParts = {
  readonly opens: readonly (readonly [
    nonce: NonceText,
    all: readonly Step[],
    uncertain: readonly Step[],
    isPulled?: boolean | null,
    usedAtMs?: number | null,
  ])[];
  readonly used: readonly (readonly [nonce: NonceText, atMs: number, valueE18: bigint])[];
  readonly minute: readonly Bucket[];
  readonly day: readonly Bucket[];
};

export class Exposure {
  readonly #opens = new Map<NonceText, OpenNonce>();
  /** In order of their use, at most USED_MAX. */
  readonly #used = new Map<NonceText, UsedNonce>();
  readonly minute = new RollingSum(MINUTE);
  readonly day = new RollingSum(DAY);
  readonly #meters: MeterState[] = [];
  #openE18 = 0n;
  #openNonces = 0;
  #uncertainE18 = 0n;
  /** Nonces seen used so far. */
  #usedCount = 0;

  /** Sum over the open nonces. */
  get openE18(): bigint {
    return this.#openE18;
  }

  /** Open nonces under which something can settle. */
  get openNonces(): number {
    return this.#openNonces;
  }

  get uncertainE18(): bigint {
    return this.#uncertainE18;
  }

  /** What may settle under the nonce as it is. */
  openUnder(nonce: NonceText): bigint {
    return this.#opens.get(nonce)?.openE18 ?? 0n;
  }

  meter(): Meter {
    const meter = new MeterState(() => this.#usedCount);
    this.#meters.push(meter);
    return meter;
  }

  apply(fact: Fact): void {
    switch (fact.kind) {
      case 'heard':
        if (fact.attempt !== null) this.#sign(fact.attempt);
        break;
      case 'transition':
        this.#move(fact);
        break;
      case 'nonce_used':
        this.#use(fact.nonce, Math.max(fact.atMs, fact.blockTimeMs));
        break;
      case 'pull_signed':
        this.#pull(fact.nonce);
        break;
      case 'nonce_resolved':
        this.#learn(fact);
        break;
      case 'nonce_closed':
        this.#drop(fact.nonce);
        break;
      case 'balance':
        this.#end(fact);
        break;
      case 'chain_replaced':
        // What was open may have been filled where nobody looks any more.
        for (const [nonce, { openE18 }] of this.#opens) {
          this.#drop(nonce);
          if (openE18 > 0n) this.#fill(nonce, fact.atMs, openE18);
        }
        break;
      default:
    }
  }

  /** From a checkpoint that has nonces and quotes alone. */
  seed({ quotes, nonces }: Seed): void {
    for (const { attempt, state, place } of quotes) {
      if (place !== 'live') continue;
      this.#sign(attempt);
      if (state === 'uncertain') this.#doubt(attempt);
    }
    for (const { nonce, used, resolution } of nonces) {
      if (used === null) continue;
      this.#use(nonce, used.blockTimeMs);
      if (resolution) this.#learn(resolution);
    }
    for (const quote of quotes) this.#seedFilled(quote);
  }

  /** A quote of which that is known, or of whose candidates it is one. */
  #seedFilled({ attempt, state, code, overAtMs }: SeedQuote): void {
    const isCandidate = code === 'unattributed' || code === 'chain_replaced';
    if (state !== 'settled' && !isCandidate) return;
    const value = paidValueOf(attempt);
    const known = this.#used.get(attempt.nonce);
    if (known === undefined) this.#fill(attempt.nonce, overAtMs, value);
    else if (state === 'settled' || value > known.valueE18) this.#correct(attempt.nonce, value);
  }

  parts(): ExposureParts {
    return {
      opens: [...this.#opens].map(
        ([nonce, { all, uncertain, isPulled, usedAtMs }]) =>
          [nonce, all.steps(), uncertain.steps(), isPulled, usedAtMs] as const,
      ),
      used: [...this.#used].map(([nonce, { atMs, valueE18 }]) => [nonce, atMs, valueE18] as const),
      minute: this.minute.buckets(),
      day: this.day.buckets(),
    };
  }

  /** As of a checkpoint: everything there was before is gone. */
  restore(parts: ExposureParts): void {
    this.#opens.clear();
    this.#used.clear();
    this.#openE18 = 0n;
    this.#openNonces = 0;
    this.#uncertainE18 = 0n;
    for (const [nonce, all, uncertain, isPulled, usedAtMs] of parts.opens) {
      const entry = this.#entryOf(nonce);
      // Without them, a use counts as filled at once, and the deadlines end what is open: as that version had it.
      entry.isPulled = isPulled ?? false;
      entry.usedAtMs = usedAtMs ?? null;
      entry.all.restore(all);
      entry.uncertain.restore(uncertain);
      this.#count(entry);
    }
    for (const [nonce, atMs, valueE18] of parts.used) {
      this.#used.set(nonce, { atMs, valueE18, number: ++this.#usedCount });
    }
    this.minute.restore(parts.minute);
    this.day.restore(parts.day);
  }

  #sign(attempt: Attempt): void {
    // Nothing settles under a used nonce any more.
    if (this.#used.has(attempt.nonce)) return;
    const entry = this.#entryOf(attempt.nonce);
    entry.all.add(attempt.deadlineAtMs, paidValueOf(attempt));
    this.#count(entry);
  }

  #doubt(attempt: Attempt): void {
    const entry = this.#opens.get(attempt.nonce);
    if (entry === undefined) return;
    entry.uncertain.add(attempt.deadlineAtMs, paidValueOf(attempt));
    this.#count(entry);
  }

  #move({ to, code, attempt }: TransitionFact): void {
    if (to === 'uncertain') this.#doubt(attempt);
    else if (to === 'settled') this.#correct(attempt.nonce, paidValueOf(attempt));
    // Records of versions before resolutions say it of each quote.
    else if (code === 'nonce_burned') this.#correct(attempt.nonce, 0n);
  }

  #pull(nonce: NonceText): void {
    const entry = this.#opens.get(nonce);
    if (entry !== undefined) entry.isPulled = true;
  }

  /** How a used nonce was used. */
  #learn({ nonce, outcome, settlement, mayLackQuotes }: NonceResolvedFact): void {
    const isUnpaid = outcome === 'burned' || outcome === 'pulled';
    const usedAtMs = this.#opens.get(nonce)?.usedAtMs ?? null;
    if (usedAtMs !== null) {
      const value = isUnpaid ? 0n : this.openUnder(nonce);
      this.#drop(nonce);
      this.#fill(nonce, usedAtMs, value);
    } else if (isUnpaid) this.#correct(nonce, 0n);
    const known = this.#used.get(nonce)?.valueE18;
    if (isUnpaid || known === undefined || !(known === 0n || mayLackQuotes)) return;
    // Perhaps by a quote that a crash took from the journal: what the balances say of it.
    const moved = movedValue(settlement.balanceChange);
    if (moved > known) this.#correct(nonce, moved);
  }

  #use(nonce: NonceText, atMs: number): void {
    if (this.#used.has(nonce)) return;
    const entry = this.#opens.get(nonce);
    if (entry?.isPulled === true) {
      // Most likely by our own pull: a withdrawal of every lane must not look like as many trades.
      entry.usedAtMs ??= atMs;
      return;
    }
    const value = this.openUnder(nonce);
    this.#drop(nonce);
    this.#fill(nonce, atMs, value);
  }

  #fill(nonce: NonceText, atMs: number, valueE18: bigint): void {
    this.#used.set(nonce, { atMs, valueE18, number: ++this.#usedCount });
    this.#add({ atMs, change: valueE18, trades: valueE18 === 0n ? 0 : 1, number: this.#usedCount });
    if (this.#used.size <= USED_MAX) return;
    for (const oldest of this.#used.keys()) {
      this.#used.delete(oldest);
      return;
    }
  }

  /** What it paid, as it is known now; nothing for a nonce that was not seen used, or that is forgotten. */
  #correct(nonce: NonceText, valueE18: bigint): void {
    const used = this.#used.get(nonce);
    if (used === undefined || used.valueE18 === valueE18) return;
    const { atMs, number } = used;
    const trades = valueE18 === 0n ? -1 : used.valueE18 === 0n ? 1 : 0;
    this.#add({ atMs, change: valueE18 - used.valueE18, trades, number });
    used.valueE18 = valueE18;
  }

  #add({ atMs, change, trades, number }: Change): void {
    this.minute.add(atMs, change);
    this.day.add(atMs, change);
    for (const meter of this.#meters) meter.add(change, trades, number);
  }

  /** Deadlines that are over by the balance's block. */
  #end({ overBeforeMs, blockTimeMs, atMs, unread }: BalanceFact): void {
    const overMs = overBeforeMs ?? Math.min(blockTimeMs, atMs);
    for (const [nonce, entry] of this.#opens) {
      // One that was used is over when it is known by what.
      if (entry.usedAtMs !== null || unread?.includes(nonce) === true) continue;
      entry.all.endBefore(overMs);
      entry.uncertain.endBefore(overMs);
      this.#count(entry);
    }
  }

  #entryOf(nonce: NonceText): OpenNonce {
    const present = this.#opens.get(nonce);
    if (present !== undefined) return present;
    const entry: OpenNonce = {
      all: new LargestOpen(),
      uncertain: new LargestOpen(),
      openE18: 0n,
      uncertainE18: 0n,
      isPulled: false,
      usedAtMs: null,
    };
    this.#opens.set(nonce, entry);
    return entry;
  }

  /** Brings the totals up to date with the entry. */
  #count(entry: OpenNonce): void {
    const { largest } = entry.all;
    if (largest !== entry.openE18) {
      this.#openE18 += largest - entry.openE18;
      this.#openNonces += Number(largest > 0n) - Number(entry.openE18 > 0n);
      entry.openE18 = largest;
    }
    const uncertain = entry.uncertain.largest;
    if (uncertain === entry.uncertainE18) return;
    this.#uncertainE18 += uncertain - entry.uncertainE18;
    entry.uncertainE18 = uncertain;
  }

  #drop(nonce: NonceText): void {
    const entry = this.#opens.get(nonce);
    if (entry === undefined) return;
    this.#openE18 -= entry.openE18;
    this.#openNonces -= Number(entry.openE18 > 0n);
    this.#uncertainE18 -= entry.uncertainE18;
    this.#opens.delete(nonce);
  }
}

type Change = { readonly atMs: number; readonly change: bigint; readonly trades: number; readonly number: number };

class MeterState implements Meter {
  readonly #usedCount: () => number;
  #from = 0;
  filledE18 = 0n;
  trades = 0;

  constructor(usedCount: () => number) {
    this.#usedCount = usedCount;
  }

  reset(): void {
    this.#from = this.#usedCount();
    this.filledE18 = 0n;
    this.trades = 0;
  }

  /** A correction of what was filled before the reset is none of it. */
  add(change: bigint, trades: number, number: number): void {
    if (number <= this.#from) return;
    this.filledE18 += change;
    this.trades += trades;
  }
}
