// What the journal holds: everything that the engine learnt, decided or is about to do, one fact a record, complete in
// itself, so that the envelopes rendered from a fact are the same whenever they are rendered. State is a fold over these
// facts; a running engine and a restart share that fold. Amounts are bigints, times milliseconds since the epoch.
//
// Facts that are published carry `eventId`, a UUIDv7 whose last hex digit is 0; the records made of one fact take the
// digits from 0 on (`engine/lib/uuid.ts`). `atMs` is the record's `ingested_at`.

import type { Units } from '../../contracts/amounts.ts';
import type { AssetId, NonceText, QuoteHash, QuoteId } from '../../contracts/ids.ts';
import type { PairFilterSetting } from '../../contracts/pair-filter.ts';
import type { DeadLetterReason, PullCause, ResultCode, TradeState } from '../../contracts/reasons.ts';
import type { OpsControlAction } from '../../contracts/topics/ops-control-action.ts';
import type { OpsServiceHealth } from '../../contracts/topics/ops-service-health.ts';
import type { RefMarketPrice } from '../../contracts/topics/ref-market-price.ts';
import type { StateIntentInventory } from '../../contracts/topics/state-intent-inventory.ts';
import type { ReservationFact } from './reservation-facts.ts';
import type { AssetCapital, Attempt, Decision, Demand, Limits, PriceSource, Refusal, ShadowPart } from './values.ts';

/** The first record of a journal: when it was born tells how long an older, lost one may still bind us. */
export type BornFact = {
  readonly kind: 'born';
  readonly atMs: number;
  readonly journalId: string;
  readonly accountId: string;
  /** Of the first balance behind it, in checkpoints: its `atMs` may be by a wrong time of day. Absent: not known. */
  readonly firstBlockTimeMs?: number;
};

/** One start of the process. */
export type StartedFact = {
  readonly kind: 'started';
  readonly atMs: number;
  readonly instanceId: string;
  readonly version: string;
  /** Longest time from the signing of a quote in this run to its deadline. */
  readonly quoteLifetimeMaxMs: number;
  /** Where the journal belongs, see journal/place.ts; null: that cannot be known there. Absent in facts of earlier versions. */
  readonly directory?: string | null;
  /** It is a copy, or was restored: whatever was signed after it was made is not in it, and can still settle. */
  readonly isCopy?: true;
};

/** A clean stop: everything that was signed is listed above. */
export type ClosedFact = { readonly kind: 'closed'; readonly atMs: number };

/** The price values that a decision was made on, without the book behind them. */
export type DecidedPrice = {
  readonly priceId: string | null;
  readonly source: PriceSource;
  readonly bidE8: bigint | null;
  readonly askE8: bigint | null;
  readonly divergencePctE4: bigint | null;
  readonly basisKind: 'par' | 'coingecko';
  readonly eurPerEureE8: bigint | null;
  readonly maxAgeMs: number;
  /** Of both sources, EUR per BTC, whichever was used; null: nothing was heard yet. Absent in facts of earlier versions. */
  readonly kraken?: { readonly bidE8: bigint; readonly askE8: bigint; readonly ageMs: number } | null;
  readonly coingecko?: { readonly priceE8: bigint; readonly ageMs: number } | null;
};

/** The balances that a decision was made on, as its record tells them. Facts of earlier versions have the whole view. */
export type DecidedInventory = {
  readonly inventoryId: string;
  readonly blockHeight: number;
  readonly received: Pick<AssetCapital, 'asset' | 'creditedUnits'>;
  readonly paid: Omit<AssetCapital, 'allocatedUnits' | 'ceilingsUnits'>;
  /** Deposits of the asset paid that were under way at that block, none of it spendable; null: unknown. Absent in earlier versions. */
  readonly pendingInboundUnits?: Units | null;
};

/** One quote request and all that was decided of it in one turn: journalled before an answer leaves. Its kind is the journal's name. */
export type DecidedFact = ShadowPart & {
  readonly kind: 'heard';
  readonly eventId: string;
  readonly atMs: number;
  readonly connectionId: string;
  /** The frame's text as it came. */
  readonly frame: string;
  readonly demand: Demand;
  /** What was wrong with the request, when it was malformed. */
  readonly malformed: string | null;
  readonly decision: Decision;
  readonly limits: Limits;
  readonly price: DecidedPrice | null;
  readonly inventory: DecidedInventory | null;
  readonly strategyArmed: boolean;
  readonly decideUs: number;
  /** Set when the decision was accepted and the executor signed: the answer that is about to leave. */
  readonly attempt: Attempt | null;
  /** Set when the decision was accepted and the executor did not sign. */
  readonly refusal: Refusal | null;
};

/** A request whose quote id was already decided: kept as evidence, but one quote has one decision, so it leads to no second. */
export type RepeatFact = {
  readonly kind: 'repeat';
  readonly eventId: string;
  readonly atMs: number;
  readonly connectionId: string;
  readonly frame: string;
  readonly quoteId: QuoteId;
  readonly receivedAtMs: number;
  readonly quotedAtMs: number | null;
};

/** What a settlement looked like at the block where its nonce was first seen used. */
export type Settlement = {
  readonly txHash: string | null;
  /** Hash of the requester's intent. */
  readonly intentHash: string | null;
  readonly blockHeight: number;
  readonly blockTimeMs: number;
  /** The part of the change of the balances that this record stands for: over all records, no change counts twice. */
  readonly balanceChange: Readonly<Record<string, bigint>>;
  readonly candidates: readonly QuoteId[];
  /**
   * Quotes that share one change with this one: it is in the record of the first that could have moved it. Absent in records
   * of earlier versions, which each have the whole change.
   */
  readonly sharedWith?: readonly QuoteId[];
  /**
   * Of a quote that is left open: the venue had named it by then, which did not decide. Absent in all other records, and in those of
   * earlier versions.
   */
  readonly named?: boolean;
};

/** A step of an attempt after `proposed`; carries the attempt, so that its record needs no other fact. */
export type TransitionFact = {
  readonly kind: 'transition';
  readonly eventId: string;
  readonly atMs: number;
  readonly attempt: Attempt;
  readonly seq: number;
  readonly from: TradeState;
  readonly to: TradeState;
  readonly code: ResultCode;
  readonly note: string;
  /** A restart, or a finding from outside, led the engine to it. */
  readonly recovered: boolean;
  readonly sinceReceivedUs: number | null;
  readonly replyAfterMs: number | null;
  readonly venueReply: string | null;
  readonly settlement: Settlement | null;
};

/** A fresh nonce for a lane and the most that any quote under it may pay. Durable before its first use. */
export type NonceOpenedFact = {
  readonly kind: 'nonce_opened';
  readonly atMs: number;
  readonly asset: AssetId;
  readonly lane: number;
  readonly nonce: NonceText;
  readonly salt: string;
  readonly nonceDeadlineAtMs: number;
  readonly ceilingUnits: Units;
};

/** A new ceiling; a higher one is durable before it is used. */
type CeilingSetFact = {
  readonly kind: 'ceiling_set';
  readonly atMs: number;
  readonly nonce: NonceText;
  readonly ceilingUnits: Units;
};

/** The lane signs nothing more under this nonce; its live quotes run out. */
export type NonceDrainingFact = {
  readonly kind: 'nonce_draining';
  readonly atMs: number;
  readonly nonce: NonceText;
  /**
   * `settling`: the relay says that a quote under it is being settled; the verifier is about to show it used. `restored`: it came
   * with a copy of the journal, and another engine may have gone on with it.
   */
  readonly why: 'old' | 'settling' | 'salt_rotated' | 'salt_invalidated' | 'lane_removed' | 'pulled' | 'restored';
  /** Of the block that showed that its salt is invalid; absent: the next balance is of that block, or later. */
  readonly blockHeight?: number;
};

/**
 * Its quotes are withdrawn: an empty intent with this nonce was signed and is about to be sent. Nothing more is signed under it.
 * Durable before it is sent, so that our own use of the nonce is known from a stranger's.
 */
export type PullSignedFact = {
  readonly kind: 'pull_signed';
  readonly atMs: number;
  readonly nonce: NonceText;
  readonly cause: PullCause;
  /** Who asked for it, or the figures that led to it. */
  readonly detail: string;
  /** Of the signed payload. It is made of the nonce alone, so that a restart signs the same again. */
  readonly intentHash: string;
};

/** The transaction that is about to carry a pull; durable before it is sent. */
type PullSentFact = {
  readonly kind: 'pull_sent';
  readonly atMs: number;
  readonly nonce: NonceText;
  readonly txHash: string;
};

/** Seen used in a final block. */
export type NonceUsedFact = {
  readonly kind: 'nonce_used';
  readonly atMs: number;
  readonly nonce: NonceText;
  readonly blockHeight: number;
  readonly blockTimeMs: number;
};

/** Which quotes may have used a nonce, where the evidence does not say which of them did. */
export type Candidates = {
  /** Every quote under it. */
  readonly all: boolean;
  /** Those with these amounts, as `live-quotes.ts` names them. */
  readonly terms: readonly string[];
  readonly quotes: readonly QuoteId[];
};

/** What is known of a used nonce once a balance has shown its use. Its quotes end by it, a bounded number a turn. */
export type NonceResolvedFact = {
  readonly kind: 'nonce_resolved';
  readonly atMs: number;
  readonly nonce: NonceText;
  /**
   * `settled`: the winner was; `pulled`: our pull used it; `burned`: nothing moved, and it was not our pull; `open`: one of the
   * candidates was settled, or none.
   */
  readonly outcome: 'settled' | 'pulled' | 'burned' | 'open';
  readonly winner: QuoteId | null;
  readonly code: ResultCode;
  readonly note: string;
  /** Of the winner, or of the change that the candidates share. */
  readonly settlement: Settlement;
  readonly candidates: Candidates;
  /** The candidate whose record has the shared change: its own nonce's, or of one used together with it. */
  readonly carrier: QuoteId | null;
  /** It is open, and a crash may have taken the quote that used it from the journal; absent in records of earlier versions. */
  readonly mayLackQuotes?: boolean;
};

/** More quotes are over by the newest balance than one fact ends: the next of them end by this one. */
type QuotesDueFact = {
  readonly kind: 'quotes_due';
  readonly atMs: number;
  /** So many end by it at most; absent in records of earlier versions, which ended 512. */
  readonly endsMost?: number;
};

/** Quotes of a used nonce whose talk with the venue was over: they end without a record. */
export type QuotesOverFact = {
  readonly kind: 'quotes_over';
  readonly atMs: number;
  readonly nonce: NonceText;
  readonly quoteIds: readonly QuoteId[];
};

/** Nothing under this nonce can settle any more: it is forgotten. */
type NonceClosedFact = { readonly kind: 'nonce_closed'; readonly atMs: number; readonly nonce: NonceText };

/** quote_status named one of our answers. */
export type StatusSeenFact = {
  readonly kind: 'status_seen';
  readonly atMs: number;
  readonly quoteHash: QuoteHash;
  readonly intentHash: string | null;
  readonly txHash: string | null;
  readonly frame: string;
};

/** A final transaction that executed intents under our nonces: which payload used a nonce is proven by it. */
type TransactionSeenFact = {
  readonly kind: 'transaction_seen';
  readonly atMs: number;
  readonly txHash: string;
  /** `intentHash` is our `quoteHash` when the payload is one of our quotes. */
  readonly executed: readonly { readonly nonce: NonceText; readonly intentHash: string }[];
};

/** Credited balances at a final block, as they are taken over; see the capital ledger. */
export type BalanceFact = {
  readonly kind: 'balance';
  readonly atMs: number;
  readonly blockHeight: number;
  readonly blockHash: string;
  readonly blockTimeMs: number;
  readonly creditedUnits: Readonly<Record<string, Units>>;
  /** Quotes whose deadline is before this are over by both clocks; absent in records of earlier versions. */
  readonly overBeforeMs?: number;
  /** Open nonces that were not read with this balance: nothing under them is over by it. */
  readonly unread?: readonly NonceText[];
  /** So many quotes end by it at most; absent in records of earlier versions, which ended 512. */
  readonly endsMost?: number;
  /** The part of the change since the last balance that settlements explain; the rest moves the checkpoint. */
  readonly settledUnits: Readonly<Record<string, bigint>>;
  /** Reservations whose withdrawal this balance shows, by id; absent: none. */
  readonly withdrawn?: readonly string[];
  /** Reservations whose nonce was used by something that moved nothing, by id; absent: none. */
  readonly burned?: readonly string[];
  /** Why the rest is no plain inflow, else null: the executor is disarmed on it. */
  readonly breach: string | null;
};

/**
 * An operator says that the chain at the RPC endpoints is another one: balances, nonces and quotes of the former one are given
 * up, and the next balance is taken whatever its block.
 */
export type ChainReplacedFact = { readonly kind: 'chain_replaced'; readonly atMs: number; readonly by: string };

/** Records whose payload is made where it is observed. */
export type PriceFact = {
  readonly kind: 'price';
  readonly eventId: string;
  readonly atMs: number;
  readonly observedAtMs: number | null;
  readonly payload: RefMarketPrice;
};
export type InventoryFact = {
  readonly kind: 'inventory';
  readonly eventId: string;
  readonly atMs: number;
  readonly observedAtMs: number | null;
  readonly payload: StateIntentInventory;
};
type ControlFact = {
  readonly kind: 'control';
  readonly eventId: string;
  readonly atMs: number;
  readonly payload: OpsControlAction;
};
type HealthFact = {
  readonly kind: 'health';
  readonly eventId: string;
  readonly atMs: number;
  readonly payload: OpsServiceHealth;
};

/** Something that could not be taken. */
export type DeadLetterFact = {
  readonly kind: 'dead_letter';
  readonly eventId: string;
  readonly atMs: number;
  readonly origin: string;
  readonly key: string | null;
  readonly reason: DeadLetterReason;
  readonly detail: string;
  /** The beginning of the text, at most 64 KiB; a cut is noted at its end. */
  readonly value: string | null;
  readonly valueBytes: number;
};

/** The whole folded state in one record, as earlier versions wrote it at the head of a segment. Only read. */
export type CheckpointFact = {
  readonly kind: 'checkpoint';
  readonly atMs: number;
  readonly born: BornFact;
  readonly started: StartedFact | null;
  /** As `Book.snapshot()` gave it. */
  readonly book: unknown;
  /** Quote ids decided lately, oldest first. */
  readonly decided: readonly { readonly quoteId: QuoteId; readonly atMs: number }[];
};

/**
 * Begins a checkpoint: the folded state as of the record before this one. What grows with the number of quotes follows in
 * parts, between which other facts are recorded; those are folded on top of the whole. It counts once its end is there.
 */
export type CheckpointBeginFact = {
  readonly kind: 'checkpoint_begin';
  readonly atMs: number;
  readonly born: BornFact;
  readonly started: StartedFact | null;
  /** Where the journal belongs, as the last run before it wrote that down. */
  readonly directory?: string;
  /** State of the book without its quotes; see inventory/snapshot.ts. */
  readonly book: unknown;
  /** What it counts on being on disk of the ids that were signed for; see ingest/signed-id-store.ts. Once it was not there. */
  readonly signedIds?: readonly SignedIdsFile[];
  /** State of the circuit breaker; see safety/breaker/breaker.ts. Once it was not there. */
  readonly breaker?: unknown;
  /** What an operator has set; absent: as configured. */
  readonly pairFilter?: PairFilterSetting;
};

/** A file that holds at least so many signed ids. */
export type SignedIdsFile = { readonly table: number; readonly ids: number; readonly newestAtMs: number };

/** A piece of the checkpoint that was begun last, well below the size of a record. */
export type CheckpointPartFact = {
  readonly kind: 'checkpoint_part';
  readonly atMs: number;
  /** Quotes of the book; see inventory/snapshot.ts. */
  readonly quotes: readonly unknown[];
  /** Quote ids that were rejected lately, oldest first. */
  readonly decided: readonly { readonly quoteId: QuoteId; readonly atMs: number; readonly malformed: boolean }[];
};

/** First record of a segment: the checkpoint that began at `beginSeq` is whole, and nothing older is needed any more. */
export type CheckpointEndFact = {
  readonly kind: 'checkpoint_end';
  readonly atMs: number;
  readonly beginSeq: number;
  readonly parts: number;
  /** Of its begin and its parts together. */
  readonly bytes: number;
};

export type Fact =
  | BornFact
  | StartedFact
  | ClosedFact
  | DecidedFact
  | RepeatFact
  | TransitionFact
  | NonceOpenedFact
  | CeilingSetFact
  | NonceDrainingFact
  | PullSignedFact
  | PullSentFact
  | NonceUsedFact
  | NonceResolvedFact
  | QuotesOverFact
  | QuotesDueFact
  | NonceClosedFact
  | StatusSeenFact
  | TransactionSeenFact
  | BalanceFact
  | ChainReplacedFact
  | ReservationFact
  | PriceFact
  | InventoryFact
  | ControlFact
  | HealthFact
  | DeadLetterFact
  | CheckpointFact
  | CheckpointBeginFact
  | CheckpointPartFact
  | CheckpointEndFact;
