-- Partitions of a calendar quarter instead of a day. A statement locks every partition that it may read, with all indexes of
-- each, and PostgreSQL's default lock table has 6,400 places (max_locks_per_transaction 64, max_connections 100). Five years
-- are 21 quarters: a look-up of one quote in the table with the most indexes takes 200 locks, a join of all ten tables 1,200,
-- and five sessions may do that at once. Months would take three times as many, and days filled the table within a year.
-- Keys stay as they are: they contain `day`.

-- unrip:steps. Days become quarters one table and quarter at a time, each in a transaction of its own, so that the locks
-- of a step fit into a lock table of default size however many days there are. After each step everything is complete.
CREATE OR REPLACE FUNCTION convert_next_quarter() RETURNS text LANGUAGE plpgsql SET datestyle = 'ISO' AS $$
DECLARE
  parent text;
  quarter date;
  children text[];
  locks bigint;
  room bigint;
  before bigint;
  copied bigint;
  child text;
BEGIN
  SELECT p.relname, date_trunc('quarter', b.low)::date, array_agg(format('%I', c.relname) ORDER BY b.low),
    -- The table, its TOAST table with index, and its own indexes.
    sum(3 + (SELECT count(*) FROM pg_index x WHERE x.indrelid = c.oid))
  INTO parent, quarter, children, locks
  FROM pg_partitioned_table t
  JOIN pg_class p ON p.oid = t.partrelid
  JOIN pg_inherits i ON i.inhparent = p.oid
  JOIN pg_class c ON c.oid = i.inhrelid
  CROSS JOIN LATERAL (
    SELECT m[1]::date AS low, m[2]::date AS high
    FROM regexp_match(pg_get_expr(c.relpartbound, c.oid), $r$FROM \('([-0-9]+)'\) TO \('([-0-9]+)'\)$r$) AS m
  ) AS b
  WHERE p.relnamespace = current_schema()::regnamespace
    AND b.high <= date_trunc('quarter', b.low) + interval '3 months'
    AND NOT (b.low = date_trunc('quarter', b.low) AND b.high = date_trunc('quarter', b.low) + interval '3 months')
  GROUP BY 1, 2 ORDER BY 2, 1 LIMIT 1;
  IF parent IS NULL THEN RETURN NULL; END IF;

  room := current_setting('max_locks_per_transaction')::bigint
    * (current_setting('max_connections')::bigint + current_setting('max_prepared_transactions')::bigint)
    - (SELECT count(*) FROM pg_locks);
  locks := locks + 50;
  IF locks > room THEN
    RAISE EXCEPTION '% partitions of % become one: that takes % locks, and the server has room for %. Set max_locks_per_transaction to % or more, restart PostgreSQL, run ./unrip migrate again, and set it back afterwards; nothing is lost meanwhile',
      cardinality(children), parent, locks, room,
      ceil((locks + (SELECT count(*) FROM pg_locks)) * 1.1 / current_setting('max_connections')::numeric);
  END IF;

  EXECUTE format('LOCK TABLE ONLY %I IN ACCESS EXCLUSIVE MODE', parent);
  child := format('%s_%sq%s', parent, to_char(quarter, 'YYYY'), to_char(quarter, 'Q'));
  EXECUTE format('SELECT count(*) FROM %I WHERE day >= %L AND day < %L', parent, quarter, quarter + interval '3 months')
    INTO before;
  EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', child, parent);
  EXECUTE format('INSERT INTO %I SELECT * FROM %I WHERE day >= %L AND day < %L',
    child, parent, quarter, quarter + interval '3 months');
  GET DIAGNOSTICS copied = ROW_COUNT;
  IF copied <> before THEN
    RAISE EXCEPTION '% of % rows of % were copied: nothing was changed', copied, before, parent;
  END IF;
  EXECUTE 'DROP TABLE ' || array_to_string(children, ', ');
  EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
    parent, child, quarter, (quarter + interval '3 months')::date);
  RETURN format('%s: %s partitions with %s rows are one', child, cardinality(children), copied);
END
$$;
SELECT step FROM convert_next_quarter() AS step WHERE step IS NOT NULL;
-- unrip:end

DROP FUNCTION convert_next_quarter();
DROP FUNCTION ensure_day_partitions(date);

-- Makes the partitions of the quarter of a day for every partitioned table of the current schema, where the day has none;
-- gives how many it made. Any number of sessions may call it at once. A partition is attached rather than created in place,
-- since that keeps neither readers nor writers of the table waiting. A quarter that somebody detached is left as it is.
CREATE FUNCTION ensure_partitions(wanted date) RETURNS integer LANGUAGE plpgsql SET datestyle = 'ISO' AS $$
DECLARE
  low date := date_trunc('quarter', wanted)::date;
  high date := (date_trunc('quarter', wanted) + interval '3 months')::date;
  parent record;
  child text;
  made integer := 0;
BEGIN
  -- Whoever comes second looks only after the first has committed.
  PERFORM pg_advisory_xact_lock(hashtext('unrip.ensure_partitions'));
  FOR parent IN
    SELECT c.oid, c.relname
    FROM pg_partitioned_table p JOIN pg_class c ON c.oid = p.partrelid
    WHERE c.relnamespace = current_schema()::regnamespace
    ORDER BY c.relname
  LOOP
    child := format('%s_%sq%s', parent.relname, to_char(low, 'YYYY'), to_char(low, 'Q'));
    CONTINUE WHEN to_regclass(format('%I.%I', current_schema(), child)) IS NOT NULL;
    CONTINUE WHEN EXISTS (
      SELECT FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
      CROSS JOIN regexp_match(pg_get_expr(c.relpartbound, c.oid), $r$FROM \('([-0-9]+)'\) TO \('([-0-9]+)'\)$r$) AS m
      WHERE i.inhparent = parent.oid AND m[1]::date <= wanted AND m[2]::date > wanted
    );
    EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', child, parent.relname);
    EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', parent.relname, child, low, high);
    made := made + 1;
  END LOOP;
  RETURN made;
END
$$;

-- From which day on sql/checks judge: SET unrip.check_from = '2026-01-01', or '-infinity' for everything; a week without it.
CREATE FUNCTION check_from() RETURNS date LANGUAGE sql STABLE AS $$
  SELECT coalesce(nullif(current_setting('unrip.check_from', true), '')::date, current_date - 7)
$$;

CREATE INDEX ON trade_decisions (decided_at);
CREATE INDEX ON trade_execution_results (tx_hash);
-- When history was not being written is asked for over all years.
CREATE INDEX ON service_health_events (service, at) WHERE writing IS FALSE;
