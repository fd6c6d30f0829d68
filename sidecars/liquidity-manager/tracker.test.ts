import { afterEach, expect, test } from 'bun:test';
import { join } from 'node:path';
import { KNOWN_ASSETS } from '../../contracts/assets.ts';
import { type Clock, machineClock } from '../../contracts/runtime/clock.ts';
import { keptLog } from '../../contracts/runtime/log/kept-log.fixture.ts';
import { ManualClock } from '../../contracts/runtime/manual-clock.fixture.ts';
import { tempDir } from '../../ops/testing/temp-dir.ts';
import { waitFor } from '../../ops/testing/wait.ts';
import { handles } from './actions/addresses.ts';
import type { Context } from './actions/context.ts';
import { type Action, begun } from './actions/tracked.ts';
import { bridgeFailure } from './bridges/ask.ts';
import type { Bridge, BridgeDeposit, DepositsRead } from './bridges/bridge.ts';
import { createPoaBridge } from './bridges/poa/poa.ts';
import { startPoaWorld } from './bridges/poa/poa-world.fixture.ts';
import { logMoment } from './moments.ts';
import { emptyState } from './store/kept.ts';
import { Ledger } from './store/ledger.ts';
import { Tracker } from './tracker.ts';

const ACCOUNT = 'maker.near';
const POLL_MS = 5;
const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** @param makeBridge another one than that of the world */
function start(makeBridge?: () => Bridge, clock: Clock = machineClock) {
  const dir = tempDir();
  const world = startPoaWorld();
  const { log, events } = keptLog();
  const published: Action[] = [];
  const ledger = new Ledger({
    path: join(dir.path, 'state.json'),
    kept: emptyState(ACCOUNT),
    clock,
    log,
    render: ({ payload }) => JSON.stringify(payload),
    sender: {
      send: (_topic, _key, value) => {
        published.push(JSON.parse(value));
        return Promise.resolve({ partition: 0, offset: 0 } as never);
      },
    },
    onRecord: logMoment.bind(null, log),
  });
  const context = (): Context => ({
    nowMs: clock.nowMs(),
    settings: {
      accountId: ACCOUNT,
      assetIds: KNOWN_ASSETS.map(({ id }) => id),
      wallets: [],
      delayedAfterMs: 60_000,
      stuckAfterMs: 600_000,
    },
    termsOf: (assetId) => tracker.termsOf(assetId),
  });
  const bridge =
    makeBridge?.() ?? createPoaBridge({ url: world.url, account: ACCOUNT, assets: KNOWN_ASSETS, clock: machineClock });
  const tracker = new Tracker({
    bridge,
    ledger,
    context,
    clock,
    random: () => 0,
    log,
    pollMs: POLL_MS,
  });
  ends.push(
    () => dir[Symbol.dispose](),
    () => world.close(),
    () => ledger.close(),
    () => tracker.stop(),
  );
  const states = (kind: Action['kind']) =>
    published.filter((action) => action.kind === kind).map(({ chain, status }) => `${chain} ${status}`);
  const addressOn = (chain: string): string =>
    handles(ledger.book).find((handle) => handle.chain === chain)?.address ?? '';
  return { world, tracker, ledger, published, states, addressOn, events };
}

test('asks for addresses, follows a deposit from the first sign to the credit, and says each moment in the log', async () => {
  const { world, tracker, published, states, addressOn, events } = start();
  tracker.start();
  await waitFor(() => addressOn('btc:mainnet') !== '', { what: 'an address' });
  // An address that nobody paid is no deposit.
  expect(states('deposit')).toEqual([]);
  world.bitcoin.pay({ address: addressOn('btc:mainnet'), sats: 100_000 });
  await waitFor(() => states('deposit').length === 1, { what: 'the deposit to be seen' });
  world.bitcoin.mine(2);
  await waitFor(() => states('deposit').at(-1) === 'btc:mainnet credited', { what: 'the credit' });
  world.bitcoin.mine(2);
  await waitFor(() => published.at(-1)?.bridge_status === 'COMPLETED', { what: 'the completion' });
  expect(world.credits).toEqual([[ACCOUNT, 'nep141:btc.omft.near', 100_000n]]);
  expect(published.filter(({ kind }) => kind === 'deposit').map(({ transition_seq }) => transition_seq)).toEqual([
    1, 2, 3,
  ]);
  const logged = events();
  for (const event of ['deposit_address_requested', 'deposit_address_active', 'funding_seen', 'funding_credited'])
    expect(logged).toContain(event);
  expect(logged.filter((event) => event === 'funding_credited')).toHaveLength(1);
  expect(tracker.health()).toMatchObject({ healthy: true, reasons: [] });
});

test('a bridge that is gone is unhealthy, keeps what is known, and is followed on when it is back', async () => {
  const { world, tracker, ledger, addressOn, events } = start();
  expect(tracker.health().reasons).toEqual(['bridge_not_read']);
  world.faults.fail({ requests: 1_000, status: 503, body: 'down' });
  tracker.start();
  await waitFor(() => tracker.view().failuresInRow >= 3, { what: 'three failures' });
  expect(tracker.health()).toMatchObject({ healthy: false, reasons: ['bridge_unreachable'] });
  expect(events().filter((event) => event === 'bridge_lost')).toHaveLength(1);
  expect(events().filter((event) => event === 'deposit_address_failed')).toHaveLength(2);
  world.faults.fail({ requests: 0, status: 503, body: '' });
  await waitFor(() => tracker.view().failuresInRow === 0, { what: 'the recovery' });
  expect(tracker.health().healthy).toBe(true);
  expect(addressOn('eth:100')).not.toBe('');
  expect(events()).toContain('bridge_recovered');
  expect(ledger.problem).toBeNull();
});

test('paused it has no timer, yet answers a refresh; what a refresh could not do is returned', async () => {
  const { world, tracker } = start();
  expect(await tracker.refresh()).toBeNull();
  tracker.pause();
  expect(tracker.health()).toMatchObject({ healthy: true, notes: ['paused'] });
  const before = world.requests();
  expect(await tracker.refresh()).toBeNull();
  expect(world.requests()).toBeGreaterThan(before);
  world.faults.fail({ requests: 10, status: 500, body: '' });
  expect(await tracker.refresh()).toStartWith('unreachable: HTTP status 500');
  // Neither the pause nor a refresh within it has begun a poll: a timer would have taken one of the faults.
  const { rounds } = tracker.view();
  world.faults.fail({ requests: 0, status: 500, body: '' });
  expect(await tracker.refresh()).toBeNull();
  expect(tracker.view().rounds).toBe(rounds + 1);
  tracker.resume();
  await waitFor(() => tracker.view().rounds > rounds + 1, { what: 'the polls to go on' });
});

test('an answer that comes after the stop changes nothing', async () => {
  const { tracker, ledger, states } = start();
  const request = tracker.requestAddress('btc:mainnet');
  await tracker.stop();
  await request;
  expect(states('deposit_address')).toEqual(['btc:mainnet requested']);
  expect(handles(ledger.book)).toEqual([]);
});

/** A bridge of which the test says what it reports. */
function omniThat(deposits: Bridge['deposits']): Bridge {
  const unused = () => Promise.reject(new Error('nobody asks'));
  return {
    name: 'omni',
    host: 'omni.test',
    assets: KNOWN_ASSETS.filter(({ bridge }) => bridge === 'omni'),
    terms: () => Promise.resolve({ ok: true, value: [] }),
    depositAddress: () => Promise.resolve({ ok: true, value: 'address' }),
    deposits,
    withdrawalCost: unused,
    withdrawal: unused,
    close: () => undefined,
  };
}

test('what could be read is taken although a deposit could not be asked for, and polls come as often as before', async () => {
  const clock = new ManualClock();
  const failure = bridgeFailure('malformed', '1 of 2 look-ups failed: no list: b:0');
  const deposit: BridgeDeposit = {
    ...{ creditId: 'omni a 0', chain: 'btc:mainnet', address: 'address', assetId: 'nep141:nbtc.bridge.near' },
    ...{ amountUnits: 5_000n, sender: null, txHash: 'a', creditTxHash: 'mint', bridgeStatus: 'Finalised' },
    ...{ atMs: clock.nowMs(), outputIndex: 0 },
    outcome: 'credited',
  };
  const value: DepositsRead = { deposits: [deposit], unread: 0, failure };
  let rounds = 0;
  const bridge = omniThat(() => {
    rounds++;
    return Promise.resolve({ ok: true, value });
  });
  const { tracker, states } = start(() => bridge, clock);
  for (let round = 1; round <= 6; round++) {
    expect(await tracker.refresh()).toBe('malformed: 1 of 2 look-ups failed: no list: b:0');
  }
  expect(states('deposit').at(-1)).toBe('btc:mainnet credited');
  expect(tracker.health().reasons).toEqual(['bridge_malformed']);
  clock.advance(POLL_MS);
  expect(rounds).toBe(7);
});

test('of more transfers than one round asks for, those below the minimum are left out first', async () => {
  const asked: string[] = [];
  const { ledger, tracker } = start(() =>
    omniThat((_chain, known) => {
      asked.push(...known.map(({ txHash }) => txHash));
      return Promise.resolve({ ok: true, value: { deposits: [], unread: 0, failure: null } });
    }),
  );
  const deposit = (txHash: string, reason_code: Action['reason_code']) =>
    begun(
      {
        ...{ liquidity_action_id: txHash, account_id: ACCOUNT, kind: 'deposit', status: 'confirmed', reason_code },
        ...{ bridge: 'omni', chain: 'btc:mainnet', funding_handle: 'address', amount: '1', tx_hash: txHash },
      },
      machineClock.nowMs(),
    );
  const dust = Array.from({ length: 60 }, (_, index) => deposit(`dust-${index}`, 'below_minimum'));
  expect(ledger.commit([deposit('tx-1', null), ...dust])).toBe(true);
  expect(await tracker.refresh()).toBeNull();
  expect(asked).toHaveLength(50);
  expect(asked).toContain('tx-1');
});
