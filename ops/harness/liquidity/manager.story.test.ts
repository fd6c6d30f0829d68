// The liquidity-manager as a process, asked over its control API, with the simulated bridge and without Kafka.

import { afterEach, describe, expect, test } from 'bun:test';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Value } from '@sinclair/typebox/value';
import { LiquidityManagerState } from '../../../contracts/control/liquidity-manager.ts';
import { startWorld } from '../../sim/world.ts';
import { describedBy } from '../../testing/described.ts';
import { tempDir } from '../../testing/temp-dir.ts';
import { waitFor } from '../../testing/wait.ts';
import { ControlRefusal } from '../control-client.ts';
import { throwAwayKey } from '../key.ts';
import { startPart } from '../part.ts';
import { type Service, startLiquidityManager } from '../service.ts';

const ACCOUNT = 'maker.near';
const BTC_CHAIN = 'btc:mainnet';
const NO_BROKER = '127.0.0.1:9';
const POA_ASSETS = 'nep141:btc.omft.near,nep141:gnosis-0x420ca0f9b9b604ce0fd9c18ef134c705e5fa3430.omft.near';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

function makePlace() {
  const dir = tempDir('liquidity');
  const world = startWorld({
    account: { accountId: ACCOUNT, publicKey: throwAwayKey(join(dir.path, 'key.json'), ACCOUNT).publicKey },
  });
  ends.push(
    () => dir.remove(),
    () => world.close(),
  );
  const start = async (env: Readonly<Record<string, string>> = {}): Promise<Service> => {
    const service = await startLiquidityManager({
      dir: dir.path,
      accountId: ACCOUNT,
      kafkaBrokers: NO_BROKER,
      urls: world.urls,
      env: { FUNDING_POLL_MS: '100', TREASURY_ASSETS: POA_ASSETS, ...env },
    });
    ends.push(() => service.kill());
    return service;
  };
  return { dir, world, start };
}

async function stateOf({ control }: Service): Promise<LiquidityManagerState> {
  return (await control.get('/state')) as LiquidityManagerState;
}

/** What a call was refused with. */
async function refusal(call: Promise<unknown>): Promise<{ readonly status: number; readonly detail: string }> {
  try {
    await call;
  } catch (error) {
    if (!(error instanceof ControlRefusal)) throw error;
    return { status: error.status, detail: String((error.body as { detail?: unknown }).detail) };
  }
  throw new Error('the call was not refused');
}

const eventsOf = ({ logPath }: Service): string[] =>
  readFileSync(logPath, 'utf8')
    .split('\n')
    .flatMap((line) => (line.startsWith('{') ? [String(JSON.parse(line).event)] : []));

describe('the process', () => {
  test('gives addresses, shows a deposit from the first sign to the credit, and goes on after kill -9', async () => {
    const { world, start } = makePlace();
    const first = await start();
    await waitFor(async () => (await stateOf(first)).deposit_addresses.every(({ status }) => status === 'active'), {
      what: 'the addresses',
    });
    const asked = (await first.control.post('/deposit-addresses', { chain: BTC_CHAIN })) as {
      to: { address: string; status: string }[];
    };
    const { address, txHash } = world.deposit({ chain: BTC_CHAIN, amountUnits: 100_000n });
    expect(asked.to).toMatchObject([{ address, status: 'active' }]);
    await waitFor(async () => (await stateOf(first)).pending_credits.length === 1, { what: 'the deposit' });
    await waitFor(() => eventsOf(first).includes('funding_seen'), { what: 'the line of the log' });
    await first.kill();
    const second = await start();
    const before = await stateOf(second);
    // Known before any bridge was asked: nothing of it was lost, and none of its records was acknowledged.
    expect(before.pending_credits).toMatchObject([{ funding_handle: address, amount: '100000', status: 'seen' }]);
    expect(before.records.waiting).toBeGreaterThan(0);
    world.mine(BTC_CHAIN, 2);
    await waitFor(async () => (await stateOf(second)).credited_deposits.length === 1, { what: 'the credit' });
    const after = await stateOf(second);
    expect(after.recent_funding).toHaveLength(1);
    expect(after.pending_credits).toEqual([]);
    expect(Value.Check(LiquidityManagerState, ownFields(after))).toBe(true);
    expect(txHash).not.toBe('');
    await waitFor(() => eventsOf(second).includes('funding_credited'), { what: 'the line of the log' });
    expect(eventsOf(second)).toContain('deposit_address_active');
    // The answers are what the process says of them.
    const token = readFileSync(second.tokenFile, 'utf8').trim();
    const described = await describedBy(second.url, token);
    const metrics = await fetch(`${second.url}/metrics`);
    expect(await metrics.text()).toMatch(/unrip_liquidity_actions\{kind="deposit",status="credited"[^}]*\} 1\n/);
    for (const path of ['/state', '/healthz', '/internal/health']) {
      const response = await fetch(second.url + path, { headers: { authorization: `Bearer ${token}` } });
      const headers = Object.fromEntries(response.headers);
      expect(described('GET', path, { status: response.status, headers, body: await response.text() })).toBeNull();
    }
  });

  test('follows a deposit over the Omni bridge: seen on the chain, asked for by its transaction, credited', async () => {
    const { world, start } = makePlace();
    const service = await start({ TREASURY_ASSETS: 'nep141:nbtc.bridge.near', FUNDING_BTC_CONFIRMATIONS: '1' });
    const addressOf = async () => (await stateOf(service)).deposit_addresses.find(({ status }) => status === 'active');
    await waitFor(async () => (await addressOf()) !== undefined, { what: 'the address' });
    const address = (await addressOf())?.address ?? '';
    const txHash = world.bitcoin.chain.pay({ address, sats: 50_000 });
    await waitFor(async () => (await stateOf(service)).pending_credits[0]?.bridge_status === 'Initialised', {
      what: 'the bridge to know the transfer',
    });
    world.mine(BTC_CHAIN, 2);
    await waitFor(async () => (await stateOf(service)).credited_deposits.length === 1, { what: 'the credit' });
    expect((await stateOf(service)).recent_funding).toMatchObject([
      { bridge: 'omni', asset_id: 'nep141:nbtc.bridge.near', tx_hash: txHash, funding_handle: address },
    ]);
  });

  test('a freeze holds after kill -9, until it is ended; both are lines of the log', async () => {
    const { start } = makePlace();
    const first = await start();
    await first.control.post('/freeze-withdrawals');
    await waitFor(() => eventsOf(first).includes('withdrawals_frozen'), { what: 'the line of the log' });
    await first.kill();
    const second = await start();
    expect(await stateOf(second)).toMatchObject({
      withdrawals: { frozen: true, by: 'operator' },
      rebalance_state: { frozen: true },
    });
    await second.control.post('/unfreeze-withdrawals');
    expect((await stateOf(second)).withdrawals).toEqual({ frozen: false, since: null, by: null });
    await waitFor(() => eventsOf(second).includes('withdrawals_released'), { what: 'the line of the log' });
  });

  test('takes a listed token of its account, and none of another one', async () => {
    const { dir, start } = makePlace();
    const token = (account: string): string => `${account}-${'t'.repeat(32)}`;
    const tokens = [ACCOUNT, 'other.near'].map((account) => ({
      ...{ name: account, role: 'operator', accounts: [account] },
      sha256: new Bun.CryptoHasher('sha256').update(token(account)).digest('hex'),
    }));
    const file = join(dir.path, 'tokens.json');
    writeFileSync(file, JSON.stringify({ tokens }), { mode: 0o600 });
    const { url } = await start({ CONTROL_TOKENS_FILE: file });
    const freeze = async (account: string): Promise<number> => {
      const headers = { authorization: `Bearer ${token(account)}` };
      return (await fetch(`${url}/freeze-withdrawals`, { method: 'POST', headers })).status;
    };
    expect([await freeze(ACCOUNT), await freeze('other.near')]).toEqual([200, 403]);
  });

  test('a state that is gone although an observer has run freezes withdrawals, and says so', async () => {
    const { start } = makePlace();
    const first = await start();
    const files = () => readdirSync(first.stateDir);
    const hasRun = () => files().some((name) => name.startsWith('funding-observer-'));
    await waitFor(hasRun, { what: 'the file of an observer' });
    await first.kill();
    rmSync(join(first.stateDir, 'liquidity-manager.state.json'));
    const second = await start();
    expect(await stateOf(second)).toMatchObject({ withdrawals: { frozen: true, by: 'state_missing' } });
    await waitFor(() => eventsOf(second).includes('state_missing'), { what: 'the line of the log' });
    await second.control.post('/unfreeze-withdrawals');
    expect(await second.stop()).toBe(0);
    expect((await stateOf(await start())).withdrawals).toMatchObject({ frozen: false });
  });

  test('a chain that no bridge serves is refused by name, a bridge that is away with its reason', async () => {
    const { world, start } = makePlace();
    const service = await start({ TREASURY_ASSETS: 'nep141:btc.omft.near' });
    const chain = await refusal(service.control.post('/deposit-addresses', { chain: 'eth:100' }));
    expect(chain).toMatchObject({ status: 409, detail: expect.stringContaining('serves eth:100') });
    expect((await refusal(service.control.post('/deposit-addresses', { chain: 'doge' }))).status).toBe(400);
    await waitFor(async () => (await stateOf(service)).deposit_addresses[0]?.status === 'active', {
      what: 'the address',
    });
    world.bridge.faults.fail({ requests: 1_000, status: 503, body: 'busy' });
    const away = await refusal(service.control.post('/deposit-addresses', { chain: BTC_CHAIN }));
    expect(away).toMatchObject({ status: 502, detail: expect.stringContaining('poa: unreachable: HTTP status 503') });
    expect((await refusal(service.control.post('/refresh'))).status).toBe(502);
    expect((await stateOf(service)).deposit_addresses).toMatchObject([
      { status: 'active', reason_code: 'bridge_unreachable' },
    ]);
    world.bridge.faults.fail({ requests: 0, status: 503, body: '' });
    await service.control.post('/refresh');
    expect((await stateOf(service)).bridges).toMatchObject([{ bridge: 'poa', failures_in_row: 0 }]);
  });

  test('paused it polls nothing and is healthy with a note; drained it ends with 0', async () => {
    const { world, start } = makePlace();
    const service = await start();
    await service.control.post('/refresh');
    await service.control.post('/pause');
    const before = world.bridge.requests();
    expect(await stateOf(service)).toMatchObject({ paused: true, blocked_by: expect.arrayContaining(['poa.paused']) });
    expect(world.bridge.requests()).toBe(before);
    await service.control.post('/resume');
    await waitFor(() => world.bridge.requests() > before, { what: 'the polls to go on' });
    await service.control.post('/drain');
    expect(await service.exited).toBe(0);
  });

  test('a second one on the same state directory, and a state of another account, are refused with 78', async () => {
    const { dir, start } = makePlace();
    const first = await start();
    const env = { STATE_DIR: first.stateDir, CONTROL_PORT: '0', KAFKA_BROKERS: NO_BROKER, NEAR_ACCOUNT_ID: ACCOUNT };
    const second = startPart({ name: 'second', args: ['liquidity-manager'], dir: dir.path, env });
    expect(await second.exited).toBe(78);
    expect(readFileSync(second.logPath, 'utf8')).toContain('used by another liquidity-manager');
    await first.control.post('/freeze-withdrawals');
    expect(await first.stop()).toBe(0);
    const other = startPart({
      name: 'other',
      args: ['liquidity-manager'],
      dir: dir.path,
      env: { ...env, NEAR_ACCOUNT_ID: 'other.near' },
    });
    expect(await other.exited).toBe(78);
    expect(readFileSync(other.logPath, 'utf8')).toContain('belongs to the account maker.near');
  });
});

/** Without what every sidecar has. */
function ownFields(state: LiquidityManagerState): unknown {
  const names = Object.keys(LiquidityManagerState.properties);
  return Object.fromEntries(Object.entries(state).filter(([name]) => names.includes(name)));
}
