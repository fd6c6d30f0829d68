// The model: slow, obvious, and written from what the engine has to do, not from how it does it. It sees what the engine was given,
// what left it, what is on the disk, and the truth of the chain; it is asked at each answer that leaves, at each record, after each
// start, and at the end.

import type { KeyObject } from 'node:crypto';
import type { BlockView, ChainView } from './chain-view.ts';
import { Exposure } from './exposure.ts';
import { Findings } from './findings.ts';
import { forbidden, type Permits, permit, permitsAtStart } from './permits.ts';
import { Prices } from './prices.ts';
import { Records } from './records.ts';
import { Uses } from './uses.ts';
import { Venue } from './venue.ts';
import { type Answer, keyOf, readAnswer } from './wire.ts';

export type ModelOptions = {
  readonly accountId: string;
  readonly publicKey: string;
  readonly btc: string;
  readonly eure: string;
  readonly chain: ChainView;
  /** True time. */
  readonly nowUs: () => number;
  /** The disk as it is; `durable`: without what a power cut could take. */
  readonly journalHas: (text: string, durable: boolean) => boolean;
  readonly limits: {
    readonly krakenMaxAgeMs: number;
    readonly coingeckoMaxAgeMs: number;
    readonly inventoryMaxAgeMs: number;
    readonly quoteLifetimeMaxMs: number;
    readonly quotesLiveMax: number;
    readonly minuteEur: number;
    readonly dayEur: number;
    readonly minEdgePct: number;
    readonly maxNotionalEur: number;
    readonly shadow: boolean;
    /** Nothing is signed unless history is known to be written. */
    readonly isStrict: boolean;
    /** Empty: all. */
    readonly partners: readonly string[];
  };
};

/** A request, as it was sent to the engine. */
export type Asked = {
  readonly quoteId: string;
  readonly assetIn: string;
  readonly assetOut: string;
  readonly exactIn: bigint | null;
  readonly exactOut: bigint | null;
  readonly minDeadlineMs: number;
  readonly partnerId: string | null;
};

/** What left. */
export type Sent = Answer & {
  readonly atUs: number;
  readonly eur: number;
  /** A power cut took its record from the disk: it is not expected any more, and the engine cannot know of it. */
  isLost: boolean;
  /** Its record was lost before, and it was answered again. */
  readonly isSecond: boolean;
  settledAtUs: number | null;
};

/** How much the verifier can be behind what the engine reads, and the engine behind that. */
const KNOWN_AFTER_MS = 60_000;
const CUSTOMARY_WAIT_US = 40_000_000;
/** How far a wall clock may be off while something is signed, and how long an answer takes. */
const CLOCK_MS = 5_500;
/** Silence of the history-writer after which nothing is known of it, and what reading its reports takes. */
const HISTORY_KNOWN_US = 17_000_000;

export class Model {
  readonly findings: Findings;
  readonly records: Records;
  readonly prices = new Prices();
  readonly venue: Venue;
  readonly uses: Uses;
  readonly sent = new Map<string, Sent>();
  /** Settled on the chain, by hash of the quote. */
  readonly #byHash = new Map<string, Sent>();
  readonly #options: ModelOptions;
  readonly #exposure: Exposure;
  readonly #key: KeyObject;
  readonly #asked = new Map<string, Asked[]>();
  readonly #heard = new Set<string>();
  readonly #durableNonces = new Set<string>();
  /** Blocks whose balances the engine has read, with the time. */
  #balances: { readonly atUs: number; readonly height: number }[] = [];
  /** Balance that went by other means than settlements. */
  #withdrawnAtUs = Number.NEGATIVE_INFINITY;
  #historyAtUs = Number.NEGATIVE_INFINITY;
  permits: Permits;
  answers = 0;

  constructor(options: ModelOptions) {
    this.#options = options;
    this.#key = keyOf(options.publicKey);
    this.findings = new Findings(() => Math.floor(options.nowUs() / 1000));
    const { findings } = this;
    this.records = new Records(findings, (quoteId, to, code) => {
      const sent = this.sent.get(quoteId);
      if (sent !== undefined && !sent.isSecond) this.uses.ended(sent, to, code);
    });
    this.venue = new Venue(findings, options.chain, options.nowUs);
    const { chain, accountId, journalHas } = options;
    const isDurable = (text: string): boolean => journalHas(text, true);
    this.uses = new Uses({ findings, chain, accountId, isDurable, answerOf: (hash) => this.#byHash.get(hash) });
    this.#exposure = new Exposure(findings, options.limits);
    this.permits = permitsAtStart(options.limits);
  }

  /** A process began: nothing of what the one before has read counts. */
  started(): void {
    this.permits = permitsAtStart(this.#options.limits);
    this.#exposure.started();
    this.prices.forget();
    this.#balances = [];
    this.#heard.clear();
  }

  called(method: string, path: string, body: unknown): void {
    const { pull, asset } = (body ?? {}) as { readonly pull?: boolean; readonly asset?: string };
    if (path === '/executor/pull' || pull === true) this.#pulled(asset ?? null);
    permit(this.permits, { method, path, body }, this.#options.nowUs());
    this.#exposure.called(path, body, this.#options.nowUs());
  }

  asked(request: Asked): void {
    const list = this.#asked.get(request.quoteId) ?? [];
    list.push(request);
    this.#asked.set(request.quoteId, list);
  }

  /** The engine read a text of the relay. */
  relayed(text: string): void {
    const quoteId = /"quote_id":"([^"]+)"/.exec(text)?.[1];
    if (quoteId !== undefined) this.#heard.add(quoteId);
  }

  /** The engine has read balances as of a block. */
  balancesRead(height: number): void {
    this.#balances.push({ atUs: this.#options.nowUs(), height });
    if (this.#balances.length > 64) this.#balances = this.#balances.slice(-32);
  }

  /** The history-writer has reported that it writes. */
  historyWritten(): void {
    this.#historyAtUs = this.#options.nowUs();
  }

  /** Every second. */
  look(): void {
    this.venue.look(this.#recent());
  }

  /** The relay refused an answer. */
  refused(quoteId: string, reason: string): void {
    const sent = this.sent.get(quoteId);
    if (sent === undefined) return;
    const isDoubled = (this.#asked.get(quoteId)?.length ?? 0) > 1 || sent.isSecond;
    this.venue.refused({ quoteId, nonce: sent.nonce, reason, isDoubled }, this.#withdrawnAtUs);
  }

  withdrawn(): void {
    this.#withdrawnAtUs = this.#options.nowUs();
  }

  /** A transaction of the chain moved balances by the payload with this hash. */
  settled(hash: string): void {
    const sent = this.#byHash.get(hash);
    if (sent === undefined) return;
    this.findings.hold('a quote settles once', sent.settledAtUs === null, () => sent.quoteId);
    sent.settledAtUs = this.#options.nowUs();
  }

  /** A frame with an answer leaves the engine. */
  answered(parameter: unknown): void {
    const { findings } = this;
    const answer = readAnswer(parameter, this.#key);
    if (typeof answer === 'string') {
      findings.add('an answer can be read, and its signature holds', answer);
      return;
    }
    this.answers += 1;
    const nowUs = this.#options.nowUs();
    const before = this.sent.get(answer.quoteId);
    const sent: Sent = {
      ...answer,
      atUs: nowUs,
      eur: this.#eurOf(answer),
      isLost: false,
      isSecond: before !== undefined,
      settledAtUs: null,
    };
    findings.hold('nothing is answered twice', before === undefined || before.isLost, () => answer.quoteId);
    const why = forbidden(this.permits, nowUs);
    findings.hold('nothing is signed while it is forbidden', why === null, () => `${answer.quoteId}: ${why}`);
    this.venue.judge(answer);
    this.uses.answered(answer);
    const isWritten = !this.#options.limits.isStrict || nowUs - this.#historyAtUs < HISTORY_KNOWN_US;
    findings.hold(
      'nothing is signed while history is not written, where the policy is strict',
      isWritten,
      () => answer.quoteId,
    );
    this.#judgeRequest(answer);
    this.#judgeDisk(answer);
    this.#judgePrice(answer);
    this.sent.set(answer.quoteId, sent);
    this.#byHash.set(answer.hash, sent);
    this.#judgeCapital(sent);
    this.#judgeBreaker();
  }

  /** After a start: what the disk has lost. @param powerCut whether it may have lost anything */
  recovered(powerCut: boolean): void {
    const nowMs = this.#options.nowUs() / 1000;
    if (powerCut) this.venue.forgetPulls();
    for (const sent of this.sent.values()) {
      if (sent.isLost || sent.deadlineMs < nowMs) continue;
      this.findings.hold(
        'no nonce of a live quote is forgotten',
        this.#options.journalHas(sent.nonce, false),
        () => `${sent.quoteId} ${sent.nonce}`,
      );
      if (this.#options.journalHas(`"${sent.quoteId}"`, false) || this.#options.journalHas(sent.quoteId, false))
        continue;
      sent.isLost = true;
      const isPublished = (this.records.of(sent.quoteId)?.steps.size ?? 0) > 0;
      this.findings.hold('only a power cut loses a record', powerCut, () => sent.quoteId);
      this.findings.hold('nothing that was published is lost', !isPublished, () => sent.quoteId);
    }
  }

  /** Everything is over, and the engine has ended in peace. */
  ended(): void {
    for (const sent of this.sent.values()) this.#judgeEnd(sent);
    for (const [quoteId, trade] of this.records.trades) {
      const accepted = trade.decisions.filter((decision) => decision.accepted);
      this.findings.hold(
        'one quote has one decision',
        accepted.length <= 1 || this.sent.get(quoteId)?.isLost === true,
        () => `${quoteId}: ${trade.decisions.length} decisions`,
      );
    }
  }

  /**
   * All quotes are over, and the engine still runs: what it has counted is what happened. Quotes that a power cut took from the
   * journal it knows by what they moved alone, and of those that it cannot tell apart it counts the most that they can be.
   */
  countedAtRest(dayEurE18: bigint, uncertainE18: bigint): void {
    const settled = [...this.sent.values()].filter(({ settledAtUs }) => settledAtUs !== null);
    const isClear = ({ quoteId, isLost }: Sent): boolean => !isLost && this.records.stateOf(quoteId) === 'settled';
    const isExact = uncertainE18 === 0n && settled.every(isClear);
    const sum = settled.reduce((total, { quoteId }) => total + (this.records.of(quoteId)?.paidEurE18 ?? 0n), 0n);
    const holds = isExact ? dayEurE18 === sum : dayEurE18 + uncertainE18 >= this.#lossless(settled);
    this.findings.hold(
      'the circuit breaker has counted what settled, once each',
      holds,
      () => `counted ${dayEurE18} and ${uncertainE18} uncertain, settled ${sum}, ${settled.length} quotes`,
    );
    this.#judgeSums(settled);
  }

  #lossless(settled: readonly Sent[]): bigint {
    return settled
      .filter(({ isLost }) => !isLost)
      .reduce((total, { quoteId }) => total + (this.records.of(quoteId)?.paidEurE18 ?? 0n), 0n);
  }

  /** Over all records the changes of the balances that they stand for are those of the chain. */
  #judgeSums(settled: readonly Sent[]): void {
    // The change that an unattributed settlement names holds all that moved with it, deposits among it.
    if (settled.some(({ isLost }) => isLost) || this.records.codes.has('unattributed')) return;
    for (const asset of [this.#options.btc, this.#options.eure]) {
      const moved = settled.reduce(
        (sum, { assetIn, assetOut, amountIn, amountOut }) =>
          sum + (assetIn === asset ? amountIn : 0n) - (assetOut === asset ? amountOut : 0n),
        0n,
      );
      const recorded = this.records.settled.get(asset) ?? 0n;
      this.findings.hold(
        'the records of settlements sum to what the chain has moved',
        moved === recorded,
        () => `${asset}: moved ${moved}, recorded ${recorded}`,
      );
    }
  }

  #judgeEnd(sent: Sent): void {
    const { quoteId } = sent;
    const state = this.records.stateOf(quoteId);
    if (sent.isLost) return;
    const fault = this.records.faultOf(quoteId);
    this.findings.hold(
      'every answer is on record with its whole chain of states',
      fault === null,
      () => `${quoteId}: ${fault}`,
    );
    const isSettled = sent.settledAtUs !== null;
    const isUnclear = state === 'uncertain';
    this.findings.hold(
      'what settled is recorded as settled',
      !isSettled || state === 'settled' || isUnclear,
      () => `${quoteId} is ${state}`,
    );
    this.findings.hold('what is recorded as settled has settled', isSettled || state !== 'settled', () => quoteId);
  }

  #judgeRequest(answer: Answer): void {
    const { findings } = this;
    const { limits, accountId, nowUs } = this.#options;
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

  /** Journal first: the answer is written, its nonce is safe from a power cut. */
  #judgeDisk({ quoteId, nonce }: Answer): void {
    const { journalHas } = this.#options;
    this.findings.hold('an answer is in the journal before it leaves', journalHas(quoteId, false), () => quoteId);
    if (this.#durableNonces.has(nonce)) return;
    this.findings.hold('a nonce is durable before it is used', journalHas(nonce, true), () => `${quoteId} ${nonce}`);
    this.#durableNonces.add(nonce);
  }

  #judgePrice(answer: Answer): void {
    const { limits, btc, nowUs } = this.#options;
    const receivesBtc = answer.assetIn === btc;
    const [sats, wei] = receivesBtc ? [answer.amountIn, answer.amountOut] : [answer.amountOut, answer.amountIn];
    const trade = { receivesBtc, btc: Number(sats) / 1e8, eure: Number(wei) / 1e18 };
    const fault = this.prices.faultOf(trade, { ...limits, minEdgePct: this.permits.minEdgePct }, nowUs());
    this.findings.hold(
      'a price is young enough, and the edge is kept',
      fault === null,
      () => `${answer.quoteId}: ${fault}`,
    );
    const eur = this.#eurOf(answer);
    this.findings.hold(
      'no quote is worth more than STRATEGY_MAX_NOTIONAL_EUR',
      eur <= this.permits.maxNotionalEur * 1.01,
      () => `${answer.quoteId}: ${eur.toFixed(4)} EUR`,
    );
  }

  /** The worst case: of each nonce that can still be used, the quote that pays most settles. */
  #judgeCapital(sent: Sent): void {
    const { chain, limits, nowUs } = this.#options;
    const youngUs = nowUs() - limits.inventoryMaxAgeMs * 1000;
    const known = this.#balances.filter(({ atUs }) => atUs >= youngUs);
    this.findings.hold('a balance is young enough', known.length > 0, () => sent.quoteId);
    const views = known.flatMap(({ height }) => chain.at(height) ?? []);
    const covers = (view: BlockView): boolean => this.#worstCase(sent.assetOut, view) <= view.balance(sent.assetOut);
    const isCovered = views.length === 0 || views.some(covers);
    this.findings.hold(
      'live quotes are covered by a balance that the engine knows',
      isCovered,
      () =>
        `${sent.quoteId}: ${views.map((view) => `${this.#worstCase(sent.assetOut, view)} of ${view.balance(sent.assetOut)} at ${view.height}`).join(', ')}`,
    );
    const isExcused = nowUs() - this.#withdrawnAtUs < CUSTOMARY_WAIT_US;
    this.findings.hold(
      'live quotes are covered by the true balance',
      isExcused || covers(chain.newest()),
      () =>
        `${sent.quoteId}: ${this.#worstCase(sent.assetOut, chain.newest())} of ${chain.newest().balance(sent.assetOut)}`,
    );
    const live = this.live().length;
    this.findings.hold('no more quotes are live than allowed', live <= limits.quotesLiveMax, () => `${live}`);
  }

  /** Answers whose deadline the clock has not passed, but for those that the engine cannot know of. */
  live(): Sent[] {
    const nowMs = this.#options.nowUs() / 1000;
    const newest = this.#options.chain.newest();
    const all = [...this.sent.values()];
    // The verifier forgets used nonces of a salt that is gone; what settled under them is over all the same.
    const settled = new Set(all.filter(({ settledAtUs }) => settledAtUs !== null).map(({ nonce }) => nonce));
    return all.filter(
      ({ isLost, deadlineMs, nonce }) => !isLost && deadlineMs > nowMs && !newest.isUsed(nonce) && !settled.has(nonce),
    );
  }

  #pulled(asset: string | null): void {
    const { btc } = this.#options;
    for (const { nonce, assetOut } of this.live())
      if (asset === null || (asset === 'BTC') === (assetOut === btc)) this.venue.pulled(nonce);
  }

  #worstCase(asset: string, view: BlockView): bigint {
    const largest = new Map<string, bigint>();
    for (const sent of this.#recent()) {
      if (sent.assetOut !== asset || sent.deadlineMs < view.timeMs || view.isUsed(sent.nonce)) continue;
      const before = largest.get(sent.nonce) ?? 0n;
      if (sent.amountOut > before) largest.set(sent.nonce, sent.amountOut);
    }
    return [...largest.values()].reduce((sum, units) => sum + units, 0n);
  }

  /** What could still be live at a block that the engine may know. */
  *#recent(): Generator<Sent> {
    const nowMs = this.#options.nowUs() / 1000;
    for (const sent of this.sent.values()) if (sent.deadlineMs > nowMs - 2 * KNOWN_AFTER_MS) yield sent;
  }

  /** Filled and open value stay below the limits of the circuit breaker, and of the armings. */
  #judgeBreaker(): void {
    const settledSince = (sinceUs: number): Sent[] =>
      [...this.sent.values()].filter(({ settledAtUs }) => settledAtUs !== null && settledAtUs >= sinceUs);
    this.#exposure.judge(settledSince, this.live(), this.#options.nowUs());
  }

  /** What it pays, in EUR: a little less than it is. */
  #eurOf({ assetOut, amountOut }: Answer): number {
    const { eure, nowUs } = this.#options;
    return assetOut === eure
      ? (Number(amountOut) / 1e18) * 0.95
      : (Number(amountOut) / 1e8) * this.prices.lowest(nowUs()) * 0.98;
  }
}
