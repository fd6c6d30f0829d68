// How many frames that lead to nothing, since they cannot be taken or were taken before, are kept as evidence: a venue that sends
// nothing else, by mistake or not, must fill neither the journal nor the history. Those beyond the bound are counted, and the next
// dead letter says how many. Pure; monotonic time.

const WINDOW_US = 60_000_000;
/** Ten a second: all of what goes wrong now and then, and enough of what goes wrong all the time. */
export const KEPT_FRAMES_MAX = 600;
/** Of their texts together. */
export const KEPT_CHARS_MAX = 4_194_304;

export class Evidence {
  #windowUs = Number.NEGATIVE_INFINITY;
  #frames = 0;
  #chars = 0;
  #leftOut = 0;

  /**
   * Whether a frame may be kept, of which so many characters would be.
   * @returns how many were not since the last one that was; null: nor may this one
   */
  take(chars: number, nowUs: number): number | null {
    if (nowUs - this.#windowUs >= WINDOW_US) {
      this.#windowUs = nowUs;
      this.#frames = 0;
      this.#chars = 0;
    }
    if (this.#frames >= KEPT_FRAMES_MAX || this.#chars + chars > KEPT_CHARS_MAX) {
      this.#leftOut++;
      return null;
    }
    this.#frames++;
    this.#chars += chars;
    const leftOut = this.#leftOut;
    this.#leftOut = 0;
    return leftOut;
  }
}
