// The relay's JSON-RPC as whoever publishes an intent uses it: two methods, bounded in size and time, whose answers count for the
// intent that was asked for alone.

import type { SignedPayload } from '../wire/intents.ts';
import { boundedFetch } from './bounded-fetch.ts';
import type { Clock } from './clock.ts';
import { type Published, readPublished, readSettledBy } from './relay-reply.ts';

export type RelayRpcOptions = {
  /** RELAY_RPC_URL */
  readonly url: string;
  readonly apiKey: string | null;
  readonly clock: Pick<Clock, 'after'>;
  readonly timeLimitMs: number;
};

export type RelayRpc = {
  /**
   * Without quotes: the relay executes the payload alone. Never rejects.
   * @param intentHash of the payload
   */
  publish(signed: SignedPayload, intentHash: string): Promise<Published>;
  /** The transaction that executed the intent; null: none that the relay knows of. Never rejects. */
  settledBy(intentHash: string): Promise<string | null>;
  /** Ends what is under way. */
  close(): void;
};

/** An answer has some hundred bytes. */
const BYTES_MAX = 65_536;

export function createRelayRpc({ url, apiKey, clock, timeLimitMs }: RelayRpcOptions): RelayRpc {
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
      timeLimitMs,
      bytesMax: BYTES_MAX,
      signal: closing.signal,
    });
  return {
    async publish(signed, intentHash) {
      const answer = await ask('publish_intent', { quote_hashes: [], signed_data: signed });
      if (!answer.ok) return { kind: 'unknown', reason: answer.reason, detail: answer.detail };
      return readPublished(answer.status, answer.body, intentHash);
    },
    async settledBy(intentHash) {
      const answer = await ask('get_status', { intent_hash: intentHash });
      return answer.ok ? readSettledBy(answer.body, intentHash) : null;
    },
    close: () => closing.abort(),
  };
}
