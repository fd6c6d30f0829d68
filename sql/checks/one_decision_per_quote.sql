-- A quote has one decision and one command, for ever: also across days, where no unique key can hold it.
SELECT account_id, quote_id, count(*) || ' decisions' AS problem
FROM trade_decisions GROUP BY account_id, quote_id HAVING count(*) > 1
UNION ALL
SELECT account_id, quote_id, count(*) || ' commands'
FROM execute_trade_commands GROUP BY account_id, quote_id HAVING count(*) > 1;
