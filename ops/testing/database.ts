// A database of a test's own on the server of the run, empty, with a name that no other test has.

import { randomBytes } from 'node:crypto';
import type { Database } from '../../contracts/runtime/postgres/database.ts';
import { createDatabase, dropDatabase } from '../stack/postgres/databases.ts';
import type { DatabaseUrls } from '../stack/postgres/roles.ts';
import { databaseForTest } from './services.ts';

export type FreshDatabase = DatabaseUrls & {
  readonly name: string;
  /** Drops it, also with connections open. Called by `await using` at the end of the block. */
  drop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
};

/** Makes an empty database; inside `describeWith(['database'], ...)` only. `label` helps to find it on the server. */
export async function freshDatabase(label = 'test'): Promise<FreshDatabase> {
  const server = databaseForTest();
  if (server === null)
    throw new Error('no PostgreSQL for tests: declare the tests with describeWith(["database"], ...)');
  const name = `${label}_${randomBytes(6).toString('hex')}`;
  const urls = await createDatabase(server, name);
  const drop = async () => await dropDatabase(server, name);
  return { ...urls, name, drop, [Symbol.asyncDispose]: drop };
}

/** Holds `table` against readers and writers while `body` runs. It is let go in any case: what runs next must not wait. */
export async function whileLocked(sql: Database, table: string, body: () => Promise<void>): Promise<void> {
  await sql.begin(async (transaction) => {
    await transaction`lock table ${transaction(table)} in access exclusive mode`;
    await body();
  });
}
