// Faults of the price sources. The market moves meanwhile wherever the engine must not trade on what it knew before.

import { stampedBack } from './lies.ts';
import type { Situation } from './situation.ts';
import { FIRST_MID_E1 } from './trading.ts';

const FALLEN_E1 = (FIRST_MID_E1 * 95n) / 100n;
const RISEN_E1 = (FIRST_MID_E1 * 110n) / 100n;
/** Asked often, and old soon, so that its limits are reached within the soak. */
const QUICK_COINGECKO = { COINGECKO_POLL_MS: '300', REFERENCE_FALLBACK_MAX_AGE_MS: '5000' };
const KRAKEN_MAX_AGE_MS = 3_000;
const MINUTE_MS = 60_000;

export const PRICE_SITUATIONS: readonly Situation[] = [
  {
    name: 'kraken-silent',
    what: 'Kraken sends nothing more, as on a dead line; CoinGecko may take its place',
    engineEnv: { COINGECKO_POLL_MS: '300' },
    fault: ({ world }) => world.kraken.faults.stall(true),
    stops: 'never',
    rejections: [],
    health: ['reference.'],
    // A source is taken for broken after half a minute.
    holdMs: 36_000,
    lift: ({ world }) => world.kraken.faults.stall(false),
  },
  {
    name: 'kraken-silent-alone',
    what: 'Kraken sends heartbeats and no prices, and CoinGecko may not take its place',
    engineEnv: { REFERENCE_FALLBACK: 'deny' },
    fault: ({ world }) => world.kraken.faults.silence(true),
    stops: 'must',
    stopsWithinMs: KRAKEN_MAX_AGE_MS,
    rejections: ['price_stale'],
    health: ['reference.'],
    holdMs: 1_000,
    whileStopped: (stage) => stage.moveMarket(RISEN_E1),
    lift: ({ world }) => world.kraken.faults.silence(false),
  },
  {
    name: 'kraken-stamped-back',
    what: 'frames of Kraken go on, stamped 60 s ago, while the market moves 10 %',
    engineEnv: { REFERENCE_FALLBACK: 'deny' },
    fault(stage) {
      stage.proxies.kraken.rewrite(stampedBack(MINUTE_MS));
    },
    stops: 'must',
    stopsWithinMs: KRAKEN_MAX_AGE_MS,
    rejections: ['price_stale'],
    health: ['reference.'],
    holdMs: 2_000,
    whileStopped: (stage) => stage.moveMarket(RISEN_E1, ['coingecko']),
    lift(stage) {
      stage.proxies.kraken.rewrite(null);
      stage.moveMarket(RISEN_E1);
    },
  },
  {
    name: 'both-sources-away',
    what: 'Kraken refuses connections and CoinGecko answers 503, then the market moves 10 %',
    engineEnv: QUICK_COINGECKO,
    fault({ world }) {
      world.kraken.faults.refuse(true);
      world.kraken.faults.drop();
      world.coingecko.faults.fail(1_000_000, 503, 'away');
    },
    stops: 'must',
    stopsWithinMs: 5_000,
    rejections: ['price_stale', 'price_missing'],
    health: ['reference.'],
    holdMs: 1_000,
    whileStopped: (stage) => stage.moveMarket(RISEN_E1),
    lift({ world }) {
      world.kraken.faults.refuse(false);
      world.coingecko.faults.fail(0, 200, '');
    },
    resumesWithinMs: 40_000,
  },
  apartThen(
    'silent',
    ({ world }) => world.kraken.faults.silence(true),
    ({ world }) => world.kraken.faults.silence(false),
  ),
  apartThen(
    'gone',
    ({ world }) => {
      world.kraken.faults.refuse(true);
      world.kraken.faults.drop();
    },
    ({ world }) => world.kraken.faults.refuse(false),
  ),
  apartThen(
    'garbled',
    ({ world, proxies }) => {
      world.kraken.faults.wrongChecksum(1_000_000);
      proxies.kraken.inject('{"channel":"book","type":"update","data":[{"symbol":"BTC/EUR","bids":[{"price":null}]}]}');
    },
    ({ world }) => world.kraken.faults.wrongChecksum(0),
  ),
  {
    name: 'reference-paused',
    what: 'an operator pauses the reference',
    fault: (stage) => void stage.engine.service().control.post('/reference/pause'),
    stops: 'must',
    stopsWithinMs: 1_000,
    rejections: ['reference_paused'],
    health: [],
    holdMs: 1_000,
    whileStopped: (stage) => stage.moveMarket(RISEN_E1, ['kraken']),
    lift: (stage) => stage.moveMarket(RISEN_E1),
    resumeCall: {
      name: 'POST /reference/resume',
      make: async (stage) => void (await stage.engine.service().control.post('/reference/resume')),
    },
  },
];

/** The market falls 5 % and CoinGecko does not follow; once trading has stopped, Kraken fails in one of its ways. */
function apartThen(way: string, fail: NonNullable<Situation['whileStopped']>, recover: Situation['fault']): Situation {
  return {
    name: `apart-then-kraken-${way}`,
    what: `the market falls 5 % and CoinGecko does not follow; then Kraken is ${way}: no trade at the other price`,
    engineEnv: { COINGECKO_POLL_MS: '300' },
    fault: (stage) => stage.moveMarket(FALLEN_E1, ['kraken']),
    stops: 'must',
    stopsWithinMs: 1_000,
    rejections: ['price_diverged'],
    health: ['reference.'],
    whileStopped: fail,
    holdMs: 6_000,
    async lift(stage) {
      stage.moveMarket(FALLEN_E1);
      await recover(stage);
    },
    resumesWithinMs: 40_000,
  };
}
