// How many blocks the logs are asked for at once: providers have limits, which they do not publish and which depend on the number of
// logs. Halved when a node refuses, takes too long or answers too much; grows again slowly. Pure.

const RANGE_MIN = 1;
const RANGE_MAX = 2000;
const RANGE_START = 1000;

export class BlockRange {
  #blocks = RANGE_START;

  get blocks(): number {
    return this.#blocks;
  }

  /** @returns whether a smaller range can be tried */
  halve(): boolean {
    if (this.#blocks <= RANGE_MIN) return false;
    this.#blocks = Math.max(RANGE_MIN, Math.floor(this.#blocks / 2));
    return true;
  }

  grow(): void {
    this.#blocks = Math.min(RANGE_MAX, this.#blocks + Math.max(1, Math.floor(this.#blocks / 16)));
  }
}
