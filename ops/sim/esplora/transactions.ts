// The transactions of the small Bitcoin, in the mempool and in blocks, and which of them spends which output.

export type Outpoint = { readonly txid: string; readonly vout: number };
export type Output = { readonly address: string; readonly sats: number };

export type Transaction = {
  readonly txid: string;
  readonly input: Outpoint & { readonly prevout: Output };
  readonly outputs: readonly Output[];
  readonly feeSats: number;
  /** Null while it waits in the mempool. */
  readonly height: number | null;
};

const keyOf = ({ txid, vout }: Outpoint): string => `${txid}:${vout}`;

const touches = (transaction: Transaction, address: string): boolean =>
  transaction.input.prevout.address === address || transaction.outputs.some((output) => output.address === address);

export class Transactions {
  readonly #byTxid = new Map<string, Transaction>();
  /** Txids by the output that they spend. */
  readonly #spenders = new Map<string, string>();

  /** Puts one into the mempool. */
  add(transaction: Omit<Transaction, 'height'>): void {
    this.#byTxid.set(transaction.txid, { ...transaction, height: null });
    this.#spenders.set(keyOf(transaction.input), transaction.txid);
  }

  /** What spent its outputs goes with it. */
  remove(txid: string): void {
    const transaction = this.#byTxid.get(txid);
    if (transaction === undefined) return;
    this.#byTxid.delete(txid);
    const spent = keyOf(transaction.input);
    if (this.#spenders.get(spent) === txid) this.#spenders.delete(spent);
    for (const vout of transaction.outputs.keys()) {
      const child = this.#spenders.get(keyOf({ txid, vout }));
      if (child !== undefined) this.remove(child);
    }
  }

  get(txid: string): Transaction | null {
    return this.#byTxid.get(txid) ?? null;
  }

  /** One that is in the mempool. @throws Error when it is not */
  waiting(txid: string): Transaction {
    const transaction = this.#byTxid.get(txid);
    if (transaction === undefined) throw new Error(`there is no transaction ${txid}`);
    if (transaction.height !== null) throw new Error(`transaction ${txid} is confirmed`);
    return transaction;
  }

  /** An output that nothing has spent. @throws Error when it is spent or does not exist */
  unspent(outpoint: Outpoint): Output {
    const output = this.#byTxid.get(outpoint.txid)?.outputs[outpoint.vout];
    if (output === undefined) throw new Error(`there is no output ${keyOf(outpoint)}`);
    if (this.#spenders.has(keyOf(outpoint))) throw new Error(`output ${keyOf(outpoint)} is spent`);
    return output;
  }

  spenderOf(outpoint: Outpoint): Transaction | null {
    return this.get(this.#spenders.get(keyOf(outpoint)) ?? '');
  }

  /** Everything that waits is in the block of this height now. */
  confirmAll(height: number): void {
    for (const [txid, transaction] of this.#byTxid) {
      if (transaction.height === null) this.#byTxid.set(txid, { ...transaction, height });
    }
  }

  /** What was in blocks from this height on waits again. */
  undoFrom(height: number): void {
    for (const [txid, transaction] of this.#byTxid) {
      if ((transaction.height ?? 0) >= height) this.#byTxid.set(txid, { ...transaction, height: null });
    }
  }

  /** Newest first: those that wait, then those in blocks. */
  ofAddress(address: string): readonly Transaction[] {
    const own = [...this.#byTxid.values()].filter((transaction) => touches(transaction, address)).reverse();
    const rank = ({ height }: Transaction): number => height ?? Number.MAX_SAFE_INTEGER;
    return own.sort((a, b) => rank(b) - rank(a));
  }
}
