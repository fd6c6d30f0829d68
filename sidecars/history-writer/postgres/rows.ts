// Envelope -> row, and rows -> one INSERT. Pure. A row is a list of texts in the order of the table's columns; PostgreSQL makes
// values of them by the types of the columns, so that amounts never pass through a number. An INSERT passes over a row that is there
// already, at which a COPY (copy-row.ts), the way of nearly all rows, fails as a whole. Each column travels as one array, so that
// the statement's text depends on the table alone (prepared once) and the limit of 65,535 parameters is far away whatever the
// number of rows.
//
// What text columns cannot hold is replaced in them: NUL by U+FFFD, halves of surrogate pairs likewise. The envelope's text
// is left as it arrived: in JSON that parsed, both occur as escapes only.

import type { Envelope } from '../../../contracts/envelope.ts';
import { parseIsoTime } from '../../../contracts/time.ts';
import type { Column, ColumnType, Table } from './tables.ts';

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

/** Index of `day` in a row, and of `event_id`. */
export const DAY_CELL = 0;
export const EVENT_ID_CELL = 1;

/** Name and type of every column that the writer fills, in the order of a row. */
export function columnsOf(table: Table): readonly (readonly [name: string, type: string])[] {
  return [...HEAD, ...table.columns.map(({ name, type }) => [name, type] as const), ...TAIL];
}

export type RowSource = {
  readonly envelope: Envelope;
  /** The envelope as it arrived. */
  readonly text: string;
  /** UTC day of its ingested_at, `2026-01-31`: the partition that the row belongs to. */
  readonly day: string;
};

export function rowOf(table: Table, { envelope, text, day }: RowSource, position: Position): Row {
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

/**
 * Why PostgreSQL would refuse this row; null when nothing of it is known to be wrong. To find such a record by trying costs two
 * transactions for each halving of its batch, and many of them would hold up the history of all others.
 */
export function problemOf(table: Table, envelope: Envelope, row: Row): string | null {
  // Two ids that differ only there would become one, and the second record would pass for a repeat of the first.
  if (row[EVENT_ID_CELL] !== envelope.event_id) return '/event_id: holds what no text column can';
  if (envelope.observed_at !== null && !fits('timestamptz', envelope.observed_at)) {
    return `/observed_at: ${envelope.observed_at} is no time`;
  }
  if (!isIndexable(envelope.account_id)) return '/account_id: is too long for an index';
  for (const [index, { name, type, path }] of table.columns.entries()) {
    const cell = row[HEAD.length + index] ?? null;
    if (cell !== null && INDEXED_TEXTS.has(name) && !isIndexable(cell)) {
      return `/payload/${path.join('/')}: is too long for the index of ${name}`;
    }
    if (cell !== null && !fits(type, cell))
      return `/payload/${path.join('/')}: does not fit the column ${name} (${type})`;
  }
  return null;
}

/** Text columns that an index or a unique key holds, in whichever table; `event_id` is bounded by its schema. */
export const INDEXED_TEXTS: ReadonlySet<string> = new Set([
  ...['account_id', 'quote_id', 'price_id', 'inventory_id', 'decision_id', 'command_id'],
  ...['decision_reason', 'status', 'nonce', 'quote_hash', 'tx_hash', 'service', 'reason'],
  ...['liquidity_action_id', 'funding_observation_id', 'funding_handle', 'alert_key', 'alert_code', 'finding_id'],
]);
/** An index entry takes 2,704 bytes, and holds two such texts at most. Our ids and the venue's are far shorter. */
export const INDEXED_BYTES_MAX = 1200;
/** A character takes three bytes at most: few texts have to be measured. */
const isIndexable = (text: string): boolean =>
  text.length * 3 <= INDEXED_BYTES_MAX || Buffer.byteLength(text) <= INDEXED_BYTES_MAX;
const BIGINT_MAX = 9_223_372_036_854_775_807n;
/** Digits of a numeric before the point, and behind it. */
const NUMERIC = /^-?[0-9]{1,131072}(?:\.[0-9]{1,16383})?$/;

function fits(type: ColumnType, cell: string): boolean {
  switch (type) {
    case 'bigint':
      return /^-?[0-9]{1,19}$/.test(cell) && BigInt(cell) <= BIGINT_MAX && BigInt(cell) >= -BIGINT_MAX - 1n;
    case 'numeric':
      return NUMERIC.test(cell);
    case 'timestamptz':
      // There is no year 0 in PostgreSQL.
      return parseIsoTime(cell) !== null && !cell.startsWith('0000');
    default:
      return true;
  }
}

/** What a payload has at a path; null or undefined: nothing. */
export function valueAt(payload: unknown, path: readonly string[]): unknown {
  let value: unknown = payload;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return null;
    value = Reflect.get(value, step);
  }
  return value;
}

function cellOf(column: Column, payload: unknown): string | null {
  const value = valueAt(payload, column.path);
  if (value === undefined || value === null) return null;
  // An object has no text of its own that could be relied on: what comes may even lack the means to give one.
  if (column.type === 'jsonb' || typeof value === 'object') return jsonOf(value);
  return storable(String(value));
}

function storable(text: string): string {
  return (text.includes('\0') ? text.replaceAll('\0', REPLACEMENT) : text).toWellFormed();
}

/** JSON that jsonb takes: it refuses the escapes of NUL and of half surrogate pairs. */
export function jsonOf(value: unknown): string {
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

/**
 * Which records of a table (its name, then arrays of days and of event ids) are there: the place of each in the arrays, from 1, and
 * the SHA-256 of its envelope.
 */
export const DIGESTS = 'select place, digest from envelope_digests($1, $2::date[], $3::text[])';

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
