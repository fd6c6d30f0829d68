-- The transitions of an attempt are numbered from 1 without gaps, each begins where the one before it ended, and nothing
-- follows an end.
WITH steps AS (
  SELECT account_id, quote_id, command_id, transition_seq, previous_status, status,
    lag(transition_seq) OVER steps AS before_seq, lag(status) OVER steps AS before_status
  FROM trade_execution_results
  WHERE day >= check_from()
  WINDOW steps AS (PARTITION BY account_id, command_id ORDER BY transition_seq)
), suspects AS MATERIALIZED (
  SELECT * FROM steps
  WHERE (before_seq IS NULL AND (transition_seq <> 1 OR previous_status <> 'proposed'))
    OR transition_seq <> before_seq + 1
    OR previous_status <> before_status
    OR before_status IN ('settled', 'expired', 'voided', 'pulled')
), transitions AS (
  SELECT s.account_id, s.quote_id, s.transition_seq, s.previous_status, s.status,
    coalesce(s.before_seq, earlier.transition_seq) AS before_seq, coalesce(s.before_status, earlier.status) AS before_status
  FROM suspects s
  -- The transition before may lie before the first day that is judged.
  LEFT JOIN LATERAL (
    SELECT r.transition_seq, r.status FROM trade_execution_results r
    WHERE s.before_seq IS NULL AND r.account_id = s.account_id AND r.quote_id = s.quote_id
      AND r.command_id = s.command_id AND r.transition_seq < s.transition_seq
    ORDER BY r.transition_seq DESC LIMIT 1
  ) AS earlier ON true
)
SELECT account_id, quote_id,
  CASE
    WHEN before_seq IS NULL THEN 'begins with transition ' || transition_seq || ' from ' || previous_status
    WHEN transition_seq <> before_seq + 1 THEN 'transition ' || transition_seq || ' after ' || before_seq
    WHEN before_status IN ('settled', 'expired', 'voided', 'pulled') THEN status || ' after ' || before_status
    ELSE 'transition ' || transition_seq || ' begins at ' || previous_status || ', the one before ended at ' || before_status
  END AS problem
FROM transitions
WHERE (before_seq IS NULL AND (transition_seq <> 1 OR previous_status <> 'proposed'))
  OR transition_seq <> before_seq + 1
  OR previous_status <> before_status
  OR before_status IN ('settled', 'expired', 'voided', 'pulled');
