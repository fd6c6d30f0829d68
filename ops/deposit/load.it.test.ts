// The evidence of a deposit that has more records than are shown, from a real PostgreSQL.

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { type Database, openDatabase } from '../../contracts/runtime/postgres/database.ts';
import { migrate, readMigrations } from '../../contracts/runtime/postgres/migrations.ts';
import { type FreshDatabase, freshDatabase } from '../testing/database.ts';
import { insertRecord } from '../testing/history/insert.fixture.ts';
import { describeWith } from '../testing/services.ts';
import { loadEvidence, ROWS_MAX } from './load.ts';

const LIMIT_MS = 60_000;
const TX = 'ab'.repeat(32);
const FIRST_MS = Date.parse('2026-01-15T12:00:00.000Z');
const MORE = 3;

describeWith(['database'], 'the evidence of a deposit', () => {
  let database: FreshDatabase;
  let owner: Database;
  let reader: Database;
  const add = async (second: number, payload: Record<string, unknown>): Promise<void> =>
    await insertRecord(owner, 'ops.funding_observation', {
      ingested_at: new Date(FIRST_MS + second * 1000).toISOString(),
      payload: { tx_hash: TX, ...payload },
    });
  beforeAll(async () => {
    database = await freshDatabase('deposit');
    owner = openDatabase(database.owner, { name: 'test', connections: 1, statementTimeoutMs: null });
    reader = openDatabase(database.reader, { name: 'test', connections: 1, statementTimeoutMs: null });
    await migrate(owner, readMigrations());
    await owner`select ensure_partitions('2026-01-15')`;
    await add(0, { funding_observation_id: 'other', output_index: 0, observation_seq: 1, status: 'seen' });
    const long = { funding_observation_id: 'long', output_index: 1 };
    for (let seq = 1; seq <= ROWS_MAX + MORE - 1; seq++)
      await add(seq, { ...long, observation_seq: seq, status: 'confirming' });
    const action = { liquidity_action_id: 'in, 1', kind: 'deposit', tx_hash: null };
    const at = (second: number) => ({ ingested_at: new Date(FIRST_MS + second * 1000).toISOString() });
    await insertRecord(owner, 'ops.liquidity_action', { ...at(1), payload: { ...action, transition_seq: 1 } });
    const known = { ...action, tx_hash: TX, transition_seq: 2, status: 'confirming' };
    await insertRecord(owner, 'ops.liquidity_action', { ...at(2), payload: known });
    // Of a manager that has lost its state.
    await add(ROWS_MAX + MORE, { ...long, observation_seq: 1, status: 'credited' });
  }, LIMIT_MS);
  afterAll(async () => {
    await owner?.end({ timeout: 2 });
    await reader?.end({ timeout: 2 });
    await database?.drop();
  });

  test('has the newest records of every output, and says how many older ones it lacks', async () => {
    const { observations, actions, omitted } = await loadEvidence(reader, TX, false);
    // The one from before the transaction was known as well.
    expect(actions.map(({ transition_seq: seq }) => seq)).toEqual([1, 2]);
    expect(observations).toHaveLength(ROWS_MAX);
    expect(omitted).toEqual({ observations: MORE + 1, actions: 0, deposits: 0, unreadable: 0 });
    expect(observations[0]).toMatchObject({ funding_observation_id: 'other', status: 'seen' });
    expect(observations[1]).toMatchObject({ funding_observation_id: 'long', observation_seq: MORE + 2 });
    expect(observations.at(-1)).toMatchObject({ observation_seq: 1, status: 'credited' });
  });

  test('has all of them when it is asked for', async () => {
    const { observations, omitted } = await loadEvidence(reader, TX, true);
    expect(observations).toHaveLength(ROWS_MAX + MORE + 1);
    expect(omitted.observations).toBe(0);
    expect(observations[1]).toMatchObject({ observation_seq: 1, status: 'confirming' });
  });
});
