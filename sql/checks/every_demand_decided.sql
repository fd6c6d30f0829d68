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
), found AS (
  SELECT s.account_id, s.quote_id, s.heard OR frame.quote_id IS NOT NULL AS heard,
    s.asked OR demand.quote_id IS NOT NULL AS asked, s.decided OR decision.quote_id IS NOT NULL AS decided
  FROM suspects s
  -- What is missing may lie before the first day that is judged.
  LEFT JOIN LATERAL (
    SELECT r.quote_id FROM raw_near_intents_quotes r WHERE r.account_id = s.account_id AND r.quote_id = s.quote_id LIMIT 1
  ) AS frame ON NOT s.heard
  LEFT JOIN LATERAL (
    SELECT n.quote_id FROM swap_demand_events n WHERE n.account_id = s.account_id AND n.quote_id = s.quote_id LIMIT 1
  ) AS demand ON NOT s.asked
  LEFT JOIN LATERAL (
    SELECT d.quote_id FROM trade_decisions d WHERE d.account_id = s.account_id AND d.quote_id = s.quote_id LIMIT 1
  ) AS decision ON NOT s.decided
)
SELECT account_id, quote_id,
  'lacks ' || concat_ws(' and ',
    CASE WHEN NOT heard THEN 'the frame' END,
    CASE WHEN NOT asked THEN 'the demand' END,
    CASE WHEN NOT decided THEN 'the decision' END) AS problem
FROM found
WHERE NOT (heard AND asked AND decided);
