-- A quote has one decision and one command, also across days, where no unique key can hold it: looked for from 31 days
-- before the first day that is judged.
SELECT account_id, quote_id, count(*) || ' decisions' AS problem
FROM trade_decisions WHERE day >= check_from() - 31
GROUP BY account_id, quote_id HAVING count(*) > 1 AND max(day) >= check_from()
UNION ALL
SELECT account_id, quote_id, count(*) || ' commands'
FROM execute_trade_commands WHERE day >= check_from() - 31
GROUP BY account_id, quote_id HAVING count(*) > 1 AND max(day) >= check_from();
