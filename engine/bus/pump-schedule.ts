// When the publisher works next: after this turn of the event loop, or after a time. One of each is outstanding at most.

import type { Clock } from '../../contracts/runtime/clock.ts';

export class PumpSchedule {
  readonly #clock: Clock;
  readonly #pump: () => void;
  #isSoon = false;
  #timer: { readonly dueUs: number; readonly stop: () => void } | null = null;
  #isClosed = false;

  constructor(clock: Clock, pump: () => void) {
    this.#clock = clock;
    this.#pump = pump;
  }

  /** Pumps once the loop has had its turn. */
  soon(): void {
    if (this.#isSoon || this.#isClosed) return;
    this.#isSoon = true;
    setImmediate(this.#runSoon);
  }

  /** Pumps after this time at the latest. */
  after(ms: number): void {
    if (this.#isClosed) return;
    const dueUs = this.#clock.elapsedUs() + ms * 1000;
    if (this.#timer !== null && this.#timer.dueUs <= dueUs) return;
    this.#timer?.stop();
    const stop = this.#clock.after(ms, () => {
      this.#timer = null;
      this.#pump();
    });
    this.#timer = { dueUs, stop };
  }

  close(): void {
    this.#isClosed = true;
    this.#timer?.stop();
    this.#timer = null;
  }

  readonly #runSoon = (): void => {
    this.#isSoon = false;
    if (!this.#isClosed) this.#pump();
  };
}
