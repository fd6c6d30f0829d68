-- What was heard was decided, and what was decided was heard: frame, request in our words and decision come together.
SELECT account_id, quote_id,
  'lacks ' || concat_ws(' and ',
    CASE WHEN NOT heard THEN 'the frame' END,
    CASE WHEN NOT asked THEN 'the demand' END,
    CASE WHEN NOT decided THEN 'the decision' END) AS problem
FROM (
  SELECT account_id, quote_id, bool_or(part = 1) AS heard, bool_or(part = 2) AS asked, bool_or(part = 3) AS decided
  FROM (
    SELECT account_id, quote_id, 1 AS part FROM raw_near_intents_quotes
    UNION ALL SELECT account_id, quote_id, 2 FROM swap_demand_events
    UNION ALL SELECT account_id, quote_id, 3 FROM trade_decisions
  ) AS parts
  GROUP BY account_id, quote_id
) AS quotes
WHERE NOT (heard AND asked AND decided);
