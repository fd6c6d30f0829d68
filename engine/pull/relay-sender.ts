// Pulls over the relay: `publish_intent` without quotes. The relay executes as itself, so that it costs us no gas and needs no key of
// ours on the chain.

import { createRelayRpc, type RelayRpcOptions } from '../../contracts/runtime/relay-rpc.ts';
import type { PullSender } from './sender.ts';

export type RelaySenderOptions = Omit<RelayRpcOptions, 'timeLimitMs'>;

const TIME_LIMIT_MS = 5000;

export function createRelaySender(options: RelaySenderOptions): PullSender {
  const relay = createRelayRpc({ ...options, timeLimitMs: TIME_LIMIT_MS });
  return {
    via: 'relay',
    async send({ signedData, intentHash }) {
      const published = await relay.publish(signedData, intentHash);
      return published.kind === 'taken' ? { kind: 'taken', txHash: null } : published;
    },
    async transactionsOf({ intentHash }) {
      const hash = await relay.settledBy(intentHash);
      return hash === null ? [] : [hash];
    },
    close: relay.close,
  };
}
