// A binary heap: the first item by an order that does not change while the item is in it. Each item knows where it is, so
// that it can be taken out from anywhere.

export class Heap<Item> {
  readonly #items: Item[] = [];
  readonly #isBefore: (item: Item, other: Item) => boolean;
  readonly #place: (item: Item, at: number) => void;

  /** @param place remembers the position of an item, for `removeAt` */
  constructor(isBefore: (item: Item, other: Item) => boolean, place: (item: Item, at: number) => void) {
    this.#isBefore = isBefore;
    this.#place = place;
  }

  get size(): number {
    return this.#items.length;
  }

  peek(): Item | undefined {
    return this.#items[0];
  }

  push(item: Item): void {
    this.#items.push(item);
    this.#up(item, this.#items.length - 1);
  }

  removeAt(at: number): void {
    const removed = this.#items[at];
    const last = this.#items.pop();
    if (removed === undefined || last === undefined || removed === last) return;
    if (this.#isBefore(last, removed)) this.#up(last, at);
    else this.#down(last, at);
  }

  #set(item: Item, at: number): void {
    this.#items[at] = item;
    this.#place(item, at);
  }

  #up(item: Item, from: number): void {
    let at = from;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = this.#items[above];
      if (parent === undefined || !this.#isBefore(item, parent)) break;
      this.#set(parent, at);
      at = above;
    }
    this.#set(item, at);
  }

  #down(item: Item, from: number): void {
    const items = this.#items;
    let at = from;
    for (;;) {
      const left = items[2 * at + 1];
      if (left === undefined) break;
      const right = items[2 * at + 2];
      const goesRight = right !== undefined && this.#isBefore(right, left);
      const child = goesRight ? right : left;
      if (!this.#isBefore(child, item)) break;
      this.#set(child, at);
      at = 2 * at + (goesRight ? 2 : 1);
    }
    this.#set(item, at);
  }
}
