// How many records to ask for in one poll. Their size is known only afterwards, so that the maximum of the polls before says it, each
// poll counting half as much as the one after it: a call costs as much as a few records, and so many records of the maximum size that a
// broker takes are too much memory. Pure.

const RECORDS = { min: 16, max: 512 } as const;
/** What a poll may bring, as far as one can tell. */
const BYTES = 2 * 1024 * 1024;
/** Larger records take several times their size until they are written: two batches of them would be too much memory. */
const SMALL_BYTES_MAX = 16_384;

export class PollSize {
  /** Size that a record may have. */
  #recordBytes = BYTES / RECORDS.min;

  get records(): number {
    return Math.max(RECORDS.min, Math.min(RECORDS.max, Math.floor(BYTES / this.#recordBytes)));
  }

  /** Whether there is memory for a second batch. */
  get areSmall(): boolean {
    return this.#recordBytes <= SMALL_BYTES_MAX;
  }

  /** After a poll. */
  brought(records: readonly { readonly value: Uint8Array | null }[]): void {
    if (records.length === 0) return;
    const bytesMax = records.reduce((most, { value }) => Math.max(most, value?.byteLength ?? 0), 1);
    this.#recordBytes = Math.max(bytesMax, this.#recordBytes / 2);
  }
}
