// A small Bitcoin: blocks, a mempool, payments, replacement and reorganisation, as far as an Esplora server shows them.
// Deterministic: hashes come from a counter through a hash function that is passed in, time from a clock passed in.
// Every payment has one input of its own, and the change as its last output. Scripts and signatures are not judged.

import { type Block, Blocks } from './blocks.ts';
import { type Outpoint, type Output, type Transaction, Transactions } from './transactions.ts';

export type Hash = (text: string) => string;

export type PayOptions = {
  readonly address: string;
  readonly sats: number;
  readonly feeSats?: number;
  /** Further outputs, after the first and before the change. */
  readonly also?: readonly Output[];
};
export type ReorgOptions = {
  /** Blocks that are undone; one more than these takes their place. */
  readonly depth: number;
  /** Transactions of theirs that are gone for good; the others wait in the mempool again. */
  readonly drop?: readonly string[];
};

export type BitcoinOptions = {
  readonly hash: Hash;
  readonly nowMs: () => number;
  readonly startHeight?: number;
};

const SOMEBODY: Output = { address: 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4', sats: 0 };
const DEFAULT_FEE_SATS = 1410;
const CHANGE_SATS = 150_000;

/** What a server shows of the chain. */
export type ChainView = Pick<
  BitcoinChain,
  'tip' | 'blockAt' | 'blockByHash' | 'isOrphan' | 'transaction' | 'spenderOf' | 'ofAddress'
>;

export function createBitcoinChain(options: BitcoinOptions): BitcoinChain {
  return new BitcoinChain(options);
}

export class BitcoinChain {
  readonly #hash: Hash;
  readonly #blocks: Blocks;
  readonly #transactions = new Transactions();
  readonly #listeners = new Set<() => void>();
  #counter = 0;

  constructor({ hash, nowMs, startHeight = 880_000 }: BitcoinOptions) {
    this.#hash = hash;
    this.#blocks = new Blocks({ unique: (what) => this.#unique(what), nowMs, startHeight });
  }

  /** Puts a payment into the mempool; gives its txid. */
  pay({ address, sats, feeSats = DEFAULT_FEE_SATS, also = [] }: PayOptions): string {
    const outputs = [{ address, sats }, ...also, { address: SOMEBODY.address, sats: CHANGE_SATS }];
    const spentSats = outputs.reduce((sum, output) => sum + output.sats, feeSats);
    const prevout = { address: SOMEBODY.address, sats: spentSats };
    const input = { txid: this.#unique('funding'), vout: 1, prevout };
    const txid = this.#add(input, outputs, feeSats);
    this.#changed();
    return txid;
  }

  /** Somebody who holds the key spends an output, as the bridge does when it sweeps a deposit address. */
  spend(outpoint: Outpoint): string {
    const prevout = this.#transactions.unspent(outpoint);
    const feeSats = Math.min(DEFAULT_FEE_SATS, prevout.sats);
    const outputs = [{ address: SOMEBODY.address, sats: prevout.sats - feeSats }];
    const txid = this.#add({ ...outpoint, prevout }, outputs, feeSats);
    this.#changed();
    return txid;
  }

  /** Replaces a waiting payment by one from the same input with twice the fee; it may go elsewhere. */
  replace(txid: string, to: Partial<Output> = {}): string {
    const old = this.#transactions.waiting(txid);
    const [first = SOMEBODY, ...others] = old.outputs;
    this.#transactions.remove(txid);
    const next = this.#add(old.input, [{ ...first, ...to }, ...others], old.feeSats * 2);
    this.#changed();
    return next;
  }

  /** A waiting payment falls out of the mempool. */
  drop(txid: string): void {
    this.#transactions.waiting(txid);
    this.#transactions.remove(txid);
    this.#changed();
  }

  /** Mines blocks; the first one takes everything that waits. */
  mine(count = 1): Block {
    for (let each = 0; each < count; each += 1) this.#transactions.confirmAll(this.#blocks.append().height);
    this.#changed();
    return this.tip();
  }

  reorg({ depth, drop = [] }: ReorgOptions): Block {
    this.#transactions.undoFrom(this.#blocks.undo(depth));
    for (const txid of drop) this.#transactions.remove(txid);
    for (let each = 0; each <= depth; each += 1) this.#blocks.append();
    this.#changed();
    return this.tip();
  }

  tip(): Block {
    return this.#blocks.tip();
  }

  blockAt(height: number): Block | null {
    return this.#blocks.at(height);
  }

  blockByHash(hash: string): Block | null {
    return this.#blocks.byHash(hash);
  }

  isOrphan(blockHash: string): boolean {
    return this.#blocks.isOrphan(blockHash);
  }

  transaction(txid: string): Transaction | null {
    return this.#transactions.get(txid);
  }

  spenderOf(outpoint: Outpoint): Transaction | null {
    return this.#transactions.spenderOf(outpoint);
  }

  /** As a server shows it that has not met the newest blocks: what is in them still waits there. */
  behind(blocks: number): ChainView {
    if (blocks <= 0) return this;
    const top = Math.max(this.#blocks.first().height, this.tip().height - blocks);
    const block = this.#blocks.at(top) ?? this.tip();
    const within = <T extends Block>(each: T | null): T | null => (each === null || each.height > top ? null : each);
    const seen = (each: Transaction): Transaction =>
      each.height !== null && each.height > top ? { ...each, height: null } : each;
    const seenOrNull = (each: Transaction | null): Transaction | null => (each === null ? null : seen(each));
    return {
      tip: () => block,
      blockAt: (height) => within(this.blockAt(height)),
      blockByHash: (hash) => within(this.blockByHash(hash)),
      isOrphan: (hash) => this.isOrphan(hash),
      transaction: (txid) => seenOrNull(this.transaction(txid)),
      spenderOf: (outpoint) => seenOrNull(this.spenderOf(outpoint)),
      ofAddress: (address) => this.ofAddress(address).map(seen),
    };
  }

  confirmations({ height }: Transaction): number {
    return height === null ? 0 : this.tip().height - height + 1;
  }

  /** Newest first: those that wait, then those in blocks. */
  ofAddress(address: string): readonly Transaction[] {
    return this.#transactions.ofAddress(address);
  }

  /** Calls back after every change; gives a function that ends it. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #add(input: Transaction['input'], outputs: readonly Output[], feeSats: number): string {
    const txid = this.#unique('transaction');
    this.#transactions.add({ txid, input, outputs, feeSats });
    return txid;
  }

  #unique(what: string): string {
    return this.#hash(`bitcoin ${what} ${this.#counter++}`);
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}
