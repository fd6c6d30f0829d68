// One chain observer: reads its chain again and again, folds what it finds into what it knows, publishes each change, and keeps
// both on disk. While nothing usable is read, time is folded in all the same: what waits gets late, and the silence itself is recorded.

import type { FundingObserverState } from '../../../contracts/control/funding-state.ts';
import { backoffMs } from '../../../contracts/runtime/backoff.ts';
import { isoTimeOrNull } from '../../../contracts/time.ts';
import type { OpsFundingObservation } from '../../../contracts/topics/ops-funding-observation.ts';
import type { Failure } from './answer.ts';
import { createBitcoinSource } from './bitcoin/source.ts';
import { createGnosisSource } from './gnosis/source.ts';
import { type Condition, healthOf, statusOf } from './health.ts';
import { comparableAddress, comparableCredit } from './ledger/address.ts';
import { foldCredits } from './ledger/correlate.ts';
import { foldReading, restated } from './ledger/fold.ts';
import { type RecordContext, recordOf, SOURCES } from './ledger/record.ts';
import {
  type ChainReading,
  EMPTY_LEDGER,
  type FoldContext,
  type Folded,
  isOver,
  type Ledger,
  type MissedTransaction,
  type Sighting,
} from './ledger/sighting.ts';
import { logChange } from './moments.ts';
import { Outbox, type WaitingRecord } from './outbox.ts';
import type { ChainSource } from './source.ts';
import { type Loaded, StateFile } from './state-file.ts';
import { judgeTip, type Tip } from './tip.ts';
import type { BridgeCredit, FundingObserver, ObserverOptions, WatchedAddress } from './types.ts';

/** Of all that is watched: rotation is rare, and each address is a request. */
const ADDRESSES_MAX = 64;
/** Of a record; no address is longer. */
const ADDRESS_CHARS_MAX = 128;
const BACKOFF_MAX_MS = 300_000;
/** Nothing usable for so long is recorded at what waits for confirmations; shorter outages are not worth a record. */
const SILENT_AFTER_MS = 900_000;
/** What is not over is published again at least once a day. */
const RESTATE_MS = 20 * 3_600_000;
/** A file that is older than this says nothing of how long anything has waited. */
const DOWN_MAX_MS = 30 * 86_400_000;
/** More blocks to read: the next reading does not wait. */
const CATCH_UP_MS = 250;

export function createObserver(options: ObserverOptions): FundingObserver {
  const { urls, clock } = options;
  const source = (options.chain === 'btc:mainnet' ? createBitcoinSource : createGnosisSource)({ urls, clock });
  return new Observer(options, source);
}

type Failed = { readonly failure: Failure; readonly atMs: number };

class Observer implements FundingObserver {
  readonly chain: ObserverOptions['chain'];
  readonly #options: ObserverOptions;
  readonly #source: ChainSource;
  readonly #file: StateFile;
  readonly #outbox: Outbox;
  readonly #startedUs: number;
  #ledger: Ledger;
  #tip: Tip | null;
  #isPaused = false;
  readonly #wasReset: boolean;
  #hasUnusable = false;
  #isStopped = false;
  #unsaved: string | null = null;
  #unsent: string | null = null;
  #stopTimer: () => void = () => undefined;
  #reading: Promise<Failure | null> | null = null;
  #foldedUs: number;
  #restatedUs: number;
  #readUs: number | null = null;
  /** As `#readUs`, of a reading that was cut too. */
  #heardUs: number | null = null;
  #readAtMs: number | null = null;
  #readings = 0;
  #failures = 0;
  #failuresInRow = 0;
  #lastFailure: Failed | null = null;
  #missed: readonly MissedTransaction[] = [];

  constructor(options: ObserverOptions, source: ChainSource) {
    const { chain, clock, stateDir, emit, readBefore } = options;
    this.chain = chain;
    this.#options = options;
    this.#source = source;
    this.#file = new StateFile(stateDir, chain);
    this.#startedUs = clock.elapsedUs();
    this.#foldedUs = this.#startedUs;
    this.#restatedUs = this.#startedUs;
    const loaded = this.#file.load();
    const saved = loaded.kind === 'saved' ? loaded.saved : null;
    this.#wasReset = isLost(loaded, options);
    this.#ledger = saved?.ledger ?? this.#ledgerFrom(readBefore);
    this.#outbox = new Outbox(emit, saved?.outbox ?? []);
    // The time during which no process ran counts as waited; a clock that was set is no time.
    const downMs = saved === null ? 0 : Math.min(Math.max(0, clock.nowMs() - saved.savedAtMs), DOWN_MAX_MS);
    this.#foldedUs -= downMs * 1000;
    const height = this.#ledger.tipHeight;
    const reachedUs = this.#startedUs - (downMs + (saved?.tipAgeMs ?? 0)) * 1000;
    this.#tip = height === null ? null : { height, reachedUs, lowerSinceUs: null };
  }

  /** Nothing is known but how far was read before. */
  #ledgerFrom(height: number | null): Ledger {
    if (height === null) return EMPTY_LEDGER;
    return { ...EMPTY_LEDGER, cursors: new Map([...this.#addresses().keys()].map((address) => [address, height])) };
  }

  start(): void {
    const { nowMs } = this.#moment();
    this.#take(restated(this.#ledger, nowMs));
    this.#save();
    this.#flush();
    this.#schedule(0);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#stopTimer();
    this.#source.close();
    await this.#reading;
    this.#save();
  }

  async refresh(): Promise<string | null> {
    // One that is under way began before it was asked for.
    await this.#reading;
    if (this.#isStopped) return 'stopped: the observer is being stopped';
    const failed = await this.#readNow();
    return failed === null ? null : `${failed.reason}: ${failed.detail}`;
  }

  pause(): boolean {
    return this.#setPaused(true);
  }

  resume(): boolean {
    const isChanged = this.#setPaused(false);
    if (isChanged) this.#schedule(0);
    return isChanged;
  }

  takeCredits(credits: readonly BridgeCredit[]): void {
    const own = credits
      .filter(({ chain }) => chain === this.chain)
      .map((credit) => comparableCredit(credit, this.chain));
    const usable = own.filter((credit) => credit !== null);
    if (usable.length < own.length && !this.#hasUnusable) {
      this.#hasUnusable = true;
      this.#options.log.warn('observer_credits_unusable', { chain: this.chain, count: own.length - usable.length });
    }
    // No time passes in it: that is the matter of the next reading.
    this.#take(foldCredits(this.#ledger, usable, { ...this.#foldContext(), elapsedMs: 0 }));
    this.#save();
    this.#flush();
  }

  health() {
    return healthOf(this.#condition());
  }

  state(): FundingObserverState {
    const condition = this.#condition();
    const { healthy, reasons, notes } = healthOf(condition);
    const { cursors, tipHeight, refused, ignored, sightings } = this.#ledger;
    const last = this.#lastFailure;
    return {
      chain: this.chain,
      source: SOURCES[this.chain],
      healthy,
      reasons,
      notes,
      paused: this.#isPaused,
      status: statusOf(condition),
      host: this.#source.host(),
      tip_height: tipHeight,
      cursor_height: cursors.size === 0 ? null : Math.min(...cursors.values()),
      lag_blocks: condition.lagBlocks,
      last_reading_at: isoTimeOrNull(this.#readAtMs),
      last_reading_age_ms: this.#readUs === null ? null : Math.round(this.#sinceMs(this.#readUs)),
      readings: this.#readings,
      requests: this.#source.requests(),
      failures: this.#failures,
      failures_in_row: this.#failuresInRow,
      last_failure: last === null ? null : `${last.failure.reason}: ${last.failure.detail}`,
      last_failure_at: isoTimeOrNull(last?.atMs ?? null),
      lookups_failing: this.#missed.map(({ txHash, reason }) => `${txHash}: ${reason}`),
      addresses: this.#addresses().size,
      followed: [...sightings.values()].filter((sighting) => !isOver(sighting)).length,
      refused,
      ignored,
      records_waiting: this.#outbox.waiting.length,
    };
  }

  observations(): readonly OpsFundingObservation[] {
    const context = this.#recordContext();
    return [...this.#ledger.sightings.values()].map((sighting) => recordOf(sighting, context));
  }

  unmatchedCredits(): readonly BridgeCredit[] {
    return [...this.#ledger.unmatched.values()];
  }

  #setPaused(isPaused: boolean): boolean {
    const isChanged = this.#isPaused !== isPaused;
    this.#isPaused = isPaused;
    return isChanged;
  }

  #schedule(ms: number): void {
    this.#stopTimer();
    if (this.#isStopped) return;
    this.#stopTimer = this.#options.clock.after(ms, () => {
      this.#turn().catch((error: unknown) => {
        this.#options.log.error('observer_turn_failed', { chain: this.chain, failure: error });
        this.#schedule(BACKOFF_MAX_MS);
      });
    });
  }

  /** One poll, or, while it is paused, the time that has passed. */
  async #turn(): Promise<void> {
    if (this.#isPaused) {
      this.#fold(null);
      this.#schedule(this.#options.settings.pollMs);
      return;
    }
    const failed = await this.#readNow();
    if (failed === null) this.#schedule(this.#isBehind() ? CATCH_UP_MS : this.#options.settings.pollMs);
    else this.#schedule(this.#retryMs());
  }

  #retryMs(): number {
    const { settings, random } = this.#options;
    const policy = { baseMs: settings.pollMs, maxMs: Math.max(settings.pollMs, BACKOFF_MAX_MS) };
    return backoffMs(policy, this.#failuresInRow, random());
  }

  #readNow(): Promise<Failure | null> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = null;
    });
    return this.#reading;
  }

  async #read(): Promise<Failure | null> {
    const addresses = this.#addresses();
    if (addresses.size === 0) {
      this.#fold(null);
      return null;
    }
    const judge = (height: number) => {
      const judged = judgeTip(this.#tip, { height, nowUs: this.#options.clock.elapsedUs() }, this.#source.traits.tip);
      this.#tip = judged.tip;
      return judged.verdict;
    };
    const answer = await this.#source.read({ addresses, ledger: this.#ledger, judge });
    if (!answer.ok) {
      if (answer.reason !== 'stopped') this.#noteFailure(answer);
      this.#fold(null);
      return answer;
    }
    const { cut } = answer.value;
    if (cut === null) this.#noteSuccess();
    else this.#noteFailure(cut);
    this.#heardUs = this.#options.clock.elapsedUs();
    this.#noteMissed(answer.value.missed);
    this.#fold(answer.value);
    const { cursors } = this.#ledger;
    if (this.#unsaved === null && cursors.size === addresses.size) this.#options.onRead(Math.min(...cursors.values()));
    return cut;
  }

  #noteFailure(failed: Failure): void {
    const isNew = this.#failuresInRow === 0 || this.#lastFailure?.failure.reason !== failed.reason;
    this.#failures += 1;
    this.#failuresInRow += 1;
    this.#lastFailure = { failure: failed, atMs: this.#options.clock.nowMs() };
    const { reason, detail } = failed;
    if (isNew) this.#options.log.warn('observer_failing', { chain: this.chain, reason, detail });
  }

  #noteSuccess(): void {
    if (this.#failuresInRow > 0) this.#options.log.info('observer_recovered', { chain: this.chain });
    this.#readings += 1;
    this.#failuresInRow = 0;
    this.#readUs = this.#options.clock.elapsedUs();
    this.#readAtMs = this.#options.clock.nowMs();
  }

  /** They are read again with the next reading, and stay as they are until then. */
  #noteMissed(missed: readonly MissedTransaction[]): void {
    const { log } = this.#options;
    const [first] = missed;
    const isKnown = this.#missed.length > 0;
    this.#missed = missed;
    if (first === undefined) {
      if (isKnown) log.info('observer_lookups_recovered', { chain: this.chain });
    } else if (!isKnown) {
      const { txHash: tx_hash, reason, detail } = first;
      log.warn('observer_lookup_failing', { chain: this.chain, tx_hash, reason, detail, transactions: missed.length });
    }
  }

  /** @param reading null: nothing usable was read */
  #fold(reading: ChainReading | null): void {
    const context = this.#foldContext();
    this.#foldedUs = this.#options.clock.elapsedUs();
    this.#take(foldReading(this.#ledger, reading, context));
    if (this.#sinceMs(this.#restatedUs) >= RESTATE_MS) this.#take(restated(this.#ledger, context.nowMs));
    this.#save();
    this.#flush();
  }

  #take({ ledger, changes }: Folded): void {
    this.#ledger = ledger;
    if (changes.length === 0) return;
    const context = this.#recordContext();
    this.#outbox.add(changes.map((sighting) => this.#record(sighting, context)));
  }

  #record(sighting: Sighting, context: RecordContext): WaitingRecord {
    const payload = recordOf(sighting, context);
    logChange(this.#options.log, payload);
    return { event_id: Bun.randomUUIDv7(), at_ms: sighting.changedAtMs, payload };
  }

  #save(): void {
    const { clock, log } = this.#options;
    const saved = {
      ledger: this.#ledger,
      savedAtMs: clock.nowMs(),
      tipAgeMs: this.#tip === null ? 0 : this.#sinceMs(this.#tip.reachedUs),
      outbox: this.#outbox.waiting,
    };
    const failed = this.#file.save(saved);
    if (failed !== null && this.#unsaved === null) log.error('observer_state_unsaved', { chain: this.chain, failed });
    this.#unsaved = failed;
  }

  #flush(): void {
    const before = this.#outbox.waiting.length;
    if (before === 0) return;
    this.#outbox
      .flush()
      .then((failed) => {
        if (failed !== null && this.#unsent === null) {
          this.#options.log.warn('observer_records_unsent', { chain: this.chain, detail: failed });
        }
        this.#unsent = failed;
        if (!this.#isStopped && this.#outbox.waiting.length !== before) this.#save();
      })
      .catch((error: unknown) => this.#options.log.error('observer_records_unsent', { failure: error }));
  }

  #moment() {
    const { clock } = this.#options;
    return { nowMs: clock.nowMs(), nowUs: clock.elapsedUs() };
  }

  #sinceMs(us: number): number {
    return Math.max(0, (this.#options.clock.elapsedUs() - us) / 1000);
  }

  #addresses(): ReadonlyMap<string, WatchedAddress> {
    const own = this.#options
      .addresses()
      .filter(({ chain, address }) => chain === this.chain && address.length <= ADDRESS_CHARS_MAX);
    // Active ones first: they are those that must not be missed.
    const ordered = [...own.filter(({ isActive }) => isActive), ...own.filter(({ isActive }) => !isActive)];
    const kept = ordered.slice(0, ADDRESSES_MAX);
    return new Map(kept.toReversed().map((watched) => [comparableAddress(this.chain, watched.address), watched]));
  }

  #foldContext(): FoldContext {
    const { settings, clock } = this.#options;
    return {
      nowMs: clock.nowMs(),
      elapsedMs: this.#sinceMs(this.#foldedUs),
      addresses: this.#addresses(),
      settings,
      settledBlocks: this.#source.traits.settledBlocks,
      isSilent: this.#isSilent(),
    };
  }

  /** Silence that a former process recorded lasts until something is read. */
  #isSilent(): boolean {
    const ageMs = this.#sinceMs(this.#heardUs ?? this.#startedUs);
    if (ageMs > Math.max(SILENT_AFTER_MS, 3 * this.#options.settings.pollMs)) return true;
    if (this.#heardUs !== null) return false;
    return [...this.#ledger.sightings.values()].some(({ reason }) => reason === 'observer_silent');
  }

  #recordContext(): RecordContext {
    const { accountId, settings } = this.#options;
    const { confirmationsRequired } = settings;
    return { chain: this.chain, accountId, confirmationsRequired, addresses: this.#addresses() };
  }

  #ageMs(): number {
    return this.#sinceMs(this.#readUs ?? this.#startedUs);
  }

  #lagBlocks(): number | null {
    const { cursors } = this.#ledger;
    if (this.#tip === null || cursors.size === 0) return null;
    return Math.max(0, this.#tip.height - Math.min(...cursors.values()));
  }

  #isBehind(): boolean {
    return (this.#lagBlocks() ?? 0) > this.#source.traits.settledBlocks;
  }

  #condition(): Condition {
    const { refused, ignored } = this.#ledger;
    return {
      isPaused: this.#isPaused,
      hasAddresses: this.#addresses().size > 0,
      ageMs: this.#ageMs(),
      hasRead: this.#readUs !== null,
      pollMs: this.#options.settings.pollMs,
      lastFailure: this.#failuresInRow === 0 ? null : (this.#lastFailure?.failure.reason ?? null),
      lagBlocks: this.#lagBlocks(),
      settledBlocks: this.#source.traits.settledBlocks,
      refused,
      ignored,
      wasReset: this.#wasReset,
      isUnsaved: this.#unsaved !== null,
      isUnsent: this.#unsent !== null,
      missed: this.#missed.length,
    };
  }
}

/** Whether the file is gone or unusable although blocks were read before: logged, since transfers are known by it. */
function isLost(loaded: Loaded, { chain, log, readBefore }: ObserverOptions): boolean {
  if (loaded.kind === 'saved' || (loaded.kind === 'none' && readBefore === null)) return false;
  const detail =
    readBefore === null
      ? 'what is older than a day is not found again'
      : `blocks from ${readBefore} on are read again; what was known of older transfers is gone`;
  if (loaded.kind === 'unusable') log.error('observer_state_unusable', { chain, failure: loaded.detail, detail });
  else log.error('observer_state_missing', { chain, detail });
  return true;
}
