// A queue of bounded size that never moves its elements: the newest go in at one end, the oldest come out at the other.
// Pure. The capacity is rounded up to a power of two, so that a place is a mask away.

export class Ring<T> {
  readonly #slots: (T | undefined)[];
  readonly #mask: number;
  #head = 0;
  #size = 0;

  constructor(capacityMin: number) {
    const capacity = 2 ** Math.ceil(Math.log2(Math.max(1, capacityMin)));
    this.#slots = new Array<T | undefined>(capacity).fill(undefined);
    this.#mask = capacity - 1;
  }

  get size(): number {
    return this.#size;
  }

  get capacity(): number {
    return this.#slots.length;
  }

  /** Adds the newest; false, and nothing added, when the ring is full. */
  push(item: T): boolean {
    if (this.#size === this.#slots.length) return false;
    this.#slots[(this.#head + this.#size) & this.#mask] = item;
    this.#size++;
    return true;
  }

  /** Takes the oldest out; undefined when the ring is empty. */
  shift(): T | undefined {
    if (this.#size === 0) return undefined;
    const item = this.#slots[this.#head];
    // The slot is cleared so that the ring does not keep the item alive.
    this.#slots[this.#head] = undefined;
    this.#head = (this.#head + 1) & this.#mask;
    this.#size--;
    return item;
  }

  /** The element `index` places after the oldest; undefined outside the ring. */
  at(index: number): T | undefined {
    if (index < 0 || index >= this.#size) return undefined;
    return this.#slots[(this.#head + index) & this.#mask];
  }

  clear(): void {
    this.#slots.fill(undefined);
    this.#head = 0;
    this.#size = 0;
  }
}
