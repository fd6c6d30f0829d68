-- The history-writer needs partitions but is not to own tables: ensure_partitions runs with the rights of its owner, in the schema
-- that it was made in, for nobody else than who is granted it. It makes no partition where no record can be, so that its
-- callers cannot fill the catalogue.
CREATE OR REPLACE FUNCTION ensure_partitions(wanted date) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET datestyle = 'ISO' AS $$
DECLARE
  low date := date_trunc('quarter', wanted)::date;
  high date := (date_trunc('quarter', wanted) + interval '3 months')::date;
  parent record;
  child text;
  made integer := 0;
BEGIN
  IF wanted IS NULL OR wanted < date '2000-01-01' OR wanted > current_date + 3653 THEN
    RAISE EXCEPTION 'no record can be of the day %', wanted USING ERRCODE = 'datetime_field_overflow';
  END IF;
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

DO $$
BEGIN
  EXECUTE format('ALTER FUNCTION ensure_partitions(date) SET search_path = %I, pg_temp', current_schema());
END
$$;
REVOKE ALL ON FUNCTION ensure_partitions(date) FROM PUBLIC;
