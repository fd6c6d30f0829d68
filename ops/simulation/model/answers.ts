// One answer by itself: whether it is to what was asked, on the disk as it has to be, at a price that is good enough, and allowed.

import type { Findings } from './findings.ts';
import type { JournalView } from './journal-view.ts';
import { forbidden, type Permits } from './permits.ts';
import type { Prices } from './price/prices.ts';
import type { Asked, Sent } from './sent.ts';

export type AnswerLimits = {
  readonly krakenMaxAgeMs: number;
  readonly coingeckoMaxAgeMs: number;
  readonly quoteLifetimeMaxMs: number;
  /** JOURNAL_MAX_SYNC_LAG_MS. */
  readonly syncLagMaxMs: number;
  /** Nothing is signed unless history is known to be written. */
  readonly isStrict: boolean;
  /** Empty: all. */
  readonly partners: readonly string[];
};

export type AnswersOptions = {
  readonly findings: Findings;
  readonly limits: AnswerLimits;
  readonly accountId: string;
  readonly btc: string;
  readonly journal: JournalView;
  readonly prices: Prices;
  readonly nowUs: () => number;
  /** When the event that runs now began. */
  readonly turnBeganUs: () => number;
};

/** How far a wall clock may be off while something is signed, and how long an answer takes. */
const CLOCK_MS = 5_500;
/** Silence of the history-writer after which nothing is known of it, and what reading its reports takes. */
const HISTORY_KNOWN_US = 17_000_000;

export class Answers {
  readonly #options: AnswersOptions;
  readonly #asked = new Map<string, Asked[]>();
  readonly #heard = new Set<string>();
  readonly #durableNonces = new Set<string>();
  #historyAtUs = Number.NEGATIVE_INFINITY;

  constructor(options: AnswersOptions) {
    this.#options = options;
  }

  /** A process began: it has heard nothing. */
  started(): void {
    this.#heard.clear();
  }

  asked(request: Asked): void {
    const list = this.#asked.get(request.quoteId) ?? [];
    list.push(request);
    this.#asked.set(request.quoteId, list);
  }

  wasAskedTwice(quoteId: string): boolean {
    return (this.#asked.get(quoteId)?.length ?? 0) > 1;
  }

  /** The engine read a request. */
  heard(quoteId: string, permits: Permits): void {
    this.#heard.add(quoteId);
    // Broken where an answer to it leaves.
    const { findings, nowUs, limits } = this.#options;
    if (forbidden(permits, nowUs()) !== null) findings.tested('nothing is signed while it is forbidden');
    else if (!this.#isHistoryWritten())
      findings.tested('nothing is signed while history is not written, if that is needed');
    else if (this.#waitedMs() > limits.syncLagMaxMs) findings.tested('nothing is signed while the disk is behind');
  }

  /** The history-writer has reported that it writes. */
  historyWritten(): void {
    this.#historyAtUs = this.#options.nowUs();
  }

  judge(sent: Sent, permits: Permits): void {
    const { findings, nowUs } = this.#options;
    const { quoteId } = sent;
    const why = forbidden(permits, nowUs());
    if (why !== null) findings.add('nothing is signed while it is forbidden', `${quoteId}: ${why}`);
    if (!this.#isHistoryWritten())
      findings.add('nothing is signed while history is not written, if that is needed', quoteId);
    this.#judgeRequest(sent);
    this.#judgeDisk(sent);
    this.#judgePrice(sent, permits);
  }

  /** As far as the policy asks for it. */
  #isHistoryWritten(): boolean {
    const { limits, nowUs } = this.#options;
    return !limits.isStrict || nowUs() - this.#historyAtUs < HISTORY_KNOWN_US;
  }

  #judgeRequest(answer: Sent): void {
    const { findings, limits, accountId, nowUs } = this.#options;
    const requests = this.#asked.get(answer.quoteId) ?? [];
    findings.hold(
      'only what was asked is answered',
      requests.length > 0 && this.#heard.has(answer.quoteId),
      () => answer.quoteId,
    );
    const fits = requests.some(
      (request) =>
        request.assetIn === answer.assetIn &&
        request.assetOut === answer.assetOut &&
        (request.exactIn === null || request.exactIn === answer.amountIn) &&
        (request.exactOut === null || request.exactOut === answer.amountOut) &&
        (limits.partners.length === 0 || (request.partnerId !== null && limits.partners.includes(request.partnerId))),
    );
    findings.hold('an answer is to what was asked', fits, () => answer.quoteId);
    findings.hold('it is signed for the account', answer.signer === accountId, () => answer.signer);
    const lifetimeMs = answer.deadlineMs - nowUs() / 1000;
    const asked = requests.map(({ minDeadlineMs }) => minDeadlineMs);
    findings.hold(
      'a quote is valid for as long as was asked',
      asked.some((ms) => lifetimeMs >= ms),
      () => `${answer.quoteId}: ${lifetimeMs} ms of ${asked.join(', ')}`,
    );
    findings.hold(
      'a deadline is not beyond the longest lifetime',
      lifetimeMs <= limits.quoteLifetimeMaxMs + CLOCK_MS,
      () => `${answer.quoteId}: ${lifetimeMs} ms`,
    );
  }

  /** Journal first: the answer is written, its nonce is safe from a power cut, and what was written before does not wait for long. */
  #judgeDisk({ quoteId, nonce }: Sent): void {
    const { findings, journal, limits } = this.#options;
    findings.hold('an answer is in the journal before it leaves', journal.has(quoteId, false), () => quoteId);
    const waitedMs = this.#waitedMs();
    if (waitedMs > limits.syncLagMaxMs)
      findings.add('nothing is signed while the disk is behind', `${quoteId}: a record has waited for ${waitedMs} ms`);
    if (this.#durableNonces.has(nonce)) return;
    findings.hold('a nonce is durable before it is used', journal.has(nonce, true), () => `${quoteId} ${nonce}`);
    this.#durableNonces.add(nonce);
  }

  /** How long the oldest record has waited for the disk, at the begin of this turn. */
  #waitedMs(): number {
    const { journal, turnBeganUs } = this.#options;
    const sinceUs = journal.unsyncedSinceUs();
    return sinceUs === null ? 0 : (turnBeganUs() - sinceUs) / 1000;
  }

  #judgePrice({ quoteId, assetIn, amountIn, amountOut, eur }: Sent, permits: Permits): void {
    const { findings, limits, prices, btc, nowUs } = this.#options;
    const receivesBtc = assetIn === btc;
    const [sats, wei] = receivesBtc ? [amountIn, amountOut] : [amountOut, amountIn];
    const trade = { receivesBtc, btc: Number(sats) / 1e8, eure: Number(wei) / 1e18 };
    const fault = prices.faultOf(trade, { ...limits, minEdgePct: permits.minEdgePct }, nowUs());
    findings.hold('a price is young enough, and the edge is kept', fault === null, () => `${quoteId}: ${fault}`);
    findings.hold(
      'no quote is worth more than STRATEGY_MAX_NOTIONAL_EUR',
      eur <= permits.maxNotionalEur * 1.01,
      () => `${quoteId}: ${eur.toFixed(4)} EUR`,
    );
  }
}
