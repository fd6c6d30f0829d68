// What history says of the quotes of one account, read back from PostgreSQL; and waiting until it has caught up, which is
// told by Kafka's and the history-writer's offsets, not by time.

import postgres from 'postgres';
import { waitFor } from '../../testing/wait.ts';

type DecisionRow = {
  readonly quoteId: string;
  readonly decision: string;
  readonly reason: string;
  readonly amountIn: string | null;
  readonly amountOut: string | null;
};
type CommandRow = { readonly quoteId: string; readonly amountIn: string; readonly amountOut: string };
export type ResultRow = {
  readonly quoteId: string;
  readonly seq: number;
  readonly previous: string;
  readonly status: string;
  readonly code: string;
  readonly recovered: boolean;
  readonly quoteHash: string | null;
};

export type History = {
  /** Quote ids of the requests that were heard, one for each raw record. */
  readonly heard: readonly string[];
  readonly decisions: readonly DecisionRow[];
  readonly commands: readonly CommandRow[];
  /** By quote and sequence. */
  readonly results: readonly ResultRow[];
};

/** `next_offset` of a partition is to reach at least this. */
export type TopicEnd = { readonly topic: string; readonly partition: number; readonly nextOffset: bigint };

const CATCH_UP_LIMIT_MS = 60_000;
/** Each poll goes through all results of the run. */
const ENDED_POLL_MS = 250;
/** States after which nothing more is expected of a quote. */
const ENDED = ['settled', 'expired', 'voided', 'pulled', 'rejected', 'late', 'failed'];

export async function readHistory(databaseUrl: string, accountId: string): Promise<History> {
  return await withDatabase(databaseUrl, async (sql) => {
    const heard = await sql<{ quote_id: string }[]>`
      select quote_id from raw_near_intents_quotes where account_id = ${accountId}`;
    const decisions = await sql<DecisionRow[]>`
      select quote_id as "quoteId", decision, decision_reason as reason,
             amount_in::text as "amountIn", amount_out::text as "amountOut"
      from trade_decisions where account_id = ${accountId}`;
    const commands = await sql<CommandRow[]>`
      select quote_id as "quoteId", amount_in::text as "amountIn", amount_out::text as "amountOut"
      from execute_trade_commands where account_id = ${accountId}`;
    const results = await sql<ResultRow[]>`
      select quote_id as "quoteId", transition_seq::int as seq, previous_status as previous, status, result_code as code,
             recovered, quote_hash as "quoteHash"
      from trade_execution_results where account_id = ${accountId} order by quote_id, transition_seq`;
    return { heard: heard.map((row) => row.quote_id), decisions, commands, results };
  });
}

/** Waits until the writer has read each partition up to where it ends. */
export async function untilCaughtUp(databaseUrl: string, group: string, ends: readonly TopicEnd[]): Promise<void> {
  await withDatabase(databaseUrl, async (sql) => {
    const behind = async (): Promise<string[]> => {
      const rows = await sql<{ topic: string; kafka_partition: number; next_offset: string }[]>`
        select topic, kafka_partition, next_offset::text from consumer_offsets where consumer_group = ${group}`;
      const next = new Map(rows.map((row) => [`${row.topic}/${row.kafka_partition}`, BigInt(row.next_offset)]));
      return ends
        .filter((end) => (next.get(`${end.topic}/${end.partition}`) ?? 0n) < end.nextOffset)
        .map((end) => end.topic);
    };
    await waitFor(async () => (await behind()).length === 0, {
      what: 'history to catch up with Kafka',
      limitMs: CATCH_UP_LIMIT_MS,
    });
  });
}

type EndsWanted = {
  readonly accountId: string;
  readonly quoteIds: readonly string[];
  readonly limitMs: number;
};

/** Waits until each of these quotes has its end on record; gives those that have none at the limit. */
export async function untilEnded(
  databaseUrl: string,
  { accountId, quoteIds, limitMs }: EndsWanted,
): Promise<readonly string[]> {
  let missing: readonly string[] = quoteIds;
  await withDatabase(databaseUrl, async (sql) => {
    const ended = async (): Promise<boolean> => {
      const rows = await sql<{ quote_id: string }[]>`
        select distinct quote_id from trade_execution_results
        where account_id = ${accountId} and (status = any(${ENDED}) or result_code = 'unattributed')`;
      const found = new Set(rows.map((row) => row.quote_id));
      missing = quoteIds.filter((quoteId) => !found.has(quoteId));
      return missing.length === 0;
    };
    const endsAtMs = performance.now() + limitMs;
    while (!(await ended()) && performance.now() < endsAtMs) await Bun.sleep(ENDED_POLL_MS);
  });
  return missing;
}

async function withDatabase<T>(url: string, work: (sql: postgres.Sql) => Promise<T>): Promise<T> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    return await work(sql);
  } finally {
    await sql.end({ timeout: 2 });
  }
}
