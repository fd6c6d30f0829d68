-- History only grows, for its owner as well: a row that was written is neither changed nor removed, and no table or partition is
-- emptied. What is to go goes as a whole partition (./unrip retention), and that is on record. The triggers are made by
-- sql/grants.sql and ensure_partitions, so that tables of later migrations have them too.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% of % refused: history only grows', TG_OP, TG_TABLE_NAME
    USING ERRCODE = 'insufficient_privilege', HINT = './unrip retention drops old partitions as a whole';
END
$$;
COMMENT ON FUNCTION refuse_change() IS 'Trigger of every table of history: refuses UPDATE, DELETE and TRUNCATE, whoever asks';

-- As before, and each new partition refuses to be emptied.
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
    EXECUTE format('CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', child);
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

-- What was dropped stays known: which days of which table, how many rows, when and by whom.
CREATE TABLE dropped_partitions (
  partition_name text NOT NULL,
  table_name     text NOT NULL,
  from_day       date NOT NULL,
  to_day         date NOT NULL,
  row_count      bigint NOT NULL,
  bytes          bigint NOT NULL,
  dropped_at     timestamptz NOT NULL DEFAULT now(),
  dropped_by     text NOT NULL DEFAULT session_user,
  PRIMARY KEY (partition_name, dropped_at)
);
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON dropped_partitions FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON dropped_partitions FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
COMMENT ON TABLE dropped_partitions IS 'Partitions that ./unrip retention has dropped';
COMMENT ON COLUMN dropped_partitions.partition_name IS 'name of the partition';
COMMENT ON COLUMN dropped_partitions.table_name IS 'table that it was a part of';
COMMENT ON COLUMN dropped_partitions.from_day IS 'first day that it could hold';
COMMENT ON COLUMN dropped_partitions.to_day IS 'day after the last one that it could hold';
COMMENT ON COLUMN dropped_partitions.row_count IS 'rows that it had';
COMMENT ON COLUMN dropped_partitions.bytes IS 'disk space that it took, with indexes';
COMMENT ON COLUMN dropped_partitions.dropped_at IS 'when it was dropped';
COMMENT ON COLUMN dropped_partitions.dropped_by IS 'role that dropped it';
