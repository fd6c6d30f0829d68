// Quote ids for which a command was recorded, so that none of them is signed for a second time, for a day at least. 64-bit
// hashes in tables of growing size: a new one when the newest is full or spans many hours, the oldest goes when its newest id
// is a day old. Sized for 2,000 ids a second all day (173 million ids, 0.95 GiB); at a few a second it takes some megabytes.
// When nothing more fits, nothing may be signed: `isFull` is a hold. Pure.
//
// Ages are measured on the monotonic clock. What has not been written to disk yet is given out as batches; see signed-id-store.ts.

import { hashId, type IdHash, type IdSeed } from './id-hash.ts';
import { IdTable } from './id-table.ts';

export const SIGNED_ID_AGE_US = 86_400_000_000;
/** Of all tables together. */
export const SIGNED_IDS_BYTES_MAX = 1024 ** 3;
const SLOT_BYTES = 4;
const SLOTS_MIN = 2 ** 14;
export const SLOTS_MAX = 2 ** 23;
/** From one table to the next: the number of tables, each of which is searched, stays at some 40. */
const GROWTH = 4;
/** A table that is full within this time is followed by a larger one. */
const FILLED_FAST_US = 3_600_000_000;
/** A table takes no more ids when it is this old: all of it is kept for a day after that. */
const SPAN_MAX_US = 6 * 3_600_000_000;

/** Position and tag in turn: many of them, 16 bytes each. */
export type FlatHashes = readonly number[];

/** The ids of one table that are not known to be on disk. */
export type IdBatch = {
  /** Number of the table. */
  readonly table: number;
  readonly slots: number;
  readonly newestUs: number;
  readonly hashes: FlatHashes;
};

/** What a table holds, on disk or not. */
export type IdTableSummary = { readonly table: number; readonly ids: number; readonly newestUs: number };

type Entry = {
  readonly number: number;
  readonly ids: IdTable;
  readonly openedUs: number;
  newestUs: number;
  /** Not given out as a batch yet. */
  unsaved: number[];
};

/** A table as it was read from disk. */
type StoredIds = {
  readonly table: number;
  readonly slots: number;
  readonly hashes: Iterable<IdHash>;
  readonly newestUs: number;
};

export type SignedIdsCounts = {
  readonly ids: number;
  readonly tables: number;
  readonly bytes: number;
  readonly bytesMax: number;
};

export class SignedIds {
  readonly seed: IdSeed;
  readonly #bytesMax: number;
  readonly #slotsMin: number;
  /** Oldest first. */
  #entries: Entry[] = [];
  #nextNumber = 1;
  #unsavedCount = 0;

  constructor(seed: IdSeed, over: { readonly bytesMax?: number; readonly slotsMin?: number } = {}) {
    this.seed = seed;
    this.#bytesMax = over.bytesMax ?? SIGNED_IDS_BYTES_MAX;
    this.#slotsMin = over.slotsMin ?? SLOTS_MIN;
  }

  has(id: string): boolean {
    return this.#has(hashId(id, this.seed));
  }

  /** @returns false when there is no room: the id is not remembered */
  add(id: string, atUs: number): boolean {
    const hash = hashId(id, this.seed);
    if (this.#has(hash)) return true;
    const entry = this.#entryFor(atUs);
    if (entry === null) return false;
    entry.ids.add(hash);
    entry.unsaved.push(hash.position, hash.tag);
    this.#unsavedCount++;
    entry.newestUs = Math.max(entry.newestUs, atUs);
    return true;
  }

  /** Whether the next id could not be remembered. */
  isFull(nowUs: number): boolean {
    return this.#room(nowUs) === null;
  }

  /** The ids that were added since the last call. */
  takeUnsaved(): IdBatch[] {
    this.#unsavedCount = 0;
    return this.#entries.flatMap((entry) => {
      if (entry.unsaved.length === 0) return [];
      const { number: table, ids, newestUs, unsaved: hashes } = entry;
      entry.unsaved = [];
      return [{ table, slots: ids.slots, newestUs, hashes }];
    });
  }

  /** Tables come oldest first. */
  restore({ table, slots, hashes, newestUs }: StoredIds): void {
    const ids = new IdTable(slots);
    for (const hash of hashes) if (!ids.isFull && !ids.has(hash)) ids.add(hash);
    this.#entries.push({ number: table, ids, openedUs: newestUs, newestUs, unsaved: [] });
    this.skip(table);
  }

  /** Ids that `takeUnsaved` would give. */
  get unsavedCount(): number {
    return this.#unsavedCount;
  }

  /** No table is made under this number. */
  skip(table: number): void {
    this.#nextNumber = Math.max(this.#nextNumber, table + 1);
  }

  /**
   * Forgets tables of which every id is older than a day. @returns their numbers
   * @param mayForget whether what else is known of the table allows it
   */
  expire(nowUs: number, mayForget: (table: number) => boolean = () => true): number[] {
    const old = this.#entries.filter(
      ({ number, newestUs }) => nowUs - newestUs > SIGNED_ID_AGE_US && mayForget(number),
    );
    if (old.length > 0) this.#entries = this.#entries.filter((entry) => !old.includes(entry));
    return old.map(({ number }) => number);
  }

  tables(): IdTableSummary[] {
    return this.#entries.map(({ number, ids, newestUs }) => ({ table: number, ids: ids.count, newestUs }));
  }

  counts(): SignedIdsCounts {
    let ids = 0;
    let bytes = 0;
    for (const entry of this.#entries) {
      ids += entry.ids.count;
      bytes += entry.ids.bytes;
    }
    return { ids, tables: this.#entries.length, bytes, bytesMax: this.#bytesMax };
  }

  #has(hash: IdHash): boolean {
    for (const { ids } of this.#entries) if (ids.has(hash)) return true;
    return false;
  }

  /** The table that takes the next id: the newest, or a new one; null when there is no room for that. */
  #entryFor(atUs: number): Entry | null {
    const room = this.#room(atUs);
    if (room === null || typeof room !== 'number') return room;
    const entry: Entry = {
      number: this.#nextNumber++,
      ids: new IdTable(room),
      openedUs: atUs,
      newestUs: atUs,
      unsaved: [],
    };
    this.#entries.push(entry);
    return entry;
  }

  /** The table with room, or the slots of the one that would have to be made; null when it would be too much. */
  #room(nowUs: number): Entry | number | null {
    const newest = this.#entries.at(-1);
    if (newest === undefined) return this.#slotsMin;
    const isOld = nowUs - newest.openedUs > SPAN_MAX_US;
    if (!newest.ids.isFull && !isOld) return newest;
    const bytesLeft = this.#bytesMax - this.counts().bytes;
    let slots = this.#nextSlots(newest, nowUs);
    while (slots * SLOT_BYTES > bytesLeft) slots /= GROWTH;
    if (slots >= this.#slotsMin) return slots;
    // No room for another: the old one takes what still fits.
    return newest.ids.isFull ? null : newest;
  }

  #nextSlots({ ids, openedUs }: Entry, nowUs: number): number {
    if (!ids.isFull) return Math.max(this.#slotsMin, ids.slots / GROWTH);
    return nowUs - openedUs < FILLED_FAST_US ? Math.min(SLOTS_MAX, ids.slots * GROWTH) : ids.slots;
  }
}
