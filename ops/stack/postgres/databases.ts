// Databases on a server that runs: made and dropped for tests, demo and bench that need one of their own.

import { asAdmin, type DatabaseUrls, makeRoles, urlsOf } from './roles.ts';

const NAME = /^[a-z][a-z0-9_]{0,62}$/;

/** The same server, another database. */
export function databaseUrl(serverUrl: string, name: string): string {
  if (!NAME.test(name)) throw new Error(`${JSON.stringify(name)} is no name for a database: ${NAME.source}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}

/** The server as who may make databases on it. */
export type Server = { readonly adminUrl: string };

/** Makes a database that belongs to its owner role; fails when it is there already. */
export async function createDatabase({ adminUrl }: Server, name: string): Promise<DatabaseUrls> {
  const url = databaseUrl(adminUrl, name);
  await asAdmin(adminUrl, (sql) => sql`create database ${sql(name)}`);
  await makeRoles(url);
  return urlsOf(url);
}

/** Drops a database, also with connections open; does nothing when it is not there. */
export async function dropDatabase({ adminUrl }: Server, name: string): Promise<void> {
  databaseUrl(adminUrl, name);
  await asAdmin(adminUrl, (sql) => sql`drop database if exists ${sql(name)} with (force)`);
}

/** Makes the database unless it is there. */
export async function ensureDatabase(serverUrl: string, name: string): Promise<void> {
  await asAdmin(serverUrl, async (sql) => {
    const found = await sql`select 1 from pg_database where datname = ${name}`;
    if (found.length === 0) await sql`create database ${sql(name)}`;
  });
}
