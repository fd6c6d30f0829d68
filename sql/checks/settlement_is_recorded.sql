-- A settlement is on record with the block at which it was seen.
SELECT account_id, quote_id,
  CASE WHEN settlement IS NULL THEN 'settled without block and balances' ELSE 'the block of its settlement is missing' END AS problem
FROM trade_execution_results
WHERE day >= check_from() AND status = 'settled' AND (settlement IS NULL OR settlement_block IS NULL);
