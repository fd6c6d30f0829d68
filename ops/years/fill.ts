// Fills a migrated database with a history of made-up quotes that ends today: for each of them the frame, the request, the
// decision, the command, three results and a market sample, besides snapshots, health and control actions at lower rates.
// Rows are copies of the golden records with ids and times of their own; whole envelopes are kept of a few quotes only, so
// that the disk that a million takes is bounded (about 5 GB).

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Envelope } from '../../contracts/envelope.ts';
import type { Database } from '../../contracts/runtime/postgres/database.ts';
import { TOPICS, type TopicName } from '../../contracts/topics/registry.ts';
import { columnArrays, columnsOf, insertStatement, rowOf } from '../../sidecars/history-writer/postgres/rows.ts';
import { TABLES } from '../../sidecars/history-writer/postgres/tables.ts';
import { CHECKOUT } from '../stack/directory.ts';

export type YearsPlan = { readonly quotes: number; readonly months: number };

/** Rows of one statement. */
const CHUNK = 50_000;
/** Of so many quotes, the first hundred have whole envelopes. */
const WHOLE_EVERY = 10_000;

/** A quote with whole envelopes, as have the others under its nonce. */
export const wholeQuoteOf = (index: number): string => `quote-${index * WHOLE_EVERY + 55}`;
export const WHOLE_TX = 'tx-50';

const GOLDEN_QUOTE = '0194698a-1f2b-7c3d-8e4f-5a6b7c8d9e0f';
const GOLDEN_NONCE = 'Vij2xgAlKBKzgNKSaALpihgDFCU2R1hpeoucrb7P4PE=';
const SETTLED = 'n % 50 = 0 and s = 3';

type Copied = {
  /** One in so many quotes has one. */
  readonly every: number;
  readonly perQuote: number;
  /** Expressions in `n` (the quote), `s` (which of several) and `t` (the time) for columns that differ from the golden row. */
  readonly columns: Readonly<Record<string, string>>;
};

const quote = { quote_id: `'quote-' || n` };
const decision = { decision_id: `'dec-quote-' || n` };
/** The first is that of the golden record. */
const transfer = { tx_hash: `case when n = 5 then g.tx_hash else 'funding-' || n end` };
const command = { command_id: `'cmd-quote-' || n` };

const COPIED: Readonly<Record<TopicName, Copied>> = {
  'raw.near_intents.quote': { every: 1, perQuote: 1, columns: { ...quote, received_at: 't' } },
  'norm.swap_demand': { every: 1, perQuote: 1, columns: { ...quote, received_at: 't' } },
  'ref.market_price': { every: 1, perQuote: 1, columns: { price_id: `'price-' || n` } },
  'state.intent_inventory': { every: 10, perQuote: 1, columns: { inventory_id: `'inv-' || n`, last_sync_at: 't' } },
  'decision.trade_decision': { every: 1, perQuote: 1, columns: { ...quote, ...decision, decided_at: 't' } },
  'cmd.execute_trade': { every: 1, perQuote: 1, columns: { ...quote, ...decision, ...command, issued_at: 't' } },
  'exec.trade_result': {
    every: 1,
    perQuote: 3,
    columns: {
      ...quote,
      ...decision,
      ...command,
      transition_seq: 's',
      previous_status: `(array['proposed', 'submitted', 'accepted'])[s]`,
      status: `(array['submitted', 'accepted', case when ${SETTLED} then 'settled' else 'voided' end])[s]`,
      nonce: `'nonce-' || n / 50`,
      quote_hash: `'hash-' || n`,
      at: 't',
      tx_hash: `case when ${SETTLED} then 'tx-' || n end`,
      settlement: `case when ${SETTLED} then jsonb_set(g.settlement, '{block_time}', to_jsonb(t)) end`,
      settlement_block: `case when ${SETTLED} then g.settlement_block end`,
    },
  },
  'ops.control_action': { every: 100, perQuote: 1, columns: { action_id: `'action-' || n`, at: 't' } },
  'ops.service_health': {
    every: 5,
    perQuote: 1,
    columns: {
      at: 't',
      service: `case when n % 2 = 0 then 'engine' else 'history-writer' end`,
      writing: `case when n % 2 = 1 then n % 1005 <> 0 end`,
    },
  },
  'ops.liquidity_action': {
    every: 5,
    perQuote: 3,
    columns: {
      liquidity_action_id: `'action-' || n`,
      funding_observation_id: `'observation-' || n`,
      transition_seq: 's',
      at: 't',
      ...transfer,
    },
  },
  'ops.funding_observation': {
    every: 5,
    perQuote: 3,
    columns: {
      funding_observation_id: `'observation-' || n`,
      observation_seq: 's',
      liquidity_action_id: `'action-' || n`,
      ...transfer,
      funding_handle: `'handle-' || n / 5000`,
      at: 't',
    },
  },
  'ops.alert': {
    every: 200,
    perQuote: 2,
    columns: {
      alert_event_id: `'alert-' || n || '-' || s`,
      alert_key: `'funding_stuck:solver.near:' || n`,
      status: `(array['raised', 'cleared'])[s]`,
      ingested_at: `t + make_interval(secs => s)`,
      first_raised_at: 't',
      raised_at: 't',
      cleared_at: 'case when s = 2 then t end',
    },
  },
  'ops.reconciliation': {
    every: 200,
    perQuote: 1,
    columns: { reconciliation_id: `'run-' || n`, finding_id: `'finding-' || n`, at: 't' },
  },
  'dlq.unrip': { every: 1000, perQuote: 1, columns: { at: 't' } },
};

export async function fillYears(sql: Database, plan: YearsPlan, progress: (line: string) => void): Promise<void> {
  const [first] = await sql<{ day: string; days: number }[]>`
    select (current_date - make_interval(months => ${plan.months}::text::integer))::date::text as day,
      current_date - (current_date - make_interval(months => ${plan.months}::text::integer))::date as days`;
  if (first === undefined) throw new Error('PostgreSQL gave no date');
  await sql`select ensure_partitions((${first.day}::text::date + step)::date) from generate_series(0, ${first.days + 14}::text::integer, 14) as step`;
  await sql`set synchronous_commit = off`;
  for (const { name } of TOPICS) {
    await makeTemplate(sql, name);
    for (let from = 1; from <= plan.quotes; from += CHUNK) {
      const to = Math.min(plan.quotes, from + CHUNK - 1);
      await sql.unsafe(copyStatement(name, { quotes: plan.quotes, ...first, from, to }));
    }
    progress(`${TABLES[name].name}: filled`);
  }
  await sql.unsafe('analyze');
}

/** A table of this session with the golden record of a topic as its only row. */
async function makeTemplate(sql: Database, topic: TopicName): Promise<void> {
  const table = TABLES[topic];
  const text = readFileSync(join(CHECKOUT, 'contracts/fixtures/golden', `${topic}.v1.json`), 'utf8').trim();
  const envelope = JSON.parse(text) as Envelope;
  const row = rowOf(table, { envelope, text, day: envelope.ingested_at.slice(0, 10) }, { partition: 0, offset: 0n });
  await sql.unsafe(`create temporary table golden_${table.name} (like ${table.name} including defaults)`);
  const insert = insertStatement(table).replace(`insert into ${table.name}`, `insert into golden_${table.name}`);
  await sql.unsafe(insert, columnArrays(columnsOf(table).length, [row]));
}

type CopiedQuotes = {
  /** Of the whole plan. */
  readonly quotes: number;
  readonly day: string;
  readonly days: number;
  /** Numbers of the first and the last quote that are copied. */
  readonly from: number;
  readonly to: number;
};

function copyStatement(topic: TopicName, { quotes, day, days, from, to }: CopiedQuotes): string {
  const { every, perQuote, columns } = COPIED[topic];
  const table = TABLES[topic];
  const expressions: Readonly<Record<string, string>> = {
    event_id: `'e-' || n || '-' || s`,
    day: 'd',
    ingested_at: 't',
    observed_at: 't',
    envelope: `case when n % ${WHOLE_EVERY} < 100 then
      replace(replace(replace(g.envelope, '${GOLDEN_QUOTE}', 'quote-' || n), '${GOLDEN_NONCE}', 'nonce-' || n / 50),
        '"transition_seq":3', '"transition_seq":' || s) else '{}' end`,
    ...columns,
  };
  const names = columnsOf(table).map(([name]) => name);
  return `insert into ${table.name} (${names.join(', ')})
    select ${names.map((name) => expressions[name] ?? `g.${name}`).join(', ')}
    from generate_series(${from}, ${to}) as n
    cross join generate_series(1, ${perQuote}) as s
    cross join golden_${table.name} as g
    cross join lateral (select date '${day}' + (n::bigint * ${days} / ${quotes})::integer as d) as days
    cross join lateral (select d + make_interval(secs => n * 37 % 86400) as t) as times
    where n % ${every} = 0`;
}
