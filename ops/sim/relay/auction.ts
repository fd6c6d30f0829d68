// Auctions: which quotes are asked, until when answers are taken, which answer is best, and when one is to be taken.
// An auction takes answers until its least wait plus a grace, for some solvers without one; without a good answer by then it
// stays open for the first one, or until its longest wait. A router's leg has neither floor nor much grace. Timers come from
// the clock.
//
// Quotes are kept in the order they were asked, the oldest forgotten first.
import type { QuoteRequest } from '../../../contracts/wire/relay.ts';
import type { SimClock } from '../chain/clock.ts';
import type { Envelope } from '../verifier/envelope.ts';
import type { Amounts } from './answer.ts';
import type { Shape } from './frames.ts';

export type AcceptedAnswer = {
  readonly quoteId: string;
  readonly quoteHash: string;
  readonly signerId: string;
  readonly envelope: Envelope;
  readonly amounts: Amounts;
  readonly deadlineNs: bigint;
};

export type Auction = {
  readonly request: QuoteRequest;
  readonly shape: Shape;
  readonly answers: AcceptedAnswer[];
  state: 'open' | 'closed' | 'taken';
  /** Set once somebody asks to settle it. */
  wanted: boolean;
  /** Whether this quote is, or was, to be taken at all. */
  readonly takeAfterMs: number | undefined;
};

type Entry = Auction & { graceOver: boolean; readonly timers: (() => void)[]; readonly closing: (() => void)[] };

const DEFAULT_MAX_WAIT_MS = 3000;
/** No auction is shorter than `leastMs`, whatever window the request names. */
const TOP_LEVEL = { floorMs: 300, graceMs: 300, leastMs: 300 };
const ROUTER_LEG = { floorMs: 0, graceMs: 50, leastMs: 50 };
const AUCTIONS_MAX = 20_000;

export type Auctions = {
  open(request: QuoteRequest, shape: Shape, takeAfterMs: number | undefined): Auction;
  get(quoteId: string): Auction | undefined;
  accept(auction: Auction, answer: AcceptedAnswer): void;
  /** Settles it now, closing it first. */
  take(quoteId: string): void;
  closed(auction: Auction): Promise<void>;
  byHash(quoteHash: string): AcceptedAnswer | undefined;
  best(auction: Auction): AcceptedAnswer | undefined;
  stop(): void;
};

/** When an auction may end with a good answer, and when it ends without one; from its start. */
function windowOf(
  request: QuoteRequest,
  hasGrace: boolean,
): { readonly graceOverMs: number; readonly maxWaitMs: number } {
  const kind = request.protocol_fee_included === true ? ROUTER_LEG : TOP_LEVEL;
  return {
    graceOverMs: Math.max(request.min_wait_ms ?? 0, kind.floorMs) + (hasGrace ? kind.graceMs : 0),
    maxWaitMs: Math.max(request.max_wait_ms ?? request.wait_ms ?? DEFAULT_MAX_WAIT_MS, kind.leastMs),
  };
}

export type AuctionsOptions = {
  readonly clock: SimClock;
  /** Called once for each quote that is to be taken, when its auction is over. */
  readonly settle: (auction: Auction) => void;
  /** Whether answers are taken beyond `min_wait_ms`; asked as an auction opens. */
  readonly hasGrace: () => boolean;
};

export function makeAuctions(options: AuctionsOptions): Auctions {
  return new TimedAuctions(options);
}

class TimedAuctions implements Auctions {
  readonly #clock: SimClock;
  readonly #settle: (auction: Auction) => void;
  readonly #hasGrace: () => boolean;
  readonly #entries = new Map<string, Entry>();
  readonly #hashes = new Map<string, AcceptedAnswer>();

  constructor({ clock, settle, hasGrace }: AuctionsOptions) {
    this.#clock = clock;
    this.#settle = settle;
    this.#hasGrace = hasGrace;
  }

  open(request: QuoteRequest, shape: Shape, takeAfterMs: number | undefined): Auction {
    const known = this.#entries.get(request.quote_id);
    if (known !== undefined) return known;
    const entry: Entry = {
      request,
      shape,
      answers: [],
      state: 'open',
      wanted: false,
      takeAfterMs,
      graceOver: false,
      timers: [],
      closing: [],
    };
    this.#entries.set(request.quote_id, entry);
    this.#startTimers(entry);
    this.#forgetOldest();
    return entry;
  }

  get(quoteId: string): Auction | undefined {
    return this.#entries.get(quoteId);
  }

  accept(auction: Auction, answer: AcceptedAnswer): void {
    auction.answers.push(answer);
    this.#hashes.set(answer.quoteHash, answer);
    const entry = this.#entryOf(auction);
    if (entry?.graceOver === true) this.#close(entry);
  }

  take(quoteId: string): void {
    const entry = this.#entries.get(quoteId);
    if (entry === undefined) return;
    this.#close(entry);
    this.#want(entry);
  }

  closed(auction: Auction): Promise<void> {
    const entry = this.#entryOf(auction);
    if (entry === undefined || entry.state !== 'open') return Promise.resolve();
    return new Promise((done) => {
      entry.closing.push(done);
    });
  }

  byHash(quoteHash: string): AcceptedAnswer | undefined {
    return this.#hashes.get(quoteHash);
  }

  best(auction: Auction): AcceptedAnswer | undefined {
    return auction.answers.toSorted((a, b) => rank(auction.request, a, b))[0];
  }

  stop(): void {
    for (const entry of [...this.#entries.values()]) this.#forget(entry);
  }

  #entryOf(auction: Auction): Entry | undefined {
    return this.#entries.get(auction.request.quote_id);
  }

  #startTimers(entry: Entry): void {
    const { request, takeAfterMs, timers } = entry;
    const { graceOverMs, maxWaitMs } = windowOf(request, this.#hasGrace());
    if (graceOverMs < maxWaitMs) {
      timers.push(
        this.#clock.after(graceOverMs, () => {
          entry.graceOver = true;
          if (entry.answers.length > 0) this.#close(entry);
        }),
      );
    }
    timers.push(this.#clock.after(maxWaitMs, () => this.#close(entry)));
    if (takeAfterMs !== undefined) timers.push(this.#clock.after(takeAfterMs, () => this.#want(entry)));
  }

  #close(entry: Entry): void {
    if (entry.state !== 'open') return;
    entry.state = 'closed';
    for (const done of entry.closing.splice(0)) done();
    if (entry.wanted) this.#takeClosed(entry);
  }

  /** At the end of the auction, or at once when it is over. */
  #want(entry: Entry): void {
    entry.wanted = true;
    this.#takeClosed(entry);
  }

  #takeClosed(entry: Entry): void {
    if (entry.state !== 'closed') return;
    entry.state = 'taken';
    this.#settle(entry);
  }

  #forget(entry: Entry): void {
    for (const cancel of entry.timers) cancel();
    for (const answer of entry.answers) this.#hashes.delete(answer.quoteHash);
    this.#entries.delete(entry.request.quote_id);
    for (const done of entry.closing.splice(0)) done();
  }

  #forgetOldest(): void {
    if (this.#entries.size <= AUCTIONS_MAX) return;
    for (const oldest of this.#entries.values()) {
      this.#forget(oldest);
      return;
    }
  }
}

/** Most given for what is fixed, or least asked for it; the earlier of two equals. */
function rank(request: QuoteRequest, a: AcceptedAnswer, b: AcceptedAnswer): number {
  const fixesIn = typeof request.exact_amount_in === 'string';
  const difference = fixesIn ? b.amounts.outUnits - a.amounts.outUnits : a.amounts.inUnits - b.amounts.inUnits;
  if (difference === 0n) return 0;
  return difference < 0n ? -1 : 1;
}
