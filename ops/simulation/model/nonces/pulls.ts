// What is withdrawn, and why: quotes that the price has left, what an operator asks for, and everything when the engine stops itself;
// nothing else.

import type { ChainView } from '../chain-view.ts';
import type { Findings } from '../findings.ts';
import { type Moved, movedAgainst, type Range } from '../price/distance.ts';
import type { Prices, When } from '../price/prices.ts';
import type { Sent } from '../sent.ts';
import { saltOf } from '../wire.ts';

export type PullsOptions = {
  readonly findings: Findings;
  readonly chain: ChainView;
  readonly prices: Prices;
  readonly btc: string;
  /** PULL_DISTANCE_PCT. */
  readonly distancePct: number;
  readonly nowUs: () => number;
  /** The engine has had a good price and a good disk for a while. */
  readonly isCalm: () => boolean;
  /** The process is neither held up nor slow: what it has to do it does at once. */
  readonly isPrompt: () => boolean;
  readonly live: () => readonly Sent[];
  readonly quotesUnder: (nonce: string) => readonly Sent[];
  /** It may have been signed for a quote that did not leave: the engine knows its price, and the model does not. */
  readonly hasUnsent: (nonce: string) => boolean;
  /** The journal says that the quotes under it are being withdrawn. */
  readonly isWithdrawn: (nonce: string) => boolean;
};

type Begun = { readonly nonce: string; readonly cause: string; readonly atUs: number };

/** Within which a record, a call and a line of the log are of one event. */
const ONE_EVENT_US = 2_000_000;
const BY_THEN_US = 1_000_000;
/** A quote counts until a final block is later than its deadline. */
const FINAL_WITHIN_MS = 120_000;

export class Pulls {
  readonly #options: PullsOptions;
  #begun: Begun[] = [];
  #stopped: { readonly nonces: readonly string[]; readonly atUs: number } | null = null;
  #calledAtUs = Number.NEGATIVE_INFINITY;
  #stoppedAtUs = Number.NEGATIVE_INFINITY;
  #hasJournalFailed = false;

  constructor(options: PullsOptions) {
    this.#options = options;
  }

  /** A new process: what the one before was about to do is not expected of it at once. */
  started(): void {
    this.#stopped = null;
    this.#begun = [];
    this.#hasJournalFailed = false;
  }

  /** The process is gone: what it was about to do is not expected of it any more. */
  gone(): void {
    this.#stopped = null;
  }

  /** Until the next start nothing is withdrawn: that would have to be on record first. */
  journalFailed(): void {
    this.#hasJournalFailed = true;
  }

  /** An operator has called for it. */
  asked(): void {
    this.#calledAtUs = this.#options.nowUs();
  }

  /** The answer to an operator's call says that they are withdrawn. @param nonces what was live of it */
  called(nonces: readonly string[]): void {
    for (const nonce of nonces) {
      if (this.#isRefused(nonce)) continue;
      const isWithdrawn = this.#options.isWithdrawn(nonce);
      this.#options.findings.hold('what an operator withdraws is withdrawn', isWithdrawn, () => nonce);
    }
  }

  /** Something stops the engine, or would if it were armed. */
  hasReason(): void {
    this.#stoppedAtUs = this.#options.nowUs();
  }

  /** The engine has stopped itself. @param isWritable it can be put on record that quotes are withdrawn */
  stopped(isWritable: boolean): void {
    const { nowUs, live } = this.#options;
    this.hasReason();
    if (isWritable) this.#stopped = { nonces: live().map(({ nonce }) => nonce), atUs: nowUs() };
  }

  /** The journal says that the quotes under a nonce are withdrawn, and why. */
  begun(nonce: string, cause: string, detail: string): void {
    if (cause !== 'price_moved') {
      this.#begun.push({ nonce, cause, atUs: this.#options.nowUs() });
      return;
    }
    // Where they are withdrawn at once, nothing is left of them when the prices are judged.
    if (this.#options.quotesUnder(nonce).some((quote) => this.#moved(quote, 'now') === 'surely'))
      this.#options.findings.tested('quotes that the price has left are withdrawn');
    const moved = this.#options.quotesUnder(nonce).map((quote) => ({ quote, moved: this.#moved(quote, 'lately') }));
    const isOver = ({ deadlineMs }: Sent): boolean => deadlineMs + FINAL_WITHIN_MS < this.#options.nowUs() / 1000;
    const isMoved = moved.some((each) => each.moved !== 'not' && !isOver(each.quote));
    if (!isMoved && this.#options.hasUnsent(nonce)) return;
    this.#judgeReason(isMoved, () => `${nonce}: ${detail}; ${this.#figures(moved.map(({ quote }) => quote))}`);
  }

  /** Every second. */
  look(): void {
    const { nowUs, isCalm, isPrompt } = this.#options;
    const isDue = ({ atUs }: { readonly atUs: number }): boolean => nowUs() - atUs >= BY_THEN_US;
    for (const { nonce, cause, atUs } of this.#begun.filter(isDue)) {
      const reasonUs = cause === 'stopped' ? this.#stoppedAtUs : this.#calledAtUs;
      this.#judgeReason(Math.abs(reasonUs - atUs) < ONE_EVENT_US, () => `${nonce}: ${cause}`);
    }
    this.#begun = this.#begun.filter((each) => !isDue(each));
    if (this.#stopped !== null && isDue(this.#stopped) && isPrompt()) this.#judgeStop(this.#stopped.nonces);
    if (isCalm() && !this.#hasJournalFailed) this.#judgePrices('settled');
  }

  /** An answer leaves: the engine has a price that it trusts. */
  answered(): void {
    this.#judgePrices('now');
  }

  #judgeStop(nonces: readonly string[]): void {
    this.#stopped = null;
    const live = new Set(this.#options.live().map(({ nonce }) => nonce));
    for (const nonce of new Set(nonces)) {
      if (!live.has(nonce) || this.#isRefused(nonce)) continue;
      const isWithdrawn = this.#options.isWithdrawn(nonce);
      this.#options.findings.hold('an engine that stops itself withdraws its quotes', isWithdrawn, () => nonce);
    }
  }

  #judgePrices(when: When): void {
    for (const quote of this.#options.live()) {
      if (this.#moved(quote, when) !== 'surely' || this.#isRefused(quote.nonce)) continue;
      const isWithdrawn = this.#options.isWithdrawn(quote.nonce);
      this.#options.findings.hold('quotes that the price has left are withdrawn', isWithdrawn, () =>
        this.#figures([quote]),
      );
    }
  }

  #judgeReason(isGood: boolean, detail: () => string): void {
    this.#options.findings.hold('quotes are withdrawn for a reason alone', isGood, detail);
  }

  /** The verifier takes no payload with it, so that nothing can withdraw what is under it. */
  #isRefused(nonce: string): boolean {
    return !this.#options.chain.newest().isValidSalt(saltOf(nonce));
  }

  #moved(quote: Sent, when: When): Moved {
    const fair = this.#fair(quote, when);
    const { signedAt, assetIn } = quote;
    if (fair === null || signedAt === null) return 'not';
    return movedAgainst(assetIn === this.#options.btc, signedAt, fair, this.#options.distancePct);
  }

  #fair({ assetIn }: Sent, when: When): Range | null {
    const { prices, btc, nowUs, isCalm } = this.#options;
    return prices.fair(assetIn === btc, { when, nowUs: nowUs(), isCalm: isCalm() });
  }

  #figures(quotes: readonly Sent[]): string {
    const figures = quotes.map((quote) => {
      const { quoteId, assetIn, signedAt } = quote;
      const side = assetIn === this.#options.btc ? 'receives' : 'pays';
      return `${quoteId} ${side} BTC, signed at ${textOf(signedAt)}, now ${textOf(this.#fair(quote, 'lately'))}`;
    });
    return figures.join('; ').slice(0, 1_000);
  }
}

const textOf = (range: Range | null): string =>
  range === null ? 'no price' : `${range.low.toFixed(2)} to ${range.high.toFixed(2)}`;
