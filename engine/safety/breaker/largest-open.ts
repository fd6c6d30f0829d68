// The maximum value of the quotes whose deadline is not over. Kept are only those that can still become the maximum: in order of
// their deadlines, each worth less than the one before. Deadlines are rounded up, so there are at most as many as MAX_QUOTE_LIFETIME_MS
// (at most 600 s) has steps, some 120, however many quotes are live. Pure.

const STEP_MS = 5_000;

/** End of the step in which the deadline lies, and the maximum value until then. */
export type Step = readonly [endMs: number, valueE18: bigint];

export class LargestOpen {
  readonly #endsMs: number[] = [];
  readonly #values: bigint[] = [];

  /** 0 when there is none. */
  get largest(): bigint {
    return this.#values[0] ?? 0n;
  }

  add(deadlineAtMs: number, value: bigint): void {
    this.#put(Math.ceil(deadlineAtMs / STEP_MS) * STEP_MS, value);
  }

  /** Quotes whose deadline is before this are over. */
  endBefore(atMs: number): void {
    let over = 0;
    while (over < this.#endsMs.length && (this.#endsMs[over] as number) < atMs) over++;
    if (over === 0) return;
    this.#endsMs.splice(0, over);
    this.#values.splice(0, over);
  }

  /** What is in it, for a checkpoint. */
  steps(): Step[] {
    return this.#endsMs.map((endMs, index): Step => [endMs, this.#values[index] ?? 0n]);
  }

  restore(steps: readonly Step[]): void {
    for (const [endMs, value] of steps) this.#put(endMs, value);
  }

  #put(endMs: number, value: bigint): void {
    const ends = this.#endsMs;
    const values = this.#values;
    // Most deadlines are the latest so far, or in its step.
    let after = ends.length;
    while (after > 0 && (ends[after - 1] as number) > endMs) after--;
    if (after < ends.length && (values[after] as bigint) >= value) return;
    if (after > 0 && ends[after - 1] === endMs && (values[after - 1] as bigint) >= value) return;
    let from = after;
    while (from > 0 && (values[from - 1] as bigint) <= value) from--;
    if (after === ends.length) {
      ends.length = from;
      values.length = from;
      ends.push(endMs);
      values.push(value);
      return;
    }
    ends.splice(from, after - from, endMs);
    values.splice(from, after - from, value);
  }
}
