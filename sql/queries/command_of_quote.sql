-- Which command was emitted for this quote?
SELECT c.account_id, c.quote_id, c.command_id, c.decision_id, c.idempotency_key, c.issued_at, c.asset_in, c.amount_in,
  received.symbol AS symbol_in, token_amount(c.amount_in, received.decimals) AS tokens_in, c.asset_out, c.amount_out,
  paid.symbol AS symbol_out, token_amount(c.amount_out, paid.decimals) AS tokens_out, c.min_deadline_ms, c.reason
FROM execute_trade_commands c
LEFT JOIN assets received ON received.id = c.asset_in
LEFT JOIN assets paid ON paid.id = c.asset_out
WHERE c.quote_id = :'quote'
ORDER BY c.account_id;
