-- An accepted decision has its command, a rejected one has none, and both say the same amounts.
SELECT coalesce(d.account_id, c.account_id) AS account_id, coalesce(d.quote_id, c.quote_id) AS quote_id,
  CASE
    WHEN d.quote_id IS NULL THEN 'a command without a decision'
    WHEN c.quote_id IS NULL THEN 'an accepted decision without a command'
    WHEN d.decision <> 'accepted' THEN 'a command for a rejected decision'
    ELSE 'command and decision differ in their amounts'
  END AS problem
FROM trade_decisions d
FULL JOIN execute_trade_commands c ON c.account_id = d.account_id AND c.quote_id = d.quote_id
WHERE d.quote_id IS NULL
  OR (c.quote_id IS NULL AND d.decision = 'accepted')
  OR (c.quote_id IS NOT NULL AND d.decision <> 'accepted')
  OR c.amount_in <> d.amount_in OR c.amount_out <> d.amount_out;
