// All stand-ins as one world: the verifier's chain with its node, the relay, both price sources, the two outside chains
// and the bridge between them. It knows which variable tells a process where each of them listens, and holds the few
// acts that concern more than one part: a deposit, a withdrawal, a price, a tape.

import { realClock, type SimClock } from './chain/clock.ts';
import { type DeckStatus, type PlayStart, type TapeDeck, tapeDeck } from './tape/deck.ts';
import type { Speed } from './tape/player.ts';
import { realTimer } from './tape/timer.ts';
import { actsOn, type WorldActs } from './world/acts.ts';
import { followBurns } from './world/burns.ts';
import { type StandIns, type StandInsOptions, startStandIns } from './world/stand-ins.ts';
import { sinksOf } from './world/tape-sinks.ts';

export type WorldOptions = StandInsOptions & {
  /** When set, a chain makes a block as often; otherwise only `mine` does. */
  readonly nearBlockMs?: number;
  readonly bitcoinBlockMs?: number;
  readonly gnosisBlockMs?: number;
};

/** Variables of the environment that tell a process where the world is. */
type WorldUrls = Readonly<
  Record<
    | 'RELAY_WS_URL'
    | 'RELAY_RPC_URL'
    | 'NEAR_RPC_URL'
    | 'KRAKEN_WS_URL'
    | 'COINGECKO_URL'
    | 'POA_BRIDGE_URL'
    | 'OMNI_BRIDGE_URL'
    | 'BTC_OBSERVER_URL'
    | 'GNOSIS_RPC_URL',
    string
  >
>;

type PlayOptions = {
  /** 1 unless said otherwise. */
  readonly speed?: Speed;
  /** `fresh`, the default, gives quote ids a new name in each run. */
  readonly quoteIds?: 'fresh' | 'recorded';
};

export type World = StandIns &
  WorldActs & {
    readonly urls: WorldUrls;
    /** Checks the tape and starts to play it; `done` of the answer settles at its end. */
    play(path: string, options?: PlayOptions): Promise<PlayStart>;
    tape(): DeckStatus;
    stopTape(): Promise<void>;
    close(): Promise<void>;
  };

/** Calls again and again on the world's clock, until it is called off. */
function every(clock: SimClock, intervalMs: number | undefined, run: () => void): () => void {
  if (intervalMs === undefined) return () => {};
  let cancel = (): void => {};
  const next = (): void => {
    cancel = clock.after(intervalMs, () => {
      run();
      next();
    });
  };
  next();
  return () => cancel();
}

function urlsOf({ relay, near, kraken, coingecko, bridge, omniApi, bitcoin, gnosis }: StandIns): WorldUrls {
  return {
    RELAY_WS_URL: relay.wsUrl,
    RELAY_RPC_URL: relay.rpcUrl,
    NEAR_RPC_URL: near.url,
    KRAKEN_WS_URL: kraken.url,
    COINGECKO_URL: coingecko.url,
    POA_BRIDGE_URL: bridge.url,
    OMNI_BRIDGE_URL: omniApi.url,
    BTC_OBSERVER_URL: bitcoin.url,
    GNOSIS_RPC_URL: gnosis.url,
  };
}

/** Starts everything on loopback. @throws Error when the account's key cannot be registered or a port is taken */
export function startWorld(options: WorldOptions): World {
  const { clock = realClock, nearBlockMs, bitcoinBlockMs, gnosisBlockMs } = options;
  const standIns = startStandIns({ ...options, clock });
  const { chain, relay, near, kraken, coingecko, bridge, omni, omniApi, bitcoin, gnosis } = standIns;
  const stopFollowing = followBurns(standIns, clock);
  const deck: TapeDeck = tapeDeck(sinksOf(relay, kraken, coingecko), realTimer);
  const stopMining = [
    every(clock, nearBlockMs, () => chain.mine(1)),
    every(clock, bitcoinBlockMs, () => bitcoin.chain.mine()),
    every(clock, gnosisBlockMs, () => gnosis.chain.mine()),
  ];

  return {
    ...standIns,
    ...actsOn(standIns),
    urls: urlsOf(standIns),
    play: (path, { speed = 1, quoteIds = 'fresh' } = {}) => deck.start({ path, speed, quoteIds }),
    tape: () => deck.status(),
    stopTape: () => deck.stop(),
    async close() {
      for (const stop of [...stopMining, stopFollowing, omni.close]) stop();
      await deck.stop();
      await Promise.all([relay, near, kraken, coingecko, bridge, omniApi, bitcoin, gnosis].map((part) => part.close()));
    },
  };
}
