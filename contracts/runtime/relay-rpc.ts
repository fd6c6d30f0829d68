// The relay's JSON-RPC as whoever publishes an intent uses it: two methods, bounded in size and time. What an answer says is the
// caller's to read.

import type { SignedPayload } from '../wire/intents.ts';
import { boundedFetch, type HttpAnswer, type HttpFailure } from './bounded-fetch.ts';
import type { Clock } from './clock.ts';

export type RelayRpcOptions = {
  /** RELAY_RPC_URL */
  readonly url: string;
  readonly apiKey: string | null;
  readonly clock: Pick<Clock, 'after'>;
  readonly timeLimitMs: number;
};

export type RelayRpc = {
  /** Without quotes: the relay executes the payload alone. */
  publish(signed: SignedPayload): Promise<HttpAnswer | HttpFailure>;
  statusOf(intentHash: string): Promise<HttpAnswer | HttpFailure>;
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
    publish: (signed) => ask('publish_intent', { quote_hashes: [], signed_data: signed }),
    statusOf: (intentHash) => ask('get_status', { intent_hash: intentHash }),
    close: () => closing.abort(),
  };
}
