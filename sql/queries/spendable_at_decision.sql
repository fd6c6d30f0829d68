-- What spendable inventory existed when this decision was made? Of the asset that was to be paid.
SELECT d.account_id, d.quote_id, d.decided_at, d.asset_out AS asset_id, known.symbol, d.spendable_out AS spendable,
  token_amount(d.spendable_out, known.decimals) AS spendable_tokens, d.amount_out AS needed,
  d.spendable_out >= d.amount_out AS was_enough,
  (d.inventory_snapshot ->> 'reserved_for_orders')::numeric AS reserved_for_orders,
  (d.inventory_snapshot ->> 'reserved_for_positions')::numeric AS reserved_for_positions,
  d.inventory_id, d.inventory_block, d.inventory_age_ms
FROM trade_decisions d
LEFT JOIN assets known ON known.id = d.asset_out
WHERE d.quote_id = :'quote'
ORDER BY d.account_id;
