// Reads the records of one deposit from PostgreSQL, each from the text of its envelope, which is what arrived.

import { Value } from '@sinclair/typebox/value';
import { isFields, readJson, SMALL_JSON } from '../../contracts/json.ts';
import type { Database } from '../../contracts/runtime/postgres/database.ts';
import { OpsFundingObservation } from '../../contracts/topics/ops-funding-observation.ts';
import { OpsLiquidityAction } from '../../contracts/topics/ops-liquidity-action.ts';

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
    observations: observations.flatMap(({ envelope }) => {
      const payload = payloadOf(envelope);
      return Value.Check(OpsFundingObservation, payload) ? [payload] : [];
    }),
    actions: actions.flatMap(({ envelope }) => {
      const payload = payloadOf(envelope);
      return Value.Check(OpsLiquidityAction, payload) ? [payload] : [];
    }),
  };
}

function payloadOf(envelope: string): unknown {
  const read = readJson(envelope, SMALL_JSON);
  return read.ok && isFields(read.value) ? read.value['payload'] : undefined;
}
