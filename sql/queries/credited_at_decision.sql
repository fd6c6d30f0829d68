-- What credited internal inventory existed at the time? Of both assets, as the verifier credited it at the block of the decision.
SELECT d.account_id, d.quote_id, d.decided_at, held.asset_id, known.symbol, held.credited, token_amount(held.credited, known.decimals) AS credited_tokens,
  d.inventory_id, d.inventory_block, d.inventory_age_ms
FROM trade_decisions d
CROSS JOIN LATERAL (VALUES
  (d.asset_in, (d.inventory_snapshot ->> 'credited_in')::numeric),
  (d.asset_out, d.credited_out)
) AS held(asset_id, credited)
LEFT JOIN assets known ON known.id = held.asset_id
WHERE d.quote_id = :'quote' AND d.inventory_id IS NOT NULL
ORDER BY d.account_id, held.asset_id;
