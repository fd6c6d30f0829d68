// For tests of withdrawals: the command, the manager and the engine as processes, and the simulated world in this one; without Kafka.
// The engine keeps its port, so that another one on the same state takes the place of one that was killed.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BTC, EURE } from '../../../contracts/assets.ts';
import type { LiquidityManagerState } from '../../../contracts/control/liquidity-manager.ts';
import type { InventoryPartState } from '../../../contracts/control/part-state.ts';
import type { ReservationsView } from '../../../contracts/control/reservations.ts';
import { withdraw } from '../../cli/withdraw.ts';
import { startWorld, type WorldOptions } from '../../sim/world.ts';
import { freePorts } from '../../stack/ports.ts';
import { tempDir } from '../../testing/temp-dir.ts';
import { waitFor } from '../../testing/wait.ts';
import { throwAwayKey } from '../key.ts';
import { type Service, startEngine, startLiquidityManager } from '../service.ts';

const ACCOUNT = 'maker.near';
const NO_BROKER = '127.0.0.1:9';
const READY = { limitMs: 30_000 };
export const NBTC_ID = 'nep141:nbtc.bridge.near';
export const TO = {
  BTC: 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4',
  EURe: '0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed',
};
export const ALLOWLIST = `btc:mainnet=${TO.BTC},eth:100=${TO.EURe}`;
/** 0.01 BTC. */
const BTC_UNITS = 1_000_000n;

/** As ops/deploy/secrets.sh makes them: of the manager, which may reserve in the engine, and of what the engine knows of it. */
function reserverIn(dir: string): Readonly<Record<'tokenFile' | 'listFile', string>> {
  const token = 'token-of-the-manager-in-these-tests-only';
  const sha256 = new Bun.CryptoHasher('sha256').update(token).digest('hex');
  const tokens = [{ name: 'liquidity-manager', sha256, role: 'reserver', accounts: ['*'] }];
  const files = { tokenFile: join(dir, 'engine-control-token'), listFile: join(dir, 'control-tokens-engine') };
  writeFileSync(files.tokenFile, token, { mode: 0o600 });
  writeFileSync(files.listFile, JSON.stringify({ tokens }), { mode: 0o600 });
  return files;
}

export type WithdrawalPlace = Awaited<ReturnType<typeof makeWithdrawalPlace>>;

/** @param ends what has to be ended after the test, the last first */
export async function makeWithdrawalPlace(ends: (() => unknown)[], options: Pick<WorldOptions, 'nearBlockMs'> = {}) {
  const dir = tempDir('withdrawal');
  ends.push(() => dir.remove());
  const key = throwAwayKey(join(dir.path, 'key.json'), ACCOUNT);
  const reserver = reserverIn(dir.path);
  const world = startWorld({
    account: { accountId: ACCOUNT, publicKey: key.publicKey },
    balances: { [BTC.id]: BTC_UNITS, [NBTC_ID]: BTC_UNITS, [EURE.id]: 10n ** 21n },
    stirMs: 100,
    ...options,
  });
  ends.push(() => world.close());
  const [port = 0] = freePorts(1);
  const engineUrl = `http://127.0.0.1:${port}`;
  const startedEngine = async (): Promise<Service> => {
    const service = await startEngine({
      dir: dir.path,
      keyFile: key.file,
      accountId: ACCOUNT,
      urls: world.urls,
      kafkaBrokers: NO_BROKER,
      env: {
        CONTROL_PORT: String(port),
        CONTROL_TOKENS_FILE: reserver.listFile,
        INVENTORY_POLL_MS: '100',
        COINGECKO_POLL_MS: '100',
        JOURNAL_MAX_SYNC_LAG_MS: '60000',
        STRATEGY_MAX_NOTIONAL_EUR: '1000',
        NONCE_LANES: '1',
      },
    });
    ends.push(() => service.kill());
    await waitFor(async () => (await inventoryOf(service)).lanes.length === 2, { what: 'the lanes', ...READY });
    return service;
  };
  const startedManager = async (over: Readonly<Record<string, string>> = {}): Promise<Service> => {
    const service = await startLiquidityManager({
      dir: dir.path,
      accountId: ACCOUNT,
      kafkaBrokers: NO_BROKER,
      urls: world.urls,
      env: {
        FUNDING_POLL_MS: '100',
        WITHDRAWAL_ALLOWLIST: ALLOWLIST,
        ENGINE_CONTROL_URL: engineUrl,
        ENGINE_CONTROL_TOKEN_FILE: reserver.tokenFile,
        FUNDING_GNOSIS_CONFIRMATIONS: '3',
        ...over,
      },
    });
    ends.push(() => service.kill());
    return service;
  };
  const written = { out: '', err: '' };
  /** The command, as an operator calls it. */
  const run = (manager: Service, args: readonly string[], allowlist = ALLOWLIST) =>
    withdraw(args, {
      env: {
        NEAR_ACCOUNT_ID: ACCOUNT,
        NEAR_KEY_FILE: key.file,
        NEAR_RPC_URL: world.urls.NEAR_RPC_URL,
        STATE_DIR: manager.stateDir,
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
  return { world, engineUrl, startedEngine, startedManager, run, written };
}

export const sendBtc = (amount: string, to = TO.BTC): readonly string[] => [
  ...['--asset', 'BTC', '--amount', amount, '--to', to, '--max-fee', '0.00002', '--send'],
];

export async function inventoryOf({ control }: Service): Promise<InventoryPartState> {
  return (await control.get('/inventory/state')) as InventoryPartState;
}

export async function reservationsOf({ control }: Service): Promise<ReservationsView> {
  return (await control.get('/inventory/reservations')) as ReservationsView;
}

type Withdrawals = LiquidityManagerState['recent_withdrawals'];

export async function withdrawalsOf({ control }: Service): Promise<Withdrawals> {
  return ((await control.get('/withdrawals')) as { withdrawals: Withdrawals }).withdrawals;
}

/** Waits until the newest withdrawal has this status. */
export async function until(manager: Service, status: string): Promise<void> {
  await waitFor(async () => (await withdrawalsOf(manager))[0]?.status === status, {
    what: `the withdrawal to be ${status}`,
    ...READY,
  });
}

/** What an operator does when nothing that withdraws it is to be published any more. */
export async function giveBack({ url, tokenFile }: Service, reservationId: string): Promise<number> {
  const { status } = await fetch(`${url}/inventory/reservations`, {
    method: 'DELETE',
    headers: {
      authorization: `Bearer ${readFileSync(tokenFile, 'utf8').trim()}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({ reservation_id: reservationId }),
  });
  return status;
}

/** Arms the engine, and has it sign a quote that pays so much BTC for as short a time as it signs for. */
export async function quoteBtc(
  engine: Service,
  { world }: Pick<WithdrawalPlace, 'world'>,
  units: bigint,
): Promise<void> {
  await engine.control.post('/strategy/arm', { forever: true });
  await engine.control.post('/executor/arm', { forever: true, fresh_account: true });
  let asked = 0;
  await waitFor(
    async () => {
      const quoteId = `quote-${++asked}`;
      world.relay.ask(
        {
          quote_id: quoteId,
          defuse_asset_identifier_in: EURE.id,
          defuse_asset_identifier_out: BTC.id,
          exact_amount_out: String(units),
          min_deadline_ms: 1_000,
          min_wait_ms: 0,
          max_wait_ms: 60_000,
        },
        { shape: 'event' },
      );
      const decided = await waitFor(
        async () => {
          const { latest_decision: latest } = (await engine.control.get('/strategy/state')) as {
            latest_decision: { quote_id: string; decision_reason: string } | null;
          };
          return latest?.quote_id === quoteId ? latest : null;
        },
        { what: `a decision on ${quoteId}`, ...READY },
      );
      return decided.decision_reason === 'accepted';
    },
    { what: 'a quote', ...READY },
  );
}
