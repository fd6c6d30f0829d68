// A Map for tens of thousands of entries that come and go all the time. It behaves like a Map, order included, but consists of many
// small ones and of pages (pages.ts says why), and no call takes as long as there are entries: a Map is rebuilt as a whole now and then.
// Pure.

import { Pages } from './pages.ts';

/** With a million entries a part has a thousand. Made when they are needed. */
const PARTS = 1_024;
/** Of a longer key the end decides. */
const HASHED_CHARS_MAX = 64;

/** Keys that others choose may fall into one part: that is a Map of the common kind. */
function partOf(key: string): number {
  let hash = 0;
  for (let at = Math.max(0, key.length - HASHED_CHARS_MAX); at < key.length; at++) {
    hash = (Math.imul(hash, 31) + key.charCodeAt(at)) | 0;
  }
  return (hash ^ (hash >>> 10) ^ (hash >>> 20)) & (PARTS - 1);
}

export class LongMap<Key extends string, Value extends NonNullable<unknown>> {
  readonly #indexes = new Array<Map<Key, number> | undefined>(PARTS).fill(undefined);
  readonly #keys = new Pages<Key>();
  readonly #values = new Pages<Value>();

  get size(): number {
    return this.#keys.size;
  }

  has(key: Key): boolean {
    return this.#indexes[partOf(key)]?.has(key) ?? false;
  }

  get(key: Key): Value | undefined {
    const index = this.#indexes[partOf(key)]?.get(key);
    return index === undefined ? undefined : this.#values.at(index);
  }

  /** A new key comes last, one that is there keeps its turn. */
  set(key: Key, value: Value): void {
    const part = partOf(key);
    let indexes = this.#indexes[part];
    if (indexes === undefined) {
      indexes = new Map();
      this.#indexes[part] = indexes;
    }
    const index = indexes.get(key);
    if (index !== undefined) {
      this.#values.replaceAt(index, value);
      return;
    }
    this.#keys.add(key);
    indexes.set(key, this.#values.add(value));
  }

  delete(key: Key): boolean {
    const indexes = this.#indexes[partOf(key)];
    const index = indexes?.get(key);
    if (indexes === undefined || index === undefined) return false;
    indexes.delete(key);
    this.#keys.removeAt(index);
    this.#values.removeAt(index);
    return true;
  }

  /** In the order in which they were added; entries may come and go meanwhile. */
  *entries(): IterableIterator<[Key, Value]> {
    for (const key of this.#keys) {
      const value = this.get(key);
      if (value !== undefined) yield [key, value];
    }
  }

  /** As `entries`. */
  values(): IterableIterator<Value> {
    return this.#values[Symbol.iterator]();
  }
}
