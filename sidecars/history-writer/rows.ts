// Envelope -> row, and rows -> one INSERT. Pure. A row is a list of texts in the order of the table's columns; PostgreSQL
// makes values of them by the casts of the statement, so that amounts never pass through a number. Each column travels as
// one array, so that the statement's text depends on the table alone (prepared once) and the limit of 65,535 parameters
// is far away whatever the number of rows.
//
// What text columns cannot hold is replaced in them: NUL by U+FFFD, halves of surrogate pairs likewise. The envelope's text
// is left as it arrived: in JSON that parsed, neither stands there but as an escape.

import type { Envelope } from '../../contracts/envelope.ts';
import type { Column, Table } from './tables.ts';

/** Texts in the order of `columnsOf(table)`; null is NULL. */
export type Row = readonly (string | null)[];

/** What is stored of where a record stood in Kafka. */
export type Position = { readonly partition: number; readonly offset: bigint };

const REPLACEMENT = '�';

const HEAD = [
  ['day', 'date'],
  ['event_id', 'text'],
  ['account_id', 'text'],
  ['observed_at', 'timestamptz'],
  ['ingested_at', 'timestamptz'],
] as const;
const TAIL = [
  ['envelope', 'text'],
  ['kafka_partition', 'integer'],
  ['kafka_offset', 'bigint'],
] as const;

/** Index of `event_id` in a row, and of `day`. */
export const DAY_CELL = 0;
export const EVENT_ID_CELL = 1;

/** Name and type of every column that the writer fills, in the order of a row. */
export function columnsOf(table: Table): readonly (readonly [name: string, type: string])[] {
  return [...HEAD, ...table.columns.map(({ name, type }) => [name, type] as const), ...TAIL];
}

/**
 * @param text the envelope as it arrived
 * @param day UTC day of its ingested_at, `2026-01-31`: the partition that the row belongs to
 */
export function rowOf(table: Table, envelope: Envelope, text: string, day: string, position: Position): Row {
  return [
    day,
    storable(envelope.event_id),
    storable(envelope.account_id),
    envelope.observed_at,
    envelope.ingested_at,
    ...table.columns.map((column) => cellOf(column, envelope.payload)),
    text,
    position.partition.toString(),
    position.offset.toString(),
  ];
}

function cellOf(column: Column, payload: unknown): string | null {
  let value: unknown = payload;
  for (const step of column.path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return null;
    value = Reflect.get(value, step);
  }
  if (value === undefined || value === null) return null;
  if (column.type === 'jsonb') return jsonOf(value);
  return storable(String(value));
}

function storable(text: string): string {
  return (text.includes('\0') ? text.replaceAll('\0', REPLACEMENT) : text).toWellFormed();
}

/** JSON that jsonb takes: it refuses the escapes of NUL and of half surrogate pairs. */
function jsonOf(value: unknown): string {
  const text = JSON.stringify(value);
  return /\\u(?:0000|d[89a-f])/i.test(text) ? JSON.stringify(storableDeep(value)) : text;
}

function storableDeep(value: unknown): unknown {
  if (typeof value === 'string') return storable(value);
  if (Array.isArray(value)) return value.map(storableDeep);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [storable(key), storableDeep(inner)]));
}

/** Takes one array of texts a column, as `columnArrays` makes them; what is there already is passed over. */
export function insertStatement(table: Table): string {
  const columns = columnsOf(table);
  const names = columns.map(([name]) => name).join(', ');
  const values = columns.map(([, type], index) => (type === 'text' ? `c${index}` : `c${index}::${type}`)).join(', ');
  const arrays = columns.map((_, index) => `$${index + 1}::text[]`).join(', ');
  const aliases = columns.map((_, index) => `c${index}`).join(', ');
  return `insert into ${table.name} (${names}) select ${values} from unnest(${arrays}) as r(${aliases}) on conflict do nothing`;
}

/** Which of these records (arrays of days and of event ids) are in the table: `event_id` of each. */
export function presentStatement(table: Table): string {
  return `select t.event_id from unnest($1::date[], $2::text[]) as r(day, event_id) join ${table.name} t on t.day = r.day and t.event_id = r.event_id`;
}

/** One PostgreSQL array literal a column. */
export function columnArrays(width: number, rows: readonly Row[]): string[] {
  return Array.from({ length: width }, (_, index) => arrayLiteral(rows.map((row) => row[index] ?? null)));
}

/** An array of text as PostgreSQL reads it. */
export function arrayLiteral(cells: readonly (string | null)[]): string {
  let literal = '';
  for (const cell of cells) literal += cell === null ? ',NULL' : `,"${escaped(cell)}"`;
  return `{${literal.slice(1)}}`;
}

/** Two passes with plain texts are a third quicker than one with a pattern; an envelope has a hundred quotes and more. */
function escaped(cell: string): string {
  const first = cell.includes('\\') ? cell.replaceAll('\\', '\\\\') : cell;
  return first.includes('"') ? first.replaceAll('"', '\\"') : first;
}
