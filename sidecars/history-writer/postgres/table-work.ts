// The rows of a batch, table by table: made of its records, inserted in chunks, and compared with those that were there before.

import { createHash } from 'node:crypto';
import { copyIn } from '../../../contracts/runtime/postgres/copy.ts';
import type { Transaction } from '../../../contracts/runtime/postgres/database.ts';
import type { BufferedRecord } from '../pending-batch.ts';
import { readAgain } from '../record.ts';
import { binaryCopyStatement, COPY_END, COPY_HEAD } from './copy-row.ts';
import {
  arrayLiteral,
  columnArrays,
  columnsOf,
  DAY_CELL,
  DIGESTS,
  EVENT_ID_CELL,
  insertStatement,
  type Row,
  rowOf,
} from './rows.ts';
import { TABLES, type Table } from './tables.ts';

export type Refused = {
  readonly held: BufferedRecord;
  readonly reason: 'identity_taken' | 'not_storable';
  readonly detail: string;
};

export type TableWork = { readonly table: Table; readonly held: readonly BufferedRecord[] };

/** Rows and characters of envelopes in one statement: bounds what one message to the server holds. */
const CHUNK_ROWS = 1000;
const CHUNK_CHARS = 4_194_304;

/** Records by table, always in the same order of tables, so that two members cannot wait for each other. */
export function workOf(held: readonly BufferedRecord[]): { readonly work: TableWork[]; readonly refused: Refused[] } {
  const refused: Refused[] = [];
  const byTable = new Map<Table, BufferedRecord[]>();
  for (const record of held) {
    const { made, dead } = record;
    if (dead !== null || made === null) continue;
    if ('problem' in made) {
      refused.push({ held: record, reason: 'not_storable', detail: made.problem });
      continue;
    }
    const table = TABLES[record.topic];
    const records = byTable.get(table);
    if (records === undefined) byTable.set(table, [record]);
    else records.push(record);
  }
  const work = [...byTable].map(([table, records]) => ({ table, held: records }));
  return { work: work.sort((left, right) => (left.table.name < right.table.name ? -1 : 1)), refused };
}

export function daysOf(work: readonly TableWork[]): Set<string> {
  const days = new Set<string>();
  for (const { held } of work) {
    for (const { made } of held) if (made !== null && 'day' in made) days.add(made.day);
  }
  return days;
}

/** The row of a record as texts; made again, since nearly all rows are copied. */
function textRowOf({ topic, value, made, partition, offset }: BufferedRecord): Row {
  const day = made !== null && 'day' in made ? made.day : '';
  return rowOf(TABLES[topic], { ...readAgain(value), day }, { partition, offset });
}

/** How many rows were not there yet. */
export async function insertAll(sql: Transaction, { table, held }: TableWork): Promise<number> {
  const statement = insertStatement(table);
  const width = columnsOf(table).length;
  const results = await Promise.all(
    chunksOf(held.map(textRowOf)).map((chunk) => sql.unsafe(statement, columnArrays(width, chunk), { prepare: true })),
  );
  return results.reduce((sum, { count }) => sum + count, 0);
}

/** Null: some row can only be inserted. */
function copyRowsOf({ held }: TableWork): Uint8Array[] | null {
  const rows: Uint8Array[] = [];
  for (const { made } of held) {
    if (made === null || !('copyRow' in made) || made.copyRow === null) return null;
    rows.push(made.copyRow);
  }
  return rows;
}

/**
 * All rows are new, or the transaction fails. A table of which some row can only be inserted is inserted as a whole.
 * @returns how many rows of each there are now
 */
export async function copyAll(sql: Transaction, work: readonly TableWork[]): Promise<number[]> {
  const counts: number[] = [];
  for (const one of work) {
    const rows = copyRowsOf(one);
    const count = rows === null ? insertAll(sql, one) : copyIn(sql, binaryCopyStatement(one.table), copyParts(rows));
    counts.push(await count);
  }
  return counts;
}

/** Large enough for few messages, and small enough that PostgreSQL takes one while the next is on its way. */
const PART_BYTES = { min: 16_384, max: 65_536 } as const;

/** The rows as they are, many at a time: rows that were made one after the other lie behind each other in memory. */
export function* copyParts(rows: readonly Uint8Array[]): Generator<Uint8Array, void> {
  let pieces: Uint8Array[] = [COPY_HEAD];
  let size = COPY_HEAD.length;
  for (let at = 0; at < rows.length; ) {
    const { run, next } = runFrom(rows, at);
    at = next;
    pieces.push(run);
    size += run.length;
    if (size < PART_BYTES.min) continue;
    yield joined(pieces);
    pieces = [];
    size = 0;
  }
  pieces.push(COPY_END);
  yield joined(pieces);
}

/** One piece is taken as it is. */
function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const [only] = pieces;
  return only !== undefined && pieces.length === 1 ? only : Buffer.concat(pieces);
}

function runFrom(rows: readonly Uint8Array[], at: number): { readonly run: Uint8Array; readonly next: number } {
  const first = rows[at];
  if (first === undefined) return { run: new Uint8Array(), next: rows.length };
  const { buffer, byteOffset } = first;
  let end = byteOffset + first.length;
  let next = at + 1;
  for (; end - byteOffset < PART_BYTES.max; next++) {
    const row = rows[next];
    if (row === undefined || row.buffer !== buffer || row.byteOffset !== end) break;
    end += row.length;
  }
  return { run: new Uint8Array(buffer, byteOffset, end - byteOffset), next };
}

/** The rows in their order; a chunk holds one row at least, however large it is. */
export function chunksOf(rows: readonly Row[]): Row[][] {
  const chunks: Row[][] = [];
  let current: Row[] = [];
  let chars = 0;
  for (const row of rows) {
    const size = row.reduce((sum, cell) => sum + (cell?.length ?? 0), 0);
    if (current.length > 0 && (current.length >= CHUNK_ROWS || chars + size > CHUNK_CHARS)) {
      chunks.push(current);
      current = [];
      chars = 0;
    }
    current.push(row);
    chars += size;
  }
  if (current.length > 0) chunks.push(current);
  return chunks;
}

/**
 * Records that were passed over and are no repeats: another event has their identity, or their event's id. A dead letter that is
 * made again after a kill tells another time, and is the same.
 */
export async function findTaken(sql: Transaction, { table, held }: TableWork): Promise<Refused[]> {
  const rows = held.map(textRowOf);
  const cells = (place: number): string => arrayLiteral(rows.map((row) => row[place] ?? null));
  const found = await sql.unsafe<{ place: number; digest: string }[]>(DIGESTS, [
    table.name,
    cells(DAY_CELL),
    cells(EVENT_ID_CELL),
  ]);
  // By place, not by id: an id of another day is another event.
  const present = new Map(found.map(({ place, digest }) => [place, digest]));
  return held.flatMap((record, index) => {
    const digest = present.get(index + 1);
    const isRepeat = digest !== undefined && (record.topic === 'dlq.unrip' || digest === digestOf(record));
    if (isRepeat) return [];
    const same = digest === undefined ? 'identity' : 'event id and another content';
    const detail = `${table.name} has another record with the same ${same}`;
    return [{ held: record, reason: 'identity_taken' as const, detail }];
  });
}

const digestOf = ({ value }: BufferedRecord): string =>
  createHash('sha256')
    .update(value ?? '')
    .digest('hex');
