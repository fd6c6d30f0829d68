// What ops/toolchain/patches changes in the driver: a connection that closes with something still to be written.

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { connect, type Socket } from 'node:net';
import postgres from 'postgres';
import { type FreshDatabase, freshDatabase } from '../../../ops/testing/database.ts';
import { describeWith } from '../../../ops/testing/services.ts';

describeWith(['database'], 'a connection of the driver', () => {
  let database: FreshDatabase;
  beforeAll(async () => {
    database = await freshDatabase('driver');
  });
  afterAll(async () => {
    await database?.drop();
  });

  const open = () => {
    const sockets: Socket[] = [];
    const { hostname, port } = new URL(database.owner);
    const sql = postgres(database.owner, {
      max: 1,
      fetch_types: false,
      backoff: false,
      // Not among the driver's own types.
      ...({
        socket: () =>
          new Promise<Socket>((resolve) => {
            const socket = connect(Number(port), hostname, () => resolve(socket));
            sockets.push(socket);
          }),
      } as object),
    });
    return { sql, sockets, newest: () => sockets.at(-1) as Socket };
  };
  const codeOf = (error: unknown): unknown => (error as { code?: unknown }).code;
  const closed = (socket: Socket, error?: Error): Promise<void> => {
    const over = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    socket.destroy(error);
    return over;
  };

  test('that closes before a query was written is opened again for the next', async () => {
    const { sql, sockets, newest } = open();
    await sql`select 1`;
    const lost = sql`select 2`.then(() => 'answered', codeOf);
    // The driver has the query, and writes it at the end of this turn.
    await Promise.resolve().then(() => {});
    await closed(newest());
    expect(await lost).toBe('CONNECTION_CLOSED');
    expect(await sql`select 3 as three`).toEqual([{ three: 3 }] as never);
    expect(sockets).toHaveLength(2);
    await sql.end({ timeout: 0 });
  });

  test('that was reset between two statements answers the next ones with what they asked for', async () => {
    const { sql, newest } = open();
    const lost = sql.begin(async (transaction) => {
      await transaction`select 1`;
      const second = transaction`select 2`;
      second.catch(() => undefined);
      await Promise.resolve().then(() => {});
      await closed(newest(), new Error('reset'));
      await second;
    });
    expect(await lost.then(() => 'committed', codeOf)).toBe('CONNECTION_CLOSED');
    for (const number of [3, 4, 5])
      expect(await sql`select ${number}::integer as number`).toEqual([{ number }] as never);
    await sql.end({ timeout: 0 });
  });

  test('that was opened again for others runs no statement of the transaction that it was lost in', async () => {
    const { sql, sockets, newest } = open();
    await sql`create table written (id integer)`;
    const reopened = Promise.withResolvers<void>();
    const late = Promise.withResolvers<unknown>();
    const lost = sql.begin(async (transaction) => {
      await transaction`select 1`;
      await closed(newest());
      await reopened.promise;
      late.resolve(await transaction`insert into written (id) values (1)`.then(() => 'written', codeOf));
    });
    expect(await lost.then(() => 'committed', codeOf)).toBe('CONNECTION_CLOSED');
    const other = sql.begin(async (transaction) => {
      await transaction`insert into written (id) values (2)`;
      reopened.resolve();
      await late.promise;
    });
    expect(await other.then(() => 'committed', codeOf)).toBe('committed');
    expect(await late.promise).toBe('CONNECTION_CLOSED');
    expect(await sql`select id from written`).toEqual([{ id: 2 }] as never);
    expect(sockets).toHaveLength(2);
    await sql.end({ timeout: 0 });
  });

  test('that closes between two statements of a transaction rejects the second, and is opened again', async () => {
    const { sql, newest } = open();
    const second = Promise.withResolvers<unknown>();
    const outcome = sql.begin(async (transaction) => {
      await transaction`select 1`;
      await closed(newest());
      second.resolve(await transaction`select 2`.then(() => 'answered', codeOf));
    });
    expect(await outcome.then(() => 'committed', codeOf)).toBe('CONNECTION_CLOSED');
    expect(await second.promise).toBe('CONNECTION_CLOSED');
    expect(await sql.begin((transaction) => transaction`select 3 as three`)).toEqual([{ three: 3 }] as never);
    await sql.end({ timeout: 0 });
  });

  test('that closes under a COPY rejects it, and so does what is written to it afterwards', async () => {
    const { sql, newest } = open();
    await sql`create table lost (id integer)`;
    const failures: unknown[] = [];
    const outcome = await sql
      .begin(async (transaction) => {
        const stream = await transaction`copy lost from stdin`.writable();
        stream.on('error', (error) => failures.push(codeOf(error)));
        stream.write('1\n');
        await closed(newest());
        stream.write('2\n');
        await transaction`select 1`;
      })
      .then(() => 'committed', codeOf);
    expect(outcome).toBe('CONNECTION_CLOSED');
    expect(failures).not.toEqual([]);
    expect(await sql`select count(*)::integer as count from lost`).toEqual([{ count: 0 }] as never);
    await sql.end({ timeout: 0 });
  });
});
