-- An accepted decision has its command, a rejected one has none, and both say the same amounts.
WITH suspects AS MATERIALIZED (
  SELECT coalesce(d.account_id, c.account_id) AS account_id, coalesce(d.quote_id, c.quote_id) AS quote_id,
    d.quote_id IS NULL AS undecided,
    CASE
      WHEN d.quote_id IS NULL THEN 'a command without a decision'
      WHEN c.quote_id IS NULL THEN 'an accepted decision without a command'
      WHEN d.decision <> 'accepted' THEN 'a command for a rejected decision'
      ELSE 'command and decision differ in their amounts'
    END AS problem
  FROM (SELECT * FROM trade_decisions WHERE day >= check_from()) AS d
  FULL JOIN (SELECT * FROM execute_trade_commands WHERE day >= check_from()) AS c
    ON c.account_id = d.account_id AND c.quote_id = d.quote_id
  WHERE d.quote_id IS NULL
    OR (c.quote_id IS NULL AND d.decision = 'accepted')
    OR (c.quote_id IS NOT NULL AND d.decision <> 'accepted')
    OR c.amount_in <> d.amount_in OR c.amount_out <> d.amount_out
), earlier AS (
  -- What is missing may lie before the first day that is judged.
  SELECT DISTINCT account_id, quote_id FROM trade_decisions
  WHERE quote_id = ANY (ARRAY (SELECT quote_id FROM suspects WHERE undecided))
)
SELECT s.account_id, s.quote_id, s.problem
FROM suspects s
WHERE NOT s.undecided OR (s.account_id, s.quote_id) NOT IN (SELECT account_id, quote_id FROM earlier);
