// The published form of the contracts, made from the one declaration of each: JSON Schema files a topic, one AsyncAPI 3
// document, the table of configuration, the access lists of Kafka. Pure: file names and texts, for `ops/contracts/generate.ts` to write.

import { MIGRATE_VARIABLES, TRACE_VARIABLES } from './config/database.ts';
import { DOCTOR_VARIABLES } from './config/doctor.ts';
import { ENGINE_VARIABLES } from './config/engine.ts';
import { HISTORY_WRITER_VARIABLES } from './config/history-writer.ts';
import { LIQUIDITY_MANAGER_VARIABLES } from './config/liquidity-manager.ts';
import { OPS_SENTINEL_VARIABLES } from './config/ops-sentinel.ts';
import { fileNamesOf, type Variables } from './config/variable.ts';
import { WITHDRAW_SEND_VARIABLES } from './config/withdraw.ts';
import { accessScript } from './topics/access.ts';
import { TOPICS, type Topic } from './topics/registry.ts';

/** Paths below contracts/generated, and their whole texts. */
export type Generated = ReadonlyMap<string, string>;

type Json = Readonly<Record<string, unknown>>;

export function renderContracts(version: string): Generated {
  const files = new Map<string, string>();
  for (const topic of TOPICS) files.set(schemaPath(topic.name, topic.schemaVersion), text(schemaOf(topic)));
  files.set('asyncapi.json', text(asyncApiOf(version)));
  files.set('environment.md', environmentTable());
  files.set('kafka-acls.sh', accessScript());
  return files;
}

export const schemaPath = (topic: string, version: number): string => `schemas/${topic}.v${version}.json`;

const text = (value: Json): string => `${JSON.stringify(value, null, 2)}\n`;

/** TypeBox schemas are JSON Schema with symbols added; plain JSON has no symbols. */
const plain = (schema: unknown): Json => JSON.parse(JSON.stringify(schema));

/** The whole record: envelope around the payload. */
function schemaOf(topic: Topic): Json {
  const { $id: _internal, ...schema } = plain(topic.schema);
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: `urn:unrip:${topic.name}:v${topic.schemaVersion}`,
    title: `${topic.name} v${topic.schemaVersion}`,
    description: topic.description,
    ...schema,
  };
}

function asyncApiOf(version: string): Json {
  const channels: Record<string, Json> = {};
  const operations: Record<string, Json> = {};
  const messages: Record<string, Json> = {};
  for (const topic of TOPICS) {
    const id = idOf(topic.name);
    const { $id: _internal, ...payload } = plain(topic.schema);
    channels[id] = {
      address: topic.name,
      description: topic.description,
      messages: { [topic.eventType]: { $ref: `#/components/messages/${topic.eventType}` } },
      bindings: {
        kafka: {
          topic: topic.name,
          partitions: topic.partitions,
          topicConfiguration: { 'cleanup.policy': ['delete'], 'retention.ms': topic.retentionMs },
          bindingVersion: '0.5.0',
        },
      },
    };
    messages[topic.eventType] = {
      name: topic.eventType,
      title: `${topic.name} v${topic.schemaVersion}`,
      summary: topic.description,
      contentType: 'application/json',
      payload,
      bindings: {
        kafka: { key: { type: 'string', description: `record key: ${topic.key}` }, bindingVersion: '0.5.0' },
      },
    };
    const uses = {
      channel: { $ref: `#/channels/${id}` },
      messages: [{ $ref: `#/channels/${id}/messages/${topic.eventType}` }],
    };
    operations[`send_${id}`] = { action: 'send', summary: `Publishes: ${topic.description}`, ...uses };
    operations[`receive_${id}`] = { action: 'receive', summary: `Reads and stores: ${topic.description}`, ...uses };
  }
  return {
    asyncapi: '3.1.0',
    info: {
      title: 'unrip',
      version,
      description:
        'Records of a market maker for BTC against EURe on NEAR Intents. Amounts are decimal numbers as text.',
      license: { name: 'MIT' },
    },
    defaultContentType: 'application/json',
    channels,
    operations,
    components: { messages },
  };
}

const idOf = (topic: string): string => topic.replaceAll('.', '_');

/** A new process adds its variables here. */
export const PROCESSES: readonly { readonly name: string; readonly variables: Variables }[] = [
  { name: 'engine', variables: ENGINE_VARIABLES },
  { name: 'history-writer', variables: HISTORY_WRITER_VARIABLES },
  { name: 'liquidity-manager', variables: LIQUIDITY_MANAGER_VARIABLES },
  { name: 'ops-sentinel', variables: OPS_SENTINEL_VARIABLES },
  { name: 'migrate', variables: MIGRATE_VARIABLES },
  { name: 'retention', variables: MIGRATE_VARIABLES },
  { name: 'trace', variables: TRACE_VARIABLES },
  { name: 'withdraw', variables: WITHDRAW_SEND_VARIABLES },
  { name: 'doctor, in addition to those of the engine', variables: DOCTOR_VARIABLES },
];

function environmentTable(): string {
  const lines = [
    '# Configuration',
    '',
    'Generated from `contracts/config` by `ops/contracts/generate.ts`. A value is taken from the environment, else from `.env` in',
    'the working directory, else the default is used. An empty value counts as not set. A `.env` that others can write is refused;',
    'one that contains a secret needs mode 600.',
    '',
    'Each secret can also be in a file that another variable names; white space around it is removed. The file must belong to this',
    'user and be closed to all others, or belong to root and be closed to all but its group, as with `LoadCredential=` of systemd',
    'and secret volumes of Kubernetes with `defaultMode: 0440` and `fsGroup`. A secret that is set in both ways is refused.',
  ];
  for (const { name, variables } of PROCESSES) {
    lines.push('', `## ${name}`, '', '| variable | default | shape | meaning |', '|---|---|---|---|');
    for (const variable of Object.values(variables)) {
      const { name: own, alias, fallback, shape, help } = variable;
      const names = alias === undefined ? `\`${own}\`` : `\`${own}\` (also \`${alias}\`)`;
      const files = fileNamesOf(variable).map((file) => `\`${file}\``);
      const secret = files.length === 0 ? '' : `; secret, also as ${files.join(' or ')}`;
      const given = fallback === null ? 'required' : fallback === '' ? 'not set' : `\`${cell(fallback)}\``;
      lines.push(`| ${names} | ${given} | ${cell(shape)} | ${cell(help)}${secret} |`);
    }
  }
  return `${lines.join('\n')}\n`;
}

const cell = (value: string): string => value.replaceAll('|', '\\|');
