// Starts every stand-in on loopback and joins them: one verifier below relay, node and bridges, one account that is known
// to it and funded, one price at both sources.

import { OMNI_STORAGE_MIN } from '../../../contracts/wire/omni-bridge.ts';
import { type SimChain, startChain } from '../chain/chain.ts';
import { realClock, type SimClock } from '../chain/clock.ts';
import { succeeded } from '../chain/transaction.ts';
import { type CoinGeckoSim, startCoinGeckoSim } from '../coingecko/server.ts';
import { type EsploraSim, startEsploraSim } from '../esplora/server.ts';
import { type GnosisSim, startGnosisSim } from '../gnosis/server.ts';
import { formatScaled } from '../kraken/decimal.ts';
import { type KrakenSim, startKrakenSim } from '../kraken/server.ts';
import { type NearRpcSim, startNearRpcSim } from '../near-rpc/server.ts';
import { createOmniDeposits } from '../omni-bridge/deposits.ts';
import { createOmniBridge, type OmniBridge } from '../omni-bridge/omni.ts';
import { type OmniApiSim, startOmniApiSim } from '../omni-bridge/server.ts';
import { createBridge } from '../poa-bridge/bridge.ts';
import { type PoaBridgeSim, startPoaBridgeSim } from '../poa-bridge/server.ts';
import { BRIDGE_TOKENS } from '../poa-bridge/tokens.ts';
import { watchBitcoin, watchGnosis } from '../poa-bridge/watched.ts';
import { type RelaySim, startRelaySim } from '../relay/server.ts';

/** Parts that listen on a port of their own. */
type WorldPart = 'relay' | 'near' | 'kraken' | 'coingecko' | 'bridge' | 'omni' | 'bitcoin' | 'gnosis';

export type StandInsOptions = {
  /** Account whose key the verifier knows. */
  readonly account: { readonly accountId: string; readonly publicKey: string };
  /** What the account holds in the verifier, by token id, in units. */
  readonly balances?: Readonly<Record<string, bigint>>;
  /** Bearer token that the relay requires; without one it lets everybody in. */
  readonly relayToken?: string;
  /** Parts that are not named get free ports. */
  readonly ports?: Readonly<Partial<Record<WorldPart, number>>>;
  readonly clock?: SimClock;
  /** Middle of Kraken's first book, EUR times 10; CoinGecko starts at the same. */
  readonly midE1?: bigint;
  /** When set, a book that did not change for so long is stirred. */
  readonly stirMs?: number;
};

export type StandIns = {
  readonly accountId: string;
  readonly chain: SimChain;
  readonly relay: RelaySim;
  readonly near: NearRpcSim;
  readonly kraken: KrakenSim;
  readonly coingecko: CoinGeckoSim;
  readonly bridge: PoaBridgeSim;
  /** Withdrawals of nBTC. */
  readonly omni: OmniBridge;
  /** Its HTTP API, with the deposits of nBTC. */
  readonly omniApi: OmniApiSim;
  readonly bitcoin: EsploraSim;
  readonly gnosis: GnosisSim;
};

const DEFAULT_MID_E1 = 389_000n;

/** Blocks after which what was done at once is part of a final one. */
const FINAL_AFTER_BLOCKS = 3;

/** The verifier's chain with the account on it. @throws Error when its key cannot be registered */
function chainWith({ account, balances = {} }: StandInsOptions, clock: SimClock): SimChain {
  const chain = startChain({ clock });
  succeeded(chain.registerKey(account.accountId, account.publicKey));
  for (const [tokenId, units] of Object.entries(balances)) {
    if (units > 0n) succeeded(chain.credit(account.accountId, tokenId, units));
  }
  // What an account begins with has been final for long.
  chain.mine(FINAL_AFTER_BLOCKS);
  return chain;
}

/** @throws Error when the account's key cannot be registered or a port is taken */
export function startStandIns(options: StandInsOptions): StandIns {
  const { clock = realClock, midE1 = DEFAULT_MID_E1, ports = {}, relayToken, stirMs } = options;
  const now = clock.nowMs;
  const portOf = (part: WorldPart): { readonly port: number } => ({ port: ports[part] ?? 0 });
  const chain = chainWith(options, clock);
  const relay = startRelaySim({ chain, clock, ...portOf('relay'), token: relayToken ?? null });
  const near = startNearRpcSim({ chain, ...portOf('near') });
  const kraken = startKrakenSim({ now, midE1, ...portOf('kraken'), ...(stirMs === undefined ? {} : { stirMs }) });
  const coingecko = startCoinGeckoSim({ now, btcEur: formatScaled(midE1, 1), ...portOf('coingecko') });
  const bitcoin = startEsploraSim({ now, ...portOf('bitcoin') });
  const gnosis = startGnosisSim({ now, ...portOf('gnosis') });
  const bridge = startPoaBridgeSim({
    bridge: createBridge({
      tokens: BRIDGE_TOKENS,
      chains: [watchBitcoin(bitcoin.chain), watchGnosis(gnosis.chain)],
      credit: (to, tokenId, units) => succeeded(chain.credit(to, tokenId, units)).hash,
      nowMs: now,
    }),
    ...portOf('bridge'),
  });
  const omni = createOmniBridge(bitcoin.chain, () => chain.omniStorage.availableYocto > OMNI_STORAGE_MIN);
  const omniApi = startOmniApiSim({
    deposits: createOmniDeposits({
      chain: bitcoin.chain,
      credit: (to, tokenId, units) => succeeded(chain.credit(to, tokenId, units)).hash,
    }),
    withdrawals: omni,
    ...portOf('omni'),
  });
  const { accountId } = options.account;
  return { accountId, chain, relay, near, kraken, coingecko, bridge, omni, omniApi, bitcoin, gnosis };
}
