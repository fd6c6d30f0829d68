// How many frames a peer sends. Half a megabyte that is read at once can hold 200,000 of them, and each of them costs a turn its
// work: a peer that sends far more than a venue has to say is not listened to. Pure; monotonic time.

const WINDOW_US = 1_000_000;

export class FrameFlood {
  readonly #perSecondMax: number;
  #windowUs = Number.NEGATIVE_INFINITY;
  #frames = 0;

  constructor(perSecondMax: number) {
    this.#perSecondMax = perSecondMax;
  }

  /** Counts a frame. @returns true when it is one too many within a second */
  isOver(nowUs: number): boolean {
    if (nowUs - this.#windowUs >= WINDOW_US) {
      this.#windowUs = nowUs;
      this.#frames = 0;
    }
    return ++this.#frames > this.#perSecondMax;
  }
}
