// One pull under way: sends its payload once its hash is durable, and again until a final block shows the nonce used; then asks for the
// transaction that used it, which tells our pull from anybody else's use of the nonce.

import type { Clock } from '../../contracts/runtime/clock.ts';
import { createTroubleLog, type TroubleLog } from '../lib/trouble.ts';
import type { NonceResolvedFact, TransitionFact } from '../model/facts.ts';
import type { LogPort, Random } from '../model/ports.ts';
import type { SignedPull } from '../model/values.ts';
import { afterSend, isFailing, NOT_SENT, type Progress } from './progress.ts';
import type { LastSend, PullEnded, PullNonce, PullOutcome, PullUnderWay, PullView } from './pull.ts';
import type { PullSender, SendResult } from './sender.ts';

export type PullRunOptions = {
  readonly pull: SignedPull;
  readonly begun: PullNonce & { readonly pull: NonNullable<PullNonce['pull']> };
  /** The nonce as it is now; null: the book has closed it. */
  readonly nonce: () => PullNonce | null;
  /** Resolves when the hash of the payload is on disk. */
  readonly durable: () => Promise<void>;
  readonly sender: PullSender;
  readonly clock: Clock;
  readonly random: Pick<Random, 'fraction'>;
  readonly log: LogPort;
  /** The verifier is to be read now, and this transaction with it. */
  readonly onSent: (txHash: string | null) => void;
  readonly onResult: (result: SendResult) => void;
  readonly onEnd: (ended: PullEnded) => void;
};

/** Between two looks at the nonce. */
const ROUND_MS = 1000;
/**
 * After a transaction was named, until it is named again: by then it is final, or it has been looked for in vain. Each time costs a
 * whole read of the verifier.
 */
const NAMED_AGAIN_US = 30_000_000;

export class PullRun {
  readonly #options: PullRunOptions;
  readonly #trouble: TroubleLog;
  #progress: Progress = NOT_SENT;
  #lastSend: LastSend | null = null;
  #isSending = false;
  #wasTaken = false;
  #isStopped = false;
  #wasUsed = false;
  #stopTimer: () => void = () => {};
  /** How the nonce was used; null: that is not known. */
  #usedAs: NonceResolvedFact['outcome'] | null;
  /** One of its quotes was left open since the chain was replaced, and so without a word on the nonce. */
  #isOrphaned = false;
  /** Monotonic time at which the transactions of the pull are asked for again. */
  #nextAskUs = 0;
  #hasSettled = false;
  #pulledQuotes = 0;

  constructor(options: PullRunOptions) {
    this.#options = options;
    const { asset, lane, resolvedAs } = options.begun;
    this.#usedAs = resolvedAs;
    this.#trouble = createTroubleLog(options.log, 'pull_send_failed', { asset, lane, nonce: options.pull.nonce });
  }

  start(): void {
    void this.#begin();
  }

  stop(): void {
    this.#isStopped = true;
    this.#stopTimer();
  }

  /** A send, or the wait for the disk before it, is under way; or the venue has taken none yet, and no final block shows the nonce used. */
  isUndelivered(): boolean {
    return this.#isSending || (!this.#wasTaken && this.#options.nonce()?.used === false);
  }

  /** One of its quotes moved. */
  moved({ to, code }: TransitionFact): void {
    if (to === 'pulled') this.#pulledQuotes++;
    else if (to === 'settled') this.#hasSettled = true;
    else if (code === 'chain_replaced') this.#isOrphaned = true;
  }

  resolved(outcome: NonceResolvedFact['outcome']): void {
    this.#usedAs = outcome;
  }

  view(): PullUnderWay {
    const nonce = this.#options.nonce();
    return { ...this.#view(), liveQuotes: nonce?.liveQuotes ?? 0, used: nonce?.used ?? true };
  }

  async #begin(): Promise<void> {
    this.#isSending = true;
    try {
      await this.#options.durable();
    } catch (error) {
      // The journal has failed for good: what is not on record is not sent, and nothing is under way.
      this.#isSending = false;
      this.#trouble.report('journal_failed', error instanceof Error ? error.message : String(error));
      this.#end('not_sent');
      return;
    }
    this.#isSending = false;
    await this.#round();
  }

  /** Never rejects: a sender does not, and the book is read in memory. */
  async #round(): Promise<void> {
    if (this.#isStopped) return;
    const { nonce: nonceNow, clock } = this.#options;
    const nonce = nonceNow();
    this.#wasUsed ||= nonce?.used === true;
    if (nonce === null || (!nonce.used && !nonce.pullable)) {
      this.#end(this.#outcome());
      return;
    }
    if (!nonce.used && clock.elapsedUs() >= this.#progress.nextSendUs) await this.#send();
    else if (!nonce.executed) await this.#askForTransaction();
    if (this.#isStopped) return;
    this.#stopTimer = clock.after(ROUND_MS, () => void this.#round());
  }

  async #send(): Promise<void> {
    const { sender, pull, clock, random, onResult, onSent } = this.#options;
    this.#isSending = true;
    const result = await sender.send(pull);
    this.#isSending = false;
    this.#progress = afterSend(this.#progress, result, clock.elapsedUs(), random.fraction());
    // It may have led to another transaction, also when no answer says so.
    this.#nextAskUs = 0;
    const atMs = clock.nowMs();
    onResult(result);
    if (result.kind === 'taken') {
      this.#wasTaken = true;
      this.#lastSend = { kind: 'taken', reason: '', detail: '', atMs };
      this.#trouble.recovered();
      if (result.txHash !== null) this.#nextAskUs = clock.elapsedUs() + NAMED_AGAIN_US;
      onSent(result.txHash);
      return;
    }
    const { kind, reason, detail } = result;
    this.#lastSend = { kind, reason, detail, atMs };
    this.#trouble.report(reason, detail);
  }

  async #askForTransaction(): Promise<void> {
    const { sender, pull, clock, onSent } = this.#options;
    if (clock.elapsedUs() < this.#nextAskUs) return;
    const txHashes = await sender.transactionsOf(pull);
    if (txHashes.length > 0) this.#nextAskUs = clock.elapsedUs() + NAMED_AGAIN_US;
    for (const txHash of txHashes) onSent(txHash);
  }

  #view(): PullView {
    const { begun, pull, nonce } = this.#options;
    return {
      asset: begun.asset,
      lane: begun.lane,
      nonce: pull.nonce,
      cause: begun.pull.cause,
      detail: begun.pull.detail,
      beganAtMs: begun.pull.atMs,
      sends: this.#progress.sends,
      lastSend: this.#lastSend,
      isFailing: isFailing(this.#progress) && nonce()?.used === false,
    };
  }

  #end(outcome: PullOutcome): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    const { clock, onEnd } = this.#options;
    onEnd({ ...this.#view(), outcome, pulledQuotes: this.#pulledQuotes, endedAtMs: clock.nowMs() });
  }

  #outcome(): PullOutcome {
    // The venue may name a quote after it was left open.
    if (this.#hasSettled) return 'settled';
    if (this.#usedAs !== null && this.#usedAs !== 'open') return this.#usedAs;
    return this.#usedAs === 'open' || this.#wasUsed || this.#isOrphaned ? 'unattributed' : 'expired';
  }
}
