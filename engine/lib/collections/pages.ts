// Items in order of arrival, each under an index that stays its own, in pages of bounded size: for collections that live long, grow to
// many thousands and change all the time. The garbage collector looks through an object as a whole when it was written to since it last
// looked, and stops the process for what was written meanwhile: of an array or a Map of 70,000 quotes that is milliseconds, several times a
// second. Here it is a page or two. Pure.

const PAGE_ITEMS = 128;

type Page<T> = { readonly items: (T | undefined)[]; left: number };

export class Pages<T extends NonNullable<unknown>> {
  /** By number, in order; without those that are empty. */
  readonly #pages = new Map<number, Page<T>>();
  #last: Page<T> | null = null;
  #next = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** @returns the item's index: one more than that of the item before, and never given again */
  add(item: T): number {
    const index = this.#next++;
    const page = index % PAGE_ITEMS === 0 ? this.#begin(index / PAGE_ITEMS) : this.#last;
    page?.items.push(item);
    if (page !== null) page.left++;
    this.#size++;
    return index;
  }

  at(index: number): T | undefined {
    return this.#pages.get(Math.floor(index / PAGE_ITEMS))?.items[index % PAGE_ITEMS];
  }

  /** Puts another item in the place of one that is there; false when there is none. */
  replaceAt(index: number, item: T): boolean {
    const page = this.#pages.get(Math.floor(index / PAGE_ITEMS));
    if (page?.items[index % PAGE_ITEMS] === undefined) return false;
    page.items[index % PAGE_ITEMS] = item;
    return true;
  }

  /** Takes the item out; false when there is none. */
  removeAt(index: number): boolean {
    const number = Math.floor(index / PAGE_ITEMS);
    const page = this.#pages.get(number);
    if (page?.items[index % PAGE_ITEMS] === undefined) return false;
    page.items[index % PAGE_ITEMS] = undefined;
    page.left--;
    this.#size--;
    if (page.left === 0 && page !== this.#last) this.#pages.delete(number);
    return true;
  }

  /** In order. Items may come and go meanwhile, as with those of a Set. */
  *[Symbol.iterator](): IterableIterator<T> {
    for (const { items } of this.#pages.values()) {
      for (let at = 0; at < items.length; at++) {
        const item = items[at];
        if (item !== undefined) yield item;
      }
    }
  }

  #begin(number: number): Page<T> {
    if (this.#last?.left === 0) this.#pages.delete(number - 1);
    const page = { items: [], left: 0 };
    this.#pages.set(number, page);
    this.#last = page;
    return page;
  }
}
