// Each form of DATABASE_URL against real servers: a socket, several hosts of which one is away or read only, no prepared
// statements.

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type OwnPostgres, startOwnPostgres } from '../../../ops/testing/own-postgres.ts';
import { describeWith } from '../../../ops/testing/services.ts';
import { type TempDir, tempDir } from '../../../ops/testing/temp-dir.ts';
import { openDatabase } from './database.ts';

const OPTIONS = { name: 'test', connections: 1, statementTimeoutMs: 10_000 } as const;

describeWith(['database'], 'DATABASE_URL', ({ database }) => {
  let directory: TempDir;
  let own: OwnPostgres;

  beforeAll(async () => {
    directory = tempDir('database-url');
    chmodSync(directory.path, 0o711);
    const sockets = join(directory.path, 'sockets');
    mkdirSync(sockets);
    chmodSync(sockets, 0o777);
    own = await startOwnPostgres(join(directory.path, 'postgres'), () => undefined, {
      unix_socket_directories: sockets,
    });
  });
  afterAll(async () => {
    await own?.remove();
    directory?.remove();
  });

  const ask = async (url: string, query = 'select 1 as one'): Promise<Record<string, unknown> | undefined> => {
    const sql = openDatabase(url, OPTIONS);
    try {
      const [row] = await sql.unsafe(query);
      return row;
    } finally {
      await sql.end({ timeout: 2 });
    }
  };

  test('names the folder of a socket', async () => {
    const { username, password, port, pathname } = new URL(own.adminUrl);
    const folder = join(directory.path, 'sockets');
    const address = 'select inet_client_addr() as address';
    for (const url of [
      `postgres://${username}:${password}@${pathname}?host=${folder}&port=${port}`,
      `postgres://${username}:${password}@${encodeURIComponent(folder)}:${port}${pathname}`,
    ])
      expect(await ask(url, address)).toEqual({ address: null });
  });

  test('names several hosts: the first is away', async () => {
    const { username, password, host, pathname } = new URL(own.adminUrl);
    const url = `postgres://${username}:${password}@127.0.0.1:1,${host}${pathname}`;
    expect(await ask(url)).toEqual({ one: 1 });
  });

  test('names several hosts: the one that may be written to is found, wherever it is in the list', async () => {
    const there = new URL(database.adminUrl);
    const here = new URL(own.adminUrl);
    // Both servers take one login, and the other one is read only.
    const name = 'unrip';
    const login = `${there.username}:${there.password}`;
    const readOnly = `postgres://${login}@${here.host}/${name}`;
    await ask(own.adminUrl, `alter role ${here.username} password '${decodeURIComponent(there.password)}'`);
    try {
      await ask(readOnly, 'alter database unrip set default_transaction_read_only = on');
      const port = "select current_setting('port') as port";
      for (const hosts of [`${here.host},${there.host}`, `${there.host},${here.host}`]) {
        expect(await ask(`postgres://${login}@${hosts}/${name}`, port)).toEqual({ port: there.port });
      }
      const asked = `postgres://${login}@${here.host},${there.host}/${name}?target_session_attrs=read-only`;
      expect(await ask(asked, port)).toEqual({ port: here.port });
    } finally {
      await ask(readOnly, 'set transaction read write; alter database unrip reset default_transaction_read_only');
      await ask(readOnly, `alter role ${here.username} password '${decodeURIComponent(here.password)}'`);
    }
  });

  test('says that no prepared statements are kept', async () => {
    const count = 'select count(*)::integer as count from pg_prepared_statements';
    const kept = async (url: string): Promise<unknown> => {
      const sql = openDatabase(url, OPTIONS);
      try {
        await sql`select ${'a'}::text as a`;
        const [row] = await sql.unsafe(count);
        return row?.['count'];
      } finally {
        await sql.end({ timeout: 2 });
      }
    };
    expect(await kept(database.adminUrl)).toBeGreaterThan(0);
    expect(await kept(`${database.adminUrl}?prepare=false`)).toBe(0);
  });

  test('asks for encryption, which a server without it refuses', async () => {
    expect(await ask(`${database.adminUrl}?sslmode=prefer`)).toEqual({ one: 1 });
    await expect(ask(`${database.adminUrl}?sslmode=require`)).rejects.toThrow();
  });
});
