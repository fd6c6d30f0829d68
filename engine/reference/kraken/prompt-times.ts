// Evidence of how right our clock is: of all times that a venue stamps within a second, the one that was delayed least.

export type PromptTime = { readonly venueTimeMs: number; readonly readUs: number };

const EVERY_US = 1_000_000;

export class PromptTimes {
  #promptest: (PromptTime & { readonly behindUs: number }) | null = null;
  #sinceUs = 0;

  /** Another connection, with delays of its own. */
  reset(): void {
    this.#promptest = null;
  }

  /** A time that was read now. @returns when a second is over, the one of its times with the shortest delay */
  add(venueTimeMs: number, nowUs: number): PromptTime | null {
    const isOver = this.#promptest !== null && nowUs - this.#sinceUs >= EVERY_US;
    const done = isOver ? this.#promptest : null;
    if (isOver) this.#promptest = null;
    if (this.#promptest === null) this.#sinceUs = nowUs;
    const behindUs = nowUs - venueTimeMs * 1000;
    if (this.#promptest === null || behindUs < this.#promptest.behindUs) {
      this.#promptest = { venueTimeMs, readUs: nowUs, behindUs };
    }
    return done;
  }
}
