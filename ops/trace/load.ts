// Reads the records of one quote from PostgreSQL, each from the text of its envelope, which is what arrived. Each statement
// reads one table: a statement locks all partitions of a table that its conditions do not exclude, and a quote's day is not
// known from its id.

import type { Envelope } from '../../contracts/envelope.ts';
import type { Database } from '../../contracts/runtime/postgres/database.ts';
import { RECORDS_MAX, type Records, SIBLINGS_MAX } from './story.ts';

export type Loaded =
  | { readonly kind: 'found'; readonly records: Records }
  | { readonly kind: 'unknown' }
  /** The quote was heard by several accounts, and none was named. */
  | { readonly kind: 'ambiguous'; readonly accounts: readonly string[] };

/** How long before the arrival, and after the last record, a control action counts as near. */
const NEAR_BEFORE_MS = 10 * 60_000;
const NEAR_AFTER_MS = 60_000;
const ACTIONS_MAX = 20;

/** Where a quote is looked for by its id, each in the order of its story. */
const QUOTE_TABLES = {
  raw: { table: 'raw_near_intents_quotes', order: 'received_at, event_id' },
  demands: { table: 'swap_demand_events', order: 'ingested_at, event_id' },
  decisions: { table: 'trade_decisions', order: 'ingested_at, event_id' },
  commands: { table: 'execute_trade_commands', order: 'ingested_at, event_id' },
  results: { table: 'trade_execution_results', order: 'transition_seq, event_id' },
} as const;

type Row = { readonly envelope: string };
type QuoteRow = Row & { readonly day: string };
/** The first of them, and how many there are. */
type QuoteRows = { readonly rows: readonly QuoteRow[]; readonly total: number };
type TableName = keyof typeof QUOTE_TABLES;

/** @param accountId null: whichever account heard it */
export async function loadRecords(sql: Database, quoteId: string, accountId: string | null): Promise<Loaded> {
  const totals: Record<TableName, ReadonlyMap<string, number>> = {
    raw: await totalsOf(sql, 'raw', quoteId),
    demands: await totalsOf(sql, 'demands', quoteId),
    decisions: await totalsOf(sql, 'decisions', quoteId),
    commands: await totalsOf(sql, 'commands', quoteId),
    results: await totalsOf(sql, 'results', quoteId),
  };
  const accounts = [...new Set(Object.values(totals).flatMap((some) => [...some.keys()]))].sort();
  const [first] = accountId === null ? accounts : accounts.filter((account) => account === accountId);
  if (first === undefined) return { kind: 'unknown' };
  if (accountId === null && accounts.length > 1) return { kind: 'ambiguous', accounts };
  const of = async (name: TableName): Promise<QuoteRows> => {
    const { table, order } = QUOTE_TABLES[name];
    const text = `select day::text as day, envelope from ${table}
      where quote_id = $1 and account_id = $2 order by ${order} limit ${RECORDS_MAX}`;
    return { rows: await sql.unsafe<QuoteRow[]>(text, [quoteId, first]), total: totals[name].get(first) ?? 0 };
  };
  const found = {
    raw: await of('raw'),
    demands: await of('demands'),
    decisions: await of('decisions'),
    commands: await of('commands'),
    results: await of('results'),
  };
  return { kind: 'found', records: await recordsOf({ sql, quoteId, accountId: first, found }) };
}

/** How many records each account has of the quote. */
async function totalsOf(sql: Database, name: TableName, quoteId: string): Promise<ReadonlyMap<string, number>> {
  const { table } = QUOTE_TABLES[name];
  const text = `select account_id, count(*)::integer as total from ${table} where quote_id = $1 group by account_id`;
  const rows = await sql.unsafe<{ account_id: string; total: number }[]>(text, [quoteId]);
  return new Map(rows.map(({ account_id, total }) => [account_id, total]));
}

type QuoteSource = {
  readonly sql: Database;
  readonly quoteId: string;
  readonly accountId: string;
  readonly found: Readonly<Record<TableName, QuoteRows>>;
};

async function recordsOf({ sql, quoteId, accountId, found }: QuoteSource): Promise<Records> {
  const raw = parsed<Records['raw'][number]['payload']>(found.raw.rows);
  const demands = parsed<NonNullable<Records['demand']>['payload']>(found.demands.rows);
  const decisions = parsed<NonNullable<Records['decision']>['payload']>(found.decisions.rows);
  const commands = parsed<NonNullable<Records['command']>['payload']>(found.commands.rows);
  const results = parsed<Records['results'][number]['payload']>(found.results.rows);
  const days = Object.values(found).flatMap(({ rows }) => rows.map(({ day }) => day));
  const firstDay = days.reduce((first, day) => (day < first ? day : first), '9999-12-31');
  const decision = decisions[0] ?? null;
  const nonce = results.find(({ payload }) => payload.nonce !== null)?.payload.nonce ?? null;
  const times = [...raw, ...demands, ...decisions, ...commands, ...results].map(({ ingested_at }) =>
    Date.parse(ingested_at),
  );
  const [siblings, marketSample, inventory, controlActions] = await Promise.all([
    nonce === null ? { envelopes: [], counts: {} } : siblingsOf({ sql, quoteId, accountId, nonce, firstDay }),
    sampleOf<NonNullable<Records['marketSample']>['payload']>({ sql, accountId, decision, table: PRICES }),
    sampleOf<NonNullable<Records['inventory']>['payload']>({ sql, accountId, decision, table: INVENTORIES }),
    actionsNear(sql, accountId, {
      fromMs: Math.min(...times) - NEAR_BEFORE_MS,
      toMs: Math.max(...times) + NEAR_AFTER_MS,
    }),
  ]);
  return {
    quoteId,
    accountId,
    raw,
    rawCount: found.raw.total,
    demand: demands[0] ?? null,
    decision,
    decisionCount: found.decisions.total,
    command: commands[0] ?? null,
    commandCount: found.commands.total,
    results,
    resultCount: found.results.total,
    siblings: siblings.envelopes,
    siblingCounts: siblings.counts,
    marketSample,
    inventory,
    controlActions: controlActions.envelopes,
    controlActionCount: controlActions.total,
  };
}

type OfNonce = {
  readonly sql: Database;
  readonly quoteId: string;
  readonly accountId: string;
  readonly nonce: string;
  /** First day with a record of the quote itself. */
  readonly firstDay: string;
};

/** A nonce lives for hours at most, so that its quotes are not much older than this one; what ends them may come later. */
async function siblingsOf({ sql, quoteId, accountId, nonce, firstDay }: OfNonce) {
  const last = sql`
    select distinct on (quote_id) quote_id, status, at, envelope from trade_execution_results
    where nonce = ${nonce} and account_id = ${accountId} and quote_id <> ${quoteId}
      and day >= ${firstDay}::text::date - 2
    order by quote_id, transition_seq desc`;
  const [rows, counts] = await Promise.all([
    sql<Row[]>`select envelope from (${last}) as last
      order by (status = 'settled') desc, at, quote_id limit ${SIBLINGS_MAX}`,
    sql<{ status: string; total: number }[]>`
      select status, count(*)::integer as total from (${last}) as last group by status order by status`,
  ]);
  return {
    envelopes: parsed<Records['siblings'][number]['payload']>(rows),
    counts: Object.fromEntries(counts.map(({ status, total }) => [status, total])),
  };
}

type SampleTable = {
  readonly name: string;
  readonly idColumn: string;
  /** The id of the record that the decision was made with. */
  readonly idIn: (decision: NonNullable<Records['decision']>['payload']) => string | null | undefined;
};
const PRICES: SampleTable = {
  name: 'market_price_events',
  idColumn: 'price_id',
  idIn: ({ price_snapshot }) => price_snapshot?.price_id,
};
const INVENTORIES: SampleTable = {
  name: 'intent_inventory_snapshots',
  idColumn: 'inventory_id',
  idIn: ({ inventory_snapshot }) => inventory_snapshot?.inventory_id,
};

type Sampled = {
  readonly sql: Database;
  readonly accountId: string;
  readonly decision: Records['decision'];
  readonly table: SampleTable;
};

/** The record that was the last one when the decision was made: by the name that the decision has for it, else by time. */
async function sampleOf<T>({ sql, accountId, decision, table }: Sampled): Promise<Envelope<T> | null> {
  if (decision === null) return null;
  const { name, idColumn, idIn } = table;
  const { decided_at } = decision.payload;
  const id = idIn(decision.payload);
  // The days, which are UTC, keep the search to two partitions.
  const within = `account_id = $1 and day between utc_day($2::text::timestamptz) - 1 and utc_day($2::text::timestamptz)`;
  const [named] = parsed<T>(
    await sql.unsafe<Row[]>(`select envelope from ${name} where ${within} and ${idColumn} = $3 limit 1`, [
      accountId,
      decided_at,
      id ?? '',
    ]),
  );
  if (named !== undefined) return named;
  const last = `select envelope from ${name} where ${within} and ingested_at <= $2::text::timestamptz order by ingested_at desc limit 1`;
  return parsed<T>(await sql.unsafe<Row[]>(last, [accountId, decided_at]))[0] ?? null;
}

type Span = { readonly fromMs: number; readonly toMs: number };

async function actionsNear(sql: Database, accountId: string, { fromMs, toMs }: Span) {
  const [from, to] = [fromMs, toMs].map((ms) => new Date(ms).toISOString()) as [string, string];
  const rows = await sql<(Row & { readonly total: number })[]>`
    select envelope, count(*) over ()::integer as total from control_actions
    where at between ${from}::text::timestamptz and ${to}::text::timestamptz
      and day between utc_day(${from}::text::timestamptz) - 1 and utc_day(${to}::text::timestamptz) + 1
      and account_id = ${accountId} and service = 'engine'
    order by at desc, event_id desc limit ${ACTIONS_MAX}`;
  const envelopes = parsed<Records['controlActions'][number]['payload']>(rows).reverse();
  return { envelopes, total: rows[0]?.total ?? 0 };
}

/** What the history-writer stored had passed the schema of its topic. */
function parsed<T>(rows: readonly Row[]): Envelope<T>[] {
  return rows.map(({ envelope }) => JSON.parse(envelope) as Envelope<T>);
}
