// The journal, as it lies on the disk.

export type JournalRecord = {
  readonly kind: string;
  readonly fields: Readonly<Record<string, unknown>>;
  /** A power cut cannot take it any more. */
  isDurable(): boolean;
};

export type JournalView = {
  /** `durable`: without what a power cut could take. */
  has(text: string, durable: boolean): boolean;
  /** Records that came since the last call. */
  next(): readonly JournalRecord[];
  /** From the first on; `next` goes on behind them. */
  all(): readonly JournalRecord[];
  /** Ids of the quotes that were signed under a nonce, whether they left or not, with their deadlines. */
  signedUnder(nonce: string): readonly { readonly quoteId: string; readonly deadlineMs: number }[];
  /** When the oldest of what a power cut could take was written, true time; null: nothing. */
  unsyncedSinceUs(): number | null;
};
