// Whether a message is held up by its topic, or all of Kafka is away. Kafka's client says nothing about a partition that has
// no leader: its messages wait, without an end, and so would everything behind them. What tells the two apart is what is
// delivered meanwhile. Pure; monotonic time.

/** A topic is left aside when its oldest message has waited this long; others are not held up for longer. */
export const STALL_MS = 10_000;
/** For how long others were delivered meanwhile. */
const MEANWHILE_US = 3_000_000;
/** Health records alone make a delivery every five seconds; a longer gap means that Kafka was away. */
const GAP_US = 6_000_000;

export class DeliveryFlow {
  readonly #lastOfLineUs = new Map<number, number>();
  #runStartUs = Number.NEGATIVE_INFINITY;
  #lastUs = Number.NEGATIVE_INFINITY;

  /** Something of this line (a topic, by number) was delivered. */
  delivered(line: number, nowUs: number): void {
    if (nowUs - this.#lastUs > GAP_US) this.#runStartUs = nowUs;
    this.#lastUs = nowUs;
    this.#lastOfLineUs.set(line, nowUs);
  }

  /** A message that was handed over at `begunUs` is still there. */
  isOverdue(begunUs: number, nowUs: number): boolean {
    return nowUs - begunUs >= STALL_MS * 1000;
  }

  /**
   * Others were delivered for a while since then, without a long gap. After an outage what waited longest is delivered a
   * moment later than some of the rest, so that only what came after the outage counts.
   */
  wentOnSince(begunUs: number): boolean {
    return this.#lastUs - Math.max(begunUs, this.#runStartUs) >= MEANWHILE_US;
  }

  /** A line that has nothing outstanding now had a delivery since then: for when no more can be handed over. */
  isEmptiedSince(begunUs: number, outstanding: ReadonlySet<number>): boolean {
    for (const [line, lastUs] of this.#lastOfLineUs) if (lastUs >= begunUs && !outstanding.has(line)) return true;
    return false;
  }
}
