// The model: slow, obvious, and written from what the engine has to do, not from how it does it. It sees what the engine was given,
// what left it, what is on the disk, and the truth of the chain; it is asked at each answer that leaves, at each record, after each
// start, and at the end.

import type { KeyObject } from 'node:crypto';
import { type AnswerLimits, Answers } from './answers.ts';
import { Capital } from './capital.ts';
import type { ChainView } from './chain-view.ts';
import { Ending } from './ending.ts';
import { Exposure } from './exposure.ts';
import { Findings } from './findings.ts';
import type { JournalView } from './journal-view.ts';
import { Lies } from './nodes/lies.ts';
import { Nonces } from './nonces/nonces.ts';
import { Pulls } from './nonces/pulls.ts';
import { Uses } from './nonces/uses.ts';
import { type Called, judgeArming, type Permits, permit, permitsAtStart, withdrawnBy, withdraws } from './permits.ts';
import { Prices } from './price/prices.ts';
import { Records } from './records.ts';
import type { Sent } from './sent.ts';
import { Stops } from './stops.ts';
import { Venue } from './venue.ts';
import { type Answer, keyOf, readAnswer, saltOf } from './wire.ts';

/** Parts of the world with which something can be wrong. */
type Trouble = 'kraken' | 'coingecko' | 'clock' | 'process' | 'disk';

export type ModelOptions = {
  readonly accountId: string;
  readonly publicKey: string;
  readonly btc: string;
  readonly eure: string;
  readonly chain: ChainView;
  /** True time. */
  readonly nowUs: () => number;
  /** When the event that runs now began. */
  readonly turnBeganUs: () => number;
  readonly journal: JournalView;
  /** How long nothing was wrong with any of these. */
  readonly quietUs: (...parts: readonly Trouble[]) => number;
  readonly limits: AnswerLimits & {
    readonly inventoryMaxAgeMs: number;
    readonly quotesLiveMax: number;
    readonly minuteEur: number;
    readonly dayEur: number;
    readonly failuresInRow: number;
    readonly pullDistancePct: number;
    readonly minEdgePct: number;
    readonly maxNotionalEur: number;
    readonly shadow: boolean;
    /** One EURe counts as one EUR. */
    readonly isPar: boolean;
  };
};

/** How much the verifier can be behind what the engine reads, and the engine behind that. */
const KNOWN_AFTER_MS = 60_000;
/** A source is heard again by then, after a start and after trouble. */
const CALM_AFTER_US = 15_000_000;
/** It is polled less often. */
const BASIS_CALM_AFTER_US = 60_000_000;
const DISK_TROUBLE_US = 10_000_000;
const PROCESS_TROUBLE_US = 2_000_000;
/** Roundings count where next to nothing is paid. */
const DUST_EUR = 1e-9;
/** Of a signature and of a private key; that of a public key is shorter. */
const SECRET = /ed25519:[1-9A-HJ-NP-Za-km-z]{80,}/;

export class Model {
  readonly findings: Findings;
  readonly records: Records;
  readonly prices: Prices;
  readonly capital: Capital;
  readonly ending: Ending;
  readonly answers: Answers;
  readonly uses: Uses;
  readonly lies: Lies;
  readonly sent = new Map<string, Sent>();
  /** Settled on the chain, by hash of the quote. */
  readonly #byHash = new Map<string, Sent>();
  readonly #byNonce = new Map<string, Sent[]>();
  readonly #options: ModelOptions;
  readonly #venue: Venue;
  readonly #exposure: Exposure;
  readonly #nonces: Nonces;
  readonly #pulls: Pulls;
  readonly #stops: Stops;
  readonly #key: KeyObject;
  #startedUs = Number.POSITIVE_INFINITY;
  /** When the journal was born. */
  #bornUs: number | null = null;
  permits: Permits;
  /** Answers that left. */
  count = 0;

  constructor(options: ModelOptions) {
    this.#options = options;
    this.#key = keyOf(options.publicKey);
    const { chain, accountId, journal, limits, nowUs, btc, eure, quietUs } = options;
    const findings = new Findings(() => Math.floor(nowUs() / 1000));
    const isPrompt = (): boolean => quietUs('process') >= PROCESS_TROUBLE_US;
    const common = { findings, chain, nowUs, btc, accountId, journal, isPrompt };
    const quotesUnder = (nonce: string): readonly Sent[] => this.#byNonce.get(nonce) ?? [];
    this.findings = findings;
    this.lies = new Lies(nowUs);
    this.prices = new Prices(limits.isPar);
    this.records = new Records(findings, {
      onStep: (quoteId, to, code) => {
        const sent = this.sent.get(quoteId);
        if (sent !== undefined && !sent.isSecond) this.uses.ended(sent, to, code);
      },
      onAccepted: (quoteId, paidEur) => this.#judgeValue(quoteId, paidEur),
    });
    this.answers = new Answers({ ...common, limits, prices: this.prices, turnBeganUs: options.turnBeganUs });
    this.#venue = new Venue({ findings, chain, nowUs, lies: this.lies });
    this.uses = new Uses({
      ...{ ...common, quotesUnder },
      isDurable: (text) => journal.has(text, true),
      answerOf: (hash) => this.#byHash.get(hash),
      creditedAt: (atUs, asset) => this.capital.creditedAt(atUs, asset),
      movedOtherwiseAtUs: () => this.capital.movedOtherwiseAtUs,
      lies: this.lies,
    });
    this.#nonces = new Nonces({
      ...{ ...common, quotesUnder },
      wasExecuted: (nonce) => this.uses.wasExecuted(nonce),
      hasToBeUsed: (nonce, under) => this.uses.hasToBeUsed(nonce, under),
      onWithdrawn: (nonce, cause, detail) => this.#pulls.begun(nonce, cause, detail),
    });
    this.capital = new Capital({
      ...common,
      inventoryMaxAgeMs: limits.inventoryMaxAgeMs,
      recent: () => this.#recent(),
      promisedUnits: (asset) => this.#nonces.promisedUnits(asset),
      isNamedWrongly: (sent) => this.uses.isNamedWrongly(sent),
    });
    this.#pulls = new Pulls({
      ...{ ...common, quotesUnder },
      prices: this.prices,
      distancePct: limits.pullDistancePct,
      isCalm: () => this.#isCalm(),
      live: () => this.live(),
      hasUnsent: (nonce) => {
        const sinceMs = nowUs() / 1000 - 2 * KNOWN_AFTER_MS;
        const isUnsent = ({ quoteId }: { readonly quoteId: string }): boolean => !this.sent.has(quoteId);
        return journal.signedUnder(nonce).some((each) => each.deadlineMs > sinceMs && isUnsent(each));
      },
      isWithdrawn: (nonce) => this.#nonces.isWithdrawn(nonce),
    });
    this.#stops = this.#createStops(isPrompt);
    this.ending = new Ending({
      ...{ findings, assets: [btc, eure], records: this.records, uses: this.uses },
      sent: () => [...this.sent.values()],
    });
    this.#exposure = new Exposure(findings, limits);
    this.permits = permitsAtStart(limits);
  }

  #createStops(isPrompt: () => boolean): Stops {
    const { limits, nowUs } = this.#options;
    const most = (list: readonly Sent[]): number => Math.max(0, ...list.map(({ eurMax }) => eurMax));
    const sinceMs = (): number => nowUs() / 1000 - KNOWN_AFTER_MS;
    return new Stops({
      ...{ findings: this.findings, nowUs, limits, isPrompt },
      usedEurSince: (sinceUs) => this.uses.executedSince(sinceUs).map((nonce) => most(this.#byNonce.get(nonce) ?? [])),
      openEur: () =>
        [...this.#byNonce.values()]
          .map((list) => most(list.filter(({ deadlineMs }) => deadlineMs > sinceMs())))
          .reduce((sum, eur) => sum + eur, 0),
      isDiskBad: () => !this.#isDiskWell(),
      withdrawnAtUs: () => this.capital.withdrawnAtUs,
      blurredAtUs: () => this.capital.blurredAtUs,
      movedOtherwiseAtUs: () => this.capital.movedOtherwiseAtUs,
      hasLostQuotes: () => [...this.#recent()].some(({ isLost }) => isLost),
      isHidden: (withdrawnAtUs) => this.capital.isHidden(withdrawnAtUs),
      lies: this.lies,
    });
  }

  /** A process began: nothing of what the one before has read counts. */
  started(): void {
    const nowUs = this.#options.nowUs();
    this.permits = permitsAtStart(this.#options.limits);
    this.#exposure.started();
    this.#pulls.started();
    this.#stops.started();
    this.capital.started();
    this.prices.forget();
    this.answers.started();
    this.#startedUs = nowUs;
    this.#bornUs ??= nowUs;
  }

  /** The process was killed, or has ended: nothing more is expected of it. */
  gone(): void {
    this.#startedUs = Number.POSITIVE_INFINITY;
    this.#pulls.gone();
    this.#stops.gone();
  }

  /** A call of the control API was answered. */
  called(call: Called): void {
    const { nowUs } = this.#options;
    const { path, body } = call;
    judgeArming(this.findings, call, nowUs() - (this.#bornUs ?? nowUs()));
    const withdrawn = withdrawnBy(call);
    if (withdrawn !== 'none') this.#pulls.asked();
    if (!call.isOk) return;
    const { asset } = (body ?? {}) as { readonly asset?: string };
    if (withdrawn === 'all') this.#pulled(asset ?? null);
    if (path === '/executor/arm') this.#stops.armed();
    permit(this.permits, call, nowUs());
    this.#exposure.called(path, body, nowUs());
  }

  /** A call of the control API under which the process was killed: it may have done some of it. */
  unanswered(path: string, body: unknown): void {
    if (withdraws(path, body)) this.#pulls.asked();
  }

  /** The engine read a text of the relay. */
  relayed(text: string): void {
    this.readJournal();
    const quoteId = /"quote_id":"([^"]+)"/.exec(text)?.[1];
    const hash = /"quote_hash":"([^"]+)"/.exec(text)?.[1];
    if (quoteId !== undefined) this.answers.heard(quoteId, this.permits);
    else if (hash !== undefined) this.#named(hash);
    else this.#stops.replied(text);
  }

  /** A line of the engine's log. */
  logged(event: string, text: string): void {
    this.#judgeSecrets(text);
    // Also of an engine that was not armed.
    if (event === 'executor_stopped' || event === 'capital_breached') this.#pulls.hasReason();
    if (event === 'journal_failed') this.#pulls.journalFailed();
    if (event !== 'disarmed') return;
    const { part, by } = JSON.parse(text) as { part: 'strategy' | 'executor'; by: string };
    this.permits[part === 'strategy' ? 'strategyArmed' : 'executorArmed'] = false;
    const code = this.#stops.disarmed(by);
    if (code === null || part === 'strategy') return;
    this.readJournal();
    this.#pulls.stopped(code !== 'journal_failed' && !this.permits.draining && this.#isDiskWell());
  }

  /** A record of the engine reached Kafka. */
  published(topic: string, value: string | null): void {
    if (value !== null) this.#judgeSecrets(value);
    this.records.take(topic, value);
  }

  /** Every second. */
  look(): void {
    this.readJournal();
    this.#venue.look(this.#recent());
    this.#nonces.look(this.#canSettle());
    this.#pulls.look();
    this.#stops.look(this.permits.executorArmed);
  }

  /** Takes what the journal has got since. */
  readJournal(): void {
    for (const record of this.#options.journal.next()) this.#nonces.take(record);
  }

  /** The relay refused an answer. */
  refused(quoteId: string, reason: string): void {
    const sent = this.sent.get(quoteId);
    if (sent === undefined) return;
    const isDoubled = this.answers.wasAskedTwice(quoteId) || sent.isSecond;
    this.#venue.refused({ quoteId, nonce: sent.nonce, reason, isDoubled }, this.capital.withdrawnAtUs);
  }

  /** A transaction of the chain executed a payload of the account. */
  executed(nonce: string, hash: string): void {
    this.uses.executed(nonce, hash);
    // A stranger's use of a nonce counts as a settlement that failed.
    this.#stops.failed();
  }

  /** A transaction of the chain moved balances by the payload with this hash. */
  settled(hash: string): void {
    const sent = this.#byHash.get(hash);
    if (sent === undefined) return;
    this.findings.hold('a quote settles once', sent.settledAtUs === null, () => sent.quoteId);
    sent.settledAtUs = this.#options.nowUs();
    this.#stops.settled();
  }

  /** A frame with an answer leaves the engine. */
  answered(parameter: unknown, requestId: unknown): void {
    const { findings } = this;
    this.readJournal();
    const answer = readAnswer(parameter, this.#key);
    const fault = typeof answer === 'string' ? answer : null;
    findings.hold('an answer can be read, and its signature holds', fault === null, () => String(fault));
    if (typeof answer === 'string') return;
    this.count += 1;
    const before = this.sent.get(answer.quoteId);
    findings.hold('nothing is answered twice', before === undefined || before.isLost, () => answer.quoteId);
    const sent: Sent = {
      ...answer,
      ...this.#eurOf(answer),
      atUs: this.#options.nowUs(),
      signedAt: this.#pricedAt(answer),
      isLost: false,
      isSecond: before !== undefined,
      settledAtUs: null,
    };
    this.answers.judge(sent, this.permits);
    this.#venue.judge(sent);
    this.uses.answered(sent);
    this.#nonces.answered(sent);
    this.#stops.judge(sent.quoteId, this.permits.executorArmedUs);
    this.#stops.answered(requestId);
    this.#take(sent);
    const live = this.live();
    this.#pulls.answered();
    this.capital.judge(sent, live);
    const { quotesLiveMax } = this.#options.limits;
    if (live.length > quotesLiveMax / 2)
      findings.hold('no more quotes are live than allowed', live.length <= quotesLiveMax, () => `${live.length}`);
    this.#judgeBreaker(live);
  }

  /** After a start: what the disk has lost. @param powerCut whether it may have lost anything */
  recovered(powerCut: boolean): void {
    const { nowUs, journal } = this.#options;
    if (powerCut) {
      this.#venue.forgetPulls();
      this.#nonces.restore(journal.all());
    }
    for (const sent of this.sent.values()) {
      if (sent.isLost || sent.deadlineMs < nowUs() / 1000) continue;
      this.findings.hold(
        'no nonce of a live quote is forgotten',
        journal.has(sent.nonce, false),
        () => `${sent.quoteId} ${sent.nonce}`,
      );
      if (journal.has(`"${sent.quoteId}"`, false) || journal.has(sent.quoteId, false)) continue;
      sent.isLost = true;
      const isPublished = (this.records.of(sent.quoteId)?.steps.size ?? 0) > 0;
      this.findings.hold('only a power cut loses a record', powerCut, () => sent.quoteId);
      this.findings.hold('nothing that was published is lost', !isPublished, () => sent.quoteId);
    }
  }

  /** Answers that can still settle, but for those that the engine cannot know of. */
  live(): Sent[] {
    return this.#canSettle().filter(({ isLost }) => !isLost);
  }

  #canSettle(): Sent[] {
    const nowMs = this.#options.nowUs() / 1000;
    const newest = this.#options.chain.newest();
    const young = [...this.#recent()].filter(({ deadlineMs }) => deadlineMs > nowMs);
    // The verifier forgets used nonces of a salt that is gone, and refuses whatever else is signed with it.
    return young.filter(
      ({ nonce }) => newest.isValidSalt(saltOf(nonce)) && !newest.isUsed(nonce) && !this.uses.wasExecuted(nonce),
    );
  }

  #take(sent: Sent): void {
    this.sent.set(sent.quoteId, sent);
    this.#byHash.set(sent.hash, sent);
    const others = this.#byNonce.get(sent.nonce);
    if (others === undefined) this.#byNonce.set(sent.nonce, [sent]);
    else others.push(sent);
  }

  #named(hash: string): void {
    this.uses.named(hash);
    const quote = this.#byHash.get(hash);
    if (quote !== undefined && this.uses.isNamedWrongly(quote)) this.#stops.failed();
  }

  #pulled(asset: string | null): void {
    const { btc } = this.#options;
    this.readJournal();
    const asked = this.live().filter(({ assetOut }) => asset === null || (asset === 'BTC') === (assetOut === btc));
    const nonces = new Set(asked.map(({ nonce }) => nonce));
    for (const nonce of nonces) this.#venue.pulled(nonce);
    this.#pulls.called([...nonces]);
  }

  #judgeValue(quoteId: string, paidEur: number): void {
    const sent = this.sent.get(quoteId);
    if (sent === undefined || sent.isSecond) return;
    const { eur, eurMax } = sent;
    this.findings.hold(
      'the value on record is that of what a quote pays',
      paidEur >= eur - DUST_EUR && paidEur <= eurMax + DUST_EUR,
      () => `${quoteId}: ${paidEur}, from ${eur.toFixed(4)} to ${eurMax.toFixed(4)} EUR`,
    );
  }

  #judgeSecrets(text: string): void {
    const rule = 'no signature and no key is in a record or a line of the log';
    this.findings.hold(rule, !SECRET.test(text), () => text.slice(0, 1_000));
  }

  /** What could still be live at a block that the engine may know. */
  *#recent(): Generator<Sent> {
    const nowMs = this.#options.nowUs() / 1000;
    for (const sent of this.sent.values()) if (sent.deadlineMs > nowMs - 2 * KNOWN_AFTER_MS) yield sent;
  }

  /** Filled and open value stay below the limits of the circuit breaker, and of the armings. */
  #judgeBreaker(live: readonly Sent[]): void {
    const settledSince = (sinceUs: number): Sent[] =>
      [...this.sent.values()].filter(({ settledAtUs }) => settledAtUs !== null && settledAtUs >= sinceUs);
    this.#exposure.judge(settledSince, live, this.#options.nowUs());
  }

  /** The engine has had a price and a disk that are well for a while. */
  #isCalm(): boolean {
    const { quietUs, nowUs, limits } = this.#options;
    const { referencePaused, referenceResumedUs, draining } = this.permits;
    const sinceUs = Math.max(this.#startedUs, referenceResumedUs);
    if (referencePaused || draining || nowUs() - sinceUs < CALM_AFTER_US) return false;
    if (!limits.isPar && quietUs('coingecko') < BASIS_CALM_AFTER_US) return false;
    const isSteady = this.prices.isSteady(CALM_AFTER_US, nowUs());
    return isSteady && quietUs('kraken', 'clock', 'process', 'disk') >= CALM_AFTER_US;
  }

  #isDiskWell(): boolean {
    return this.#options.quietUs('disk') >= DISK_TROUBLE_US;
  }

  /** The price that it can have been signed at. */
  #pricedAt({ assetIn }: Answer): Sent['signedAt'] {
    const { btc, nowUs } = this.#options;
    const isCalm = this.#isCalm();
    return this.prices.fair(assetIn === btc, { when: isCalm ? 'now' : 'lately', nowUs: nowUs(), isCalm });
  }

  /** What it pays. */
  #eurOf({ assetOut, amountOut }: Answer): Pick<Sent, 'eur' | 'eurMax'> {
    const { eure, nowUs } = this.#options;
    if (assetOut === eure) {
      const paid = Number(amountOut) / 1e18;
      return { eur: paid * 0.95, eurMax: paid * 1.05 };
    }
    const paid = Number(amountOut) / 1e8;
    const known = this.prices.known(nowUs());
    return { eur: paid * (known?.low ?? 0) * 0.98, eurMax: paid * (known?.high ?? Number.POSITIVE_INFINITY) * 1.05 };
  }
}
