-- At most one quote under a nonce settles: the verifier lets a nonce be used once. A nonce lives an hour; looked for from 31
-- days before the first day that is judged. The same settlement can be recorded again, after a restore of the journal.
SELECT account_id, string_agg(DISTINCT quote_id, ', ') AS quote_id,
  count(DISTINCT quote_id) || ' settled under nonce ' || nonce AS problem
FROM trade_execution_results
WHERE status = 'settled' AND nonce IS NOT NULL AND day >= check_from() - 31
GROUP BY account_id, nonce HAVING count(DISTINCT quote_id) > 1 AND max(day) >= check_from();
