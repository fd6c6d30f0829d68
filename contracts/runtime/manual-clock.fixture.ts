// A clock that moves only when a test says so; timers fire in the order of their times.

import type { Clock } from './clock.ts';

type Timer = {
  readonly dueMs: number;
  readonly order: number;
  readonly run: () => void;
  readonly everyMs: number | null;
};

export class ManualClock implements Clock {
  #nowMs: number;
  #wallStepMs = 0;
  #order = 0;
  #timers: Timer[] = [];

  constructor(startMs = 1_767_225_600_000) {
    this.#nowMs = startMs;
  }

  nowMs(): number {
    return this.#nowMs + this.#wallStepMs;
  }

  /** Sets the time of day forward or back; durations and timers do not notice. */
  stepWall(ms: number): void {
    this.#wallStepMs += ms;
  }

  elapsedUs(): number {
    return this.#nowMs * 1_000;
  }

  after(ms: number, run: () => void): () => void {
    return this.#add(ms, run, null);
  }

  every(ms: number, run: () => void): () => void {
    return this.#add(ms, run, ms);
  }

  /** Timers that still run. */
  get pending(): number {
    return this.#timers.length;
  }

  /** Moves the time on, firing what falls due on the way. */
  advance(ms: number): void {
    const endMs = this.#nowMs + ms;
    for (let next = this.#next(endMs); next !== undefined; next = this.#next(endMs)) {
      const timer = next;
      this.#timers = this.#timers.filter((other) => other !== timer);
      this.#nowMs = Math.max(this.#nowMs, timer.dueMs);
      if (timer.everyMs !== null) this.#timers.push({ ...timer, dueMs: timer.dueMs + timer.everyMs });
      timer.run();
    }
    this.#nowMs = endMs;
  }

  #next(endMs: number): Timer | undefined {
    return this.#timers
      .filter((timer) => timer.dueMs <= endMs)
      .sort((a, b) => a.dueMs - b.dueMs || a.order - b.order)[0];
  }

  #add(ms: number, run: () => void, everyMs: number | null): () => void {
    const order = this.#order++;
    this.#timers.push({ dueMs: this.#nowMs + ms, order, run, everyMs });
    return () => {
      this.#timers = this.#timers.filter((timer) => timer.order !== order);
    };
  }
}
