// Polls the verifier and hands complete snapshots to the ledger. A poll that failed, or whose snapshot the ledger refused, is
// counted and reported, and the last snapshot that the ledger took grows older: age, height and health are those of the ledger
// (progress.ts). Polls overlap (schedule.ts); a snapshot that arrives after a younger one is dropped.

import type { AccountId, AssetId } from '../../contracts/ids.ts';
import type { Clock } from '../../contracts/runtime/clock.ts';
import type { NearClient } from '../../contracts/runtime/near/client.ts';
import { failed, type NearFailure } from '../../contracts/runtime/near/reply.ts';
import type { KnownBlock } from '../../contracts/runtime/near/types.ts';
import { isoTimeOrNull } from '../../contracts/time.ts';
import type { Observation } from '../model/observation.ts';
import type { Random } from '../model/ports.ts';
import { type Confirmer, type ConfirmerState, createConfirmer } from './confirm.ts';
import { createEndpoints, type Endpoints, type EndpointsOptions } from './endpoints.ts';
import {
  afterFailure,
  afterOvertaken,
  afterRefusal,
  afterTaken,
  ageMsOf,
  healthOf,
  NO_PROGRESS,
  type PollHealth,
  type Progress,
  retryInMs,
} from './progress.ts';
import type { ToRead } from './read-snapshot.ts';
import { PollSchedule, type Run, STOPPED } from './schedule.ts';
import { createSnapshotSource, type SnapshotSource, type SourcedSnapshot } from './source.ts';
import { createTransactionSearch, type TransactionSearch } from './transactions.ts';

export type VerifierPollOptions = {
  readonly client: NearClient;
  /** Network of every endpoint; see NEAR_CHAIN_ID. */
  readonly chainId: string;
  readonly accountId: AccountId;
  /** `ed25519:` and base58 of the signing key. */
  readonly publicKey: string;
  readonly contract: string;
  readonly assets: readonly AssetId[];
  readonly otherAssets: readonly AssetId[];
  readonly pollMs: number;
  /** Oldest snapshot that counts as fresh, for `health`. */
  readonly maxAgeMs: number;
  /** Asked at the start of each poll. */
  readonly toRead: () => ToRead;
  /** The newest block that anything in the ledger was read at; null before the first. */
  readonly ledgerBlock: () => KnownBlock | null;
  /** The balance that it has on record; null before the first. */
  readonly ledgerCredited: (asset: AssetId) => bigint | null;
  /** Resolves to null when the ledger took it, else to a code for why it did not. */
  readonly onObservation: (observation: Observation) => Promise<string | null>;
  readonly onFailure: (failure: NearFailure, atMs: number) => void;
  readonly onBlock: EndpointsOptions['onBlock'];
  readonly onEndpointTrouble: EndpointsOptions['onTrouble'];
  readonly clock: Clock;
  readonly random: Random;
};

export type VerifierPoll = {
  start(): void;
  /** Ends polling for good; a poll under way is not reported. */
  stop(): void;
  pause(): void;
  resume(): void;
  /** Polls now, also while paused; resolves to the failure of that poll, else null. */
  refresh(): Promise<NearFailure | null>;
  /** A quote may have settled: poll now unless paused, and find that transaction when it is named. */
  trigger(txHash: string | null): void;
  /** The chain's height when no endpoint fits the ledger's newest block, which is `limit`; else null. */
  wentBack(): { readonly value: number; readonly limit: number } | null;
  state(): VerifierPollState;
  health(): PollHealth;
};

type VerifierPollState = ConfirmerState & {
  readonly paused: boolean;
  /** Of the newest snapshot that the inventory accepted; so are age, duration and block. */
  readonly last_sync_at: string | null;
  readonly age_ms: number | null;
  readonly max_age_ms: number;
  readonly sync_duration_ms: number | null;
  readonly block_height: number | null;
  readonly block_time: string | null;
  readonly polls: number;
  readonly polls_under_way: number;
  readonly failures: number;
  readonly failures_in_row: number;
  readonly last_failure: string | null;
  readonly last_failure_at: string | null;
  /** Snapshots that the inventory refused; also counted as failures. */
  readonly refused_by_ledger: number;
  /** Snapshots that arrived after a newer one. */
  readonly overtaken: number;
  readonly key_registered: boolean | null;
  readonly account_locked: boolean | null;
  readonly salt: string | null;
  readonly fee_pips: number | null;
  readonly transactions_sought: number;
  readonly transactions_given_up: number;
  readonly rpc: ReturnType<Endpoints['state']>;
};

const TRANSACTION_AGAIN_MS = 1000;

export function createVerifierPoll(options: VerifierPollOptions): VerifierPoll {
  return new Poll(options);
}

class Poll implements VerifierPoll {
  readonly #options: VerifierPollOptions;
  readonly #endpoints: Endpoints;
  readonly #confirmer: Confirmer;
  readonly #source: SnapshotSource;
  readonly #search: TransactionSearch;
  readonly #schedule: PollSchedule;
  #progress: Progress = NO_PROGRESS;

  constructor(options: VerifierPollOptions) {
    const { clock, accountId, pollMs } = options;
    this.#options = options;
    this.#endpoints = createEndpoints({
      client: options.client,
      chainId: options.chainId,
      clock,
      ledgerBlock: options.ledgerBlock,
      onBlock: options.onBlock,
      onTrouble: options.onEndpointTrouble,
    });
    const endpoints = this.#endpoints;
    this.#confirmer = createConfirmer({ endpoints, accountId, onRecord: options.ledgerCredited, clock });
    this.#source = createSnapshotSource(endpoints, this.#confirmer);
    this.#search = createTransactionSearch({
      endpoints,
      accountId,
      contract: options.contract,
      clock,
      everyMs: Math.max(pollMs, TRANSACTION_AGAIN_MS),
    });
    this.#schedule = new PollSchedule({
      clock,
      pollMs,
      poll: (run) => this.#pollOrFault(run),
      retryInMs: (tookMs) => retryInMs(this.#progress, { tookMs, pollMs, fraction: options.random.fraction() }),
    });
  }

  start(): void {
    this.#schedule.start();
  }

  stop(): void {
    this.#schedule.stop();
    this.#search.stop();
  }

  pause(): void {
    this.#schedule.pause();
  }

  resume(): void {
    this.#schedule.resume();
  }

  refresh(): Promise<NearFailure | null> {
    return this.#schedule.pollNow();
  }

  trigger(txHash: string | null): void {
    if (txHash !== null) this.#search.seek(txHash);
    this.#schedule.pollSoon();
  }

  wentBack(): { readonly value: number; readonly limit: number } | null {
    const limit = this.#options.ledgerBlock()?.height ?? 0;
    const value = this.#endpoints.allElsewhere(limit);
    return value === null ? null : { value, limit };
  }

  state(): VerifierPollState {
    const { taken, lastFailure, ...progress } = this.#progress;
    return {
      paused: this.#schedule.isPaused(),
      last_sync_at: isoTimeOrNull(taken?.readAtMs ?? null),
      age_ms: this.#ageMs(),
      max_age_ms: this.#options.maxAgeMs,
      sync_duration_ms: taken?.durationMs ?? null,
      block_height: taken?.block.height ?? null,
      block_time: isoTimeOrNull(taken?.block.timeMs ?? null),
      polls: this.#schedule.begun(),
      polls_under_way: this.#schedule.underWay(),
      failures: progress.failures,
      failures_in_row: progress.failuresInRow,
      last_failure: lastFailure === null ? null : `${lastFailure.failure.reason}: ${lastFailure.failure.detail}`,
      last_failure_at: isoTimeOrNull(lastFailure?.atMs ?? null),
      refused_by_ledger: progress.refusals,
      overtaken: progress.overtaken,
      key_registered: taken?.keyRegistered ?? null,
      account_locked: taken?.accountLocked ?? null,
      salt: taken?.salt ?? null,
      fee_pips: taken?.feePips ?? null,
      ...this.#search.state(),
      ...this.#confirmer.state(),
      rpc: this.#endpoints.state(),
    };
  }

  health(): PollHealth {
    return healthOf({
      progress: this.#progress,
      ageMs: this.#ageMs(),
      maxAgeMs: this.#options.maxAgeMs,
      isPaused: this.#schedule.isPaused(),
      isChainElsewhere: this.wentBack() !== null,
      unconfirmed: this.#confirmer.unconfirmed(),
      endpointNotes: this.#endpoints.notes(),
    });
  }

  #ageMs(): number | null {
    return ageMsOf(this.#progress, this.#options.clock.elapsedUs());
  }

  async #pollOrFault(run: Run): Promise<NearFailure | null> {
    try {
      return await this.#poll(run);
    } catch (error) {
      return this.#fail(failed('poll_faulted', error instanceof Error ? error.message : String(error)), afterFailure);
    }
  }

  async #poll(run: Run): Promise<NearFailure | null> {
    const { accountId, assets, otherAssets, toRead, publicKey } = this.#options;
    const result = await this.#source.read({ accountId, assets, otherAssets, toRead: toRead(), publicKey });
    if (this.#schedule.isStopped()) return STOPPED;
    if (!result.ok) return this.#fail(result, afterFailure);
    return this.#isOvertaken(run) ? this.#passOver() : await this.#deliver(run, result.value);
  }

  #isOvertaken(run: Run): boolean {
    return run.order < this.#progress.takenOrder;
  }

  #passOver(): null {
    this.#progress = afterOvertaken(this.#progress);
    return null;
  }

  async #deliver(run: Run, sourced: SourcedSnapshot): Promise<NearFailure | null> {
    const transactions = this.#search.take();
    const observation: Observation = {
      ...sourced.snapshot,
      ...sourced.confirmation,
      readAtMs: run.startedAt.nowMs,
      readAtUs: run.startedAt.nowUs,
      durationMs: Math.round(this.#schedule.tookMs(run)),
      transactions,
    };
    const refusal = await this.#options.onObservation(observation);
    if (refusal !== null) this.#search.putBack(transactions);
    if (this.#schedule.isStopped()) return STOPPED;
    // While the ledger took its time for this one, or for one before it.
    if (this.#isOvertaken(run)) return this.#passOver();
    if (refusal !== null) {
      const detail = `the ledger did not take the snapshot of block ${observation.block.height}`;
      return this.#fail(failed(refusal, detail), afterRefusal);
    }
    this.#progress = afterTaken(this.#progress, observation, run.order);
    this.#source.taken(sourced);
    return null;
  }

  #fail(failure: NearFailure, after: typeof afterFailure): NearFailure {
    const atMs = this.#options.clock.nowMs();
    this.#progress = after(this.#progress, failure, atMs);
    this.#options.onFailure(failure, atMs);
    return failure;
  }
}
