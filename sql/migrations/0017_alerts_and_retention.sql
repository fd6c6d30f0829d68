-- What retention has dropped cannot say that an alert is active: of a raise that arrives for a period that is gone, the clear may have
-- been dropped. ./unrip retention itself keeps the records of alerts that are raised.
CREATE OR REPLACE FUNCTION note_active_alert() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
  newest record;
BEGIN
  IF EXISTS (SELECT FROM dropped_partitions d WHERE d.table_name = 'ops_alerts' AND d.to_day > NEW.day) THEN RETURN NULL; END IF;
  INSERT INTO active_alert_records (alert_key, day, event_id) VALUES (NEW.alert_key, NEW.day, NEW.event_id)
  ON CONFLICT (alert_key) DO UPDATE SET alert_key = excluded.alert_key;
  SELECT a.day, a.event_id, a.status INTO newest FROM ops_alerts a
  WHERE (a.alert_key, a.ingested_at) <= (NEW.alert_key, timestamptz 'infinity') AND a.day >= NEW.day
  ORDER BY a.alert_key DESC, a.ingested_at DESC, a.kafka_offset DESC LIMIT 1;
  IF newest.status = 'raised' THEN
    UPDATE active_alert_records SET day = newest.day, event_id = newest.event_id WHERE alert_key = NEW.alert_key;
  ELSE
    DELETE FROM active_alert_records WHERE alert_key = NEW.alert_key;
  END IF;
  RETURN NULL;
END
$$;

DO $$
BEGIN
  EXECUTE format('ALTER FUNCTION note_active_alert() SET search_path = %I, pg_temp', current_schema());
END
$$;

-- Those whose record was dropped before: the view does not show them, since nothing is left to show.
DELETE FROM active_alert_records active
WHERE NOT EXISTS (SELECT FROM ops_alerts a WHERE a.day = active.day AND a.event_id = active.event_id);
