-- The transitions of an attempt are numbered from 1 without gaps, each begins where the one before it ended, and nothing
-- follows an end.
SELECT account_id, quote_id,
  CASE
    WHEN before_seq IS NULL THEN 'begins with transition ' || transition_seq || ' from ' || previous_status
    WHEN transition_seq <> before_seq + 1 THEN 'transition ' || transition_seq || ' after ' || before_seq
    WHEN before_status IN ('settled', 'expired', 'voided', 'pulled') THEN status || ' after ' || before_status
    ELSE 'transition ' || transition_seq || ' begins at ' || previous_status || ', the one before ended at ' || before_status
  END AS problem
FROM (
  SELECT account_id, quote_id, transition_seq, previous_status, status,
    lag(transition_seq) OVER steps AS before_seq, lag(status) OVER steps AS before_status
  FROM trade_execution_results
  WINDOW steps AS (PARTITION BY account_id, command_id ORDER BY transition_seq)
) AS transitions
WHERE (before_seq IS NULL AND (transition_seq <> 1 OR previous_status <> 'proposed'))
  OR transition_seq <> before_seq + 1
  OR previous_status <> before_status
  OR before_status IN ('settled', 'expired', 'voided', 'pulled');
