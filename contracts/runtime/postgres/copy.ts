// COPY into a table over the driver's connection. The driver's own stream of a COPY does not end when the server refuses what it
// has taken (a unique key, say): its query has been settled with the stream by then, and the refusal settles nothing. So the two
// functions that settle the query are watched: the first call brings the stream, the second what became of the COPY.

import type { Writable } from 'node:stream';
import { nextTurn } from '../wait.ts';
import type { Transaction } from './database.ts';

/** What may wait for the connection: PostgreSQL goes on with it while this process does something else. */
const WAITING_BYTES_MAX = 4_194_304;

type Settled = { resolve(value: unknown): void; reject(error: unknown): void };

/**
 * Rows written. Rejects with the server's error, after which the transaction can only be rolled back. One at a time: until it ends
 * the transaction takes no other statement.
 * @param statement `copy TABLE (COLUMNS) from stdin`
 * @param parts in the format of the statement; a part may end anywhere
 */
export async function copyIn(
  sql: Transaction,
  statement: string,
  parts: Iterable<string | Uint8Array>,
): Promise<number> {
  const opened = Promise.withResolvers<Writable>();
  const ended = Promise.withResolvers<number>();
  // Each is awaited in turn, and both are rejected when the connection is lost before the stream is there.
  ended.promise.catch(() => undefined);
  const query = sql.unsafe(statement);
  const settled = query as unknown as Settled;
  const { resolve, reject } = settled;
  settled.resolve = (value) => {
    if (isStream(value)) {
      // What goes wrong with it rejects the query as well.
      value.on('error', () => undefined);
      opened.resolve(value);
    } else {
      ended.resolve(countOf(value));
    }
    resolve(value);
  };
  settled.reject = (error) => {
    opened.reject(error);
    ended.reject(error);
    reject(error);
  };
  // Starts the statement; what becomes of it is heard above.
  query.writable().then(undefined, () => undefined);
  const stream = await opened.promise;
  const over = ended.promise.then(
    () => undefined,
    () => undefined,
  );
  for (const part of parts) {
    if (stream.destroyed) break;
    if (stream.write(part)) continue;
    // Until a turn has passed the stream keeps every part but the first, and the server waits for the end of this loop.
    await nextTurn();
    if (stream.writableLength > WAITING_BYTES_MAX) await Promise.race([drained(stream), over]);
  }
  if (!stream.destroyed) stream.end();
  return await ended.promise;
}

const isStream = (value: unknown): value is Writable =>
  typeof value === 'object' && value !== null && 'write' in value && 'destroyed' in value;

const countOf = (value: unknown): number =>
  typeof value === 'object' && value !== null && 'count' in value ? Number(value.count) : Number.NaN;

const drained = (stream: Writable): Promise<void> => new Promise((resolve) => stream.once('drain', resolve));
