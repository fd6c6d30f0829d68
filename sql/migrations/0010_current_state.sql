-- The current state as views over the history: the newest rows, each found by an index, over all partitions. Accounts and services
-- are found by steps from one to the next in an index, which takes as long as there are accounts, however many rows they have. The
-- newest row of one is the greatest in that index: compared and sorted so, PostgreSQL takes no index of times alone, in which it
-- would read past the rows of all others.

CREATE INDEX ON service_health_events (account_id, service, ingested_at);
-- Who armed and disarmed.
CREATE INDEX ON control_actions (account_id, ingested_at) WHERE action IN ('arm', 'disarm');
-- Which alerts were raised.
CREATE INDEX ON ops_alerts (status, ingested_at);

-- A division would round: 18 decimals are more digits than PostgreSQL keeps of a quotient.
CREATE FUNCTION token_amount(units numeric, decimals integer) RETURNS numeric LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT units * ('1e-' || decimals::text)::numeric
$$;
COMMENT ON FUNCTION token_amount(numeric, integer) IS 'Smallest units as an amount of the token, exact: token_amount(4000, 8) is 0.00004000';

-- The settings of a session may have another time zone, and days of partitions are UTC.
CREATE FUNCTION utc_day(moment timestamptz) RETURNS date LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT (moment AT TIME ZONE 'UTC')::date
$$;
COMMENT ON FUNCTION utc_day(timestamptz) IS 'UTC date of a moment, as in the column day of every table of history';

CREATE VIEW current_price AS
WITH RECURSIVE accounts AS (
  (SELECT account_id FROM market_price_events WHERE account_id >= '' ORDER BY account_id LIMIT 1)
  UNION ALL
  SELECT following.account_id FROM accounts
  CROSS JOIN LATERAL (
    SELECT m.account_id FROM market_price_events m
    WHERE m.account_id > accounts.account_id ORDER BY m.account_id LIMIT 1
  ) AS following
)
SELECT newest.account_id, newest.price_id, newest.ingested_at AS sampled_at, now() - newest.ingested_at AS age, newest.pair,
  newest.source, newest.bid_rate, newest.ask_rate, newest.fair_rate, newest.freshness_ms, newest.divergence_pct, newest.tradable,
  newest.problem, newest.kraken_healthy, newest.coingecko_healthy, newest.basis_kind, newest.eur_per_eure
FROM accounts
CROSS JOIN LATERAL (
  SELECT * FROM market_price_events m
  WHERE (m.account_id, m.ingested_at) <= (accounts.account_id, timestamptz 'infinity')
  ORDER BY m.account_id DESC, m.ingested_at DESC LIMIT 1
) AS newest;
COMMENT ON VIEW current_price IS 'Latest market sample of each account';
COMMENT ON COLUMN current_price.account_id IS 'account whose engine took the sample';
COMMENT ON COLUMN current_price.price_id IS 'id of the sample';
COMMENT ON COLUMN current_price.sampled_at IS 'when it was taken';
COMMENT ON COLUMN current_price.age IS 'time since then; a running engine takes one every 10 s at least';
COMMENT ON COLUMN current_price.pair IS 'BTC/EURe';
COMMENT ON COLUMN current_price.source IS 'source of the price: kraken, coingecko or none';
COMMENT ON COLUMN current_price.bid_rate IS 'EURe per BTC: hedge of a purchase of BTC';
COMMENT ON COLUMN current_price.ask_rate IS 'EURe per BTC: hedge of a sale of BTC';
COMMENT ON COLUMN current_price.fair_rate IS 'EURe per BTC: the middle of bid and ask';
COMMENT ON COLUMN current_price.freshness_ms IS 'age of the price when it was sampled, milliseconds';
COMMENT ON COLUMN current_price.divergence_pct IS 'distance of the two sources, percent';
COMMENT ON COLUMN current_price.tradable IS 'whether decisions may use it';
COMMENT ON COLUMN current_price.problem IS 'why it is not tradable';
COMMENT ON COLUMN current_price.kraken_healthy IS 'whether Kraken gives a usable price';
COMMENT ON COLUMN current_price.coingecko_healthy IS 'whether CoinGecko gives a usable price';
COMMENT ON COLUMN current_price.basis_kind IS 'how EURe is valued in EUR: par or coingecko';
COMMENT ON COLUMN current_price.eur_per_eure IS 'EUR per EURe, the basis';

CREATE VIEW current_inventory AS
WITH RECURSIVE accounts AS (
  (SELECT account_id FROM intent_inventory_snapshots WHERE account_id >= '' ORDER BY account_id LIMIT 1)
  UNION ALL
  SELECT following.account_id FROM accounts
  CROSS JOIN LATERAL (
    SELECT s.account_id FROM intent_inventory_snapshots s
    WHERE s.account_id > accounts.account_id ORDER BY s.account_id LIMIT 1
  ) AS following
)
SELECT newest.account_id, held.key AS asset_id, known.symbol, newest.inventory_id, newest.block_height, newest.last_sync_at,
  now() - newest.last_sync_at AS age, newest.reconciliation_status, newest.reconciliation_note,
  (held.value ->> 'credited')::numeric AS credited,
  (held.value ->> 'spendable')::numeric AS spendable,
  (held.value ->> 'reserved_for_orders')::numeric AS reserved_for_orders,
  (held.value ->> 'reserved_for_positions')::numeric AS reserved_for_positions,
  (held.value ->> 'pending_inbound')::numeric AS pending_inbound,
  (held.value ->> 'pending_outbound')::numeric AS pending_outbound,
  token_amount((held.value ->> 'credited')::numeric, known.decimals) AS credited_amount,
  token_amount((held.value ->> 'spendable')::numeric, known.decimals) AS spendable_amount
FROM accounts
CROSS JOIN LATERAL (
  SELECT * FROM intent_inventory_snapshots s
  WHERE (s.account_id, s.ingested_at) <= (accounts.account_id, timestamptz 'infinity')
  ORDER BY s.account_id DESC, s.ingested_at DESC LIMIT 1
) AS newest
CROSS JOIN LATERAL jsonb_each(newest.assets) AS held
LEFT JOIN assets known ON known.id = held.key;
COMMENT ON VIEW current_inventory IS 'Latest inventory of each account, one row an asset';
COMMENT ON COLUMN current_inventory.account_id IS 'account in the verifier';
COMMENT ON COLUMN current_inventory.asset_id IS 'asset id in the verifier';
COMMENT ON COLUMN current_inventory.symbol IS 'symbol of the asset; NULL: not in assets';
COMMENT ON COLUMN current_inventory.inventory_id IS 'id of the snapshot';
COMMENT ON COLUMN current_inventory.block_height IS 'final block at which it was read';
COMMENT ON COLUMN current_inventory.last_sync_at IS 'when it was read';
COMMENT ON COLUMN current_inventory.age IS 'time since then';
COMMENT ON COLUMN current_inventory.reconciliation_status IS 'whether balances and records agree: ok, breach or unknown';
COMMENT ON COLUMN current_inventory.reconciliation_note IS 'what does not agree';
COMMENT ON COLUMN current_inventory.credited IS 'smallest units credited by the verifier';
COMMENT ON COLUMN current_inventory.spendable IS 'smallest units that can be promised';
COMMENT ON COLUMN current_inventory.reserved_for_orders IS 'smallest units promised to live quotes';
COMMENT ON COLUMN current_inventory.reserved_for_positions IS 'smallest units of settlements that no balance shows yet';
COMMENT ON COLUMN current_inventory.pending_inbound IS 'smallest units on their way into the verifier, not spendable; NULL: not known';
COMMENT ON COLUMN current_inventory.pending_outbound IS 'smallest units on their way out of it; NULL: not known';
COMMENT ON COLUMN current_inventory.credited_amount IS 'credited, in tokens';
COMMENT ON COLUMN current_inventory.spendable_amount IS 'spendable, in tokens';

CREATE VIEW current_health AS
WITH RECURSIVE services AS (
  (SELECT account_id, service FROM service_health_events WHERE account_id >= '' ORDER BY account_id, service LIMIT 1)
  UNION ALL
  SELECT following.account_id, following.service FROM services
  CROSS JOIN LATERAL (
    SELECT h.account_id, h.service FROM service_health_events h
    WHERE (h.account_id, h.service) > (services.account_id, services.service) ORDER BY h.account_id, h.service LIMIT 1
  ) AS following
)
SELECT instance.account_id, instance.service, instance.instance_id, instance.healthy, instance.reasons, instance.notes,
  instance.since, instance.started_at, instance.at AS heard_at, now() - instance.ingested_at AS age,
  instance.notes @> '["stopped"]' AS stopped, instance.version, instance.writing, instance.lag_ms
FROM services
CROSS JOIN LATERAL (
  SELECT h.day, h.ingested_at FROM service_health_events h
  WHERE (h.account_id, h.service, h.ingested_at) <= (services.account_id, services.service, timestamptz 'infinity')
  ORDER BY h.account_id DESC, h.service DESC, h.ingested_at DESC LIMIT 1
) AS newest
CROSS JOIN LATERAL (
  SELECT DISTINCT ON (h.instance_id) * FROM service_health_events h
  WHERE h.account_id = services.account_id AND h.service = services.service
    AND h.ingested_at > newest.ingested_at - interval '1 minute' AND h.day >= newest.day - 1
  ORDER BY h.instance_id, h.ingested_at DESC
) AS instance;
COMMENT ON VIEW current_health IS 'Latest health of each process, by account and service: of the instances that were heard in the last minute in which the service was heard';
COMMENT ON COLUMN current_health.account_id IS 'account that the process is for; empty: for all';
COMMENT ON COLUMN current_health.service IS 'engine, history-writer, liquidity-manager, ops-sentinel or reconciler';
COMMENT ON COLUMN current_health.instance_id IS 'one start of one process';
COMMENT ON COLUMN current_health.healthy IS 'whether it could do its work';
COMMENT ON COLUMN current_health.reasons IS 'codes of why not, each with its part';
COMMENT ON COLUMN current_health.notes IS 'codes of what is no fault, each with its part: disarmed, paused';
COMMENT ON COLUMN current_health.since IS 'since when it had this health';
COMMENT ON COLUMN current_health.started_at IS 'when the process started';
COMMENT ON COLUMN current_health.heard_at IS 'when it reported this';
COMMENT ON COLUMN current_health.age IS 'time since then; a process reports every 5 s, so that after 15 s its health is not known';
COMMENT ON COLUMN current_health.stopped IS 'whether it ended in order';
COMMENT ON COLUMN current_health.version IS 'version of the program';
COMMENT ON COLUMN current_health.writing IS 'whether it writes rows; history-writer only';
COMMENT ON COLUMN current_health.lag_ms IS 'age of the oldest record that is not written, milliseconds; history-writer only';

CREATE VIEW current_arm_state AS
SELECT engine.account_id, engine.instance_id, part.name AS part,
  CASE
    WHEN engine.stopped THEN false
    WHEN engine.age > interval '1 minute' THEN NULL
    ELSE NOT engine.notes @> jsonb_build_array(part.name || '.disarmed')
  END AS armed,
  engine.notes @> jsonb_build_array(part.name || '.paused') AS paused, engine.heard_at,
  last.action AS last_action, last.actor AS last_actor, last.at AS last_action_at, last.note AS last_note,
  last.to_value ->> 'until' AS last_until
FROM current_health engine
CROSS JOIN (VALUES ('strategy'), ('executor')) AS part(name)
LEFT JOIN LATERAL (
  SELECT * FROM control_actions c
  WHERE c.account_id = engine.account_id AND c.action IN ('arm', 'disarm') AND c.part = part.name AND c.outcome = 'done'
  ORDER BY c.ingested_at DESC LIMIT 1
) AS last ON true
WHERE engine.service = 'engine';
COMMENT ON VIEW current_arm_state IS 'Whether strategy and executor of each account are armed, as the engine reported it last, and who armed or disarmed last. An engine also disarms by itself, at the end of an arming or at a fault, which its health shows and no action';
COMMENT ON COLUMN current_arm_state.account_id IS 'account of the engine';
COMMENT ON COLUMN current_arm_state.instance_id IS 'one start of one engine';
COMMENT ON COLUMN current_arm_state.part IS 'strategy or executor; a quote is signed only while both are armed';
COMMENT ON COLUMN current_arm_state.armed IS 'whether it is armed; NULL: not known, because the engine was not heard for a minute';
COMMENT ON COLUMN current_arm_state.paused IS 'whether it was paused';
COMMENT ON COLUMN current_arm_state.heard_at IS 'when the engine reported this';
COMMENT ON COLUMN current_arm_state.last_action IS 'last action of an operator that was done: arm or disarm';
COMMENT ON COLUMN current_arm_state.last_actor IS 'who did it: the name of the token';
COMMENT ON COLUMN current_arm_state.last_action_at IS 'when it was done';
COMMENT ON COLUMN current_arm_state.last_note IS 'note of the action';
COMMENT ON COLUMN current_arm_state.last_until IS 'end of the arming, as it was set; NULL: no end, or a disarm';

-- What is not over is published again at least once a day: a week holds all of it.
CREATE VIEW current_funding AS
WITH actions AS (
  SELECT DISTINCT ON (account_id, liquidity_action_id, kind) * FROM liquidity_actions
  WHERE day >= utc_day(now()) - 8
  ORDER BY account_id, liquidity_action_id, kind, transition_seq DESC, ingested_at DESC
), observations AS (
  SELECT DISTINCT ON (account_id, funding_observation_id) * FROM funding_observations
  WHERE day >= utc_day(now()) - 8
  ORDER BY account_id, funding_observation_id, observation_seq DESC, ingested_at DESC
)
SELECT way.account_id, way.kind, way.liquidity_action_id, way.funding_observation_id, way.asset_id, known.symbol, way.chain,
  way.status, way.reason_code, way.detail, way.amount, token_amount(way.amount, known.decimals) AS amount_tokens,
  way.funding_handle, way.tx_hash, way.confirmations, way.confirmations_required, way.first_seen_at, way.at
FROM (
  SELECT account_id, kind, liquidity_action_id, funding_observation_id, asset_id, chain, status, reason_code, detail, amount,
    funding_handle, tx_hash, confirmations, confirmations_required, first_seen_at, at
  FROM actions
  WHERE kind IN ('deposit', 'withdrawal') AND status NOT IN ('credited', 'completed', 'returned')
  UNION ALL
  SELECT account_id, 'deposit', liquidity_action_id, funding_observation_id, asset_id, chain, status, reason_code, detail, amount,
    funding_handle, tx_hash, confirmations, confirmations_required, first_seen_at, at
  FROM observations o
  WHERE status NOT IN ('credited', 'replaced')
    AND NOT EXISTS (
      SELECT FROM actions a
      WHERE a.account_id = o.account_id AND a.kind = 'deposit' AND a.liquidity_action_id = o.liquidity_action_id
    )
    AND NOT EXISTS (
      SELECT FROM actions a
      WHERE a.account_id = o.account_id AND a.kind = 'deposit' AND a.funding_observation_id = o.funding_observation_id
    )
) AS way
LEFT JOIN assets known ON known.id = way.asset_id;
COMMENT ON VIEW current_funding IS 'Deposits and withdrawals of each account that are not over, of the last 8 days, which hold all: what is not over is published again every day. None of it is spendable';
COMMENT ON COLUMN current_funding.account_id IS 'account in the verifier';
COMMENT ON COLUMN current_funding.kind IS 'deposit or withdrawal';
COMMENT ON COLUMN current_funding.liquidity_action_id IS 'id of the action; NULL: a transfer that belongs to none';
COMMENT ON COLUMN current_funding.funding_observation_id IS 'id of the observation of the transfer';
COMMENT ON COLUMN current_funding.asset_id IS 'asset id in the verifier';
COMMENT ON COLUMN current_funding.symbol IS 'symbol of the asset; NULL: not in assets';
COMMENT ON COLUMN current_funding.chain IS 'the other chain, as the bridge names it';
COMMENT ON COLUMN current_funding.status IS 'latest status of the action, or of the observation where no action is';
COMMENT ON COLUMN current_funding.reason_code IS 'why it is late, held back or failed';
COMMENT ON COLUMN current_funding.detail IS 'the reason with its numbers, as a sentence';
COMMENT ON COLUMN current_funding.amount IS 'smallest units';
COMMENT ON COLUMN current_funding.amount_tokens IS 'amount, in tokens';
COMMENT ON COLUMN current_funding.funding_handle IS 'deposit address that was paid, or is to be';
COMMENT ON COLUMN current_funding.tx_hash IS 'transaction on the other chain';
COMMENT ON COLUMN current_funding.confirmations IS 'confirmations; 0: in no block';
COMMENT ON COLUMN current_funding.confirmations_required IS 'confirmations after which it counts as confirmed';
COMMENT ON COLUMN current_funding.first_seen_at IS 'when the transfer was seen first';
COMMENT ON COLUMN current_funding.at IS 'when the status was reached, or published again';

CREATE VIEW active_alerts AS
SELECT raised.account_id, raised.alert_key, raised.alert_code, raised.subject, raised.severity, raised.cause, raised.reason,
  raised.service_scope, raised.asset_id, raised.tx_hash, raised.condition_since, raised.first_raised_at, raised.raised_at,
  now() - raised.first_raised_at AS raised_for, raised.last_evaluated_at, raised.runbook, raised.correlation_ids, raised.details
FROM ops_alerts raised
CROSS JOIN LATERAL (
  SELECT a.event_id FROM ops_alerts a
  WHERE (a.alert_key, a.ingested_at) <= (raised.alert_key, timestamptz 'infinity') AND a.day >= raised.day
  ORDER BY a.alert_key DESC, a.ingested_at DESC, a.kafka_offset DESC LIMIT 1
) AS newest
WHERE raised.status = 'raised' AND newest.event_id = raised.event_id;
COMMENT ON VIEW active_alerts IS 'Alerts that are raised and not cleared: the newest record of each';
COMMENT ON COLUMN active_alerts.account_id IS 'account it is about; empty: no single account';
COMMENT ON COLUMN active_alerts.alert_key IS 'alert_code:account_id:subject, which identifies an alert';
COMMENT ON COLUMN active_alerts.alert_code IS 'code of the alert; the schema of the topic explains each';
COMMENT ON COLUMN active_alerts.subject IS 'what of several it is about; empty: there is one';
COMMENT ON COLUMN active_alerts.severity IS 'critical, warning or info';
COMMENT ON COLUMN active_alerts.cause IS 'condition, or no_data: what the rule evaluates is missing';
COMMENT ON COLUMN active_alerts.reason IS 'a sentence with the numbers that led to it';
COMMENT ON COLUMN active_alerts.service_scope IS 'process it is about, with its part';
COMMENT ON COLUMN active_alerts.asset_id IS 'asset it is about';
COMMENT ON COLUMN active_alerts.tx_hash IS 'transaction it is about';
COMMENT ON COLUMN active_alerts.condition_since IS 'when the condition was first found to hold in this episode';
COMMENT ON COLUMN active_alerts.first_raised_at IS 'when this episode was raised first';
COMMENT ON COLUMN active_alerts.raised_at IS 'when the severity and reason were raised as they are';
COMMENT ON COLUMN active_alerts.raised_for IS 'time since it was raised first';
COMMENT ON COLUMN active_alerts.last_evaluated_at IS 'evaluation that led to the record';
COMMENT ON COLUMN active_alerts.runbook IS 'path of the instructions, in the repository';
COMMENT ON COLUMN active_alerts.correlation_ids IS 'ids of the records that it follows from, by name';
COMMENT ON COLUMN active_alerts.details IS 'values that the rule has evaluated';

CREATE VIEW alert_history AS
SELECT first.day, first.account_id, first.alert_key, first.alert_code, first.subject, first.service_scope, first.condition_since,
  first.first_raised_at, ending.cleared_at, coalesce(ending.cleared_at, now()) - first.first_raised_at AS lasted,
  ending.records, ending.severities, first.reason AS first_reason, ending.last_reason, first.asset_id, first.tx_hash, first.runbook
FROM ops_alerts first
CROSS JOIN LATERAL (
  SELECT count(*) AS records, max(a.cleared_at) AS cleared_at, array_agg(DISTINCT a.severity ORDER BY a.severity) AS severities,
    (array_agg(a.event_id ORDER BY a.ingested_at, a.kafka_offset))[1] AS first_event_id,
    (array_agg(a.reason ORDER BY a.ingested_at DESC, a.kafka_offset DESC))[1] AS last_reason
  FROM ops_alerts a
  WHERE a.alert_key = first.alert_key AND a.account_id = first.account_id AND a.first_raised_at = first.first_raised_at
    AND a.day >= utc_day(first.first_raised_at) - 1
) AS ending
WHERE first.status = 'raised' AND first.event_id = ending.first_event_id;
COMMENT ON VIEW alert_history IS 'Episodes of alerts, from the first raise to the clear, one row each; day is that of the first raise';
COMMENT ON COLUMN alert_history.day IS 'UTC date of the first raise; a condition on it keeps a query quick';
COMMENT ON COLUMN alert_history.account_id IS 'account it was about; empty: no single account';
COMMENT ON COLUMN alert_history.alert_key IS 'alert_code:account_id:subject, which identifies an alert';
COMMENT ON COLUMN alert_history.alert_code IS 'code of the alert; the schema of the topic explains each';
COMMENT ON COLUMN alert_history.subject IS 'what of several it was about; empty: there is one';
COMMENT ON COLUMN alert_history.service_scope IS 'process it was about, with its part';
COMMENT ON COLUMN alert_history.condition_since IS 'when the condition was first found to hold';
COMMENT ON COLUMN alert_history.first_raised_at IS 'when it was raised first';
COMMENT ON COLUMN alert_history.cleared_at IS 'when it was over; NULL: it lasts';
COMMENT ON COLUMN alert_history.lasted IS 'from the first raise to the clear, or until now';
COMMENT ON COLUMN alert_history.records IS 'records of the episode, the clear among them';
COMMENT ON COLUMN alert_history.severities IS 'every severity that it had';
COMMENT ON COLUMN alert_history.first_reason IS 'reason of the first raise';
COMMENT ON COLUMN alert_history.last_reason IS 'reason of the last record';
COMMENT ON COLUMN alert_history.asset_id IS 'asset it was about';
COMMENT ON COLUMN alert_history.tx_hash IS 'transaction it was about';
COMMENT ON COLUMN alert_history.runbook IS 'path of the instructions, in the repository';
