// A withdrawal from the command to the other chain: command, manager and engine as processes; relay, verifier, bridges and chains.

import { afterEach, describe, expect, test } from 'bun:test';
import { BTC } from '../../../contracts/assets.ts';
import { type HttpAnswer, startHttpProxy } from '../../proxy/http-proxy.ts';
import { waitFor } from '../../testing/wait.ts';
import {
  ALLOWLIST,
  giveBack,
  inventoryOf,
  makeWithdrawalPlace,
  NBTC_ID,
  quoteBtc,
  reservationsOf,
  sendBtc,
  TO,
  until,
  withdrawalsOf,
} from './withdrawal.fixture.ts';

const LIMIT_MS = 90_000;

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

describe('a withdrawal', () => {
  test.each([
    ['BTC', '0.0005', TO.BTC, 48_500n],
    // The network may take what is signed for, 5 % of the amount, and the bridge its fee. The engine does not trade it.
    [NBTC_ID, '0.0005', TO.BTC, 47_200n],
    ['EURe', '20', TO.EURe, 199n * 10n ** 17n],
  ] as const)(
    'of %s arrives on the other chain, through kill -9 of the manager on the way',
    async (asset, amount, to, arrives) => {
      const { world, startedEngine, startedManager, run, written } = await makeWithdrawalPlace(ends);
      const engine = await startedEngine();
      const first = await startedManager();
      const code = await run(first, ['--asset', asset, '--amount', amount, '--to', to, '--send']);
      expect([code, written.err]).toEqual([0, '']);
      const isTraded = asset !== NBTC_ID;
      const { open } = await reservationsOf(engine);
      const units = asset === 'EURe' ? '20000000000000000000' : '50000';
      expect(open).toMatchObject(isTraded ? [{ status: 'taken', amount: units, asked_by: 'liquidity-manager' }] : []);
      await first.kill();
      const second = await startedManager();
      world.mine('near', 3);
      await until(second, 'burned');
      const chain = asset === 'EURe' ? 'eth:100' : 'btc:mainnet';
      // The first block has the bridge pay, the next one contains the payment.
      world.mine(chain);
      world.mine(chain);
      await until(second, 'confirming');
      await waitFor(async () => (await withdrawalsOf(second))[0]?.confirmations === 1, { what: 'a confirmation' });
      expect(await withdrawalsOf(second)).toMatchObject([{ status: 'confirming', completed_at: null }]);
      world.mine(chain, 3);
      await until(second, 'completed');
      const withdrawals = await withdrawalsOf(second);
      const [eure] = world.gnosis.chain.eureTo(TO.EURe);
      const [btc] = world.bitcoin.chain.ofAddress(TO.BTC);
      const paid = [...(btc?.outputs ?? [])].find((output) => output.address === TO.BTC)?.sats;
      expect(withdrawals).toMatchObject([{ tx_hash: eure?.txHash ?? btc?.txid, reason_code: null }]);
      expect(eure?.units ?? BigInt(paid ?? 0)).toBe(arrives);
      // The engine has seen it leave: by its nonce, under the id that the manager knows it by, and as no loss.
      const seen = async () => (await reservationsOf(engine)).open.length === 0;
      await waitFor(seen, { what: 'the balance to be read', limitMs: 30_000 });
      expect((await reservationsOf(engine)).over).toMatchObject(
        isTraded
          ? [{ reservation_id: withdrawals[0]?.liquidity_action_id, status: 'withdrawn', nonce: expect.any(String) }]
          : [],
      );
    },
    LIMIT_MS,
  );

  test(
    'is refused when frozen, below the minimum, above what is free, or to an address that is not allowed',
    async () => {
      const { startedEngine, startedManager, run, written, world } = await makeWithdrawalPlace(ends);
      const engine = await startedEngine();
      const manager = await startedManager();
      const other = 'bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq';
      expect(await run(manager, sendBtc('0.001', other), `${ALLOWLIST},btc:mainnet=${other}`)).toBe(1);
      expect(written.err).toContain('destination_not_allowed');
      const eure = ['--asset', 'EURe', '--amount', '1.5', '--to', TO.EURe, '--max-fee', '1', '--send'];
      expect(await run(manager, eure)).toBe(1);
      expect(written.err).toContain('amount_below_minimum');
      expect(await run(manager, sendBtc('0.01000001'))).toBe(1);
      expect(written.err).toContain('reservation_refused');
      await manager.control.post('/freeze-withdrawals');
      expect(await run(manager, sendBtc('0.001'))).toBe(1);
      expect(written.err).toContain('withdrawals_frozen');
      // Nothing of all that left the verifier.
      world.mine('near', 3);
      world.mine('btc:mainnet', 3);
      expect(world.bitcoin.chain.ofAddress(TO.BTC)).toEqual([]);
      expect((await withdrawalsOf(manager)).map(({ status, reason_code }) => `${status} ${reason_code}`)).toEqual([
        'failed reservation_refused',
      ]);
      expect(await reservationsOf(engine)).toMatchObject({ open: [], over: [] });
    },
    LIMIT_MS,
  );
});

test(
  'a withdrawal is over when its chain shows it, whatever the bridge says before',
  async () => {
    const { world, startedEngine, startedManager, run } = await makeWithdrawalPlace(ends);
    await startedEngine();
    const bridge = startHttpProxy(world.urls.POA_BRIDGE_URL);
    ends.push(() => bridge.close());
    const manager = await startedManager({ POA_BRIDGE_URL: bridge.url });
    expect(await run(manager, sendBtc('0.0005'))).toBe(0);
    // Of its answers about withdrawals it claims the end, by a transaction that pays others.
    const other = world.bitcoin.chain.pay({ address: 'bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq', sats: 48_500 });
    const claim = ({ status, body }: HttpAnswer) => ({
      status,
      body: String(body)
        .replaceAll(/"status":"PENDING"/g, '"status":"COMPLETED"')
        .replaceAll(/"transfer_tx_hash":(?:null|"[^"]*")/g, `"transfer_tx_hash":"${other}"`),
    });
    bridge.rewrite({ reply: claim });
    world.mine('near', 3);
    await until(manager, 'burned');
    world.mine('btc:mainnet', 5);
    await waitFor(async () => (await withdrawalsOf(manager))[0]?.reason_code === 'payment_not_shown', {
      what: 'the claim to be doubted',
    });
    expect(await withdrawalsOf(manager)).toMatchObject([
      { status: 'burned', tx_hash: other, completed_at: null, bridge_status: 'COMPLETED' },
    ]);
    bridge.rewrite(null);
    world.mine('btc:mainnet', 2);
    await until(manager, 'completed');
    const [paid] = world.bitcoin.chain.ofAddress(TO.BTC);
    expect(await withdrawalsOf(manager)).toMatchObject([{ tx_hash: paid?.txid, credited_amount: '48500' }]);
  },
  LIMIT_MS,
);

describe('the engine', () => {
  test(
    'lets it wait while a live quote needs the amount, and has it published once the quote is over',
    async () => {
      const place = await makeWithdrawalPlace(ends, { nearBlockMs: 300 });
      const { startedEngine, startedManager, run, written } = place;
      const engine = await startedEngine();
      const manager = await startedManager();
      await quoteBtc(engine, place, 600_000n);
      expect([await run(manager, sendBtc('0.005')), written.err]).toEqual([0, '']);
      expect((await reservationsOf(engine)).open).toMatchObject([{ status: 'waiting', amount: '500000' }]);
      expect(await withdrawalsOf(manager)).toMatchObject([{ status: 'requested', reason_code: 'reservation_refused' }]);
      // The chain's own time ends the quote.
      await until(manager, 'burned');
      const [done] = await withdrawalsOf(manager);
      expect(done).toMatchObject({ reservation_id: done?.liquidity_action_id });
      await waitFor(async () => (await reservationsOf(engine)).over[0]?.status === 'withdrawn', {
        what: 'the balance to be read',
      });
    },
    LIMIT_MS,
  );

  test(
    'killed between the question and its answer, and started again, has the amount reserved once, and it is published once',
    async () => {
      const { startedEngine, startedManager, run, written, world, engineUrl } = await makeWithdrawalPlace(ends);
      const first = await startedEngine();
      const way = startHttpProxy(engineUrl);
      ends.push(() => way.close());
      const manager = await startedManager({ ENGINE_CONTROL_URL: way.url });
      // It reserves, and nobody gets its answer.
      way.rewrite({ reply: () => ({ status: 502, body: '' }) });
      expect([await run(manager, sendBtc('0.005')), written.err]).toEqual([0, '']);
      await waitFor(() => way.changed() > 0, { what: 'an answer that is lost' });
      expect((await reservationsOf(first)).open).toMatchObject([{ status: 'taken', amount: '500000' }]);
      expect(await withdrawalsOf(manager)).toMatchObject([{ status: 'requested', reservation_id: null }]);
      await first.kill();
      way.rewrite(null);
      const second = await startedEngine();
      await until(manager, 'submitted');
      expect((await reservationsOf(second)).open).toMatchObject([{ status: 'taken', amount: '500000' }]);
      const { assets } = await inventoryOf(second);
      expect(assets[BTC.id]?.reserved_for_positions).toBe('500000');
      world.mine('near', 3);
      await until(manager, 'burned');
      expect(await withdrawalsOf(manager)).toHaveLength(1);
    },
    LIMIT_MS,
  );

  test(
    'being away holds it; nothing is published before it is back and the amount is reserved',
    async () => {
      const { startedEngine, startedManager, run, written } = await makeWithdrawalPlace(ends, { nearBlockMs: 300 });
      await (await startedEngine()).stop();
      const manager = await startedManager();
      expect([await run(manager, sendBtc('0.005')), written.err]).toEqual([0, '']);
      await until(manager, 'requested');
      expect(await withdrawalsOf(manager)).toMatchObject([
        { status: 'requested', reason_code: 'reservation_refused', near_tx_hash: null },
      ]);
      const engine = await startedEngine();
      await until(manager, 'burned');
      await waitFor(async () => (await reservationsOf(engine)).over[0]?.status === 'withdrawn', {
        what: 'the balance to be read',
      });
    },
    LIMIT_MS,
  );

  test(
    'given the amount back by an operator while nobody got its answer, refuses it; nothing is published',
    async () => {
      const { startedEngine, startedManager, run, world, engineUrl } = await makeWithdrawalPlace(ends);
      const engine = await startedEngine();
      const way = startHttpProxy(engineUrl);
      ends.push(() => way.close());
      const manager = await startedManager({ ENGINE_CONTROL_URL: way.url });
      way.rewrite({ reply: () => ({ status: 502, body: '' }) });
      expect(await run(manager, sendBtc('0.005'))).toBe(0);
      const open = await waitFor(async () => (await reservationsOf(engine)).open[0], { what: 'the reservation' });
      expect(await giveBack(engine, open.reservation_id)).toBe(202);
      way.rewrite(null);
      await until(manager, 'failed');
      expect(await withdrawalsOf(manager)).toMatchObject([{ reason_code: 'reservation_refused', near_tx_hash: null }]);
      world.mine('near', 3);
      // Whoever has the signed payload can execute it until its deadline: so long the engine quotes nothing of it.
      expect((await reservationsOf(engine)).open).toMatchObject([{ status: 'releasing', amount: '500000' }]);
    },
    LIMIT_MS,
  );
});
