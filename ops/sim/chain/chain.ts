// The simulated chain: a block a second on the clock that it was given, the verifier's state of the last blocks, and
// transactions. What is executed runs at once on the newest state and lands in the next block; a view at `final` sees it
// when that block is two behind the newest.
//
// Blocks are made when somebody looks: no timer runs. Time that passed unseen makes as many blocks as it holds, of which
// only the last ones are kept.
import { executeBatch, type SimulateVerdict, simulateBatch } from '../verifier/batch.ts';
import { NS_PER_MS } from '../verifier/deadline.ts';
import type { Envelope } from '../verifier/envelope.ts';
import type { Parsed } from '../verifier/parsed.ts';
import { emptyState, type VerifierState } from '../verifier/state.ts';
import type { SimClock } from './clock.ts';
import * as controls from './controls.ts';
import { digestOf, idOf, logFault, type Transaction } from './transaction.ts';

export type Block = {
  readonly height: number;
  readonly hash: string;
  readonly previousHash: string;
  readonly timestampNs: bigint;
  readonly state: VerifierState;
};

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

export type Finality = 'final' | 'near-final' | 'optimistic';

export type SimChain = {
  /** Newest block, the last but one, or the final one. */
  blockAt(finality: Finality): Block;
  /** By height or hash; nothing when it is unknown or forgotten. */
  block(id: number | string): Block | undefined;
  /** State that the next block will hold. */
  state(): VerifierState;
  /** `execute_intents` of a batch by some account. A refusal is a failed transaction. */
  execute(envelopes: readonly Envelope[], signerId: string): Transaction;
  /** `simulate_intents` on the newest block: what is not in a block yet, no node can know of. */
  simulate(envelopes: readonly Envelope[]): SimulateVerdict;
  /** Why executing the batch on the newest block would fail; undefined when it would not. */
  refusal(envelopes: readonly Envelope[]): string | undefined;
  transaction(hash: string): Transaction | undefined;
  /** Any change by other means than signed intents, as a transaction. */
  apply(methodName: string, control: controls.Control): Transaction;
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

const RELAYER_ID = 'admin.near';

export function startChain(options: ChainOptions): SimChain {
  const { clock } = options;
  const blockMs = options.blockMs ?? DEFAULTS.blockMs;
  const finalLag = options.finalLag ?? DEFAULTS.finalLag;
  // Never fewer than it takes to know the final block.
  const keepBlocks = Math.max(options.keepBlocks ?? DEFAULTS.keepBlocks, finalLag + 1);
  const keepTransactions = options.keepTransactions ?? DEFAULTS.keepTransactions;
  const seed = `${clock.nowMs()}`;
  const blocks: Block[] = [];
  const transactions = new Map<string, Transaction>();
  const listeners = new Set<() => void>();
  const followers = new Set<(transaction: Transaction) => void>();
  let count = 0;
  let nextBlockAtMs = clock.nowMs();
  let pending: VerifierState = {
    ...emptyState(options.saltHex ?? DEFAULTS.saltHex),
    feePips: options.feePips ?? DEFAULTS.feePips,
  };

  const hashOf = (height: number) => idOf(`block ${seed} ${height}`);

  function produce(height: number, timestampNs: bigint): void {
    const newest = blocks.at(-1);
    const earliest = newest === undefined ? 0n : newest.timestampNs + 1n;
    blocks.push({
      height,
      hash: hashOf(height),
      previousHash: hashOf(height - 1),
      timestampNs: timestampNs < earliest ? earliest : timestampNs,
      state: pending,
    });
    if (blocks.length > keepBlocks) blocks.shift();
  }

  const nextHeight = () => (blocks.at(-1)?.height ?? (options.firstHeight ?? DEFAULTS.firstHeight) - 1) + 1;

  /** Makes the blocks that fell due since somebody looked last. */
  function catchUp(): void {
    const nowMs = clock.nowMs();
    if (nowMs < nextBlockAtMs) return;
    const due = Math.floor((nowMs - nextBlockAtMs) / blockMs) + 1;
    const skipped = Math.max(0, due - keepBlocks);
    const firstHeight = nextHeight() + skipped;
    for (let i = skipped; i < due; i += 1) {
      produce(firstHeight + i - skipped, BigInt(nextBlockAtMs + i * blockMs) * NS_PER_MS);
    }
    nextBlockAtMs += due * blockMs;
    for (const listener of listeners) listener();
  }

  function newestBlock(lag: number): Block {
    catchUp();
    const block = blocks[Math.max(0, blocks.length - 1 - lag)];
    if (block === undefined) throw new Error('the chain has no block, although its first is made when it starts');
    return block;
  }

  function record(fields: Pick<Transaction, 'signerId' | 'methodName' | 'error' | 'logs'>): Transaction {
    count += 1;
    const transaction: Transaction = {
      hash: idOf(`tx ${seed} ${count}`),
      receiptId: idOf(`receipt ${seed} ${count}`),
      receiverId: pending.contractId,
      height: nextHeight(),
      ...fields,
    };
    transactions.set(transaction.hash, transaction);
    if (transactions.size > keepTransactions) {
      for (const oldest of transactions.keys()) {
        transactions.delete(oldest);
        break;
      }
    }
    for (const follower of followers) follower(transaction);
    return transaction;
  }

  /** Block time of what runs now: not before the newest block. */
  function nowNs(): bigint {
    const now = BigInt(Math.floor(clock.nowMs())) * NS_PER_MS;
    const { timestampNs } = newestBlock(0);
    return now > timestampNs ? now : timestampNs;
  }

  function execute(envelopes: readonly Envelope[], signerId: string): Transaction {
    const verdict = executeBatch({ nowNs: nowNs(), state: pending, envelopes });
    const error = verdict.ok ? logFault(verdict.logs) : verdict.error;
    if (!verdict.ok || error !== undefined) return record({ signerId, methodName: 'execute_intents', error, logs: [] });
    pending = verdict.state;
    return record({ signerId, methodName: 'execute_intents', error, logs: verdict.logs });
  }

  function apply(methodName: string, control: controls.Control): Transaction {
    const changed: Parsed<controls.Change> = control(pending, nowNs());
    if (!changed.ok) return record({ signerId: RELAYER_ID, methodName, error: changed.reason, logs: [] });
    pending = changed.value.state;
    return record({ signerId: RELAYER_ID, methodName, error: undefined, logs: changed.value.logs });
  }

  const newSalt = () =>
    Buffer.from(digestOf(`salt ${seed} ${count}`))
      .subarray(0, 4)
      .toString('hex');

  catchUp();

  return {
    blockAt(finality) {
      return newestBlock({ optimistic: 0, 'near-final': Math.min(1, finalLag), final: finalLag }[finality]);
    },
    block(id) {
      catchUp();
      return blocks.find((block) => block.height === id || block.hash === id);
    },
    state() {
      catchUp();
      return pending;
    },
    execute,
    simulate: (envelopes) => simulateBatch({ nowNs: nowNs(), state: newestBlock(0).state, envelopes }),
    refusal(envelopes) {
      const verdict = executeBatch({ nowNs: nowNs(), state: newestBlock(0).state, envelopes });
      return verdict.ok ? undefined : verdict.error;
    },
    transaction: (hash) => transactions.get(hash),
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
      return pending.currentSaltHex;
    },
    invalidateSalt: (saltHex) => apply('invalidate_salts', controls.invalidateSalt(saltHex, newSalt())),
    cleanUpNonces: (accountId, nonces) => apply('cleanup_nonces', controls.cleanUpNonces(accountId, nonces)),
    mine(count) {
      catchUp();
      for (let i = 0; i < count; i += 1) produce(nextHeight(), BigInt(Math.floor(clock.nowMs())) * NS_PER_MS);
      for (const listener of listeners) listener();
    },
    untilNextBlockMs: () => Math.max(0, nextBlockAtMs - clock.nowMs()),
    onBlock(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    onTransaction(listener) {
      followers.add(listener);
      return () => followers.delete(listener);
    },
  };
}
