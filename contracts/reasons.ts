// The closed lists of why: why a request did not become a command, how an attempt went, and why the engine stopped by itself. A decision carries the first
// reason of DECISION_REASONS that applies: the request first, then clocks, price and inventory, then the terms, then what
// keeps the engine from signing, the arm state last, so that a disarmed day still shows what would have happened. The order
// of this list is the order in which `decide` asks.

/** One sentence each, in order of precedence; `accepted` means that every gate passed. */
export const DECISION_REASON_TEXT = {
  request_malformed: 'the request fixes both amounts or neither, or contains an invalid amount, time or id',
  pair_unsupported: 'the request is not for the traded pair',
  partner_not_allowed: 'the requesting partner is not in RELAY_PARTNERS',
  strategy_paused: 'the strategy is paused by an operator',
  quote_expired: 'the relay had already stopped collecting answers when the request was decided',
  answer_too_late: 'by the time that an answer takes, the relay would have stopped collecting answers',
  deadline_too_long: 'the requested deadline plus margin exceeds MAX_QUOTE_LIFETIME_MS',
  clock_skew: 'the local clock and the clock of the chain differ by more than a signed deadline allows',
  process_stalled: 'the process was stalled, and not every source has sent data since',
  reference_paused: 'the reference is paused by an operator, so there is no price',
  price_missing: 'no price source has delivered a price yet',
  price_stale: 'the newest price of every allowed source is too old',
  price_not_tradable: "Kraken's market is not open for trading, or its order book has an empty side or is crossed",
  price_diverged: 'Kraken and CoinGecko, or two prices of Kraken, differ by more than REFERENCE_MAX_DIVERGENCE_PCT',
  basis_missing: 'EURE_EUR_BASIS is coingecko, and the EURe price of CoinGecko is missing or stale',
  basis_out_of_bounds: 'the EURe price differs from par by more than EURE_BASIS_MAX_DEVIATION_PCT',
  inventory_missing: 'no balance has been read from the verifier since the start',
  inventory_block_went_back: 'the chain is at an older block than the newest recorded balance',
  inventory_stale: 'the newest balance is older than INVENTORY_MAX_AGE_MS',
  book_too_thin: "Kraken's order book does not have the volume that a hedge of this size needs",
  amount_zero: 'one side of the trade rounds to zero',
  edge_below_min: 'the gross edge is below the minimum',
  notional_above_max: 'the value of the trade exceeds the maximum',
  inventory_insufficient: 'the credited inventory of the asset to be paid is smaller than the amount',
  quotes_live_max: 'as many quotes are live as QUOTES_LIVE_MAX allows',
  quote_ids_full: 'the memory for signed quote ids is full, so a quote id could be signed twice',
  lane_ceiling: 'no nonce lane has enough room left for the amount',
  breaker_minute: 'with this quote, filled and open value would exceed MAX_FILLED_EUR_PER_MIN',
  breaker_day: 'with this quote, filled and open value would exceed MAX_FILLED_EUR_PER_DAY',
  arming_limit: 'with this quote, filled and open value or trades would exceed max_eur or max_trades of the arming',
  journal_behind: 'the oldest journal record not yet on disk is older than JOURNAL_MAX_SYNC_LAG_MS',
  history_impaired: 'PERSISTENCE_POLICY is strict, and it is not certain that history is being written',
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
  // Of shadow mode: the end of what was never signed.
  'shadow',
] as const;
export type TradeState = (typeof TRADE_STATES)[number];

/** What a result record says of the step, one sentence each. */
export const RESULT_CODE_TEXT = {
  executor_paused: 'the executor is paused by an operator; nothing was signed',
  executor_disarmed: 'the executor is not armed; nothing was signed',
  executor_draining: 'the process is ending; nothing was signed',
  signer_unauthorized:
    'the verifier does not list the signing key for this account, or has not been read yet; nothing was signed',
  inventory_drift: 'the inventory was lower at signing than at the decision; nothing was signed',
  shadow_mode: 'shadow mode: every gate of the executor passed; nothing was signed and nothing was sent',
  books_breached: 'the check of the capital failed after signing; the answer was not sent',
  relay_not_connected: 'the relay connection was lost before the answer could be sent',
  answer_sent: 'the signed answer was written to the relay connection',
  relay_accepted: 'the relay accepted the answer for the auction',
  relay_late:
    'the relay reports that the quote is not found or already finished; of earlier versions, which did not ask whether the answer was in time',
  relay_too_late: 'the relay had finished with the quote; the answer came after the time in which it collects answers',
  relay_outbid:
    'the relay had finished with the quote, although the answer came in the time in which it collects answers: another answer was taken',
  relay_rejected: 'the relay refused the answer',
  reply_timeout: 'the relay did not reply in time; the outcome is not known yet',
  connection_lost: 'the connection ended before the reply; the outcome is not known yet',
  restarted: 'the process ended before the reply; the outcome is not known yet',
  stopped: 'the process was drained before the reply; the outcome is not known yet',
  salt_invalidated: 'the salt of the nonce was invalidated while the quote was open; the outcome is not known yet',
  settled_by_status: 'settled: reported by quote_status, and the nonce is used in a final block',
  settled_by_balance: 'settled: the nonce is used, and this quote alone explains the change of the balances',
  unattributed:
    'the nonce is used, and several quotes of the lane could explain the change of the balances; the record names all of them',
  chain_replaced:
    'an operator discarded the recorded chain before a final block showed the outcome, which remains unknown',
  deadline_passed: 'a final block after the deadline shows that the nonce is unused',
  sibling_settled: 'another quote under the same nonce settled',
  pulled_by_transaction: 'withdrawn: the transaction that used the nonce executed our own pull',
  pulled_by_balance:
    'withdrawn: our pull was sent, the nonce is used, and no balance changed; the transaction could not be read',
  nonce_burned:
    'the nonce was used by a payload that is neither our quote nor our pull, and the balances did not change',
} as const;

export type ResultCode = keyof typeof RESULT_CODE_TEXT;
export const RESULT_CODES = Object.keys(RESULT_CODE_TEXT) as readonly ResultCode[];

/** What does not fit in the inventory; each stops the executor. */
export const BREACH_TEXT = {
  capital_breach: 'more of an asset is promised than is credited',
  balance_loss: 'the credited balance of an asset fell by more than settlements explain',
  ceilings_exceeded: 'the nonce ceilings of an asset sum to more than is spendable',
  record_misfit: 'a record contradicts the inventory before it',
} as const;

export type BreachCode = keyof typeof BREACH_TEXT;
export const BREACH_CODES = Object.keys(BREACH_TEXT) as readonly BreachCode[];

/** What trips the circuit breaker; each stops strategy and executor. */
const BREAKER_TEXT = {
  breaker_minute: 'the value filled or uncertain within a minute has reached MAX_FILLED_EUR_PER_MIN',
  breaker_day:
    'the value filled or uncertain within a day has reached MAX_FILLED_EUR_PER_DAY, or leaves too little for a quote',
  breaker_failures: 'refused answers and failed settlements in a row have reached MAX_CONSECUTIVE_FAILURES',
} as const;

export type BreakerCode = keyof typeof BREAKER_TEXT;

/** Why the engine disarmed the executor by itself, one sentence each. */
export const STOP_TEXT = {
  journal_failed: 'the journal cannot be written any more',
  turns_failed: 'events failed repeatedly in the engine: see turn_faulted in the log',
  process_faulted: 'an unexpected error: see process_faulted in the log; the process ends',
  ...BREAKER_TEXT,
  ...BREACH_TEXT,
} as const;

export type StopCode = keyof typeof STOP_TEXT;
export const STOP_CODES = Object.keys(STOP_TEXT) as readonly StopCode[];

/** Why live quotes are withdrawn, one sentence each. */
export const PULL_CAUSE_TEXT = {
  price_moved: 'the fair price moved against a live quote by more than PULL_DISTANCE_PCT',
  operator: 'an operator withdrew the quotes',
  disarm: 'an operator disarmed the executor and withdrew the quotes',
  stopped: 'the engine disarmed the executor by itself',
} as const;

export type PullCause = keyof typeof PULL_CAUSE_TEXT;
export const PULL_CAUSES = Object.keys(PULL_CAUSE_TEXT) as readonly PullCause[];

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
  // No single message: records that Kafka had deleted before history could be written.
  'records_missed',
] as const;
export type DeadLetterReason = (typeof DEAD_LETTER_REASONS)[number];

/** What a code means; the code itself when a newer version made it. */
export const meaningOf = (texts: Readonly<Record<string, string>>, code: string): string =>
  Object.hasOwn(texts, code) ? (texts[code] ?? code) : code;
