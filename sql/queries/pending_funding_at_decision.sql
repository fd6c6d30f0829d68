-- Which treasury funding actions were still pending when this decision was made? The last transition of each before it. What is not
-- over is published again at least once a day, so that a week holds all of it.
SELECT d.quote_id, d.decided_at, pending.kind, pending.liquidity_action_id, pending.status, pending.reason_code, pending.asset_id,
  known.symbol, pending.amount, token_amount(pending.amount, known.decimals) AS amount_tokens, pending.tx_hash, pending.at
FROM trade_decisions d
CROSS JOIN LATERAL (
  SELECT DISTINCT ON (a.liquidity_action_id, a.kind) * FROM liquidity_actions a
  WHERE a.account_id = d.account_id AND a.day BETWEEN d.day - 8 AND d.day AND a.ingested_at <= d.decided_at
  ORDER BY a.liquidity_action_id, a.kind, a.transition_seq DESC
) AS pending
LEFT JOIN assets known ON known.id = pending.asset_id
WHERE d.quote_id = :'quote' AND pending.kind <> 'deposit_address'
  AND pending.status NOT IN ('credited', 'completed', 'returned', 'failed')
ORDER BY pending.at, pending.liquidity_action_id;
