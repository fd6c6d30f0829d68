// The sum of values over a rolling window of time, in a ring of buckets: what it takes does not grow with the number of values. It
// errs to the large side: a bucket leaves as a whole, once all of it is older than the window, and what lies ahead of the clock counts.
// Times are wall time, since the sum has to survive a restart. Pure.

export type Window = {
  /** Milliseconds of one bucket. */
  readonly bucketMs: number;
  /** So many of them make the window. */
  readonly buckets: number;
};

/**
 * A fill has the later one of two times: that of its block, which is taken up to 5 s ahead of our clock, and our own, which may itself
 * be ahead of the block by 30 s before that is not taken, and be set right after it. It must not have the place of one that is as old
 * as the window by our clock, and still counts.
 */
const AHEAD_MAX_MS = 35_000;

/** 96 and 290 buckets: some microseconds to add up, once a bucket. */
export const MINUTE: Window = { bucketMs: 1_000, buckets: 60 };
export const DAY: Window = { bucketMs: 300_000, buckets: 288 };

/** Number of the bucket since the epoch, and its sum. */
export type Bucket = readonly [index: number, valueE18: bigint];

export class RollingSum {
  readonly #window: Window;
  /** One bucket more than the window, whose first and last one are there in part, and those that lie ahead of our clock. */
  readonly #indexes: number[];
  readonly #values: bigint[];
  /** First bucket of the window that was summed last; null: a value came since. */
  #summedFrom: number | null = null;
  #sum = 0n;

  constructor(window: Window) {
    this.#window = window;
    const length = window.buckets + 1 + Math.ceil(AHEAD_MAX_MS / window.bucketMs);
    this.#indexes = new Array<number>(length).fill(Number.NEGATIVE_INFINITY);
    this.#values = new Array<bigint>(length).fill(0n);
  }

  /** @param value below zero to correct a value that was added for the same time */
  add(atMs: number, value: bigint): void {
    this.#put(Math.floor(atMs / this.#window.bucketMs), value);
  }

  /** Of everything since `nowMs` less the window. */
  sum(nowMs: number): bigint {
    const from = Math.floor(nowMs / this.#window.bucketMs) - this.#window.buckets;
    if (from === this.#summedFrom) return this.#sum;
    let sum = 0n;
    for (let slot = 0; slot < this.#indexes.length; slot++) {
      if ((this.#indexes[slot] as number) >= from) sum += this.#values[slot] as bigint;
    }
    this.#summedFrom = from;
    this.#sum = sum;
    return sum;
  }

  /** What is in it, for a checkpoint. */
  buckets(): Bucket[] {
    return this.#indexes.flatMap((index, slot): Bucket[] => {
      const value = this.#values[slot] ?? 0n;
      return value === 0n ? [] : [[index, value]];
    });
  }

  restore(buckets: readonly Bucket[]): void {
    this.#indexes.fill(Number.NEGATIVE_INFINITY);
    this.#values.fill(0n);
    // Oldest first: of a version with fewer places, some that are long over have the place of others.
    for (const [index, value] of buckets.toSorted(([a], [b]) => a - b)) this.#put(index, value);
  }

  #put(index: number, value: bigint): void {
    const slot = index % this.#indexes.length;
    const present = this.#indexes[slot] as number;
    this.#summedFrom = null;
    if (present < index) {
      // What was there is older than the window. A correction of what is not there any more is none.
      this.#indexes[slot] = index;
      this.#values[slot] = value > 0n ? value : 0n;
      return;
    }
    // The clock went back by more than the window: it counts for longer.
    if (present > index && value < 0n) return;
    this.#values[slot] = (this.#values[slot] as bigint) + value;
  }
}
