-- Views that were not true in rare cases; names and meanings of their columns stay.

-- A liquidity-manager that has lost its state knows a transfer for what it is, under the same id, and counts its records from 1 again:
-- the newest record is the one of the latest time, and of one time the one with the highest number. And what is under way stays so
-- while the manager is away: the window of a week reaches back from its last sign of life, not from now.
CREATE OR REPLACE VIEW current_funding AS
WITH RECURSIVE acting AS (
  (SELECT account_id FROM liquidity_actions WHERE account_id >= '' ORDER BY account_id LIMIT 1)
  UNION ALL
  SELECT following.account_id FROM acting
  CROSS JOIN LATERAL (
    SELECT a.account_id FROM liquidity_actions a WHERE a.account_id > acting.account_id ORDER BY a.account_id LIMIT 1
  ) AS following
), observing AS (
  (SELECT account_id FROM funding_observations WHERE account_id >= '' ORDER BY account_id LIMIT 1)
  UNION ALL
  SELECT following.account_id FROM observing
  CROSS JOIN LATERAL (
    SELECT o.account_id FROM funding_observations o WHERE o.account_id > observing.account_id ORDER BY o.account_id LIMIT 1
  ) AS following
), known AS (
  -- Of an account without such a row the greatest one is that of another account, or of another service.
  SELECT account.account_id, greatest(
    CASE WHEN action.account_id = account.account_id THEN action.ingested_at END,
    CASE WHEN observation.account_id = account.account_id THEN observation.ingested_at END,
    CASE WHEN health.account_id = account.account_id AND health.service = 'liquidity-manager' THEN health.ingested_at END) AS at
  FROM (SELECT account_id FROM acting UNION SELECT account_id FROM observing) AS account
  LEFT JOIN LATERAL (
    SELECT a.account_id, a.ingested_at FROM liquidity_actions a
    WHERE (a.account_id, a.ingested_at) <= (account.account_id, timestamptz 'infinity')
    ORDER BY a.account_id DESC, a.ingested_at DESC LIMIT 1
  ) AS action ON true
  LEFT JOIN LATERAL (
    SELECT o.account_id, o.ingested_at FROM funding_observations o
    WHERE (o.account_id, o.ingested_at) <= (account.account_id, timestamptz 'infinity')
    ORDER BY o.account_id DESC, o.ingested_at DESC LIMIT 1
  ) AS observation ON true
  LEFT JOIN LATERAL (
    SELECT h.account_id, h.service, h.ingested_at FROM service_health_events h
    WHERE (h.account_id, h.service, h.ingested_at) <= (account.account_id, 'liquidity-manager', timestamptz 'infinity')
    ORDER BY h.account_id DESC, h.service DESC, h.ingested_at DESC LIMIT 1
  ) AS health ON true
), actions AS (
  SELECT newest.* FROM known
  CROSS JOIN LATERAL (
    SELECT DISTINCT ON (a.liquidity_action_id, a.kind) a.* FROM liquidity_actions a
    WHERE a.account_id = known.account_id AND a.day >= utc_day(known.at) - 8 AND a.ingested_at >= known.at - interval '8 days'
    ORDER BY a.liquidity_action_id, a.kind, a.ingested_at DESC, a.transition_seq DESC
  ) AS newest
), observations AS (
  SELECT newest.* FROM known
  CROSS JOIN LATERAL (
    SELECT DISTINCT ON (o.funding_observation_id) o.* FROM funding_observations o
    WHERE o.account_id = known.account_id AND o.day >= utc_day(known.at) - 8 AND o.ingested_at >= known.at - interval '8 days'
    ORDER BY o.funding_observation_id, o.ingested_at DESC, o.observation_seq DESC
  ) AS newest
)
SELECT way.account_id, way.kind, way.liquidity_action_id, way.funding_observation_id, way.asset_id, assets.symbol, way.chain,
  way.status, way.reason_code, way.detail, way.amount, token_amount(way.amount, assets.decimals) AS amount_tokens,
  way.funding_handle, way.tx_hash, way.confirmations, way.confirmations_required, way.first_seen_at, way.at
FROM (
  SELECT account_id, kind, liquidity_action_id, funding_observation_id, asset_id, chain, status, reason_code, detail, amount,
    funding_handle, tx_hash, confirmations, confirmations_required, first_seen_at, at
  FROM actions
  WHERE kind IN ('deposit', 'withdrawal') AND status NOT IN ('credited', 'completed', 'returned', 'failed')
  UNION ALL
  SELECT account_id, 'deposit', liquidity_action_id, funding_observation_id, asset_id, chain, status, reason_code, detail, amount,
    funding_handle, tx_hash, confirmations, confirmations_required, first_seen_at, at
  FROM observations o
  WHERE status NOT IN ('credited', 'replaced')
    AND NOT EXISTS (
      SELECT FROM actions a
      WHERE a.account_id = o.account_id AND a.kind = 'deposit' AND a.liquidity_action_id = o.liquidity_action_id
    )
    AND NOT EXISTS (
      SELECT FROM actions a
      WHERE a.account_id = o.account_id AND a.kind = 'deposit' AND a.funding_observation_id = o.funding_observation_id
    )
) AS way
LEFT JOIN assets ON assets.id = way.asset_id;
COMMENT ON VIEW current_funding IS 'Deposits and withdrawals of each account that are not over, as the liquidity-manager reported them last: of the 8 days before its last sign of life, which hold all, since it publishes again every day what is not over. None of it is spendable';

-- By the seconds, since PostgreSQL would take the index of times for a sort by time, and read past all other actions in it.
CREATE OR REPLACE VIEW funding_pipeline AS
SELECT a.day, a.account_id, a.kind, a.liquidity_action_id, a.rebalance, a.asset_id, known.symbol, a.chain, a.bridge, a.status,
  a.reason_code, a.detail, a.amount, a.credited_amount, a.fee, token_amount(a.amount, known.decimals) AS amount_tokens,
  token_amount(a.credited_amount, known.decimals) AS credited_tokens, a.funding_handle, a.destination, a.tx_hash, a.near_tx_hash,
  seen.status AS observed_status, seen.confirmations, seen.confirmations_required, seen.bridge_deposit_tx_hash,
  a.requested_at, coalesce(a.first_seen_at, seen.first_seen_at) AS first_seen_at, seen.confirmed_at,
  coalesce(a.credited_at, seen.credited_at) AS credited_at, a.completed_at,
  seen.confirmed_at - coalesce(a.first_seen_at, seen.first_seen_at) AS seen_to_confirmed,
  coalesce(a.credited_at, seen.credited_at) - seen.confirmed_at AS confirmed_to_credited, a.at
FROM liquidity_actions a
CROSS JOIN LATERAL (
  SELECT l.event_id FROM liquidity_actions l
  WHERE l.liquidity_action_id = a.liquidity_action_id AND l.account_id = a.account_id AND l.kind = a.kind AND l.day >= a.day
  ORDER BY extract(epoch FROM l.ingested_at) DESC, l.transition_seq DESC LIMIT 1
) AS newest
LEFT JOIN LATERAL (
  SELECT * FROM funding_observations f
  WHERE f.funding_observation_id = a.funding_observation_id AND f.account_id = a.account_id
    AND f.day BETWEEN a.day - 31 AND a.day + 31
  ORDER BY extract(epoch FROM f.ingested_at) DESC, f.observation_seq DESC LIMIT 1
) AS seen ON true
LEFT JOIN assets known ON known.id = a.asset_id
WHERE a.kind IN ('deposit', 'withdrawal') AND a.event_id = newest.event_id;

-- A candidate of a settlement that turned out to be another's was not taken. An engine whose journal was restored gives numbers of
-- transitions a second time: of one number the later record says how it went.
CREATE OR REPLACE VIEW quote_outcomes AS
SELECT d.day, d.account_id, d.quote_id, d.decision_id, d.decided_at, d.direction, d.decision, d.decision_reason,
  d.gross_edge_pct, d.notional_eur,
  d.decision_reason NOT IN ('request_malformed', 'pair_unsupported', 'partner_not_allowed', 'quote_expired', 'answer_too_late',
    'deadline_too_long') AS eligible,
  d.gross_edge_pct IS NOT NULL AS priced,
  coalesce(way.signed, false) AS signed, coalesce(way.sent, false) AS sent, coalesce(way.acknowledged, false) AS acknowledged,
  coalesce(way.late, false) AS late, coalesce(way.outbid, false) AS outbid,
  coalesce(way.settled OR way.last_code = 'unattributed', false) AS taken,
  coalesce(way.settled, false) AS settled, way.last_status
FROM trade_decisions d
LEFT JOIN LATERAL (
  SELECT bool_or(r.quote_hash IS NOT NULL) AS signed, bool_or(r.status = 'submitted') AS sent,
    bool_or(r.status = 'accepted') AS acknowledged, bool_or(r.status = 'late') AS late,
    bool_or(r.result_code = 'relay_outbid') AS outbid, bool_or(r.status = 'settled') AS settled,
    (array_agg(r.status ORDER BY r.transition_seq DESC, r.ingested_at DESC))[1] AS last_status,
    (array_agg(r.result_code ORDER BY r.transition_seq DESC, r.ingested_at DESC))[1] AS last_code
  FROM trade_execution_results r
  WHERE d.decision = 'accepted' AND r.account_id = d.account_id AND r.quote_id = d.quote_id
    AND r.day >= d.day - 1
) AS way ON true;
COMMENT ON COLUMN quote_outcomes.taken IS 'whether the requester took it: settled, or one of several that may have settled, of which it is not known which one did';
COMMENT ON COLUMN quote_funnel.taken IS 'answers that the requester took: settled, or one of several that may have settled, of which it is not known which one did';

-- The block on record is the one at which the engine saw the settlement. After a stop that is hours later, and no quote settles after
-- its deadline.
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
  WHERE d.account_id = r.account_id AND d.quote_id = r.quote_id AND d.day <= r.day + 1
  ORDER BY d.kafka_offset LIMIT 1
) AS decided ON true
WHERE r.status = 'settled'
  AND NOT EXISTS (
    SELECT FROM trade_execution_results earlier
    WHERE earlier.account_id = r.account_id AND earlier.quote_id = r.quote_id AND earlier.status = 'settled'
      AND earlier.day <= r.day AND (earlier.day, earlier.ingested_at, earlier.event_id) < (r.day, r.ingested_at, r.event_id)
  );
COMMENT ON COLUMN settlements.settled_at IS 'time of the block at which the settlement was seen, a few seconds after it; where it was seen after the deadline of the quote, the deadline, which is the latest time possible';
COMMENT ON COLUMN settlements.is_time_known IS 'whether it was seen before the deadline; otherwise, as after a stop of the engine, settled_at is only the latest time possible';

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
) AS price ON s.is_time_known AND s.settled_at + mark.seconds * interval '1 second' <= now();
COMMENT ON COLUMN mark_outs.settled_at IS 'time of the settlement, as in settlements';
COMMENT ON COLUMN mark_outs.sampled_at IS 'when the price was sampled: the last sample in the minute before the horizon; NULL: none, or the horizon is not over, or the time of the settlement is not known';

-- Money that moved under a nonce of which it is not known which quote settled. The change of the balances is in the record of one of the
-- candidates; what candidates that were found to have settled after all explain of it is in settlements.
CREATE VIEW unattributed_settlements AS
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
  WHERE d.account_id = r.account_id AND d.quote_id = r.quote_id AND d.day <= r.day + 1
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
COMMENT ON VIEW unattributed_settlements IS 'Changes of the balances by settlements of which it is not known which quotes settled; in no profit of settlements';
COMMENT ON COLUMN unattributed_settlements.day IS 'UTC date on which it was recorded; a condition on it keeps a query quick';
COMMENT ON COLUMN unattributed_settlements.account_id IS 'account that settled';
COMMENT ON COLUMN unattributed_settlements.quote_id IS 'candidate whose record has the change';
COMMENT ON COLUMN unattributed_settlements.candidates IS 'quotes that may have settled, as far as the record names them';
COMMENT ON COLUMN unattributed_settlements.direction IS 'of that candidate: what is received -> what is paid, seen from us';
COMMENT ON COLUMN unattributed_settlements.settled_at IS 'time of the block at which it was seen; where that is after the deadline of the candidate, the deadline';
COMMENT ON COLUMN unattributed_settlements.settlement_block IS 'block at which it was seen';
COMMENT ON COLUMN unattributed_settlements.tx_hash IS 'transaction, where it is known';
COMMENT ON COLUMN unattributed_settlements.nonce IS 'nonce under which the candidate was signed';
COMMENT ON COLUMN unattributed_settlements.btc_change IS 'BTC by which the balance grew, or shrank if negative, less what settlements explain of it; a deposit or withdrawal at the same time may be in it';
COMMENT ON COLUMN unattributed_settlements.eure_change IS 'the same in EURe';
COMMENT ON COLUMN unattributed_settlements.reference_rate IS 'EURe per BTC at which a hedge would have been made when the candidate was decided';
COMMENT ON COLUMN unattributed_settlements.profit_eure IS 'EURe: eure_change plus btc_change at reference_rate; exact, and as uncertain as these';

CREATE OR REPLACE VIEW profit_by_day AS
SELECT day, account_id, direction, count(*) FILTER (WHERE is_known) AS settled,
  count(*) FILTER (WHERE is_known AND profit_eure IS NULL) AS unpriced,
  sum(btc_change) FILTER (WHERE is_known) AS btc_change, sum(eure_change) FILTER (WHERE is_known) AS eure_change,
  sum(notional_eur) AS notional_eur, sum(profit_eure) FILTER (WHERE is_known) AS profit_eure,
  count(*) FILTER (WHERE NOT is_known) AS unattributed,
  sum(btc_change) FILTER (WHERE NOT is_known) AS unattributed_btc_change,
  sum(eure_change) FILTER (WHERE NOT is_known) AS unattributed_eure_change,
  sum(profit_eure) FILTER (WHERE NOT is_known) AS unattributed_profit_eure
FROM (
  SELECT day, account_id, direction, btc_change, eure_change, notional_eur, profit_eure, true AS is_known FROM settlements
  UNION ALL
  SELECT day, account_id, direction, btc_change, eure_change, NULL, profit_eure, false FROM unattributed_settlements
) AS settled
GROUP BY day, account_id, direction;
COMMENT ON COLUMN profit_by_day.unattributed IS 'changes of the balances of which it is not known which quotes settled: unattributed_settlements; in none of the columns before';
COMMENT ON COLUMN profit_by_day.unattributed_btc_change IS 'BTC of these';
COMMENT ON COLUMN profit_by_day.unattributed_eure_change IS 'EURe of these';
COMMENT ON COLUMN profit_by_day.unattributed_profit_eure IS 'EURe: what they earned if no deposit or withdrawal is in them';

-- A quote that was voided or pulled has on record which transaction used its nonce, which settled another one, or none.
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
  WHERE r.account_id = d.account_id AND r.quote_id = d.quote_id AND r.day >= d.day - 1
) AS way ON true
LEFT JOIN assets received ON received.id = d.asset_in
LEFT JOIN assets paid ON paid.id = d.asset_out;
COMMENT ON COLUMN trade_execution_results.tx_hash IS 'transaction that used the nonce: it settled this quote if status is settled, else another one, or it pulled them; NULL: not named, or the nonce was not used';
COMMENT ON COLUMN trade_execution_results.settlement_block IS 'block at which the use of the nonce was seen';
COMMENT ON COLUMN trade_execution_results.settlement IS 'block, transaction and change of balances of the use of the nonce';
COMMENT ON COLUMN trade_chain.settled_at IS 'time of the block at which the settlement was seen, a few seconds after it; where that is after the deadline of the quote, the deadline, which is the latest time possible';

-- Days are UTC, whatever the time zone of the session.
CREATE OR REPLACE FUNCTION check_from() RETURNS date LANGUAGE sql STABLE AS $$
  SELECT coalesce(nullif(current_setting('unrip.check_from', true), '')::date, utc_day(now()) - 7)
$$;

-- As before, but for the lock: whoever may connect can hold an advisory lock, and a role that can only read could have kept the
-- history-writer from its partitions. A row of schema_migrations is locked by nobody who cannot change it.
CREATE OR REPLACE FUNCTION ensure_partitions(wanted date) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET datestyle = 'ISO' AS $$
DECLARE
  low date := date_trunc('quarter', wanted)::date;
  high date := (date_trunc('quarter', wanted) + interval '3 months')::date;
  parent record;
  child text;
  made integer := 0;
BEGIN
  IF wanted IS NULL OR wanted < date '2000-01-01' OR wanted > current_date + 3653 THEN
    RAISE EXCEPTION 'no record can be of the day %', wanted USING ERRCODE = 'datetime_field_overflow';
  END IF;
  -- Whoever comes second looks only after the first has committed.
  PERFORM 1 FROM schema_migrations WHERE version = 1 FOR UPDATE;
  FOR parent IN
    SELECT c.oid, c.relname
    FROM pg_partitioned_table p JOIN pg_class c ON c.oid = p.partrelid
    WHERE c.relnamespace = current_schema()::regnamespace
    ORDER BY c.relname
  LOOP
    child := format('%s_%sq%s', parent.relname, to_char(low, 'YYYY'), to_char(low, 'Q'));
    CONTINUE WHEN to_regclass(format('%I.%I', current_schema(), child)) IS NOT NULL;
    CONTINUE WHEN EXISTS (
      SELECT FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
      CROSS JOIN regexp_match(pg_get_expr(c.relpartbound, c.oid), $r$FROM \('([-0-9]+)'\) TO \('([-0-9]+)'\)$r$) AS m
      WHERE i.inhparent = parent.oid AND m[1]::date <= wanted AND m[2]::date > wanted
    );
    EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', child, parent.relname);
    EXECUTE format('CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', child);
    EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', parent.relname, child, low, high);
    made := made + 1;
  END LOOP;
  RETURN made;
END
$$;

DO $$
BEGIN
  EXECUTE format('ALTER FUNCTION ensure_partitions(date) SET search_path = %I, pg_temp', current_schema());
END
$$;
