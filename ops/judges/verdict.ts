// What a judge found of one thing.

/** One thing that was judged; `fault` says what is wrong with it. */
export type Verdict = { readonly name: string; readonly fault: string | null };
