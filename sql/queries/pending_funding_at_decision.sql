-- Which treasury funding actions were still pending when this decision was made? The last record of each before it. What is not over is
-- published again at least once a day: the 8 days before the last sign of life of the liquidity-manager hold all of it.
SELECT d.account_id, d.quote_id, d.decided_at, pending.kind, pending.liquidity_action_id, pending.status, pending.reason_code,
  pending.asset_id, known.symbol, pending.amount, token_amount(pending.amount, known.decimals) AS amount_tokens, pending.tx_hash,
  pending.at
FROM trade_decisions d
LEFT JOIN LATERAL (
  SELECT a.account_id, a.ingested_at FROM liquidity_actions a
  WHERE (a.account_id, a.ingested_at) <= (d.account_id, d.decided_at) AND a.day <= d.day
  ORDER BY a.account_id DESC, a.ingested_at DESC LIMIT 1
) AS action ON action.account_id = d.account_id
LEFT JOIN LATERAL (
  SELECT h.account_id, h.service, h.ingested_at FROM service_health_events h
  WHERE (h.account_id, h.service, h.ingested_at) <= (d.account_id, 'liquidity-manager', d.decided_at) AND h.day <= d.day
  ORDER BY h.account_id DESC, h.service DESC, h.ingested_at DESC LIMIT 1
) AS health ON health.account_id = d.account_id AND health.service = 'liquidity-manager'
CROSS JOIN LATERAL (SELECT greatest(action.ingested_at, health.ingested_at) - interval '8 days' AS since) AS week
CROSS JOIN LATERAL (
  SELECT DISTINCT ON (a.liquidity_action_id, a.kind) * FROM liquidity_actions a
  WHERE a.account_id = d.account_id AND a.day BETWEEN utc_day(week.since) AND d.day
    AND a.ingested_at BETWEEN week.since AND d.decided_at
  ORDER BY a.liquidity_action_id, a.kind, a.ingested_at DESC, a.transition_seq DESC
) AS pending
LEFT JOIN assets known ON known.id = pending.asset_id
WHERE d.quote_id = :'quote' AND pending.kind <> 'deposit_address'
  AND pending.status NOT IN ('credited', 'completed', 'returned', 'failed')
ORDER BY d.account_id, pending.at, pending.liquidity_action_id;
