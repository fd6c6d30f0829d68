-- What was heard was decided, and what was decided was heard: frame, request in our words and decision come together.
WITH suspects AS MATERIALIZED (
  SELECT account_id, quote_id, bool_or(part = 1) AS heard, bool_or(part = 2) AS asked, bool_or(part = 3) AS decided
  FROM (
    SELECT account_id, quote_id, 1 AS part FROM raw_near_intents_quotes WHERE day >= check_from()
    UNION ALL SELECT account_id, quote_id, 2 FROM swap_demand_events WHERE day >= check_from()
    UNION ALL SELECT account_id, quote_id, 3 FROM trade_decisions WHERE day >= check_from()
  ) AS parts
  GROUP BY account_id, quote_id
  HAVING count(DISTINCT part) < 3
), earlier AS (
  -- What is missing may lie before the first day that is judged.
  SELECT account_id, quote_id, 1 AS part FROM raw_near_intents_quotes
  WHERE quote_id = ANY (ARRAY (SELECT quote_id FROM suspects WHERE NOT heard))
  UNION ALL
  SELECT account_id, quote_id, 2 FROM swap_demand_events
  WHERE quote_id = ANY (ARRAY (SELECT quote_id FROM suspects WHERE NOT asked))
  UNION ALL
  SELECT account_id, quote_id, 3 FROM trade_decisions
  WHERE quote_id = ANY (ARRAY (SELECT quote_id FROM suspects WHERE NOT decided))
), found AS (
  SELECT s.account_id, s.quote_id, s.heard OR coalesce(bool_or(e.part = 1), false) AS heard,
    s.asked OR coalesce(bool_or(e.part = 2), false) AS asked, s.decided OR coalesce(bool_or(e.part = 3), false) AS decided
  FROM suspects s LEFT JOIN earlier e ON e.account_id = s.account_id AND e.quote_id = s.quote_id
  GROUP BY s.account_id, s.quote_id, s.heard, s.asked, s.decided
)
SELECT account_id, quote_id,
  'lacks ' || concat_ws(' and ',
    CASE WHEN NOT heard THEN 'the frame' END,
    CASE WHEN NOT asked THEN 'the demand' END,
    CASE WHEN NOT decided THEN 'the decision' END) AS problem
FROM found
WHERE NOT (heard AND asked AND decided);
