// Publishing a signed payload over the relay's JSON-RPC, and asking what became of it.

import { createRelayRpc, type RelayRpcOptions } from '../../../contracts/runtime/relay-rpc.ts';
import type { SignedPayload } from '../../../contracts/wire/intents.ts';

export type PublishResult = {
  /** `unknown`: it may have been taken; the same payload can be published again without harm. */
  readonly kind: 'taken' | 'refused' | 'unknown';
  readonly detail: string;
};

export type Publisher = {
  publish(signed: SignedPayload, intentHash: string): Promise<PublishResult>;
  /** The transaction that executed it; null: none that the relay knows of. */
  transactionOf(intentHash: string): Promise<string | null>;
  close(): void;
};

export type PublisherOptions = Omit<RelayRpcOptions, 'timeLimitMs'>;

const TIME_LIMIT_MS = 10_000;

export function createPublisher(options: PublisherOptions): Publisher {
  const relay = createRelayRpc({ ...options, timeLimitMs: TIME_LIMIT_MS });
  return { publish: relay.publish, transactionOf: relay.settledBy, close: relay.close };
}
