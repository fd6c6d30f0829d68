// Polls the verifier and hands complete snapshots to the ledger. A poll that failed, or whose snapshot the ledger refused, is
// counted and reported, and the last snapshot that the ledger took grows older: age, height and health are those of the ledger.
//
// A new poll begins every interval, also while slow ones are under way: however long an answer takes, the balance is no older
// than that plus one interval. What arrives after a younger snapshot is dropped.

import type { AccountId, AssetId } from '../../contracts/ids.ts';
import { type BackoffPolicy, backoffMs } from '../../contracts/runtime/backoff.ts';
import type { Clock } from '../../contracts/runtime/clock.ts';
import type { NearClient } from '../../contracts/runtime/near/client.ts';
import { failed, type NearFailure } from '../../contracts/runtime/near/reply.ts';
import type { FinalBlock } from '../../contracts/runtime/near/types.ts';
import { isoTimeOrNull } from '../../contracts/time.ts';
import { momentOf } from '../lib/moment.ts';
import type { Observation } from '../model/observation.ts';
import type { Random } from '../model/ports.ts';
import type { Moment } from '../model/values.ts';
import { type ConfirmerState, createConfirmer } from './confirm.ts';
import { createEndpoints, type Endpoints, type EndpointsOptions } from './endpoints.ts';
import type { ToRead } from './read-snapshot.ts';
import { createSnapshotSource, type SourcedSnapshot } from './source.ts';
import { createTransactionSearch } from './transactions.ts';

export type VerifierPollOptions = {
  readonly client: NearClient;
  /** Network of every endpoint; see NEAR_CHAIN_ID. */
  readonly chainId: string;
  readonly accountId: AccountId;
  /** `ed25519:` and base58 of the signing key. */
  readonly publicKey: string;
  readonly contract: string;
  readonly assets: readonly AssetId[];
  readonly pollMs: number;
  /** Oldest snapshot that counts as fresh, for `health`. */
  readonly maxAgeMs: number;
  /** Asked at the start of each poll. */
  readonly toRead: () => ToRead;
  /** The newest block that the ledger took; null before the first. */
  readonly ledgerBlock: () => FinalBlock | null;
  /** The balance that it has on record; null before the first. */
  readonly ledgerCredited: (asset: AssetId) => bigint | null;
  /** @returns null when the ledger took it, else a code for why it did not */
  readonly onObservation: (observation: Observation) => string | null;
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
  health(): {
    readonly healthy: boolean;
    readonly reasons: readonly string[];
    readonly notes: readonly string[];
  };
};

export type VerifierPollState = ConfirmerState & {
  readonly paused: boolean;
  /** Of the newest snapshot that the ledger took, as are age, duration and block. */
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
  /** Snapshots that the ledger did not take; they count as failures too. */
  readonly refused_by_ledger: number;
  /** Snapshots that arrived after a younger one. */
  readonly overtaken: number;
  readonly key_registered: boolean | null;
  readonly account_locked: boolean | null;
  readonly transactions_sought: number;
  readonly transactions_given_up: number;
  readonly rpc: ReturnType<Endpoints['state']>;
};

/** On top of the poll interval, after failures in a row. */
const RETRY: BackoffPolicy = { baseMs: 500, maxMs: 5000, firstAtOnce: true };
/** Enough for answers that take four intervals; more would load endpoints that are slow already. */
const UNDER_WAY_MAX = 4;
const TRANSACTION_AGAIN_MS = 1000;

const STOPPED: NearFailure = { ok: false, reason: 'stopped', detail: 'the inventory part was stopped' };

type Run = { readonly order: number; readonly startedAt: Moment; done: Promise<NearFailure | null> };

export function createVerifierPoll(options: VerifierPollOptions): VerifierPoll {
  const { clock, random, pollMs, maxAgeMs } = options;
  let isStarted = false;
  let isPaused = false;
  let isStopped = false;
  let stopTimer: () => void = () => {};
  const underWay = new Set<Run>();
  let newest: Run | null = null;
  let following: Promise<NearFailure | null> | null = null;
  /** A poll fell due while as many as allowed were under way. */
  let isOverdue = false;
  let takenOrder = 0;
  /** What the ledger took last. */
  let taken: Observation | null = null;
  let lastFailure: { readonly failure: NearFailure; readonly atMs: number } | null = null;
  let polls = 0;
  let failures = 0;
  let failuresInRow = 0;
  let refusals = 0;
  let refusedInRow = 0;
  let overtaken = 0;

  const moment = () => momentOf(clock);

  const endpoints = createEndpoints({
    client: options.client,
    chainId: options.chainId,
    clock,
    ledgerBlock: options.ledgerBlock,
    onBlock: options.onBlock,
    onTrouble: options.onEndpointTrouble,
  });
  const confirmer = createConfirmer({
    endpoints,
    accountId: options.accountId,
    onRecord: options.ledgerCredited,
    clock,
  });
  const source = createSnapshotSource(endpoints, confirmer);
  const search = createTransactionSearch({
    endpoints,
    accountId: options.accountId,
    contract: options.contract,
    clock,
    everyMs: Math.max(pollMs, TRANSACTION_AGAIN_MS),
  });

  function fail(failure: NearFailure): NearFailure {
    failures += 1;
    failuresInRow += 1;
    lastFailure = { failure, atMs: clock.nowMs() };
    options.onFailure(failure, lastFailure.atMs);
    return failure;
  }

  function deliver(run: Run, sourced: SourcedSnapshot): NearFailure | null {
    const transactions = search.take();
    const observation: Observation = {
      ...sourced.snapshot,
      ...sourced.confirmation,
      readAtMs: run.startedAt.nowMs,
      readAtUs: run.startedAt.nowUs,
      durationMs: Math.round(tookMsOf(run)),
      transactions,
    };
    const refusal = options.onObservation(observation);
    if (refusal !== null) {
      search.putBack(transactions);
      refusals += 1;
      refusedInRow += 1;
      return fail(failed(refusal, `the ledger did not take the snapshot of block ${observation.block.height}`));
    }
    refusedInRow = 0;
    failuresInRow = 0;
    taken = observation;
    takenOrder = run.order;
    source.taken(sourced);
    return null;
  }

  async function poll(run: Run): Promise<NearFailure | null> {
    const result = await source.read({
      accountId: options.accountId,
      assets: options.assets,
      toRead: options.toRead(),
      publicKey: options.publicKey,
    });
    if (isStopped) return STOPPED;
    if (!result.ok) return fail(result);
    if (run.order < takenOrder) {
      overtaken += 1;
      return null;
    }
    return deliver(run, result.value);
  }

  function scheduleIn(ms: number): void {
    stopTimer();
    if (isStarted && !isPaused && !isStopped) stopTimer = clock.after(ms, () => void next());
  }

  /** After a failure more slowly than before; a snapshot that the ledger refused is read again at once, once. */
  function delayAfterFailure(tookMs: number): number {
    if (refusedInRow === 1) return 0;
    return Math.max(0, pollMs - tookMs) + backoffMs(RETRY, Math.max(1, failuresInRow), random.fraction());
  }

  function begin(): Promise<NearFailure | null> {
    polls += 1;
    const run: Run = { order: polls, startedAt: moment(), done: Promise.resolve(null) };
    newest = run;
    isOverdue = false;
    underWay.add(run);
    scheduleIn(pollMs);
    run.done = poll(run)
      .catch((error: unknown) => fail(failed('poll_faulted', error instanceof Error ? error.message : String(error))))
      .then((failure) => {
        if (failure !== null && run === newest) scheduleIn(delayAfterFailure(tookMsOf(run)));
        return failure;
      })
      .finally(() => {
        underWay.delete(run);
        if (isOverdue && isStarted && !isPaused && !isStopped) void begin();
      });
    return run.done;
  }

  const tookMsOf = (run: Run): number => (clock.elapsedUs() - run.startedAt.nowUs) / 1000;

  /** The next one by the clock: it waits for nobody, within the bound. */
  function next(): void {
    if (underWay.size >= UNDER_WAY_MAX) isOverdue = true;
    else void begin();
  }

  /** Joins the poll that is about to begin, never one that has begun. */
  function pollNow(): Promise<NearFailure | null> {
    if (isStopped) return Promise.resolve(STOPPED);
    const isBusy = newest !== null && underWay.has(newest) && tookMsOf(newest) < pollMs;
    if (!isBusy && underWay.size < UNDER_WAY_MAX) return begin();
    following ??= (newest?.done ?? Promise.resolve(null)).then(() => {
      following = null;
      return pollNow();
    });
    return following;
  }

  const ageMs = (): number | null => (taken === null ? null : Math.ceil((clock.elapsedUs() - taken.readAtUs) / 1000));

  function wentBack(): { readonly value: number; readonly limit: number } | null {
    const limit = options.ledgerBlock()?.height ?? 0;
    const value = endpoints.allElsewhere(limit);
    return value === null ? null : { value, limit };
  }

  return {
    start() {
      if (isStarted) return;
      isStarted = true;
      if (!isPaused) void pollNow();
    },
    stop() {
      isStopped = true;
      stopTimer();
      search.stop();
    },
    pause() {
      isPaused = true;
      stopTimer();
    },
    resume() {
      if (!isPaused) return;
      isPaused = false;
      if (isStarted) void pollNow();
    },
    refresh: pollNow,
    trigger(txHash) {
      if (txHash !== null) search.seek(txHash);
      if (!isPaused && isStarted) void pollNow();
    },
    wentBack,
    state: () => ({
      paused: isPaused,
      last_sync_at: isoTimeOrNull(taken?.readAtMs ?? null),
      age_ms: ageMs(),
      max_age_ms: maxAgeMs,
      sync_duration_ms: taken?.durationMs ?? null,
      block_height: taken?.block.height ?? null,
      block_time: isoTimeOrNull(taken?.block.timeMs ?? null),
      polls,
      polls_under_way: underWay.size,
      failures,
      failures_in_row: failuresInRow,
      last_failure: lastFailure === null ? null : `${lastFailure.failure.reason}: ${lastFailure.failure.detail}`,
      last_failure_at: isoTimeOrNull(lastFailure?.atMs ?? null),
      refused_by_ledger: refusals,
      overtaken,
      key_registered: taken?.keyRegistered ?? null,
      account_locked: taken?.accountLocked ?? null,
      ...search.state(),
      ...confirmer.state(),
      rpc: endpoints.state(),
    }),
    health() {
      const age = ageMs();
      const problem = age === null ? 'inventory_missing' : age > maxAgeMs ? 'inventory_stale' : null;
      const reasons = problem === null ? [] : isPaused ? [problem, 'paused_and_stale'] : [problem];
      if (problem !== null && wentBack() !== null) reasons.push('inventory_block_went_back');
      const notes = [
        ...(isPaused ? ['paused'] : []),
        ...(failuresInRow > 0 ? ['inventory_failing'] : []),
        ...(taken?.keyRegistered === false ? ['signer_unauthorized'] : []),
        ...(taken?.accountLocked === true ? ['account_locked'] : []),
        ...(confirmer.state().last_unconfirmed === null ? [] : ['rpc_unconfirmed']),
        ...endpoints.notes(),
      ];
      return { healthy: reasons.length === 0, reasons, notes };
    },
  };
}
