// The steps that risk nothing: what the processes say, prices, inventory, funding, and what keeps a disarmed engine from trading.

import { type Static, Type } from '@sinclair/typebox';
import { ask, PROCESSES, type ProcessName, type Seen, type Step, type World } from './step.ts';

const Nullable = <T extends ReturnType<typeof Type.String> | ReturnType<typeof Type.Integer>>(of: T) =>
  Type.Union([of, Type.Null()]);
const Codes = Type.Array(Type.String());

const Health = Type.Object({ healthy: Type.Boolean(), reasons: Codes });
const Arm = Type.Object({ armed: Type.Boolean(), by: Type.String(), since: Type.String() });

/** Of /state of the engine, what these steps look at. */
const EngineSeen = Type.Object({
  account_id: Type.String(),
  reference: Type.Object({
    source: Type.String(),
    fair_rate: Nullable(Type.String()),
    freshness_ms: Nullable(Type.Integer()),
    problem: Nullable(Type.String()),
    records: Type.Integer(),
  }),
  inventory: Type.Object({
    block_height: Nullable(Type.Integer()),
    age_ms: Nullable(Type.Integer()),
    assets: Type.Record(Type.String(), Type.Object({ credited: Type.String(), spendable: Type.String() })),
    reconciliation: Type.Object({ status: Type.String(), note: Nullable(Type.String()) }),
  }),
  strategy: Type.Object({
    arm: Arm,
    limits: Type.Object({ max_notional_eur: Type.String() }),
    latest_rejected: Type.Union([
      Type.Null(),
      Type.Object({ quote_id: Type.String(), reason: Type.String(), detail: Type.String() }),
    ]),
  }),
  executor: Type.Object({ arm: Arm, mode: Type.String() }),
});
type EngineSeen = Static<typeof EngineSeen>;

const Credited = Type.Object({ asset_id: Type.String(), amount: Nullable(Type.String()), status: Type.String() });
const ManagerSeen = Type.Object({
  deposit_addresses: Type.Array(
    Type.Object({ chain: Type.String(), address: Nullable(Type.String()), status: Type.String() }),
  ),
  pending_credits: Type.Array(Type.Unknown()),
  credited_deposits: Type.Array(Credited),
});

const engineOf = (world: World) => ask(world, 'engine', { path: '/state', shape: EngineSeen });

async function inspectStates(world: World): Promise<Seen> {
  const saw: string[] = [];
  const unwell: string[] = [];
  for (const name of PROCESSES) {
    const health = await ask(world, name, { path: '/state', shape: Health });
    if (!health.ok) return health.seen;
    const { healthy, reasons } = health.value;
    saw.push(`${name} ${healthy ? 'healthy' : `unhealthy (${reasons.join(', ')})`}`);
    if (!healthy) unwell.push(name);
  }
  if (unwell.length === 0) return { saw: saw.join('; ') };
  return { saw: saw.join('; '), fix: 'find the codes in ops/OPERATIONS.md, "Codes"; ./unrip doctor names most fixes' };
}

/** Asks the engine until two of its answers show that something moved on. */
async function moved<T>(world: World, pick: (engine: EngineSeen) => T | null, isLater: (a: T, b: T) => boolean) {
  let first: T | null = null;
  return await world.until(async () => {
    const engine = await engineOf(world);
    const now = engine.ok ? pick(engine.value) : null;
    if (now === null) return null;
    if (first === null) first = now;
    return isLater(first, now) ? { first, now } : null;
  });
}

async function watchPrices(world: World): Promise<Seen> {
  const pair = await moved(
    world,
    ({ reference }) => (reference.problem === null && reference.fair_rate !== null ? reference : null),
    (first, now) => now.records > first.records,
  );
  if (pair === null) {
    const engine = await engineOf(world);
    const why = engine.ok ? (engine.value.reference.problem ?? 'the price is not recorded again') : 'no answer';
    return { saw: why, fix: './unrip doctor prices' };
  }
  const { first, now } = pair;
  return {
    saw: `${first.fair_rate} EURe per BTC, then ${now.fair_rate} of ${now.source}, ${now.freshness_ms} ms old; ${now.records - first.records} more recorded`,
  };
}

async function watchInventory(world: World): Promise<Seen> {
  const pair = await moved(
    world,
    ({ inventory }) => (inventory.block_height === null ? null : { ...inventory, height: inventory.block_height }),
    (first, now) => now.height > first.height,
  );
  if (pair === null) return { saw: 'no later block was read', fix: './unrip doctor near' };
  const { now } = pair;
  const assets = Object.entries(now.assets);
  const saw = `block ${now.height}, ${now.age_ms} ms old, ${now.reconciliation.status}: ${assets
    .map(([asset, { credited, spendable }]) => `${spendable} of ${credited} ${asset} spendable`)
    .join(', ')}`;
  if (now.reconciliation.status !== 'ok')
    return { saw: `${saw}: ${now.reconciliation.note ?? ''}`, fix: 'compare the balances with the verifier' };
  if (assets.every(([, { spendable }]) => spendable === '0'))
    return { saw, fix: 'nothing is credited: deposit BTC or EURe to the address that the next step shows' };
  return { saw };
}

async function followFunding(world: World): Promise<Seen> {
  const read = () => ask(world, 'liquidity-manager', { path: '/state', shape: ManagerSeen });
  const before = await read();
  if (!before.ok) return before.seen;
  const active = (seen: Static<typeof ManagerSeen>) =>
    seen.deposit_addresses.find(({ status, address }) => status === 'active' && address !== null);
  if (active(before.value) === undefined) {
    const asked = await world.processes['liquidity-manager'].post('/deposit-addresses', { chain: 'btc:mainnet' });
    if (asked.kind !== 'done') return { saw: `no deposit address: ${asked.detail}`, fix: './unrip doctor venue' };
  }
  const after = await world.until(async () => {
    const now = await read();
    return now.ok && active(now.value) !== undefined && now.value.credited_deposits.length > 0 ? now.value : null;
  });
  if (after !== null) {
    const [credit] = after.credited_deposits;
    const address = active(after);
    return {
      saw: `address ${address?.address} of ${address?.chain}; credited: ${credit?.amount} ${credit?.asset_id}; ${after.pending_credits.length} pending, none of it spendable`,
    };
  }
  const now = await read();
  const address = now.ok ? active(now.value) : undefined;
  if (address === undefined) return { saw: 'no deposit address became active', fix: './unrip doctor venue' };
  return {
    saw: `address ${address.address} of ${address.chain}; no deposit is on record as credited`,
    fix: 'send a small deposit there from a wallet of your own, wait until ./unrip deposit TX_HASH shows it credited, then run this again',
  };
}

async function findDisarmed(world: World): Promise<Seen> {
  const engine = await engineOf(world);
  if (!engine.ok) return engine.seen;
  const parts = { strategy: engine.value.strategy.arm, executor: engine.value.executor.arm };
  const saw = Object.entries(parts)
    .map(([part, { armed, by, since }]) => `${part} ${armed ? 'armed' : 'disarmed'} by ${by} since ${since}`)
    .join('; ');
  const isAsStarted = Object.values(parts).every(({ armed, by }) => !armed && by === 'start');
  // Somebody has armed or disarmed it since: how it started cannot be seen any more.
  return isAsStarted
    ? { saw }
    : { saw, fix: './unrip disarm, start the engine again, and run this before it is armed' };
}

async function findRejection(world: World): Promise<Seen> {
  const rejected = await world.until(async () => {
    const engine = await engineOf(world);
    return engine.ok ? engine.value.strategy.latest_rejected : null;
  });
  if (rejected === null)
    return { saw: 'no request was decided', fix: './unrip doctor venue; or wait longer: --wait SECONDS' };
  return { saw: `${rejected.quote_id}: ${rejected.reason}: ${rejected.detail}` };
}

export async function findLimit(world: World): Promise<Seen> {
  const engine = await engineOf(world);
  if (!engine.ok) return engine.seen;
  const { max_notional_eur: limit } = engine.value.strategy.limits;
  const saw = `one quote may be worth ${limit} EUR at most`;
  return Number(limit) <= world.maxEur
    ? { saw }
    : {
        saw,
        fix: `set STRATEGY_MAX_NOTIONAL_EUR=${world.maxEur} and start the engine again, or allow more with --max-eur`,
      };
}

const processes = (names: readonly ProcessName[]): string => names.join(', ');

export const BEFORE_ARMING: readonly Step[] = [
  { number: 1, title: 'state of each service', did: `GET /state of ${processes(PROCESSES)}`, run: inspectStates },
  {
    number: 2,
    title: 'live reference pricing updates',
    did: 'read the price until it was recorded again',
    run: watchPrices,
  },
  {
    number: 3,
    title: 'live internal inventory',
    did: 'read the inventory until it was of a later block',
    run: watchInventory,
  },
  {
    number: 4,
    title: 'one funding path, from the deposit address to credited inventory',
    did: 'asked the liquidity-manager for its deposit addresses, and for what was credited',
    run: followFunding,
  },
  {
    number: 5,
    title: 'strategy and executor start disarmed',
    did: 'read by whom they were armed or disarmed last',
    run: findDisarmed,
  },
  { number: 6, title: 'a rejected decision', did: 'waited for a decision that rejects', run: findRejection },
  // In front of the arming, since afterwards it would be too late.
  { number: 8, title: 'the first limit is a few EUR', did: 'read the limit in force', run: findLimit },
];
