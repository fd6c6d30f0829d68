// The chain observers inside the process of the liquidity-manager, over its control API, with simulated chains and without Kafka.

import { afterEach, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BTC, EURE } from '../../../contracts/assets.ts';
import type { LiquidityManagerState } from '../../../contracts/control/liquidity-manager.ts';
import { startWorld } from '../../sim/world.ts';
import { describedBy } from '../../testing/described.ts';
import { tempDir } from '../../testing/temp-dir.ts';
import { waitFor } from '../../testing/wait.ts';
import { ControlRefusal } from '../control-client.ts';
import { throwAwayKey } from '../key.ts';
import { type Service, startLiquidityManager } from '../service.ts';

const ACCOUNT = 'maker.near';
const BTC_CHAIN = 'btc:mainnet';
const GNOSIS_CHAIN = 'eth:100';
const LIMIT_MS = 60_000;

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function startManager() {
  const dir = tempDir('observers');
  ends.push(() => dir.remove());
  const { publicKey } = throwAwayKey(join(dir.path, 'key.json'), ACCOUNT);
  const world = startWorld({ account: { accountId: ACCOUNT, publicKey } });
  ends.push(() => world.close());
  const { POA_BRIDGE_URL, BTC_OBSERVER_URL, GNOSIS_RPC_URL } = world.urls;
  const service = await startLiquidityManager({
    dir: dir.path,
    accountId: ACCOUNT,
    kafkaBrokers: '127.0.0.1:9',
    urls: { POA_BRIDGE_URL, BTC_OBSERVER_URL, GNOSIS_RPC_URL },
    env: { FUNDING_POLL_MS: '100', TREASURY_ASSETS: `${BTC.id},${EURE.id}`, FUNDING_GNOSIS_CONFIRMATIONS: '3' },
  });
  ends.push(() => service.kill());
  const state = async () => (await service.control.get('/state')) as LiquidityManagerState;
  await waitFor(
    async () => (await state()).deposit_addresses.filter(({ status }) => status === 'active').length === 2,
    {
      what: 'the addresses',
    },
  );
  return { world, service, state };
}

const refusedWith = async (call: Promise<unknown>): Promise<number> => {
  try {
    await call;
  } catch (error) {
    if (error instanceof ControlRefusal) return error.status;
    throw error;
  }
  return 0;
};

const partOf = async ({ control }: Service, part: string) =>
  ((await control.get('/internal/health')) as { parts: Record<string, { healthy: boolean; reasons: string[] }> }).parts[
    part
  ];

test(
  'a deposit is seen before its credit, is one deposit with what the bridge reports, and is credited under its own transaction',
  async () => {
    const { world, service, state } = await startManager();
    const { address, txHash } = world.deposit({ chain: BTC_CHAIN, amountUnits: 100_000n });
    const eure = world.deposit({ chain: GNOSIS_CHAIN, amountUnits: 10n ** 19n });
    world.mine(GNOSIS_CHAIN, 1);
    const of = async (handle: string) => (await state()).funding_observations_by_handle[handle]?.observations ?? [];
    await waitFor(async () => (await of(address)).length === 1 && (await of(eure.address)).length === 1, {
      what: 'the observations',
    });
    expect(await of(address)).toMatchObject([{ tx_hash: txHash, status: 'seen', confirmations: 0, amount: '100000' }]);
    const before = await state();
    expect(before.uncredited_funding_total_by_asset).toEqual({ [BTC.id]: '100000', [EURE.id]: String(10n ** 19n) });
    expect(before.credited_deposits).toEqual([]);
    world.mine(BTC_CHAIN, 6);
    world.mine(GNOSIS_CHAIN, 40);
    await waitFor(async () => (await state()).credit_correlation.credited === 2, { what: 'the credits' });
    const after = await state();
    expect(await of(address)).toMatchObject([{ tx_hash: txHash, status: 'credited' }]);
    expect((await of(address))[0]?.bridge_deposit_tx_hash).not.toBe(txHash);
    expect(after.uncredited_funding_total_by_asset).toEqual({});
    expect(after.latest_funding_observation_at).not.toBeNull();
    // Whoever saw it first, the bridge or the observer: it is one deposit.
    await waitFor(async () => (await state()).credited_deposits.length === 2, { what: 'the deposits' });
    expect((await state()).recent_funding).toHaveLength(2);
    const token = readFileSync(service.tokenFile, 'utf8').trim();
    const described = await describedBy(service.url, token);
    const response = await fetch(`${service.url}/state`, { headers: { authorization: `Bearer ${token}` } });
    const headers = Object.fromEntries(response.headers);
    expect(described('GET', '/state', { status: response.status, headers, body: await response.text() })).toBeNull();
  },
  LIMIT_MS,
);

test(
  'an observer that is away is refreshed in vain, by name, while the other and the bridge go on; it is paused and resumed alone',
  async () => {
    const { world, service, state } = await startManager();
    const observer = async (chain: string) => (await state()).funding_observers.find((each) => each.chain === chain);
    await service.control.post('/refresh-funding-observations');
    expect(await observer(BTC_CHAIN)).toMatchObject({ healthy: true, status: 'current', paused: false });
    world.bitcoin.faults.fail({ requests: 1_000_000, status: 500, body: 'away' });
    expect(await refusedWith(service.control.post('/refresh-funding-observations'))).toBe(502);
    expect(await refusedWith(service.control.post('/refresh-funding-observations', { chain: GNOSIS_CHAIN }))).toBe(0);
    expect(await observer(BTC_CHAIN)).toMatchObject({ last_failure: expect.stringContaining('node_refused') });
    expect(await observer(GNOSIS_CHAIN)).toMatchObject({ healthy: true, failures: 0 });
    expect(await partOf(service, 'poa')).toMatchObject({ healthy: true });
    const paused = await service.control.post('/pause-funding-observer', { chain: BTC_CHAIN });
    expect(paused).toMatchObject({
      from: [{ chain: BTC_CHAIN, paused: false }],
      to: [{ chain: BTC_CHAIN, paused: true }],
    });
    expect(await observer(BTC_CHAIN)).toMatchObject({ status: 'paused', notes: ['paused'] });
    expect(await observer(GNOSIS_CHAIN)).toMatchObject({ paused: false });
    world.bitcoin.faults.fail({ requests: 0, status: 500, body: '' });
    await service.control.post('/resume-funding-observer');
    await waitFor(async () => (await observer(BTC_CHAIN))?.status === 'current', { what: 'the observer to recover' });
    expect(await refusedWith(service.control.post('/pause-funding-observer', { chain: 'doge' }))).toBe(400);
  },
  LIMIT_MS,
);
