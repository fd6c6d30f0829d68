// A small Bitcoin: blocks, a mempool, payments, replacement and reorganisation, as far as an Esplora server shows them.
// Deterministic: hashes come from a counter through a hash function that is passed in, time from a clock passed in.
// Every payment has one input of its own and two outputs, the payment and the change. Scripts and signatures are not judged.

export type Hash = (text: string) => string;

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

export type Block = { readonly height: number; readonly hash: string; readonly timeS: number };

export type PayOptions = { readonly address: string; readonly sats: number; readonly feeSats?: number };
export type ReorgOptions = {
  /** Blocks that are undone; one more than these takes their place. */
  readonly depth: number;
  /** Transactions of theirs that are gone for good; the others wait in the mempool again. */
  readonly drop?: readonly string[];
};

export type BitcoinChain = ReturnType<typeof createBitcoinChain>;

export type BitcoinOptions = {
  readonly hash: Hash;
  readonly nowMs: () => number;
  readonly startHeight?: number;
};

const SOMEBODY: Output = { address: 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4', sats: 0 };
const DEFAULT_FEE_SATS = 1410;
const CHANGE_SATS = 150_000;

export function createBitcoinChain({ hash, nowMs, startHeight = 880_000 }: BitcoinOptions) {
  const transactions = new Map<string, Transaction>();
  const spenders = new Map<string, string>();
  const orphans = new Map<string, number>();
  const listeners = new Set<() => void>();
  let counter = 0;
  const blocks: Block[] = [];

  const unique = (what: string): string => hash(`bitcoin ${what} ${counter++}`);
  const keyOf = ({ txid, vout }: Outpoint): string => `${txid}:${vout}`;
  const changed = (): void => {
    for (const listener of listeners) listener();
  };
  const tip = (): Block => blocks.at(-1) ?? { height: startHeight, hash: '', timeS: 0 };
  // Eight zeros in front, as a mined hash has them.
  const newBlock = (height: number): Block => ({
    height,
    hash: unique('block').replace(/^.{8}/, '00000000'),
    timeS: Math.floor(nowMs() / 1000),
  });
  blocks.push(newBlock(startHeight));

  function add(input: Transaction['input'], outputs: readonly Output[], feeSats: number): string {
    const txid = unique('transaction');
    transactions.set(txid, { txid, input, outputs, feeSats, height: null });
    spenders.set(keyOf(input), txid);
    return txid;
  }

  function remove(txid: string): void {
    const transaction = transactions.get(txid);
    if (transaction === undefined) return;
    transactions.delete(txid);
    if (spenders.get(keyOf(transaction.input)) === txid) spenders.delete(keyOf(transaction.input));
    // What spent its outputs goes with it.
    for (const vout of transaction.outputs.keys()) {
      const child = spenders.get(keyOf({ txid, vout }));
      if (child !== undefined) remove(child);
    }
  }

  function waiting(txid: string): Transaction {
    const transaction = transactions.get(txid);
    if (transaction === undefined) throw new Error(`there is no transaction ${txid}`);
    if (transaction.height !== null) throw new Error(`transaction ${txid} is confirmed`);
    return transaction;
  }

  /** Puts a payment into the mempool; gives its txid. */
  function pay({ address, sats, feeSats = DEFAULT_FEE_SATS }: PayOptions): string {
    const prevout = { address: SOMEBODY.address, sats: sats + CHANGE_SATS + feeSats };
    const input = { txid: unique('funding'), vout: 1, prevout };
    const txid = add(
      input,
      [
        { address, sats },
        { address: SOMEBODY.address, sats: CHANGE_SATS },
      ],
      feeSats,
    );
    changed();
    return txid;
  }

  /** Somebody who holds the key spends an output, as the bridge does when it sweeps a deposit address. */
  function spend(outpoint: Outpoint): string {
    const prevout = transactions.get(outpoint.txid)?.outputs[outpoint.vout];
    if (prevout === undefined) throw new Error(`there is no output ${keyOf(outpoint)}`);
    if (spenders.has(keyOf(outpoint))) throw new Error(`output ${keyOf(outpoint)} is spent`);
    const feeSats = Math.min(DEFAULT_FEE_SATS, prevout.sats);
    const txid = add({ ...outpoint, prevout }, [{ address: SOMEBODY.address, sats: prevout.sats - feeSats }], feeSats);
    changed();
    return txid;
  }

  /** Replaces a waiting payment by one from the same input with twice the fee; it may go elsewhere. */
  function replace(txid: string, to: Partial<Output> = {}): string {
    const old = waiting(txid);
    const [first = SOMEBODY, ...others] = old.outputs;
    remove(txid);
    const next = add(old.input, [{ ...first, ...to }, ...others], old.feeSats * 2);
    changed();
    return next;
  }

  /** A waiting payment falls out of the mempool. */
  function drop(txid: string): void {
    waiting(txid);
    remove(txid);
    changed();
  }

  /** Mines blocks; the first one takes everything that waits. */
  function mine(count = 1): Block {
    for (let each = 0; each < count; each += 1) {
      const block = newBlock(tip().height + 1);
      blocks.push(block);
      for (const [txid, transaction] of transactions) {
        if (transaction.height === null) transactions.set(txid, { ...transaction, height: block.height });
      }
    }
    changed();
    return tip();
  }

  function reorg({ depth, drop: gone = [] }: ReorgOptions): Block {
    if (depth < 1 || depth >= blocks.length) throw new Error(`a reorg of ${depth} blocks does not fit the chain`);
    for (const block of blocks.splice(-depth)) orphans.set(block.hash, block.height);
    const undoneFrom = tip().height + 1;
    for (const [txid, transaction] of transactions) {
      if ((transaction.height ?? 0) >= undoneFrom) transactions.set(txid, { ...transaction, height: null });
    }
    for (const txid of gone) remove(txid);
    for (let each = 0; each <= depth; each += 1) blocks.push(newBlock(tip().height + 1));
    changed();
    return tip();
  }

  const touches = (transaction: Transaction, address: string): boolean =>
    transaction.input.prevout.address === address || transaction.outputs.some((output) => output.address === address);

  return {
    pay,
    spend,
    replace,
    drop,
    mine,
    reorg,
    tip,
    blockAt: (height: number): Block | null => blocks.find((block) => block.height === height) ?? null,
    blockByHash: (blockHash: string): Block | null => blocks.find((block) => block.hash === blockHash) ?? null,
    isOrphan: (blockHash: string): boolean => orphans.has(blockHash),
    transaction: (txid: string): Transaction | null => transactions.get(txid) ?? null,
    spenderOf: (outpoint: Outpoint): Transaction | null =>
      transactions.get(spenders.get(keyOf(outpoint)) ?? '') ?? null,
    confirmations: ({ height }: Transaction): number => (height === null ? 0 : tip().height - height + 1),
    /** Newest first: those that wait, then those in blocks. */
    ofAddress(address: string): readonly Transaction[] {
      const own = [...transactions.values()].filter((transaction) => touches(transaction, address)).reverse();
      const rank = ({ height }: Transaction): number => height ?? Number.MAX_SAFE_INTEGER;
      return own.sort((a, b) => rank(b) - rank(a));
    },
    /** Calls back after every change; gives a function that ends it. */
    onChange(listener: () => void): () => void {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
