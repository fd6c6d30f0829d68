// A withdrawal from the command to the other chain: command, manager as a process, relay, verifier, bridge and chain; the engine's
// route of reservations is a stand-in.

import { afterEach, describe, expect, test } from 'bun:test';
import { join } from 'node:path';
import type { LiquidityManagerState } from '../../../contracts/control/liquidity-manager.ts';
import { withdraw } from '../../cli/withdraw.ts';
import { startWorld } from '../../sim/world.ts';
import { tempDir } from '../../testing/temp-dir.ts';
import { waitFor } from '../../testing/wait.ts';
import { throwAwayKey } from '../key.ts';
import { type Service, startLiquidityManager } from '../service.ts';

const ACCOUNT = 'maker.near';
const NO_BROKER = '127.0.0.1:9';
const BTC_ID = 'nep141:btc.omft.near';
const NBTC_ID = 'nep141:nbtc.bridge.near';
const EURE_ID = 'nep141:gnosis-0x420ca0f9b9b604ce0fd9c18ef134c705e5fa3430.omft.near';
const TO = { BTC: 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4', EURe: '0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed' };
const ALLOWLIST = `btc:mainnet=${TO.BTC},eth:100=${TO.EURe}`;

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** The route of the engine that the manager calls. */
function startReservations() {
  const asked: Record<string, unknown>[] = [];
  const state = { free: 10n ** 30n, isWaiting: false };
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    async fetch(request) {
      const body = JSON.parse(await request.text());
      asked.push(body);
      if (BigInt(body.amount) > state.free) {
        const detail = `${body.amount} of ${state.free} free`;
        return Response.json(
          { type: 'urn:unrip:problem:reservation-too-large', title: 'The amount does not fit', detail },
          { status: 409 },
        );
      }
      const status = state.isWaiting ? 'waiting' : 'taken';
      const to = { reservation_id: body.reservation_id, status };
      return Response.json(
        { part: 'inventory', action: 'reserve', from: null, to },
        { status: state.isWaiting ? 202 : 200 },
      );
    },
  });
  ends.push(() => server.stop(true));
  return { url: `http://127.0.0.1:${server.port}`, asked, state };
}

async function makePlace() {
  const dir = tempDir('withdrawal');
  const key = throwAwayKey(join(dir.path, 'key.json'), ACCOUNT);
  const world = startWorld({
    account: { accountId: ACCOUNT, publicKey: key.publicKey },
    balances: { [BTC_ID]: 1_000_000n, [NBTC_ID]: 1_000_000n, [EURE_ID]: 10n ** 21n },
  });
  ends.push(
    () => dir.remove(),
    () => world.close(),
  );
  const engine = startReservations();
  const start = async (): Promise<Service> => {
    const service = await startLiquidityManager({
      dir: dir.path,
      accountId: ACCOUNT,
      kafkaBrokers: NO_BROKER,
      urls: world.urls,
      env: {
        FUNDING_POLL_MS: '100',
        WITHDRAWAL_ALLOWLIST: ALLOWLIST,
        ENGINE_CONTROL_URL: engine.url,
        ENGINE_CONTROL_TOKEN: 'token-of-the-engine-for-the-test-of-it',
      },
    });
    ends.push(() => service.kill());
    return service;
  };
  const written = { out: '', err: '' };
  const run = (service: Service, args: readonly string[], allowlist = ALLOWLIST) =>
    withdraw(args, {
      env: {
        NEAR_ACCOUNT_ID: ACCOUNT,
        NEAR_KEY_FILE: key.file,
        NEAR_RPC_URL: world.urls.NEAR_RPC_URL,
        STATE_DIR: service.stateDir,
        WITHDRAWAL_ALLOWLIST: allowlist,
      },
      directory: dir.path,
      out: (text) => {
        written.out += text;
      },
      err: (text) => {
        written.err += text;
      },
    });
  return { world, engine, start, run, written };
}

async function withdrawalsOf({ control }: Service): Promise<LiquidityManagerState['recent_withdrawals']> {
  return ((await control.get('/withdrawals')) as { withdrawals: LiquidityManagerState['recent_withdrawals'] })
    .withdrawals;
}

const until = async (service: Service, status: string): Promise<void> => {
  await waitFor(async () => (await withdrawalsOf(service))[0]?.status === status, {
    what: `the withdrawal to be ${status}`,
  });
};

describe('a withdrawal', () => {
  test.each([
    ['BTC', '0.0005', TO.BTC, 48_500n],
    // The network may take what is signed for, 5 % of the amount.
    [NBTC_ID, '0.0005', TO.BTC, 47_500n],
    ['EURe', '20', TO.EURe, 199n * 10n ** 17n],
  ] as const)(
    'of %s arrives on the other chain, through kill -9 of the manager on the way',
    async (asset, amount, to, arrives) => {
      const { world, engine, start, run, written } = await makePlace();
      const first = await start();
      const code = await run(first, ['--asset', asset, '--amount', amount, '--to', to, '--send']);
      expect([code, written.err]).toEqual([0, '']);
      expect(engine.asked).toMatchObject([{ amount: asset === 'EURe' ? '20000000000000000000' : '50000' }]);
      await first.kill();
      const second = await start();
      world.mine('near', 3);
      await until(second, 'burned');
      world.mine(asset === 'EURe' ? 'eth:100' : 'btc:mainnet', 2);
      await until(second, 'completed');
      const [done] = await withdrawalsOf(second);
      const [eure] = world.gnosis.chain.eureTo(TO.EURe);
      const [btc] = world.bitcoin.chain.ofAddress(TO.BTC);
      const paid = [...(btc?.outputs ?? [])].find((output) => output.address === TO.BTC)?.sats;
      expect(done).toMatchObject({ tx_hash: eure?.txHash ?? btc?.txid, reason_code: null });
      expect(eure?.units ?? BigInt(paid ?? 0)).toBe(arrives);
      // Reserved under the id that it is known by, and published once.
      expect(engine.asked.every(({ reservation_id: id }) => id === done?.liquidity_action_id)).toBe(true);
      expect(await withdrawalsOf(second)).toHaveLength(1);
    },
    60_000,
  );

  test('is refused when frozen, below the minimum, above what is free, or to an address that is not allowed', async () => {
    const { engine, start, run, written, world } = await makePlace();
    const service = await start();
    const args = (amount: string, to = TO.BTC) => [
      '--asset',
      'BTC',
      '--amount',
      amount,
      '--to',
      to,
      '--max-fee',
      '0.00002',
      '--send',
    ];
    const other = 'bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq';
    expect(await run(service, args('0.001', other), `${ALLOWLIST},btc:mainnet=${other}`)).toBe(1);
    expect(written.err).toContain('destination_not_allowed');
    expect(
      await run(service, ['--asset', 'EURe', '--amount', '1.5', '--to', TO.EURe, '--max-fee', '1', '--send']),
    ).toBe(1);
    expect(written.err).toContain('amount_below_minimum');
    engine.state.free = 40_000n;
    expect(await run(service, args('0.001'))).toBe(1);
    expect(written.err).toContain('reservation_refused');
    await service.control.post('/freeze-withdrawals');
    engine.state.free = 10n ** 30n;
    expect(await run(service, args('0.001'))).toBe(1);
    expect(written.err).toContain('withdrawals_frozen');
    // Nothing of all that left the verifier.
    world.mine('near', 3);
    world.mine('btc:mainnet', 3);
    expect(world.bitcoin.chain.ofAddress(TO.BTC)).toEqual([]);
    expect((await withdrawalsOf(service)).map(({ status, reason_code }) => `${status} ${reason_code}`)).toEqual([
      'failed reservation_refused',
    ]);
  }, 60_000);
});
