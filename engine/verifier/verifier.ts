// The verifier part: the client of the NEAR RPC endpoints, the poll, the log of its trouble, and the newest snapshot that the
// ledger took.

import { assetIdsOf, otherAssets, type Pair } from '../../contracts/assets.ts';
import type { EngineConfig } from '../../contracts/config/engine.ts';
import type { AssetId } from '../../contracts/ids.ts';
import type { Clock } from '../../contracts/runtime/clock.ts';
import { createNearClient } from '../../contracts/runtime/near/client.ts';
import type { FinalBlock, KnownBlock } from '../../contracts/runtime/near/types.ts';
import { createTroubleLog } from '../lib/trouble.ts';
import type { Observation } from '../model/observation.ts';
import type { LogPort, Random } from '../model/ports.ts';
import { ContractWatch } from './contract-watch.ts';
import type { EndpointsOptions } from './endpoints.ts';
import { createVerifierPoll, type VerifierPoll, type VerifierPollOptions } from './poll.ts';

export type VerifierPartOptions = {
  readonly config: Pick<
    EngineConfig,
    'account' | 'nearRpcUrls' | 'nearChainId' | 'intentsContract' | 'inventoryPollMs' | 'inventoryMaxAgeMs'
  >;
  readonly publicKey: string;
  readonly pair: Pair;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: LogPort;
  readonly toRead: VerifierPollOptions['toRead'];
  readonly ledger: {
    /** The newest block that it took; null before the first. */
    block(): FinalBlock | null;
    /** The newest that anything on record was read at: this may be later. */
    newestBlock(): KnownBlock | null;
    /** The balance that it has on record; null before the first. */
    credited(asset: AssetId): bigint | null;
    /** @param onTaken called once, in this turn or a later one: null when it took the snapshot, else a code for why it did not */
    take(observation: Observation, onTaken: (refusal: string | null) => void): void;
  };
  /** The ledger took the snapshot, with its balance. */
  readonly onTaken: (observation: Observation) => void;
  /** The time of a final block: evidence of how right our clock is. */
  readonly onBlock: EndpointsOptions['onBlock'];
};

export type VerifierPart = VerifierPoll & {
  /** The newest snapshot that the ledger took; null before the first. */
  lastSnapshot(): Observation | null;
};

export function createVerifierPart(options: VerifierPartOptions): VerifierPart {
  const { config, clock, log, ledger } = options;
  const client = createNearClient({ urls: config.nearRpcUrls, contract: config.intentsContract, clock });
  const trouble = createTroubleLog(log, 'verifier_poll_failed');
  const contract = new ContractWatch(log);
  let lastSnapshot: Observation | null = null;
  const poll = createVerifierPoll({
    client,
    chainId: config.nearChainId,
    accountId: config.account,
    publicKey: options.publicKey,
    contract: config.intentsContract,
    assets: assetIdsOf(options.pair),
    otherAssets: otherAssets(options.pair).map(({ id }) => id),
    pollMs: config.inventoryPollMs,
    maxAgeMs: config.inventoryMaxAgeMs,
    toRead: options.toRead,
    ledgerBlock: () => ledger.newestBlock(),
    ledgerCredited: (asset) => ledger.credited(asset),
    async onObservation(observation) {
      const refusal = await new Promise<string | null>((resolve) => ledger.take(observation, resolve));
      if (refusal !== null) return refusal;
      lastSnapshot = observation;
      trouble.recovered();
      contract.see(observation);
      // Of a snapshot whose balance was rejected as stale, a record would mix this block's id with another block's amounts.
      if (ledger.block()?.height === observation.block.height) options.onTaken(observation);
      return null;
    },
    onFailure: ({ reason, detail }) => trouble.report(reason, detail),
    onBlock: options.onBlock,
    onEndpointTrouble: (host, found) =>
      found === null
        ? log.info('rpc_endpoint_recovered', { host })
        : log.warn('rpc_endpoint_refused', { host, reason: found.reason, detail: found.detail }),
    clock,
    random: options.random,
  });
  return {
    start: () => poll.start(),
    stop() {
      poll.stop();
      client.close();
    },
    pause: () => poll.pause(),
    resume: () => poll.resume(),
    refresh: () => poll.refresh(),
    trigger: (txHash) => poll.trigger(txHash),
    wentBack: () => poll.wentBack(),
    state: () => poll.state(),
    health: () => poll.health(),
    lastSnapshot: () => lastSnapshot,
  };
}
