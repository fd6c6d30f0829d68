// The simulated chain: a block a second on the clock that it was given, the verifier's state of the last blocks, and
// transactions. What is executed runs at once on the newest state and lands in the next block; a view at `final` sees it
// when that block is two behind the newest.
//
// Blocks are made when somebody looks: no timer runs. Time that passed unseen makes as many blocks as it holds, of which
// only the last ones are kept.
import type { SimulateVerdict } from '../verifier/batch.ts';
import type { Envelope } from '../verifier/envelope.ts';
import { emptyState, type VerifierState } from '../verifier/state.ts';
import { type Block, Blocks } from './blocks.ts';
import type { SimClock } from './clock.ts';
import { Contract, type Signed } from './contract.ts';
import * as controls from './controls.ts';
import { digestOf, type Transaction } from './transaction.ts';
import { TransactionLog } from './transaction-log.ts';

export type ChainOptions = {
  readonly clock: Pick<SimClock, 'nowMs'>;
  readonly blockMs?: number;
  /** Blocks between the newest and the final one. */
  readonly finalLag?: number;
  readonly keepBlocks?: number;
  readonly keepTransactions?: number;
  readonly firstHeight?: number;
  readonly saltHex?: string;
  readonly feePips?: number;
};

type Finality = 'final' | 'near-final' | 'optimistic';

export type SimChain = {
  /** Newest block, the last but one, or the final one. */
  blockAt(finality: Finality): Block;
  /** By height or hash; nothing when it is unknown or forgotten. */
  block(id: number | string): Block | undefined;
  /** State that the next block will hold. */
  state(): VerifierState;
  /** `execute_intents` of a batch by some account. A refusal is a failed transaction. @param hash of its transaction; made up by default */
  execute(envelopes: readonly Envelope[], signerId: string, hash?: string): Transaction;
  /** `simulate_intents` on the newest block: what is not in a block yet, no node can know of. */
  simulate(envelopes: readonly Envelope[]): SimulateVerdict;
  /** Why executing the batch on the newest block would fail; undefined when it would not. */
  refusal(envelopes: readonly Envelope[]): string | undefined;
  transaction(hash: string): Transaction | undefined;
  /** By account and key, the nonce of the last transaction that was signed with it. */
  readonly accessNonces: Map<string, bigint>;
  /** What the verifier has paid for at the Omni bridge and not used. */
  readonly omniStorage: { availableYocto: bigint };
  /** Any change by other means than signed intents, as a transaction. */
  apply(methodName: string, control: controls.Control, by?: Signed): Transaction;
  credit(accountId: string, tokenId: string, units: bigint): Transaction;
  withdraw(accountId: string, tokenId: string, units: bigint): Transaction;
  registerKey(accountId: string, publicKey: string): Transaction;
  removeKey(accountId: string, publicKey: string): Transaction;
  lockAccount(accountId: string): Transaction;
  unlockAccount(accountId: string): Transaction;
  setFee(feePips: number): Transaction;
  /** Gives the new salt. */
  rotateSalt(): string;
  invalidateSalt(saltHex: string): Transaction;
  cleanUpNonces(accountId: string, noncesHex: readonly string[]): Transaction;
  /** Makes blocks now, so that what was done becomes final without waiting. */
  mine(blocks: number): void;
  /** Milliseconds until the next block is due; it is made when somebody looks then. */
  untilNextBlockMs(): number;
  /** Calls back when blocks were made; gives the function that ends it. */
  onBlock(listener: () => void): () => void;
  /** Calls back for every transaction, before it is in a block; gives the function that ends it. */
  onTransaction(listener: (transaction: Transaction) => void): () => void;
};

const DEFAULTS = {
  blockMs: 1000,
  finalLag: 2,
  keepBlocks: 600,
  keepTransactions: 100_000,
  firstHeight: 170_000_000,
  saltHex: '252812b3',
  feePips: 1,
};

export function startChain(options: ChainOptions): SimChain {
  const { clock } = options;
  const finalLag = options.finalLag ?? DEFAULTS.finalLag;
  const seed = `${clock.nowMs()}`;
  const blocks = new Blocks({
    clock,
    blockMs: options.blockMs ?? DEFAULTS.blockMs,
    // Never fewer than it takes to know the final block.
    keepBlocks: Math.max(options.keepBlocks ?? DEFAULTS.keepBlocks, finalLag + 1),
    firstHeight: options.firstHeight ?? DEFAULTS.firstHeight,
    seed,
    state: { ...emptyState(options.saltHex ?? DEFAULTS.saltHex), feePips: options.feePips ?? DEFAULTS.feePips },
  });
  const keepTransactions = options.keepTransactions ?? DEFAULTS.keepTransactions;
  const transactions = new TransactionLog({ seed, keepTransactions });
  const contract = new Contract(blocks, transactions);

  const apply = (methodName: string, control: controls.Control, by?: Signed) => contract.apply(methodName, control, by);
  const newSalt = () =>
    Buffer.from(digestOf(`salt ${seed} ${transactions.count()}`))
      .subarray(0, 4)
      .toString('hex');

  return {
    blockAt(finality) {
      return blocks.newest({ optimistic: 0, 'near-final': Math.min(1, finalLag), final: finalLag }[finality]);
    },
    block: (id) => blocks.find(id),
    state() {
      blocks.catchUp();
      return blocks.pending;
    },
    execute: (envelopes, signerId, hash) => contract.execute(envelopes, signerId, hash),
    simulate: (envelopes) => contract.simulate(envelopes),
    refusal: (envelopes) => contract.refusal(envelopes),
    transaction: (hash) => transactions.get(hash),
    accessNonces: new Map(),
    omniStorage: { availableYocto: 5n * 10n ** 24n },
    apply,
    credit: (accountId, tokenId, units) => apply('ft_on_transfer', controls.credit(accountId, tokenId, units)),
    withdraw: (accountId, tokenId, units) => apply('ft_withdraw', controls.withdraw(accountId, tokenId, units)),
    registerKey: (accountId, key) => apply('add_public_key', controls.setKey(accountId, key, true)),
    removeKey: (accountId, key) => apply('remove_public_key', controls.setKey(accountId, key, false)),
    lockAccount: (accountId) => apply('force_lock_account', controls.setLocked(accountId, true)),
    unlockAccount: (accountId) => apply('force_unlock_account', controls.setLocked(accountId, false)),
    setFee: (feePips) => apply('set_fee', controls.setFee(feePips)),
    rotateSalt() {
      apply('update_current_salt', controls.rotateSalt(newSalt()));
      return blocks.pending.currentSaltHex;
    },
    invalidateSalt: (saltHex) => apply('invalidate_salts', controls.invalidateSalt(saltHex, newSalt())),
    cleanUpNonces: (accountId, nonces) => apply('cleanup_nonces', controls.cleanUpNonces(accountId, nonces)),
    mine: (count) => blocks.mine(count),
    untilNextBlockMs: () => blocks.untilNextMs(),
    onBlock: (listener) => blocks.onBlock(listener),
    onTransaction: (listener) => transactions.onTransaction(listener),
  };
}
