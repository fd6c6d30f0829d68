-- Every command came to something, and nothing was attempted without one; the amounts are those of the command.
WITH suspects AS MATERIALIZED (
  SELECT coalesce(c.account_id, r.account_id) AS account_id, coalesce(c.quote_id, r.quote_id) AS quote_id,
    c.quote_id IS NULL AS uncommanded,
    CASE
      WHEN c.quote_id IS NULL THEN 'a result without a command'
      WHEN r.quote_id IS NULL THEN 'a command without a result'
      ELSE 'result and command differ in their amounts'
    END AS problem
  FROM (SELECT * FROM execute_trade_commands WHERE day >= check_from()) AS c
  FULL JOIN (
    SELECT account_id, quote_id, min(amount_in) AS least_in, max(amount_in) AS most_in,
      min(amount_out) AS least_out, max(amount_out) AS most_out
    FROM trade_execution_results WHERE day >= check_from() GROUP BY account_id, quote_id
  ) AS r ON r.account_id = c.account_id AND r.quote_id = c.quote_id
  WHERE c.quote_id IS NULL OR r.quote_id IS NULL
    OR r.least_in <> c.amount_in OR r.most_in <> c.amount_in OR r.least_out <> c.amount_out OR r.most_out <> c.amount_out
), earlier AS (
  -- The command may lie before the first day that is judged: a restart records results long after it.
  SELECT DISTINCT account_id, quote_id FROM execute_trade_commands
  WHERE quote_id = ANY (ARRAY (SELECT quote_id FROM suspects WHERE uncommanded))
)
SELECT s.account_id, s.quote_id, s.problem
FROM suspects s
WHERE NOT s.uncommanded OR (s.account_id, s.quote_id) NOT IN (SELECT account_id, quote_id FROM earlier);
