// Steps of treasury actions as tests take them.

import { isoTime } from '../../../contracts/time.ts';
import type { OpsFundingObservation } from '../../../contracts/topics/ops-funding-observation.ts';
import type { BridgeDeposit } from '../bridges/bridge.ts';
import { applied, type Book, EMPTY_BOOK } from './book.ts';
import type { Context, Settings } from './context.ts';
import type { Action, Tracked } from './tracked.ts';

export const START_MS = 1_767_225_600_000;
export const BTC_ID = 'nep141:btc.omft.near';
export const BTC_CHAIN = 'btc:mainnet';
export const SLOT = { bridge: 'poa', chain: BTC_CHAIN } as const;
export const ADDRESS = 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4';
export const OLD_ADDRESS = 'bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq';
export const WALLET = 'bc1q34aq5drpuwy3wgl9lhup9892qp6svr8ldzyy7c';

export const SETTINGS: Settings = {
  accountId: 'solver.near',
  assetIds: [BTC_ID],
  wallets: [{ chain: BTC_CHAIN, address: WALLET }],
  delayedAfterMs: 60_000,
  stuckAfterMs: 600_000,
};

export const report = (over: Partial<BridgeDeposit> = {}): BridgeDeposit => ({
  creditId: 'credit-1',
  chain: BTC_CHAIN,
  address: ADDRESS,
  assetId: BTC_ID,
  amountUnits: 100_000n,
  sender: null,
  txHash: null,
  creditTxHash: null,
  bridgeStatus: 'PENDING',
  outcome: 'pending',
  atMs: START_MS,
  ...over,
});

export const observation = (over: Partial<OpsFundingObservation> = {}): OpsFundingObservation => ({
  funding_observation_id: 'fund-1',
  observation_seq: 1,
  account_id: SETTINGS.accountId,
  asset_id: BTC_ID,
  chain: BTC_CHAIN,
  bridge: 'poa',
  funding_handle: ADDRESS,
  handle_active: true,
  source: 'btc_observer',
  tx_hash: 'tx-1',
  output_index: 0,
  inputs: [],
  sender: null,
  previous_status: null,
  status: 'seen',
  reason_code: null,
  detail: '',
  amount: '100000',
  minimum_amount: null,
  credited_amount: null,
  confirmations: 0,
  confirmations_required: 2,
  block_height: null,
  block_hash: null,
  replaced_by_tx_hash: null,
  replaces_tx_hash: null,
  bridge_status: null,
  bridge_deposit_tx_hash: null,
  liquidity_action_id: null,
  first_seen_at: isoTime(START_MS),
  last_seen_at: isoTime(START_MS),
  confirmed_at: null,
  credited_at: null,
  at: isoTime(START_MS),
  ...over,
});

/** A book that remembers the records of all steps. */
export function steps(minimum: bigint | null = 10_000n) {
  let book: Book = EMPTY_BOOK;
  let nowMs = START_MS;
  const records: Action[] = [];
  return {
    get book(): Book {
      return book;
    },
    records,
    /** Of the records, in their order. */
    states: (): string[] =>
      records.map(({ status, reason_code }) => (reason_code === null ? status : `${status}:${reason_code}`)),
    take(step: (book: Book, context: Context) => readonly Tracked[]): void {
      nowMs += 1_000;
      const context: Context = {
        nowMs,
        settings: SETTINGS,
        termsOf: (assetId) => ({
          assetId,
          minDepositUnits: minimum,
          minWithdrawalUnits: null,
          withdrawalFeeUnits: null,
        }),
      };
      const next = applied(book, step(book, context));
      records.push(...next.steps.map(({ after }) => after.action));
      book = next.book;
    },
  };
}
