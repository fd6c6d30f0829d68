// What the manager needs of a bridge, so that it follows deposits and withdrawals over either in the same way. Whatever the other side
// does, a call gives a value or a named failure.

import type { Asset } from '../../../contracts/assets.ts';
import type { BRIDGE_TEXT } from '../../../contracts/codes/funding.ts';

export type BridgeName = keyof typeof BRIDGE_TEXT;

export type BridgeFailure = {
  readonly ok: false;
  /**
   * `unreachable`: no answer, or none of the bridge; `malformed`: an answer that cannot be read; the others: it refused, and would
   * refuse again.
   */
  readonly reason: 'unreachable' | 'malformed' | 'refused' | 'chain_unsupported' | 'asset_unsupported';
  /** For people; quotes at most some hundred bytes of the bridge. */
  readonly detail: string;
  /** It asked for no request for so long; null: it did not. */
  readonly retryAfterMs: number | null;
};
export type BridgeResult<T> = { readonly ok: true; readonly value: T } | BridgeFailure;

/** Of one asset, as the bridge says now: these move, so none of them is a constant here. */
export type AssetTerms = {
  readonly assetId: string;
  /** null: not known. */
  readonly minDepositUnits: bigint | null;
  readonly minWithdrawalUnits: bigint | null;
  readonly withdrawalFeeUnits: bigint | null;
};

/** One deposit, as the bridge reports it again and again; the newest report counts. */
export type BridgeDeposit = {
  /** The same in every report of this deposit. */
  readonly creditId: string;
  readonly chain: string;
  /** In the form in which addresses are compared. */
  readonly address: string;
  readonly assetId: string;
  /** Smallest units that the bridge counts. */
  readonly amountUnits: bigint;
  readonly sender: string | null;
  /** Transaction on the other chain; null: the bridge does not name it. */
  readonly txHash: string | null;
  /** Transaction on NEAR that credited it; null: none yet. */
  readonly creditTxHash: string | null;
  /** The word of the bridge, as it came. */
  readonly bridgeStatus: string;
  /** A word that is not known is `pending`: unknown is not over. */
  readonly outcome: 'pending' | 'credited' | 'failed';
  /** When the bridge says that it began. */
  readonly atMs: number;
  /** Output of the transaction on the other chain, where the bridge names it: two equal ones of a transaction are two deposits. */
  readonly outputIndex?: number;
};

/** A transfer that was seen on the chain. */
export type KnownTransfer = {
  readonly txHash: string;
  /** null: it is not known which of the transaction's outputs it is. */
  readonly outputIndex: number | null;
  readonly address: string;
  readonly amountUnits: bigint;
};

export type DepositsRead = {
  readonly deposits: readonly BridgeDeposit[];
  /** Reports that could not be read, and were passed over. */
  readonly unread: number;
  /** Why some deposits could not be asked for; null: all were. */
  readonly failure: BridgeFailure | null;
};

/** What a withdrawal costs now. */
export type WithdrawalCost = {
  /** Most that the bridge keeps of the amount, as it says now. */
  readonly feeUnits: bigint;
  /** Of that, what it keeps next to the maximum that is signed for the network; 0: its fee is one. */
  readonly apartUnits: bigint;
  /** Of what leaves the verifier, fees included. */
  readonly minimumUnits: bigint;
  /** Why the bridge could not pay it now; null: it can. */
  readonly problem: string | null;
};

/** A withdrawal that left the verifier, as the bridge shows it. */
export type BridgeWithdrawal = {
  readonly bridgeStatus: string;
  /** A word that is not known is `pending`. */
  readonly outcome: 'pending' | 'completed' | 'failed' | 'rejected' | 'returning' | 'returned';
  /** Transaction on the other chain; null: none yet. */
  readonly txHash: string | null;
  /** Smallest units that arrive, or arrived; null: not said. */
  readonly arrivesUnits: bigint | null;
};

/** By which one of several withdrawals of a transaction is recognised: the venue executes payloads of many accounts in one. */
export type SentWithdrawal = {
  /** In the form in which addresses are compared. */
  readonly destination: string;
  /** That left the verifier. */
  readonly amountUnits: bigint;
};

export type Bridge = {
  readonly name: BridgeName;
  /** Host alone: a path may hold a key. */
  readonly host: string;
  /** Those that are deposited and withdrawn over it. */
  readonly assets: readonly Asset[];
  terms(): Promise<BridgeResult<readonly AssetTerms[]>>;
  /** An address of the chain, with a sound checksum. */
  depositAddress(chain: string): Promise<BridgeResult<string>>;
  /** @param known transfers on the chain that are not credited yet: a bridge may report those alone that it is asked for */
  deposits(chain: string, known: readonly KnownTransfer[]): Promise<BridgeResult<DepositsRead>>;
  withdrawalCost(asset: Asset, amountUnits: bigint, destination: string): Promise<BridgeResult<WithdrawalCost>>;
  /** @param nearTxHash the transaction that took the amount from the verifier. null: the bridge does not know it yet */
  withdrawal(asset: Asset, nearTxHash: string, sent: SentWithdrawal): Promise<BridgeResult<BridgeWithdrawal | null>>;
  /** Gives up what is under way. */
  close(): void;
};

/** Chains of its assets, each once. */
export const chainsOf = ({ assets }: Pick<Bridge, 'assets'>): readonly string[] => [
  ...new Set(assets.map(({ chain }) => chain)),
];
