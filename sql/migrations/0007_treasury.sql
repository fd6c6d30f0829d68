-- The treasury, alerts and reconciliation: four more append-only tables of history, like those before. Amounts are smallest units.

CREATE TABLE liquidity_actions (
  day                    date NOT NULL,
  event_id               text NOT NULL,
  account_id             text NOT NULL,
  observed_at            timestamptz,
  ingested_at            timestamptz NOT NULL,
  written_at             timestamptz NOT NULL DEFAULT now(),
  liquidity_action_id    text NOT NULL,
  kind                   text NOT NULL,
  rebalance              boolean NOT NULL,
  transition_seq         bigint NOT NULL,
  previous_status        text,
  status                 text NOT NULL,
  reason_code            text,
  detail                 text NOT NULL,
  bridge                 text NOT NULL,
  bridge_status          text,
  asset_id               text,
  chain                  text NOT NULL,
  funding_handle         text,
  external_wallet        text,
  destination            text,
  amount                 numeric(39, 0),
  credited_amount        numeric(39, 0),
  fee                    numeric(39, 0),
  tx_hash                text,
  near_tx_hash           text,
  intent_hash            text,
  reservation_id         text,
  funding_observation_id text,
  confirmations          bigint,
  confirmations_required bigint,
  requested_at           timestamptz,
  first_seen_at          timestamptz,
  credited_at            timestamptz,
  completed_at           timestamptz,
  at                     timestamptz NOT NULL,
  envelope               text NOT NULL,
  kafka_partition        integer NOT NULL,
  kafka_offset           bigint NOT NULL,
  PRIMARY KEY (day, event_id)
) PARTITION BY RANGE (day);
CREATE INDEX ON liquidity_actions (tx_hash);
CREATE INDEX ON liquidity_actions (funding_handle);
CREATE INDEX ON liquidity_actions (liquidity_action_id);
CREATE INDEX ON liquidity_actions (account_id, ingested_at);
CREATE INDEX ON liquidity_actions (ingested_at);

COMMENT ON TABLE liquidity_actions IS 'Transitions of treasury actions: deposit addresses, deposits, withdrawals; transition_seq counts them from 1';
COMMENT ON COLUMN liquidity_actions.day IS 'UTC date of ingested_at; decides on the partition';
COMMENT ON COLUMN liquidity_actions.event_id IS 'id of the record; a resend repeats it';
COMMENT ON COLUMN liquidity_actions.account_id IS 'account whose record it is';
COMMENT ON COLUMN liquidity_actions.observed_at IS 'when it happened, by its source';
COMMENT ON COLUMN liquidity_actions.ingested_at IS 'when the record was made';
COMMENT ON COLUMN liquidity_actions.written_at IS 'when the row was written';
COMMENT ON COLUMN liquidity_actions.liquidity_action_id IS 'id of the action; the withdrawal and the deposit of a move between chains share it';
COMMENT ON COLUMN liquidity_actions.kind IS 'deposit_address, deposit or withdrawal';
COMMENT ON COLUMN liquidity_actions.rebalance IS 'whether it is part of a move between chains';
COMMENT ON COLUMN liquidity_actions.transition_seq IS 'number of the transition of this action and kind, from 1';
COMMENT ON COLUMN liquidity_actions.previous_status IS 'status before; NULL: the first';
COMMENT ON COLUMN liquidity_actions.status IS 'status after; the schema of the topic explains each';
COMMENT ON COLUMN liquidity_actions.reason_code IS 'why it is late, held back or over without success';
COMMENT ON COLUMN liquidity_actions.detail IS 'the reason with its numbers, as a sentence';
COMMENT ON COLUMN liquidity_actions.bridge IS 'bridge into the verifier: poa or omni';
COMMENT ON COLUMN liquidity_actions.bridge_status IS 'the word of the bridge, as it came';
COMMENT ON COLUMN liquidity_actions.asset_id IS 'asset id in the verifier; NULL: not known yet';
COMMENT ON COLUMN liquidity_actions.chain IS 'the other chain, as the bridge names it';
COMMENT ON COLUMN liquidity_actions.funding_handle IS 'deposit address, or what else a transfer is sent to';
COMMENT ON COLUMN liquidity_actions.external_wallet IS 'our wallet on the other chain that sends';
COMMENT ON COLUMN liquidity_actions.destination IS 'address on the other chain that a withdrawal goes to';
COMMENT ON COLUMN liquidity_actions.amount IS 'smallest units that were sent, or are taken from the verifier';
COMMENT ON COLUMN liquidity_actions.credited_amount IS 'smallest units that arrived on the other side';
COMMENT ON COLUMN liquidity_actions.fee IS 'smallest units that the bridge keeps';
COMMENT ON COLUMN liquidity_actions.tx_hash IS 'transaction on the other chain';
COMMENT ON COLUMN liquidity_actions.near_tx_hash IS 'transaction on NEAR that minted or burned';
COMMENT ON COLUMN liquidity_actions.intent_hash IS 'hash of the payload that a withdrawal signed';
COMMENT ON COLUMN liquidity_actions.reservation_id IS 'reservation in the capital ledger of the engine';
COMMENT ON COLUMN liquidity_actions.funding_observation_id IS 'observation of the transfer';
COMMENT ON COLUMN liquidity_actions.confirmations IS 'confirmations on the other chain';
COMMENT ON COLUMN liquidity_actions.confirmations_required IS 'confirmations after which the transfer counts as confirmed';
COMMENT ON COLUMN liquidity_actions.requested_at IS 'when it was requested';
COMMENT ON COLUMN liquidity_actions.first_seen_at IS 'when the transfer was seen first';
COMMENT ON COLUMN liquidity_actions.credited_at IS 'when a deposit was credited';
COMMENT ON COLUMN liquidity_actions.completed_at IS 'when a withdrawal arrived on the other chain';
COMMENT ON COLUMN liquidity_actions.at IS 'when the transition happened';
COMMENT ON COLUMN liquidity_actions.envelope IS 'the whole record as the text that arrived';
COMMENT ON COLUMN liquidity_actions.kafka_partition IS 'partition of Kafka that it was read from';
COMMENT ON COLUMN liquidity_actions.kafka_offset IS 'offset in that partition';

CREATE TABLE funding_observations (
  day                    date NOT NULL,
  event_id               text NOT NULL,
  account_id             text NOT NULL,
  observed_at            timestamptz,
  ingested_at            timestamptz NOT NULL,
  written_at             timestamptz NOT NULL DEFAULT now(),
  funding_observation_id text NOT NULL,
  observation_seq        bigint NOT NULL,
  asset_id               text NOT NULL,
  chain                  text NOT NULL,
  bridge                 text NOT NULL,
  funding_handle         text NOT NULL,
  handle_active          boolean NOT NULL,
  source                 text NOT NULL,
  tx_hash                text NOT NULL,
  output_index           bigint NOT NULL,
  inputs                 jsonb NOT NULL,
  sender                 text,
  previous_status        text,
  status                 text NOT NULL,
  reason_code            text,
  detail                 text NOT NULL,
  amount                 numeric(39, 0) NOT NULL,
  minimum_amount         numeric(39, 0),
  credited_amount        numeric(39, 0),
  confirmations          bigint NOT NULL,
  confirmations_required bigint,
  block_height           bigint,
  block_hash             text,
  replaced_by_tx_hash    text,
  replaces_tx_hash       text,
  bridge_status          text,
  bridge_deposit_tx_hash text,
  liquidity_action_id    text,
  first_seen_at          timestamptz NOT NULL,
  last_seen_at           timestamptz NOT NULL,
  confirmed_at           timestamptz,
  credited_at            timestamptz,
  at                     timestamptz NOT NULL,
  envelope               text NOT NULL,
  kafka_partition        integer NOT NULL,
  kafka_offset           bigint NOT NULL,
  PRIMARY KEY (day, event_id)
) PARTITION BY RANGE (day);
CREATE INDEX ON funding_observations (tx_hash);
CREATE INDEX ON funding_observations (funding_handle);
CREATE INDEX ON funding_observations (funding_observation_id);
CREATE INDEX ON funding_observations (account_id, ingested_at);
CREATE INDEX ON funding_observations (ingested_at);

COMMENT ON TABLE funding_observations IS 'Transfers to deposit addresses as chains and bridge show them, one row a change; observation_seq counts them from 1. None of it is spendable';
COMMENT ON COLUMN funding_observations.day IS 'UTC date of ingested_at; decides on the partition';
COMMENT ON COLUMN funding_observations.event_id IS 'id of the record; a resend repeats it';
COMMENT ON COLUMN funding_observations.account_id IS 'account whose record it is';
COMMENT ON COLUMN funding_observations.observed_at IS 'when it happened, by its source';
COMMENT ON COLUMN funding_observations.ingested_at IS 'when the record was made';
COMMENT ON COLUMN funding_observations.written_at IS 'when the row was written';
COMMENT ON COLUMN funding_observations.funding_observation_id IS 'id of the observation: one output of one transaction';
COMMENT ON COLUMN funding_observations.observation_seq IS 'number of the change, from 1';
COMMENT ON COLUMN funding_observations.asset_id IS 'asset id in the verifier';
COMMENT ON COLUMN funding_observations.chain IS 'chain of the transfer, as the bridge names it';
COMMENT ON COLUMN funding_observations.bridge IS 'bridge into the verifier: poa or omni';
COMMENT ON COLUMN funding_observations.funding_handle IS 'deposit address that was paid';
COMMENT ON COLUMN funding_observations.handle_active IS 'false: an older address, which a newer one replaces';
COMMENT ON COLUMN funding_observations.source IS 'who saw it: btc_observer, gnosis_rpc, poa_bridge or omni_bridge';
COMMENT ON COLUMN funding_observations.tx_hash IS 'transaction of the transfer; never changes';
COMMENT ON COLUMN funding_observations.output_index IS 'output or log of the transaction';
COMMENT ON COLUMN funding_observations.inputs IS 'what the transaction spends, at first sight';
COMMENT ON COLUMN funding_observations.sender IS 'address that sent';
COMMENT ON COLUMN funding_observations.previous_status IS 'status before; NULL: the first';
COMMENT ON COLUMN funding_observations.status IS 'status after; the schema of the topic explains each';
COMMENT ON COLUMN funding_observations.reason_code IS 'why it is late, or over without credit';
COMMENT ON COLUMN funding_observations.detail IS 'the reason with its numbers, as a sentence';
COMMENT ON COLUMN funding_observations.amount IS 'smallest units that were sent';
COMMENT ON COLUMN funding_observations.minimum_amount IS 'least that the bridge credits, in smallest units; NULL: not known';
COMMENT ON COLUMN funding_observations.credited_amount IS 'smallest units that the bridge credited';
COMMENT ON COLUMN funding_observations.confirmations IS 'confirmations; 0: in no block';
COMMENT ON COLUMN funding_observations.confirmations_required IS 'confirmations after which it counts as confirmed';
COMMENT ON COLUMN funding_observations.block_height IS 'block that contains it';
COMMENT ON COLUMN funding_observations.block_hash IS 'hash of that block';
COMMENT ON COLUMN funding_observations.replaced_by_tx_hash IS 'transaction that spends the same inputs instead';
COMMENT ON COLUMN funding_observations.replaces_tx_hash IS 'transaction whose inputs it spends instead';
COMMENT ON COLUMN funding_observations.bridge_status IS 'the word of the bridge, as it came; NULL: it does not know the transfer';
COMMENT ON COLUMN funding_observations.bridge_deposit_tx_hash IS 'transaction that the bridge names for the credit';
COMMENT ON COLUMN funding_observations.liquidity_action_id IS 'action that it belongs to';
COMMENT ON COLUMN funding_observations.first_seen_at IS 'when it was seen first';
COMMENT ON COLUMN funding_observations.last_seen_at IS 'when the source showed it last';
COMMENT ON COLUMN funding_observations.confirmed_at IS 'when it had the required confirmations';
COMMENT ON COLUMN funding_observations.credited_at IS 'when it was credited';
COMMENT ON COLUMN funding_observations.at IS 'when the change was seen';
COMMENT ON COLUMN funding_observations.envelope IS 'the whole record as the text that arrived';
COMMENT ON COLUMN funding_observations.kafka_partition IS 'partition of Kafka that it was read from';
COMMENT ON COLUMN funding_observations.kafka_offset IS 'offset in that partition';

CREATE TABLE ops_alerts (
  day               date NOT NULL,
  event_id          text NOT NULL,
  account_id        text NOT NULL,
  observed_at       timestamptz,
  ingested_at       timestamptz NOT NULL,
  written_at        timestamptz NOT NULL DEFAULT now(),
  alert_event_id    text NOT NULL,
  alert_key         text NOT NULL,
  alert_code        text NOT NULL,
  subject           text NOT NULL,
  status            text NOT NULL,
  cause             text NOT NULL,
  severity          text NOT NULL,
  reason            text NOT NULL,
  service_scope     text NOT NULL,
  pair              text,
  asset_id          text,
  tx_hash           text,
  runbook           text NOT NULL,
  correlation_ids   jsonb NOT NULL,
  condition_since   timestamptz NOT NULL,
  first_raised_at   timestamptz NOT NULL,
  raised_at         timestamptz NOT NULL,
  cleared_at        timestamptz,
  last_evaluated_at timestamptz NOT NULL,
  details           jsonb NOT NULL,
  envelope          text NOT NULL,
  kafka_partition   integer NOT NULL,
  kafka_offset      bigint NOT NULL,
  PRIMARY KEY (day, event_id)
) PARTITION BY RANGE (day);
CREATE INDEX ON ops_alerts (alert_code, ingested_at);
CREATE INDEX ON ops_alerts (alert_key, ingested_at);
CREATE INDEX ON ops_alerts (tx_hash);
CREATE INDEX ON ops_alerts (ingested_at);

COMMENT ON TABLE ops_alerts IS 'Alerts that were raised or cleared';
COMMENT ON COLUMN ops_alerts.day IS 'UTC date of ingested_at; decides on the partition';
COMMENT ON COLUMN ops_alerts.event_id IS 'id of the record; a resend repeats it';
COMMENT ON COLUMN ops_alerts.account_id IS 'account whose record it is';
COMMENT ON COLUMN ops_alerts.observed_at IS 'when it happened, by its source';
COMMENT ON COLUMN ops_alerts.ingested_at IS 'when the record was made';
COMMENT ON COLUMN ops_alerts.written_at IS 'when the row was written';
COMMENT ON COLUMN ops_alerts.alert_event_id IS 'id of the transition';
COMMENT ON COLUMN ops_alerts.alert_key IS 'alert_code:account_id:subject, which identifies an alert';
COMMENT ON COLUMN ops_alerts.alert_code IS 'code of the alert; the schema of the topic explains each';
COMMENT ON COLUMN ops_alerts.subject IS 'what of several it is about; empty: there is one';
COMMENT ON COLUMN ops_alerts.status IS 'raised or cleared';
COMMENT ON COLUMN ops_alerts.cause IS 'condition, or no_data: what the rule evaluates is missing';
COMMENT ON COLUMN ops_alerts.severity IS 'critical, warning or info';
COMMENT ON COLUMN ops_alerts.reason IS 'a sentence with the numbers that led to it';
COMMENT ON COLUMN ops_alerts.service_scope IS 'process it is about, with its part';
COMMENT ON COLUMN ops_alerts.pair IS 'pair it is about';
COMMENT ON COLUMN ops_alerts.asset_id IS 'asset it is about';
COMMENT ON COLUMN ops_alerts.tx_hash IS 'transaction it is about';
COMMENT ON COLUMN ops_alerts.runbook IS 'path of the instructions, in the repository';
COMMENT ON COLUMN ops_alerts.correlation_ids IS 'ids of the records that it follows from, by name';
COMMENT ON COLUMN ops_alerts.condition_since IS 'when the condition was first found to hold in this episode';
COMMENT ON COLUMN ops_alerts.first_raised_at IS 'when this episode was raised first';
COMMENT ON COLUMN ops_alerts.raised_at IS 'when the severity and reason of this row were raised';
COMMENT ON COLUMN ops_alerts.cleared_at IS 'when the episode ended; NULL: it lasts';
COMMENT ON COLUMN ops_alerts.last_evaluated_at IS 'evaluation that led to this row';
COMMENT ON COLUMN ops_alerts.details IS 'values that the rule has evaluated';
COMMENT ON COLUMN ops_alerts.envelope IS 'the whole record as the text that arrived';
COMMENT ON COLUMN ops_alerts.kafka_partition IS 'partition of Kafka that it was read from';
COMMENT ON COLUMN ops_alerts.kafka_offset IS 'offset in that partition';

CREATE TABLE reconciliation_findings (
  day                 date NOT NULL,
  event_id            text NOT NULL,
  account_id          text NOT NULL,
  observed_at         timestamptz,
  ingested_at         timestamptz NOT NULL,
  written_at          timestamptz NOT NULL DEFAULT now(),
  reconciliation_id   text NOT NULL,
  kind                text NOT NULL,
  status              text NOT NULL,
  detail              text NOT NULL,
  started_at          timestamptz NOT NULL,
  at                  timestamptz NOT NULL,
  duration_ms         bigint,
  compared_from       timestamptz,
  compared            bigint,
  open_findings       bigint,
  block_height        bigint,
  finding_id          text,
  finding_seq         bigint,
  finding_code        text,
  first_found_at      timestamptz,
  resolved_at         timestamptz,
  asset_id            text,
  quote_id            text,
  command_id          text,
  nonce               text,
  tx_hash             text,
  liquidity_action_id text,
  recorded            text,
  observed            text,
  difference          numeric,
  proposed_status     text,
  envelope            text NOT NULL,
  kafka_partition     integer NOT NULL,
  kafka_offset        bigint NOT NULL,
  PRIMARY KEY (day, event_id)
) PARTITION BY RANGE (day);
CREATE INDEX ON reconciliation_findings (finding_id);
CREATE INDEX ON reconciliation_findings (quote_id);
CREATE INDEX ON reconciliation_findings (tx_hash);
CREATE INDEX ON reconciliation_findings (account_id, ingested_at);
CREATE INDEX ON reconciliation_findings (ingested_at);

COMMENT ON TABLE reconciliation_findings IS 'Comparisons of the venue with the records: one row a run, and one a change of a difference that was found';
COMMENT ON COLUMN reconciliation_findings.day IS 'UTC date of ingested_at; decides on the partition';
COMMENT ON COLUMN reconciliation_findings.event_id IS 'id of the record; a resend repeats it';
COMMENT ON COLUMN reconciliation_findings.account_id IS 'account whose record it is';
COMMENT ON COLUMN reconciliation_findings.observed_at IS 'when it happened, by its source';
COMMENT ON COLUMN reconciliation_findings.ingested_at IS 'when the record was made';
COMMENT ON COLUMN reconciliation_findings.written_at IS 'when the row was written';
COMMENT ON COLUMN reconciliation_findings.reconciliation_id IS 'id of the run';
COMMENT ON COLUMN reconciliation_findings.kind IS 'run or finding';
COMMENT ON COLUMN reconciliation_findings.status IS 'agrees, differs or incomplete of a run; found, corrected, resolved or dismissed of a finding';
COMMENT ON COLUMN reconciliation_findings.detail IS 'a sentence with the numbers';
COMMENT ON COLUMN reconciliation_findings.started_at IS 'when the run began';
COMMENT ON COLUMN reconciliation_findings.at IS 'when it was found, or the run ended';
COMMENT ON COLUMN reconciliation_findings.duration_ms IS 'how long the run took, milliseconds; NULL: a finding';
COMMENT ON COLUMN reconciliation_findings.compared_from IS 'beginning of the records that were compared; NULL: all, or a finding';
COMMENT ON COLUMN reconciliation_findings.compared IS 'records and balances that were compared; NULL: a finding';
COMMENT ON COLUMN reconciliation_findings.open_findings IS 'findings that are open after the run; NULL: a finding';
COMMENT ON COLUMN reconciliation_findings.block_height IS 'final block at which the venue was read';
COMMENT ON COLUMN reconciliation_findings.finding_id IS 'the same for as long as the difference lasts; NULL: a run';
COMMENT ON COLUMN reconciliation_findings.finding_seq IS 'number of the change of the finding, from 1';
COMMENT ON COLUMN reconciliation_findings.finding_code IS 'what differs; the schema of the topic explains each';
COMMENT ON COLUMN reconciliation_findings.first_found_at IS 'when the difference was found first';
COMMENT ON COLUMN reconciliation_findings.resolved_at IS 'when it was over';
COMMENT ON COLUMN reconciliation_findings.asset_id IS 'asset it is about';
COMMENT ON COLUMN reconciliation_findings.quote_id IS 'quote request it is about';
COMMENT ON COLUMN reconciliation_findings.command_id IS 'command it is about';
COMMENT ON COLUMN reconciliation_findings.nonce IS 'nonce it is about';
COMMENT ON COLUMN reconciliation_findings.tx_hash IS 'transaction it is about';
COMMENT ON COLUMN reconciliation_findings.liquidity_action_id IS 'treasury action it is about';
COMMENT ON COLUMN reconciliation_findings.recorded IS 'what the records say';
COMMENT ON COLUMN reconciliation_findings.observed IS 'what the venue shows';
COMMENT ON COLUMN reconciliation_findings.difference IS 'smallest units: observed less recorded';
COMMENT ON COLUMN reconciliation_findings.proposed_status IS 'state of the trade that the venue shows';
COMMENT ON COLUMN reconciliation_findings.envelope IS 'the whole record as the text that arrived';
COMMENT ON COLUMN reconciliation_findings.kafka_partition IS 'partition of Kafka that it was read from';
COMMENT ON COLUMN reconciliation_findings.kafka_offset IS 'offset in that partition';
