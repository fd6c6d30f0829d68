// All processes over real Kafka and PostgreSQL, and a deposit through them: it is seen, confirmed and credited, and until its credit no
// part of the system takes any of it for spendable.

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { join } from 'node:path';
import postgres from 'postgres';
import { BTC } from '../../contracts/assets.ts';
import { type Rig, startRig } from '../harness/rig.ts';
import { describeWith } from '../testing/services.ts';
import { tempDir } from '../testing/temp-dir.ts';
import { SIDECAR_ENV, showTreasury, type TreasuryShown } from './treasury.ts';

const LIMIT_MS = 240_000;

describeWith(['kafka', 'database'], 'a deposit and an alert through all processes', ({ kafka, database }) => {
  const dir = tempDir('treasury');
  const said: string[] = [];
  let rig: Rig;
  let shown: TreasuryShown;
  let sql: postgres.Sql;

  beforeAll(async () => {
    rig = await startRig({
      dir: join(dir.path, 'run'),
      services: { kafkaBrokers: kafka.brokers, kafkaKind: 'kafka', adminUrl: database.adminUrl },
      label: 'treasury',
      armed: true,
      sidecars: SIDECAR_ENV,
    });
    sql = postgres(rig.database.reader, { max: 1, onnotice: () => {} });
    shown = await showTreasury(rig, { say: (line) => void said.push(line), signal: new AbortController().signal });
  }, LIMIT_MS);
  afterAll(async () => {
    await sql?.end({ timeout: 2 });
    await rig?.stop();
    dir.remove();
  }, LIMIT_MS);

  test('are shown from their beginning to their end', () => {
    expect(shown.lacking).toEqual([]);
    expect(said.map((line) => line.replace(/deposit [0-9a-f]{64}/, 'deposit'))).toEqual([
      'deposit: seen in the mempool, not spendable',
      'deposit confirmed, not spendable before the bridge credits it',
      'deposit credited: spendable',
      'alert reference_price_stale: raised, since the reference is paused',
      'alert reference_price_stale: cleared, since it is resumed',
    ]);
  });

  test('before its credit nothing of the deposit is in any balance, spendable or credited', async () => {
    // With one confirmation the bridge has credited nothing yet.
    const { observations } = shown.evidence;
    const confirmed = observations.find(({ status, confirmations }) => status === 'confirmed' && confirmations === 1);
    const last = confirmed ?? observations.find(({ status }) => status === 'seen');
    const snapshots = await sql<{ credited: string; spendable: string; isBefore: boolean }[]>`
      select assets -> ${BTC.id} ->> 'credited' as credited, assets -> ${BTC.id} ->> 'spendable' as spendable,
        ingested_at <= ${last?.at ?? ''}::text::timestamptz as "isBefore"
      from intent_inventory_snapshots where account_id = ${rig.accountId} order by ingested_at`;
    const before = snapshots.filter(({ isBefore }) => isBefore);
    expect(before.length).toBeGreaterThan(0);
    for (const { credited, spendable } of before) {
      expect(BigInt(credited)).toBe(shown.creditedBefore);
      expect(BigInt(spendable)).toBeLessThanOrEqual(shown.creditedBefore);
    }
    expect(BigInt(snapshots.at(-1)?.credited ?? '0')).toBe(shown.creditedBefore + 100_000n);
    // It is known as on its way all that time, under its own transaction.
    for (const { tx_hash: txHash } of shown.evidence.observations) expect(txHash).toBe(shown.txHash ?? '');
    expect(shown.evidence.actions.at(-1)).toMatchObject({ status: 'credited', tx_hash: shown.txHash });
  });

  test('the treasury and the alert are current in the views of the history', async () => {
    const funding = await sql`select * from current_funding where account_id = ${rig.accountId} and kind = 'deposit'`;
    expect([...funding]).toEqual([]);
    const alerts = await sql<{ status: string }[]>`
      select status from ops_alerts where account_id = ${rig.accountId} and alert_code = 'reference_price_stale'
      order by ingested_at`;
    expect(alerts.map(({ status }) => status).slice(-2)).toEqual(['raised', 'cleared']);
    const active = await sql`select * from active_alerts where alert_code = 'reference_price_stale'
      and account_id = ${rig.accountId}`;
    expect([...active]).toEqual([]);
  });
});
