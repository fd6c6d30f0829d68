// The PostgreSQL side: who owns a partition, and the one transaction that writes a batch and moves its offsets. Offsets are
// locked and compared first: the rows of a member that is no longer the owner are never written. What is in the tables
// already is passed over by (day, event_id): a batch is copied as if all of it were new, and inserted row by row when some of it
// is not. Errors of the connection are thrown as they come; what lies in the records is
// a result.

import type { Clock } from '../../../contracts/runtime/clock.ts';
import {
  type Database,
  type DatabaseTrouble,
  isOfRecord,
  openDatabase,
  type Transaction,
  troubleOf,
} from '../../../contracts/runtime/postgres/database.ts';
import {
  type Applied,
  compareSchema,
  type Migration,
  readMigrations,
  type SchemaStatus,
  schemaStatus,
} from '../../../contracts/runtime/postgres/migrations.ts';
import { LATE, within } from '../../../contracts/runtime/wait.ts';
import type { BufferedRecord, OffsetRange, TopicPartition } from '../pending-batch.ts';
import { quarterOf } from './days.ts';
import { arrayLiteral } from './rows.ts';
import { copyAll, daysOf, findTaken, insertAll, type Refused, type TableWork, workOf } from './table-work.ts';

/** The offset in the table of offsets, when it is not the one that the writer assumed. */
export type Moved = TopicPartition & { readonly written: bigint; readonly ours: boolean };

/** Where to read a partition on. `left`: the topic was made again, and the one before it was left there. */
export type Start = {
  readonly next: bigint;
  readonly left: bigint | null;
  /** Wall time of the last write to it, by whichever member; null: it has none. */
  readonly writtenAtMs: number | null;
};

/** The instance that has a partition, in this database. */
export type Owned = { readonly topic: string; readonly partition: number; readonly owner: string };

/** Why nothing may be written for now, and what to do; null: it may. */
export type Standstill = { readonly kind: 'not_migrated' | 'clock_apart'; readonly problem: string } | null;

export type WriteResult =
  /** `repeated`: rows that were there before. */
  | { readonly kind: 'written'; readonly rows: number; readonly repeated: number }
  | { readonly kind: 'moved'; readonly moved: readonly Moved[] }
  | { readonly kind: 'refused'; readonly refused: readonly Refused[] }
  | { readonly kind: 'standstill'; readonly standstill: NonNullable<Standstill> };

/** Longest statement on the server; a server that is gone without a word does not keep to it, hence the second limit. */
const STATEMENT_TIMEOUT_MS = 20_000;
const ANSWER_TIMEOUT_MS = 30_000;
/** Two lanes of a batch, and what is asked meanwhile. */
const CONNECTIONS = 3;
/** The window of plausible times reaches a day ahead. */
const CLOCK_APART_MAX_MS = 12 * 3_600_000;

const APPLIED = 'select version, name, sha256 from schema_migrations order by version';

/**
 * For one transaction. Most rows are long enough for PostgreSQL to compress them, which with its default method takes it a quarter
 * of the time of a batch. Not every server has this one.
 */
const COMPRESSION = `select set_config(name, 'lz4', true) from pg_settings
where name = 'default_toast_compression' and 'lz4' = any(enumvals)`;

const OFFSETS = `select o.topic, o.kafka_partition, o.next_offset::text as next_offset, o.owner
from unnest($2::text[], $3::integer[]) as r(topic, kafka_partition)
join consumer_offsets o on o.consumer_group = $1 and o.topic = r.topic and o.kafka_partition = r.kafka_partition
order by o.topic, o.kafka_partition for update of o`;

const MOVE = `update consumer_offsets o set next_offset = r.next_offset, updated_at = now()
from unnest($2::text[], $3::integer[], $4::bigint[]) as r(topic, kafka_partition, next_offset)
where o.consumer_group = $1 and o.topic = r.topic and o.kafka_partition = r.kafka_partition`;

/** A topic with another id is another topic: its offsets begin again. `left`: where the one before it was left. */
const TAKE_OVER = `with before as (select topic, kafka_partition, next_offset, topic_id from consumer_offsets where consumer_group = $1)
insert into consumer_offsets as o (consumer_group, topic, kafka_partition, owner, topic_id)
select $1, r.topic, r.kafka_partition, $2, r.topic_id
from unnest($3::text[], $4::integer[], $5::text[]) as r(topic, kafka_partition, topic_id)
order by r.topic, r.kafka_partition
on conflict (consumer_group, topic, kafka_partition) do update set owner = excluded.owner, owned_since = now(),
  topic_id = coalesce(excluded.topic_id, o.topic_id),
  next_offset = case when o.topic_id <> excluded.topic_id then 0 else o.next_offset end
returning o.topic, o.kafka_partition, o.next_offset::text as next_offset,
  case when o.next_offset > 0 then floor(extract(epoch from o.updated_at) * 1000)::text end as written_at_ms, (select b.next_offset::text from before b
  where b.topic = o.topic and b.kafka_partition = o.kafka_partition and b.topic_id <> o.topic_id) as left`;

/** Of each transaction: otherwise the driver waits for their descriptions first, and PostgreSQL plans them again each time. */
const PREPARED = { prepare: true } as const;

/** Whether an error can be the fault of what was written. */
type IsAtFault = (trouble: DatabaseTrouble) => boolean;

const isOfData: IsAtFault = ({ kind }) => kind === 'data';

type Batch = {
  readonly work: readonly TableWork[];
  readonly ranges: readonly OffsetRange[];
  readonly onRows: () => void;
};

/** Puts the rows into their tables; gives how many of each were not there yet. */
type Put = (sql: Transaction, work: readonly TableWork[]) => Promise<readonly number[]>;

/** All are on their way at once; the first that fails ends the transaction. */
const insertEach: Put = (sql, work) => Promise.all(work.map((one) => insertAll(sql, one)));

type StartRow = {
  topic: string;
  kafka_partition: number;
  next_offset: string;
  written_at_ms: string | null;
  left: string | null;
};
type OffsetRow = { topic: string; kafka_partition: number; next_offset: string; owner: string };

/** After a transaction that held repeats, so many are not tried as new: a topic that is read again repeats for long. */
const INSERTS_AFTER_REPEATS = 20;

/** Rolls the transaction back and carries the result out of it. */
class Abandon extends Error {
  readonly result: WriteResult;
  constructor(result: WriteResult) {
    super('abandoned');
    this.result = result;
  }
}

export type StoreOptions = {
  readonly url: string;
  readonly group: string;
  /** This member, in the table of offsets. */
  readonly owner: string;
  /** Of topic names in the table of offsets, for tests that share a broker. */
  readonly topicPrefix: string;
  /** Longest wait for an answer before the connection is given up. */
  readonly answerTimeoutMs?: number;
  readonly timers: Pick<Clock, 'after'>;
};

export class Store {
  readonly #options: StoreOptions;
  readonly #quarters = new Set<string>();
  /** Those of this program; the files may be of the next one by now. */
  readonly #migrations: readonly Migration[] = readMigrations();
  #sql: Database;
  #insertsLeft = 0;

  constructor(options: StoreOptions) {
    this.#options = options;
    this.#sql = this.#open();
  }

  /** Whether the database has the schema of this program, and a clock like ours. @param nowMs reads our own */
  async standstill(nowMs: () => number): Promise<Standstill> {
    const schema = await this.#answered((sql) => schemaStatus(sql, this.#migrations));
    return schemaProblem(schema) ?? (await this.clockApart(nowMs));
  }

  /** A record is judged by our clock, and not at all while the server's says something else altogether. */
  async clockApart(nowMs: () => number): Promise<Standstill> {
    const [row] = await this.#answered(
      (sql) => sql<{ now: string }[]>`select floor(extract(epoch from clock_timestamp()) * 1000)::text as now`,
    );
    const ownMs = nowMs();
    const aheadMs = ownMs - Number(row?.now);
    if (Math.abs(aheadMs) <= CLOCK_APART_MAX_MS) return null;
    const hours = Math.round(Math.abs(aheadMs) / 3_600_000);
    const way = aheadMs > 0 ? 'ahead of' : 'behind';
    const problem = `the clock of this machine is ${hours} h ${way} that of PostgreSQL: set the one that is wrong`;
    return { kind: 'clock_apart', problem };
  }

  async ping(): Promise<void> {
    await this.#answered((sql) => sql`select 1`);
  }

  /** Makes this member the owner; gives where to read on, in the same order. @param topicIds by the names in Kafka, where known */
  async takeOver(places: readonly TopicPartition[], topicIds: ReadonlyMap<string, string>): Promise<Start[]> {
    if (places.length === 0) return [];
    const { group, owner, topicPrefix } = this.#options;
    const ids = arrayLiteral(places.map(({ topic }) => topicIds.get(topicPrefix + topic) ?? null));
    const rows = await this.#answered((sql) =>
      sql.unsafe<StartRow[]>(TAKE_OVER, [group, owner, this.#topics(places), partitionsOf(places), ids]),
    );
    const starts = new Map(rows.map((row) => [`${row.kafka_partition} ${row.topic}`, row]));
    return places.map((place) => {
      const { next_offset = '0', written_at_ms = null, left = null } = starts.get(this.#key(place)) ?? {};
      return {
        next: BigInt(next_offset),
        left: left === null ? null : BigInt(left),
        writtenAtMs: written_at_ms === null ? null : Number(written_at_ms),
      };
    });
  }

  /** Who took each partition over last; topics by their names in Kafka. */
  async owners(): Promise<readonly Owned[]> {
    const { group } = this.#options;
    return await this.#answered(
      (sql) => sql<Owned[]>`
        select topic, kafka_partition as partition, owner from consumer_offsets where consumer_group = ${group}`,
    );
  }

  /** Makes the partitions that hold these days where they are missing. */
  async ensureDays(days: Iterable<string>): Promise<void> {
    for (const day of days) {
      const quarter = quarterOf(day);
      if (this.#quarters.has(quarter)) continue;
      await this.#answered((sql) => sql`select ensure_partitions(${day}::text::date)`);
      this.#quarters.add(quarter);
    }
  }

  /**
   * One try. `held` without its dead letters goes into the tables; the offsets move over all of it.
   * @param onRows when PostgreSQL is about to be given the rows, which keeps it busy for most of the time
   */
  async write(
    held: readonly BufferedRecord[],
    ranges: readonly OffsetRange[],
    onRows: () => void = () => undefined,
  ): Promise<WriteResult> {
    const { work, refused: unrenderable } = workOf(held);
    if (unrenderable.length > 0) return { kind: 'refused', refused: unrenderable };
    await this.ensureDays(daysOf(work));
    const batch = { work, ranges, onRows };
    const result = await this.#copy(batch);
    if (result !== null) return result;
    try {
      return await this.#transact(batch, insertEach);
    } catch (error) {
      if (troubleOf(error).kind !== 'data') throw error;
      // What no longer fits a schema that somebody has changed is the fault of no record.
      const changed = schemaProblem(await this.#answered((sql) => schemaStatus(sql, this.#migrations)));
      if (changed !== null) return { kind: 'standstill', standstill: changed };
      // Somebody may have dropped a partition that was known to be there.
      this.#quarters.clear();
      await this.ensureDays(daysOf(work));
      const refused = await this.#findUnstorable(work, isOfData);
      if (refused.length === 0) throw error;
      return { kind: 'refused', refused };
    }
  }

  /** Rows alone: offsets stay, and whoever reads these records finds them there. */
  async insert(held: readonly BufferedRecord[]): Promise<void> {
    const { work } = workOf(held);
    await this.ensureDays(daysOf(work));
    await this.#answered((sql) =>
      sql.begin((transaction) => Promise.all(work.map((one) => insertAll(transaction, one)))),
    );
  }

  /**
   * Looks for the records that fail by themselves while others of their table can be written, whatever the error is.
   * @throws Error when there are none: then the batch fails for another reason
   */
  async isolate(held: readonly BufferedRecord[]): Promise<WriteResult> {
    const { work } = workOf(held);
    await this.ensureDays(daysOf(work));
    const refused: Refused[] = [];
    for (const one of work) {
      const found = await this.#findUnstorable([one], isOfRecord);
      // A table in which nothing can be written at all is at fault itself, unless there is but one record to judge by.
      if (found.length < one.held.length || found.length === 1) refused.push(...found);
    }
    if (refused.length === 0) throw new Error('the batch cannot be written, and no single record is at fault');
    return { kind: 'refused', refused };
  }

  async close(): Promise<void> {
    await this.#sql.end({ timeout: 2 });
  }

  /** Null: some of it cannot be written as new, or what was written lately could not. */
  async #copy(batch: Batch): Promise<WriteResult | null> {
    if (this.#insertsLeft > 0) {
      this.#insertsLeft--;
      return null;
    }
    try {
      return await this.#transact(batch, copyAll);
    } catch (error) {
      if (troubleOf(error).kind !== 'data') throw error;
      this.#insertsLeft = INSERTS_AFTER_REPEATS;
      return null;
    }
  }

  async #transact(batch: Batch, put: Put): Promise<WriteResult> {
    try {
      return await this.#answered((sql) => sql.begin((transaction) => this.#writeIn(transaction, batch, put)));
    } catch (error) {
      if (error instanceof Abandon) return error.result;
      throw error;
    }
  }

  async #writeIn(sql: Transaction, { work, ranges, onRows }: Batch, put: Put): Promise<WriteResult> {
    const { group } = this.#options;
    const targets = arrayLiteral(ranges.map(({ to }) => to.toString()));
    // All at once: what turns out to be wrong is rolled back.
    const [moved, applied] = await Promise.all([
      this.#compare(sql, ranges),
      sql.unsafe<Applied[]>(APPLIED),
      sql.unsafe(COMPRESSION),
      sql.unsafe(MOVE, [group, this.#topics(ranges), partitionsOf(ranges), targets], PREPARED),
    ]);
    const changed = schemaProblem(compareSchema(this.#migrations, applied));
    if (changed !== null) throw new Abandon({ kind: 'standstill', standstill: changed });
    if (moved.length > 0) throw new Abandon({ kind: 'moved', moved });
    onRows();
    const counts = await put(sql, work);
    let rows = 0;
    let repeated = 0;
    const refused: Refused[] = [];
    for (const [index, one] of work.entries()) {
      const inserted = counts[index] ?? 0;
      rows += inserted;
      if (inserted === one.held.length) continue;
      const taken = await findTaken(sql, one);
      refused.push(...taken);
      repeated += one.held.length - inserted - taken.length;
    }
    if (refused.length > 0) throw new Abandon({ kind: 'refused', refused });
    return { kind: 'written', rows, repeated };
  }

  /** Locks the offsets of the batch and gives those that are not ours or not where they should be. */
  async #compare(sql: Transaction, ranges: readonly OffsetRange[]): Promise<Moved[]> {
    const { group, owner } = this.#options;
    const places = [group, this.#topics(ranges), partitionsOf(ranges)];
    const found = await sql.unsafe<OffsetRow[]>(OFFSETS, places, PREPARED);
    const byPlace = new Map(found.map((row) => [`${row.kafka_partition} ${row.topic}`, row]));
    return ranges.flatMap(({ topic, partition, from }) => {
      const row = byPlace.get(this.#key({ topic, partition }));
      if (row === undefined) return [{ topic, partition, written: 0n, ours: false }];
      const written = BigInt(row.next_offset);
      const ours = row.owner === owner && written >= from;
      return ours && written === from ? [] : [{ topic, partition, written, ours }];
    });
  }

  /** Which records the database refuses as they are: tried in halves, each try rolled back. */
  async #findUnstorable(work: readonly TableWork[], isAtFault: IsAtFault): Promise<Refused[]> {
    const refused: Refused[] = [];
    const search = async (one: TableWork): Promise<void> => {
      const problem = await this.#tryOut(one, isAtFault);
      if (problem === null) return;
      const [only] = one.held;
      if (one.held.length === 1 && only !== undefined) {
        refused.push({ held: only, reason: 'not_storable', detail: problem });
        return;
      }
      const middle = one.held.length >> 1;
      await search({ table: one.table, held: one.held.slice(0, middle) });
      await search({ table: one.table, held: one.held.slice(middle) });
    };
    for (const one of work) await search(one);
    return refused;
  }

  async #tryOut(one: TableWork, isAtFault: IsAtFault): Promise<string | null> {
    try {
      await this.#answered((sql) =>
        sql.begin(async (transaction) => {
          await insertAll(transaction, one);
          throw new Abandon({ kind: 'refused', refused: [] });
        }),
      );
    } catch (error) {
      if (error instanceof Abandon) return null;
      const trouble = troubleOf(error);
      if (!isAtFault(trouble)) throw error;
      return `${trouble.message} (${trouble.code})`;
    }
    return null;
  }

  #topics(places: readonly TopicPartition[]): string {
    return arrayLiteral(places.map(({ topic }) => this.#options.topicPrefix + topic));
  }

  #key({ topic, partition }: TopicPartition): string {
    return `${partition} ${this.#options.topicPrefix}${topic}`;
  }

  #open(): Database {
    return openDatabase(this.#options.url, {
      name: 'unrip-history-writer',
      connections: CONNECTIONS,
      statementTimeoutMs: STATEMENT_TIMEOUT_MS,
    });
  }

  /**
   * A server that does not answer, or that ended a connection, is left: all connections to it are dropped and the next try makes
   * new ones. The driver would replace them one by one, and now and then hands out one that is already dead.
   */
  async #answered<T>(ask: (sql: Database) => PromiseLike<T>): Promise<T> {
    const sql = this.#sql;
    const limitMs = this.#options.answerTimeoutMs ?? ANSWER_TIMEOUT_MS;
    const leave = (): void => {
      if (this.#sql !== sql) return;
      this.#sql = this.#open();
      sql.end({ timeout: 0 }).catch(() => undefined);
    };
    try {
      const answer = await within(this.#options.timers, ask(sql), limitMs);
      if (answer !== LATE) return answer;
      throw Object.assign(new Error(`PostgreSQL did not answer within ${limitMs} ms`), { code: 'CONNECTION_TIMEOUT' });
    } catch (error) {
      if (troubleOf(error).kind === 'unreachable') leave();
      throw error;
    }
  }
}

function schemaProblem(schema: SchemaStatus): Standstill {
  if (schema.ok && schema.pending.length === 0) return null;
  const lacking = schema.ok ? `the database lacks ${schema.pending.length} migrations` : schema.problem;
  return { kind: 'not_migrated', problem: `${lacking}: run ./unrip migrate` };
}

const partitionsOf = (places: readonly TopicPartition[]): string =>
  arrayLiteral(places.map(({ partition }) => partition.toString()));
