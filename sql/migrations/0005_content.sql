-- Whether a record whose event id is in a table already is a repeat of it or another record: the history-writer compares digests
-- of the envelopes, and needs no right to read them. Only tables of history can be asked.
CREATE FUNCTION envelope_digests(history name, days date[], ids text[]) RETURNS TABLE (place integer, digest text)
LANGUAGE plpgsql STABLE SECURITY DEFINER AS $$
BEGIN
  IF NOT EXISTS (
    SELECT FROM pg_partitioned_table p JOIN pg_class c ON c.oid = p.partrelid
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relname = history
  ) THEN
    RAISE EXCEPTION '% is no table of history', history USING ERRCODE = 'undefined_table';
  END IF;
  RETURN QUERY EXECUTE format(
    'SELECT r.place::integer, encode(sha256(convert_to(t.envelope, ''UTF8'')), ''hex'')
     FROM unnest($1, $2) WITH ORDINALITY AS r(day, event_id, place) JOIN %I t ON t.day = r.day AND t.event_id = r.event_id',
    history) USING days, ids;
END
$$;

DO $$
BEGIN
  EXECUTE format('ALTER FUNCTION envelope_digests(name, date[], text[]) SET search_path = %I, pg_temp', current_schema());
END
$$;
REVOKE ALL ON FUNCTION envelope_digests(name, date[], text[]) FROM PUBLIC;

-- jsonb refuses escapes that JSON allows: of NUL, and of halves of surrogate pairs. One such record must not end a query over all.
CREATE FUNCTION envelope_json(envelope text) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE STRICT AS $$
BEGIN
  RETURN envelope::jsonb;
EXCEPTION WHEN data_exception OR program_limit_exceeded THEN
  BEGIN
    RETURN regexp_replace(envelope, '(?<!\\)((?:\\\\)*)\\u(?:0000|[dD][89a-fA-F][0-9a-fA-F]{2})', '\1\\ufffd', 'g')::jsonb;
  EXCEPTION WHEN data_exception OR program_limit_exceeded THEN
    RETURN NULL;
  END;
END
$$;
COMMENT ON FUNCTION envelope_json(text) IS
  'An envelope as jsonb, whatever it holds: where jsonb refuses it, escapes of NUL and of surrogates are U+FFFD; NULL: refused even so';
