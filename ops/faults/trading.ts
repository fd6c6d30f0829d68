// Trading that faults are injected into: simulators in this process with a proxy before each, a real engine over sockets, honest
// quotes at a steady rate, every answer judged as it arrives, and what the engine reports sampled all the while.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { BTC, EURE } from '../../contracts/assets.ts';
import { COINGECKO_IDS } from '../../contracts/wire/coingecko.ts';
import { type HttpProxy, startHttpProxy } from '../proxy/http-proxy.ts';
import { type SocketProxy, startSocketProxy } from '../proxy/socket-proxy.ts';
import { realClock, type SimClock } from '../sim/chain/clock.ts';
import { formatScaled } from '../sim/kraken/decimal.ts';
import { type NearRpcSim, startNearRpcSim } from '../sim/near-rpc/server.ts';
import { statusFrame } from '../sim/relay/frames.ts';
import type { Answer } from '../sim/relay/records.ts';
import { type Prng, seededPrng } from '../sim/tape/prng.ts';
import { accountOf } from '../sim/verifier/state.ts';
import { startWorld, type World } from '../sim/world.ts';
import { openPromises } from '../soak/kill/exposure.ts';
import { killRequest } from '../soak/kill/requests.ts';
import { type EngineSetup, startTestedEngine, type TestedEngine } from './engine.ts';
import { faultOfAnswer, type JudgeLimits, type MarketTop } from './judge.ts';
import type { AskedQuote } from './traffic.ts';

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
  readonly engine: TestedEngine;
  /** In the order of asking. */
  readonly asked: readonly AskedQuote[];
  /** Faults of wrong answers, the first few in words, and how many. */
  wrong(): { readonly count: number; readonly first: readonly string[] };
  /** Limits of the judge from now on, where they differ from the strict ones. */
  judgeBy(limits: Partial<JudgeLimits>): void;
  /** The true market from now on; only the named price sources follow it, both when left out. */
  moveMarket(midE1: bigint, sources?: readonly ('kraken' | 'coingecko')[]): void;
  close(): Promise<void>;
};

export const FIRST_MID_E1 = 389_000n;
const BALANCES = { [BTC.id]: 2_000_000n, [EURE.id]: 800n * 10n ** 18n };
const ASSETS = [BTC.id, EURE.id] as const;
/** Kraken's book does not change otherwise, and a price that nothing confirms grows old. */
const STIR_MS = 500;
/** CoinGecko's own prices are some 20 s old; younger here, so that its limit can be short. */
const COINGECKO_AGE_MS = 500;
/** Other solvers' quotes are settled all the time: a relay without any such event for ten minutes is one that lost it. */
const OTHERS_SETTLE_MS = 20_000;
const SPREAD_E1 = 2n;
const TICK_MS = 10;
const WRONG_SHOWN = 3;

/** STATE_DIR of the engine of a run of this name. */
export const stateDirOf = ({ dir }: EngineSetup, name: string): string => join(dir, name, 'engine');

export async function startTrading(options: TradingOptions): Promise<Trading> {
  const { setup, name } = options;
  const dir = join(setup.dir, name);
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const clock = shiftedClock(options.clockShiftMs);
  const venue = startVenue(options, clock);
  const { world, proxies, urls } = venue;
  const { market, moveMarket } = marketOf(world);
  try {
    moveMarket(FIRST_MID_E1);
    options.before?.(proxies);
    const engine = await startTestedEngine({
      setup,
      dir,
      stateDir: stateDirOf(setup, name),
      urls,
      env: options.engineEnv,
      waitForReady: options.waitForReady,
    });
    const asked: AskedQuote[] = [];
    const byId = new Map<string, AskedQuote>();
    const judging = judgeAnswers(world, { accountId: setup.accountId, market, clock, byId });
    const stopAsking = askSteadily(options, (quote, shape) => {
      asked.push(quote);
      byId.set(quote.request.quote_id, quote);
      world.relay.ask(quote.request, { shape });
    });
    const stopOthers = settleOthers(world, seededPrng(options.seed));
    return {
      world,
      publicKey: setup.key.publicKey,
      proxies,
      engine,
      asked,
      ...judging,
      moveMarket,
      async close() {
        stopAsking();
        stopOthers();
        await engine.stop();
        await venue.close();
      },
    };
  } catch (error) {
    await venue.close();
    throw error;
  }
}

type Market = { readonly market: readonly MarketTop[]; readonly moveMarket: Trading['moveMarket'] };

function marketOf({ kraken, coingecko }: World): Market {
  const market: MarketTop[] = [];
  return {
    market,
    moveMarket(midE1, sources = ['kraken', 'coingecko']) {
      const bidE1 = midE1 - SPREAD_E1 / 2n;
      market.push({ fromMs: performance.now(), bidE1, askE1: bidE1 + SPREAD_E1 });
      if (sources.includes('kraken')) kraken.bookAround(midE1, SPREAD_E1);
      if (!sources.includes('coingecko')) return;
      coingecko.setPrice(COINGECKO_IDS.btc, formatScaled(midE1, 1), COINGECKO_AGE_MS);
      coingecko.setPrice(COINGECKO_IDS.eure, '1', COINGECKO_AGE_MS);
    },
  };
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
function settleOthers({ relay }: World, prng: Prng): () => void {
  const timer = setInterval(() => {
    const status = { quote_hash: prng.hex(44), intent_hash: prng.hex(44), tx_hash: prng.hex(44) };
    relay.sendRaw(statusFrame('subscribe', status, ''));
  }, OTHERS_SETTLE_MS);
  return () => clearInterval(timer);
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
