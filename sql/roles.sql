-- The roles of a history database, apart: unrip_owner owns it and migrates, unrip_writer is the history-writer's, unrip_reader is
-- ./unrip trace's, and unrip_analyst, which cannot log in, is what the roles of people are members of. Run once by the server's
-- administrator, connected to that database; again changes nothing. What is in the schema already, of a time with one role, goes to
-- unrip_owner. Give each role that can log in a password afterwards. What writer, reader and analysts may do with the tables is in
-- sql/grants.sql, which ./unrip migrate applies.
DO $$
DECLARE
  name text;
  object record;
BEGIN
  FOREACH name IN ARRAY ARRAY['unrip_owner', 'unrip_writer', 'unrip_reader'] LOOP
    CONTINUE WHEN EXISTS (SELECT FROM pg_roles WHERE rolname = name);
    EXECUTE format('CREATE ROLE %I LOGIN', name);
  END LOOP;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'unrip_analyst') THEN CREATE ROLE unrip_analyst; END IF;

  EXECUTE format('ALTER DATABASE %I OWNER TO unrip_owner', current_database());
  EXECUTE format('ALTER SCHEMA %I OWNER TO unrip_owner', current_schema());
  -- Everybody who could log in to the server could also connect, and make temporary tables.
  EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
  EXECUTE format('REVOKE ALL ON SCHEMA %I FROM PUBLIC', current_schema());
  -- Nor is a large object made by everybody who may connect. These functions are the server's: a superuser alone can do this.
  BEGIN
    FOR object IN
      SELECT p.oid::regprocedure AS text FROM pg_proc p
      WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.proname IN ('lo_creat', 'lo_create', 'lo_from_bytea')
    LOOP
      EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', object.text);
    END LOOP;
  EXCEPTION WHEN insufficient_privilege THEN
    RAISE NOTICE 'unrip: large objects can be made by every role, since % is no superuser', current_user;
  END;
  EXECUTE format('GRANT CONNECT ON DATABASE %I TO unrip_writer, unrip_reader, unrip_analyst', current_database());
  EXECUTE format('GRANT USAGE ON SCHEMA %I TO unrip_writer, unrip_reader, unrip_analyst', current_schema());

  FOR object IN
    SELECT format(CASE c.relkind WHEN 'v' THEN 'VIEW %s' ELSE 'TABLE %s' END, c.oid::regclass) AS text
    FROM pg_class c
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p', 'v')
      AND c.relowner <> 'unrip_owner'::regrole
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
    UNION ALL
    SELECT format('FUNCTION %s', p.oid::regprocedure)
    FROM pg_proc p
    WHERE p.pronamespace = current_schema()::regnamespace AND p.prokind = 'f' AND p.proowner <> 'unrip_owner'::regrole
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
  LOOP
    EXECUTE format('ALTER %s OWNER TO unrip_owner', object.text);
  END LOOP;
END
$$;
