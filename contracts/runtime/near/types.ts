// What several readers of the chain speak of.

/** A final block: its time is the chain's, not ours. */
export type FinalBlock = { readonly height: number; readonly hash: string; readonly timeMs: number };

/** One intent that a transaction executed. `intentHash` is our `quoteHash` when the intent is one of our quotes. */
export type ExecutedIntent = { readonly intentHash: string; readonly accountId: string; readonly nonce: string };
