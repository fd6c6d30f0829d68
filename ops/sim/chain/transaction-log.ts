// The transactions that the simulated chain knows: names each, keeps the newest up to a bound, and calls back its
// followers for every one, before it is in a block.
import { idOf, type Transaction } from './transaction.ts';

export type TransactionLogOptions = {
  /** Makes the hashes of one chain differ from those of another. */
  readonly seed: string;
  /** The oldest is forgotten beyond these. */
  readonly keepTransactions: number;
};

export class TransactionLog {
  readonly #options: TransactionLogOptions;
  readonly #kept = new Map<string, Transaction>();
  readonly #followers = new Set<(transaction: Transaction) => void>();
  #count = 0;

  constructor(options: TransactionLogOptions) {
    this.#options = options;
  }

  /** Its hash is made up unless it is given. */
  record(fields: Omit<Transaction, 'hash' | 'receiptId'> & { readonly hash?: string }): Transaction {
    const { seed, keepTransactions } = this.#options;
    this.#count += 1;
    const transaction: Transaction = {
      hash: idOf(`tx ${seed} ${this.#count}`),
      receiptId: idOf(`receipt ${seed} ${this.#count}`),
      ...fields,
    };
    this.#kept.set(transaction.hash, transaction);
    if (this.#kept.size > keepTransactions) {
      for (const oldest of this.#kept.keys()) {
        this.#kept.delete(oldest);
        break;
      }
    }
    for (const follower of this.#followers) follower(transaction);
    return transaction;
  }

  get(hash: string): Transaction | undefined {
    return this.#kept.get(hash);
  }

  /** How many there were, forgotten ones included. */
  count(): number {
    return this.#count;
  }

  onTransaction(follower: (transaction: Transaction) => void): () => void {
    this.#followers.add(follower);
    return () => this.#followers.delete(follower);
  }
}
