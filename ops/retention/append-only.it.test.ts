// History only grows, also for its owner: what is refused, that nothing slips through by way of a partition, and what
// ./unrip retention drops all the same.

import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'bun:test';
import { join } from 'node:path';
import { type Database, openDatabase, troubleOf } from '../../contracts/runtime/postgres/database.ts';
import { migrate, readMigrations } from '../../contracts/runtime/postgres/migrations.ts';
import { TOPICS } from '../../contracts/topics/registry.ts';
import { TABLES } from '../../sidecars/history-writer/postgres/tables.ts';
import { CHECKOUT } from '../stack/directory.ts';
import { startChild } from '../testing/child.ts';
import { type FreshDatabase, freshDatabase } from '../testing/database.ts';
import { insertRecord } from '../testing/history/insert.fixture.ts';
import { describeWith } from '../testing/services.ts';
import { KEPT_TABLES } from './plan.ts';

const HISTORY = Object.values(TABLES).map(({ name }) => name);
/** The golden records are of this quarter. */
const QUARTER = '2026q1';
const OLD = '2016-02-01';
const REFUSED = { code: '42501', message: expect.stringContaining('history only grows') };

type Filled = { readonly database: FreshDatabase; readonly owner: Database; drop(): Promise<void> };

/** Three records of every topic: one of a partition of before the refusal, one of after it, and an old one. */
async function fill(): Promise<Filled> {
  const database = await freshDatabase('append');
  const owner = openDatabase(database.owner, { name: 'test', connections: 1, statementTimeoutMs: null });
  await migrate(owner, readMigrations().slice(0, 8));
  await owner`select ensure_partitions('2026-01-15')`;
  await migrate(owner, readMigrations());
  await owner`select ensure_partitions('2026-04-15'), ensure_partitions(${OLD}::text::date)`;
  for (const { name } of TOPICS) {
    await insertRecord(owner, name);
    await insertRecord(owner, name, { ingested_at: '2026-04-15T12:00:00.000Z' });
    await insertRecord(owner, name, { ingested_at: `${OLD}T12:00:00.000Z` });
  }
  const drop = async (): Promise<void> => {
    await owner.end({ timeout: 2 });
    await database.drop();
  };
  return { database, owner, drop };
}

async function troubleOfRunning(sql: Database, statement: string) {
  try {
    await sql.unsafe(statement);
    return 'done';
  } catch (error) {
    return troubleOf(error);
  }
}

async function countOf(sql: Database, table: string): Promise<string> {
  const [row] = await sql.unsafe(`select count(*)::text as count from ${table}`);
  return row?.['count'];
}

describeWith(['database'], 'history that only grows', () => {
  let filled: Filled;
  beforeAll(async () => {
    filled = await fill();
  });
  afterAll(async () => await filled?.drop());

  test.each(HISTORY)('%s: the owner neither changes, deletes nor empties it, nor a partition of it', async (table) => {
    const { owner } = filled;
    for (const name of [table, `${table}_${QUARTER}`, `${table}_2026q2`]) {
      const statements = [
        `update ${name} set account_id = 'other'`,
        `update ${name} set day = day + 1`,
        `delete from ${name}`,
        `truncate ${name}`,
      ];
      for (const statement of statements) expect(await troubleOfRunning(owner, statement)).toMatchObject(REFUSED);
    }
    expect(await countOf(owner, table)).toBe('3');
  });
});

describeWith(['database'], 'retention', () => {
  let filled: Filled;
  beforeEach(async () => {
    filled = await fill();
  });
  afterEach(async () => await filled?.drop());

  const retention = async (...args: string[]) => {
    await using child = startChild([join(CHECKOUT, 'ops/cli/main.ts'), 'retention', ...args], {
      env: { DATABASE_OWNER_URL: filled.database.owner },
    });
    const code = await child.exited;
    return { code, lines: child.lines, err: child.errorText() };
  };

  const others = HISTORY.filter((name) => !KEPT_TABLES.includes(name));

  test('retention shows what it would drop, then drops it on record, and keeps decisions, commands and results', async () => {
    const { owner } = filled;
    const shown = await retention('--keep-months', '96');
    expect([shown.code, shown.err]).toEqual([0, '']);
    expect(shown.lines.filter((line) => line.startsWith('would be dropped: '))).toHaveLength(others.length);
    expect(shown.lines.filter((line) => line.startsWith('kept '))).toHaveLength(KEPT_TABLES.length);
    for (const name of HISTORY) expect(await countOf(owner, name)).toBe('3');

    const done = await retention('--keep-months', '96', '--apply');
    expect([done.code, done.err]).toEqual([0, '']);
    for (const name of others) expect(await countOf(owner, name)).toBe('2');
    for (const name of KEPT_TABLES) expect(await countOf(owner, name)).toBe('3');
    const dropped = await owner`select table_name, from_day::text, to_day::text, row_count::text, dropped_by
      from dropped_partitions order by table_name`;
    expect(dropped.map((row) => Object.values(row))).toEqual(
      [...others].sort().map((name) => [name, '2016-01-01', '2016-04-01', '1', 'unrip_owner']),
    );
    expect(await troubleOfRunning(owner, 'delete from dropped_partitions')).toMatchObject(REFUSED);
  });

  test('what is said to go goes, and a record of a quarter that was dropped is written again', async () => {
    const { owner } = filled;
    const done = await retention('--keep-months', '96', '--trades', '--apply');
    expect([done.code, done.err]).toEqual([0, '']);
    for (const name of HISTORY) expect(await countOf(owner, name)).toBe('2');
    await owner`select ensure_partitions(${OLD}::text::date)`;
    await insertRecord(owner, 'ops.alert', { ingested_at: `${OLD}T12:00:00.000Z` });
    expect(await troubleOfRunning(owner, 'truncate ops_alerts_2016q1')).toMatchObject(REFUSED);
    const again = await retention('--keep-months', '96', '--tables', 'ops_alerts', '--apply');
    expect(again.lines).toContain('dropped: ops_alerts_2016q1, 1 rows');
  });

  test('an alert stays active, with its records, until it is cleared; a raise of a quarter that was dropped is none', async () => {
    const { owner } = filled;
    const insert = async (day: string, status: 'raised' | 'cleared', key: string): Promise<void> =>
      await insertRecord(owner, 'ops.alert', {
        ingested_at: `${day}T12:00:00.000Z`,
        payload: { alert_key: key, status, first_raised_at: `${OLD}T12:00:00.000Z` },
      });
    const active = async () =>
      (
        await owner`select a.alert_key, v.alert_key is not null as shown from active_alert_records a
        left join active_alerts v using (alert_key) where a.alert_key in ('lasting', 'late') order by 1`
      ).map((row) => ({
        ...row,
      }));
    await owner`select ensure_partitions('2016-05-01')`;
    await insert(OLD, 'raised', 'lasting');
    await insert(OLD, 'raised', 'late');
    await insert('2016-05-01', 'cleared', 'late');
    const kept = await retention('--keep-months', '96', '--apply');
    expect([kept.code, kept.err]).toEqual([0, '']);
    expect(
      kept.lines.filter((line) => line.startsWith('kept (an alert')).map((line) => line.match(/ops_\w+/)?.[0]),
    ).toEqual(['ops_alerts_2016q1', 'ops_alerts_2016q2']);
    expect(await active()).toEqual([{ alert_key: 'lasting', shown: true }]);
    await insert('2026-04-20', 'cleared', 'lasting');
    const done = await retention('--keep-months', '96', '--apply');
    expect(done.lines.filter((line) => line.startsWith('dropped: ops_alerts'))).toHaveLength(2);
    await owner`select ensure_partitions(${OLD}::text::date)`;
    await insert(OLD, 'raised', 'late');
    expect(await active()).toEqual([]);
  });

  test('a table that is being read for long is left as it is, and that is said', async () => {
    const { owner, database } = filled;
    const busy = openDatabase(database.reader, { name: 'test', connections: 1, statementTimeoutMs: null });
    const begun = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    const reading = busy.begin(async (transaction) => {
      await transaction`select count(*) from dead_letters`;
      begun.resolve();
      await release.promise;
    });
    try {
      await begun.promise;
      const refused = await retention('--keep-months', '96', '--tables', 'dead_letters', '--apply');
      expect(refused.code).toBe(1);
      expect(refused.err).toContain('is using the table');
    } finally {
      release.resolve();
      await reading;
      await busy.end({ timeout: 2 });
    }
    const [there] = await owner`select to_regclass('dead_letters_2016q1') is not null as there`;
    expect(there?.['there']).toBe(true);
  });
});
