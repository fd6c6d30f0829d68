// Notices that Kafka has lost records which it had acknowledged: the offsets of a partition only grow, so that a delivery
// at an offset that was passed before means another log. It was cut, its topic was made again, or the cluster is another
// one. Pure; what is kept over a restart goes along with the watermark.

/** Topic to the highest acknowledged offset of each partition, by number; null: none yet. */
export type KnownOffsets = Readonly<Record<string, readonly (number | null)[]>>;

/** One partition of a topic has at most this number here; ours have six at most. */
const PARTITIONS_MAX = 1_024;

export type LogLoss = {
  readonly topic: string;
  readonly partition: number;
  /** Highest offset that had been acknowledged, and the one of the delivery that shows the loss. */
  readonly before: number;
  readonly now: number;
};

export class OffsetWatch {
  readonly #highest = new Map<string, (number | null)[]>();

  constructor(known: KnownOffsets = {}) {
    for (const [topic, offsets] of Object.entries(known)) this.#highest.set(topic, [...offsets]);
  }

  /** Notes a delivery. @returns the loss that it shows, once; null for all others */
  delivered(topic: string, partition: number, offset: number): LogLoss | null {
    if (!(offset >= 0) || !(partition >= 0 && partition < PARTITIONS_MAX)) return null;
    let offsets = this.#highest.get(topic);
    if (offsets === undefined) {
      offsets = [];
      this.#highest.set(topic, offsets);
    }
    while (offsets.length <= partition) offsets.push(null);
    const before = offsets[partition] ?? null;
    offsets[partition] = offset;
    return before !== null && offset <= before ? { topic, partition, before, now: offset } : null;
  }

  known(): KnownOffsets {
    return Object.fromEntries([...this.#highest].map(([topic, offsets]) => [topic, [...offsets]]));
  }
}
