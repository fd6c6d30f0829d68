// Migrations on a real PostgreSQL: once, again, several at a time, and what is refused leaves nothing behind.

import { expect, test } from 'bun:test';
import { freshDatabase } from '../../../ops/testing/database.ts';
import { describeWith } from '../../../ops/testing/services.ts';
import { type Database, openDatabase } from './database.ts';
import { type Migration, migrate, readMigrations, schemaStatus } from './migrations.ts';

const TABLES = 'market_price_events';

describeWith(['database'], 'migrations', () => {
  async function withDatabase(run: (connect: () => Database) => Promise<void>): Promise<void> {
    await using database = await freshDatabase('migrations');
    const open: Database[] = [];
    try {
      await run(() => {
        const sql = openDatabase(database.owner, { name: 'test', connections: 1, statementTimeoutMs: null });
        open.push(sql);
        return sql;
      });
    } finally {
      for (const sql of open) await sql.end({ timeout: 2 });
    }
  }

  const apply = async (sql: Database, migrations: readonly Migration[] = readMigrations()): Promise<number[]> => {
    const applied: number[] = [];
    await migrate(sql, migrations, { onApplied: ({ version }) => void applied.push(version) });
    return applied;
  };
  const all = readMigrations().map(({ version }) => version);
  const next = (sql: string): Migration[] => {
    const version = all.length + 1;
    return [...readMigrations(), { version, name: 'next', sha256: 'sum', steps: null, sql }];
  };

  test('are applied once, and what is pending is reported before', async () => {
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
      expect(done.flat().sort((left, right) => left - right)).toEqual(all);
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

  test('days become quarters with every row, in steps that go on after an end in between', async () => {
    await withDatabase(async (connect) => {
      const sql = connect();
      const [history, quarters, ...later] = readMigrations();
      if (history === undefined || quarters === undefined) throw new Error('no migrations');
      await apply(sql, [history]);
      const days = [...Array(120).keys()].map((index) =>
        new Date(Date.UTC(2025, 10, 20 + index)).toISOString().slice(0, 10),
      );
      for (const day of days) {
        await sql`select ensure_day_partitions(${day}::text::date)`;
        await sql`insert into control_actions (day, event_id, account_id, ingested_at, action_id, service, part, action, actor,
            remote, outcome, http_status, note, at, envelope, kafka_partition, kafka_offset)
          select ${day}::text::date, n, 'a', now(), n, 'engine', 'p', 'a', 'o', 'r', 'done', 200, '', now(), '{}', 0, 0
          from unnest(array['e1', 'e2']) as n`;
      }
      const [before] =
        await sql`select count(*)::integer as count, md5(string_agg(c::text, '' order by day, event_id)) as sum from control_actions c`;
      expect(before?.['count']).toBe(240);

      // Ended after three steps.
      const steps: string[] = [];
      const ended = new Error('ended');
      const three = (done: string): void => {
        if (steps.push(done) === 3) throw ended;
      };
      await expect(migrate(sql, [history, quarters], { onStep: three })).rejects.toBe(ended);
      await migrate(sql, [history, quarters, ...later], { onStep: (done) => void steps.push(done) });
      // Ten tables, each with days of 2025q4 and 2026q1.
      expect(steps).toHaveLength(20);
      expect(steps).toContain('control_actions_2025q4: 42 partitions with 84 rows are one');

      const [after] =
        await sql`select count(*)::integer as count, md5(string_agg(c::text, '' order by day, event_id)) as sum from control_actions c`;
      expect(after).toEqual(before as Record<string, unknown>);
      const names = await sql`select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
        where i.inhparent = 'control_actions'::regclass order by 1`;
      expect(names.map(({ relname }) => relname)).toEqual(['control_actions_2025q4', 'control_actions_2026q1']);
    });
  });

  test('a lock table that is too small for a step is named with the setting to raise, and nothing is changed', async () => {
    await withDatabase(async (connect) => {
      const sql = connect();
      const [history, quarters] = readMigrations();
      if (history === undefined || quarters?.steps == null) throw new Error('no migrations');
      await apply(sql, [history]);
      await sql`select ensure_day_partitions('2026-01-15'), ensure_day_partitions('2026-01-16')`;
      const small = quarters.steps.replace("current_setting('max_locks_per_transaction')", "'0'");
      await expect(apply(sql, [history, { ...quarters, steps: small }])).rejects.toThrow(
        /2 partitions of control_actions become one.*has room for -\d+\. Set max_locks_per_transaction to \d+ or more, restart/,
      );
      const [found] =
        await sql`select count(*)::integer as count from pg_inherits where inhparent = 'control_actions'::regclass`;
      expect(found?.['count']).toBe(2);
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

  test('the partitions of a quarter are made by whoever comes first, with keys and indexes, and a second call makes none', async () => {
    await withDatabase(async (connect) => {
      await apply(connect());
      const made = await Promise.all(
        [connect(), connect(), connect()].map(async (sql) => {
          const [row] = await sql`select ensure_partitions('2026-08-15') as made`;
          return row?.['made'] as number;
        }),
      );
      const sql = connect();
      const [partitioned] = await sql`select count(*)::integer as count from pg_partitioned_table`;
      expect(made.sort((left, right) => left - right)).toEqual([0, 0, partitioned?.['count']]);
      expect(partitioned?.['count']).toBeGreaterThan(1);
      const indexesOf = async (table: string): Promise<number> => {
        const [row] = await sql`select count(*)::integer as count from pg_indexes where tablename = ${table}`;
        return row?.['count'];
      };
      expect(await indexesOf(`${TABLES}_2026q3`)).toBe(await indexesOf(TABLES));
      const [bounds] =
        await sql`select pg_get_expr(relpartbound, oid) as bounds from pg_class where relname = ${`${TABLES}_2026q3`}`;
      expect(bounds?.['bounds']).toBe("FOR VALUES FROM ('2026-07-01') TO ('2026-10-01')");
    });
  });
});
