// An engine that trades, to inject faults into: simulators in this process with a proxy before each, a real engine over sockets, honest quotes at a steady rate, every answer judged as it arrives, and what the engine reports sampled all the while.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { BTC, EURE } from '../../contracts/assets.ts';
import { COINGECKO_IDS } from '../../contracts/wire/coingecko.ts';
import type { ThrowAwayKey } from '../harness/key.ts';
import { type Service, startEngine } from '../harness/service.ts';
import { openPromises } from '../kill/exposure.ts';
import { killRequest } from '../kill/requests.ts';
import { type HttpProxy, startHttpProxy } from '../proxy/http-proxy.ts';
import { type SocketProxy, startSocketProxy } from '../proxy/socket-proxy.ts';
import { realClock, type SimClock } from '../sim/chain/clock.ts';
import { formatScaled } from '../sim/kraken/decimal.ts';
import { type NearRpcSim, startNearRpcSim } from '../sim/near-rpc/server.ts';
import type { Answer } from '../sim/relay/records.ts';
import { seededPrng } from '../sim/tape/prng.ts';
import { accountOf } from '../sim/verifier/state.ts';
import { startWorld, type World } from '../sim/world.ts';
import { waitFor } from '../testing/wait.ts';
import { faultOfAnswer, type JudgeLimits, type MarketTop } from './judge.ts';
import { type EngineMonitor, startMonitor } from './monitor.ts';
import type { AskedQuote } from './traffic.ts';

export type EngineSetup = {
  /** Of this run alone. */
  readonly dir: string;
  readonly accountId: string;
  readonly key: ThrowAwayKey;
  /** Of a broker, or of nothing: the engine trades without one. */
  readonly kafkaBrokers: string;
};

export type TradingOptions = {
  readonly setup: EngineSetup;
  /** Begins the ids of the quotes, and names the directory. */
  readonly name: string;
  readonly engineEnv: Readonly<Record<string, string>>;
  /** Added to the time of all simulators. */
  readonly clockShiftMs: number;
  readonly rpcEndpoints: 1 | 2;
  readonly balances?: Readonly<Record<string, bigint>>;
  readonly ratePerS: number;
  readonly seed: number;
  /** Whether the engine has to be ready before it is armed. */
  readonly waitForReady: boolean;
  /** Called before the engine starts. */
  readonly before?: (proxies: Proxies) => void;
};

/** Between the engine and each simulator. */
export type Proxies = {
  readonly relay: SocketProxy;
  readonly kraken: SocketProxy;
  readonly coingecko: HttpProxy;
  /** The first endpoint. */
  readonly rpc: HttpProxy;
};

export type Trading = {
  readonly world: World;
  /** Of the account, `ed25519:` and base58. */
  readonly publicKey: string;
  readonly proxies: Proxies;
  readonly monitor: EngineMonitor;
  engine(): Service;
  /** In the order of asking. */
  readonly asked: readonly AskedQuote[];
  /** Faults of wrong answers, the first few in words, and how many. */
  wrong(): { readonly count: number; readonly first: readonly string[] };
  /** Limits of the judge from now on, where they differ from the strict ones. */
  judgeBy(limits: Partial<JudgeLimits>): void;
  /** The true market from now on; only the named price sources follow it, both when left out. */
  moveMarket(midE1: bigint, sources?: readonly ('kraken' | 'coingecko')[]): void;
  /** Ends the engine, starts one on the same state, and arms it. */
  restart(): Promise<void>;
  arm(part?: 'strategy' | 'executor'): Promise<void>;
  close(): Promise<void>;
};

export const FIRST_MID_E1 = 389_000n;
const BALANCES = { [BTC.id]: 2_000_000n, [EURE.id]: 800n * 10n ** 18n };
const ASSETS = [BTC.id, EURE.id] as const;
/** Kraken's book does not change otherwise, and a price that nothing confirms grows old. */
const STIR_MS = 500;
/** CoinGecko's own prices are some 20 s old; younger here, so that its limit can be short. */
const COINGECKO_AGE_MS = 500;
const SPREAD_E1 = 2n;
const TICK_MS = 10;
const READY_LIMIT_MS = 60_000;
const WRONG_SHOWN = 3;
const ENGINE_ENV = { COINGECKO_POLL_MS: '2000', INVENTORY_POLL_MS: '500', DRAIN_LIMIT_MS: '3000', LOG_LEVEL: 'info' };

/** STATE_DIR of the engine of a run of this name. */
export const stateDirOf = ({ dir }: EngineSetup, name: string): string => join(dir, name, 'engine');

export async function startTrading(options: TradingOptions): Promise<Trading> {
  const { setup, name } = options;
  const dir = join(setup.dir, name);
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const clock = shiftedClock(options.clockShiftMs);
  const market: MarketTop[] = [];
  const asked: AskedQuote[] = [];
  const endings: (() => Promise<unknown> | unknown)[] = [];
  const end = async (): Promise<void> => {
    for (const each of endings.splice(0).toReversed()) await each();
  };
  try {
    const venue = startVenue(options, clock);
    endings.push(() => venue.close());
    const moveMarket: Trading['moveMarket'] = (midE1, sources = ['kraken', 'coingecko']) => {
      const bidE1 = midE1 - SPREAD_E1 / 2n;
      market.push({ fromMs: performance.now(), bidE1, askE1: bidE1 + SPREAD_E1 });
      if (sources.includes('kraken')) venue.world.kraken.bookAround(midE1, SPREAD_E1);
      if (sources.includes('coingecko')) {
        venue.world.coingecko.setPrice(COINGECKO_IDS.btc, formatScaled(midE1, 1), COINGECKO_AGE_MS);
        venue.world.coingecko.setPrice(COINGECKO_IDS.eure, '1', COINGECKO_AGE_MS);
      }
    };
    moveMarket(FIRST_MID_E1);

    options.before?.(venue.proxies);
    const bringUp = async (): Promise<Service> => {
      const started = await startEngine({
        dir,
        stateDir: stateDirOf(setup, name),
        accountId: setup.accountId,
        keyFile: setup.key.file,
        kafkaBrokers: setup.kafkaBrokers,
        urls: venue.urls,
        env: { ...ENGINE_ENV, ...options.engineEnv },
      });
      endings.push(async () => {
        // A paused process does not end by SIGTERM.
        if (started.exitCode() === null) process.kill(started.pid, 'SIGCONT');
        await started.stop();
      });
      return started;
    };
    let engine = await bringUp();
    const monitor = startMonitor(() => engine.control);
    endings.push(() => monitor.stop());
    const arm = async (part?: 'strategy' | 'executor'): Promise<void> => {
      if (part !== 'executor') await engine.control.post('/strategy/arm', {});
      if (part !== 'strategy') await engine.control.post('/executor/arm', { fresh_account: true });
    };
    const armWhenReady = async (): Promise<void> => {
      if (options.waitForReady) {
        await waitFor(() => monitor.isReady(), {
          what: `the engine to be ready (health: ${monitor.currentHealth().join(', ')}; log: ${engine.logPath})`,
          limitMs: READY_LIMIT_MS,
        });
      }
      await arm();
    };
    await armWhenReady();

    const byId = new Map<string, AskedQuote>();
    const judging = judgeAnswers(venue.world, { accountId: setup.accountId, market, clock, byId });
    const stopAsking = askSteadily(options, (quote, shape) => {
      asked.push(quote);
      byId.set(quote.request.quote_id, quote);
      venue.world.relay.ask(quote.request, { shape });
    });
    endings.push(stopAsking);
    return {
      world: venue.world,
      publicKey: setup.key.publicKey,
      proxies: venue.proxies,
      monitor,
      engine: () => engine,
      asked,
      wrong: judging.wrong,
      judgeBy: judging.judgeBy,
      moveMarket,
      async restart() {
        await engine.stop();
        engine = await bringUp();
        await armWhenReady();
      },
      arm,
      close: end,
    };
  } catch (error) {
    await end();
    throw error;
  }
}

function shiftedClock(shiftMs: number): SimClock {
  return { nowMs: () => realClock.nowMs() + shiftMs, after: realClock.after };
}

type Venue = {
  readonly world: World;
  readonly proxies: Proxies;
  /** For the engine, in place of the world's own. */
  readonly urls: Readonly<Record<string, string>>;
  close(): Promise<void>;
};

function startVenue({ setup, rpcEndpoints, balances = BALANCES }: TradingOptions, clock: SimClock): Venue {
  const { accountId, key } = setup;
  const account = { accountId, publicKey: key.publicKey };
  const world = startWorld({ account, balances, midE1: FIRST_MID_E1, stirMs: STIR_MS, clock });
  const { urls } = world;
  const proxies: Proxies = {
    relay: startSocketProxy(urls.RELAY_WS_URL),
    kraken: startSocketProxy(urls.KRAKEN_WS_URL),
    coingecko: startHttpProxy(urls.COINGECKO_URL),
    rpc: startHttpProxy(urls.NEAR_RPC_URL),
  };
  const second: NearRpcSim | null = rpcEndpoints === 2 ? startNearRpcSim({ chain: world.chain }) : null;
  return {
    world,
    proxies,
    urls: {
      ...urls,
      RELAY_WS_URL: proxies.relay.url,
      KRAKEN_WS_URL: proxies.kraken.url,
      COINGECKO_URL: proxies.coingecko.url,
      NEAR_RPC_URL: [proxies.rpc.url, ...(second === null ? [] : [second.url])].join(','),
    },
    async close() {
      await Promise.all(Object.values(proxies).map((proxy) => proxy.close()));
      await second?.close();
      await world.close();
    },
  };
}

/** Limits of the judge while nothing is out of order; Kraken's price may be 3 s old. */
export const STRICT: JudgeLimits = {
  priceWindowMs: 5_000,
  edgeMinPctE4: 19_000,
  toleratedRefusals: [],
  toleratesExposure: false,
  deadlineOffMs: 0,
  toleratesUnasked: false,
};

type Judging = Pick<Trading, 'wrong' | 'judgeBy'>;

type JudgeOptions = {
  readonly accountId: string;
  readonly market: readonly MarketTop[];
  readonly clock: SimClock;
  readonly byId: ReadonlyMap<string, AskedQuote>;
};

/** Judges every answer as it arrives; a right one ends the wait of its quote. */
function judgeAnswers(world: World, { accountId, market, clock, byId }: JudgeOptions): Judging {
  const promises = openPromises();
  const first: string[] = [];
  let limits = STRICT;
  let count = 0;

  const faultOf = (answer: Answer, quote: AskedQuote | undefined, atMs: number): string | null => {
    if (quote === undefined) return limits.toleratesUnasked ? null : 'nobody asked for it';
    const account = accountOf(world.chain.state(), accountId);
    const balances = Object.fromEntries(ASSETS.map((asset) => [asset, account.balances.get(asset) ?? 0n]));
    const judged = { answer, request: quote.request, atMs, venueNowMs: clock.nowMs() };
    return faultOfAnswer(judged, { market, limits, balances, promises });
  };
  world.relay.onAnswer((answer) => {
    const atMs = performance.now();
    const quote = byId.get(answer.quoteId);
    if (quote !== undefined) quote.repliedMs = atMs;
    const fault = faultOf(answer, quote, atMs);
    if (fault !== null) {
      count += 1;
      if (first.length < WRONG_SHOWN) first.push(`${answer.quoteId}: ${fault}`);
    } else if (quote !== undefined && answer.verdict === 'accepted') quote.answeredMs = atMs;
  });
  return {
    wrong: () => ({ count, first }),
    judgeBy(next) {
      limits = { ...STRICT, ...next };
    },
  };
}

/** Gives the function that ends it. */
function askSteadily(
  { setup, name, ratePerS, seed }: TradingOptions,
  ask: (quote: AskedQuote, shape: 'event' | 'subscribe') => void,
): () => void {
  const prng = seededPrng(seed);
  const prefix = `${setup.accountId}-${name}-${seed}`;
  const startMs = performance.now();
  let next = 0;
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - startMs) * ratePerS) / 1000);
    for (; next < due; next += 1) {
      const { request } = killRequest(prefix, next, prng);
      ask(
        { request, askedMs: performance.now(), repliedMs: null, answeredMs: null },
        prng.pick(['event', 'subscribe']),
      );
    }
  }, TICK_MS);
  return () => clearInterval(timer);
}
