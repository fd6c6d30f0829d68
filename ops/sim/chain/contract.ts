// The verifier as a contract on the simulated chain: its calls run at once on the state of the next block, and each leaves
// a transaction, a failed one too. Views run on the newest block: what is not in a block yet, no node can know of.
import { executeBatch, type SimulateVerdict, simulateBatch } from '../verifier/batch.ts';
import type { Envelope } from '../verifier/envelope.ts';
import type { Parsed } from '../verifier/text/parsed.ts';
import type { Blocks } from './blocks.ts';
import type { Change, Control } from './controls.ts';
import { logFault, type Transaction } from './transaction.ts';
import type { TransactionLog } from './transaction-log.ts';

const RELAYER_ID = 'admin.near';

export type Signed = { readonly signerId: string; readonly hash?: string };

export class Contract {
  readonly #blocks: Blocks;
  readonly #transactions: TransactionLog;

  constructor(blocks: Blocks, transactions: TransactionLog) {
    this.#blocks = blocks;
    this.#transactions = transactions;
  }

  /** `execute_intents` of a batch by some account. */
  execute(envelopes: readonly Envelope[], signerId: string, hash?: string): Transaction {
    const verdict = executeBatch({ nowNs: this.#blocks.nowNs(), state: this.#blocks.pending, envelopes });
    const error = verdict.ok ? logFault(verdict.logs) : verdict.error;
    const call = { signerId, methodName: 'execute_intents', error, ...(hash === undefined ? {} : { hash }) };
    if (!verdict.ok || error !== undefined) return this.#record({ ...call, logs: [] });
    this.#blocks.pending = verdict.state;
    return this.#record({ ...call, logs: verdict.logs });
  }

  /** A change by other means than signed intents. @param by who signed its transaction, and its hash, where that is somebody else */
  apply(methodName: string, control: Control, by: Signed = { signerId: RELAYER_ID }): Transaction {
    const changed: Parsed<Change> = control(this.#blocks.pending, this.#blocks.nowNs());
    const call = { ...by, methodName };
    if (!changed.ok) return this.#record({ ...call, error: changed.reason, logs: [] });
    this.#blocks.pending = changed.value.state;
    return this.#record({ ...call, error: undefined, logs: changed.value.logs });
  }

  simulate(envelopes: readonly Envelope[]): SimulateVerdict {
    return simulateBatch(this.#onNewestBlock(envelopes));
  }

  /** Why executing the batch on the newest block would fail; undefined when it would not. */
  refusal(envelopes: readonly Envelope[]): string | undefined {
    const verdict = executeBatch(this.#onNewestBlock(envelopes));
    return verdict.ok ? undefined : verdict.error;
  }

  #onNewestBlock(envelopes: readonly Envelope[]) {
    return { nowNs: this.#blocks.nowNs(), state: this.#blocks.newest().state, envelopes };
  }

  #record(
    call: Pick<Transaction, 'signerId' | 'methodName' | 'error' | 'logs'> & { readonly hash?: string },
  ): Transaction {
    return this.#transactions.record({
      receiverId: this.#blocks.pending.contractId,
      height: this.#blocks.nextHeight(),
      ...call,
    });
  }
}
