// Reads the records of one deposit from PostgreSQL, each from the text of its envelope, which is what arrived.

import { Value } from '@sinclair/typebox/value';
import type { Envelope } from '../../contracts/envelope.ts';
import { type JsonBounds, readJson } from '../../contracts/json.ts';
import type { Database } from '../../contracts/runtime/postgres/database.ts';
import type { OpsFundingObservation } from '../../contracts/topics/ops-funding-observation.ts';
import type { OpsLiquidityAction } from '../../contracts/topics/ops-liquidity-action.ts';
import { topicOf } from '../../contracts/topics/registry.ts';
import { arrayLiteral } from '../../sidecars/history-writer/postgres/rows.ts';

export type Evidence = {
  /** In the order of the outputs, and of each output's changes. */
  readonly observations: readonly OpsFundingObservation[];
  /** In the order of the actions, and of each action's transitions. */
  readonly actions: readonly OpsLiquidityAction[];
  readonly omitted: Omitted;
};

/** Records that are in the history and not in the evidence. */
export type Omitted = {
  /** The older ones of outputs that have many. */
  readonly observations: number;
  readonly actions: number;
  /** Deposits of which no record is there. */
  readonly deposits: number;
  /** Records of a form that this version does not know. */
  readonly unreadable: number;
};

/** A transfer that is followed for weeks has some dozens. */
export const ROWS_MAX = 1_000;
/** Deposits that one transaction pays; a record lists 64 inputs at most, and nobody pays as many own addresses at once. */
export const DEPOSITS_MAX = 100;

type Row = { readonly envelope: string; readonly total: number };

/** @param isWhole however many records there are; else the newest ones of each output and deposit */
export async function loadEvidence(sql: Database, txHash: string, isWhole: boolean): Promise<Evidence> {
  const rowsMax = isWhole ? 'all' : ROWS_MAX;
  // A manager that has lost its state counts from 1 again: of records of different times the later one is the newer one.
  const newestOf = (id: string, seq: string, condition: string, order: string): string => `
    select envelope, total from (
      select envelope, ${id}, ${seq}, ${order}, ingested_at, event_id, count(*) over ()::integer as total,
        row_number() over (partition by ${id} order by ingested_at desc, ${seq} desc, event_id desc) as place
      from ${condition} order by place, ${id} limit ${rowsMax}
    ) as newest order by ${order}, ${id}, ingested_at, ${seq}, event_id`;
  const observations = await sql.unsafe<Row[]>(
    newestOf('funding_observation_id', 'observation_seq', 'funding_observations where tx_hash = $1', 'output_index'),
    [txHash],
  );
  const deposits = await sql.unsafe<{ id: string; total: number }[]>(
    `select id, count(*) over ()::integer as total from (
       select distinct liquidity_action_id as id from liquidity_actions where tx_hash = $1 and kind = 'deposit'
     ) as deposits order by id limit ${isWhole ? 'all' : DEPOSITS_MAX}`,
    [txHash],
  );
  // What was recorded before the transaction was known belongs to it as well.
  const condition = `liquidity_actions where liquidity_action_id = any($1::text[]) and kind = 'deposit'`;
  const actions = await sql.unsafe<Row[]>(newestOf('liquidity_action_id', 'transition_seq', condition, 'account_id'), [
    arrayLiteral(deposits.map(({ id }) => id)),
  ]);
  const read = {
    observations: payloadsOf<OpsFundingObservation>('ops.funding_observation', observations),
    actions: payloadsOf<OpsLiquidityAction>('ops.liquidity_action', actions),
  };
  const rows = observations.length + actions.length;
  return {
    ...read,
    omitted: {
      observations: missingOf(observations),
      actions: missingOf(actions),
      deposits: missingOf(deposits),
      unreadable: rows - read.observations.length - read.actions.length,
    },
  };
}

/** Each row has the number of all that there are. */
const missingOf = (rows: readonly { readonly total: number }[]): number => (rows[0]?.total ?? 0) - rows.length;

/** What the history-writer takes. */
const RECORD_BOUNDS: JsonBounds = { charsMax: 4_194_304, depthMax: 64, valuesMax: 200_000 };

/** By the schema for readers, as the history-writer judged them: a record of a newer version is no less an evidence. */
function payloadsOf<T>(
  topic: 'ops.funding_observation' | 'ops.liquidity_action',
  rows: readonly Pick<Row, 'envelope'>[],
): T[] {
  const { readerSchema } = topicOf(topic);
  return rows.flatMap(({ envelope }) => {
    const read = readJson(envelope, RECORD_BOUNDS);
    return read.ok && Value.Check(readerSchema, read.value) ? [(read.value as Envelope<T>).payload] : [];
  });
}
