// An envelope -> its row as PostgreSQL's binary COPY takes it, straight from what was parsed. PostgreSQL has no text to split and no
// times and numbers to parse then, which is a fifth of what a row costs it, and the envelope is copied as it came.
// It says the same as the texts of rows.ts. What is in any way unusual is left to these.

import type { Envelope } from '../../../contracts/envelope.ts';
import { parseIsoTime } from '../../../contracts/time.ts';
import { RowBytes } from './row-bytes.ts';
import { columnsOf, INDEXED_BYTES_MAX, INDEXED_TEXTS, jsonOf, type Position, valueAt } from './rows.ts';
import type { ColumnType, Table } from './tables.ts';

export type CopySource = {
  readonly envelope: Envelope;
  /** The envelope as it arrived: UTF-8 without NUL. */
  readonly value: Uint8Array;
  /** UTC day of its ingested_at. */
  readonly day: string;
};

/** In front of the rows of a COPY, and behind them. */
export const COPY_HEAD: Uint8Array = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');
export const COPY_END: Uint8Array = Buffer.from([0xff, 0xff]);

export function binaryCopyStatement(table: Table): string {
  const names = columnsOf(table).map(([name]) => name);
  return `copy ${table.name} (${names.join(', ')}) from stdin with (format binary)`;
}

/** 2000-01-01, from which PostgreSQL counts. */
const EPOCH_MS = 946_684_800_000;
const DAY_MS = 86_400_000;
/** Longer ones name years that PostgreSQL spells otherwise. */
const ISO_CHARS = 24;
const INT4_MAX = 2_147_483_647;
const JSONB_VERSION = 1;
const NULL_LENGTH = -1;

/** One for all rows: each is complete before the next begins. */
const bytes = new RowBytes();

/** Null: it is none that this can say. */
export function copyRowOf(table: Table, source: CopySource, position: Position): Uint8Array | null {
  bytes.begin();
  return putRow(table, source, position) ? bytes.end() : null;
}

/** The columns in the order of `columnsOf`. */
function putRow({ columns }: Table, { envelope, value, day }: CopySource, { partition, offset }: Position): boolean {
  const {
    event_id: eventId,
    account_id: accountId,
    observed_at: observedAt,
    ingested_at: ingestedAt,
    payload,
  } = envelope;
  bytes.int16(HEAD_COLUMNS + columns.length + TAIL_COLUMNS);
  const isHeadPut =
    put('date', day) &&
    put('text', eventId) &&
    putText(accountId, true) &&
    put('timestamptz', observedAt) &&
    put('timestamptz', ingestedAt);
  if (!isHeadPut) return false;
  for (const { name, type, path } of columns) {
    const field = valueAt(payload, path);
    const isPut = type === 'text' ? putText(field, INDEXED_TEXTS.has(name)) : put(type, field);
    if (!isPut) return false;
  }
  bytes.int32(value.length);
  bytes.bytes(value);
  return put('integer', partition) && put('bigint', Number(offset));
}

const HEAD_COLUMNS = 5;
const TAIL_COLUMNS = 3;

function put(type: ColumnType, value: unknown): boolean {
  if (value === null || value === undefined) {
    bytes.int32(NULL_LENGTH);
    return true;
  }
  switch (type) {
    case 'text':
      return putText(value, false);
    case 'bigint':
      if (!Number.isSafeInteger(value)) return false;
      bytes.int32(8);
      bytes.int64(Number(value));
      return true;
    case 'integer':
      if (!Number.isSafeInteger(value) || Math.abs(Number(value)) > INT4_MAX) return false;
      bytes.int32(4);
      bytes.int32(Number(value));
      return true;
    case 'boolean':
      if (typeof value !== 'boolean') return false;
      bytes.int32(1);
      bytes.byte(value ? 1 : 0);
      return true;
    case 'timestamptz':
      return putTime(value);
    case 'date':
      return putDate(value);
    case 'numeric': {
      if (typeof value !== 'string') return false;
      const opened = bytes.openLength();
      const isPut = bytes.numeric(value);
      bytes.closeLength(opened);
      return isPut;
    }
    case 'jsonb': {
      const opened = bytes.openLength();
      bytes.byte(JSONB_VERSION);
      const isPut = bytes.text(jsonOf(value));
      bytes.closeLength(opened);
      return isPut;
    }
  }
}

function putText(value: unknown, isIndexed: boolean): boolean {
  if (value === null || value === undefined) {
    bytes.int32(NULL_LENGTH);
    return true;
  }
  if (typeof value !== 'string') return false;
  const opened = bytes.openLength();
  return bytes.text(value) && (bytes.closeLength(opened) <= INDEXED_BYTES_MAX || !isIndexed);
}

function putTime(value: unknown): boolean {
  if (typeof value !== 'string' || value.length !== ISO_CHARS || value.startsWith('0000')) return false;
  const ms = parseIsoTime(value);
  const us = ms === null ? Number.NaN : (ms - EPOCH_MS) * 1000;
  if (!Number.isSafeInteger(us)) return false;
  bytes.int32(8);
  bytes.int64(us);
  return true;
}

/** Nearly all rows of a batch are of one day. */
let known = { day: '', days: 0 };

function putDate(value: unknown): boolean {
  if (value !== known.day) {
    const days = (Date.parse(String(value)) - EPOCH_MS) / DAY_MS;
    if (!Number.isSafeInteger(days)) return false;
    known = { day: String(value), days };
  }
  bytes.int32(4);
  bytes.int32(known.days);
  return true;
}
