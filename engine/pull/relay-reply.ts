// Replies of the relay's JSON-RPC to values. Total: every body gives a result.

import { type Fields, isFields, readJson, SMALL_JSON } from '../../contracts/json.ts';
import { cutAndSay } from '../../contracts/text.ts';
import type { SendResult } from './sender.ts';

const DETAIL_BYTES_MAX = 300;
/** Base58 of 32 bytes has 44 at most. */
const HASH_PATTERN = /^[1-9A-HJ-NP-Za-km-z]{32,44}$/;

const result = (kind: 'refused' | 'unknown', reason: string, detail: string): SendResult => ({
  kind,
  reason,
  detail: cutAndSay(detail, DETAIL_BYTES_MAX),
});

/** What a status other than 200 means is not documented: nothing but the body is taken for an answer. */
function resultOf(status: number, body: string): { readonly fields: Fields } | SendResult {
  const read = readJson(body, SMALL_JSON);
  if (!read.ok || !isFields(read.value)) {
    return status >= 200 && status < 300
      ? result('unknown', 'reply_malformed', 'the relay answered with what is no JSON object')
      : result(status < 500 ? 'refused' : 'unknown', `http_${status}`, body);
  }
  const { error, result: fields } = read.value;
  if (error !== undefined && error !== null) {
    const text = isFields(error) && typeof error['message'] === 'string' ? error['message'] : JSON.stringify(error);
    return result('refused', 'relay_error', text ?? 'an error without text');
  }
  if (!isFields(fields)) return result('unknown', 'reply_malformed', 'the relay answered without a result');
  return { fields };
}

/** Of `publish_intent`. */
export function readPublished(status: number, body: string): SendResult {
  const read = resultOf(status, body);
  if ('kind' in read) return read;
  const { status: said, reason } = read.fields;
  if (said === 'OK') return { kind: 'taken', txHash: null };
  const text = typeof reason === 'string' ? reason : 'no reason given';
  // It was published before, and executed or about to be.
  if (/already processed/i.test(text)) return { kind: 'taken', txHash: null };
  // A quote was settled or an earlier attempt arrived: the final block tells which.
  if (/nonce was already used/i.test(text)) return { kind: 'taken', txHash: null };
  if (said === 'FAILED') return result('refused', 'relay_refused', text);
  return result('unknown', 'reply_malformed', 'the relay answered with an unknown status');
}

/** Of `get_status`: the transaction that carried the intent; null: not known. */
export function readTransactionHash(body: string): string | null {
  const read = resultOf(200, body);
  if ('kind' in read) return null;
  const { data } = read.fields;
  const hash = isFields(data) ? data['hash'] : undefined;
  return typeof hash === 'string' && HASH_PATTERN.test(hash) ? hash : null;
}
