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
    OR before_status IN ('settled', 'expired', 'voided', 'pulled', 'shadow')
), earlier AS (
  -- The transition before may lie before the first day that is judged.
  SELECT account_id, command_id, transition_seq, status FROM trade_execution_results
  WHERE quote_id = ANY (ARRAY (SELECT quote_id FROM suspects WHERE before_seq IS NULL)) AND day < check_from()
), transitions AS (
  SELECT s.account_id, s.quote_id, s.transition_seq, s.previous_status, s.status,
    coalesce(s.before_seq, e.transition_seq) AS before_seq, coalesce(s.before_status, e.status) AS before_status
  FROM suspects s
  LEFT JOIN earlier e ON s.before_seq IS NULL
    AND e.account_id = s.account_id AND e.command_id = s.command_id AND e.transition_seq = s.transition_seq - 1
)
SELECT account_id, quote_id,
  CASE
    WHEN before_seq IS NULL THEN 'begins with transition ' || transition_seq || ' from ' || previous_status
    WHEN transition_seq <> before_seq + 1 THEN 'transition ' || transition_seq || ' after ' || before_seq
    WHEN before_status IN ('settled', 'expired', 'voided', 'pulled', 'shadow') THEN status || ' after ' || before_status
    ELSE 'transition ' || transition_seq || ' begins at ' || previous_status || ', the one before ended at ' || before_status
  END AS problem
FROM transitions
WHERE (before_seq IS NULL AND (transition_seq <> 1 OR previous_status <> 'proposed'))
  OR transition_seq <> before_seq + 1
  OR previous_status <> before_status
  OR before_status IN ('settled', 'expired', 'voided', 'pulled', 'shadow');
