// All stand-ins as one world: the verifier's chain with its node, the relay, both price sources, the two outside chains
// and the bridge between them. It knows which variable tells a process where each of them listens, and holds the few
// acts that concern more than one part: a deposit, a withdrawal, a price, a tape.

import { COINGECKO_IDS } from '../../contracts/wire/coingecko.ts';
import { POA_CHAINS } from '../../contracts/wire/poa-bridge.ts';
import { makeAfterBlock } from './chain/after-block.ts';
import { type SimChain, startChain } from './chain/chain.ts';
import { realClock, type SimClock } from './chain/clock.ts';
import type { Transaction } from './chain/transaction.ts';
import { type CoinGeckoSim, startCoinGeckoSim } from './coingecko/server.ts';
import { type EsploraSim, startEsploraSim } from './esplora/server.ts';
import { type GnosisSim, startGnosisSim } from './gnosis/server.ts';
import { formatScaled } from './kraken/decimal.ts';
import { type KrakenSim, startKrakenSim } from './kraken/server.ts';
import { type NearRpcSim, startNearRpcSim } from './near-rpc/server.ts';
import { createOmniBridge, OMNI_ACCOUNT, type OmniBridge } from './omni-bridge/omni.ts';
import { createBridge } from './poa-bridge/bridge.ts';
import { burnsIn } from './poa-bridge/burns.ts';
import { type PoaBridgeSim, startPoaBridgeSim } from './poa-bridge/server.ts';
import { BRIDGE_TOKENS } from './poa-bridge/tokens.ts';
import { watchBitcoin, watchGnosis } from './poa-bridge/watched.ts';
import { type RelaySim, startRelaySim } from './relay/server.ts';
import { type DeckStatus, type PlayStart, type TapeDeck, tapeDeck } from './tape/deck.ts';
import type { Speed, TapeSinks } from './tape/player.ts';
import { realTimer } from './tape/timer.ts';

/** Parts that listen on a port of their own. */
export type WorldPart = 'relay' | 'near' | 'kraken' | 'coingecko' | 'bridge' | 'bitcoin' | 'gnosis';

export type WorldOptions = {
  /** Account whose key the verifier knows. */
  readonly account: { readonly accountId: string; readonly publicKey: string };
  /** What the account holds in the verifier, by token id, in units. */
  readonly balances?: Readonly<Record<string, bigint>>;
  /** Bearer token that the relay wants; without one it lets everybody in. */
  readonly relayToken?: string;
  /** Parts that are not named get free ports. */
  readonly ports?: Readonly<Partial<Record<WorldPart, number>>>;
  readonly clock?: SimClock;
  /** Middle of Kraken's first book, EUR times 10; CoinGecko starts at the same. */
  readonly midE1?: bigint;
  /** When set, a book that stands still for so long is stirred. */
  readonly stirMs?: number;
  /** When set, the outside chains make a block as often; otherwise only `mine` does. */
  readonly bitcoinBlockMs?: number;
  readonly gnosisBlockMs?: number;
};

/** Variables of the environment that tell a process where the world is. */
export type WorldUrls = Readonly<
  Record<
    | 'RELAY_WS_URL'
    | 'RELAY_RPC_URL'
    | 'NEAR_RPC_URL'
    | 'KRAKEN_WS_URL'
    | 'COINGECKO_URL'
    | 'POA_BRIDGE_URL'
    | 'BTC_OBSERVER_URL'
    | 'GNOSIS_RPC_URL',
    string
  >
>;

export type PlayOptions = {
  /** 1 unless said otherwise. */
  readonly speed?: Speed;
  /** `fresh`, the default, gives quote ids a new name in each run. */
  readonly quoteIds?: 'fresh' | 'recorded';
};

export type OutsideChain = (typeof POA_CHAINS)[keyof typeof POA_CHAINS];

export type World = {
  readonly urls: WorldUrls;
  readonly accountId: string;
  readonly chain: SimChain;
  readonly relay: RelaySim;
  readonly near: NearRpcSim;
  readonly kraken: KrakenSim;
  readonly coingecko: CoinGeckoSim;
  readonly bridge: PoaBridgeSim;
  /** Withdrawals of nBTC. */
  readonly omni: OmniBridge;
  readonly bitcoin: EsploraSim;
  readonly gnosis: GnosisSim;
  /** Checks the tape and starts to play it; `done` of the answer settles at its end. */
  play(path: string, options?: PlayOptions): Promise<PlayStart>;
  tape(): DeckStatus;
  stopTape(): Promise<void>;
  /** Moves both price sources: Kraken's book goes around the middle, CoinGecko says the middle. */
  setPrice(midE1: bigint, spreadE1?: bigint): void;
  /** Units on the account in the verifier, out of nowhere. @throws Error with the contract's reason */
  credit(tokenId: string, units: bigint, accountId?: string): Transaction;
  /** Pays to the account's deposit address on the outside chain; the bridge credits it as blocks come. */
  deposit(options: { readonly chain: OutsideChain; readonly amountUnits: bigint; readonly accountId?: string }): {
    readonly address: string;
    readonly txHash: string;
  };
  /** Burns in the verifier, to be paid out by the bridge on the token's outside chain. @throws Error with the reason */
  withdraw(options: {
    readonly tokenId: string;
    readonly amountUnits: bigint;
    readonly address: string;
    readonly accountId?: string;
  }): { readonly burnTxHash: string };
  mine(chain: OutsideChain | 'near', blocks?: number): void;
  close(): Promise<void>;
};

/** A client that does not answer a ping for so long no longer holds a tape up. */
const FLUSH_LIMIT_MS = 2000;
const DEFAULT_MID_E1 = 389_000n;

function succeeded(transaction: Transaction): Transaction {
  if (transaction.error !== undefined) throw new Error(transaction.error);
  return transaction;
}

/** Sinks of a tape, with the back-pressure of the clients behind both sockets. */
function sinksOf(relay: RelaySim, kraken: KrakenSim, coingecko: CoinGeckoSim): TapeSinks {
  return {
    ask(request, options) {
      relay.ask(request, options);
    },
    sendRaw: (text) => relay.sendRaw(text),
    kraken: (text) => kraken.frame(text),
    coingecko: (text, bodyNowMs) => coingecko.body(text, bodyNowMs),
    async ready() {
      const flushed = Promise.all([relay.flushed(), kraken.flushed()]);
      let timeout: Timer | undefined;
      const limit = new Promise<void>((settle) => {
        timeout = setTimeout(settle, FLUSH_LIMIT_MS);
      });
      await Promise.race([flushed, limit]);
      clearTimeout(timeout);
    },
  };
}

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

/** Blocks after which what was done at once is part of a final one. */
const FINAL_AFTER_BLOCKS = 3;

/** Starts everything on loopback. @throws Error when the account's key cannot be registered or a port is taken */
export function startWorld(options: WorldOptions): World {
  const { account, balances = {}, ports = {}, relayToken } = options;
  const clock = options.clock ?? realClock;
  const midE1 = options.midE1 ?? DEFAULT_MID_E1;
  const now = clock.nowMs;
  const portOf = (part: WorldPart): { readonly port: number } => ({ port: ports[part] ?? 0 });
  const { accountId } = account;

  const chain = startChain({ clock });
  succeeded(chain.registerKey(accountId, account.publicKey));
  const credit = (tokenId: string, units: bigint, to: string = accountId): Transaction =>
    succeeded(chain.credit(to, tokenId, units));
  for (const [tokenId, units] of Object.entries(balances)) if (units > 0n) credit(tokenId, units);
  // What an account begins with has been final for long.
  chain.mine(FINAL_AFTER_BLOCKS);

  const relay = startRelaySim({ chain, clock, ...portOf('relay'), token: relayToken ?? null });
  const near = startNearRpcSim({ chain, ...portOf('near') });
  const { stirMs } = options;
  const kraken = startKrakenSim({ now, midE1, ...portOf('kraken'), ...(stirMs === undefined ? {} : { stirMs }) });
  const coingecko = startCoinGeckoSim({ now, btcEur: formatScaled(midE1, 1), ...portOf('coingecko') });
  const bitcoin = startEsploraSim({ now, ...portOf('bitcoin') });
  const gnosis = startGnosisSim({ now, ...portOf('gnosis') });
  const bridge = startPoaBridgeSim({
    bridge: createBridge({
      tokens: BRIDGE_TOKENS,
      chains: [watchBitcoin(bitcoin.chain), watchGnosis(gnosis.chain)],
      credit: (to, tokenId, units) => credit(tokenId, units, to).hash,
      nowMs: now,
    }),
    ...portOf('bridge'),
  });
  const omni = createOmniBridge(bitcoin.chain);
  const afterBlock = makeAfterBlock(chain, clock);
  // What the token contracts burn by a signed withdrawal is seen by the bridge with its block.
  const stopFollowing = chain.onTransaction(({ hash, height, logs }) => {
    const burns = burnsIn(logs).filter(({ nearToken }) => BRIDGE_TOKENS.some((each) => each.nearTokenId === nearToken));
    for (const burn of burns) afterBlock.run(height, () => bridge.bridge.burn({ ...burn, burnTxHash: hash }));
    if (logs.some((line) => line.includes(OMNI_ACCOUNT))) afterBlock.run(height, () => omni.take(hash, logs));
  });
  const deck: TapeDeck = tapeDeck(sinksOf(relay, kraken, coingecko), realTimer);
  const stopMining = [
    every(clock, options.bitcoinBlockMs, () => bitcoin.chain.mine()),
    every(clock, options.gnosisBlockMs, () => gnosis.chain.mine()),
  ];

  return {
    urls: {
      RELAY_WS_URL: relay.wsUrl,
      RELAY_RPC_URL: relay.rpcUrl,
      NEAR_RPC_URL: near.url,
      KRAKEN_WS_URL: kraken.url,
      COINGECKO_URL: coingecko.url,
      POA_BRIDGE_URL: bridge.url,
      BTC_OBSERVER_URL: bitcoin.url,
      GNOSIS_RPC_URL: gnosis.url,
    },
    accountId,
    chain,
    relay,
    near,
    kraken,
    coingecko,
    bridge,
    omni,
    bitcoin,
    gnosis,
    play: (path, { speed = 1, quoteIds = 'fresh' } = {}) => deck.start({ path, speed, quoteIds }),
    tape: () => deck.status(),
    stopTape: () => deck.stop(),
    setPrice(nextE1, spreadE1) {
      const moved = kraken.bookAround(nextE1, spreadE1);
      if (!moved.ok) throw new Error(moved.reason);
      const said = coingecko.setPrice(COINGECKO_IDS.btc, formatScaled(nextE1, 1));
      if (!said.ok) throw new Error(said.reason);
    },
    credit,
    deposit({ chain: name, amountUnits, accountId: to = accountId }) {
      const address = bridge.bridge.depositAddress(to, name);
      if (address === null) throw new Error(`the bridge has no chain ${name}`);
      const txHash =
        name === POA_CHAINS.btc
          ? bitcoin.chain.pay({ address, sats: Number(amountUnits) })
          : gnosis.chain.transfer({ to: address, units: amountUnits });
      return { address, txHash };
    },
    withdraw({ tokenId, amountUnits, address, accountId: from = accountId }) {
      const nearToken = tokenId.replace(/^nep141:/, '');
      const { hash } = succeeded(chain.withdraw(from, tokenId, amountUnits));
      bridge.bridge.burn({ burnTxHash: hash, accountId: from, nearToken, units: amountUnits, address });
      return { burnTxHash: hash };
    },
    mine(name, blocks = 1) {
      if (name === 'near') chain.mine(blocks);
      else if (name === POA_CHAINS.btc) bitcoin.chain.mine(blocks);
      else gnosis.chain.mine(blocks);
    },
    async close() {
      for (const stop of [...stopMining, stopFollowing, afterBlock.stop, omni.close]) stop();
      await deck.stop();
      await Promise.all([relay, near, kraken, coingecko, bridge, bitcoin, gnosis].map((part) => part.close()));
    },
  };
}
