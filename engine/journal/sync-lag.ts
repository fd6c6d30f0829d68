// How long the oldest record that is not durable has been waiting, on the monotonic clock. Two times are enough for that: the
// oldest record that the sync under way covers, or waits for one, and the oldest that came after that sync began. Pure.

export class SyncLag {
  #oldestUs: number | null = null;
  #oldestBehindSyncUs: number | null = null;
  #isSyncing = false;

  /** A record is being written. @param nowUs read before the write: a disk that holds up a write is behind as well */
  appended(nowUs: number): void {
    if (this.#isSyncing) this.#oldestBehindSyncUs ??= nowUs;
    else this.#oldestUs ??= nowUs;
  }

  /** The sync that begins covers everything that was appended so far. */
  syncBegan(): void {
    this.#isSyncing = true;
  }

  syncSucceeded(): void {
    this.#isSyncing = false;
    this.#oldestUs = this.#oldestBehindSyncUs;
    this.#oldestBehindSyncUs = null;
  }

  /** 0 when everything is durable. */
  ageMs(nowUs: number): number {
    return this.#oldestUs === null ? 0 : Math.max(0, (nowUs - this.#oldestUs) / 1000);
  }
}
