// Finds the transactions that `quote_status` named, next to the snapshots and never in their way: they explain a settlement, they
// do not move a balance. With two or more endpoints two have to say the same of one: else one could have another quote recorded as
// settled than the one that was. A bounded number, a bounded number of tries each, a few at a time.

import type { AccountId } from '../../contracts/ids.ts';
import type { Clock } from '../../contracts/runtime/clock.ts';
import type { ObservedTransaction } from '../model/observation.ts';
import type { Endpoint } from './endpoint.ts';
import type { Endpoints } from './endpoints.ts';
import { executedIntents } from './events.ts';

export type TransactionSearch = {
  seek(txHash: string): void;
  /** What was found since; the caller owns it then. */
  take(): readonly ObservedTransaction[];
  /** Gives back what could not be handed on. */
  putBack(transactions: readonly ObservedTransaction[]): void;
  /** Asks for what is due. */
  pump(): void;
  stop(): void;
  state(): { readonly transactions_sought: number; readonly transactions_given_up: number };
};

export type TransactionSearchOptions = {
  readonly endpoints: Endpoints;
  readonly accountId: AccountId;
  readonly contract: string;
  readonly clock: Clock;
  /** Time between two tries. */
  readonly everyMs: number;
};

/** Tries after which a transaction that no node knows, or no two agree on, is given up; the balance tells then. */
const TRIES_MAX = 20;
/** More would be a flood of strangers' hashes, not our settlements. */
const SOUGHT_MAX = 64;
const PARALLEL_MAX = 4;
const HASH_CHARS_MAX = 64;

type Sought = {
  tries: number;
  dueUs: number;
  isAsked: boolean;
  /** What each endpoint said that was executed. */
  readonly words: Map<Endpoint, string>;
};

export function createTransactionSearch(options: TransactionSearchOptions): TransactionSearch {
  const { endpoints, clock } = options;
  const sought = new Map<string, Sought>();
  let found: ObservedTransaction[] = [];
  let asking = 0;
  let givenUp = 0;
  let isStopped = false;
  let stopTimer: (() => void) | null = null;

  async function ask(txHash: string, entry: Sought): Promise<void> {
    const usable = endpoints.inOrder();
    // Another one each time: a node may not have heard of it.
    const endpoint = usable[entry.tries % Math.max(1, usable.length)];
    entry.isAsked = true;
    entry.tries += 1;
    asking += 1;
    const receipts = await endpoint?.rpc.tx(txHash, options.accountId);
    asking -= 1;
    entry.isAsked = false;
    const executed = receipts?.ok === true ? executedIntents(receipts.value, options.contract) : null;
    // One that is the first to know it is followed by another one at once.
    const isFirstWord = executed !== null && entry.words.size === 0;
    entry.dueUs = clock.elapsedUs() + (isFirstWord ? 0 : options.everyMs * 1000);
    if (endpoint !== undefined && executed !== null && isAgreed(entry, endpoint, JSON.stringify(executed))) {
      sought.delete(txHash);
      found.push({ txHash, executed });
    } else if (entry.tries >= TRIES_MAX) {
      sought.delete(txHash);
      givenUp += 1;
    }
    pump();
  }

  function isAgreed({ words }: Sought, endpoint: Endpoint, word: string): boolean {
    words.set(endpoint, word);
    return endpoints.count() === 1 || [...words].some(([other, its]) => other !== endpoint && its === word);
  }

  function pump(): void {
    if (isStopped) return;
    const nowUs = clock.elapsedUs();
    for (const [txHash, entry] of sought) {
      if (asking >= PARALLEL_MAX) break;
      if (!entry.isAsked && entry.dueUs <= nowUs) void ask(txHash, entry);
    }
    if (sought.size === 0 || stopTimer !== null) return;
    stopTimer = clock.after(options.everyMs, () => {
      stopTimer = null;
      pump();
    });
  }

  return {
    seek(txHash) {
      if (sought.has(txHash)) return;
      if (txHash.length > HASH_CHARS_MAX || sought.size + found.length >= SOUGHT_MAX) {
        givenUp += 1;
        return;
      }
      sought.set(txHash, { tries: 0, dueUs: clock.elapsedUs(), isAsked: false, words: new Map() });
      pump();
    },
    take() {
      const taken = found;
      found = [];
      return taken;
    },
    putBack(transactions) {
      found = [...transactions, ...found].slice(0, SOUGHT_MAX);
    },
    pump,
    stop() {
      isStopped = true;
      stopTimer?.();
    },
    state: () => ({ transactions_sought: sought.size, transactions_given_up: givenUp }),
  };
}
