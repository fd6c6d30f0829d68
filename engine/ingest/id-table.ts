// A set of hashed ids of fixed size: open addressing with linear probing, 4 bytes a slot. Ids are added and never taken out; the
// whole table goes when its ids are old. An id that is in it is always found; one that is not is found with a chance of some
// 10 in 4 thousand million. Pure.

import type { IdHash } from './id-hash.ts';

/** Above this a search for an id that is not in it takes long. */
const FILL_NUMERATOR = 3;
const FILL_DENOMINATOR = 4;

export const idTableLimit = (slots: number): number => Math.floor((slots * FILL_NUMERATOR) / FILL_DENOMINATOR);

export class IdTable {
  readonly slots: number;
  readonly #tags: Uint32Array;
  #count = 0;

  /** @param slots a power of two */
  constructor(slots: number) {
    this.slots = slots;
    this.#tags = new Uint32Array(slots);
  }

  get count(): number {
    return this.#count;
  }

  get isFull(): boolean {
    return this.#count >= idTableLimit(this.slots);
  }

  get bytes(): number {
    return this.#tags.byteLength;
  }

  has(hash: IdHash): boolean {
    return this.#tags[this.#find(hash)] === hash.tag;
  }

  /** Must not be called when it is full. */
  add(hash: IdHash): void {
    this.#tags[this.#find(hash)] = hash.tag;
    this.#count++;
  }

  /** The slot with this tag, or the free one where the search for it ends. */
  #find({ position, tag }: IdHash): number {
    const mask = this.slots - 1;
    let at = position & mask;
    for (let found = this.#tags[at]; found !== 0 && found !== tag; found = this.#tags[at]) at = (at + 1) & mask;
    return at;
  }
}
