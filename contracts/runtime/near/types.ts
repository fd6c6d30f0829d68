// What several readers of the chain speak of.

/** A final block: its time is the chain's, not ours. */
export type FinalBlock = { readonly height: number; readonly hash: string; readonly timeMs: number };

/** A final block that something on record was read at; of some only height and time are. */
export type KnownBlock = Omit<FinalBlock, 'hash'> & { readonly hash: string | null };

/** One intent that a transaction executed. `intentHash` is our `quoteHash` when the intent is one of our quotes. */
export type ExecutedIntent = { readonly intentHash: string; readonly accountId: string; readonly nonce: string };
