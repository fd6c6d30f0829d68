// Pulls over the relay: `publish_intent` without quotes. The relay executes as itself, so that it costs us no gas and needs no key of
// ours on the chain.

import { boundedFetch } from '../../contracts/runtime/bounded-fetch.ts';
import type { Clock } from '../../contracts/runtime/clock.ts';
import { readPublished, readTransactionHash } from './relay-reply.ts';
import type { PullSender } from './sender.ts';

export type RelaySenderOptions = {
  /** RELAY_RPC_URL */
  readonly url: string;
  readonly apiKey: string | null;
  readonly clock: Pick<Clock, 'after'>;
};

const TIME_LIMIT_MS = 5000;
/** An answer has some hundred bytes. */
const BYTES_MAX = 65_536;

export function createRelaySender({ url, apiKey, clock }: RelaySenderOptions): PullSender {
  const closing = new AbortController();
  const headers = {
    'content-type': 'application/json',
    ...(apiKey === null ? {} : { authorization: `Bearer ${apiKey}` }),
  };
  const ask = (method: string, parameter: unknown) =>
    boundedFetch({
      url,
      headers,
      body: JSON.stringify({ id: 'unrip', jsonrpc: '2.0', method, params: [parameter] }),
      timers: clock,
      timeLimitMs: TIME_LIMIT_MS,
      bytesMax: BYTES_MAX,
      signal: closing.signal,
    });
  return {
    via: 'relay',
    async send({ signedData }) {
      const answer = await ask('publish_intent', { quote_hashes: [], signed_data: signedData });
      if (!answer.ok) return { kind: 'unknown', reason: answer.reason, detail: answer.detail };
      return readPublished(answer.status, answer.body);
    },
    async transactionsOf({ intentHash }) {
      const answer = await ask('get_status', { intent_hash: intentHash });
      const hash = answer.ok ? readTransactionHash(answer.body) : null;
      return hash === null ? [] : [hash];
    },
    close: () => closing.abort(),
  };
}
