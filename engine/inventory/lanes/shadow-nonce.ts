// What shadow quotes would bind under one nonce, had they been signed: the same rule as for live quotes, since at most one of them
// would settle. Pure.

import type { AssetId, NonceText } from '../../../contracts/ids.ts';
import { Heap } from '../../lib/collections/heap.ts';

/** A quote and its places in the heaps. */
type Entry = { readonly units: bigint; readonly deadlineAtMs: number; deadlineAt: number; sizeAt: number };

export class ShadowNonce {
  readonly nonce: NonceText;
  readonly asset: AssetId;
  readonly lane: number;
  readonly #byDeadline = new Heap<Entry>(
    (a, b) => a.deadlineAtMs < b.deadlineAtMs,
    (entry, at) => {
      entry.deadlineAt = at;
    },
  );
  readonly #bySize = new Heap<Entry>(
    (a, b) => a.units > b.units,
    (entry, at) => {
      entry.sizeAt = at;
    },
  );

  constructor(nonce: NonceText, asset: AssetId, lane: number) {
    this.nonce = nonce;
    this.asset = asset;
    this.lane = lane;
  }

  get size(): number {
    return this.#byDeadline.size;
  }

  /** 0 when there is none. */
  get largestUnits(): bigint {
    return this.#bySize.peek()?.units ?? 0n;
  }

  add(units: bigint, deadlineAtMs: number): void {
    const entry: Entry = { units, deadlineAtMs, deadlineAt: 0, sizeAt: 0 };
    this.#byDeadline.push(entry);
    this.#bySize.push(entry);
  }

  /** Takes out at most `most` whose deadline is before `atMs`: at equality the verifier still settles. */
  endBefore(atMs: number, most: number): number {
    let ended = 0;
    for (let first = this.#byDeadline.peek(); first !== undefined && ended < most; first = this.#byDeadline.peek()) {
      if (first.deadlineAtMs >= atMs) break;
      this.#byDeadline.removeAt(first.deadlineAt);
      this.#bySize.removeAt(first.sizeAt);
      ended++;
    }
    return ended;
  }
}
