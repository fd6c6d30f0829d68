// Which alerts are active: the same as if it were asked of every record what came after it, in whatever order records arrive, and
// without reading those that are over.

import { afterAll, beforeAll, expect, test } from 'bun:test';
import fc from 'fast-check';
import { type Database, openDatabase } from '../../contracts/runtime/postgres/database.ts';
import { migrate, readMigrations } from '../../contracts/runtime/postgres/migrations.ts';
import { type FreshDatabase, freshDatabase } from '../testing/database.ts';
import { insertRecord } from '../testing/history/insert.fixture.ts';
import { describeWith } from '../testing/services.ts';
import { waitFor } from '../testing/wait.ts';

const LIMIT_MS = 60_000;
const BEFORE = 15;
const FIRST_MS = Date.parse('2026-01-15T12:00:00.000Z');
const HOUR_MS = 3_600_000;

type Given = { readonly key: string; readonly status: string; readonly hour: number; readonly reason: string };

/** The view of the migration before, and of the records whose keys begin so. */
const FORMER = `select raised.alert_key, raised.reason from ops_alerts raised cross join lateral (
  select a.event_id from ops_alerts a
  where (a.alert_key, a.ingested_at) <= (raised.alert_key, timestamptz 'infinity') and a.day >= raised.day
  order by a.alert_key desc, a.ingested_at desc, a.kafka_offset desc limit 1
) as newest where raised.status = 'raised' and newest.event_id = raised.event_id and raised.alert_key like $1 order by 1`;
const CURRENT = 'select alert_key, reason from active_alerts where alert_key like $1 order by 1';

const insert = async (sql: Database, { key, status, hour, reason }: Given): Promise<void> =>
  await insertRecord(sql, 'ops.alert', {
    ingested_at: new Date(FIRST_MS + hour * HOUR_MS).toISOString(),
    payload: { alert_key: key, status, reason },
  });

describeWith(['database'], 'active alerts', () => {
  const opened: Database[] = [];
  const databases: FreshDatabase[] = [];
  const connect = (url: string): Database => {
    const sql = openDatabase(url, { name: 'test', connections: 1, statementTimeoutMs: null });
    opened.push(sql);
    return sql;
  };
  const make = async (): Promise<FreshDatabase> => {
    const database = await freshDatabase('alerts');
    databases.push(database);
    return database;
  };
  let database: FreshDatabase;
  let owner: Database;
  let writer: Database;
  beforeAll(async () => {
    database = await make();
    owner = connect(database.owner);
    await migrate(owner, readMigrations());
    await owner`select ensure_partitions('2026-01-15'), ensure_partitions('2026-04-15')`;
    writer = connect(database.writer);
  });
  afterAll(async () => {
    for (const sql of opened) await sql.end({ timeout: 2 });
    for (const each of databases) await each.drop();
  });
  const ask = async (sql: Database, text: string, prefix: string): Promise<unknown[]> =>
    (await sql.unsafe(text, [`${prefix}%`])).map((row) => ({ ...row }));

  test(
    'are those whose newest record is a raise, whatever the order in which records arrive',
    async () => {
      let run = 0;
      const record = fc.record({
        key: fc.constantFrom('a', 'b', 'c'),
        status: fc.constantFrom('raised', 'raised', 'cleared'),
        // Over two quarters.
        hour: fc.integer({ min: 0, max: 2500 }),
      });
      const records = fc.uniqueArray(record, { selector: ({ key, hour }) => `${key} ${hour}`, maxLength: 12 });
      await fc.assert(
        fc.asyncProperty(records, async (given) => {
          const prefix = `run-${++run}-`;
          for (const [index, each] of given.entries()) {
            await insert(writer, { ...each, key: prefix + each.key, reason: `reason ${index}` });
            expect(await ask(owner, CURRENT, prefix)).toEqual(await ask(owner, FORMER, prefix));
          }
        }),
        { numRuns: 20 },
      );
    },
    LIMIT_MS,
  );

  test('of two transactions that write of one alert at the same time, the newest record counts', async () => {
    const other = connect(database.writer);
    const raised = { key: 'race', status: 'raised', hour: 1, reason: 'first' };
    const written = Promise.withResolvers<void>();
    const go = Promise.withResolvers<void>();
    const first = writer.begin(async (transaction) => {
      await insert(transaction as unknown as Database, raised);
      written.resolve();
      await go.promise;
    });
    await written.promise;
    const second = insert(other, { ...raised, status: 'cleared', hour: 2, reason: 'over' });
    const isWaiting = async (): Promise<boolean> => (await owner`select 1 from pg_locks where not granted`).length > 0;
    await waitFor(isWaiting, { what: 'the second to wait for the first' });
    go.resolve();
    await Promise.all([first, second]);
    expect(await ask(owner, CURRENT, 'race')).toEqual([]);
  });

  test('are found without reading those that are over', async () => {
    for (let hour = 0; hour < 150; hour++) {
      await insert(writer, { key: `over-${hour}`, status: 'raised', hour, reason: 'x' });
      await insert(writer, { key: `over-${hour}`, status: 'cleared', hour: hour + 1, reason: 'x' });
    }
    await insert(writer, { key: 'open', status: 'raised', hour: 2, reason: 'open' });
    const [{ active } = { active: 0 }] = await owner<{ active: number }[]>`
      select count(*)::integer as active from active_alerts`;
    const reader = connect(database.reader);
    const read = await reader.begin(async (transaction) => {
      // Of a table of some pages PostgreSQL would read all.
      await transaction`set local enable_seqscan = off`;
      const [row] = await transaction`explain (analyze, timing off, format json) select * from active_alerts`;
      return rowsRead(row?.['QUERY PLAN'] as unknown);
    });
    expect(active).toBeGreaterThan(0);
    expect(read).toBe(active);
  });

  test('of a history of before are known', async () => {
    const earlier = await make();
    const sql = connect(earlier.owner);
    await migrate(sql, readMigrations().slice(0, BEFORE));
    await sql`select ensure_partitions('2026-01-15')`;
    for (const key of ['old-a', 'old-b']) await insert(sql, { key, status: 'raised', hour: 1, reason: 'first' });
    await insert(sql, { key: 'old-a', status: 'raised', hour: 2, reason: 'worse' });
    await insert(sql, { key: 'old-b', status: 'cleared', hour: 3, reason: 'over' });
    const before = await ask(sql, CURRENT, 'old');
    await migrate(sql, readMigrations());
    expect(await ask(sql, CURRENT, 'old')).toEqual(before);
    expect(before).toEqual([{ alert_key: 'old-a', reason: 'worse' }]);
    await insert(sql, { key: 'old-a', status: 'cleared', hour: 4, reason: 'over' });
    expect(await ask(sql, CURRENT, 'old')).toEqual([]);
  });
});

type Plan = { readonly [key: string]: unknown };

/** Rows that a plan took from ops_alerts, those included that it then did not need. */
function rowsRead(node: unknown): number {
  if (Array.isArray(node)) return node.reduce<number>((sum, each) => sum + rowsRead(each), 0);
  if (typeof node !== 'object' || node === null) return 0;
  const plan = node as Plan;
  const inner = Object.values(plan).reduce<number>((sum, each) => sum + rowsRead(each), 0);
  if (!String(plan['Relation Name'] ?? '').startsWith('ops_alerts')) return inner;
  const loops = Number(plan['Actual Loops'] ?? 0);
  return inner + loops * (Number(plan['Actual Rows'] ?? 0) + Number(plan['Rows Removed by Filter'] ?? 0));
}
