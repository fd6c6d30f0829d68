// Pulls over the relay: `publish_intent` without quotes. The relay executes as itself, so that it costs us no gas and needs no key of
// ours on the chain.

import { createRelayRpc, type RelayRpcOptions } from '../../contracts/runtime/relay-rpc.ts';
import { readPublished, readTransactionHash } from './relay-reply.ts';
import type { PullSender } from './sender.ts';

export type RelaySenderOptions = Omit<RelayRpcOptions, 'timeLimitMs'>;

const TIME_LIMIT_MS = 5000;

export function createRelaySender(options: RelaySenderOptions): PullSender {
  const relay = createRelayRpc({ ...options, timeLimitMs: TIME_LIMIT_MS });
  return {
    via: 'relay',
    async send({ signedData }) {
      const answer = await relay.publish(signedData);
      if (!answer.ok) return { kind: 'unknown', reason: answer.reason, detail: answer.detail };
      return readPublished(answer.status, answer.body);
    },
    async transactionsOf({ intentHash }) {
      const answer = await relay.statusOf(intentHash);
      const hash = answer.ok ? readTransactionHash(answer.body) : null;
      return hash === null ? [] : [hash];
    },
    close: relay.close,
  };
}
