// How nonces are used up on the chain, held against what the engine publishes to use them up and what it says became of their quotes.
// What the relay says of a settlement is no more than a word: it moves nothing, and it may be wrong.

import type { ChainView } from '../chain-view.ts';
import type { Findings } from '../findings.ts';
import type { Lies } from '../nodes/lies.ts';
import type { Sent } from '../sent.ts';
import { nonceDeadlineMs, publishedIn, saltOf } from '../wire.ts';

/** An answer, as far as its end depends on its nonce. */
type Ended = Pick<
  Sent,
  'quoteId' | 'nonce' | 'hash' | 'deadlineMs' | 'isLost' | 'assetIn' | 'amountIn' | 'assetOut' | 'amountOut'
>;

export type UsesOptions = {
  readonly findings: Findings;
  readonly chain: ChainView;
  readonly nowUs: () => number;
  readonly accountId: string;
  /** The disk without what a power cut could take. */
  readonly isDurable: (text: string) => boolean;
  /** The answer whose payload has this hash. */
  readonly answerOf: (hash: string) => Ended | undefined;
  readonly quotesUnder: (nonce: string) => readonly Ended[];
  /** Of an asset, what came by other means than settlements about that time. */
  readonly creditedAt: (atUs: number, asset: string) => bigint;
  /** When balance last came or went otherwise than by settlements. */
  readonly movedOtherwiseAtUs: () => number;
  readonly lies: Lies;
};

/** From the deadline of each quote to that of its nonce, after which the verifier may forget it: until then its use can be read. */
const REMEMBERED_MS = 600_000;

/** After a lie, or a withdrawal or deposit: until a snapshot is confirmed that shows what moved meanwhile. */
const HIDDEN_US = 60_000_000;

/** How far apart two nonces can have been used of which one balance shows both. */
const BETWEEN_BALANCES_US = 60_000_000;
/** So long the engine has to wait for a transaction where nothing but a name tells two nonces apart. */
const NAME_WAIT_US = 10_000_000;

/** Of a quote, what leaves nothing of it open. */
const ENDS: ReadonlySet<string> = new Set(['settled', 'expired', 'voided', 'pulled']);

export class Uses {
  readonly #options: UsesOptions;
  /** By nonce, the hash of the payload that was executed under it, and when. */
  readonly #executed = new Map<string, { readonly hash: string; readonly atUs: number }>();
  /** Hashes of quotes that the relay has named as being settled when they were not. */
  readonly #namedWrongly = new Set<string>();
  /** Hashes of the empty intents that the engine has published. */
  readonly #published = new Set<string>();

  constructor(options: UsesOptions) {
    this.#options = options;
  }

  /** A transaction of the chain executed a payload of the account. */
  executed(nonce: string, hash: string): void {
    this.#executed.set(nonce, { hash, atUs: this.#options.nowUs() });
  }

  /** Nonces that were used up since a time. */
  executedSince(sinceUs: number): readonly string[] {
    return [...this.#executed].filter(([, { atUs }]) => atUs >= sinceUs).map(([nonce]) => nonce);
  }

  wasExecuted(nonce: string): boolean {
    return this.#executed.has(nonce);
  }

  /**
   * The verifier has forgotten whether this nonce was used, and the balances do not say it: they moved by other means as well, or another
   * nonce is forgotten too, under which a quote settled that moved the same as one of these, under this one. The engine has to hold it
   * for used.
   */
  hasToBeUsed(nonce: string, quotesUnder: readonly Ended[]): boolean {
    if (!this.#isForgettable(nonce)) return false;
    const { lies, nowUs, movedOtherwiseAtUs } = this.#options;
    // Which of its nonces were used a node has hidden, until nobody can read it any more.
    if (lies.since(nowUs() - HIDDEN_US) || movedOtherwiseAtUs() > nowUs() - HIDDEN_US) return true;
    return [...this.#executed].some(([other, { hash }]) => {
      const settled = this.#options.answerOf(hash);
      if (other === nonce || settled === undefined || !this.#isForgettable(other)) return false;
      return quotesUnder.some((quote) => movesTheSame(quote, settled));
    });
  }

  /** The engine has read that the relay settles the quote with this hash. */
  named(hash: string): void {
    const quote = this.#options.answerOf(hash);
    if (quote !== undefined && this.#hashOf(quote.nonce) !== hash) this.#namedWrongly.add(hash);
  }

  /** It has not been settled since, either. */
  isNamedWrongly({ hash, nonce }: Pick<Ended, 'hash' | 'nonce'>): boolean {
    return this.#namedWrongly.has(hash) && this.#hashOf(nonce) !== hash;
  }

  /**
   * The quote that the engine has to take for the one that settled: another one, which nothing but the word of the relay tells from it;
   * null: there is none.
   */
  mistakenFor(settled: Ended, others: readonly Sent[]): Sent | null {
    const isNamed = (other: Sent): boolean => this.isNamedWrongly(other) && this.#isAlike(other, settled);
    return others.find((other) => this.#isLeftFor(other, settled)) ?? others.find(isNamed) ?? null;
  }

  /** A request leaves the engine that may publish a payload. */
  published(text: string): void {
    const { findings, accountId, isDurable } = this.#options;
    for (const { hash, nonce, signer, intents, transaction } of publishedIn(text)) {
      this.#published.add(hash);
      const isEmpty = signer === accountId && intents === 0;
      findings.hold('what is published is an empty intent of the account', isEmpty, () => text.slice(0, 600));
      const isOnDisk = isDurable(hash) && isDurable(nonce);
      findings.hold('a pull is durable before it is published', isOnDisk, () => `${hash} ${nonce}`);
      if (transaction !== null)
        findings.hold('a transaction is durable before it is sent', isDurable(transaction), () => transaction);
    }
  }

  /** An answer leaves. */
  answered({ quoteId, nonce, deadlineMs }: Pick<Ended, 'quoteId' | 'nonce' | 'deadlineMs'>): void {
    const marginMs = nonceDeadlineMs(nonce) - deadlineMs;
    this.#options.findings.hold(
      'a nonce is remembered long enough after each quote under it',
      marginMs >= REMEMBERED_MS,
      () => `${quoteId}: ${marginMs} ms`,
    );
  }

  /** A record says that a quote came to this end. */
  ended(quote: Ended, to: string, code: string): void {
    const { findings, chain, answerOf } = this.#options;
    const { quoteId, nonce, deadlineMs } = quote;
    const newest = chain.newest();
    const is = (): string => `${quoteId} is ${to} by ${code}`;
    if (ENDS.has(to)) this.#judgeWord(quote, to, is);
    if (to === 'expired')
      findings.hold('a quote has expired when its deadline is past', deadlineMs < newest.timeMs, is);
    if (to !== 'pulled' && to !== 'voided') return;
    const hash = this.#hashOf(nonce);
    // What was used and forgotten leaves to the engine which of several nonces it was.
    const isKnown = hash !== undefined || this.#isForgettable(nonce);
    findings.hold('a quote is void or withdrawn when its nonce was used', isKnown, is);
    if (hash === undefined) return;
    const settled = answerOf(hash);
    const isUnknown = settled?.isLost === true || (settled !== undefined && this.#isSwapped(settled));
    if (to === 'pulled')
      findings.hold('what is withdrawn was used up by no quote', settled === undefined || isUnknown, is);
    if (code === 'pulled_by_transaction')
      findings.hold('what is proven to be withdrawn was withdrawn by the engine', this.#published.has(hash), is);
    if (code === 'nonce_burned') {
      const isStrangers = !this.#published.has(hash) && settled === undefined;
      findings.hold('what is burned was used up by neither a quote nor a pull', isStrangers || isUnknown, is);
    }
  }

  /** The verifier may have forgotten that it was used. */
  #isForgettable(nonce: string): boolean {
    const newest = this.#options.chain.newest();
    return !newest.isValidSalt(saltOf(nonce)) || nonceDeadlineMs(nonce) < newest.timeMs;
  }

  #hashOf(nonce: string): string | undefined {
    return this.#executed.get(nonce)?.hash;
  }

  /** A settlement is one of the chain: of that quote, or of one that the relay has confused with it and nothing tells from it. */
  #judgeWord(quote: Ended, to: string, is: () => string): void {
    const { findings } = this.#options;
    const [settled, swapped] = [this.#settledUnder(quote.nonce), this.#swappedFor(quote)];
    const isKnown = settled !== undefined || swapped !== undefined;
    if (to === 'settled') findings.hold('a settlement on record is one of the chain, under that nonce', isKnown, is);
    if (!this.isNamedWrongly(quote)) return;
    const isExcused = swapped !== undefined || (settled !== undefined && this.#isAlike(quote, settled));
    findings.hold('what the relay names wrongly is not recorded as settled', to !== 'settled' || isExcused, is);
  }

  /**
   * No balance tells one from the other: they move the same, or a deposit came with the settlement, of which what the other one would
   * leave over may be a part.
   */
  #isAlike(named: Ended, settled: Ended): boolean {
    const executed = this.#executed.get(settled.nonce);
    if (executed === undefined) return false;
    if (named.nonce !== settled.nonce) return this.#maySwap(named, settled);
    if (movesTheSame(named, settled)) return true;
    const creditedIn = this.#options.creditedAt(executed.atUs, settled.assetIn);
    const creditedOut = this.#options.creditedAt(executed.atUs, settled.assetOut);
    const isCovered =
      named.amountIn - settled.amountIn <= creditedIn && settled.amountOut - named.amountOut <= creditedOut;
    return creditedIn + creditedOut > 0n && isCovered;
  }

  #settledUnder(nonce: string): Ended | undefined {
    const hash = this.#hashOf(nonce);
    return hash === undefined ? undefined : this.#options.answerOf(hash);
  }

  /**
   * The one moved under its nonce what the other one was to move under its own, and one balance shows both: the sum is the same, as the
   * nonce of the other one moved nothing, or what a quote of the first nonce was to move. Their transactions tell, and were not read in
   * time.
   */
  #maySwap(named: Ended, settled: Ended): boolean {
    const [its, moved] = [this.#executed.get(named.nonce), this.#executed.get(settled.nonce)];
    if (its === undefined || moved === undefined || named.nonce === settled.nonce) return false;
    const own = this.#settledUnder(named.nonce);
    const isEven =
      own === undefined || this.#options.quotesUnder(settled.nonce).some((each) => movesTheSame(each, own));
    const isTogether = Math.abs(its.atUs - moved.atUs) < BETWEEN_BALANCES_US;
    const waitedUs = this.#options.nowUs() - Math.max(its.atUs, moved.atUs);
    return movesTheSame(named, settled) && isEven && isTogether && waitedUs >= NAME_WAIT_US;
  }

  /** Of two nonces that both moved something: a quote under the nonce of the other one was named, which leaves this one for what settled. */
  #isLeftFor(other: Ended, settled: Ended): boolean {
    const its = this.#settledUnder(other.nonce);
    if (its === undefined || !movesTheSame(other, settled)) return false;
    return this.#named().some((named) => named.nonce === settled.nonce && this.#maySwap(named, its));
  }

  /** What settled in the place of a quote that the relay has named, under another nonce. */
  #swappedFor(named: Ended): Ended | undefined {
    if (!this.isNamedWrongly(named)) return undefined;
    const settled = [...this.#executed.keys()].flatMap((nonce) => this.#settledUnder(nonce) ?? []);
    return settled.find((each) => this.#maySwap(named, each));
  }

  /** Another one was named in its place, under another nonce. */
  #isSwapped(settled: Ended): boolean {
    return this.#named().some((each) => this.#maySwap(each, settled));
  }

  /** Quotes that the relay has named wrongly. */
  #named(): readonly Ended[] {
    const named = [...this.#namedWrongly].flatMap((hash) => this.#options.answerOf(hash) ?? []);
    return named.filter((each) => this.isNamedWrongly(each));
  }
}

const movesTheSame = (a: Ended, b: Ended): boolean => a.amountIn === b.amountIn && a.amountOut === b.amountOut;
