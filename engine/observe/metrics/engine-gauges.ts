// What a scrape reads from the parts of the engine. Exact amounts are in /state: a metric is rounded to what a float can hold.

type LaneUse = {
  readonly asset: string;
  readonly lane: number;
  readonly ceilingUnits: bigint;
  readonly reservedUnits: bigint;
  readonly liveQuotes: number;
};

type RpcEndpointUse = {
  readonly host: string;
  readonly requests: number;
  readonly failures: number;
  /** False while what it says cannot be true, or it does not answer. */
  readonly usable: boolean;
};

/** The capital of an asset, bucket by bucket, in smallest units. */
type CapitalUse = {
  readonly asset: string;
  readonly decimals: number;
  readonly units: Readonly<Record<string, bigint>>;
};

/** Read at each scrape; null: not known. */
export type EngineGauges = {
  /** Of the relay, over all connections. */
  readonly framesReceived: number;
  /** Requests that were too many to be handled in time, and were not. */
  readonly framesShed: number;
  /** Times that the relay opened and lost so many connections that the next had to wait. */
  readonly reconnectStorms: number;
  /** Since the last of each, over all connections; null: none yet. */
  readonly relayAgesMs: Readonly<Record<'data' | 'heartbeat' | 'quote' | 'quote_status' | 'pair', number | null>>;
  /** Requests for a traded asset under a known id that is not traded, by id. */
  readonly otherIds: Readonly<Record<string, number>>;
  /** Whether there is a balance under such an id, by id. */
  readonly stranded: Readonly<Record<string, boolean>>;
  readonly armed: Readonly<Record<'strategy' | 'executor', boolean>>;
  readonly paused: Readonly<Record<string, boolean>>;
  readonly healthy: Readonly<Record<string, boolean>>;
  readonly shadowMode: boolean;
  /** Quotes of shadow mode whose deadline is not over. */
  readonly shadowQuotes: number;
  /** A small request that came now would be answered. */
  readonly trading: boolean;
  /** By decision reason: whether it keeps the engine from signing now. */
  readonly holds: Readonly<Record<string, boolean>>;
  readonly priceAgeMs: number | null;
  readonly inventoryAgeMs: number | null;
  /** Polls of the verifier that gave nothing to the ledger, and those of them whose snapshot it refused. */
  readonly inventoryFailures: number;
  readonly inventoryRefusals: number;
  /** Snapshots that would have freed capital and that no second endpoint confirmed. */
  readonly inventoryUnconfirmed: number;
  /** By host, of each endpoint that could confirm what would free capital and does not: for how long. */
  readonly rpcUnconfirmedMs: Readonly<Record<string, number>>;
  readonly rpcEndpoints: readonly RpcEndpointUse[];
  /** Proven error of our clock, positive when it is ahead. */
  readonly clockSkewMs: number | null;
  /** Journalled and not yet durable. */
  readonly journalLagRecords: number;
  /** Age of the oldest of them. */
  readonly journalLagMs: number;
  /** Of all segments kept. */
  readonly journalBytes: number;
  /** Of the disk of STATE_DIR. */
  readonly diskFreeBytes: number | null;
  /** What besides its records could not be written or removed the last time. */
  readonly journalTrouble: Readonly<Record<'checkpoint' | 'removal' | 'signed_ids', boolean>>;
  /** Entries of bounded collections that fill from outside, by collection: memory that grows without them is none of theirs. */
  readonly keptEntries: Readonly<Record<string, number>>;
  /** Quote ids that are never signed for again within a day, and what remembering them takes. */
  readonly signedIds: number;
  readonly signedIdsBytes: number;
  readonly outboxLagRecords: number;
  readonly outboxLagMs: number;
  readonly deadLettered: number;
  /** Topics that Kafka takes no messages for, with how long that has been so. */
  readonly blockedTopicsMs: Readonly<Record<string, number>>;
  /** Records of the sidecars that were read since the start, by topic and by what became of them. */
  readonly opsRecords: readonly { readonly topic: string; readonly outcomes: Readonly<Record<string, number>> }[];
  /** Times that Kafka was seen to have lost acknowledged records. */
  readonly kafkaLosses: number;
  /** Where a republish has to begin to make up for what Kafka lost; null: nothing is open. */
  readonly republishFrom: number | null;
  readonly republishLeft: number;
  readonly republished: number;
  /** Answers that the relay has not replied to. */
  readonly inFlight: number;
  readonly repliesEvicted: number;
  readonly stalls: number;
  /** Since the start, by code. */
  readonly stops: Readonly<Record<string, number>>;
  readonly breaches: Readonly<Record<string, number>>;
  /** Of the circuit breaker since the start, by code. */
  readonly breakerTrips: Readonly<Record<string, number>>;
  readonly breakerFailuresInRow: number;
  /** By window: share of the limit that is filled, and that is filled, open or uncertain. */
  readonly breakerUse: readonly { readonly window: string; readonly filled: number; readonly committed: number }[];
  /** What went wrong with the price sources since the start, by kind. */
  readonly referenceTroubles: Readonly<Record<string, number>>;
  readonly fallbackUsed: boolean;
  readonly openQuotes: number;
  /** Withdrawals of quotes: since the start by cause, answer of the venue and outcome; and those under way. */
  readonly pulls: {
    readonly begun: Readonly<Record<string, number>>;
    readonly sends: Readonly<Record<string, number>>;
    readonly ended: Readonly<Record<string, number>>;
    readonly underWay: number;
    readonly failing: number;
  };
  /** Connections made again since the start, by source. */
  readonly reconnects: Readonly<Record<string, number>>;
  readonly connected: Readonly<Record<string, boolean>>;
  readonly lanes: readonly LaneUse[];
  readonly capital: readonly CapitalUse[];
  /** What this start rebuilt from the journal, by kind. */
  readonly rebuilt: Readonly<Record<string, number>>;
};
