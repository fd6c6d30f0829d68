#!/bin/sh
# Gives the rights of contracts/topics/access.ts to the users of a Kafka with an authorizer; made by ops/contracts/generate.ts.
#   BOOTSTRAP=host:9092 ADMIN_CONFIG=admin.properties sh contracts/generated/kafka-acls.sh
# KAFKA_ACLS names the tool (kafka-acls.sh). USER_ENGINE, USER_HISTORY_WRITER and their like name other principals, such as
# the subject of a certificate. Clients name theirs in KAFKA_CONFIG_JSON.
set -eu
allow() {
  user=$1
  shift
  "${KAFKA_ACLS:-kafka-acls.sh}" --bootstrap-server "$BOOTSTRAP" --command-config "$ADMIN_CONFIG" --add --allow-principal "User:$user" "$@"
}

allow "${USER_ENGINE:-unrip-engine}" --operation Write \
  --topic raw.near_intents.quote \
  --topic norm.swap_demand \
  --topic ref.market_price \
  --topic state.intent_inventory \
  --topic decision.trade_decision \
  --topic cmd.execute_trade \
  --topic exec.trade_result \
  --topic ops.control_action \
  --topic ops.service_health \
  --topic dlq.unrip
allow "${USER_ENGINE:-unrip-engine}" --operation Read \
  --topic ops.service_health \
  --topic ops.liquidity_action \
  --topic ops.funding_observation \
  --topic ops.reconciliation
allow "${USER_ENGINE:-unrip-engine}" --operation Describe --group unrip-engine-ops-reader

allow "${USER_HISTORY_WRITER:-unrip-history-writer}" --operation Write \
  --topic ops.control_action \
  --topic ops.service_health \
  --topic dlq.unrip
allow "${USER_HISTORY_WRITER:-unrip-history-writer}" --operation Read \
  --topic raw.near_intents.quote \
  --topic norm.swap_demand \
  --topic ref.market_price \
  --topic state.intent_inventory \
  --topic decision.trade_decision \
  --topic cmd.execute_trade \
  --topic exec.trade_result \
  --topic ops.control_action \
  --topic ops.service_health \
  --topic ops.liquidity_action \
  --topic ops.funding_observation \
  --topic ops.alert \
  --topic ops.reconciliation \
  --topic dlq.unrip
allow "${USER_HISTORY_WRITER:-unrip-history-writer}" --operation Read --group "${HISTORY_CONSUMER_GROUP:-unrip-history-writer}"

allow "${USER_LIQUIDITY_MANAGER:-unrip-liquidity-manager}" --operation Write \
  --topic ops.liquidity_action \
  --topic ops.funding_observation \
  --topic ops.control_action \
  --topic ops.service_health \
  --topic dlq.unrip

allow "${USER_OPS_SENTINEL:-unrip-ops-sentinel}" --operation Write \
  --topic ops.alert \
  --topic ops.control_action \
  --topic ops.service_health \
  --topic dlq.unrip
allow "${USER_OPS_SENTINEL:-unrip-ops-sentinel}" --operation Read \
  --topic ref.market_price \
  --topic state.intent_inventory \
  --topic exec.trade_result \
  --topic ops.control_action \
  --topic ops.service_health \
  --topic ops.liquidity_action \
  --topic ops.funding_observation \
  --topic ops.alert \
  --topic ops.reconciliation \
  --topic dlq.unrip
allow "${USER_OPS_SENTINEL:-unrip-ops-sentinel}" --operation Describe --group unrip-ops-sentinel-reader

allow "${USER_RECONCILER:-unrip-reconciler}" --operation Write \
  --topic ops.reconciliation \
  --topic ops.control_action \
  --topic ops.service_health \
  --topic dlq.unrip
allow "${USER_RECONCILER:-unrip-reconciler}" --operation Read \
  --topic ops.reconciliation
allow "${USER_RECONCILER:-unrip-reconciler}" --operation Describe --group unrip-reconciler-reader

allow "${USER_TOPICS:-unrip-topics}" --operation Create --operation Describe --operation DescribeConfigs \
  --topic raw.near_intents.quote \
  --topic norm.swap_demand \
  --topic ref.market_price \
  --topic state.intent_inventory \
  --topic decision.trade_decision \
  --topic cmd.execute_trade \
  --topic exec.trade_result \
  --topic ops.control_action \
  --topic ops.service_health \
  --topic ops.liquidity_action \
  --topic ops.funding_observation \
  --topic ops.alert \
  --topic ops.reconciliation \
  --topic dlq.unrip
