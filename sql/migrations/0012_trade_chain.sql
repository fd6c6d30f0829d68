-- One row a quote with everything that belongs to it. Each part is looked up by the id of the quote, or by the id that the decision
-- names, in the days around the decision.
CREATE VIEW trade_chain AS
SELECT d.day, d.account_id, d.quote_id, d.direction,
  frame.received_at, frame.frames, asked.partner_id, d.request_kind, asked.amount_in AS requested_in,
  asked.amount_out AS requested_out, asked.ttl_ms,
  d.decision_id, d.decided_at, d.decide_us, d.decision, d.decision_reason, d.detail, d.strategy_armed,
  d.implied_rate, d.reference_rate, d.gross_edge_pct, d.notional_eur, d.limits,
  d.price_id, d.price_source, d.bid_rate, d.ask_rate, (d.bid_rate + d.ask_rate) * 0.5 AS fair_rate, d.price_freshness_ms,
  sample.ingested_at AS price_sampled_at, sample.fair_rate AS sampled_fair_rate,
  d.inventory_id, d.inventory_block, d.inventory_age_ms, d.credited_out, d.spendable_out, inventory.reconciliation_status,
  command.command_id, command.issued_at,
  d.asset_in, d.asset_out, d.amount_in, d.amount_out,
  received.symbol AS symbol_in, token_amount(d.amount_in, received.decimals) AS tokens_in,
  paid.symbol AS symbol_out, token_amount(d.amount_out, paid.decimals) AS tokens_out,
  last.execution_id, last.quote_hash, last.nonce, last.lane, last.deadline, way.sent_at, way.since_received_us, way.reply_after_ms,
  last.transition_seq AS transitions, last.status, last.result_code, last.note, last.at AS status_at, way.story,
  way.settled_at, way.tx_hash, way.settlement_block
FROM trade_decisions d
LEFT JOIN LATERAL (
  SELECT min(f.received_at) AS received_at, count(*) AS frames FROM raw_near_intents_quotes f
  WHERE f.account_id = d.account_id AND f.quote_id = d.quote_id AND f.day BETWEEN d.day - 1 AND d.day + 1
) AS frame ON true
LEFT JOIN LATERAL (
  SELECT s.partner_id, s.amount_in, s.amount_out, s.ttl_ms FROM swap_demand_events s
  WHERE s.account_id = d.account_id AND s.quote_id = d.quote_id AND s.day BETWEEN d.day - 1 AND d.day + 1
  ORDER BY s.kafka_offset LIMIT 1
) AS asked ON true
LEFT JOIN LATERAL (
  SELECT p.ingested_at, p.fair_rate FROM market_price_events p
  WHERE p.account_id = d.account_id AND p.day BETWEEN d.day - 1 AND d.day AND p.ingested_at <= d.decided_at
  ORDER BY p.ingested_at DESC LIMIT 1
) AS sample ON true
LEFT JOIN LATERAL (
  SELECT i.reconciliation_status FROM intent_inventory_snapshots i
  WHERE i.inventory_id = d.inventory_id AND i.account_id = d.account_id AND i.day BETWEEN d.day - 1 AND d.day
  ORDER BY i.kafka_offset LIMIT 1
) AS inventory ON true
LEFT JOIN LATERAL (
  SELECT c.command_id, c.issued_at FROM execute_trade_commands c
  WHERE c.account_id = d.account_id AND c.quote_id = d.quote_id AND c.day BETWEEN d.day - 1 AND d.day + 1
  ORDER BY c.kafka_offset LIMIT 1
) AS command ON true
LEFT JOIN LATERAL (
  SELECT * FROM trade_execution_results r
  WHERE r.account_id = d.account_id AND r.quote_id = d.quote_id AND r.day BETWEEN d.day - 1 AND d.day + 31
  ORDER BY r.transition_seq DESC LIMIT 1
) AS last ON true
LEFT JOIN LATERAL (
  SELECT min(r.at) FILTER (WHERE r.status = 'submitted') AS sent_at, min(r.since_received_us) AS since_received_us,
    min(r.reply_after_ms) AS reply_after_ms,
    min(coalesce(iso_time(r.settlement ->> 'block_time'), r.at)) FILTER (WHERE r.status = 'settled') AS settled_at,
    min(r.tx_hash) AS tx_hash, min(r.settlement_block) AS settlement_block,
    jsonb_agg(jsonb_build_object('status', r.status, 'code', r.result_code, 'at', r.at) ORDER BY r.transition_seq) AS story
  FROM trade_execution_results r
  WHERE r.account_id = d.account_id AND r.quote_id = d.quote_id AND r.day BETWEEN d.day - 1 AND d.day + 31
) AS way ON true
LEFT JOIN assets received ON received.id = d.asset_in
LEFT JOIN assets paid ON paid.id = d.asset_out;
COMMENT ON VIEW trade_chain IS 'Quotes from the request to the settlement, one row each: request, price, inventory, decision, command, answer and outcome';
COMMENT ON COLUMN trade_chain.day IS 'UTC date of the decision; a condition on it, or on quote_id, keeps a query quick';
COMMENT ON COLUMN trade_chain.account_id IS 'account that decided';
COMMENT ON COLUMN trade_chain.quote_id IS 'id of the quote request, given by the venue';
COMMENT ON COLUMN trade_chain.direction IS 'what is received -> what is paid, seen from us; NULL: another pair';
COMMENT ON COLUMN trade_chain.received_at IS 'when the first frame with it arrived';
COMMENT ON COLUMN trade_chain.frames IS 'how often the venue sent it';
COMMENT ON COLUMN trade_chain.partner_id IS 'partner of the venue that asked';
COMMENT ON COLUMN trade_chain.request_kind IS 'which amounts the request fixed: exact_in, exact_out or both_fixed';
COMMENT ON COLUMN trade_chain.requested_in IS 'smallest units of asset_in that the request fixed; NULL: left open';
COMMENT ON COLUMN trade_chain.requested_out IS 'smallest units of asset_out that the request fixed; NULL: left open';
COMMENT ON COLUMN trade_chain.ttl_ms IS 'how long the answer had to stay valid at least, milliseconds';
COMMENT ON COLUMN trade_chain.decision_id IS 'id of the decision';
COMMENT ON COLUMN trade_chain.decided_at IS 'when it was decided';
COMMENT ON COLUMN trade_chain.decide_us IS 'microseconds from the arrival of the frame to the decision';
COMMENT ON COLUMN trade_chain.decision IS 'accepted or rejected';
COMMENT ON COLUMN trade_chain.decision_reason IS 'code of the first gate that did not pass';
COMMENT ON COLUMN trade_chain.detail IS 'the reason with its numbers, as a sentence';
COMMENT ON COLUMN trade_chain.strategy_armed IS 'whether the strategy was armed';
COMMENT ON COLUMN trade_chain.implied_rate IS 'EURe per BTC of the two amounts';
COMMENT ON COLUMN trade_chain.reference_rate IS 'EURe per BTC at which a hedge would be made';
COMMENT ON COLUMN trade_chain.gross_edge_pct IS 'edge in percent, rounded down';
COMMENT ON COLUMN trade_chain.notional_eur IS 'value in EUR';
COMMENT ON COLUMN trade_chain.limits IS 'limits that were in force';
COMMENT ON COLUMN trade_chain.price_id IS 'last market sample that was recorded before the decision';
COMMENT ON COLUMN trade_chain.price_source IS 'source of the price of the decision';
COMMENT ON COLUMN trade_chain.bid_rate IS 'EURe per BTC: bid of the decision';
COMMENT ON COLUMN trade_chain.ask_rate IS 'EURe per BTC: ask of the decision';
COMMENT ON COLUMN trade_chain.fair_rate IS 'EURe per BTC: the middle of both, exact';
COMMENT ON COLUMN trade_chain.price_freshness_ms IS 'age of the price of the decision, milliseconds';
COMMENT ON COLUMN trade_chain.price_sampled_at IS 'time of the market sample before the decision';
COMMENT ON COLUMN trade_chain.sampled_fair_rate IS 'EURe per BTC: fair price of that sample';
COMMENT ON COLUMN trade_chain.inventory_id IS 'snapshot of the inventory that it was decided on';
COMMENT ON COLUMN trade_chain.inventory_block IS 'block of that snapshot';
COMMENT ON COLUMN trade_chain.inventory_age_ms IS 'its age, milliseconds';
COMMENT ON COLUMN trade_chain.credited_out IS 'smallest units of asset_out that the verifier credited';
COMMENT ON COLUMN trade_chain.spendable_out IS 'smallest units of asset_out that could be promised';
COMMENT ON COLUMN trade_chain.reconciliation_status IS 'whether balances and records agreed in that snapshot: ok, breach or unknown; NULL: the snapshot is not on record';
COMMENT ON COLUMN trade_chain.command_id IS 'id of the command; NULL: there is none';
COMMENT ON COLUMN trade_chain.issued_at IS 'when the command was given';
COMMENT ON COLUMN trade_chain.asset_in IS 'asset that we would receive';
COMMENT ON COLUMN trade_chain.asset_out IS 'asset that we would pay';
COMMENT ON COLUMN trade_chain.amount_in IS 'smallest units of asset_in as they would be signed';
COMMENT ON COLUMN trade_chain.amount_out IS 'smallest units of asset_out as they would be signed';
COMMENT ON COLUMN trade_chain.symbol_in IS 'symbol of asset_in';
COMMENT ON COLUMN trade_chain.tokens_in IS 'amount_in, in tokens';
COMMENT ON COLUMN trade_chain.symbol_out IS 'symbol of asset_out';
COMMENT ON COLUMN trade_chain.tokens_out IS 'amount_out, in tokens';
COMMENT ON COLUMN trade_chain.execution_id IS 'id of the attempt; NULL: there is none';
COMMENT ON COLUMN trade_chain.quote_hash IS 'hash of the payload that was signed';
COMMENT ON COLUMN trade_chain.nonce IS 'nonce that was signed';
COMMENT ON COLUMN trade_chain.lane IS 'lane of the nonce';
COMMENT ON COLUMN trade_chain.deadline IS 'until when the quote can settle';
COMMENT ON COLUMN trade_chain.sent_at IS 'when the answer was sent';
COMMENT ON COLUMN trade_chain.since_received_us IS 'microseconds from the arrival of the frame to the answer';
COMMENT ON COLUMN trade_chain.reply_after_ms IS 'milliseconds from the answer to the reply of the relay';
COMMENT ON COLUMN trade_chain.transitions IS 'number of transitions of the attempt';
COMMENT ON COLUMN trade_chain.status IS 'status after the last transition; NULL: no attempt';
COMMENT ON COLUMN trade_chain.result_code IS 'why it is in that status';
COMMENT ON COLUMN trade_chain.note IS 'note of the last transition';
COMMENT ON COLUMN trade_chain.status_at IS 'when it was reached';
COMMENT ON COLUMN trade_chain.story IS 'all transitions in order: status, code and time of each';
COMMENT ON COLUMN trade_chain.settled_at IS 'time of the block that settled it; where that is not known, when it was seen';
COMMENT ON COLUMN trade_chain.tx_hash IS 'transaction that settled it';
COMMENT ON COLUMN trade_chain.settlement_block IS 'block at which the settlement was seen';
