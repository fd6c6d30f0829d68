-- PostgreSQL compiles what it estimates to be long. A query over the partitions of years has an expression for each of them: they took
-- seconds to compile, with five sessions at once more than ten, and some milliseconds to run. For every session that begins from now on.
DO $$
BEGIN
  IF current_setting('jit') = 'on' THEN
    EXECUTE format('ALTER DATABASE %I SET jit = off', current_database());
  END IF;
EXCEPTION WHEN insufficient_privilege THEN
  RAISE EXCEPTION 'only the owner of the database can switch its JIT off: as an administrator, run ALTER DATABASE % SET jit = off, and ./unrip migrate again',
    quote_ident(current_database());
END
$$;
