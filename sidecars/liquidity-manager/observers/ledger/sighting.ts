// What an observer keeps of the transfers to its addresses: one sighting for each output of a transaction (for each log on Gnosis). Pure
// values; the folds next to this file make new ones.

import type { FUNDING_STATUS_TEXT } from '../../../../contracts/codes/funding.ts';
import type { FUNDING_REASON_TEXT } from '../../../../contracts/codes/liquidity.ts';
import type { Failure } from '../answer.ts';
import type { BridgeCredit, ObserverSettings, WatchedAddress } from '../types.ts';

export type FundingStatus = keyof typeof FUNDING_STATUS_TEXT;
export type FundingReason = keyof typeof FUNDING_REASON_TEXT;

/** The block that contains a transaction; `timeMs` is the time that it names itself, null when it was not read. */
export type Place = { readonly height: number; readonly hash: string; readonly timeMs: number | null };

/** A transfer as a chain shows it in one reading. */
export type SeenTransfer = {
  readonly txHash: string;
  /** The output of the transaction; on Gnosis, where logs have no number within theirs, its place among the transfers that are followed. */
  readonly outputIndex: number;
  readonly address: string;
  readonly units: bigint;
  /** `txid:index` of what it spends; none on Gnosis. */
  readonly inputs: readonly string[];
  readonly sender: string | null;
  /** null: no block contains it. */
  readonly place: Place | null;
};

/** A transaction that the chain does not show where it was, as a node answers that is not behind. */
export type GoneTransaction = {
  readonly txHash: string;
  /** Spends one of its inputs; null: nothing known does. */
  readonly replacedBy: string | null;
};

/** A transaction that was looked up without a usable answer: nothing is known of it but what was, and it is asked for again. */
export type MissedTransaction = Pick<Failure, 'reason' | 'detail'> & { readonly txHash: string };

/** What one reading of a chain found. What it does not mention is unknown, and stays as it is. */
export type ChainReading = {
  readonly tipHeight: number;
  /** Height up to which every block has been read, by address; an address that is missing was not read. */
  readonly readTo: ReadonlyMap<string, number>;
  readonly seen: readonly SeenTransfer[];
  readonly gone: readonly GoneTransaction[];
  readonly missed: readonly MissedTransaction[];
  /** Why it ended before everything was read; null: it did not. What it has is good, and it takes nothing back. */
  readonly cut: Failure | null;
  /** Transfers of nothing, and those that could not be read. */
  readonly ignored: number;
};

/** What a bridge reports of one sighting. */
export type Correlation = {
  readonly creditId: string;
  readonly bridgeStatus: string;
  readonly outcome: BridgeCredit['outcome'];
  readonly creditTxHash: string | null;
  readonly creditedUnits: bigint | null;
  readonly creditedAtMs: number | null;
};

export type Sighting = {
  readonly txHash: string;
  readonly outputIndex: number;
  /** In the spelling by which addresses of the chain are compared. */
  readonly address: string;
  readonly assetId: string;
  readonly bridge: WatchedAddress['bridge'];
  readonly units: bigint;
  readonly inputs: readonly string[];
  readonly sender: string | null;
  readonly place: Place | null;
  /** A block contained it, and no longer does. */
  readonly isReorganised: boolean;
  readonly replacedBy: string | null;
  readonly replaces: string | null;
  /** Milliseconds over which no reading showed it; 0: the last one did. */
  readonly absentMs: number;
  readonly absentReadings: number;
  /** Milliseconds for which it has waited for what comes next: its confirmations, then its credit. */
  readonly waitedMs: number;
  /** The address was paid by another output of the same transaction. */
  readonly isFurther: boolean;
  readonly correlation: Correlation | null;
  readonly confirmations: number;
  readonly status: FundingStatus;
  readonly previousStatus: FundingStatus | null;
  readonly reason: FundingReason | null;
  readonly detail: string;
  readonly seq: number;
  readonly firstSeenAtMs: number;
  readonly lastSeenAtMs: number;
  readonly confirmedAtMs: number | null;
  readonly changedAtMs: number;
};

export type Ledger = {
  /** By `keyOf`, in the order in which they were first seen. */
  readonly sightings: ReadonlyMap<string, Sighting>;
  /** Reports of a bridge that fit no sighting yet, by their id. */
  readonly unmatched: ReadonlyMap<string, BridgeCredit>;
  /** Height up to which every block has been read, by address. */
  readonly cursors: ReadonlyMap<string, number>;
  readonly tipHeight: number | null;
  /** Sightings that were not kept because too many are followed; transfers that were passed over. */
  readonly refused: number;
  readonly ignored: number;
};

/** What a fold goes by, apart from what happened. */
export type FoldContext = {
  readonly nowMs: number;
  /** Since the last fold. */
  readonly elapsedMs: number;
  /** By the spelling by which addresses of the chain are compared. */
  readonly addresses: ReadonlyMap<string, WatchedAddress>;
  readonly settings: ObserverSettings;
  /** Blocks after which nothing is expected to be undone. */
  readonly settledBlocks: number;
  /** What the chain shows is not known any more: nothing usable was read for too long. */
  readonly isSilent: boolean;
};

/** A ledger, and each state that a sighting went through on the way to it, in order. */
export type Folded = { readonly ledger: Ledger; readonly changes: readonly Sighting[] };

export const EMPTY_LEDGER: Ledger = {
  sightings: new Map(),
  unmatched: new Map(),
  cursors: new Map(),
  tipHeight: null,
  refused: 0,
  ignored: 0,
};

export const keyOf = ({ txHash, outputIndex }: Pick<Sighting, 'txHash' | 'outputIndex'>): string =>
  `${txHash}:${outputIndex}`;

/** Nothing more is expected of these; all can still change when the chain or the bridge shows otherwise. */
const OVER: ReadonlySet<FundingStatus> = new Set(['credited', 'replaced', 'failed', 'dropped']);
export const isOver = ({ status }: Pick<Sighting, 'status'>): boolean => OVER.has(status);
