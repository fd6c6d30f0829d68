// The partitions of a history database, and how one of them is dropped: as a whole, on record, without holding up the writer for long.

import type { Database } from '../../contracts/runtime/postgres/database.ts';
import type { Partition } from './plan.ts';

/** Readers and the history-writer queue behind a drop that waits for a query to end. */
const LOCK_WAIT = '5s';
/** SQLSTATE: a lock was not had in that time. */
export const LOCK_NOT_AVAILABLE = '55P03';

/** The bounds of a partition as PostgreSQL writes them. */
const BOUNDS = String.raw`FROM \('([0-9]{4}-[0-9]{2}-[0-9]{2})'\) TO \('([0-9]{4}-[0-9]{2}-[0-9]{2})'\)`;

type Row = {
  table: string;
  name: string;
  from_day: string;
  to_day: string;
  bytes: string;
  rows: string;
  active: boolean;
};

/** Of every table of the schema, those without bounds of days left out. */
export async function readPartitions(sql: Database): Promise<Partition[]> {
  const rows = await sql<Row[]>`
    select p.relname as table, c.relname as name, b.m[1] as from_day, b.m[2] as to_day,
      pg_total_relation_size(c.oid)::text as bytes, c.reltuples::bigint::text as rows,
      p.relname = 'ops_alerts' and exists (select from active_alert_records a
        where a.day >= b.m[1]::date and a.day < b.m[2]::date) as active
    from pg_partitioned_table t
    join pg_class p on p.oid = t.partrelid
    join pg_inherits i on i.inhparent = p.oid
    join pg_class c on c.oid = i.inhrelid
    cross join lateral (select regexp_match(pg_get_expr(c.relpartbound, c.oid),
      ${BOUNDS}::text) as m) as b
    where p.relnamespace = current_schema()::regnamespace and b.m is not null
    order by p.relname, b.m[1]`;
  return rows.map(({ table, name, from_day, to_day, bytes, rows: count, active }) => ({
    table,
    name,
    fromDay: from_day,
    toDay: to_day,
    bytes: Number(bytes),
    rows: Number(count) < 0 ? null : Number(count),
    hasActiveAlerts: active,
  }));
}

/** The first day of the month that was so many months ago, by the server's clock, in UTC. */
export async function cutoffDayOf(sql: Database, keepMonths: number): Promise<string> {
  const [row] = await sql<{ day: string }[]>`
    select (date_trunc('month', now() at time zone 'UTC') - make_interval(months => ${keepMonths}::text::integer))::date::text as day`;
  if (row === undefined) throw new Error('PostgreSQL gave no date');
  return row.day;
}

/** @returns how many rows it had. Throws with the code LOCK_NOT_AVAILABLE when somebody is busy with the table; then it is still there. */
export async function dropPartition(sql: Database, partition: Partition): Promise<number> {
  const { table, name, fromDay, toDay, bytes } = partition;
  return await sql.begin(async (transaction) => {
    await transaction.unsafe(`set local lock_timeout = '${LOCK_WAIT}'`);
    await transaction`lock table only ${transaction(name)} in share mode`;
    const [counted] = await transaction<{ count: string }[]>`select count(*)::text as count from ${transaction(name)}`;
    const count = counted?.count ?? '0';
    await transaction`insert into dropped_partitions (partition_name, table_name, from_day, to_day, row_count, bytes)
      values (${name}, ${table}, ${fromDay}::text::date, ${toDay}::text::date, ${count}::text::bigint, ${String(bytes)}::text::bigint)`;
    await transaction`drop table ${transaction(name)}`;
    return Number(count);
  });
}
