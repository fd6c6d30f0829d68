// How nonces are used up on the chain, held against what the engine publishes to use them up and what it says became of their quotes.

import type { ChainView } from './chain-view.ts';
import type { Findings } from './findings.ts';
import { nonceDeadlineMs, publishedIn, saltOf } from './wire.ts';

/** An answer, as far as its end depends on its nonce. */
type Ended = {
  readonly quoteId: string;
  readonly nonce: string;
  readonly hash: string;
  readonly deadlineMs: number;
  readonly isLost: boolean;
};

export type UsesOptions = {
  readonly findings: Findings;
  readonly chain: ChainView;
  readonly accountId: string;
  /** The disk without what a power cut could take. */
  readonly isDurable: (text: string) => boolean;
  /** The answer whose payload has this hash. */
  readonly answerOf: (hash: string) => Ended | undefined;
};

/** From the deadline of each quote to that of its nonce, after which the verifier may forget it: until then its use can be read. */
const REMEMBERED_MS = 600_000;

export class Uses {
  readonly #options: UsesOptions;
  /** By nonce, the hash of the payload that was executed under it. */
  readonly #executed = new Map<string, string>();
  /** Hashes of the empty intents that the engine has published. */
  readonly #published = new Set<string>();

  constructor(options: UsesOptions) {
    this.#options = options;
  }

  /** A transaction of the chain executed a payload of the account. */
  executed(nonce: string, hash: string): void {
    this.#executed.set(nonce, hash);
  }

  /** A request leaves the engine that may publish a payload. */
  published(text: string): void {
    const { findings, accountId, isDurable } = this.#options;
    for (const { hash, nonce, signer, intents } of publishedIn(text)) {
      this.#published.add(hash);
      const isEmpty = signer === accountId && intents === 0;
      findings.hold('what is published is an empty intent of the account', isEmpty, () => text.slice(0, 600));
      const isOnDisk = isDurable(hash) && isDurable(nonce);
      findings.hold('a pull is durable before it is published', isOnDisk, () => `${hash} ${nonce}`);
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
    if (to === 'expired')
      findings.hold('a quote has expired when its deadline is past', deadlineMs < newest.timeMs, is);
    if (to !== 'pulled' && to !== 'voided') return;
    const hash = this.#executed.get(nonce);
    // What was used and forgotten leaves to the engine which of several nonces it was.
    const isForgettable = !newest.isValidSalt(saltOf(nonce)) || nonceDeadlineMs(nonce) < newest.timeMs;
    findings.hold('a quote is void or withdrawn when its nonce was used', hash !== undefined || isForgettable, is);
    if (hash === undefined) return;
    const settled = answerOf(hash);
    const isLost = settled?.isLost === true;
    if (to === 'pulled')
      findings.hold('what is withdrawn was used up by no quote', settled === undefined || isLost, is);
    if (code === 'pulled_by_transaction')
      findings.hold('what is proven to be withdrawn was withdrawn by the engine', this.#published.has(hash), is);
    if (code === 'nonce_burned') {
      const isStrangers = !this.#published.has(hash) && settled === undefined;
      findings.hold('what is burned was used up by neither a quote nor a pull', isStrangers || isLost, is);
    }
  }
}
