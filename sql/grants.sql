-- What unrip_writer and unrip_reader may do in the current schema, and nothing more: no role but the owner can delete, change or
-- drop what is on record. Applied by ./unrip migrate after the migrations, each time. A role that does not exist gets nothing.
DO $$
DECLARE
  here CONSTANT text := current_schema();
  history record;
  plain text;
  writer CONSTANT boolean := EXISTS (SELECT FROM pg_roles WHERE rolname = 'unrip_writer');
  reader CONSTANT boolean := EXISTS (SELECT FROM pg_roles WHERE rolname = 'unrip_reader');
BEGIN
  -- The schema may belong to another role, which then has granted this.
  IF writer AND NOT has_schema_privilege('unrip_writer', here, 'USAGE') THEN
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO unrip_writer', here);
  END IF;
  IF reader AND NOT has_schema_privilege('unrip_reader', here, 'USAGE') THEN
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO unrip_reader', here);
  END IF;

  -- Rows are written, and found again by their key, through the partitioned table; its partitions give no rights of their own.
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
    IF reader THEN EXECUTE format('GRANT SELECT ON %I.%I TO unrip_reader', here, history.name); END IF;
  END LOOP;

  FOREACH plain IN ARRAY ARRAY['schema_migrations', 'consumer_offsets', 'assets', 'inventory_by_asset'] LOOP
    CONTINUE WHEN to_regclass(format('%I.%I', here, plain)) IS NULL;
    IF reader THEN EXECUTE format('GRANT SELECT ON %I.%I TO unrip_reader', here, plain); END IF;
    CONTINUE WHEN NOT writer;
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
END
$$;
