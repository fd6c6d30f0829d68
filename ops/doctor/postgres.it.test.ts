// The history database as the doctor sees it: what keeps the history-writer from writing is found before it starts.

import { afterEach, beforeEach, expect, test } from 'bun:test';
import { machineClock } from '../../contracts/runtime/clock.ts';
import { type Database, openDatabase } from '../../contracts/runtime/postgres/database.ts';
import { migrate, readMigrations } from '../../contracts/runtime/postgres/migrations.ts';
import { type FreshDatabase, freshDatabase } from '../testing/database.ts';
import { describeWith } from '../testing/services.ts';
import { postgresCategory } from './checks/postgres.ts';
import type { Context } from './context.ts';
import { runCategories } from './run.ts';

describeWith(['database'], 'the database as the doctor sees it', () => {
  let database: FreshDatabase;
  let owner: Database;

  beforeEach(async () => {
    database = await freshDatabase('doctor');
    owner = openDatabase(database.owner, { name: 'test', connections: 1, statementTimeoutMs: null });
    await migrate(owner, readMigrations());
  });
  afterEach(async () => {
    await owner?.end({ timeout: 2 });
    await database?.drop();
  });

  const failures = async (databaseUrl = database.writer) => {
    const context = { doctor: { databaseUrl }, clock: machineClock } as Context;
    const [report] = await runCategories([postgresCategory(context)], machineClock);
    return report?.lines.flatMap(({ check, status, detail }) => (status === 'fail' ? [`${check}: ${detail}`] : []));
  };

  test('the writer can do all of its work', async () => {
    expect(await failures()).toEqual([]);
  });

  test.each([
    ['consumer_offsets', 'revoke update on consumer_offsets from unrip_writer'],
    ['ensure_partitions()', 'revoke execute on function ensure_partitions(date) from unrip_writer'],
    ['envelope_digests()', 'revoke execute on function envelope_digests(name, date[], text[]) from unrip_writer'],
  ])('a role that lacks %s can write no row', async (name, statement) => {
    await owner.unsafe(statement);
    expect(await failures()).toEqual([`role: unrip_writer may not write or call ${name}`]);
  });

  test('a database that refuses to write is found, although it is no standby', async () => {
    await owner.unsafe(`alter database ${database.name} set default_transaction_read_only = on`);
    expect((await failures())?.join()).toMatch(/^server: [^\n]*its transactions are read-only$/);
  });
});
