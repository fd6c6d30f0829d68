// Reads the records of one quote from PostgreSQL, each from the text of its envelope, which is what arrived.

import type { Envelope } from '../../contracts/envelope.ts';
import type { Database } from '../../sidecars/shared/database.ts';
import { type Records, SIBLINGS_MAX } from './story.ts';

export type Loaded =
  | { readonly kind: 'found'; readonly records: Records }
  | { readonly kind: 'unknown' }
  /** The quote was heard by several accounts, and none was named. */
  | { readonly kind: 'ambiguous'; readonly accounts: readonly string[] };

/** How long before the arrival, and after the last record, a control action counts as near. */
const NEAR_BEFORE_MS = 10 * 60_000;
const NEAR_AFTER_MS = 60_000;
const ACTIONS_MAX = 20;

const QUOTE_TABLES = [
  'raw_near_intents_quotes',
  'swap_demand_events',
  'trade_decisions',
  'execute_trade_commands',
  'trade_execution_results',
] as const;

type Row = { readonly envelope: string };

/** @param accountId null: whichever account heard it */
export async function loadRecords(sql: Database, quoteId: string, accountId: string | null): Promise<Loaded> {
  const accounts = await accountsOf(sql, quoteId);
  const [first] = accountId === null ? accounts : accounts.filter((account) => account === accountId);
  if (first === undefined) return { kind: 'unknown' };
  if (accountId === null && accounts.length > 1) return { kind: 'ambiguous', accounts };
  return { kind: 'found', records: await recordsOf(sql, quoteId, first) };
}

async function accountsOf(sql: Database, quoteId: string): Promise<string[]> {
  const selects = QUOTE_TABLES.map((table) => `select account_id from ${table} where quote_id = $1`);
  const rows = await sql.unsafe<{ account_id: string }[]>(`${selects.join(' union ')} order by 1`, [quoteId]);
  return rows.map(({ account_id }) => account_id);
}

async function recordsOf(sql: Database, quoteId: string, accountId: string): Promise<Records> {
  const of = async <T>(table: string, order: string): Promise<Envelope<T>[]> => {
    const text = `select envelope from ${table} where quote_id = $1 and account_id = $2 order by ${order}`;
    return parsed<T>(await sql.unsafe<Row[]>(text, [quoteId, accountId]));
  };
  const [raw, demands, decisions, commands, results] = await Promise.all([
    of<Records['raw'][number]['payload']>('raw_near_intents_quotes', 'received_at, event_id'),
    of<NonNullable<Records['demand']>['payload']>('swap_demand_events', 'ingested_at, event_id'),
    of<NonNullable<Records['decision']>['payload']>('trade_decisions', 'ingested_at, event_id'),
    of<NonNullable<Records['command']>['payload']>('execute_trade_commands', 'ingested_at, event_id'),
    of<Records['results'][number]['payload']>('trade_execution_results', 'transition_seq, event_id'),
  ]);
  const decision = decisions[0] ?? null;
  const nonce = results.find(({ payload }) => payload.nonce !== null)?.payload.nonce ?? null;
  const times = [...raw, ...demands, ...decisions, ...results].map(({ ingested_at }) => Date.parse(ingested_at));
  const [siblings, price, inventory, controlActions] = await Promise.all([
    nonce === null ? { envelopes: [], counts: {} } : siblingsOf(sql, quoteId, accountId, nonce),
    standing<NonNullable<Records['price']>['payload']>(sql, 'market_price_events', 'price_id', accountId, decision),
    standing<NonNullable<Records['inventory']>['payload']>(
      sql,
      'intent_inventory_snapshots',
      'inventory_id',
      accountId,
      decision,
    ),
    actionsNear(sql, accountId, Math.min(...times) - NEAR_BEFORE_MS, Math.max(...times) + NEAR_AFTER_MS),
  ]);
  return {
    quoteId,
    accountId,
    raw,
    demand: demands[0] ?? null,
    decision,
    command: commands[0] ?? null,
    results,
    siblings: siblings.envelopes,
    siblingCounts: siblings.counts,
    price,
    inventory,
    controlActions,
  };
}

async function siblingsOf(sql: Database, quoteId: string, accountId: string, nonce: string) {
  const last = sql`
    select distinct on (quote_id) quote_id, status, at, envelope from trade_execution_results
    where nonce = ${nonce} and account_id = ${accountId} and quote_id <> ${quoteId}
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

/** The record that the decision names, else the last one before it. */
async function standing<T>(
  sql: Database,
  table: 'market_price_events' | 'intent_inventory_snapshots',
  idColumn: 'price_id' | 'inventory_id',
  accountId: string,
  decision: Records['decision'],
): Promise<Envelope<T> | null> {
  if (decision === null) return null;
  const { price_snapshot, inventory_snapshot, decided_at } = decision.payload;
  const id = idColumn === 'price_id' ? price_snapshot?.price_id : inventory_snapshot?.inventory_id;
  // The days keep the search to two partitions.
  const within = `account_id = $1 and day between $2::text::timestamptz::date - 1 and $2::text::timestamptz::date`;
  const [named] = parsed<T>(
    await sql.unsafe<Row[]>(`select envelope from ${table} where ${within} and ${idColumn} = $3 limit 1`, [
      accountId,
      decided_at,
      id ?? '',
    ]),
  );
  if (named !== undefined) return named;
  const last = `select envelope from ${table} where ${within} and ingested_at <= $2::text::timestamptz order by ingested_at desc limit 1`;
  return parsed<T>(await sql.unsafe<Row[]>(last, [accountId, decided_at]))[0] ?? null;
}

async function actionsNear(sql: Database, accountId: string, fromMs: number, toMs: number) {
  const rows = await sql<Row[]>`
    select envelope from control_actions
    where at between ${new Date(fromMs).toISOString()}::text::timestamptz and ${new Date(toMs).toISOString()}::text::timestamptz
      and account_id = ${accountId} and service = 'engine'
    order by at desc, event_id desc limit ${ACTIONS_MAX}`;
  return parsed<Records['controlActions'][number]['payload']>(rows).reverse();
}

/** What the history-writer stored had passed the schema of its topic. */
function parsed<T>(rows: readonly Row[]): Envelope<T>[] {
  return rows.map(({ envelope }) => JSON.parse(envelope) as Envelope<T>);
}
