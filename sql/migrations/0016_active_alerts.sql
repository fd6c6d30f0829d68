-- Which alerts are active was found by asking of every alert that was ever raised what came after it. Now each record that is written
-- settles it for its alert, so that the view takes as long as there are active ones. What it shows stays the same: the newest record
-- of an alert, by ingested_at and then by offset, where that one is a raise.
CREATE TABLE active_alert_records (
  alert_key text PRIMARY KEY,
  day       date NOT NULL,
  event_id  text NOT NULL
);
COMMENT ON TABLE active_alert_records IS 'The newest record of each alert that is raised and not cleared: derived from ops_alerts by a trigger, no record itself';
COMMENT ON COLUMN active_alert_records.alert_key IS 'alert_code:account_id:subject, which identifies an alert';
COMMENT ON COLUMN active_alert_records.day IS 'day of the record in ops_alerts';
COMMENT ON COLUMN active_alert_records.event_id IS 'id of the record in ops_alerts';

-- With the rights of its owner: who writes history changes no other table. Records arrive in any order. Two transactions that write of
-- one alert wait for each other at its row, and the second one sees then what the first has written.
CREATE FUNCTION note_active_alert() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
  newest record;
BEGIN
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
COMMENT ON FUNCTION note_active_alert() IS 'Trigger of ops_alerts: keeps active_alert_records';

DO $$
BEGIN
  EXECUTE format('ALTER FUNCTION note_active_alert() SET search_path = %I, pg_temp', current_schema());
END
$$;
REVOKE ALL ON FUNCTION note_active_alert() FROM PUBLIC;

-- Keeps writers out until the end of this migration.
CREATE TRIGGER note_active_alert AFTER INSERT ON ops_alerts FOR EACH ROW EXECUTE FUNCTION note_active_alert();

INSERT INTO active_alert_records (alert_key, day, event_id)
SELECT raised.alert_key, raised.day, raised.event_id
FROM ops_alerts raised
CROSS JOIN LATERAL (
  SELECT a.event_id FROM ops_alerts a
  WHERE (a.alert_key, a.ingested_at) <= (raised.alert_key, timestamptz 'infinity') AND a.day >= raised.day
  ORDER BY a.alert_key DESC, a.ingested_at DESC, a.kafka_offset DESC LIMIT 1
) AS newest
WHERE raised.status = 'raised' AND newest.event_id = raised.event_id
ON CONFLICT (alert_key) DO NOTHING;

-- Each by its key: joined, PostgreSQL could read all of ops_alerts, of which it knows the size and not of the other.
CREATE OR REPLACE VIEW active_alerts AS
SELECT raised.account_id, raised.alert_key, raised.alert_code, raised.subject, raised.severity, raised.cause, raised.reason,
  raised.service_scope, raised.asset_id, raised.tx_hash, raised.condition_since, raised.first_raised_at, raised.raised_at,
  now() - raised.first_raised_at AS raised_for, raised.last_evaluated_at, raised.runbook, raised.correlation_ids, raised.details
FROM active_alert_records active
CROSS JOIN LATERAL (
  SELECT * FROM ops_alerts a WHERE a.day = active.day AND a.event_id = active.event_id LIMIT 1
) AS raised;
