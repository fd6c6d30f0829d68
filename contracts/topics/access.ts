// Who does what with which topic, for a Kafka that asks: one list, from which the commands for its access lists and the table
// of ops/OPERATIONS.md are made, and under which a test runs the processes. Whoever begins to write or read a topic adds it here.

import type { ServiceName } from './ops-control-action.ts';
import { TOPICS, type TopicName } from './registry.ts';

export type KafkaUser = {
  /** Of the command that runs as this user; `unrip-` and this is the name of the principal. */
  readonly command: ServiceName | 'topics';
  readonly writes: readonly TopicName[];
  readonly reads: readonly TopicName[];
  /** Joins the consumer group that this variable names. */
  readonly group: { readonly variable: string; readonly fallback: string } | null;
  /** Looks up the coordinator of this group and does nothing with it: what a client does that reads without a group. */
  readonly looksUp: string | null;
  /** Makes topics and compares their settings. */
  readonly creates: readonly TopicName[];
};

const ALL = TOPICS.map(({ name }) => name);

const OF_EVERY_PROCESS: readonly TopicName[] = ['ops.control_action', 'ops.service_health', 'dlq.unrip'];

/** Tens of records a second; no alert is about a single one. */
const OF_EVERY_QUOTE: readonly TopicName[] = [
  'raw.near_intents.quote',
  'norm.swap_demand',
  'decision.trade_decision',
  'cmd.execute_trade',
];

export const KAFKA_USERS: readonly KafkaUser[] = [
  {
    command: 'engine',
    writes: [
      'raw.near_intents.quote',
      'norm.swap_demand',
      'ref.market_price',
      'state.intent_inventory',
      'decision.trade_decision',
      'cmd.execute_trade',
      'exec.trade_result',
      ...OF_EVERY_PROCESS,
    ],
    reads: ['ops.service_health', 'ops.liquidity_action', 'ops.funding_observation', 'ops.reconciliation'],
    group: null,
    looksUp: 'unrip-engine-ops-reader',
    creates: [],
  },
  {
    command: 'history-writer',
    writes: OF_EVERY_PROCESS,
    reads: ALL,
    group: { variable: 'HISTORY_CONSUMER_GROUP', fallback: 'unrip-history-writer' },
    looksUp: null,
    creates: [],
  },
  {
    command: 'liquidity-manager',
    writes: ['ops.liquidity_action', 'ops.funding_observation', ...OF_EVERY_PROCESS],
    // After a restart it goes on from its own files and from the bridges.
    reads: [],
    group: null,
    looksUp: null,
    creates: [],
  },
  {
    command: 'ops-sentinel',
    writes: ['ops.alert', ...OF_EVERY_PROCESS],
    reads: ALL.filter((name) => !OF_EVERY_QUOTE.includes(name)),
    group: null,
    looksUp: 'unrip-ops-sentinel-reader',
    creates: [],
  },
  {
    command: 'reconciler',
    writes: ['ops.reconciliation', ...OF_EVERY_PROCESS],
    reads: ['ops.reconciliation'],
    group: null,
    looksUp: 'unrip-reconciler-reader',
    creates: [],
  },
  { command: 'topics', writes: [], reads: [], group: null, looksUp: null, creates: ALL },
];

/** For ops/OPERATIONS.md: a row for each topic and for each group. */
export function accessTable(): string {
  const who = (does: (user: KafkaUser) => boolean): string => KAFKA_USERS.filter(does).map(principalOf).join(', ');
  const rows = TOPICS.map(
    ({ name }) =>
      `| \`${name}\` | ${who(({ writes }) => writes.includes(name))} | ${who(({ reads }) => reads.includes(name))} | ${who(({ creates }) => creates.includes(name))} |`,
  );
  const groups = KAFKA_USERS.flatMap((user) => [
    ...(user.group === null
      ? []
      : [`| group \`${user.group.fallback}\` (\`${user.group.variable}\`) | | ${principalOf(user)} | |`]),
    ...(user.looksUp === null ? [] : [`| group \`${user.looksUp}\` | | | ${principalOf(user)}, \`Describe\` alone |`]),
  ]);
  const head = ['| topic | `Write` | `Read` | `Create`, `Describe`, `DescribeConfigs` |', '|---|---|---|---|'];
  return [...head, ...rows, ...groups].join('\n');
}

const principalOf = ({ command }: KafkaUser): string => `\`unrip-${command}\``;

/** A shell script that gives the rights with Kafka's own tool. */
export function accessScript(): string {
  return `${[
    '#!/bin/sh',
    '# Gives the rights of contracts/topics/access.ts to the users of a Kafka with an authorizer; made by ops/contracts/generate.ts.',
    '#   BOOTSTRAP=host:9092 ADMIN_CONFIG=admin.properties sh contracts/generated/kafka-acls.sh',
    '# KAFKA_ACLS names the tool (kafka-acls.sh). USER_ENGINE, USER_HISTORY_WRITER and their like name other principals, such as',
    '# the subject of a certificate. Clients name theirs in KAFKA_CONFIG_JSON.',
    'set -eu',
    'allow() {',
    '  user=$1',
    '  shift',
    `  "\${KAFKA_ACLS:-kafka-acls.sh}" --bootstrap-server "$BOOTSTRAP" --command-config "$ADMIN_CONFIG" --add --allow-principal "User:$user" "$@"`,
    '}',
    ...KAFKA_USERS.flatMap(commandsOf),
  ].join('\n')}\n`;
}

function commandsOf(user: KafkaUser): readonly string[] {
  const { command, writes, reads, group, looksUp, creates } = user;
  const name = `"\${USER_${command.toUpperCase().replaceAll('-', '_')}:-unrip-${command}}"`;
  const allow = (operations: readonly string[], topics: readonly TopicName[]): readonly string[] =>
    topics.length === 0
      ? []
      : [
          `allow ${name} ${operations.map((operation) => `--operation ${operation}`).join(' ')} \\`,
          ...topics.map((topic, index) => `  --topic ${topic}${index === topics.length - 1 ? '' : ' \\'}`),
        ];
  return [
    '',
    ...allow(['Write'], writes),
    ...allow(['Read'], reads),
    ...allow(['Create', 'Describe', 'DescribeConfigs'], creates),
    ...(looksUp === null ? [] : [`allow ${name} --operation Describe --group ${looksUp}`]),
    ...(group === null ? [] : [`allow ${name} --operation Read --group "\${${group.variable}:-${group.fallback}}"`]),
  ];
}
