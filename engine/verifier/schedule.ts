// When polls begin: one every interval, also while slow ones are under way, so that a snapshot is no older than the time of its
// answer plus one interval; after a failure when `retryInMs` says; at once on demand, joined by whoever asks meanwhile. The
// number under way is bounded.

import type { Clock } from '../../contracts/runtime/clock.ts';
import type { NearFailure } from '../../contracts/runtime/near/reply.ts';
import { momentOf } from '../lib/moment.ts';
import type { Moment } from '../model/values.ts';

/** One poll; `order` counts from 1. */
export type Run = { readonly order: number; readonly startedAt: Moment };

export type PollScheduleOptions = {
  readonly clock: Clock;
  readonly pollMs: number;
  /** Resolves to why it failed, else null; does not throw. */
  readonly poll: (run: Run) => Promise<NearFailure | null>;
  /** When the next one begins after the newest has failed, which took this long. */
  readonly retryInMs: (tookMs: number) => number;
};

type RunUnderWay = Run & { done: Promise<NearFailure | null> };

/** Enough for answers that take four intervals; more would load endpoints that are slow already. */
const UNDER_WAY_MAX = 4;

export const STOPPED: NearFailure = { ok: false, reason: 'stopped', detail: 'the inventory part was stopped' };

export class PollSchedule {
  readonly #options: PollScheduleOptions;
  #isStarted = false;
  #isPaused = false;
  #isStopped = false;
  #stopTimer: () => void = () => {};
  /** UNDER_WAY_MAX at most. */
  readonly #underWay = new Set<RunUnderWay>();
  #newest: RunUnderWay | null = null;
  #following: Promise<NearFailure | null> | null = null;
  /** A poll fell due while as many as allowed were under way. */
  #isOverdue = false;
  #begun = 0;

  constructor(options: PollScheduleOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.#isStarted) return;
    this.#isStarted = true;
    if (!this.#isPaused) void this.pollNow();
  }

  /** For good. */
  stop(): void {
    this.#isStopped = true;
    this.#stopTimer();
  }

  pause(): void {
    this.#isPaused = true;
    this.#stopTimer();
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.pollSoon();
  }

  isPaused(): boolean {
    return this.#isPaused;
  }

  isStopped(): boolean {
    return this.#isStopped;
  }

  /** Polls that began since the start. */
  begun(): number {
    return this.#begun;
  }

  underWay(): number {
    return this.#underWay.size;
  }

  tookMs({ startedAt }: Run): number {
    return (this.#options.clock.elapsedUs() - startedAt.nowUs) / 1000;
  }

  /** Polls now unless paused or not started. */
  pollSoon(): void {
    if (!this.#isPaused && this.#isStarted) void this.pollNow();
  }

  /** Polls now, also while paused. Joins the poll that is about to begin, never one that has begun. */
  pollNow(): Promise<NearFailure | null> {
    if (this.#isStopped) return Promise.resolve(STOPPED);
    const newest = this.#newest;
    const isBusy = newest !== null && this.#underWay.has(newest) && this.tookMs(newest) < this.#options.pollMs;
    if (!isBusy && this.#underWay.size < UNDER_WAY_MAX) return this.#begin();
    this.#following ??= (newest?.done ?? Promise.resolve(null)).then(() => {
      this.#following = null;
      return this.pollNow();
    });
    return this.#following;
  }

  #begin(): Promise<NearFailure | null> {
    this.#begun += 1;
    const startedAt = momentOf(this.#options.clock);
    const run: RunUnderWay = { order: this.#begun, startedAt, done: Promise.resolve(null) };
    this.#newest = run;
    this.#isOverdue = false;
    this.#underWay.add(run);
    this.#scheduleIn(this.#options.pollMs);
    run.done = this.#options
      .poll(run)
      .then((failure) => {
        if (failure !== null && run === this.#newest) this.#scheduleIn(this.#options.retryInMs(this.tookMs(run)));
        return failure;
      })
      .finally(() => {
        this.#underWay.delete(run);
        if (this.#isOverdue && this.#isRunning()) void this.#begin();
      });
    return run.done;
  }

  #isRunning(): boolean {
    return this.#isStarted && !this.#isPaused && !this.#isStopped;
  }

  #scheduleIn(ms: number): void {
    this.#stopTimer();
    if (this.#isRunning()) this.#stopTimer = this.#options.clock.after(ms, () => this.#onDue());
  }

  /** It waits for nobody, within the bound. */
  #onDue(): void {
    if (this.#underWay.size >= UNDER_WAY_MAX) this.#isOverdue = true;
    else void this.#begin();
  }
}
