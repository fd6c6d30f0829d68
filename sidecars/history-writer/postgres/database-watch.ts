// What is known of PostgreSQL: whether the last statement succeeded, how often in a row one failed, and why nothing may be
// written although it answers.

import type { Log } from '../../../contracts/runtime/log/log.ts';
import { troubleOf } from '../../../contracts/runtime/postgres/database.ts';
import { DeadLettersWait } from '../kafka/dead-letters.ts';
import type { WriterStats } from '../writer-stats.ts';
import type { Standstill } from './store.ts';

/** `unknown` until it was asked first. */
export type DatabaseStatus = 'unknown' | 'connected' | 'unreachable' | 'refused' | 'failing';

/** Each time that so many tries of one batch have failed, the record that may be at fault is looked for; then it is tried again. */
const ISOLATE_EVERY = 5;
/** Longest time between two questions to PostgreSQL, so that its loss is seen without records as well. */
const PING_US = 5_000_000;

export class DatabaseWatch {
  readonly #log: Log;
  readonly #stats: Pick<WriterStats, 'failed'>;
  #status: DatabaseStatus = 'unknown';
  #problem: string | null = null;
  #failures = 0;
  #askedAtUs = Number.NEGATIVE_INFINITY;
  /** Found at an assignment or at a write, gone with the next assignment that succeeds. */
  standstill: Standstill = null;

  constructor(log: Log, stats: Pick<WriterStats, 'failed'>) {
    this.#log = log;
    this.#stats = stats;
  }

  get status(): DatabaseStatus {
    return this.#status;
  }

  get problem(): string | null {
    return this.#problem;
  }

  /** Statements that failed since the last that succeeded. */
  get failures(): number {
    return this.#failures;
  }

  /** What fails again and again, and not for want of a server, may be the fault of a record that nobody foresaw. */
  get isIsolationDue(): boolean {
    return this.#failures > 0 && this.#failures % ISOLATE_EVERY === 0 && this.#status === 'failing';
  }

  /** Nothing has asked it lately. */
  isPingDue(nowUs: number): boolean {
    return nowUs - this.#askedAtUs >= PING_US;
  }

  succeeded(nowUs: number): void {
    this.#askedAtUs = nowUs;
    if (this.#status !== 'connected') {
      this.#log.info('database_connected', { failures: this.#failures });
      this.#status = 'connected';
      this.#problem = null;
    }
    this.#failures = 0;
  }

  /** A batch that is another one now: what failed before says nothing of it. */
  startOver(): void {
    this.#failures = 0;
  }

  failed(error: unknown, nowMs: number, buffered: number): void {
    this.#failures++;
    const { kind, code, message } = troubleOf(error);
    this.#stats.failed(message, nowMs);
    if (error instanceof DeadLettersWait) {
      this.#log.error('dead_letters_wait', { failure: error, buffered });
      return;
    }
    const status = kind === 'unreachable' || kind === 'refused' ? kind : 'failing';
    // Once a change, not once a try.
    if (status !== this.#status || message !== this.#problem) {
      this.#log.error('write_failed', { kind, code, failure: error, buffered });
    }
    this.#status = status;
    this.#problem = message;
  }
}
