-- An id that was rejected is forgotten by the engine after some minutes, or sooner under a flood, and a request that has it again is
-- decided like a new one, at another price and perhaps the other way round. What settled is what the accepted decision signed.
CREATE OR REPLACE VIEW settlements AS
SELECT r.day, r.account_id, r.quote_id, r.command_id, coalesce(decided.direction, received.symbol || '->' || paid.symbol) AS direction,
  least(coalesce(iso_time(r.settlement ->> 'block_time'), r.at), r.deadline) AS settled_at, r.settlement_block, r.tx_hash, r.nonce,
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
  END AS profit_eure,
  coalesce(coalesce(iso_time(r.settlement ->> 'block_time'), r.at) <= r.deadline, true) AS is_time_known
FROM trade_execution_results r
LEFT JOIN assets received ON received.id = r.asset_in
LEFT JOIN assets paid ON paid.id = r.asset_out
LEFT JOIN LATERAL (
  SELECT d.direction, d.reference_rate, d.gross_edge_pct, d.notional_eur FROM trade_decisions d
  WHERE d.account_id = r.account_id AND d.quote_id = r.quote_id AND d.day <= r.day + 1 AND d.decision = 'accepted'
  ORDER BY d.kafka_offset LIMIT 1
) AS decided ON true
WHERE r.status = 'settled'
  AND NOT EXISTS (
    SELECT FROM trade_execution_results earlier
    WHERE earlier.account_id = r.account_id AND earlier.quote_id = r.quote_id AND earlier.status = 'settled'
      AND earlier.day <= r.day AND (earlier.day, earlier.ingested_at, earlier.event_id) < (r.day, r.ingested_at, r.event_id)
  );

CREATE OR REPLACE VIEW unattributed_settlements AS
SELECT r.day, r.account_id, r.quote_id, named.ids AS candidates, coalesce(decided.direction, received.symbol || '->' || paid.symbol) AS direction,
  least(coalesce(iso_time(r.settlement ->> 'block_time'), r.at), r.deadline) AS settled_at, r.settlement_block, r.tx_hash, r.nonce,
  coalesce(moved.btc, 0) - coalesce(found.btc, 0) AS btc_change, coalesce(moved.eure, 0) - coalesce(found.eure, 0) AS eure_change,
  decided.reference_rate,
  coalesce(moved.eure, 0) - coalesce(found.eure, 0) + (coalesce(moved.btc, 0) - coalesce(found.btc, 0)) * decided.reference_rate AS profit_eure
FROM trade_execution_results r
LEFT JOIN assets received ON received.id = r.asset_in
LEFT JOIN assets paid ON paid.id = r.asset_out
LEFT JOIN LATERAL (
  SELECT d.direction, d.reference_rate FROM trade_decisions d
  WHERE d.account_id = r.account_id AND d.quote_id = r.quote_id AND d.day <= r.day + 1 AND d.decision = 'accepted'
  ORDER BY d.kafka_offset LIMIT 1
) AS decided ON true
CROSS JOIN LATERAL (
  SELECT array_agg(DISTINCT candidate.id ORDER BY candidate.id) AS ids
  FROM (
    SELECT r.quote_id
    UNION ALL
    SELECT jsonb_array_elements_text(coalesce(r.settlement -> 'candidates', '[]') || coalesce(r.settlement -> 'shared_with', '[]'))
  ) AS candidate(id)
) AS named
CROSS JOIN LATERAL (
  SELECT sum(token_amount(changed.value::numeric, known.decimals)) FILTER (WHERE known.symbol = 'BTC') AS btc,
    sum(token_amount(changed.value::numeric, known.decimals)) FILTER (WHERE known.symbol = 'EURe') AS eure
  FROM jsonb_each_text(r.settlement -> 'balance_change') AS changed
  JOIN assets known ON known.id = changed.key
) AS moved
CROSS JOIN LATERAL (
  -- A record names as many candidates as it has room for; the nonce finds the others of it.
  SELECT sum(s.btc_change) AS btc, sum(s.eure_change) AS eure FROM settlements s
  WHERE s.account_id = r.account_id AND (s.quote_id = ANY (named.ids) OR s.nonce = r.nonce)
) AS found
WHERE r.status = 'uncertain' AND r.result_code = 'unattributed' AND r.settlement -> 'balance_change' <> '{}'
  AND NOT EXISTS (
    SELECT FROM trade_execution_results earlier
    WHERE earlier.account_id = r.account_id AND earlier.nonce = r.nonce AND earlier.status = 'uncertain'
      AND earlier.result_code = 'unattributed' AND earlier.settlement -> 'balance_change' <> '{}'
      AND earlier.day <= r.day AND (earlier.day, earlier.ingested_at, earlier.event_id) < (r.day, r.ingested_at, r.event_id)
  )
  AND (coalesce(moved.btc, 0) <> coalesce(found.btc, 0) OR coalesce(moved.eure, 0) <> coalesce(found.eure, 0));

-- And the row of a rejected decision has no command and no result.
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
  WHERE d.decision = 'accepted' AND c.account_id = d.account_id AND c.quote_id = d.quote_id AND c.day BETWEEN d.day - 1 AND d.day + 1
  ORDER BY c.kafka_offset LIMIT 1
) AS command ON true
LEFT JOIN LATERAL (
  SELECT * FROM trade_execution_results r
  WHERE d.decision = 'accepted' AND r.account_id = d.account_id AND r.quote_id = d.quote_id AND r.day >= d.day - 1
  ORDER BY r.transition_seq DESC, extract(epoch FROM r.ingested_at) DESC LIMIT 1
) AS last ON true
LEFT JOIN LATERAL (
  SELECT min(r.at) FILTER (WHERE r.status = 'submitted') AS sent_at, min(r.since_received_us) AS since_received_us,
    min(r.reply_after_ms) AS reply_after_ms,
    min(least(coalesce(iso_time(r.settlement ->> 'block_time'), r.at), r.deadline)) FILTER (WHERE r.status = 'settled') AS settled_at,
    min(r.tx_hash) FILTER (WHERE r.status = 'settled') AS tx_hash,
    min(r.settlement_block) FILTER (WHERE r.status = 'settled') AS settlement_block,
    jsonb_agg(jsonb_build_object('status', r.status, 'code', r.result_code, 'at', r.at) ORDER BY r.transition_seq, r.ingested_at) AS story
  FROM trade_execution_results r
  WHERE d.decision = 'accepted' AND r.account_id = d.account_id AND r.quote_id = d.quote_id AND r.day >= d.day - 1
) AS way ON true
LEFT JOIN assets received ON received.id = d.asset_in
LEFT JOIN assets paid ON paid.id = d.asset_out;
