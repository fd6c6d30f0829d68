-- At most one quote under a nonce settles: the verifier lets a nonce be used once.
SELECT account_id, string_agg(quote_id, ', ' ORDER BY at) AS quote_id,
  count(*) || ' settled under nonce ' || nonce AS problem
FROM trade_execution_results
WHERE status = 'settled' AND nonce IS NOT NULL
GROUP BY account_id, nonce HAVING count(*) > 1;
