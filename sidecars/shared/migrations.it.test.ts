// Migrations on a real PostgreSQL: once, again, several at a time, and what is refused leaves nothing behind.

import { expect, test } from 'bun:test';
import { freshDatabase } from '../../ops/testing/database.ts';
import { describeWith } from '../../ops/testing/services.ts';
import { type Database, openDatabase } from './database.ts';
import { type Migration, migrate, readMigrations, schemaStatus } from './migrations.ts';

const TABLES = 'market_price_events';

describeWith(['database'], 'migrations', () => {
  async function withDatabase(run: (connect: () => Database) => Promise<void>): Promise<void> {
    await using database = await freshDatabase('migrations');
    const open: Database[] = [];
    try {
      await run(() => {
        const sql = openDatabase(database.url, { name: 'test', connections: 1, statementTimeoutMs: null });
        open.push(sql);
        return sql;
      });
    } finally {
      for (const sql of open) await sql.end({ timeout: 2 });
    }
  }

  const apply = async (sql: Database, migrations: readonly Migration[] = readMigrations()): Promise<number[]> => {
    const applied: number[] = [];
    await migrate(sql, migrations, ({ version }) => void applied.push(version));
    return applied;
  };
  const all = readMigrations().map(({ version }) => version);
  const next = (sql: string): Migration[] => {
    const version = all.length + 1;
    return [...readMigrations(), { version, name: 'next', sha256: 'sum', sql }];
  };

  test('are applied once, and what is pending is told before', async () => {
    await withDatabase(async (connect) => {
      const sql = connect();
      expect(await schemaStatus(sql, readMigrations())).toMatchObject({
        ok: true,
        applied: [],
        pending: { length: all.length },
      });
      expect(await apply(sql)).toEqual(all);
      expect(await apply(sql)).toEqual([]);
      expect(await schemaStatus(sql, readMigrations())).toMatchObject({ ok: true, pending: [] });
    });
  });

  test('by several at once: each is applied by one of them', async () => {
    await withDatabase(async (connect) => {
      const done = await Promise.all([apply(connect()), apply(connect()), apply(connect()), apply(connect())]);
      expect(done.flat().sort()).toEqual(all);
    });
  });

  test('a file that was changed since is refused, and so is a database of a newer version', async () => {
    await withDatabase(async (connect) => {
      const sql = connect();
      await apply(sql, next('create table later (a integer)'));
      const [first, ...others] = next('create table later (a integer)');
      if (first === undefined) throw new Error('no migrations');
      await expect(apply(sql, [{ ...first, sha256: 'other' }, ...others])).rejects.toThrow(
        'was changed after it was applied',
      );
      await expect(apply(sql)).rejects.toThrow('newer version');
    });
  });

  test('one that fails leaves nothing of itself', async () => {
    await withDatabase(async (connect) => {
      const sql = connect();
      await expect(apply(sql, next('create table half (a integer); select 1 / 0'))).rejects.toThrow('division by zero');
      const [half] = await sql`select to_regclass('half') as there`;
      expect(half?.['there']).toBeNull();
      expect(await apply(sql, next('create table whole (a integer)'))).toEqual([all.length + 1]);
    });
  });

  test('the partitions of a day are made by whoever comes first, with keys and indexes, and a second call makes none', async () => {
    await withDatabase(async (connect) => {
      await apply(connect());
      const made = await Promise.all(
        [connect(), connect(), connect()].map(async (sql) => {
          const [row] = await sql`select ensure_day_partitions('2026-07-01') as made`;
          return row?.['made'] as number;
        }),
      );
      expect(made.sort((left, right) => left - right)).toEqual([0, 0, 10]);
      const sql = connect();
      const indexesOf = async (table: string): Promise<number> => {
        const [row] = await sql`select count(*)::integer as count from pg_indexes where tablename = ${table}`;
        return row?.['count'];
      };
      expect(await indexesOf(`${TABLES}_20260701`)).toBe(await indexesOf(TABLES));
      const [bounds] =
        await sql`select pg_get_expr(relpartbound, oid) as bounds from pg_class where relname = ${`${TABLES}_20260701`}`;
      expect(bounds?.['bounds']).toBe("FOR VALUES FROM ('2026-07-01') TO ('2026-07-02')");
    });
  });
});
