// What the roles of a history database may not do, tried on a real PostgreSQL. That they may do their work is seen wherever a
// history-writer, a trace or a query runs: all tests and tools take the role that is meant for it.

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { randomBytes } from 'node:crypto';
import { type Database, openDatabase, troubleOf } from '../../../contracts/runtime/postgres/database.ts';
import { migrate, readMigrations, roleNotes } from '../../../contracts/runtime/postgres/migrations.ts';
import { TABLES } from '../../../sidecars/history-writer/postgres/tables.ts';
import { type FreshDatabase, freshDatabase } from '../../testing/database.ts';
import { describeWith } from '../../testing/services.ts';
import { asAdmin, makeRoles, urlsOf } from './roles.ts';

const HISTORY = Object.values(TABLES).map(({ name }) => name);
const PLAIN = ['schema_migrations', 'consumer_offsets', 'assets', 'dropped_partitions', 'active_alert_records'];
/** SQLSTATE of missing rights; an object of another owner, and a partition, give the same. */
const DENIED = '42501';

describeWith(['database'], 'the roles of the history', ({ database: server }) => {
  let database: FreshDatabase;
  const connections = new Map<string, Database>();
  const as = (url: string): Database => {
    const known = connections.get(url);
    if (known !== undefined) return known;
    const sql = openDatabase(url, { name: 'test', connections: 1, statementTimeoutMs: null });
    connections.set(url, sql);
    return sql;
  };
  /** SQLSTATE, or what it gave; what it did is undone. */
  const outcome = async (url: string, statement: string): Promise<string> => {
    const undo = new Error('undone');
    try {
      await as(url).begin(async (transaction) => {
        await transaction.unsafe(statement);
        throw undo;
      });
    } catch (error) {
      return error === undo ? 'done' : troubleOf(error).code;
    }
    return 'done';
  };
  const outcomes = async (url: string, statements: readonly string[]) =>
    await Promise.all(statements.map(async (text) => [text, await outcome(url, text)]));
  const all = (statements: readonly string[], code: string) => statements.map((text) => [text, code]);

  beforeAll(async () => {
    database = await freshDatabase('roles');
    await migrate(as(database.owner), readMigrations());
    await as(database.owner)`select ensure_partitions('2026-01-15')`;
    await as(
      database.owner,
    )`insert into consumer_offsets (consumer_group, topic, kafka_partition, owner) values ('g', 't', 0, 'o')`;
  });
  afterAll(async () => {
    for (const sql of connections.values()) await sql.end({ timeout: 2 });
    await database?.drop();
  });

  /** Nobody but the owner does these to any table. */
  const destroying = [...HISTORY, ...HISTORY.map((name) => `${name}_2026q1`), ...PLAIN].flatMap((name) => [
    `delete from ${name}`,
    `truncate ${name}`,
    `drop table ${name}`,
    `alter table ${name} add column other text`,
    `create trigger other before insert on ${name} for each row execute function suppress_redundant_updates_trigger()`,
  ]);
  /** Neither does anybody but the owner make anything, or become another one. */
  const making = [
    'create table other (a integer)',
    'create temporary table other (a integer)',
    'create schema other',
    'create role other',
    'create function other() returns integer language sql as $$ select 1 $$',
    'alter function ensure_partitions(date) security invoker',
    'set role unrip_owner',
    'set session authorization unrip_owner',
    "copy (select 1) to program 'true'",
    'lock table trade_decisions in access exclusive mode',
    'select lo_create(0)',
    "select lo_from_bytea(0, 'other')",
  ];

  test('the writer deletes, empties, changes and drops nothing of what is on record', async () => {
    const updates = [
      ...HISTORY.map((name) => `update ${name} set account_id = 'other'`),
      "update consumer_offsets set topic = 'other'",
      "update schema_migrations set sha256 = 'other'",
      "update assets set symbol = 'other'",
      "insert into schema_migrations (version, name, sha256) values (99, 'other', 'other')",
      "insert into assets values ('other', 'other', 1)",
      "insert into active_alert_records values ('other', now(), 'other')",
      "update active_alert_records set event_id = 'other'",
      'select * from active_alert_records for update',
    ];
    const statements = [...destroying, ...updates, ...making];
    expect(await outcomes(database.writer, statements)).toEqual(all(statements, DENIED));
  });

  test('the writer reads no more of history than the keys of its rows', async () => {
    const statements = [
      ...HISTORY.map((name) => `select envelope from ${name}`),
      ...HISTORY.map((name) => `select * from ${name}_2026q1`),
      'select * from inventory_by_asset',
      `insert into trade_decisions (written_at) values (now())`,
    ];
    expect(await outcomes(database.writer, statements)).toEqual(all(statements, DENIED));
    const allowed = HISTORY.map((name) => `select day, event_id from ${name}`);
    expect(await outcomes(database.writer, allowed)).toEqual(all(allowed, 'done'));
  });

  test('the writer has partitions made where records can be, which then belong to the owner', async () => {
    expect(await outcome(database.writer, "select ensure_partitions('1999-12-31')")).toBe('22008');
    expect(await outcome(database.writer, 'select ensure_partitions(current_date + 4000)')).toBe('22008');
    expect(await outcome(database.writer, 'select ensure_partitions(null)')).toBe('22008');
    // The caller's own search path counts for nothing.
    await as(database.writer)`select set_config('search_path', 'pg_temp, public', false)`;
    await as(database.writer)`select ensure_partitions('2026-04-15')`;
    const owners = await as(database.owner)`
      select distinct pg_get_userbyid(relowner) as owner from pg_class where relname like '%\_2026q2'`;
    expect(Array.from(owners)).toEqual([{ owner: 'unrip_owner' }]);
  });

  test('a role that can only read keeps nobody from making partitions', async () => {
    const reader = as(database.reader);
    await reader`select pg_advisory_lock(hashtext('unrip.ensure_partitions'))`;
    try {
      const making = "set local statement_timeout = '5s'; select ensure_partitions('2026-07-15')";
      expect(await outcome(database.writer, making)).toBe('done');
    } finally {
      await reader`select pg_advisory_unlock_all()`;
    }
  });

  test('a function with the rights of its owner looks in its own schema alone, and is for the writer alone', async () => {
    const found = await as(database.owner)`
      select proname, array_to_string(proconfig, ' ') as settings, prorettype = 'trigger'::regtype as is_trigger,
        has_function_privilege('unrip_writer', oid, 'EXECUTE') as writer,
        has_function_privilege('unrip_reader', oid, 'EXECUTE')
          or has_function_privilege('unrip_analyst', oid, 'EXECUTE') as reader
      from pg_proc where prosecdef and pronamespace = 'public'::regnamespace`;
    expect(found.map(({ proname }) => proname)).toContain('ensure_partitions');
    for (const { settings, is_trigger, writer, reader } of found) {
      expect(settings).toMatch(/\bsearch_path="?public"?, pg_temp$/);
      // Nobody calls a trigger.
      expect({ writer, reader }).toEqual({ writer: !is_trigger, reader: false });
    }
  });

  const expectReadsOnly = async (url: string): Promise<void> => {
    const views = await as(database.owner)`
      select relname as name from pg_class where relkind = 'v' and relnamespace = current_schema()::regnamespace`;
    expect(views.map(({ name }) => name)).toContain('trade_chain');
    const readable = [...HISTORY, ...PLAIN, ...views.map(({ name }) => name)].map((name) => `select * from ${name}`);
    expect(await outcomes(url, readable)).toEqual(all(readable, 'done'));
    const statements = [
      ...destroying,
      ...making,
      ...HISTORY.flatMap((name) => [
        `insert into ${name} (event_id) values ('other')`,
        `update ${name} set event_id = 'other'`,
      ]),
      "insert into consumer_offsets (consumer_group, topic, kafka_partition, owner) values ('g', 'o', 0, 'o')",
      'update consumer_offsets set next_offset = 0',
      'select * from consumer_offsets for update',
      "select ensure_partitions('2026-01-15')",
    ];
    expect(await outcomes(url, statements)).toEqual(all(statements, DENIED));
  };

  test('the reader reads everything and writes nothing', async () => {
    await expectReadsOnly(database.reader);
  });

  test('a person in the role of analysts reads everything and writes nothing', async () => {
    const person = `person_${database.name}`;
    const url = new URL(database.reader);
    url.username = person;
    url.password = randomBytes(12).toString('hex');
    await asAdmin(server.adminUrl, (sql) =>
      sql.unsafe(`create role ${person} login password '${url.password}' in role unrip_analyst`),
    );
    try {
      await expectReadsOnly(url.href);
    } finally {
      await connections.get(url.href)?.end({ timeout: 2 });
      await asAdmin(server.adminUrl, (sql) => sql.unsafe(`drop role ${person}`));
    }
  });

  test('none of them has rights on the server, and no other role gets into the database', async () => {
    const found = await as(database.owner)`
      select rolname from pg_roles where rolname in ('unrip_owner', 'unrip_writer', 'unrip_reader', 'unrip_analyst')
        and not (rolsuper or rolcreatedb or rolcreaterole or rolreplication or rolbypassrls)
        and not exists (select from pg_auth_members m where m.member = pg_roles.oid) order by 1`;
    expect(found.map(({ rolname }) => rolname)).toEqual([
      'unrip_analyst',
      'unrip_owner',
      'unrip_reader',
      'unrip_writer',
    ]);
    const [open] = await as(database.owner)`
      select has_database_privilege('pg_monitor', current_database(), 'CONNECT') as connect,
        has_database_privilege('unrip_writer', current_database(), 'TEMPORARY') as temporary`;
    expect(open).toEqual({ connect: false, temporary: false });
  });

  test('a database of a time with one role is taken over whole', async () => {
    const url = new URL(server.adminUrl);
    const name = `${database.name}_older`;
    url.pathname = `/${name}`;
    await asAdmin(server.adminUrl, (sql) => sql`create database ${sql(name)}`);
    try {
      const admin = as(url.href);
      await migrate(admin, readMigrations());
      await admin`select ensure_partitions('2026-01-15')`;
      expect((await roleNotes(admin)).join()).toContain('is a superuser');
      await makeRoles(url.href);
      const owner = as(urlsOf(url.href).owner);
      await migrate(owner, readMigrations());
      expect(await roleNotes(owner)).toEqual([]);
      const others = await owner`select relname from pg_class
        where relnamespace = 'public'::regnamespace and relowner <> 'unrip_owner'::regrole`;
      expect(Array.from(others)).toEqual([]);
      expect(await outcome(urlsOf(url.href).writer, "select ensure_partitions('2026-04-15')")).toBe('done');
      expect(await outcome(urlsOf(url.href).reader, 'select * from trade_decisions')).toBe('done');
    } finally {
      await connections.get(url.href)?.end({ timeout: 2 });
      for (const one of Object.values(urlsOf(url.href))) await connections.get(one)?.end({ timeout: 2 });
      await asAdmin(server.adminUrl, (sql) => sql`drop database ${sql(name)} with (force)`);
    }
  });
});
