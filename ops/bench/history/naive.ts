// The writer that history-writer is held against, as a program of its own: reads the same topics, and writes each record with an
// INSERT of its own into the same columns, one after the other, each in a transaction. It keeps no offsets and checks nothing.
// Argument: a file with its plan as JSON. Prints `begun` at the first record and `done` at the last.

import { Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { openReader } from '../../../contracts/runtime/kafka/consumer/reader.ts';
import { openDatabase } from '../../../contracts/runtime/postgres/database.ts';
import { TABLES, type Table } from '../../../sidecars/history-writer/postgres/tables.ts';

const CONNECT_LIMIT_MS = 60_000;
const RECORDS_A_POLL = 500;

const Plan = Type.Object({
  brokers: Type.String(),
  databaseUrl: Type.String(),
  /** Of the backlog; what others write meanwhile, history-writer among them, is passed over. */
  accountId: Type.String(),
  /** How many it writes. */
  records: Type.Integer({ minimum: 1 }),
  /** Where each partition begins: topic and partition with a space between, and the offset. */
  from: Type.Array(Type.Tuple([Type.String(), Type.String()])),
});

const plan = Value.Parse(Plan, await Bun.file(process.argv[2] ?? '').json());
const from = new Map(plan.from.map(([partition, offset]) => [partition, BigInt(offset)]));

type Json = Readonly<Record<string, unknown>>;

const HEAD = ['day', 'event_id', 'account_id', 'observed_at', 'ingested_at'] as const;
const TAIL = ['envelope', 'kafka_partition', 'kafka_offset'] as const;
const HEAD_TYPES = ['date', 'text', 'text', 'timestamptz', 'timestamptz'] as const;
const TAIL_TYPES = ['text', 'integer', 'bigint'] as const;

function statementOf(table: Table): string {
  const names = [...HEAD, ...table.columns.map(({ name }) => name), ...TAIL];
  const types = [...HEAD_TYPES, ...table.columns.map(({ type }) => type), ...TAIL_TYPES];
  const values = types.map((type, index) => `$${index + 1}::text::${type}`);
  return `insert into ${table.name} (${names.join(', ')}) values (${values.join(', ')}) on conflict do nothing`;
}

function cell(payload: unknown, path: readonly string[]): string | null {
  let value: unknown = payload;
  for (const step of path) value = (value as Json | null | undefined)?.[step];
  if (value === null || value === undefined) return null;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

const tables = new Map<string, Table & { readonly statement: string }>(
  Object.entries(TABLES).map(([topic, table]) => [topic, { ...table, statement: statementOf(table) }]),
);
const sql = openDatabase(plan.databaseUrl, { name: 'unrip-bench', connections: 1, statementTimeoutMs: null });
const reader = openReader({
  brokers: plan.brokers,
  clientId: 'unrip-bench',
  topics: [...new Set([...from.keys()].map((partition) => partition.split(' ')[0] ?? ''))],
  startAt: ({ topic, partition }) => from.get(`${topic} ${partition}`) ?? 'latest',
  onTrouble: () => undefined,
});
await reader.connect(CONNECT_LIMIT_MS);
let written = 0;
while (written < plan.records) {
  for (const { topic, partition, offset, value } of await reader.poll(RECORDS_A_POLL)) {
    const table = tables.get(topic);
    if (table === undefined || value === null || written >= plan.records) continue;
    const text = new TextDecoder().decode(value);
    const envelope = JSON.parse(text) as Json;
    if (envelope['account_id'] !== plan.accountId) continue;
    if (written === 0) process.stdout.write('begun\n');
    const at = String(envelope['ingested_at']);
    const head = [at.slice(0, 10), ...HEAD.slice(1).map((name) => cell(envelope, [name]))];
    const columns = table.columns.map(({ path }) => cell(envelope['payload'], path));
    const tail = [text, String(partition), String(offset)];
    // A reader may give a record twice: what is there already is no write.
    const { count } = await sql.unsafe(table.statement, [...head, ...columns, ...tail], { prepare: true });
    written += count;
  }
}
process.stdout.write('done\n');
await sql.end({ timeout: 2 });
await reader.close();
