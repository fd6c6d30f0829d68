// Databases on a server that runs: made and dropped for tests, demo and bench that need one of their own.

import postgres from 'postgres';

const NAME = /^[a-z][a-z0-9_]{0,62}$/;

/** The same server, another database. */
export function databaseUrl(serverUrl: string, name: string): string {
  if (!NAME.test(name)) throw new Error(`${JSON.stringify(name)} is no name for a database: ${NAME.source}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}

/** Makes a database and gives its URL; fails when it is there already. */
export async function createDatabase(server: { readonly databaseUrl: string }, name: string): Promise<string> {
  const url = databaseUrl(server.databaseUrl, name);
  await onServer(server.databaseUrl, (sql) => sql`create database ${sql(name)}`);
  return url;
}

/** Drops a database, also with connections open; does nothing when it is not there. */
export async function dropDatabase(server: { readonly databaseUrl: string }, name: string): Promise<void> {
  databaseUrl(server.databaseUrl, name);
  await onServer(server.databaseUrl, (sql) => sql`drop database if exists ${sql(name)} with (force)`);
}

/** Makes the database unless it is there. */
export async function ensureDatabase(serverUrl: string, name: string): Promise<void> {
  await onServer(serverUrl, async (sql) => {
    const found = await sql`select 1 from pg_database where datname = ${name}`;
    if (found.length === 0) await sql`create database ${sql(name)}`;
  });
}

async function onServer(url: string, work: (sql: postgres.Sql) => Promise<unknown>): Promise<void> {
  const sql = postgres(url, { max: 1, connect_timeout: 5, onnotice: () => {} });
  try {
    await work(sql);
  } finally {
    await sql.end({ timeout: 2 });
  }
}
