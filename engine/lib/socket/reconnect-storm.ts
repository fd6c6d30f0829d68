// When a peer takes connections and loses them again and again: each loss alone is harmless, together they are a storm of
// handshakes. Beyond a number of openings within a window each further one waits. Connects that fail are not counted, since the
// back-off spaces them by itself. Pure; monotonic time.

export type StormLimits = {
  /** This many openings within the window are a storm. */
  readonly openingsMax: number;
  readonly windowMs: number;
  /** Wait before each further connect while it lasts; up to half as much again is added. */
  readonly retryMs: number;
};

export class ReconnectStorm {
  readonly #limits: StormLimits;
  /** Of the newest openings, oldest first; at most `openingsMax`. */
  readonly #openedUs: number[] = [];
  #isOn = false;
  #storms = 0;

  constructor(limits: StormLimits) {
    this.#limits = limits;
  }

  opened(nowUs: number): void {
    if (this.#openedUs.push(nowUs) > this.#limits.openingsMax) this.#openedUs.shift();
  }

  /** A connection is lost. @returns how long to wait at least before the next connect; 0 without a storm. @param fraction 0 to below 1 */
  waitMs(nowUs: number, fraction: number): number {
    const isOn = this.isOn(nowUs);
    if (isOn && !this.#isOn) this.#storms++;
    this.#isOn = isOn;
    return isOn ? Math.floor(this.#limits.retryMs * (1 + fraction / 2)) : 0;
  }

  isOn(nowUs: number): boolean {
    const [oldestUs] = this.#openedUs;
    const { openingsMax, windowMs } = this.#limits;
    return oldestUs !== undefined && this.#openedUs.length >= openingsMax && nowUs - oldestUs < windowMs * 1000;
  }

  /** Storms since the start. */
  count(): number {
    return this.#storms;
  }
}
