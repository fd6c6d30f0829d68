// Follows one bridge: its terms, its deposit addresses and the deposits that it reports, one round after the other. A bridge that fails
// is asked more and more seldom; what it knows then stays as it was, and is shown as not current.

import { backoffMs } from '../../contracts/runtime/backoff.ts';
import type { Clock } from '../../contracts/runtime/clock.ts';
import type { Log } from '../../contracts/runtime/log/log.ts';
import type { PartHealth } from '../../contracts/runtime/process/health/health.ts';
import { activeAddress, addressFailed, addressGiven, addressRequested, type Slot } from './actions/addresses.ts';
import { isDust, ofKind } from './actions/book.ts';
import type { Context } from './actions/context.ts';
import { depositsReported } from './actions/deposits.ts';
import { type Action, isOver, type Tracked } from './actions/tracked.ts';
import {
  type AssetTerms,
  type Bridge,
  type BridgeDeposit,
  type BridgeFailure,
  type BridgeName,
  chainsOf,
  type KnownTransfer,
} from './bridges/bridge.ts';
import { bridgeHealth } from './control/health.ts';
import type { Ledger } from './store/ledger.ts';

export type TrackerOptions = {
  readonly bridge: Bridge;
  readonly ledger: Ledger;
  readonly context: () => Context;
  readonly clock: Clock;
  /** A fraction from 0 up to, not including, 1: spreads the tries after failures. */
  readonly random: () => number;
  readonly log: Pick<Log, 'info' | 'warn'>;
  readonly pollMs: number;
  /** All that the bridge reports of a chain, each time. */
  readonly onDeposits?: (deposits: readonly BridgeDeposit[]) => void;
};

export type TrackerView = {
  readonly bridge: BridgeName;
  readonly host: string;
  readonly paused: boolean;
  readonly rounds: number;
  readonly failures: number;
  readonly failuresInRow: number;
  readonly lastFailure: string | null;
  readonly lastFailureAtMs: number | null;
  readonly lastSuccessAtMs: number | null;
  readonly unread: number;
  readonly terms: readonly AssetTerms[];
};

const TERMS_FOR_US = 3_600_000_000;
const BACKOFF_MAX_MS = 300_000;
/** One failure is nothing: a request may be lost. */
const FAILURES_SHOWN = 2;
/** Transfers that one round asks for by name. */
const ASKED_MAX = 50;

export class Tracker {
  readonly #options: TrackerOptions;
  #terms: readonly AssetTerms[] = [];
  #termsUntilUs = 0;
  #round: Promise<BridgeFailure | null> | null = null;
  #stopTimer: () => void = () => undefined;
  #isStopped = false;
  #isPaused = false;
  #rounds = 0;
  #failures = 0;
  #inRow = 0;
  /** The failures of the last round were of single deposits. */
  #isPartial = false;
  #unread = 0;
  #last: { readonly failure: BridgeFailure; readonly atMs: number } | null = null;
  #lastSuccessAtMs: number | null = null;

  constructor(options: TrackerOptions) {
    this.#options = options;
  }

  get name(): BridgeName {
    return this.#options.bridge.name;
  }

  get assets(): Bridge['assets'] {
    return this.#options.bridge.assets;
  }

  serves(chain: string): boolean {
    return chainsOf(this).includes(chain);
  }

  start(): void {
    this.#schedule(0);
  }

  /** Ends the round under way; nothing of it runs on. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#stopTimer();
    this.#options.bridge.close();
    await this.#round;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  pause(): void {
    this.#isPaused = true;
    this.#stopTimer();
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#schedule(0);
  }

  /** Asks now, also while paused. @returns why it did not succeed; null: it did */
  async refresh(): Promise<string | null> {
    await this.#round;
    const failure = await this.#run();
    return failure === null ? null : `${failure.reason}: ${failure.detail}`;
  }

  termsOf(assetId: string): AssetTerms | null {
    return this.#terms.find((terms) => terms.assetId === assetId) ?? null;
  }

  /** Asks for an address of the chain. @returns why there is none; null: there is one, which may be the former */
  requestAddress(chain: string): Promise<BridgeFailure | null> {
    const { ledger, context } = this.#options;
    ledger.commit(addressRequested(ledger.book, this.#slot(chain), context()));
    return this.#askAddress(chain);
  }

  health(): PartHealth {
    return bridgeHealth({
      failure: this.#inRow >= FAILURES_SHOWN ? (this.#last?.failure ?? null) : null,
      isRead: this.#lastSuccessAtMs !== null,
      isPaused: this.#isPaused,
    });
  }

  view(): TrackerView {
    const { bridge } = this.#options;
    return {
      bridge: bridge.name,
      host: bridge.host,
      paused: this.#isPaused,
      rounds: this.#rounds,
      failures: this.#failures,
      failuresInRow: this.#inRow,
      lastFailure: this.#last === null ? null : `${this.#last.failure.reason}: ${this.#last.failure.detail}`,
      lastFailureAtMs: this.#last?.atMs ?? null,
      lastSuccessAtMs: this.#lastSuccessAtMs,
      unread: this.#unread,
      terms: this.#terms,
    };
  }

  #slot(chain: string): Slot {
    return { bridge: this.name, chain };
  }

  async #askAddress(chain: string): Promise<BridgeFailure | null> {
    const { bridge, ledger, context } = this.#options;
    const slot = this.#slot(chain);
    const given = await bridge.depositAddress(chain);
    if (this.#isStopped) return given.ok ? null : given;
    const changes = given.ok
      ? addressGiven(ledger.book, slot, given.value, context())
      : addressFailed(ledger.book, slot, given, context());
    ledger.commit(changes);
    return given.ok ? null : given;
  }

  #schedule(waitMs: number): void {
    this.#stopTimer();
    if (this.#isStopped || this.#isPaused) return;
    this.#stopTimer = this.#options.clock.after(waitMs, () => {
      this.#run().catch((error: unknown) => this.#options.log.warn('bridge_round_failed', { failure: error }));
    });
  }

  /** One round at a time: who comes while one is under way gets its outcome. */
  #run(): Promise<BridgeFailure | null> {
    this.#round ??= this.#poll().finally(() => {
      this.#round = null;
      this.#schedule(this.#waitMs());
    });
    return this.#round;
  }

  async #poll(): Promise<BridgeFailure | null> {
    const failure = await this.#readAll();
    const { log, clock, bridge } = this.#options;
    this.#rounds++;
    if (this.#isStopped) return failure;
    if (failure === null) {
      if (this.#inRow >= FAILURES_SHOWN) log.info('bridge_recovered', { bridge: bridge.name, failures: this.#inRow });
      this.#inRow = 0;
      this.#lastSuccessAtMs = clock.nowMs();
      return null;
    }
    this.#failures++;
    this.#inRow++;
    this.#last = { failure, atMs: clock.nowMs() };
    const { reason, detail } = failure;
    if (this.#inRow === FAILURES_SHOWN)
      log.warn('bridge_lost', { bridge: bridge.name, host: bridge.host, reason, detail });
    return failure;
  }

  /** Everything that can be read is read: the first failure is the round's. */
  async #readAll(): Promise<BridgeFailure | null> {
    const { bridge, ledger, context, clock } = this.#options;
    let first: BridgeFailure | null = null;
    let ofDeposits: BridgeFailure | null = null;
    if (clock.elapsedUs() >= this.#termsUntilUs) {
      const terms = await bridge.terms();
      if (terms.ok) {
        this.#terms = terms.value;
        this.#termsUntilUs = clock.elapsedUs() + TERMS_FOR_US;
      } else first ??= terms;
    }
    let unread = 0;
    for (const chain of chainsOf(bridge)) {
      if (this.#isStopped) return first;
      if (activeAddress(ledger.book, { bridge: bridge.name, chain }) === null) {
        // One request is recorded, however often it is tried again.
        const isKnown = ofKind(ledger.book, 'deposit_address').some(
          ({ action }) => action.bridge === bridge.name && action.chain === chain,
        );
        const failure = await (isKnown ? this.#askAddress(chain) : this.requestAddress(chain));
        first ??= failure;
      }
      const read = await bridge.deposits(chain, this.#uncredited(chain));
      if (this.#isStopped) return first;
      if (!read.ok) {
        first ??= read;
        continue;
      }
      unread += read.value.unread;
      ledger.commit(depositsReported(ledger.book, { bridge: bridge.name, deposits: read.value.deposits }, context()));
      this.#options.onDeposits?.(read.value.deposits);
      ofDeposits ??= read.value.failure;
    }
    this.#unread = unread;
    this.#isPartial = first === null && ofDeposits !== null;
    return first ?? ofDeposits;
  }

  #uncredited(chain: string): readonly KnownTransfer[] {
    const { bridge, ledger } = this.#options;
    const isAsked = (action: Action): boolean =>
      action.kind === 'deposit' && action.bridge === bridge.name && action.chain === chain && !isOver(action);
    const asked = ofKind(ledger.book, 'deposit').filter(({ action }) => isAsked(action));
    // Of more than that, what counts is asked for first.
    const counting = asked.filter(({ action }) => !isDust(action));
    const dust = asked.filter(({ action }) => isDust(action));
    return [...dust, ...counting].slice(-ASKED_MAX).flatMap((tracked) => transferOf(tracked) ?? []);
  }

  #waitMs(): number {
    const { pollMs, random } = this.#options;
    if (this.#inRow === 0) return pollMs;
    // The others are followed as before.
    if (this.#isPartial) return Math.max(pollMs, this.#last?.failure.retryAfterMs ?? 0);
    const backoff = backoffMs({ baseMs: pollMs, maxMs: Math.max(pollMs, BACKOFF_MAX_MS) }, this.#inRow, random());
    return Math.max(backoff, this.#last?.failure.retryAfterMs ?? 0);
  }
}

/** null: no chain has shown it yet. */
function transferOf({ action, notes }: Tracked): KnownTransfer | null {
  const { tx_hash: txHash, funding_handle: address, amount } = action;
  if (txHash === null || address === null || amount === null) return null;
  return { txHash, outputIndex: notes.output_index ?? null, address, amountUnits: BigInt(amount) };
}
