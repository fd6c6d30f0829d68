// Reads the records of one deposit from PostgreSQL, each from the text of its envelope, which is what arrived.

import { Value } from '@sinclair/typebox/value';
import type { Envelope } from '../../contracts/envelope.ts';
import { type JsonBounds, readJson } from '../../contracts/json.ts';
import type { Database } from '../../contracts/runtime/postgres/database.ts';
import type { OpsFundingObservation } from '../../contracts/topics/ops-funding-observation.ts';
import type { OpsLiquidityAction } from '../../contracts/topics/ops-liquidity-action.ts';
import { topicOf } from '../../contracts/topics/registry.ts';

export type Evidence = {
  /** In the order of the outputs, and of each output's changes. */
  readonly observations: readonly OpsFundingObservation[];
  /** In the order of the actions, and of each action's transitions. */
  readonly actions: readonly OpsLiquidityAction[];
};

/** A transfer that is followed for weeks has some dozens. */
const ROWS_MAX = 1_000;
/** Deposits that one transaction pays; a record lists 64 inputs at most, and nobody pays as many own addresses at once. */
const ACTIONS_MAX = 100;

type Row = { readonly envelope: string };

export async function loadEvidence(sql: Database, txHash: string): Promise<Evidence> {
  const observations = await sql.unsafe<Row[]>(
    `select envelope from funding_observations where tx_hash = $1
       order by output_index, funding_observation_id, observation_seq, event_id limit ${ROWS_MAX}`,
    [txHash],
  );
  const ids = await sql.unsafe<{ id: string }[]>(
    `select distinct liquidity_action_id as id from liquidity_actions
       where tx_hash = $1 and kind = 'deposit' limit ${ACTIONS_MAX}`,
    [txHash],
  );
  // What was recorded before the transaction was known belongs to it as well.
  const actions = await sql.unsafe<Row[]>(
    `select envelope from liquidity_actions where liquidity_action_id = any($1::text[]) and kind = 'deposit'
       order by liquidity_action_id, transition_seq, event_id limit ${ROWS_MAX}`,
    [ids.map(({ id }) => id)],
  );
  return {
    observations: payloadsOf<OpsFundingObservation>('ops.funding_observation', observations),
    actions: payloadsOf<OpsLiquidityAction>('ops.liquidity_action', actions),
  };
}

/** What the history-writer takes. */
const RECORD_BOUNDS: JsonBounds = { charsMax: 4_194_304, depthMax: 64, valuesMax: 200_000 };

/** By the schema for readers, as the history-writer judged them: a record of a newer version is no less an evidence. */
function payloadsOf<T>(topic: 'ops.funding_observation' | 'ops.liquidity_action', rows: readonly Row[]): T[] {
  const { readerSchema } = topicOf(topic);
  return rows.flatMap(({ envelope }) => {
    const read = readJson(envelope, RECORD_BOUNDS);
    return read.ok && Value.Check(readerSchema, read.value) ? [(read.value as Envelope<T>).payload] : [];
  });
}
