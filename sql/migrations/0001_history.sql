-- History: one append-only table a topic. Typed columns stand beside the whole envelope, which is kept as the text that
-- arrived, since hashes need it. Tables are partitioned by day: the UTC date of the envelope's ingested_at, which is fixed
-- when a record is journalled, so that a redelivery always meets the row that it repeats. Every unique key holds the day,
-- as PostgreSQL wants it of a partitioned table; what must be unique beyond a day is looked for by sql/checks.
-- No foreign keys across tables: topics arrive in any order.

CREATE TABLE raw_near_intents_quotes (
  day             date NOT NULL,
  event_id        text NOT NULL,
  account_id      text NOT NULL,
  observed_at     timestamptz,
  ingested_at     timestamptz NOT NULL,
  written_at      timestamptz NOT NULL DEFAULT now(),
  quote_id        text NOT NULL,
  received_at     timestamptz NOT NULL,
  connection_id   text NOT NULL,
  quote_timestamp timestamptz,
  envelope        text NOT NULL,
  kafka_partition integer NOT NULL,
  kafka_offset    bigint NOT NULL,
  PRIMARY KEY (day, event_id)
) PARTITION BY RANGE (day);
CREATE INDEX ON raw_near_intents_quotes (quote_id);
CREATE INDEX ON raw_near_intents_quotes (ingested_at);

CREATE TABLE swap_demand_events (
  day             date NOT NULL,
  event_id        text NOT NULL,
  account_id      text NOT NULL,
  observed_at     timestamptz,
  ingested_at     timestamptz NOT NULL,
  written_at      timestamptz NOT NULL DEFAULT now(),
  quote_id        text NOT NULL,
  pair            text,
  direction       text,
  asset_in        text NOT NULL,
  asset_out       text NOT NULL,
  amount_in       numeric(39, 0),
  amount_out      numeric(39, 0),
  ttl_ms          bigint,
  min_wait_ms     bigint,
  max_wait_ms     bigint,
  partner_id      text,
  traceparent     text,
  received_at     timestamptz NOT NULL,
  envelope        text NOT NULL,
  kafka_partition integer NOT NULL,
  kafka_offset    bigint NOT NULL,
  PRIMARY KEY (day, event_id)
) PARTITION BY RANGE (day);
CREATE INDEX ON swap_demand_events (quote_id);
CREATE INDEX ON swap_demand_events (ingested_at);

-- Rates are EURe per BTC; kraken_* and coingecko_price are EUR per BTC, before the basis.
CREATE TABLE market_price_events (
  day                    date NOT NULL,
  event_id               text NOT NULL,
  account_id             text NOT NULL,
  observed_at            timestamptz,
  ingested_at            timestamptz NOT NULL,
  written_at             timestamptz NOT NULL DEFAULT now(),
  price_id               text NOT NULL,
  pair                   text NOT NULL,
  source                 text NOT NULL,
  bid_rate               numeric,
  ask_rate               numeric,
  fair_rate              numeric,
  freshness_ms           bigint,
  divergence_pct         numeric,
  tradable               boolean NOT NULL,
  problem                text,
  kraken_bid             numeric,
  kraken_ask             numeric,
  kraken_age_ms          bigint,
  kraken_healthy         boolean NOT NULL,
  coingecko_price        numeric,
  coingecko_age_ms       bigint,
  coingecko_healthy      boolean NOT NULL,
  basis_kind             text NOT NULL,
  eur_per_eure           numeric,
  envelope               text NOT NULL,
  kafka_partition        integer NOT NULL,
  kafka_offset           bigint NOT NULL,
  PRIMARY KEY (day, event_id)
) PARTITION BY RANGE (day);
CREATE INDEX ON market_price_events (price_id);
CREATE INDEX ON market_price_events (account_id, ingested_at);
CREATE INDEX ON market_price_events (ingested_at);

-- `assets`: by asset id, amounts in smallest units as decimal text.
CREATE TABLE intent_inventory_snapshots (
  day                   date NOT NULL,
  event_id              text NOT NULL,
  account_id            text NOT NULL,
  observed_at           timestamptz,
  ingested_at           timestamptz NOT NULL,
  written_at            timestamptz NOT NULL DEFAULT now(),
  inventory_id          text NOT NULL,
  block_height          bigint NOT NULL,
  block_hash            text NOT NULL,
  block_time            timestamptz NOT NULL,
  last_sync_at          timestamptz NOT NULL,
  sync_duration_ms      bigint NOT NULL,
  salt                  text,
  fee_pips              bigint,
  open_nonces           bigint NOT NULL,
  open_quotes           bigint NOT NULL,
  reconciliation_status text NOT NULL,
  reconciliation_note   text,
  assets                jsonb NOT NULL,
  envelope              text NOT NULL,
  kafka_partition       integer NOT NULL,
  kafka_offset          bigint NOT NULL,
  PRIMARY KEY (day, event_id)
) PARTITION BY RANGE (day);
CREATE INDEX ON intent_inventory_snapshots (inventory_id);
CREATE INDEX ON intent_inventory_snapshots (account_id, ingested_at);
CREATE INDEX ON intent_inventory_snapshots (ingested_at);

-- The values that a decision was made on stand in the row itself (price_*, inventory_*, limits), so that it explains itself
-- without a join.
CREATE TABLE trade_decisions (
  day                  date NOT NULL,
  event_id             text NOT NULL,
  account_id           text NOT NULL,
  observed_at          timestamptz,
  ingested_at          timestamptz NOT NULL,
  written_at           timestamptz NOT NULL DEFAULT now(),
  decision_id          text NOT NULL,
  quote_id             text NOT NULL,
  pair                 text,
  direction            text,
  request_kind         text,
  asset_in             text NOT NULL,
  asset_out            text NOT NULL,
  amount_in            numeric(39, 0),
  amount_out           numeric(39, 0),
  implied_rate         numeric,
  reference_rate       numeric,
  gross_edge_pct       numeric,
  notional_eur         numeric,
  decision             text NOT NULL,
  decision_reason      text NOT NULL,
  detail               text NOT NULL,
  strategy_armed       boolean NOT NULL,
  decided_at           timestamptz NOT NULL,
  decide_us            bigint NOT NULL,
  price_freshness_ms   bigint,
  price_id             text,
  price_source         text,
  bid_rate             numeric,
  ask_rate             numeric,
  inventory_id         text,
  inventory_block      bigint,
  inventory_age_ms     bigint,
  credited_out         numeric(39, 0),
  spendable_out        numeric(39, 0),
  price_snapshot       jsonb,
  inventory_snapshot   jsonb,
  limits               jsonb NOT NULL,
  envelope             text NOT NULL,
  kafka_partition      integer NOT NULL,
  kafka_offset         bigint NOT NULL,
  PRIMARY KEY (day, event_id),
  UNIQUE (day, account_id, decision_id)
) PARTITION BY RANGE (day);
CREATE INDEX ON trade_decisions (quote_id);
CREATE INDEX ON trade_decisions (ingested_at);
CREATE INDEX ON trade_decisions (decision_reason, ingested_at);

CREATE TABLE execute_trade_commands (
  day             date NOT NULL,
  event_id        text NOT NULL,
  account_id      text NOT NULL,
  observed_at     timestamptz,
  ingested_at     timestamptz NOT NULL,
  written_at      timestamptz NOT NULL DEFAULT now(),
  command_id      text NOT NULL,
  idempotency_key text NOT NULL,
  execution_key   text NOT NULL,
  quote_id        text NOT NULL,
  decision_id     text NOT NULL,
  asset_in        text NOT NULL,
  asset_out       text NOT NULL,
  amount_in       numeric(39, 0) NOT NULL,
  amount_out      numeric(39, 0) NOT NULL,
  min_deadline_ms bigint NOT NULL,
  reason          text NOT NULL,
  issued_at       timestamptz NOT NULL,
  envelope        text NOT NULL,
  kafka_partition integer NOT NULL,
  kafka_offset    bigint NOT NULL,
  PRIMARY KEY (day, event_id),
  UNIQUE (day, account_id, command_id)
) PARTITION BY RANGE (day);
CREATE INDEX ON execute_trade_commands (quote_id);
CREATE INDEX ON execute_trade_commands (ingested_at);

-- One row a transition of an attempt; `transition_seq` counts them from 1.
CREATE TABLE trade_execution_results (
  day               date NOT NULL,
  event_id          text NOT NULL,
  account_id        text NOT NULL,
  observed_at       timestamptz,
  ingested_at       timestamptz NOT NULL,
  written_at        timestamptz NOT NULL DEFAULT now(),
  command_id        text NOT NULL,
  idempotency_key   text NOT NULL,
  execution_key     text NOT NULL,
  quote_id          text NOT NULL,
  decision_id       text NOT NULL,
  execution_id      text NOT NULL,
  transition_seq    bigint NOT NULL,
  previous_status   text NOT NULL,
  status            text NOT NULL,
  result_code       text NOT NULL,
  note              text NOT NULL,
  recovered         boolean NOT NULL,
  asset_in          text NOT NULL,
  asset_out         text NOT NULL,
  amount_in         numeric(39, 0) NOT NULL,
  amount_out        numeric(39, 0) NOT NULL,
  quote_hash        text,
  lane              bigint,
  nonce             text,
  deadline          timestamptz,
  at                timestamptz NOT NULL,
  since_received_us bigint,
  reply_after_ms    bigint,
  tx_hash           text,
  settlement_block  bigint,
  settlement        jsonb,
  envelope          text NOT NULL,
  kafka_partition   integer NOT NULL,
  kafka_offset      bigint NOT NULL,
  PRIMARY KEY (day, event_id),
  UNIQUE (day, account_id, command_id, transition_seq)
) PARTITION BY RANGE (day);
CREATE INDEX ON trade_execution_results (quote_id);
CREATE INDEX ON trade_execution_results (nonce);
CREATE INDEX ON trade_execution_results (quote_hash);
CREATE INDEX ON trade_execution_results (ingested_at);
CREATE INDEX ON trade_execution_results (status, ingested_at);

CREATE TABLE control_actions (
  day             date NOT NULL,
  event_id        text NOT NULL,
  account_id      text NOT NULL,
  observed_at     timestamptz,
  ingested_at     timestamptz NOT NULL,
  written_at      timestamptz NOT NULL DEFAULT now(),
  action_id       text NOT NULL,
  service         text NOT NULL,
  part            text NOT NULL,
  action          text NOT NULL,
  actor           text NOT NULL,
  remote          text NOT NULL,
  from_value      jsonb,
  to_value        jsonb,
  outcome         text NOT NULL,
  http_status     bigint NOT NULL,
  note            text NOT NULL,
  at              timestamptz NOT NULL,
  envelope        text NOT NULL,
  kafka_partition integer NOT NULL,
  kafka_offset    bigint NOT NULL,
  PRIMARY KEY (day, event_id)
) PARTITION BY RANGE (day);
CREATE INDEX ON control_actions (at);
CREATE INDEX ON control_actions (ingested_at);

CREATE TABLE service_health_events (
  day             date NOT NULL,
  event_id        text NOT NULL,
  account_id      text NOT NULL,
  observed_at     timestamptz,
  ingested_at     timestamptz NOT NULL,
  written_at      timestamptz NOT NULL DEFAULT now(),
  service         text NOT NULL,
  instance_id     text NOT NULL,
  healthy         boolean NOT NULL,
  reasons         jsonb NOT NULL,
  notes           jsonb NOT NULL,
  since           timestamptz NOT NULL,
  started_at      timestamptz NOT NULL,
  at              timestamptz NOT NULL,
  version         text NOT NULL,
  writing         boolean,
  lag_ms          bigint,
  envelope        text NOT NULL,
  kafka_partition integer NOT NULL,
  kafka_offset    bigint NOT NULL,
  PRIMARY KEY (day, event_id)
) PARTITION BY RANGE (day);
CREATE INDEX ON service_health_events (service, ingested_at);
CREATE INDEX ON service_health_events (ingested_at);

CREATE TABLE dead_letters (
  day              date NOT NULL,
  event_id         text NOT NULL,
  account_id       text NOT NULL,
  observed_at      timestamptz,
  ingested_at      timestamptz NOT NULL,
  written_at       timestamptz NOT NULL DEFAULT now(),
  service          text NOT NULL,
  origin           text NOT NULL,
  origin_partition bigint,
  origin_offset    text,
  origin_key       text,
  reason           text NOT NULL,
  detail           text NOT NULL,
  value            text,
  value_bytes      bigint NOT NULL,
  at               timestamptz NOT NULL,
  envelope         text NOT NULL,
  kafka_partition  integer NOT NULL,
  kafka_offset     bigint NOT NULL,
  PRIMARY KEY (day, event_id)
) PARTITION BY RANGE (day);
CREATE INDEX ON dead_letters (ingested_at);
CREATE INDEX ON dead_letters (reason, ingested_at);

-- Where each partition of Kafka is to be read on, by consumer group. `owner` is the member that Kafka assigned it to last:
-- a batch is written only by the owner, in the transaction that also moves `next_offset`, so that a member that lost its
-- partition writes nothing and a redelivery is recognised.
CREATE TABLE consumer_offsets (
  consumer_group  text NOT NULL,
  topic           text NOT NULL,
  kafka_partition integer NOT NULL,
  next_offset     bigint NOT NULL DEFAULT 0,
  owner           text NOT NULL,
  owned_since     timestamptz NOT NULL DEFAULT now(),
  updated_at      timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (consumer_group, topic, kafka_partition)
);

-- Makes the partitions of one day for every partitioned table of the current schema, where they are missing; gives how many
-- it made. Any number of sessions may call it at once. A partition is attached rather than created in place, since that
-- keeps neither readers nor writers of the table waiting.
CREATE FUNCTION ensure_day_partitions(wanted date) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  parent text;
  child text;
  made integer := 0;
BEGIN
  -- Whoever comes second looks only after the first has committed.
  PERFORM pg_advisory_xact_lock(hashtext('unrip.ensure_day_partitions'));
  FOR parent IN
    SELECT c.relname
    FROM pg_partitioned_table p JOIN pg_class c ON c.oid = p.partrelid
    WHERE c.relnamespace = current_schema()::regnamespace
    ORDER BY c.relname
  LOOP
    child := format('%s_%s', parent, to_char(wanted, 'YYYYMMDD'));
    CONTINUE WHEN to_regclass(format('%I.%I', current_schema(), child)) IS NOT NULL;
    EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', child, parent);
    EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', parent, child, wanted, wanted + 1);
    made := made + 1;
  END LOOP;
  RETURN made;
END
$$;
