// A binary heap: the first item by an order that does not change while the item is in it. Each item knows where it is, so
// that it can be taken out from anywhere. The tree is one of numbers, and the items lie in pages: pages.ts says why.

import { Pages } from './pages.ts';

const CAPACITY_MIN = 16;

export class Heap<Item extends NonNullable<unknown>> {
  readonly #items = new Pages<Item>();
  /** Indexes of the items, as a tree; its length is that of the tree at least. */
  #tree = new Float64Array(CAPACITY_MIN);
  readonly #isBefore: (item: Item, other: Item) => boolean;
  readonly #place: (item: Item, at: number) => void;

  /** @param place remembers the position of an item, for `removeAt` */
  constructor(isBefore: (item: Item, other: Item) => boolean, place: (item: Item, at: number) => void) {
    this.#isBefore = isBefore;
    this.#place = place;
  }

  get size(): number {
    return this.#items.size;
  }

  peek(): Item | undefined {
    return this.#at(0);
  }

  push(item: Item): void {
    const at = this.size;
    if (at === this.#tree.length) this.#resize(2 * at);
    this.#up(item, this.#items.add(item), at);
  }

  removeAt(at: number): void {
    const last = this.size - 1;
    if (at < 0 || at > last) return;
    const moved = this.#at(last);
    const movedIndex = this.#tree[last] as number;
    const removed = this.#at(at);
    this.#items.removeAt(this.#tree[at] as number);
    if (last * 4 < this.#tree.length && this.#tree.length > CAPACITY_MIN) this.#resize(this.#tree.length / 2);
    if (moved === undefined || removed === undefined || at === last) return;
    if (this.#isBefore(moved, removed)) this.#up(moved, movedIndex, at);
    else this.#down(moved, movedIndex, at);
  }

  #at(at: number): Item | undefined {
    return at < this.size ? this.#items.at(this.#tree[at] as number) : undefined;
  }

  #set(item: Item, index: number, at: number): void {
    this.#tree[at] = index;
    this.#place(item, at);
  }

  #up(item: Item, index: number, from: number): void {
    let at = from;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = this.#at(above);
      if (parent === undefined || !this.#isBefore(item, parent)) break;
      this.#set(parent, this.#tree[above] as number, at);
      at = above;
    }
    this.#set(item, index, at);
  }

  #down(item: Item, index: number, from: number): void {
    let at = from;
    for (;;) {
      const left = 2 * at + 1;
      const leftItem = this.#at(left);
      if (leftItem === undefined) break;
      const rightItem = this.#at(left + 1);
      const goesRight = rightItem !== undefined && this.#isBefore(rightItem, leftItem);
      const child = goesRight ? rightItem : leftItem;
      if (!this.#isBefore(child, item)) break;
      const childAt = goesRight ? left + 1 : left;
      this.#set(child, this.#tree[childAt] as number, at);
      at = childAt;
    }
    this.#set(item, index, at);
  }

  #resize(capacity: number): void {
    const tree = new Float64Array(capacity);
    tree.set(this.#tree.subarray(0, this.size));
    this.#tree = tree;
  }
}
