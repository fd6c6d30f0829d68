-- What unrip_writer, unrip_reader and unrip_analyst may do in the current schema, and nothing more: no role but the owner can drop
-- what is on record, and triggers refuse everybody, the owner too, who changes or deletes a row. Applied by ./unrip migrate after
-- the migrations, each time. A role that does not exist gets nothing.
DO $$
DECLARE
  here CONSTANT text := current_schema();
  history record;
  plain text;
  reader text;
  part record;
  writer CONSTANT boolean := EXISTS (SELECT FROM pg_roles WHERE rolname = 'unrip_writer');
  readers CONSTANT text[] := ARRAY(SELECT rolname FROM pg_roles WHERE rolname IN ('unrip_reader', 'unrip_analyst'));
BEGIN
  -- Migration 14 has set this; it is the database's, and in no dump of it: one that was restored lacks it.
  IF current_setting('jit') = 'on' AND pg_has_role((SELECT datdba FROM pg_database WHERE datname = current_database()), 'USAGE') THEN
    EXECUTE format('ALTER DATABASE %I SET jit = off', current_database());
  END IF;
  -- The schema may belong to another role, which then has granted this.
  IF writer AND NOT has_schema_privilege('unrip_writer', here, 'USAGE') THEN
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO unrip_writer', here);
  END IF;
  -- Who reads reads every table and view, through the partitioned table: its partitions give no rights of their own.
  FOREACH reader IN ARRAY readers LOOP
    IF NOT has_schema_privilege(reader, here, 'USAGE') THEN
      EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', here, reader);
    END IF;
    FOR history IN
      SELECT c.relname AS name FROM pg_class c
      WHERE c.relnamespace = here::regnamespace AND c.relkind IN ('r', 'p', 'v') AND NOT c.relispartition
        AND pg_has_role(c.relowner, 'USAGE')
        AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
        AND NOT has_table_privilege(reader, c.oid, 'SELECT')
    LOOP
      EXECUTE format('GRANT SELECT ON %I.%I TO %I', here, history.name, reader);
    END LOOP;
  END LOOP;

  -- Rows are written, and found again by their key, through the partitioned table.
  FOR history IN
    SELECT c.relname AS name, string_agg(format('%I', a.attname), ', ') FILTER (WHERE a.attname <> 'written_at') AS written
    FROM pg_partitioned_table p
    JOIN pg_class c ON c.oid = p.partrelid
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.relnamespace = here::regnamespace
    GROUP BY c.relname
  LOOP
    IF writer THEN
      EXECUTE format('GRANT INSERT (%s), SELECT (day, event_id) ON %I.%I TO unrip_writer', history.written, here, history.name);
    END IF;
  END LOOP;

  FOREACH plain IN ARRAY ARRAY['schema_migrations', 'consumer_offsets'] LOOP
    CONTINUE WHEN NOT writer OR to_regclass(format('%I.%I', here, plain)) IS NULL;
    IF plain = 'schema_migrations' THEN EXECUTE format('GRANT SELECT ON %I.%I TO unrip_writer', here, plain); END IF;
    IF plain = 'consumer_offsets' THEN
      -- As far as the columns are there: migrations may be applied up to one of them.
      EXECUTE format('GRANT SELECT, INSERT (%s), UPDATE (%s) ON %I.%I TO unrip_writer',
        (SELECT string_agg(format('%I', attname), ', ') FROM pg_attribute
          WHERE attrelid = format('%I.%I', here, plain)::regclass
            AND attname IN ('consumer_group', 'topic', 'kafka_partition', 'owner', 'topic_id')),
        (SELECT string_agg(format('%I', attname), ', ') FROM pg_attribute
          WHERE attrelid = format('%I.%I', here, plain)::regclass
            AND attname IN ('next_offset', 'owner', 'owned_since', 'updated_at', 'topic_id')),
        here, plain);
    END IF;
  END LOOP;
  FOREACH plain IN ARRAY ARRAY['ensure_partitions(date)', 'envelope_digests(name, date[], text[])'] LOOP
    CONTINUE WHEN NOT writer OR to_regprocedure(format('%I.%s', here, plain)) IS NULL;
    EXECUTE format('GRANT EXECUTE ON FUNCTION %I.%s TO unrip_writer', here, plain);
  END LOOP;

  -- Of an earlier migration when nothing refuses yet.
  IF to_regprocedure(format('%I.refuse_change()', here)) IS NULL THEN RETURN; END IF;
  FOR part IN
    SELECT c.oid::regclass AS name, c.relkind = 'p' AS whole,
      EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND t.tgname = 'refuse_change') AS unchanged,
      EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND t.tgname = 'refuse_truncate') AS untruncated
    FROM pg_class c
    WHERE c.relnamespace = here::regnamespace AND (c.relkind = 'p' OR c.relispartition AND c.relkind = 'r')
    ORDER BY c.relkind = 'r', c.relname
  LOOP
    -- Partitions take this trigger over from their table.
    IF part.whole AND NOT part.unchanged THEN
      EXECUTE format('CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON %s FOR EACH ROW EXECUTE FUNCTION %I.refuse_change()', part.name, here);
    END IF;
    IF NOT part.untruncated THEN
      EXECUTE format('CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION %I.refuse_change()', part.name, here);
    END IF;
  END LOOP;
END
$$;
