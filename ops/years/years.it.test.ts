// Five years of partitions in a PostgreSQL of default settings: every documented query has the locks it needs with five
// sessions at once, runs in psql as it is written, and finds its rows by an index.

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { join } from 'node:path';
import { KNOWN_ASSETS } from '../../contracts/assets.ts';
import { type Database, openDatabase } from '../../contracts/runtime/postgres/database.ts';
import { migrate, readMigrations } from '../../contracts/runtime/postgres/migrations.ts';
import { TOPICS } from '../../contracts/topics/registry.ts';
import { type OwnPostgres, startOwnPostgres } from '../testing/own-postgres.ts';
import { describeWith } from '../testing/services.ts';
import { type TempDir, tempDir } from '../testing/temp-dir.ts';
import { readChecks, readQueries, withQuote } from './documented.ts';
import { fillYears, WHOLE_TX, wholeQuoteOf } from './fill.ts';
import { runSessions } from './sessions.ts';

const MONTHS = 60;
const QUOTE = wholeQuoteOf(0);

describeWith(['database'], 'five years of history', () => {
  let directory: TempDir;
  let server: OwnPostgres;
  let sql: Database;

  beforeAll(async () => {
    directory = tempDir('years');
    server = await startOwnPostgres(join(directory.path, 'postgres'));
    sql = openDatabase(server.database.owner, { name: 'test', connections: 1, statementTimeoutMs: null });
    await migrate(sql, readMigrations());
    await fillYears(sql, { quotes: 2000, months: MONTHS }, () => undefined);
  });
  afterAll(async () => {
    await sql?.end({ timeout: 2 });
    await server?.remove();
    directory?.[Symbol.dispose]();
  });

  test('the server has default settings, and every table 60 months of partitions', async () => {
    const [settings] = await sql`select current_setting('max_locks_per_transaction') as locks,
      current_setting('max_connections') as connections, current_setting('shared_buffers') as buffers`;
    expect(settings).toEqual({ locks: '64', connections: '100', buffers: '128MB' });
    const tables = await sql`select p.relname, count(*)::integer as count from pg_inherits i
      join pg_class p on p.oid = i.inhparent where p.relkind = 'p' group by 1`;
    expect(tables).toHaveLength(TOPICS.length);
    for (const { count } of tables) expect(count).toBeGreaterThanOrEqual(MONTHS / 3);
  });

  test('trace, every documented query and every check work in five sessions at once', async () => {
    const measured = await runSessions(server.database.reader, [QUOTE]);
    expect(measured.filter(({ problems }) => problems.length > 0)).toEqual([]);
    expect(measured.find(({ name }) => name === 'trace')?.rows).toBe(3);
    const checks = new Set(readChecks().map(({ name }) => name));
    expect(measured.filter(({ name, rows }) => checks.has(name) && rows > 0)).toEqual([]);
  });

  test('every table, view and column has its meaning in the database', async () => {
    const lacking = await sql`select c.relname || coalesce('.' || a.attname, '') as name
      from pg_class c
      cross join lateral (select null::name as attname, 0 as attnum
        union all select a.attname, a.attnum from pg_attribute a
          where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as a
      where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p', 'v') and not c.relispartition
        and col_description(c.oid, a.attnum) is null and (a.attnum > 0 or obj_description(c.oid, 'pg_class') is null)`;
    expect(lacking.map(({ name }) => name)).toEqual([]);
  });

  test('the assets of the database are those of the code', async () => {
    const rows = await sql`select id, symbol, decimals from assets order by id`;
    const known = KNOWN_ASSETS.map(({ id, symbol, decimals }) => ({ id, symbol, decimals }));
    expect([...rows]).toEqual(known.sort((one, other) => (one.id < other.id ? -1 : 1)));
  });

  test('inventory by asset has the change by settlements under its own name', async () => {
    const rows = await sql`select distinct asset_id, settled_change from inventory_by_asset`;
    expect(rows.length).toBeGreaterThan(0);
    for (const { settled_change } of rows) expect(settled_change).not.toBeNull();
  });

  test('eight tables joined over all years take less than a tenth of the locks', async () => {
    await sql.begin(async (transaction) => {
      const others = [
        'raw_near_intents_quotes',
        'swap_demand_events',
        'execute_trade_commands',
        'trade_execution_results',
      ];
      const unrelated = ['market_price_events', 'intent_inventory_snapshots', 'service_health_events'];
      await transaction.unsafe(`select 1 from trade_decisions d
        ${others.map((table) => `join ${table} using (quote_id)`).join(' ')}
        ${unrelated.map((table) => `left join ${table} on ${table}.event_id = d.event_id`).join(' ')}
        where quote_id = '${QUOTE}'`);
      const [taken] = await transaction`select count(*)::integer as count from pg_locks where pid = pg_backend_pid()`;
      expect(taken?.['count']).toBeGreaterThan(500);
      expect(taken?.['count']).toBeLessThan(1500);
    });
  });

  const documented = readQueries();

  test('there is a documented query for each of the questions', () => expect(documented.length).toBeGreaterThan(10));

  test.each(documented)('in psql, as written: $name', async ({ text }) => {
    const asked = text.replace('8yFNEk7GmRcM3NMJihwCKXt8ZANLpL2koVFWWH1MEEj', WHOLE_TX);
    const psql = Bun.which('psql');
    if (psql === null) {
      // A machine without psql: its variables are put in as it would.
      await sql.unsafe(withQuote(asked, QUOTE));
      return;
    }
    const flags = [
      '--no-psqlrc',
      '--quiet',
      '--tuples-only',
      '--set=ON_ERROR_STOP=1',
      '--dbname',
      server.database.reader,
    ];
    const input = new Blob([`\\set quote ${QUOTE}\n${asked}`]);
    const child = Bun.spawn([psql, ...flags], { stdin: input, stdout: 'pipe', stderr: 'pipe' });
    const [out, error, code] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
      child.exited,
    ]);
    expect([error, code]).toEqual(['', 0]);
    if (text.includes(":'quote'") || text.includes('tx_hash =')) expect(out.trim()).not.toBe('');
  });

  const plans = [...documented, ...readChecks()];
  test.each(plans)('finds its rows by an index: $name', async ({ text }) => {
    await sql.begin(async (transaction) => {
      // What is read whole although that is made dear has no index that fits.
      await transaction`set local enable_seqscan = off`;
      const [row] = await transaction.unsafe(`explain (format json) ${withQuote(text, QUOTE)}`);
      const whole = wholeScans(row?.['QUERY PLAN'] as unknown);
      expect(whole).toEqual([]);
    });
  });
});

type Plan = { readonly [key: string]: unknown };

/** A row for each known asset, or for each alert that is active now: read whole, it is a page or two. */
const SMALL: ReadonlySet<unknown> = new Set(['assets', 'active_alert_records']);

/** Relations that a plan reads from their beginning to their end. */
function wholeScans(node: unknown): string[] {
  if (Array.isArray(node)) return node.flatMap(wholeScans);
  if (typeof node !== 'object' || node === null) return [];
  const plan = node as Plan;
  const inner = Object.values(plan).flatMap(wholeScans);
  const type = String(plan['Node Type'] ?? '');
  if (SMALL.has(plan['Relation Name'])) return inner;
  const isWhole = type === 'Seq Scan' || (/^Index (?:Only )?Scan/.test(type) && plan['Index Cond'] === undefined);
  return isWhole ? [String(plan['Relation Name']), ...inner] : inner;
}
