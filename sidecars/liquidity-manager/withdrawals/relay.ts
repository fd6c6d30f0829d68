// Publishing a signed payload over the relay's JSON-RPC, and asking what became of it. Total: every answer gives a result.

import { isFields, readJson, SMALL_JSON } from '../../../contracts/json.ts';
import { createRelayRpc, type RelayRpcOptions } from '../../../contracts/runtime/relay-rpc.ts';
import { cutAndSay } from '../../../contracts/text.ts';
import type { SignedPayload } from '../../../contracts/wire/intents.ts';

export type PublishResult = {
  /** `unknown`: it may have been taken; the same payload can be published again without harm. */
  readonly kind: 'taken' | 'refused' | 'unknown';
  readonly detail: string;
};

export type Publisher = {
  publish(signed: SignedPayload): Promise<PublishResult>;
  /** The transaction that executed it; null: none that the relay knows of. */
  transactionOf(intentHash: string): Promise<string | null>;
  close(): void;
};

export type PublisherOptions = Omit<RelayRpcOptions, 'timeLimitMs'>;

const TIME_LIMIT_MS = 10_000;
const DETAIL_BYTES_MAX = 300;
/** Base58 of 32 bytes. */
const HASH = /^[1-9A-HJ-NP-Za-km-z]{32,44}$/;
/** An earlier try arrived. */
const ARRIVED = /already processed|nonce was already used/i;

const result = (kind: PublishResult['kind'], detail: string): PublishResult => ({
  kind,
  detail: cutAndSay(detail, DETAIL_BYTES_MAX),
});

export function createPublisher(options: PublisherOptions): Publisher {
  const relay = createRelayRpc({ ...options, timeLimitMs: TIME_LIMIT_MS });
  return {
    async publish(signed) {
      const answer = await relay.publish(signed);
      return answer.ok
        ? readPublished(answer.status, answer.body)
        : result('unknown', `${answer.reason}: ${answer.detail}`);
    },
    async transactionOf(intentHash) {
      const answer = await relay.statusOf(intentHash);
      return answer.ok ? readTransaction(answer.body, intentHash) : null;
    },
    close: relay.close,
  };
}

export function readPublished(status: number, body: string): PublishResult {
  const read = readJson(body, SMALL_JSON);
  if (!read.ok || !isFields(read.value)) return result('unknown', `HTTP status ${status} without a reply`);
  const { error, result: fields } = read.value;
  if (error !== undefined && error !== null) {
    const text = isFields(error) && typeof error['message'] === 'string' ? error['message'] : JSON.stringify(error);
    return result(ARRIVED.test(text ?? '') ? 'taken' : 'refused', text ?? 'an error without text');
  }
  if (!isFields(fields)) return result('unknown', 'the relay answered without a result');
  const { status: said, reason } = fields;
  if (said === 'OK') return result('taken', '');
  const text = typeof reason === 'string' ? reason : 'no reason given';
  if (ARRIVED.test(text)) return result('taken', text);
  return said === 'FAILED' ? result('refused', text) : result('unknown', 'the relay answered with an unknown status');
}

/** One that was only sent may still fail: settled alone counts. */
export function readTransaction(body: string, intentHash: string): string | null {
  const read = readJson(body, SMALL_JSON);
  const fields = read.ok && isFields(read.value) ? read.value['result'] : undefined;
  if (!isFields(fields) || fields['status'] !== 'SETTLED' || fields['intent_hash'] !== intentHash) return null;
  const { data } = fields;
  const hash = isFields(data) ? data['hash'] : undefined;
  return typeof hash === 'string' && HASH.test(hash) ? hash : null;
}
