// Repeats a delivery until it is stopped: at once when there is news, after growing pauses when it failed. One at a time, so that a
// receiver that is slow or away is never asked more often than that.

import { type BackoffPolicy, backoffMs } from '../../../contracts/runtime/backoff.ts';
import type { Clock } from '../../../contracts/runtime/clock.ts';
import type { Log } from '../../../contracts/runtime/log/log.ts';
import { Sleeper } from '../../../contracts/runtime/wait.ts';

export type Delivery =
  /** Wait for news, or for so long. */
  | { readonly next: 'wait'; readonly ms: number; readonly delivered: number }
  /** There is more. */
  | { readonly next: 'more'; readonly delivered: number }
  | { readonly next: 'failed'; readonly detail: string };

type Receivers = {
  /** To Kafka, what it does not have yet: costs nothing when it has all. */
  readonly publish: () => void;
  /** null: not configured. */
  readonly receivers: readonly (Pick<Repeater, 'wake'> | null)[];
};

/** A receiver is woken by news alone: woken at each evaluation, it would be sent everything every second. */
export function handOver({ publish, receivers }: Receivers, isNews: boolean): void {
  publish();
  if (isNews) for (const receiver of receivers) receiver?.wake();
}

export type RepeaterOptions = {
  readonly name: 'alertmanager' | 'webhook';
  /** Total. */
  readonly deliver: (signal: AbortSignal) => Promise<Delivery>;
  readonly timers: Pick<Clock, 'after'>;
  readonly log: Pick<Log, 'warn' | 'info'>;
  /** From 0 up to, not including, 1. */
  readonly fraction: () => number;
};

export type Repeater = {
  start(): void;
  /** There is news. */
  wake(): void;
  /** In a row; 0: the last one succeeded. */
  failures(): number;
  /** Null: the last one succeeded. */
  problem(): string | null;
  counts(): { readonly delivered: number; readonly failed: number };
  stop(): Promise<void>;
};

const PAUSE: BackoffPolicy = { baseMs: 1000, maxMs: 120_000 };
/** Between two deliveries when there is more. */
const MORE_MS = 50;

export function createRepeater({ name, deliver, timers, log, fraction }: RepeaterOptions): Repeater {
  const sleeper = new Sleeper(timers);
  const abort = new AbortController();
  let running: Promise<void> = Promise.resolve();
  let isNews = false;
  let failures = 0;
  let problem: string | null = null;
  const counts = { delivered: 0, failed: 0 };

  const failed = (detail: string): void => {
    counts.failed++;
    failures++;
    if (failures === 1) log.warn(`${name}_failing`, { detail });
    problem = detail;
  };
  const succeeded = (delivered: number): void => {
    if (failures > 0) log.info(`${name}_recovered`, { failures });
    counts.delivered += delivered;
    failures = 0;
    problem = null;
  };

  const once = async (): Promise<number> => {
    isNews = false;
    const result = await deliver(abort.signal);
    if (abort.signal.aborted) return 0;
    if (result.next === 'failed') {
      failed(result.detail);
      return backoffMs(PAUSE, failures, fraction());
    }
    succeeded(result.delivered);
    return result.next === 'more' ? MORE_MS : isNews ? 0 : result.ms;
  };

  const run = async (): Promise<void> => {
    while (!abort.signal.aborted) {
      const pauseMs = await once();
      if (!abort.signal.aborted) await sleeper.sleep(pauseMs);
    }
  };

  return {
    start() {
      running = run();
    },
    wake() {
      isNews = true;
      // One that failed keeps its pause: news does not make the receiver well.
      if (failures === 0) sleeper.wake();
    },
    failures: () => failures,
    problem: () => problem,
    counts: () => ({ ...counts }),
    async stop() {
      abort.abort();
      sleeper.wake();
      await running;
    },
  };
}
