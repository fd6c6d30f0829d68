// The values that the stages pass to each other. Types, and no logic: what a thing is, in which unit, and what its absence means.

import type { EurE18, PctE4, PriceE8, Units } from '../../contracts/amounts.ts';
import type { Direction } from '../../contracts/assets.ts';
import type { AssetId, NonceText, QuoteHash, QuoteId } from '../../contracts/ids.ts';
import type { BreachCode, DecisionReason, ResultCode, StopCode } from '../../contracts/reasons.ts';
import type { TopicName } from '../../contracts/topics/registry.ts';

/** One text frame of the relay, as it arrived. */
export type ReceivedFrame = {
  readonly text: string;
  readonly receivedAtMs: number;
  /** The same moment on the monotonic clock. */
  readonly receivedElapsedUs: number;
  readonly connectionId: string;
};

/** A quote request after parsing: outside text does not travel further in than this. */
export type Demand = {
  readonly quoteId: QuoteId;
  /** What the requester gives and we receive. */
  readonly assetIn: AssetId;
  /** What the requester gets and we pay. */
  readonly assetOut: AssetId;
  /** null when it is not the traded pair. */
  readonly direction: Direction | null;
  /** null: left open by the requester. */
  readonly amountInUnits: Units | null;
  readonly amountOutUnits: Units | null;
  /** The quote must stay valid at least so long: `ttl_ms` on the bus; null when the frame's value is not usable. */
  readonly minDeadlineMs: number | null;
  readonly minWaitMs: number | null;
  readonly maxWaitMs: number | null;
  readonly partnerId: string | null;
  readonly traceparent: string | null;
  /** The venue's own time of the request, where it gives one. */
  readonly quotedAtMs: number | null;
  readonly receivedAtMs: number;
};

/** One level of a side of an order book: EUR per BTC and BTC, both times 10^8. */
export type PriceLevel = { readonly priceE8: PriceE8; readonly quantityE8: bigint };

export type PriceSource = 'kraken' | 'coingecko' | 'none';

/** The current reference, in memory. Prices are EUR per BTC; `eurPerEureE8` turns them into EURe. */
export type PriceView = {
  /** Id of the last published snapshot that this view grew from; null before the first. */
  readonly priceId: string | null;
  /** `none` when no source has ever given a price. */
  readonly source: PriceSource;
  /** Best first. One level of unlimited size for CoinGecko: it has a price but no order book. */
  readonly bids: readonly PriceLevel[];
  readonly asks: readonly PriceLevel[];
  /** True when the levels know the depth; false when the price holds for any size. */
  readonly hasDepth: boolean;
  /**
   * When the price was last confirmed: last frame of Kraken's book or ticker, less its delay by Kraken's own time, or
   * CoinGecko's `last_updated_at`. Wall time, for records; `asOfUs` is the same on the monotonic clock, for ages.
   */
  readonly asOfMs: number;
  readonly asOfUs: number;
  /**
   * Monotonic time whose market the price reflects at least: of Kraken as `asOfUs`; of CoinGecko when both sources were heard
   * last, or `asOfUs` if that is later. Minus infinity before any price.
   */
  readonly heardAtUs: number;
  /** Oldest age at which this source may be traded on. */
  readonly maxAgeMs: number;
  /** Paused by an operator: not to be traded on, whatever its age. */
  readonly paused: boolean;
  /** Kraken's market status allows trading, or the source has no such status. */
  readonly tradable: boolean;
  /** Distance of the source in use from what else is known; null when there is nothing to judge it by. */
  readonly divergencePctE4: PctE4 | null;
  readonly basisKind: 'par' | 'coingecko';
  /** null when the basis is to be read and is missing or stale. */
  readonly eurPerEureE8: bigint | null;
  /** The newest top of Kraken and the newest price of CoinGecko, whichever is in use; null before the first. */
  readonly kraken: { readonly bidE8: PriceE8; readonly askE8: PriceE8; readonly asOfUs: number } | null;
  readonly coingecko: { readonly priceE8: PriceE8; readonly asOfUs: number } | null;
};

/** Capital of one asset at the newest final block that was read, less what is promised. */
export type AssetCapital = {
  readonly asset: AssetId;
  readonly creditedUnits: Units;
  /** allocated - reserved for positions + realised: what ceilings may share. */
  readonly spendableUnits: Units;
  readonly allocatedUnits: Units;
  readonly reservedForOrdersUnits: Units;
  readonly reservedForPositionsUnits: Units;
  readonly realizedUnits: bigint;
  /** Sum of the ceilings of all nonces that can still settle. */
  readonly ceilingsUnits: Units;
};

export type InventoryView = {
  readonly inventoryId: string;
  readonly blockHeight: number;
  /** When the balance was read, on our clock. */
  readonly readAtMs: number;
  readonly received: AssetCapital;
  readonly paid: AssetCapital;
};

/** The lane and nonce that admit a quote, or why none does. */
export type Admission =
  | { readonly ok: true; readonly lane: number; readonly nonce: NonceText; readonly nonceBytes: Uint8Array }
  /** Without `refused`: no lane has room for the amount. */
  | { readonly ok: false; readonly refused?: RoomRefusal };

/** Limits of the circuit breaker and of an arming that a quote would exceed. */
export type RoomReason = Extract<DecisionReason, 'breaker_minute' | 'breaker_day' | 'arming_limit'>;

/** What the limit leaves beyond what was filled and what is open, and what is open. */
export type RoomRefusal = { readonly reason: RoomReason; readonly roomEurE18: bigint; readonly openEurE18: bigint };

/** Whether the quote that is being decided may be signed under a nonce. */
export type LaneGuard = { admits(nonce: NonceText): boolean };

export type Limits = {
  readonly minEdgePctE4: PctE4;
  readonly targetEdgePctE4: PctE4;
  /** Most that the inventory moves the target. */
  readonly skewPctE4: PctE4;
  readonly maxNotionalEurE18: EurE18;
  readonly maxDivergencePctE4: PctE4;
  /** Largest distance of the EURe/EUR basis from par. */
  readonly maxBasisDeviationPctE4: PctE4;
  readonly journalMaxSyncLagMs: number;
  readonly quotesLiveMax: number;
  /** Of the circuit breaker. */
  readonly maxFilledMinuteEurE18: EurE18;
  readonly maxFilledDayEurE18: EurE18;
  readonly maxConsecutiveFailures: number;
  readonly inventoryMaxAgeMs: number;
  readonly quoteLifetimeMaxMs: number;
  /** Empty: all partners. */
  readonly partners: readonly string[];
};

/** What keeps the engine from signing for the moment: the measured value and the limit that it exceeds. */
export type Hold = { readonly value: number; readonly limit: number };

/** Each hold by the decision reason that it leads to; null: it does not apply now. */
export type Holds = {
  /** Milliseconds between our clock and the chain's. */
  readonly clock_skew: Hold | null;
  /** Milliseconds that the process did not run, and the longest gap after which sources need not be heard again. */
  readonly process_stalled: Hold | null;
  /** Block heights: the chain's, and the one of the newest balance on record. */
  readonly inventory_block_went_back: Hold | null;
  readonly quotes_live_max: Hold | null;
  /** Bytes that remembering signed ids takes, and may take. */
  readonly quote_ids_full: Hold | null;
  /** Milliseconds that the oldest unsynced record is old. */
  readonly journal_behind: Hold | null;
};

export type HoldReason = keyof Holds;

export const NO_HOLDS: Holds = {
  clock_skew: null,
  process_stalled: null,
  inventory_block_went_back: null,
  quotes_live_max: null,
  quote_ids_full: null,
  journal_behind: null,
};

/** What does not fit in the inventory, with the figures in words: the executor is disarmed on it. */
export type Breach = { readonly code: BreachCode; readonly detail: string };

/** Why the executor disarmed itself. `detail`: the figures, beyond the sentence of the code. */
export type Stop = { readonly code: StopCode; readonly detail: string; readonly atMs: number };

/** What became of an operator's call to accept another chain. */
export type ChainAcceptance =
  | { readonly kind: 'accepted' }
  /** The chain is not behind the record: there is nothing to give up. */
  | { readonly kind: 'not_back' }
  /** Something that was signed can still settle until then. */
  | { readonly kind: 'too_early'; readonly fromMs: number };

/** One reading of both clocks: an action reads them once. */
export type Moment = {
  /** Wall time, for records and deadlines. */
  readonly nowMs: number;
  /** Monotonic time, for ages and durations. */
  readonly nowUs: number;
};

export type RequestKind = 'exact_in' | 'exact_out' | 'both_fixed';

/** What the strategy made of one demand, with the numbers that led to it. What was not reached is null. */
export type Decision = {
  readonly accepted: boolean;
  readonly reason: DecisionReason;
  readonly requestKind: RequestKind | null;
  /** The amounts as they would be signed. */
  readonly amountInUnits: Units | null;
  readonly amountOutUnits: Units | null;
  /** EURe per BTC of those amounts, and of the hedge. */
  readonly impliedRateE8: PriceE8 | null;
  readonly referenceRateE8: PriceE8 | null;
  readonly grossEdgePctE4: PctE4 | null;
  readonly notionalEurE18: EurE18 | null;
  /** What we pay, at the reference rate; absent in journals of versions before the circuit breaker. */
  readonly paidEurE18?: EurE18 | null;
  readonly priceAgeMs: number | null;
  readonly inventoryAgeMs: number | null;
  /** Set when `reason` is a hold, or `answer_too_late`; absent in journals of versions before holds. */
  readonly hold?: Hold | null;
  /** Edge that the open side was priced at: the target, moved by the inventory. Absent in journals of earlier versions, like the next. */
  readonly pricedEdgePctE4?: PctE4 | null;
  /** Lane that admits the quote. */
  readonly lane?: number | null;
  /** Fee of the verifier on what a trade moves, in millionths; null: not read yet. */
  readonly feePips?: number | null;
  /** Set when `reason` is a limit of the circuit breaker or of an arming; absent in journals of versions before them. */
  readonly refused?: RoomRefusal | null;
};

/** One signed answer, from the moment that it is planned until its quote is over. */
export type Attempt = {
  readonly quoteId: QuoteId;
  readonly direction: Direction;
  readonly assetIn: AssetId;
  readonly assetOut: AssetId;
  readonly amountInUnits: Units;
  readonly amountOutUnits: Units;
  /** What we pay, in EUR at signing; absent in journals of versions before the circuit breaker. */
  readonly paidEurE18?: EurE18;
  readonly lane: number;
  readonly nonce: NonceText;
  readonly deadlineAtMs: number;
  readonly quoteHash: QuoteHash;
  /** The text that was signed, byte for byte. */
  readonly message: string;
  readonly publicKey: string;
  readonly signature: string;
  readonly receivedAtMs: number;
  readonly signedAtMs: number;
  /** EURe per BTC at the top of the order book when it was signed; absent in journals of versions that did not pull. */
  readonly referenceRateE8?: PriceE8 | null;
};

/** A signed empty intent: executing it uses the nonce up, and so withdraws every quote under it. */
export type SignedPull = {
  readonly nonce: NonceText;
  readonly intentHash: string;
  /** As it travels. */
  readonly signedData: {
    readonly standard: 'nep413';
    readonly payload: { readonly message: string; readonly nonce: NonceText; readonly recipient: string };
    readonly public_key: string;
    readonly signature: string;
  };
};

/** What a quote of shadow mode would have been signed with, beyond its amounts. Nothing was: there is no nonce, no hash and no text. */
export type ShadowTerms = { readonly lane: number; readonly deadlineAtMs: number };

/** What the record of a decision in shadow mode has in addition; absent: live, as in all facts of versions without shadow mode. */
export type ShadowPart = {
  readonly mode?: 'shadow';
  /** null: the decision was not accepted, or the executor would not have signed. */
  readonly shadow?: ShadowTerms | null;
};

/** Why the executor did not sign a command. */
export type Refusal = { readonly code: ResultCode; readonly note: string };

/** Records of the journal that are to be sent to Kafka again. */
export type RepublishRequest = {
  readonly from: number;
  /** Null: everything that is durable now. */
  readonly to: number | null;
  /** Null: all topics. */
  readonly topics: readonly TopicName[] | null;
};

/**
 * Why nothing is sent. `busy`: one is under way. `not_kept`: below the oldest record. `beyond`: above the newest. `empty`: it ends before it begins.
 * `ending`: the process ends.
 */
export type RepublishRefusal = {
  readonly kind: 'busy' | 'not_kept' | 'beyond' | 'empty' | 'ending';
  readonly detail: string;
};
