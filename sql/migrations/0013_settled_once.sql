-- A quote settles once. An engine whose journal was restored from a backup finds a settlement again that is on record already, and
-- records it on another day, where no unique key refuses it: the first record counts, and no sum has it twice.
-- And what follows a decision is looked for however much later it was recorded: an engine that was off for months settles its accounts
-- at its next start. Partitions before the decision, or after the settlement, are left out as before.
CREATE OR REPLACE VIEW quote_outcomes AS
SELECT d.day, d.account_id, d.quote_id, d.decision_id, d.decided_at, d.direction, d.decision, d.decision_reason,
  d.gross_edge_pct, d.notional_eur,
  d.decision_reason NOT IN ('request_malformed', 'pair_unsupported', 'partner_not_allowed', 'quote_expired', 'answer_too_late',
    'deadline_too_long') AS eligible,
  d.gross_edge_pct IS NOT NULL AS priced,
  coalesce(way.signed, false) AS signed, coalesce(way.sent, false) AS sent, coalesce(way.acknowledged, false) AS acknowledged,
  coalesce(way.late, false) AS late, coalesce(way.outbid, false) AS outbid, coalesce(way.taken, false) AS taken,
  coalesce(way.settled, false) AS settled, way.last_status
FROM trade_decisions d
LEFT JOIN LATERAL (
  SELECT bool_or(r.quote_hash IS NOT NULL) AS signed, bool_or(r.status = 'submitted') AS sent,
    bool_or(r.status = 'accepted') AS acknowledged, bool_or(r.status = 'late') AS late,
    bool_or(r.result_code = 'relay_outbid') AS outbid,
    bool_or(r.status = 'settled' OR r.result_code = 'unattributed') AS taken, bool_or(r.status = 'settled') AS settled,
    (array_agg(r.status ORDER BY r.transition_seq DESC))[1] AS last_status
  FROM trade_execution_results r
  WHERE d.decision = 'accepted' AND r.account_id = d.account_id AND r.quote_id = d.quote_id
    AND r.day >= d.day - 1
) AS way ON true;

CREATE OR REPLACE VIEW settlements AS
SELECT r.day, r.account_id, r.quote_id, r.command_id, coalesce(decided.direction, received.symbol || '->' || paid.symbol) AS direction,
  coalesce(iso_time(r.settlement ->> 'block_time'), r.at) AS settled_at, r.settlement_block, r.tx_hash, r.nonce,
  r.asset_in, r.asset_out, r.amount_in, r.amount_out,
  CASE 'BTC' WHEN received.symbol THEN token_amount(r.amount_in, received.decimals)
    WHEN paid.symbol THEN -token_amount(r.amount_out, paid.decimals) END AS btc_change,
  CASE 'EURe' WHEN received.symbol THEN token_amount(r.amount_in, received.decimals)
    WHEN paid.symbol THEN -token_amount(r.amount_out, paid.decimals) END AS eure_change,
  decided.reference_rate, decided.gross_edge_pct, decided.notional_eur,
  CASE 'EURe' WHEN received.symbol
    THEN token_amount(r.amount_in, received.decimals) - token_amount(r.amount_out, paid.decimals) * decided.reference_rate
    WHEN paid.symbol
    THEN token_amount(r.amount_in, received.decimals) * decided.reference_rate - token_amount(r.amount_out, paid.decimals)
  END AS profit_eure
FROM trade_execution_results r
LEFT JOIN assets received ON received.id = r.asset_in
LEFT JOIN assets paid ON paid.id = r.asset_out
LEFT JOIN LATERAL (
  SELECT d.direction, d.reference_rate, d.gross_edge_pct, d.notional_eur FROM trade_decisions d
  WHERE d.account_id = r.account_id AND d.quote_id = r.quote_id AND d.day <= r.day + 1
  ORDER BY d.kafka_offset LIMIT 1
) AS decided ON true
WHERE r.status = 'settled'
  AND NOT EXISTS (
    SELECT FROM trade_execution_results earlier
    WHERE earlier.account_id = r.account_id AND earlier.quote_id = r.quote_id AND earlier.status = 'settled'
      AND earlier.day <= r.day AND (earlier.day, earlier.ingested_at, earlier.event_id) < (r.day, r.ingested_at, r.event_id)
  );

-- A source that has gone silent leaves its last price in every sample: what is not of the minute itself is no price of the horizon.
CREATE OR REPLACE VIEW mark_outs AS
SELECT s.day, s.account_id, s.quote_id, s.direction, s.settled_at, mark.seconds AS horizon_s, price.ingested_at AS sampled_at,
  price.fair_rate, s.eure_change + s.btc_change * price.fair_rate AS profit_eure, s.profit_eure AS decided_profit_eure,
  s.notional_eur
FROM settlements s
CROSS JOIN (VALUES (1), (10), (60), (300)) AS mark(seconds)
LEFT JOIN LATERAL (
  SELECT p.ingested_at, p.fair_rate FROM market_price_events p
  WHERE p.account_id = s.account_id AND p.fair_rate IS NOT NULL
    AND p.day BETWEEN utc_day(s.settled_at) - 1 AND utc_day(s.settled_at) + 1
    AND p.ingested_at <= s.settled_at + mark.seconds * interval '1 second'
    AND p.ingested_at > s.settled_at + mark.seconds * interval '1 second' - interval '1 minute'
    AND p.freshness_ms
      < extract(epoch FROM p.ingested_at - (s.settled_at + mark.seconds * interval '1 second' - interval '1 minute')) * 1000
  ORDER BY p.ingested_at DESC LIMIT 1
) AS price ON s.settled_at + mark.seconds * interval '1 second' <= now();

CREATE OR REPLACE VIEW trade_chain AS
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
  WHERE r.account_id = d.account_id AND r.quote_id = d.quote_id AND r.day >= d.day - 1
  ORDER BY r.transition_seq DESC LIMIT 1
) AS last ON true
LEFT JOIN LATERAL (
  SELECT min(r.at) FILTER (WHERE r.status = 'submitted') AS sent_at, min(r.since_received_us) AS since_received_us,
    min(r.reply_after_ms) AS reply_after_ms,
    min(coalesce(iso_time(r.settlement ->> 'block_time'), r.at)) FILTER (WHERE r.status = 'settled') AS settled_at,
    min(r.tx_hash) AS tx_hash, min(r.settlement_block) AS settlement_block,
    jsonb_agg(jsonb_build_object('status', r.status, 'code', r.result_code, 'at', r.at) ORDER BY r.transition_seq) AS story
  FROM trade_execution_results r
  WHERE r.account_id = d.account_id AND r.quote_id = d.quote_id AND r.day >= d.day - 1
) AS way ON true
LEFT JOIN assets received ON received.id = d.asset_in
LEFT JOIN assets paid ON paid.id = d.asset_out;
