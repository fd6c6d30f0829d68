// The simulated POA bridge with its two chains, on a socket.

import { createBitcoinChain } from '../../../../ops/sim/esplora/chain.ts';
import { createGnosisChain } from '../../../../ops/sim/gnosis/chain.ts';
import { createBridge } from '../../../../ops/sim/poa-bridge/bridge.ts';
import { startPoaBridgeSim } from '../../../../ops/sim/poa-bridge/server.ts';
import { BRIDGE_TOKENS } from '../../../../ops/sim/poa-bridge/tokens.ts';
import { watchBitcoin, watchGnosis } from '../../../../ops/sim/poa-bridge/watched.ts';

const hash = (of: string): string => new Bun.CryptoHasher('sha256').update(of).digest('hex');

export function startPoaWorld() {
  let clockMs = 1_767_225_600_000;
  let stepMs = 1_000;
  const nowMs = (): number => {
    clockMs += stepMs;
    return clockMs;
  };
  const bitcoin = createBitcoinChain({ hash, nowMs });
  const gnosis = createGnosisChain({ hash, nowMs });
  /** Account, asset and units of each, in their order. */
  const credits: (readonly [account: string, assetId: string, units: bigint])[] = [];
  const bridge = createBridge({
    tokens: BRIDGE_TOKENS,
    chains: [watchBitcoin(bitcoin), watchGnosis(gnosis)],
    credit: (...credit) => {
      credits.push(credit);
      return `mint-${credits.length}`;
    },
    nowMs,
  });
  const sim = startPoaBridgeSim({ bridge });
  return {
    ...sim,
    bitcoin,
    gnosis,
    credits,
    /** Everything from now on has the same time. */
    stopClock: () => {
      stepMs = 0;
    },
  };
}
