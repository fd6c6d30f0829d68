-- At most one quote under a nonce settles: the verifier lets a nonce be used once. A nonce lives an hour; looked for from 31
-- days before the first day that is judged.
SELECT account_id, string_agg(quote_id, ', ' ORDER BY at) AS quote_id,
  count(*) || ' settled under nonce ' || nonce AS problem
FROM trade_execution_results
WHERE status = 'settled' AND nonce IS NOT NULL AND day >= check_from() - 31
GROUP BY account_id, nonce HAVING count(*) > 1 AND max(day) >= check_from();
