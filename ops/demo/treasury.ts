// What a demo shows of treasury and alerts: a deposit from the mempool to its credit, and an alert that is raised and cleared. Both are
// brought about from outside, by the simulated chains and by an operator's calls. What came of them is read from where an operator would
// read it: the control APIs while it happens, and PostgreSQL at the end.

import { type Static, type TSchema, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { BTC } from '../../contracts/assets.ts';
import type { AlertCode } from '../../contracts/codes/alerts.ts';
import { openDatabase } from '../../contracts/runtime/postgres/database.ts';
import { type Evidence, loadEvidence } from '../deposit/load.ts';
import type { ControlClient } from '../harness/control-client.ts';
import type { Rig, SidecarEnvironments, Sidecars } from '../harness/rig.ts';
import { waitFor } from '../testing/wait.ts';
import { treasuryShortcomings } from './verdict.ts';

/** Polls and windows short enough to be watched. One confirmation, so that it is seen to come before the credit, which takes two. */
export const SIDECAR_ENV: SidecarEnvironments = {
  liquidityManager: { FUNDING_POLL_MS: '250', FUNDING_BTC_CONFIRMATIONS: '1' },
  opsSentinel: {
    ALERT_REFERENCE_STALE_MS: '1000',
    ALERT_KEEP_MS: '1000',
    ALERT_SERVICES: 'engine,history-writer,liquidity-manager',
  },
};

const ALERT: AlertCode = 'reference_price_stale';
const UNITS = 100_000n;
const STEP_LIMIT_MS = 30_000;
const NEAR_BLOCKS_UNTIL_FINAL = 3;

const ManagerState = Type.Object({
  deposit_addresses: Type.Array(Type.Object({ bridge: Type.String(), chain: Type.String(), status: Type.String() })),
  funding_observations_by_handle: Type.Record(
    Type.String(),
    Type.Object({ observations: Type.Array(Type.Object({ tx_hash: Type.String(), status: Type.String() })) }),
  ),
});
const Alerts = Type.Object({
  active: Type.Array(Type.Object({ alert_code: Type.String(), phase: Type.String() })),
  cleared: Type.Array(Type.Object({ alert_code: Type.String() })),
});
const Inventory = Type.Object({ assets: Type.Record(Type.String(), Type.Object({ credited: Type.String() })) });
const Paid = Type.Object({ tx_hash: Type.String() });

export type TreasuryShown = {
  /** Null: nothing was paid. */
  readonly txHash: string | null;
  /** Units of BTC that the verifier had credited before. */
  readonly creditedBefore: bigint;
  readonly evidence: Evidence;
  /** One sentence for each thing that could not be shown. */
  readonly lacking: readonly string[];
};

type Stage = {
  readonly rig: Rig;
  readonly sidecars: Sidecars;
  readonly say: (line: string) => void;
  readonly until: (what: string, condition: () => Promise<boolean>) => Promise<unknown>;
};

type TreasuryOptions = { readonly say: (line: string) => void; readonly signal: AbortSignal };

/** @param rig one with sidecars */
export async function showTreasury(rig: Rig, { say, signal }: TreasuryOptions): Promise<TreasuryShown> {
  const { sidecars } = rig;
  if (sidecars === null) throw new Error('the rig was started without sidecars');
  const until: Stage['until'] = (what, condition) =>
    waitFor(
      async () => {
        signal.throwIfAborted();
        return await condition();
      },
      { what, limitMs: STEP_LIMIT_MS },
    );
  const stage = { rig, sidecars, say, until };
  const lacking: string[] = [];
  const attempt = async <Result>(run: () => Promise<Result>): Promise<Result | null> => {
    try {
      return await run();
    } catch (error) {
      signal.throwIfAborted();
      lacking.push(error instanceof Error ? error.message : String(error));
      return null;
    }
  };
  const creditedBefore = await creditedUnits(rig);
  const txHash = await attempt(() => payIn(stage, creditedBefore));
  await attempt(() => raiseAndClear(stage));
  const { evidence, alerts } = await recorded(stage, txHash);
  const shortcomings = treasuryShortcomings({
    observed: evidence.observations.map(({ status }) => status),
    deposited: evidence.actions.map(({ status }) => status),
    alerts,
  });
  return { txHash, creditedBefore, evidence, lacking: [...lacking, ...shortcomings] };
}

async function ask<Shape extends TSchema>(
  shape: Shape,
  { get, url }: ControlClient,
  path: string,
): Promise<Static<Shape>> {
  const body = await get(path);
  if (Value.Check(shape, body)) return body;
  const fault = Value.Errors(shape, body).First();
  throw new Error(`GET ${url}${path} is not as expected: ${fault?.path} ${fault?.message}`);
}

async function creditedUnits(rig: Rig): Promise<bigint> {
  const { assets } = await ask(Inventory, rig.engine().control, '/inventory/state');
  return BigInt(assets[BTC.id]?.credited ?? '0');
}

/** @returns the transaction */
async function payIn({ rig, sidecars, say, until }: Stage, creditedBefore: bigint): Promise<string> {
  const { control } = sidecars.liquidityManager;
  const { chain, bridge } = BTC;
  const mine = (name: string, blocks: number) => rig.sim.ask(Type.Unknown(), '/mine', 'POST', { chain: name, blocks });
  await until('an active deposit address', async () =>
    (await ask(ManagerState, control, '/state')).deposit_addresses.some(
      (address) => address.bridge === bridge && address.chain === chain && address.status === 'active',
    ),
  );
  const paid = await rig.sim.ask(Paid, '/deposit', 'POST', { chain, amount_units: String(UNITS) });
  const status = async (): Promise<string | null> => {
    const { funding_observations_by_handle: byHandle } = await ask(ManagerState, control, '/state');
    const all = Object.values(byHandle).flatMap(({ observations }) => observations);
    return all.find(({ tx_hash: txHash }) => txHash === paid.tx_hash)?.status ?? null;
  };
  await until('the deposit to be seen', async () => (await status()) !== null);
  say(`deposit ${paid.tx_hash}: seen in the mempool, not spendable`);
  await mine(chain, 1);
  await until('the deposit to be confirmed', async () => ['confirmed', 'credited'].includes((await status()) ?? ''));
  say('deposit confirmed, not spendable before the bridge credits it');
  await mine(chain, 1);
  await until('the deposit to be credited', async () => (await status()) === 'credited');
  await mine('near', NEAR_BLOCKS_UNTIL_FINAL);
  await until('the credit to be in the balance', async () => (await creditedUnits(rig)) >= creditedBefore + UNITS);
  say('deposit credited: spendable');
  return paid.tx_hash;
}

/** A pause of the prices is harmless, and undone however it ends. */
async function raiseAndClear({ rig, sidecars, say, until }: Stage): Promise<void> {
  const { control } = rig.engine();
  const alerts = () => ask(Alerts, sidecars.opsSentinel.control, '/alerts');
  const isActive = async (): Promise<boolean> =>
    (await alerts()).active.some(({ alert_code: code, phase }) => code === ALERT && phase === 'raised');
  // At its start the engine may have had no price for a moment.
  await until('a calm start', async () => !(await alerts()).active.some(({ alert_code: code }) => code === ALERT));
  await control.post('/reference/pause');
  try {
    await until(`${ALERT} to be raised`, isActive);
    say(`alert ${ALERT}: raised, since the reference is paused`);
  } finally {
    await control.post('/reference/resume');
  }
  await until(`${ALERT} to be cleared`, async () => {
    const { active, cleared } = await alerts();
    const isOver = !active.some(({ alert_code: code }) => code === ALERT);
    return isOver && cleared.some(({ alert_code: code }) => code === ALERT);
  });
  say(`alert ${ALERT}: cleared, since it is resumed`);
}

type Recorded = { readonly evidence: Evidence; readonly alerts: readonly string[] };

/** What history has, once it has the end of both, or whatever it has by then. */
async function recorded({ rig, until }: Stage, txHash: string | null): Promise<Recorded> {
  const sql = openDatabase(rig.database.reader, { name: 'unrip-demo', connections: 1, statementTimeoutMs: null });
  try {
    const read = async (): Promise<Recorded> => {
      const rows = await sql<{ status: string }[]>`
        select status from ops_alerts where account_id = ${rig.accountId} and alert_code = ${ALERT} order by ingested_at`;
      return { evidence: await loadEvidence(sql, txHash ?? '', true), alerts: rows.map(({ status }) => status) };
    };
    let newest = await read();
    const isWhole = async (): Promise<boolean> => {
      newest = await read();
      const { evidence, alerts } = newest;
      const isCredited = [...evidence.observations, ...evidence.actions].filter(({ status }) => status === 'credited');
      return isCredited.length >= 2 && alerts.at(-1) === 'cleared';
    };
    await until('history to have the deposit and the alert', isWhole).catch(() => null);
    return newest;
  } finally {
    await sql.end({ timeout: 2 });
  }
}
