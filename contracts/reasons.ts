// The closed lists of why: why a request did not become a command, how an attempt went, and why the engine stopped by itself. A decision carries the first
// reason of DECISION_REASONS that applies: the request first, then clocks, price and inventory, then the terms, then what
// keeps the engine from signing, the arm state last, so that a disarmed day still shows what would have happened. The order
// of this list is the order in which `decide` asks.

/** One sentence each, in order of precedence; `accepted` means that every gate passed. */
export const DECISION_REASON_TEXT = {
  request_malformed: 'the request fixes both sides or none, or an amount, a time or an id in it is not valid',
  pair_unsupported: 'the request is not for the traded pair',
  partner_not_allowed: 'the partner that asks is not on RELAY_PARTNERS',
  strategy_paused: 'the strategy is paused by an operator',
  quote_expired: 'the time in which the relay collects answers was over when the request was decided',
  deadline_too_long: 'the deadline asked for, with margin, is longer than MAX_QUOTE_LIFETIME_MS',
  clock_skew: 'our clock and that of the chain are further apart than a signed deadline allows',
  process_stalled: 'the process did not run for a while, and not every source was heard again since',
  reference_paused: 'the reference is paused by an operator, so there is no price to trade on',
  price_missing: 'no source has given a price yet',
  price_stale: 'the newest price of every allowed source is older than allowed',
  price_not_tradable: "Kraken's market is not open for trading, or its newest order book has an empty side or crosses",
  price_diverged:
    'the two sources, or two prices of Kraken that should agree, are further apart than REFERENCE_MAX_DIVERGENCE_PCT',
  basis_missing: 'the EURe/EUR basis is to be read from CoinGecko and is missing or stale',
  basis_out_of_bounds: 'the EURe/EUR basis is further from par than EURE_BASIS_MAX_DEVIATION_PCT',
  inventory_missing: 'no balance has been read from the verifier since the start',
  inventory_block_went_back: 'the chain is at an older block than the newest balance on record',
  inventory_stale: 'the newest balance is older than INVENTORY_MAX_AGE_MS',
  book_too_thin: 'the known book does not hold the volume that a hedge of this size would need',
  amount_zero: 'one side of the trade rounds to nothing',
  edge_below_min: 'the gross edge is below the minimum',
  notional_above_max: 'the value of the trade is above the maximum',
  inventory_insufficient: 'the credited inventory of the asset to be paid is smaller than the amount',
  quotes_live_max: 'as many quotes are live as QUOTES_LIVE_MAX allows',
  quote_ids_full: 'so many ids were signed for within a day that no more can be remembered: one could be signed again',
  lane_ceiling: 'no nonce lane has room for the amount in addition to the live quotes',
  journal_behind: 'the oldest journal record that is not on disk is older than JOURNAL_MAX_SYNC_LAG_MS',
  history_impaired: 'history is not known to be written and PERSISTENCE_POLICY is strict',
  strategy_disarmed: 'the strategy is not armed',
  accepted: 'every gate passed',
} as const;

export type DecisionReason = keyof typeof DECISION_REASON_TEXT;
export const DECISION_REASONS = Object.keys(DECISION_REASON_TEXT) as readonly DecisionReason[];

/** States of one attempt. `proposed` is the command itself; every later state is one `exec.trade_result` record. */
export const TRADE_STATES = [
  'proposed',
  'submitted',
  'accepted',
  'settled',
  'rejected',
  'late',
  'failed',
  'uncertain',
  'expired',
  'voided',
  'pulled',
] as const;
export type TradeState = (typeof TRADE_STATES)[number];

/** What a result record says of the step, one sentence each. */
export const RESULT_CODE_TEXT = {
  executor_paused: 'the executor is paused by an operator; nothing was signed',
  executor_disarmed: 'the executor is not armed; nothing was signed',
  executor_draining: 'the process is ending; nothing was signed',
  signer_unauthorized: 'the verifier is not known to take our key for this account; nothing was signed',
  inventory_drift: 'the inventory at signing was lower than the one that was decided on; nothing was signed',
  books_breached: 'the books did not take the quote; it was signed and did not leave',
  relay_not_connected: 'the relay connection was gone before the answer could leave',
  answer_sent: 'the signed answer was handed to the relay connection',
  relay_accepted: 'the relay took the answer for the auction',
  relay_late: 'the relay says that the quote is not found or already finished',
  relay_rejected: 'the relay refused the answer',
  reply_timeout: 'the relay did not reply in time; the outcome is open',
  connection_lost: 'the connection ended before the reply; the outcome is open',
  restarted: 'the process ended before the reply; the outcome is open',
  stopped: 'the process was drained before the reply; the outcome is open',
  salt_invalidated: 'the salt of the nonce was invalidated while the quote was open; the outcome is open',
  settled_by_status: 'settled: named by quote_status and the nonce is used in a final block',
  settled_by_balance: 'settled: the nonce is used and the change of the balances is that of this quote alone',
  unattributed: 'the nonce is used and more than one quote of the lane explains the change; all are named',
  chain_replaced: 'an operator gave up the chain before a final block told the outcome; it stays open',
  deadline_passed: 'a final block later than the deadline shows the nonce unused',
  sibling_settled: 'another quote under the same nonce was settled',
  nonce_burned: 'the nonce was used without a change of the balances',
} as const;

export type ResultCode = keyof typeof RESULT_CODE_TEXT;
export const RESULT_CODES = Object.keys(RESULT_CODE_TEXT) as readonly ResultCode[];

/** What does not fit in the inventory; each stops the executor. */
export const BREACH_TEXT = {
  capital_breach: 'more is promised of an asset than is credited',
  balance_loss: 'the credited balance of an asset fell by more than settlements explain',
  ceilings_exceeded: 'the ceilings of the nonces of an asset sum to more than can be spent',
  record_misfit: 'a record does not fit the inventory as it was before',
} as const;

export type BreachCode = keyof typeof BREACH_TEXT;
export const BREACH_CODES = Object.keys(BREACH_TEXT) as readonly BreachCode[];

/** Why the engine disarmed the executor by itself, one sentence each. */
export const STOP_TEXT = {
  journal_failed: 'the journal can no longer be written',
  turns_failed: 'turns failed repeatedly: see turn_faulted in the log',
  process_faulted: 'an error outside of every turn: see process_faulted in the log; the process ends',
  ...BREACH_TEXT,
} as const;

export type StopCode = keyof typeof STOP_TEXT;
export const STOP_CODES = Object.keys(STOP_TEXT) as readonly StopCode[];

/** Why a message could not be taken: `dlq.unrip`. */
export const DEAD_LETTER_REASONS = [
  'not_json',
  'schema',
  'request_malformed',
  'kafka_refused',
  'too_large',
  // The engine failed on it before anything was written.
  'turn_failed',
  // Another record with the same business identity is in the history already.
  'identity_taken',
  // Its ingested_at is far from the day on which it was read.
  'time_implausible',
  // Fits its schema, and the database refuses it all the same.
  'not_storable',
] as const;
export type DeadLetterReason = (typeof DEAD_LETTER_REASONS)[number];

/** What a code means; the code itself when a newer version made it. */
export const meaningOf = (texts: Readonly<Record<string, string>>, code: string): string =>
  Object.hasOwn(texts, code) ? (texts[code] ?? code) : code;
