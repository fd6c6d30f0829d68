// The SDK of the venue against our engine and `./unrip sim`, end to end: it swaps at the engine's quotes and withdraws both
// assets; what it saw is compared with the engine's history, the outside chains and the balances.

import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { BTC, EURE } from '../../contracts/assets.ts';
import { type Database, openDatabase } from '../../contracts/runtime/postgres/database.ts';
import { type Rig, startRig } from '../harness/rig.ts';
import { keyPairOfSeed } from '../sim/verifier/signature.ts';
import { encodeBase58 } from '../sim/verifier/text/base58.ts';
import { CHECKOUT } from '../stack/directory.ts';
import type { Stack } from '../stack/stack.ts';
import { toolEnvironment } from '../stack/tool-environment.ts';
import { tempDir } from '../testing/temp-dir.ts';
import { waitFor, within } from '../testing/wait.ts';
import { loadRecords } from '../trace/load.ts';
import { tellStory } from '../trace/story.ts';
import { startForeign } from './foreign.ts';
import { waitForArrival } from './sdk-arrivals.ts';
import { installSdk } from './sdk-install.ts';
import { judgeSdk, type RecordedTrade, type SdkEvidence } from './sdk-judge.ts';
import { SdkEvent, type SdkPlan } from './sdk-plan.ts';
import { balancesOf, readSettlements } from './sim-reads.ts';
import type { Balances } from './solver-judge.ts';

const DRIVER_LIMIT_MS = 300_000;
const RECORD_LIMIT_MS = 60_000;
const LOOK_EVERY_MS = 500;
const EURE_UNIT = 10n ** 18n;
/** What the consumer begins with: more than it trades and withdraws. */
const FUNDS: Balances = { [BTC.id]: 200_000n, [EURE.id]: 50n * EURE_UNIT };
const TOKENS = [BTC.id, EURE.id] as const;

const eure = (tenths: bigint): string => String((tenths * EURE_UNIT) / 10n);

/** Both directions, each with either side fixed; together below what the engine may fill in a minute. */
const SWAPS: SdkPlan['swaps'] = [
  { tokenIn: BTC.id, tokenOut: EURE.id, exactIn: '8000', exactOut: null },
  { tokenIn: EURE.id, tokenOut: BTC.id, exactIn: null, exactOut: '5000' },
  { tokenIn: BTC.id, tokenOut: EURE.id, exactIn: null, exactOut: eure(30n) },
  { tokenIn: EURE.id, tokenOut: BTC.id, exactIn: eure(25n), exactOut: null },
];

/** Examples of the standards; no payment of the simulated chains comes from them. */
const BITCOIN_ADDRESS = 'bc1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3qccfmv3';
const GNOSIS_ADDRESS = '0x52908400098527886E0F7030069857D2E4169EE7';
const WITHDRAWALS: SdkPlan['withdrawals'] = [
  { assetId: BTC.id, amount: '20000', destination: BITCOIN_ADDRESS, feeInclusive: false },
  { assetId: EURE.id, amount: eure(50n), destination: GNOSIS_ADDRESS, feeInclusive: true },
];
const SINGLE: SdkPlan['single'] = {
  assetId: EURE.id,
  amount: eure(30n),
  destination: GNOSIS_ADDRESS,
  feeInclusive: false,
};

export type SdkRunOptions = {
  readonly dir: string;
  readonly stack: Stack;
  readonly progress: (line: string) => void;
};

export type SdkReport = {
  readonly events: readonly SdkEvent[];
  /** Of its swaps, those that the engine's history has as settled. */
  readonly recorded: number;
  readonly violations: readonly string[];
};

type Consumer = { readonly accountId: string; readonly privateKey: string };

/** An account whose id is its key, which the verifier knows without registration. */
function makeConsumer(): Consumer {
  const seed = crypto.getRandomValues(new Uint8Array(32));
  const { publicKey } = keyPairOfSeed(seed);
  return {
    accountId: Buffer.from(publicKey).toString('hex'),
    privateKey: `ed25519:${encodeBase58(Buffer.concat([seed, publicKey]))}`,
  };
}

export async function sdkRun({ dir, stack, progress }: SdkRunOptions): Promise<SdkReport> {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  using folder = tempDir('sdk');
  progress('installing the SDK into a directory of its own');
  await installSdk(folder.path);
  const rig = await startRig({ dir, services: stack, label: 'clients', armed: true, progress });
  try {
    const consumer = makeConsumer();
    for (const [token, units] of Object.entries(FUNDS)) {
      await rig.sim.ask(Type.Unknown(), '/credit', 'POST', {
        token,
        units: `${units}`,
        account_id: consumer.accountId,
      });
    }
    await rig.sim.ask(Type.Unknown(), '/mine', 'POST', { chain: 'near', blocks: 3 });
    const plan = planFor(rig, consumer, folder.path);
    const before = await balancesOf(rig.sim, consumer.accountId, TOKENS);
    const { events, brokeOff } = await drive(dir, folder.path, plan);
    const evidence: SdkEvidence = {
      plan,
      events,
      brokeOff,
      before,
      after: await balancesOf(rig.sim, consumer.accountId, TOKENS),
      arrivals: await Promise.all(
        events.flatMap((event) => (event.kind === 'paid' ? [waitForArrival(rig.sim.environment, event.paid)] : [])),
      ),
      recorded: await recordedTrades(rig, events),
    };
    const recorded = [...evidence.recorded.values()].filter(({ status }) => status === 'settled').length;
    return { events, recorded, violations: judgeSdk(evidence) };
  } finally {
    await rig.stop();
  }
}

function planFor({ sim }: Rig, consumer: Consumer, folder: string): SdkPlan {
  const originOf = (name: string) => new URL(sim.environment[name] ?? '').origin;
  return {
    ...consumer,
    folder,
    relayUrl: originOf('RELAY_RPC_URL'),
    bridgeUrl: originOf('POA_BRIDGE_URL'),
    nearUrl: sim.environment['NEAR_RPC_URL'] ?? '',
    controlUrl: sim.url,
    swaps: SWAPS,
    withdrawals: WITHDRAWALS,
    single: SINGLE,
  };
}

/** Runs the driver to its end; it can reach this machine only. */
async function drive(dir: string, cwd: string, plan: SdkPlan): Promise<Pick<SdkEvidence, 'events' | 'brokeOff'>> {
  const planFile = join(dir, 'sdk-plan.json');
  writeFileSync(planFile, JSON.stringify(plan), { mode: 0o600 });
  const logPath = join(dir, 'sdk.log');
  const driver = startForeign({
    argv: [
      process.execPath,
      ...['--no-env-file', '--preload', join(CHECKOUT, 'ops/testing/preload.ts')],
      ...[join(CHECKOUT, 'ops/clients/sdk-driver.ts'), planFile],
    ],
    cwd,
    env: toolEnvironment(),
    logPath,
  });
  try {
    const code = await within(driver.exited, {
      what: `the driver of the SDK (log: ${logPath})`,
      limitMs: DRIVER_LIMIT_MS,
    });
    return { events: eventsIn(logPath), brokeOff: code === 0 ? null : `exit ${code}, see ${logPath}` };
  } catch (error) {
    return { events: eventsIn(logPath), brokeOff: error instanceof Error ? error.message : String(error) };
  } finally {
    await driver.stop();
    rmSync(planFile, { force: true });
  }
}

/** Lines that are events; the SDK itself may write others. */
function eventsIn(logPath: string): readonly SdkEvent[] {
  return readFileSync(logPath, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('{"kind":'))
    .map((line): unknown => JSON.parse(line))
    .filter((value): value is SdkEvent => Value.Check(SdkEvent, value));
}

/** What the history says of each swap, once it is complete or has had its time. */
async function recordedTrades(rig: Rig, events: readonly SdkEvent[]): Promise<ReadonlyMap<string, RecordedTrade>> {
  const hashes = new Set(events.flatMap((event) => (event.kind === 'swap' ? [event.quoteHash] : [])));
  const settlements = await readSettlements(rig.sim);
  const quoteIds = settlements.flatMap(({ ok, quoteId, quoteHash }) =>
    ok && quoteHash !== null && hashes.has(quoteHash) ? [quoteId] : [],
  );
  const sql = openDatabase(rig.database.reader, { name: 'unrip-clients', connections: 1, statementTimeoutMs: 30_000 });
  let trades: readonly RecordedTrade[] = [];
  try {
    await waitFor(
      async () => {
        trades = await tradesOf(sql, rig.accountId, quoteIds);
        if (trades.length === hashes.size && trades.every(({ missing }) => missing.length === 0)) return true;
        await Bun.sleep(LOOK_EVERY_MS);
        return false;
      },
      { what: 'the engine to have recorded every swap', limitMs: RECORD_LIMIT_MS },
    ).catch(() => undefined);
  } finally {
    await sql.end({ timeout: 2 });
  }
  return new Map(trades.flatMap((trade) => (trade.quoteHash === null ? [] : [[trade.quoteHash, trade] as const])));
}

async function tradesOf(
  sql: Database,
  accountId: string,
  quoteIds: readonly string[],
): Promise<readonly RecordedTrade[]> {
  const trades: RecordedTrade[] = [];
  for (const quoteId of quoteIds) {
    const loaded = await loadRecords(sql, quoteId, accountId);
    if (loaded.kind !== 'found') continue;
    const story = tellStory(loaded.records);
    const result = loaded.records.results.at(-1)?.payload;
    trades.push({
      quoteHash: story.answer?.quote_hash ?? null,
      status: story.transitions.at(-1)?.status ?? 'unknown',
      txHash: story.settlement?.tx_hash ?? null,
      received: result?.amount_in ?? null,
      paid: result?.amount_out ?? null,
      missing: story.missing,
    });
  }
  return trades;
}
