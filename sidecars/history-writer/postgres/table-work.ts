// The rows of a batch, table by table: made of its records, inserted in chunks, and compared with those that were there before.

import { createHash } from 'node:crypto';
import { copyIn } from '../../../contracts/runtime/postgres/copy.ts';
import type { Transaction } from '../../../contracts/runtime/postgres/database.ts';
import type { BufferedRecord } from '../pending-batch.ts';
import {
  arrayLiteral,
  columnArrays,
  columnsOf,
  copyStatement,
  copyText,
  DAY_CELL,
  DIGESTS,
  ENVELOPE_FROM_END,
  EVENT_ID_CELL,
  insertStatement,
  type Row,
} from './rows.ts';
import { TABLES, type Table } from './tables.ts';

export type Refused = {
  readonly held: BufferedRecord;
  readonly reason: 'identity_taken' | 'not_storable';
  readonly detail: string;
};

export type TableWork = { readonly table: Table; readonly held: BufferedRecord[]; readonly rows: Row[] };

/** Rows and characters of envelopes in one statement: bounds what one message to the server holds. */
const CHUNK_ROWS = 1000;
const CHUNK_CHARS = 4_194_304;

/** Rows by table, always in the same order of tables, so that two members cannot wait for each other. */
export function workOf(held: readonly BufferedRecord[]): { readonly work: TableWork[]; readonly refused: Refused[] } {
  const refused: Refused[] = [];
  const byTable = new Map<string, TableWork>();
  for (const record of held) {
    const { made, dead } = record;
    if (dead !== null || made === null) continue;
    const table = TABLES[record.topic];
    let work = byTable.get(table.name);
    if (work === undefined) {
      work = { table, held: [], rows: [] };
      byTable.set(table.name, work);
    }
    if ('problem' in made) {
      refused.push({ held: record, reason: 'not_storable', detail: made.problem });
      continue;
    }
    work.rows.push(made.row);
    work.held.push(record);
  }
  const work = [...byTable.values()].filter(({ rows }) => rows.length > 0);
  return { work: work.sort((left, right) => (left.table.name < right.table.name ? -1 : 1)), refused };
}

export function daysOf(work: readonly TableWork[]): Set<string> {
  return new Set(work.flatMap(({ rows }) => rows.map((row) => row[DAY_CELL] ?? '')));
}

/** How many rows were not there yet. */
export async function insertAll(sql: Transaction, { table, rows }: TableWork): Promise<number> {
  const statement = insertStatement(table);
  const width = columnsOf(table).length;
  const results = await Promise.all(
    chunksOf(rows).map((chunk) => sql.unsafe(statement, columnArrays(width, chunk), { prepare: true })),
  );
  return results.reduce((sum, { count }) => sum + count, 0);
}

/** All rows are new, or the transaction fails. @returns how many rows of each there are now */
export async function copyAll(sql: Transaction, work: readonly TableWork[]): Promise<number[]> {
  const counts: number[] = [];
  for (const { table, rows } of work) counts.push(await copyIn(sql, copyStatement(table), copyText(rows)));
  return counts;
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
export async function findTaken(sql: Transaction, { table, held, rows }: TableWork): Promise<Refused[]> {
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
    const isRepeat = digest !== undefined && (record.topic === 'dlq.unrip' || digest === digestOf(rows[index]));
    if (isRepeat) return [];
    const same = digest === undefined ? 'identity' : 'event id and another content';
    const detail = `${table.name} has another record with the same ${same}`;
    return [{ held: record, reason: 'identity_taken' as const, detail }];
  });
}

const digestOf = (row: Row | undefined): string =>
  createHash('sha256')
    .update(row?.[row.length - ENVELOPE_FROM_END] ?? '')
    .digest('hex');
