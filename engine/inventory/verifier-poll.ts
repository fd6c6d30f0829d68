// Looks at the verifier again and again and hands on complete observations; a look that failed is a named failure, and the
// last observation simply grows older. One look at a time; a refresh asked for during a look gets one that begins after it,
// since what it wants to see may have happened in between.
//
// Transactions that `quote_status` named are looked up beside the looks, a bounded number of times: they explain a
// settlement, they never hold up a balance.

import type { AccountId, AssetId } from '../../contracts/ids.ts';
import { isoTimeOrNull } from '../../contracts/time.ts';
import { type BackoffPolicy, backoffMs } from '../lib/backoff.ts';
import type { Clock, Random } from '../ports.ts';
import type { NearClient } from './near-client.ts';
import type { NearFailure } from './near-client-reply.ts';
import type { Observation, ObservedTransaction } from './observation.ts';
import { executedIntents } from './verifier-poll-events.ts';
import { lookAtVerifier, type ToRead } from './verifier-poll-look.ts';

export type VerifierPollOptions = {
  readonly client: NearClient;
  readonly accountId: AccountId;
  /** `ed25519:` and base58 of the signing key. */
  readonly publicKey: string;
  readonly contract: string;
  readonly assets: readonly AssetId[];
  readonly pollMs: number;
  /** Oldest observation that counts as fresh, for `health`. */
  readonly maxAgeMs: number;
  /** Asked at the start of each look. */
  readonly toRead: () => ToRead;
  readonly onObservation: (observation: Observation) => void;
  readonly onFailure: (failure: NearFailure, atMs: number) => void;
  readonly clock: Clock;
  readonly random: Random;
};

export type VerifierPoll = {
  start(): void;
  /** Ends polling for good; a look under way is not reported. */
  stop(): void;
  pause(): void;
  resume(): void;
  /** Looks now, also while paused; resolves to the failure of that look, else null. */
  refresh(): Promise<NearFailure | null>;
  /** Something of ours may have settled: look now unless paused, and find that transaction when it is named. */
  trigger(txHash: string | null): void;
  state(nowMs: number): VerifierPollState;
  health(nowMs: number): {
    readonly healthy: boolean;
    readonly reasons: readonly string[];
    readonly notes: readonly string[];
  };
};

export type VerifierPollState = {
  readonly paused: boolean;
  readonly last_sync_at: string | null;
  readonly age_ms: number | null;
  readonly max_age_ms: number;
  readonly sync_duration_ms: number | null;
  readonly block_height: number | null;
  readonly block_time: string | null;
  readonly looks: number;
  readonly failures: number;
  readonly failures_in_row: number;
  readonly last_failure: string | null;
  readonly last_failure_at: string | null;
  readonly key_registered: boolean | null;
  readonly account_locked: boolean | null;
  readonly transactions_sought: number;
  readonly transactions_given_up: number;
  readonly rpc: ReturnType<NearClient['state']>;
};

const SIGNER_EVERY_MS = 300_000;
/** While the key is unknown or the account locked, the operator is waiting for it to change. */
const SIGNER_AGAIN_MS = 3000;
/** Looks after which a transaction that no node knows is given up; the balance tells then. */
const TRANSACTION_TRIES_MAX = 20;
/** More would be a flood of strangers' hashes, not our settlements. */
const TRANSACTIONS_SOUGHT_MAX = 64;
/** On top of the poll interval, after failures in a row. */
const RETRY: BackoffPolicy = { baseMs: 500, maxMs: 5000, stableMs: 0, firstAtOnce: true };

/** A clock is steered by less than this; more is a step. */
const CLOCK_SLACK_MS = 1000;

const STOPPED: NearFailure = { ok: false, reason: 'stopped', detail: 'the inventory part was stopped' };

type Signer = { readonly keyRegistered: boolean | null; readonly accountLocked: boolean | null };

export function createVerifierPoll(options: VerifierPollOptions): VerifierPoll {
  const { client, clock, random, contract, pollMs, maxAgeMs } = options;
  let isStarted = false;
  let isPaused = false;
  let isStopped = false;
  let stopTimer: () => void = () => {};
  let underWay: Promise<NearFailure | null> | null = null;
  let following: Promise<NearFailure | null> | null = null;
  let last: Observation | null = null;
  let lastFailure: { readonly text: string; readonly atMs: number } | null = null;
  let signer: Signer = { keyRegistered: null, accountLocked: null };
  let signerAskedAtMs: number | null = null;
  let looks = 0;
  let failures = 0;
  let failuresInRow = 0;
  let givenUp = 0;
  const sought = new Map<string, number>();

  function isSignerDue(nowMs: number): boolean {
    if (signerAskedAtMs === null) return true;
    const isWell = signer.keyRegistered === true && signer.accountLocked === false;
    return nowMs - signerAskedAtMs >= (isWell ? SIGNER_EVERY_MS : SIGNER_AGAIN_MS) || nowMs < signerAskedAtMs;
  }

  async function findTransaction(txHash: string, tries: number): Promise<ObservedTransaction | null> {
    const receipts = await client.tx(txHash, options.accountId);
    if (receipts.ok) {
      sought.delete(txHash);
      return { txHash, executed: executedIntents(receipts.value, contract) };
    }
    if (tries + 1 < TRANSACTION_TRIES_MAX) sought.set(txHash, tries + 1);
    else {
      sought.delete(txHash);
      givenUp += 1;
    }
    return null;
  }

  async function lookOnce(): Promise<NearFailure | null> {
    const readAtMs = clock.nowMs();
    const startedUs = clock.elapsedUs();
    const withSigner = isSignerDue(readAtMs);
    looks += 1;
    const [result, ...found] = await Promise.all([
      lookAtVerifier(client, {
        accountId: options.accountId,
        assets: options.assets,
        toRead: options.toRead(),
        publicKey: withSigner ? options.publicKey : null,
      }),
      ...[...sought].map(([txHash, tries]) => findTransaction(txHash, tries)),
    ]);
    if (isStopped) return STOPPED;
    if (!result.ok) {
      // What was found is asked for again with the next look, so that it is handed on with an observation.
      for (const transaction of found) if (transaction !== null) sought.set(transaction.txHash, 0);
      failures += 1;
      failuresInRow += 1;
      lastFailure = { text: `${result.reason}: ${result.detail}`, atMs: clock.nowMs() };
      options.onFailure(result, clock.nowMs());
      return result;
    }
    const { signer: seen, ...look } = result.value;
    if (seen !== null) {
      signer = seen;
      signerAskedAtMs = readAtMs;
    }
    failuresInRow = 0;
    last = {
      ...look,
      ...signer,
      readAtMs,
      readAtUs: startedUs,
      durationMs: Math.round((clock.elapsedUs() - startedUs) / 1000),
      transactions: found.filter((transaction) => transaction !== null),
    };
    options.onObservation(last);
    return null;
  }

  function schedule(tookMs: number): void {
    stopTimer();
    if (!isStarted || isPaused || isStopped) return;
    const againMs = failuresInRow === 0 ? 0 : backoffMs(RETRY, failuresInRow, random.fraction());
    stopTimer = clock.after(Math.max(0, pollMs - tookMs) + againMs, () => void look());
  }

  async function run(): Promise<NearFailure | null> {
    stopTimer();
    const startedUs = clock.elapsedUs();
    try {
      return await lookOnce();
    } finally {
      underWay = null;
      schedule((clock.elapsedUs() - startedUs) / 1000);
    }
  }

  /** Joins the look that is about to begin, never one that has begun. */
  function look(): Promise<NearFailure | null> {
    if (isStopped) return Promise.resolve(STOPPED);
    if (underWay === null) {
      underWay = run();
      return underWay;
    }
    following ??= underWay.then(() => {
      following = null;
      return look();
    });
    return following;
  }

  const ageMs = (nowMs: number): number | null => (last === null ? null : nowMs - last.readAtMs);

  return {
    start() {
      if (isStarted) return;
      isStarted = true;
      if (!isPaused) void look();
    },
    stop() {
      isStopped = true;
      stopTimer();
    },
    pause() {
      isPaused = true;
      stopTimer();
    },
    resume() {
      if (!isPaused) return;
      isPaused = false;
      if (isStarted) void look();
    },
    refresh: look,
    trigger(txHash) {
      if (txHash !== null && !sought.has(txHash) && sought.size < TRANSACTIONS_SOUGHT_MAX) sought.set(txHash, 0);
      if (!isPaused && isStarted) void look();
    },
    state: (nowMs) => ({
      paused: isPaused,
      last_sync_at: isoTimeOrNull(last?.readAtMs ?? null),
      age_ms: ageMs(nowMs),
      max_age_ms: maxAgeMs,
      sync_duration_ms: last?.durationMs ?? null,
      block_height: last?.block.height ?? null,
      block_time: isoTimeOrNull(last?.block.timeMs ?? null),
      looks,
      failures,
      failures_in_row: failuresInRow,
      last_failure: lastFailure?.text ?? null,
      last_failure_at: isoTimeOrNull(lastFailure?.atMs ?? null),
      key_registered: signer.keyRegistered,
      account_locked: signer.accountLocked,
      transactions_sought: sought.size,
      transactions_given_up: givenUp,
      rpc: client.state(),
    }),
    health(nowMs) {
      const age = ageMs(nowMs);
      // An age below nothing: the clock was set back since, and how old the balance is nobody knows.
      const isStale = age !== null && (age > maxAgeMs || age < -CLOCK_SLACK_MS);
      const problem = age === null ? 'inventory_missing' : isStale ? 'inventory_stale' : null;
      const reasons = problem === null ? [] : [problem];
      const notes: string[] = [];
      if (isPaused) notes.push('paused');
      if (failuresInRow > 0) notes.push('inventory_failing');
      if (signer.keyRegistered === false) notes.push('signer_unauthorized');
      if (signer.accountLocked === true) notes.push('account_locked');
      // An operator's pause is no illness: what it leads to is then said as a note.
      return isPaused
        ? { healthy: true, reasons: [], notes: [...notes, ...reasons] }
        : { healthy: reasons.length === 0, reasons, notes };
    },
  };
}
