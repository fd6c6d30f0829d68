// What the chain observers take and give: watched addresses and credits of the bridges in, observations, health and state out.
// An observer reads one chain and nothing else. What it shows is evidence for operators and never makes anything spendable.

import type { BRIDGE_TEXT } from '../../../contracts/codes/funding.ts';
import type { FundingObserverState } from '../../../contracts/control/funding-state.ts';
import type { Clock } from '../../../contracts/runtime/clock.ts';
import type { Log } from '../../../contracts/runtime/log/log.ts';
import type { PartHealth } from '../../../contracts/runtime/process/health/health.ts';
import type { OpsFundingObservation } from '../../../contracts/topics/ops-funding-observation.ts';
import type { WaitingRecord } from './outbox.ts';

/** The chains that can be observed, under the names that the bridges use for them. */
export type ObservedChain = 'btc:mainnet' | 'eth:100';

/** Where each chain is read, and from how many confirmations on what it shows counts. */
export type ChainNodes = Readonly<
  Record<ObservedChain, { readonly urls: readonly string[]; readonly confirmations: number }>
>;

/** A deposit address whose transfers are followed; one that was rotated away stays among them. */
export type WatchedAddress = {
  readonly chain: string;
  /** As the bridge gave it. */
  readonly address: string;
  /** What a transfer to it is credited as. */
  readonly assetId: string;
  readonly bridge: keyof typeof BRIDGE_TEXT;
  /** false: a newer address replaces it. */
  readonly isActive: boolean;
  /** Minimum that the bridge credits, in smallest units; null: not known. */
  readonly minimumUnits: bigint | null;
};

/** What a bridge reports of one deposit. The same deposit is reported again and again; the newest report counts. */
export type BridgeCredit = {
  /** The same in every report of this deposit. */
  readonly creditId: string;
  readonly chain: string;
  readonly address: string;
  /** Transaction on the other chain; null: the bridge does not name it. */
  readonly txHash: string | null;
  /** Transaction that the bridge names for the credit; null: none yet. */
  readonly creditTxHash: string | null;
  /** Smallest units that the bridge counts. */
  readonly amountUnits: bigint;
  /** The word of the bridge, as it came. */
  readonly bridgeStatus: string;
  readonly outcome: 'pending' | 'credited' | 'failed';
  /** When the bridge says that it happened. */
  readonly atMs: number;
  /** Which output of the transaction it is, where the bridge says so. */
  readonly outputIndex?: number;
};

export type ObserverSettings = {
  /** Confirmations from which a transfer counts as confirmed. */
  readonly confirmationsRequired: number;
  /** From the end of one reading to the next. */
  readonly pollMs: number;
  /** Without the required confirmations for so long, a transfer is delayed, then stuck. */
  readonly confirmDelayedMs: number;
  readonly confirmStuckMs: number;
  /** Confirmed and not credited for so long, a transfer is delayed, then stuck. */
  readonly creditDelayedMs: number;
  readonly creditStuckMs: number;
};

export type ObserverOptions = {
  readonly chain: ObservedChain;
  readonly accountId: string;
  /** Esplora bases, or JSON-RPC nodes; at least one. The next is asked when one fails, lags or lies. */
  readonly urls: readonly string[];
  /** Asked at each reading; only those of its chain are followed. */
  readonly addresses: () => readonly WatchedAddress[];
  readonly settings: ObserverSettings;
  readonly clock: Clock;
  /** A fraction from 0 up to, not including, 1: spreads the tries after failures. */
  readonly random: () => number;
  /** Keeps `funding-observer-CHAIN.json`: position in the chain, transfers, and records that were not sent. */
  readonly stateDir: string;
  /**
   * Height up to which earlier processes have read every block, as is known without that file; null: none has read anything. Where the
   * file is lost, reading goes on there.
   */
  readonly readBefore: number | null;
  /** Called when every block up to a height has been read for every address. */
  readonly onRead: (height: number) => void;
  /**
   * Publishes a record; resolves once all replicas have it. A record whose promise rejects is sent again with the same id, also after
   * a restart. `liquidity_action_id` is null: which deposit it is part of is known to whoever publishes it.
   */
  readonly emit: (record: WaitingRecord) => Promise<unknown>;
  readonly log: Pick<Log, 'info' | 'warn' | 'error'>;
};

export type FundingObserver = {
  readonly chain: ObservedChain;
  /** Publishes what is not over again, then reads until stopped. */
  start(): void;
  /** Ends the reading under way; nothing of it runs on. Position and transfers are on disk afterwards. */
  stop(): Promise<void>;
  /** Reads now, also while paused. @returns why it did not succeed; null: it did */
  refresh(): Promise<string | null>;
  /** @returns whether that changed anything */
  pause(): boolean;
  resume(): boolean;
  /** Correlates what the bridges report with what the chain shows; credits of other chains are passed over. */
  takeCredits(credits: readonly BridgeCredit[]): void;
  health(): PartHealth;
  state(): FundingObserverState;
  /** The newest record of each transfer that is kept. */
  observations(): readonly OpsFundingObservation[];
  /** Reports of bridges that fit no transfer that the chain has shown. */
  unmatchedCredits(): readonly BridgeCredit[];
};
