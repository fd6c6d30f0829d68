-- What an analyst needs to read the tables: the decimals of amounts, a meaning for every table and column, and inventory by
-- asset under honest names.

CREATE TABLE assets (
  id       text PRIMARY KEY,
  symbol   text NOT NULL,
  decimals integer NOT NULL CHECK (decimals BETWEEN 0 AND 38)
);
INSERT INTO assets (id, symbol, decimals) VALUES
  ('nep141:btc.omft.near', 'BTC', 8),
  ('nep141:gnosis-0x420ca0f9b9b604ce0fd9c18ef134c705e5fa3430.omft.near', 'EURe', 18);

-- The record's realized_pnl is what settlements changed in the balance of one asset, which is no profit.
CREATE VIEW inventory_by_asset AS
SELECT s.day, s.account_id, s.inventory_id, s.block_height, s.last_sync_at, a.key AS asset_id,
  (a.value ->> 'credited')::numeric AS credited, (a.value ->> 'spendable')::numeric AS spendable,
  (a.value ->> 'allocated')::numeric AS allocated, (a.value ->> 'reserved_for_orders')::numeric AS reserved_for_orders,
  (a.value ->> 'reserved_for_positions')::numeric AS reserved_for_positions,
  (a.value ->> 'realized_pnl')::numeric AS settled_change
FROM intent_inventory_snapshots s CROSS JOIN LATERAL jsonb_each(s.assets) AS a;
COMMENT ON VIEW inventory_by_asset IS 'Inventory snapshots, one row an asset';

COMMENT ON COLUMN inventory_by_asset.day IS 'UTC date of ingested_at';
COMMENT ON COLUMN inventory_by_asset.account_id IS 'account whose inventory it is';
COMMENT ON COLUMN inventory_by_asset.inventory_id IS 'id of the snapshot';
COMMENT ON COLUMN inventory_by_asset.block_height IS 'final block at which it was read';
COMMENT ON COLUMN inventory_by_asset.last_sync_at IS 'when it was read';
COMMENT ON COLUMN inventory_by_asset.asset_id IS 'asset id in the verifier';
COMMENT ON COLUMN inventory_by_asset.credited IS 'smallest units credited by the verifier';
COMMENT ON COLUMN inventory_by_asset.spendable IS 'smallest units that can be promised';
COMMENT ON COLUMN inventory_by_asset.allocated IS 'smallest units at the checkpoint';
COMMENT ON COLUMN inventory_by_asset.reserved_for_orders IS 'smallest units promised to live quotes';
COMMENT ON COLUMN inventory_by_asset.reserved_for_positions IS 'smallest units of settlements that no balance shows yet';
COMMENT ON COLUMN inventory_by_asset.settled_change IS 'smallest units: change of the balance by settlements since the checkpoint; realized_pnl in the record, and not a profit';

COMMENT ON TABLE raw_near_intents_quotes IS 'Frames of the venue with a quote request, as they came';
COMMENT ON COLUMN raw_near_intents_quotes.day IS 'UTC date of ingested_at; decides on the partition';
COMMENT ON COLUMN raw_near_intents_quotes.event_id IS 'id of the record; a resend repeats it';
COMMENT ON COLUMN raw_near_intents_quotes.account_id IS 'account whose record it is';
COMMENT ON COLUMN raw_near_intents_quotes.observed_at IS 'when it happened, by its source';
COMMENT ON COLUMN raw_near_intents_quotes.ingested_at IS 'when the record was journalled';
COMMENT ON COLUMN raw_near_intents_quotes.written_at IS 'when the row was written';
COMMENT ON COLUMN raw_near_intents_quotes.envelope IS 'the whole record as the text that arrived';
COMMENT ON COLUMN raw_near_intents_quotes.kafka_partition IS 'partition of Kafka that it was read from';
COMMENT ON COLUMN raw_near_intents_quotes.kafka_offset IS 'offset in that partition';
COMMENT ON COLUMN raw_near_intents_quotes.quote_id IS 'id of the quote request, given by the venue';
COMMENT ON COLUMN raw_near_intents_quotes.received_at IS 'when the frame arrived';
COMMENT ON COLUMN raw_near_intents_quotes.connection_id IS 'connection to the relay on which it came';
COMMENT ON COLUMN raw_near_intents_quotes.quote_timestamp IS 'time of the request by the venue; NULL: not in the frame';

COMMENT ON TABLE swap_demand_events IS 'The same quote requests in the words of unrip';
COMMENT ON COLUMN swap_demand_events.day IS 'UTC date of ingested_at; decides on the partition';
COMMENT ON COLUMN swap_demand_events.event_id IS 'id of the record; a resend repeats it';
COMMENT ON COLUMN swap_demand_events.account_id IS 'account whose record it is';
COMMENT ON COLUMN swap_demand_events.observed_at IS 'when it happened, by its source';
COMMENT ON COLUMN swap_demand_events.ingested_at IS 'when the record was journalled';
COMMENT ON COLUMN swap_demand_events.written_at IS 'when the row was written';
COMMENT ON COLUMN swap_demand_events.envelope IS 'the whole record as the text that arrived';
COMMENT ON COLUMN swap_demand_events.kafka_partition IS 'partition of Kafka that it was read from';
COMMENT ON COLUMN swap_demand_events.kafka_offset IS 'offset in that partition';
COMMENT ON COLUMN swap_demand_events.quote_id IS 'id of the quote request';
COMMENT ON COLUMN swap_demand_events.pair IS 'BTC/EURe; NULL: another pair';
COMMENT ON COLUMN swap_demand_events.direction IS 'what is received -> what is paid, seen from us; NULL: another pair';
COMMENT ON COLUMN swap_demand_events.asset_in IS 'asset that we would receive';
COMMENT ON COLUMN swap_demand_events.asset_out IS 'asset that we would pay';
COMMENT ON COLUMN swap_demand_events.amount_in IS 'smallest units of asset_in; NULL: left open by the requester';
COMMENT ON COLUMN swap_demand_events.amount_out IS 'smallest units of asset_out; NULL: left open by the requester';
COMMENT ON COLUMN swap_demand_events.ttl_ms IS 'how long the answer must stay valid at least, milliseconds';
COMMENT ON COLUMN swap_demand_events.min_wait_ms IS 'shortest time that answers are collected, milliseconds';
COMMENT ON COLUMN swap_demand_events.max_wait_ms IS 'longest time that answers are collected, milliseconds';
COMMENT ON COLUMN swap_demand_events.partner_id IS 'partner of the venue that asks';
COMMENT ON COLUMN swap_demand_events.traceparent IS 'trace context of the request';
COMMENT ON COLUMN swap_demand_events.received_at IS 'when the frame arrived';

COMMENT ON TABLE market_price_events IS 'Market samples: what the price sources said at intervals, and the fair price made of it. A decision may have used a newer price';
COMMENT ON COLUMN market_price_events.day IS 'UTC date of ingested_at; decides on the partition';
COMMENT ON COLUMN market_price_events.event_id IS 'id of the record; a resend repeats it';
COMMENT ON COLUMN market_price_events.account_id IS 'account whose record it is';
COMMENT ON COLUMN market_price_events.observed_at IS 'when it happened, by its source';
COMMENT ON COLUMN market_price_events.ingested_at IS 'when the record was journalled';
COMMENT ON COLUMN market_price_events.written_at IS 'when the row was written';
COMMENT ON COLUMN market_price_events.envelope IS 'the whole record as the text that arrived';
COMMENT ON COLUMN market_price_events.kafka_partition IS 'partition of Kafka that it was read from';
COMMENT ON COLUMN market_price_events.kafka_offset IS 'offset in that partition';
COMMENT ON COLUMN market_price_events.price_id IS 'id of the sample';
COMMENT ON COLUMN market_price_events.pair IS 'BTC/EURe';
COMMENT ON COLUMN market_price_events.source IS 'source of the price: kraken, coingecko or none';
COMMENT ON COLUMN market_price_events.bid_rate IS 'EURe per BTC: hedge of a purchase of BTC';
COMMENT ON COLUMN market_price_events.ask_rate IS 'EURe per BTC: hedge of a sale of BTC';
COMMENT ON COLUMN market_price_events.fair_rate IS 'EURe per BTC: the middle of bid and ask';
COMMENT ON COLUMN market_price_events.freshness_ms IS 'age of the price, milliseconds';
COMMENT ON COLUMN market_price_events.divergence_pct IS 'distance of the two sources, percent';
COMMENT ON COLUMN market_price_events.tradable IS 'whether decisions may use it';
COMMENT ON COLUMN market_price_events.problem IS 'why it is not tradable';
COMMENT ON COLUMN market_price_events.kraken_bid IS 'EUR per BTC, before the basis';
COMMENT ON COLUMN market_price_events.kraken_ask IS 'EUR per BTC, before the basis';
COMMENT ON COLUMN market_price_events.kraken_age_ms IS 'milliseconds since Kraken was heard';
COMMENT ON COLUMN market_price_events.kraken_healthy IS 'whether Kraken gives a usable price';
COMMENT ON COLUMN market_price_events.coingecko_price IS 'EUR per BTC, before the basis';
COMMENT ON COLUMN market_price_events.coingecko_age_ms IS 'age of the price of CoinGecko, milliseconds';
COMMENT ON COLUMN market_price_events.coingecko_healthy IS 'whether CoinGecko gives a usable price';
COMMENT ON COLUMN market_price_events.basis_kind IS 'how EURe is valued in EUR: par or coingecko';
COMMENT ON COLUMN market_price_events.eur_per_eure IS 'EUR per EURe, the basis';

COMMENT ON TABLE intent_inventory_snapshots IS 'Inventory that the verifier credits to the account, at final blocks';
COMMENT ON COLUMN intent_inventory_snapshots.day IS 'UTC date of ingested_at; decides on the partition';
COMMENT ON COLUMN intent_inventory_snapshots.event_id IS 'id of the record; a resend repeats it';
COMMENT ON COLUMN intent_inventory_snapshots.account_id IS 'account whose record it is';
COMMENT ON COLUMN intent_inventory_snapshots.observed_at IS 'when it happened, by its source';
COMMENT ON COLUMN intent_inventory_snapshots.ingested_at IS 'when the record was journalled';
COMMENT ON COLUMN intent_inventory_snapshots.written_at IS 'when the row was written';
COMMENT ON COLUMN intent_inventory_snapshots.envelope IS 'the whole record as the text that arrived';
COMMENT ON COLUMN intent_inventory_snapshots.kafka_partition IS 'partition of Kafka that it was read from';
COMMENT ON COLUMN intent_inventory_snapshots.kafka_offset IS 'offset in that partition';
COMMENT ON COLUMN intent_inventory_snapshots.inventory_id IS 'id of the snapshot';
COMMENT ON COLUMN intent_inventory_snapshots.block_height IS 'final block at which it was read';
COMMENT ON COLUMN intent_inventory_snapshots.block_hash IS 'hash of that block';
COMMENT ON COLUMN intent_inventory_snapshots.block_time IS 'time of that block';
COMMENT ON COLUMN intent_inventory_snapshots.last_sync_at IS 'when it was read';
COMMENT ON COLUMN intent_inventory_snapshots.sync_duration_ms IS 'how long the read took, milliseconds';
COMMENT ON COLUMN intent_inventory_snapshots.salt IS 'salt of the verifier for nonces';
COMMENT ON COLUMN intent_inventory_snapshots.fee_pips IS 'protocol fee in pips; NULL: not known';
COMMENT ON COLUMN intent_inventory_snapshots.open_nonces IS 'nonces under which quotes can still settle';
COMMENT ON COLUMN intent_inventory_snapshots.open_quotes IS 'quotes that can still settle';
COMMENT ON COLUMN intent_inventory_snapshots.reconciliation_status IS 'whether balances and records agree: ok, breach or unknown';
COMMENT ON COLUMN intent_inventory_snapshots.reconciliation_note IS 'what does not agree';
COMMENT ON COLUMN intent_inventory_snapshots.assets IS 'amounts in smallest units as text, by asset id; the view inventory_by_asset has them as columns';

COMMENT ON TABLE trade_decisions IS 'Decisions on quote requests, with the values that each was made on';
COMMENT ON COLUMN trade_decisions.day IS 'UTC date of ingested_at; decides on the partition';
COMMENT ON COLUMN trade_decisions.event_id IS 'id of the record; a resend repeats it';
COMMENT ON COLUMN trade_decisions.account_id IS 'account whose record it is';
COMMENT ON COLUMN trade_decisions.observed_at IS 'when it happened, by its source';
COMMENT ON COLUMN trade_decisions.ingested_at IS 'when the record was journalled';
COMMENT ON COLUMN trade_decisions.written_at IS 'when the row was written';
COMMENT ON COLUMN trade_decisions.envelope IS 'the whole record as the text that arrived';
COMMENT ON COLUMN trade_decisions.kafka_partition IS 'partition of Kafka that it was read from';
COMMENT ON COLUMN trade_decisions.kafka_offset IS 'offset in that partition';
COMMENT ON COLUMN trade_decisions.decision_id IS 'id of the decision';
COMMENT ON COLUMN trade_decisions.quote_id IS 'id of the quote request';
COMMENT ON COLUMN trade_decisions.pair IS 'BTC/EURe; NULL: another pair';
COMMENT ON COLUMN trade_decisions.direction IS 'what is received -> what is paid, seen from us';
COMMENT ON COLUMN trade_decisions.request_kind IS 'which amounts the request fixed: exact_in, exact_out or both_fixed';
COMMENT ON COLUMN trade_decisions.asset_in IS 'asset that we would receive';
COMMENT ON COLUMN trade_decisions.asset_out IS 'asset that we would pay';
COMMENT ON COLUMN trade_decisions.amount_in IS 'smallest units of asset_in as they would be signed';
COMMENT ON COLUMN trade_decisions.amount_out IS 'smallest units of asset_out as they would be signed';
COMMENT ON COLUMN trade_decisions.implied_rate IS 'EURe per BTC of the two amounts';
COMMENT ON COLUMN trade_decisions.reference_rate IS 'EURe per BTC at which a hedge would be made';
COMMENT ON COLUMN trade_decisions.gross_edge_pct IS '100 * (1 - value paid / value received), percent, rounded down';
COMMENT ON COLUMN trade_decisions.notional_eur IS 'value in EUR that the notional limit was held against';
COMMENT ON COLUMN trade_decisions.decision IS 'accepted or rejected';
COMMENT ON COLUMN trade_decisions.decision_reason IS 'code of the reason';
COMMENT ON COLUMN trade_decisions.detail IS 'the reason with its numbers, as a sentence';
COMMENT ON COLUMN trade_decisions.strategy_armed IS 'whether the strategy was armed';
COMMENT ON COLUMN trade_decisions.decided_at IS 'when it was decided';
COMMENT ON COLUMN trade_decisions.decide_us IS 'from the arrival of the frame to the decision, microseconds';
COMMENT ON COLUMN trade_decisions.price_freshness_ms IS 'age of the price that was used, milliseconds';
COMMENT ON COLUMN trade_decisions.price_id IS 'last market sample recorded before; the price that was used is in bid_rate and ask_rate';
COMMENT ON COLUMN trade_decisions.price_source IS 'source of the price that was used';
COMMENT ON COLUMN trade_decisions.bid_rate IS 'EURe per BTC that was used';
COMMENT ON COLUMN trade_decisions.ask_rate IS 'EURe per BTC that was used';
COMMENT ON COLUMN trade_decisions.inventory_id IS 'inventory snapshot that was used';
COMMENT ON COLUMN trade_decisions.inventory_block IS 'block of the inventory that was used';
COMMENT ON COLUMN trade_decisions.inventory_age_ms IS 'age of the inventory that was used, milliseconds';
COMMENT ON COLUMN trade_decisions.credited_out IS 'smallest units of asset_out credited by the verifier';
COMMENT ON COLUMN trade_decisions.spendable_out IS 'smallest units of asset_out that could be promised';
COMMENT ON COLUMN trade_decisions.price_snapshot IS 'the price that was used, whole';
COMMENT ON COLUMN trade_decisions.inventory_snapshot IS 'the inventory that was used, whole; its realized_pnl is the change of the balance by settlements, not a profit';
COMMENT ON COLUMN trade_decisions.limits IS 'the limits that it was held against';

COMMENT ON TABLE execute_trade_commands IS 'Commands to answer, one for each accepted decision';
COMMENT ON COLUMN execute_trade_commands.day IS 'UTC date of ingested_at; decides on the partition';
COMMENT ON COLUMN execute_trade_commands.event_id IS 'id of the record; a resend repeats it';
COMMENT ON COLUMN execute_trade_commands.account_id IS 'account whose record it is';
COMMENT ON COLUMN execute_trade_commands.observed_at IS 'when it happened, by its source';
COMMENT ON COLUMN execute_trade_commands.ingested_at IS 'when the record was journalled';
COMMENT ON COLUMN execute_trade_commands.written_at IS 'when the row was written';
COMMENT ON COLUMN execute_trade_commands.envelope IS 'the whole record as the text that arrived';
COMMENT ON COLUMN execute_trade_commands.kafka_partition IS 'partition of Kafka that it was read from';
COMMENT ON COLUMN execute_trade_commands.kafka_offset IS 'offset in that partition';
COMMENT ON COLUMN execute_trade_commands.command_id IS 'id of the command';
COMMENT ON COLUMN execute_trade_commands.idempotency_key IS 'the same for every command on this quote';
COMMENT ON COLUMN execute_trade_commands.execution_key IS 'venue and direction';
COMMENT ON COLUMN execute_trade_commands.quote_id IS 'id of the quote request';
COMMENT ON COLUMN execute_trade_commands.decision_id IS 'decision that it follows';
COMMENT ON COLUMN execute_trade_commands.asset_in IS 'asset that we receive';
COMMENT ON COLUMN execute_trade_commands.asset_out IS 'asset that we pay';
COMMENT ON COLUMN execute_trade_commands.amount_in IS 'smallest units of asset_in to be signed';
COMMENT ON COLUMN execute_trade_commands.amount_out IS 'smallest units of asset_out to be signed';
COMMENT ON COLUMN execute_trade_commands.min_deadline_ms IS 'how long the answer must stay valid at least, milliseconds';
COMMENT ON COLUMN execute_trade_commands.reason IS 'the decision in one sentence';
COMMENT ON COLUMN execute_trade_commands.issued_at IS 'when it was given';

COMMENT ON TABLE trade_execution_results IS 'Transitions of attempts to answer a quote; transition_seq counts them from 1';
COMMENT ON COLUMN trade_execution_results.day IS 'UTC date of ingested_at; decides on the partition';
COMMENT ON COLUMN trade_execution_results.event_id IS 'id of the record; a resend repeats it';
COMMENT ON COLUMN trade_execution_results.account_id IS 'account whose record it is';
COMMENT ON COLUMN trade_execution_results.observed_at IS 'when it happened, by its source';
COMMENT ON COLUMN trade_execution_results.ingested_at IS 'when the record was journalled';
COMMENT ON COLUMN trade_execution_results.written_at IS 'when the row was written';
COMMENT ON COLUMN trade_execution_results.envelope IS 'the whole record as the text that arrived';
COMMENT ON COLUMN trade_execution_results.kafka_partition IS 'partition of Kafka that it was read from';
COMMENT ON COLUMN trade_execution_results.kafka_offset IS 'offset in that partition';
COMMENT ON COLUMN trade_execution_results.command_id IS 'command that is carried out';
COMMENT ON COLUMN trade_execution_results.idempotency_key IS 'of the command';
COMMENT ON COLUMN trade_execution_results.execution_key IS 'of the command';
COMMENT ON COLUMN trade_execution_results.quote_id IS 'id of the quote request';
COMMENT ON COLUMN trade_execution_results.decision_id IS 'decision behind the command';
COMMENT ON COLUMN trade_execution_results.execution_id IS 'id of the attempt';
COMMENT ON COLUMN trade_execution_results.transition_seq IS 'number of the transition, from 1';
COMMENT ON COLUMN trade_execution_results.previous_status IS 'status before';
COMMENT ON COLUMN trade_execution_results.status IS 'status after';
COMMENT ON COLUMN trade_execution_results.result_code IS 'code of what led to it';
COMMENT ON COLUMN trade_execution_results.note IS 'what there is to say about it';
COMMENT ON COLUMN trade_execution_results.recovered IS 'whether it was found after a restart';
COMMENT ON COLUMN trade_execution_results.asset_in IS 'asset that we receive';
COMMENT ON COLUMN trade_execution_results.asset_out IS 'asset that we pay';
COMMENT ON COLUMN trade_execution_results.amount_in IS 'smallest units of asset_in that were signed';
COMMENT ON COLUMN trade_execution_results.amount_out IS 'smallest units of asset_out that were signed';
COMMENT ON COLUMN trade_execution_results.quote_hash IS 'hash of the signed intent';
COMMENT ON COLUMN trade_execution_results.lane IS 'nonce lane that it was signed in';
COMMENT ON COLUMN trade_execution_results.nonce IS 'nonce that it was signed under; at most one quote under it settles';
COMMENT ON COLUMN trade_execution_results.deadline IS 'until when the signed intent is valid';
COMMENT ON COLUMN trade_execution_results.at IS 'when the transition happened';
COMMENT ON COLUMN trade_execution_results.since_received_us IS 'from the arrival of the request, microseconds';
COMMENT ON COLUMN trade_execution_results.reply_after_ms IS 'milliseconds until the venue replied';
COMMENT ON COLUMN trade_execution_results.tx_hash IS 'transaction that settled it; NULL: not named';
COMMENT ON COLUMN trade_execution_results.settlement_block IS 'block at which the settlement was seen';
COMMENT ON COLUMN trade_execution_results.settlement IS 'block, transaction and change of balances of the settlement';

COMMENT ON TABLE control_actions IS 'Changes by operators, refused ones too';
COMMENT ON COLUMN control_actions.day IS 'UTC date of ingested_at; decides on the partition';
COMMENT ON COLUMN control_actions.event_id IS 'id of the record; a resend repeats it';
COMMENT ON COLUMN control_actions.account_id IS 'account whose record it is';
COMMENT ON COLUMN control_actions.observed_at IS 'when it happened, by its source';
COMMENT ON COLUMN control_actions.ingested_at IS 'when the record was journalled';
COMMENT ON COLUMN control_actions.written_at IS 'when the row was written';
COMMENT ON COLUMN control_actions.envelope IS 'the whole record as the text that arrived';
COMMENT ON COLUMN control_actions.kafka_partition IS 'partition of Kafka that it was read from';
COMMENT ON COLUMN control_actions.kafka_offset IS 'offset in that partition';
COMMENT ON COLUMN control_actions.action_id IS 'id of the action';
COMMENT ON COLUMN control_actions.service IS 'process that was asked';
COMMENT ON COLUMN control_actions.part IS 'part of the process';
COMMENT ON COLUMN control_actions.action IS 'what was asked for';
COMMENT ON COLUMN control_actions.actor IS 'name of the token that was used';
COMMENT ON COLUMN control_actions.remote IS 'address that it came from';
COMMENT ON COLUMN control_actions.from_value IS 'value before';
COMMENT ON COLUMN control_actions.to_value IS 'value after';
COMMENT ON COLUMN control_actions.outcome IS 'done or refused';
COMMENT ON COLUMN control_actions.http_status IS 'status of the reply';
COMMENT ON COLUMN control_actions.note IS 'what there is to say about it';
COMMENT ON COLUMN control_actions.at IS 'when it happened';

COMMENT ON TABLE service_health_events IS 'Health of each process, at each change and at intervals; the last of a process that ended has the note stopped';
COMMENT ON COLUMN service_health_events.day IS 'UTC date of ingested_at; decides on the partition';
COMMENT ON COLUMN service_health_events.event_id IS 'id of the record; a resend repeats it';
COMMENT ON COLUMN service_health_events.account_id IS 'account whose record it is';
COMMENT ON COLUMN service_health_events.observed_at IS 'when it happened, by its source';
COMMENT ON COLUMN service_health_events.ingested_at IS 'when the record was journalled';
COMMENT ON COLUMN service_health_events.written_at IS 'when the row was written';
COMMENT ON COLUMN service_health_events.envelope IS 'the whole record as the text that arrived';
COMMENT ON COLUMN service_health_events.kafka_partition IS 'partition of Kafka that it was read from';
COMMENT ON COLUMN service_health_events.kafka_offset IS 'offset in that partition';
COMMENT ON COLUMN service_health_events.service IS 'name of the process';
COMMENT ON COLUMN service_health_events.instance_id IS 'this run of the process';
COMMENT ON COLUMN service_health_events.healthy IS 'whether it can do its job';
COMMENT ON COLUMN service_health_events.reasons IS 'codes of what keeps it from that';
COMMENT ON COLUMN service_health_events.notes IS 'healthy, but worth saying';
COMMENT ON COLUMN service_health_events.since IS 'since when the answer is this one';
COMMENT ON COLUMN service_health_events.started_at IS 'when the process started';
COMMENT ON COLUMN service_health_events.at IS 'when it was judged';
COMMENT ON COLUMN service_health_events.version IS 'version of the program';
COMMENT ON COLUMN service_health_events.writing IS 'history-writer only: rows are being written';
COMMENT ON COLUMN service_health_events.lag_ms IS 'history-writer only: age of the oldest record that is not written, milliseconds';

COMMENT ON TABLE dead_letters IS 'Messages that could not be taken, and why';
COMMENT ON COLUMN dead_letters.day IS 'UTC date of ingested_at; decides on the partition';
COMMENT ON COLUMN dead_letters.event_id IS 'id of the record; a resend repeats it';
COMMENT ON COLUMN dead_letters.account_id IS 'account whose record it is';
COMMENT ON COLUMN dead_letters.observed_at IS 'when it happened, by its source';
COMMENT ON COLUMN dead_letters.ingested_at IS 'when the record was journalled';
COMMENT ON COLUMN dead_letters.written_at IS 'when the row was written';
COMMENT ON COLUMN dead_letters.envelope IS 'the whole record as the text that arrived';
COMMENT ON COLUMN dead_letters.kafka_partition IS 'partition of Kafka that it was read from';
COMMENT ON COLUMN dead_letters.kafka_offset IS 'offset in that partition';
COMMENT ON COLUMN dead_letters.service IS 'process that could not take it';
COMMENT ON COLUMN dead_letters.origin IS 'topic that it came from, or relay for a frame';
COMMENT ON COLUMN dead_letters.origin_partition IS 'partition of the origin';
COMMENT ON COLUMN dead_letters.origin_offset IS 'offset in the partition of the origin';
COMMENT ON COLUMN dead_letters.origin_key IS 'key of the message, cut';
COMMENT ON COLUMN dead_letters.reason IS 'code of the reason';
COMMENT ON COLUMN dead_letters.detail IS 'the reason as a sentence';
COMMENT ON COLUMN dead_letters.value IS 'the message as text, cut';
COMMENT ON COLUMN dead_letters.value_bytes IS 'length of the whole message';
COMMENT ON COLUMN dead_letters.at IS 'when it was given up';

COMMENT ON TABLE consumer_offsets IS 'Where each partition of Kafka is to be read on, and which member owns it';
COMMENT ON COLUMN consumer_offsets.consumer_group IS 'Kafka consumer group';
COMMENT ON COLUMN consumer_offsets.topic IS 'topic of Kafka';
COMMENT ON COLUMN consumer_offsets.kafka_partition IS 'partition of the topic';
COMMENT ON COLUMN consumer_offsets.next_offset IS 'offset of the next record to be written';
COMMENT ON COLUMN consumer_offsets.owner IS 'instance that alone may write';
COMMENT ON COLUMN consumer_offsets.owned_since IS 'since when it owns the partition';
COMMENT ON COLUMN consumer_offsets.updated_at IS 'when next_offset moved last';

COMMENT ON TABLE schema_migrations IS 'Migrations that were applied';
COMMENT ON COLUMN schema_migrations.version IS 'number of the file';
COMMENT ON COLUMN schema_migrations.name IS 'name of the file';
COMMENT ON COLUMN schema_migrations.sha256 IS 'checksum of the file';
COMMENT ON COLUMN schema_migrations.applied_at IS 'when it was applied';

COMMENT ON TABLE assets IS 'Assets that are known, to read amounts in smallest units';
COMMENT ON COLUMN assets.id IS 'asset id in the verifier';
COMMENT ON COLUMN assets.symbol IS 'how people call it';
COMMENT ON COLUMN assets.decimals IS 'smallest units of one token: 10 to this power';
