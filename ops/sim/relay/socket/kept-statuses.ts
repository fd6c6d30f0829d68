// Statuses that the relay keeps for one instance of a solver until they are acknowledged, over its connections. Pure.
import type { QuoteStatus } from '../../../../contracts/wire/relay.ts';
import type { Shape } from '../frames.ts';

export type KeptStatus = { readonly seq: number; readonly shape: Shape; readonly status: QuoteStatus };

/** The real one keeps them for seven days; this many are more than a test settles. */
const KEPT_MAX = 100_000;

export class StatusQueue {
  readonly #kept = new Map<number, KeptStatus>();
  #lastSeq = 0;

  add(shape: Shape, status: QuoteStatus): void {
    const seq = ++this.#lastSeq;
    this.#kept.set(seq, { seq, shape, status });
    if (this.#kept.size > KEPT_MAX) this.#kept.delete(seq - KEPT_MAX);
  }

  acknowledge(seq: number): boolean {
    return this.#kept.delete(seq);
  }

  /** Oldest first. */
  *after(seq: number): Iterable<KeptStatus> {
    for (const kept of this.#kept.values()) if (kept.seq > seq) yield kept;
  }

  get size(): number {
    return this.#kept.size;
  }
}

/** A queue begins with the first subscription of its instance, and is there from then on. */
export class StatusQueues {
  readonly #queues = new Map<string, StatusQueue>();

  of(instanceId: string): StatusQueue {
    const known = this.#queues.get(instanceId) ?? new StatusQueue();
    this.#queues.set(instanceId, known);
    return known;
  }

  add(shape: Shape, status: QuoteStatus): void {
    for (const queue of this.#queues.values()) queue.add(shape, status);
  }

  /** Statuses that are not acknowledged, of all instances. */
  kept(): number {
    let kept = 0;
    for (const queue of this.#queues.values()) kept += queue.size;
    return kept;
  }
}
