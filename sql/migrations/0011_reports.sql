-- Views for analysts. Each has the column `day`, and a condition on it reaches the partitions of every table that the view reads:
-- what belongs to a row of another table is looked up by its id, in the days around; of several the first in Kafka, by its offset,
-- since PostgreSQL would take an index of times for a sort by time. Amounts are exact: no division.

CREATE FUNCTION iso_time(written text) RETURNS timestamptz LANGUAGE plpgsql STABLE STRICT AS $$
BEGIN
  RETURN written::timestamptz;
EXCEPTION WHEN data_exception THEN
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION iso_time(text) IS 'A time inside of a record; NULL when it is none, so that one such record does not end a query over all';

-- Results can follow a decision by days: a restart records what happened meanwhile.
CREATE VIEW quote_outcomes AS
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
    AND r.day BETWEEN d.day - 1 AND d.day + 31
) AS way ON true;
COMMENT ON VIEW quote_outcomes IS 'How far each quote came, one row a decision';
COMMENT ON COLUMN quote_outcomes.day IS 'UTC date of the decision; a condition on it keeps a query quick';
COMMENT ON COLUMN quote_outcomes.account_id IS 'account that decided';
COMMENT ON COLUMN quote_outcomes.quote_id IS 'id of the quote request';
COMMENT ON COLUMN quote_outcomes.decision_id IS 'id of the decision';
COMMENT ON COLUMN quote_outcomes.decided_at IS 'when it was decided';
COMMENT ON COLUMN quote_outcomes.direction IS 'what is received -> what is paid, seen from us';
COMMENT ON COLUMN quote_outcomes.decision IS 'accepted or rejected';
COMMENT ON COLUMN quote_outcomes.decision_reason IS 'code of the first gate that did not pass';
COMMENT ON COLUMN quote_outcomes.gross_edge_pct IS 'edge in percent';
COMMENT ON COLUMN quote_outcomes.notional_eur IS 'value in EUR';
COMMENT ON COLUMN quote_outcomes.eligible IS 'whether it could be answered at all: a valid request for the pair, of a partner that is served, in time';
COMMENT ON COLUMN quote_outcomes.priced IS 'whether a price and with it an edge was found';
COMMENT ON COLUMN quote_outcomes.signed IS 'whether a quote was signed';
COMMENT ON COLUMN quote_outcomes.sent IS 'whether the answer was sent';
COMMENT ON COLUMN quote_outcomes.acknowledged IS 'whether the relay accepted the answer';
COMMENT ON COLUMN quote_outcomes.late IS 'whether the relay had finished with the quote before the answer';
COMMENT ON COLUMN quote_outcomes.outbid IS 'late, although the answer came in time: another answer was taken';
COMMENT ON COLUMN quote_outcomes.taken IS 'whether the requester took it: settled, or one of several that explain a settlement';
COMMENT ON COLUMN quote_outcomes.settled IS 'whether it settled';
COMMENT ON COLUMN quote_outcomes.last_status IS 'status after the last transition; NULL: no command';

CREATE VIEW settlements AS
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
  WHERE d.account_id = r.account_id AND d.quote_id = r.quote_id AND d.day BETWEEN r.day - 31 AND r.day + 1
  ORDER BY d.kafka_offset LIMIT 1
) AS decided ON true
WHERE r.status = 'settled';
COMMENT ON VIEW settlements IS 'Quotes that settled, with what they changed and the profit at the price of the decision';
COMMENT ON COLUMN settlements.day IS 'UTC date on which it was recorded; a condition on it keeps a query quick';
COMMENT ON COLUMN settlements.account_id IS 'account that settled';
COMMENT ON COLUMN settlements.quote_id IS 'id of the quote request';
COMMENT ON COLUMN settlements.command_id IS 'id of the command';
COMMENT ON COLUMN settlements.direction IS 'what is received -> what is paid, seen from us';
COMMENT ON COLUMN settlements.settled_at IS 'time of the block that settled it; where that is not known, when it was seen';
COMMENT ON COLUMN settlements.settlement_block IS 'block at which it was seen';
COMMENT ON COLUMN settlements.tx_hash IS 'transaction that settled it';
COMMENT ON COLUMN settlements.nonce IS 'nonce under which it settled';
COMMENT ON COLUMN settlements.asset_in IS 'asset that was received';
COMMENT ON COLUMN settlements.asset_out IS 'asset that was paid';
COMMENT ON COLUMN settlements.amount_in IS 'smallest units of asset_in, as signed';
COMMENT ON COLUMN settlements.amount_out IS 'smallest units of asset_out, as signed';
COMMENT ON COLUMN settlements.btc_change IS 'BTC that was received, or paid if negative';
COMMENT ON COLUMN settlements.eure_change IS 'EURe that was received, or paid if negative';
COMMENT ON COLUMN settlements.reference_rate IS 'EURe per BTC at which a hedge would have been made when it was decided';
COMMENT ON COLUMN settlements.gross_edge_pct IS 'edge of the decision in percent';
COMMENT ON COLUMN settlements.notional_eur IS 'value in EUR when it was decided';
COMMENT ON COLUMN settlements.profit_eure IS 'EURe: eure_change plus btc_change at reference_rate, before fees and the cost of a hedge; exact';

CREATE VIEW mark_outs AS
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
  ORDER BY p.ingested_at DESC LIMIT 1
) AS price ON s.settled_at + mark.seconds * interval '1 second' <= now();
COMMENT ON VIEW mark_outs IS 'What each settlement is worth at the fair price 1 s, 10 s, 60 s and 5 min after it';
COMMENT ON COLUMN mark_outs.day IS 'UTC date on which the settlement was recorded; a condition on it keeps a query quick';
COMMENT ON COLUMN mark_outs.account_id IS 'account that settled';
COMMENT ON COLUMN mark_outs.quote_id IS 'id of the quote request';
COMMENT ON COLUMN mark_outs.direction IS 'what is received -> what is paid, seen from us';
COMMENT ON COLUMN mark_outs.settled_at IS 'time of the settlement';
COMMENT ON COLUMN mark_outs.horizon_s IS 'seconds after the settlement: 1, 10, 60 or 300';
COMMENT ON COLUMN mark_outs.sampled_at IS 'when the price was sampled: the last sample in the minute before the horizon; NULL: none, or the horizon is not over';
COMMENT ON COLUMN mark_outs.fair_rate IS 'EURe per BTC: the fair price at the horizon';
COMMENT ON COLUMN mark_outs.profit_eure IS 'EURe: eure_change plus btc_change at fair_rate; exact. Less than decided_profit_eure: the price moved against us';
COMMENT ON COLUMN mark_outs.decided_profit_eure IS 'EURe: profit at the price of the decision';
COMMENT ON COLUMN mark_outs.notional_eur IS 'value in EUR when it was decided';

CREATE VIEW profit_by_day AS
SELECT day, account_id, direction, count(*) AS settled, count(*) FILTER (WHERE profit_eure IS NULL) AS unpriced,
  sum(btc_change) AS btc_change, sum(eure_change) AS eure_change, sum(notional_eur) AS notional_eur, sum(profit_eure) AS profit_eure
FROM settlements
GROUP BY day, account_id, direction;
COMMENT ON VIEW profit_by_day IS 'Profit and loss of settlements by day and direction, at the prices of the decisions';
COMMENT ON COLUMN profit_by_day.day IS 'UTC date on which the settlements were recorded';
COMMENT ON COLUMN profit_by_day.account_id IS 'account that settled';
COMMENT ON COLUMN profit_by_day.direction IS 'what is received -> what is paid, seen from us';
COMMENT ON COLUMN profit_by_day.settled IS 'settlements';
COMMENT ON COLUMN profit_by_day.unpriced IS 'settlements without a known profit, because their decision is not on record; the sum lacks them';
COMMENT ON COLUMN profit_by_day.btc_change IS 'BTC received less BTC paid';
COMMENT ON COLUMN profit_by_day.eure_change IS 'EURe received less EURe paid';
COMMENT ON COLUMN profit_by_day.notional_eur IS 'value in EUR of what was traded';
COMMENT ON COLUMN profit_by_day.profit_eure IS 'EURe: sum of the profits, before fees and the cost of hedges; exact';

CREATE VIEW skips_by_hour AS
SELECT day, date_trunc('hour', ingested_at, 'UTC') AS hour, account_id, direction, decision_reason, count(*) AS skipped,
  sum(notional_eur) AS notional_eur
FROM trade_decisions
WHERE decision = 'rejected'
GROUP BY day, 2, account_id, direction, decision_reason;
COMMENT ON VIEW skips_by_hour IS 'Quotes that were skipped, by hour and reason';
COMMENT ON COLUMN skips_by_hour.day IS 'UTC date; a condition on it keeps a query quick';
COMMENT ON COLUMN skips_by_hour.hour IS 'beginning of the hour';
COMMENT ON COLUMN skips_by_hour.account_id IS 'account that decided';
COMMENT ON COLUMN skips_by_hour.direction IS 'what would be received -> what would be paid, seen from us; NULL: another pair';
COMMENT ON COLUMN skips_by_hour.decision_reason IS 'code of the first gate that did not pass';
COMMENT ON COLUMN skips_by_hour.skipped IS 'quotes';
COMMENT ON COLUMN skips_by_hour.notional_eur IS 'their value in EUR, as far as it is known';

CREATE VIEW edge_distribution AS
SELECT day, account_id, direction, floor(gross_edge_pct * 4) * 0.25 AS edge_from_pct, count(*) AS quotes,
  count(*) FILTER (WHERE decision = 'accepted') AS accepted, sum(notional_eur) AS notional_eur
FROM trade_decisions
WHERE gross_edge_pct IS NOT NULL
GROUP BY day, account_id, direction, floor(gross_edge_pct * 4) * 0.25;
COMMENT ON VIEW edge_distribution IS 'Edges of the quotes that were priced, by day, in steps of a quarter percent';
COMMENT ON COLUMN edge_distribution.day IS 'UTC date; a condition on it keeps a query quick';
COMMENT ON COLUMN edge_distribution.account_id IS 'account that decided';
COMMENT ON COLUMN edge_distribution.direction IS 'what is received -> what is paid, seen from us';
COMMENT ON COLUMN edge_distribution.edge_from_pct IS 'lower end of the step: it contains edges from there to 0.25 more, without that';
COMMENT ON COLUMN edge_distribution.quotes IS 'quotes with such an edge';
COMMENT ON COLUMN edge_distribution.accepted IS 'of these, quotes that were accepted';
COMMENT ON COLUMN edge_distribution.notional_eur IS 'their value in EUR';

CREATE VIEW fill_rate_by_day AS
SELECT day, account_id, direction, count(*) AS commanded, count(*) FILTER (WHERE sent) AS sent,
  count(*) FILTER (WHERE acknowledged) AS acknowledged, count(*) FILTER (WHERE late) AS late,
  count(*) FILTER (WHERE taken) AS taken, count(*) FILTER (WHERE settled) AS settled,
  round(100.0 * count(*) FILTER (WHERE settled) / nullif(count(*) FILTER (WHERE sent), 0), 2) AS fill_pct
FROM quote_outcomes
WHERE decision = 'accepted'
GROUP BY day, account_id, direction;
COMMENT ON VIEW fill_rate_by_day IS 'How many answers were filled, by the day of the decision';
COMMENT ON COLUMN fill_rate_by_day.day IS 'UTC date of the decision; a condition on it keeps a query quick';
COMMENT ON COLUMN fill_rate_by_day.account_id IS 'account that answered';
COMMENT ON COLUMN fill_rate_by_day.direction IS 'what is received -> what is paid, seen from us';
COMMENT ON COLUMN fill_rate_by_day.commanded IS 'accepted decisions';
COMMENT ON COLUMN fill_rate_by_day.sent IS 'answers that were sent';
COMMENT ON COLUMN fill_rate_by_day.acknowledged IS 'answers that the relay accepted';
COMMENT ON COLUMN fill_rate_by_day.late IS 'answers that the relay had no use for any more';
COMMENT ON COLUMN fill_rate_by_day.taken IS 'answers that the requester took';
COMMENT ON COLUMN fill_rate_by_day.settled IS 'answers that settled';
COMMENT ON COLUMN fill_rate_by_day.fill_pct IS 'settled, in percent of sent, rounded to two decimals';

CREATE VIEW quote_funnel AS
SELECT o.day, o.account_id, o.direction, asked.partner_id,
  (ARRAY[0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000])[
    width_bucket(o.notional_eur, ARRAY[0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]::numeric[])] AS size_from_eur,
  CASE WHEN o.gross_edge_pct IS NOT NULL THEN floor(greatest(least(o.gross_edge_pct, 10), -10)) END AS edge_from_pct,
  count(*) AS seen, count(*) FILTER (WHERE o.eligible) AS eligible, count(*) FILTER (WHERE o.priced) AS priced,
  count(*) FILTER (WHERE o.signed) AS signed, count(*) FILTER (WHERE o.acknowledged) AS acknowledged,
  count(*) FILTER (WHERE o.late) AS late, count(*) FILTER (WHERE o.taken) AS taken, count(*) FILTER (WHERE o.settled) AS settled
FROM quote_outcomes o
LEFT JOIN LATERAL (
  SELECT s.partner_id FROM swap_demand_events s
  WHERE s.account_id = o.account_id AND s.quote_id = o.quote_id AND s.day BETWEEN o.day - 1 AND o.day + 1
  ORDER BY s.kafka_offset LIMIT 1
) AS asked ON true
GROUP BY 1, 2, 3, 4, 5, 6;
COMMENT ON VIEW quote_funnel IS 'From the quotes that were seen to those that settled, by day, direction, partner, size and edge';
COMMENT ON COLUMN quote_funnel.day IS 'UTC date of the decision; a condition on it keeps a query quick';
COMMENT ON COLUMN quote_funnel.account_id IS 'account that decided';
COMMENT ON COLUMN quote_funnel.direction IS 'what is received -> what is paid, seen from us; NULL: another pair';
COMMENT ON COLUMN quote_funnel.partner_id IS 'partner of the venue that asked; NULL: none is named';
COMMENT ON COLUMN quote_funnel.size_from_eur IS 'lower end of the step of its value in EUR: 0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000; NULL: not valued';
COMMENT ON COLUMN quote_funnel.edge_from_pct IS 'its edge in percent, rounded down to whole ones between -10 and 10; NULL: not priced';
COMMENT ON COLUMN quote_funnel.seen IS 'quotes that were heard and decided';
COMMENT ON COLUMN quote_funnel.eligible IS 'of these: valid requests for the pair, of a partner that is served, in time';
COMMENT ON COLUMN quote_funnel.priced IS 'of these: a price and an edge were found';
COMMENT ON COLUMN quote_funnel.signed IS 'quotes that were signed';
COMMENT ON COLUMN quote_funnel.acknowledged IS 'answers that the relay accepted';
COMMENT ON COLUMN quote_funnel.late IS 'answers that came after the relay had finished with the quote, or another answer was taken';
COMMENT ON COLUMN quote_funnel.taken IS 'answers that the requester took: settled, or one of several that explain a settlement';
COMMENT ON COLUMN quote_funnel.settled IS 'answers that settled';

CREATE VIEW latency_by_hour AS
SELECT day, date_trunc('hour', ingested_at, 'UTC') AS hour, account_id, stage, count(*) AS measured,
  percentile_disc(0.5) WITHIN GROUP (ORDER BY us) AS p50_us, percentile_disc(0.9) WITHIN GROUP (ORDER BY us) AS p90_us,
  percentile_disc(0.99) WITHIN GROUP (ORDER BY us) AS p99_us, max(us) AS max_us
FROM (
  SELECT day, ingested_at, account_id, 'decided' AS stage, decide_us AS us FROM trade_decisions
  UNION ALL
  SELECT day, ingested_at, account_id, 'sent', since_received_us FROM trade_execution_results
  WHERE status = 'submitted' AND since_received_us IS NOT NULL
  UNION ALL
  SELECT day, ingested_at, account_id, 'replied', reply_after_ms * 1000 FROM trade_execution_results
  WHERE reply_after_ms IS NOT NULL
) AS measured
GROUP BY day, 2, account_id, stage;
COMMENT ON VIEW latency_by_hour IS 'How long decisions, answers and replies took, by hour';
COMMENT ON COLUMN latency_by_hour.day IS 'UTC date; a condition on it keeps a query quick';
COMMENT ON COLUMN latency_by_hour.hour IS 'beginning of the hour';
COMMENT ON COLUMN latency_by_hour.account_id IS 'account of the engine';
COMMENT ON COLUMN latency_by_hour.stage IS 'decided: from the arrival of the request to the decision; sent: to the answer; replied: from the answer to the reply of the relay';
COMMENT ON COLUMN latency_by_hour.measured IS 'measurements';
COMMENT ON COLUMN latency_by_hour.p50_us IS 'half of them took at most so many microseconds';
COMMENT ON COLUMN latency_by_hour.p90_us IS '90 % took at most so many microseconds';
COMMENT ON COLUMN latency_by_hour.p99_us IS '99 % took at most so many microseconds';
COMMENT ON COLUMN latency_by_hour.max_us IS 'the longest, microseconds';

CREATE VIEW funding_pipeline AS
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
  ORDER BY l.transition_seq DESC, l.ingested_at DESC LIMIT 1
) AS newest
LEFT JOIN LATERAL (
  SELECT * FROM funding_observations f
  WHERE f.funding_observation_id = a.funding_observation_id AND f.account_id = a.account_id
    AND f.day BETWEEN a.day - 31 AND a.day + 31
  ORDER BY f.observation_seq DESC, f.ingested_at DESC LIMIT 1
) AS seen ON true
LEFT JOIN assets known ON known.id = a.asset_id
WHERE a.kind IN ('deposit', 'withdrawal') AND a.event_id = newest.event_id;
COMMENT ON VIEW funding_pipeline IS 'Deposits and withdrawals from request to credit, one row each, as the last record of each tells; day is that of this record';
COMMENT ON COLUMN funding_pipeline.day IS 'UTC date of the last record; a condition on it keeps a query quick';
COMMENT ON COLUMN funding_pipeline.account_id IS 'account in the verifier';
COMMENT ON COLUMN funding_pipeline.kind IS 'deposit or withdrawal';
COMMENT ON COLUMN funding_pipeline.liquidity_action_id IS 'id of the action; the withdrawal and the deposit of a move between chains share it';
COMMENT ON COLUMN funding_pipeline.rebalance IS 'whether it is part of a move between chains';
COMMENT ON COLUMN funding_pipeline.asset_id IS 'asset id in the verifier';
COMMENT ON COLUMN funding_pipeline.symbol IS 'symbol of the asset; NULL: not in assets';
COMMENT ON COLUMN funding_pipeline.chain IS 'the other chain, as the bridge names it';
COMMENT ON COLUMN funding_pipeline.bridge IS 'bridge into the verifier: poa or omni';
COMMENT ON COLUMN funding_pipeline.status IS 'latest status; the schema of the topic explains each';
COMMENT ON COLUMN funding_pipeline.reason_code IS 'why it is late, held back or over without success';
COMMENT ON COLUMN funding_pipeline.detail IS 'the reason with its numbers, as a sentence';
COMMENT ON COLUMN funding_pipeline.amount IS 'smallest units that were sent, or are taken from the verifier';
COMMENT ON COLUMN funding_pipeline.credited_amount IS 'smallest units that arrived on the other side';
COMMENT ON COLUMN funding_pipeline.fee IS 'smallest units that the bridge keeps';
COMMENT ON COLUMN funding_pipeline.amount_tokens IS 'amount, in tokens';
COMMENT ON COLUMN funding_pipeline.credited_tokens IS 'credited_amount, in tokens';
COMMENT ON COLUMN funding_pipeline.funding_handle IS 'deposit address';
COMMENT ON COLUMN funding_pipeline.destination IS 'address that a withdrawal goes to';
COMMENT ON COLUMN funding_pipeline.tx_hash IS 'transaction on the other chain';
COMMENT ON COLUMN funding_pipeline.near_tx_hash IS 'transaction on NEAR that minted or burned';
COMMENT ON COLUMN funding_pipeline.observed_status IS 'latest status of the observation of the transfer; NULL: none';
COMMENT ON COLUMN funding_pipeline.confirmations IS 'confirmations that were observed';
COMMENT ON COLUMN funding_pipeline.confirmations_required IS 'confirmations after which it counts as confirmed';
COMMENT ON COLUMN funding_pipeline.bridge_deposit_tx_hash IS 'transaction that the bridge names for the credit';
COMMENT ON COLUMN funding_pipeline.requested_at IS 'when it was requested';
COMMENT ON COLUMN funding_pipeline.first_seen_at IS 'when the transfer was seen first';
COMMENT ON COLUMN funding_pipeline.confirmed_at IS 'when it had the required confirmations';
COMMENT ON COLUMN funding_pipeline.credited_at IS 'when it was credited';
COMMENT ON COLUMN funding_pipeline.completed_at IS 'when a withdrawal arrived on the other chain';
COMMENT ON COLUMN funding_pipeline.seen_to_confirmed IS 'time from the first sight to the confirmations';
COMMENT ON COLUMN funding_pipeline.confirmed_to_credited IS 'time from the confirmations to the credit';
COMMENT ON COLUMN funding_pipeline.at IS 'when the status was reached, or published again';
