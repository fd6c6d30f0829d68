// What the relay's JSON-RPC answers to who publishes an intent, as values. Total: every body gives a result. A reply that names another
// intent than the one that was asked for says nothing of that one.

import { type Fields, isFields, readJson, SMALL_JSON } from '../json.ts';
import { cutAndSay } from '../text.ts';

/**
 * `taken`: the relay has it, and is about to execute it, or something has used its nonce; `detail` is empty or says which. `refused`: it
 * said no. `unknown`: no answer that tells. After any of them the same payload can be published again: the verifier executes it once.
 */
export type Published =
  | { readonly kind: 'taken'; readonly detail: string }
  | { readonly kind: 'refused' | 'unknown'; readonly reason: string; readonly detail: string };

const DETAIL_BYTES_MAX = 300;
/** Base58 of 32 bytes has 44 at most. */
const HASH = /^[1-9A-HJ-NP-Za-km-z]{32,44}$/;
/** An earlier try arrived, or a quote was settled: the final block tells which. */
const ARRIVED = /already processed|nonce was already used/i;

const taken = (text: string): Published => ({ kind: 'taken', detail: cutAndSay(text, DETAIL_BYTES_MAX) });

const notTaken = (kind: 'refused' | 'unknown', reason: string, text: string): Published => ({
  kind,
  reason,
  detail: cutAndSay(text, DETAIL_BYTES_MAX),
});

const malformed = (text: string): Published => notTaken('unknown', 'reply_malformed', text);

/** Of `publish_intent`. What a status other than 200 means is not documented: nothing but the body is taken for an answer. */
export function readPublished(status: number, body: string, intentHash: string): Published {
  const read = readJson(body, SMALL_JSON);
  if (!read.ok || !isFields(read.value)) {
    return status >= 200 && status < 300
      ? malformed('the relay answered with what is no JSON object')
      : notTaken(status < 500 ? 'refused' : 'unknown', `http_${status}`, body);
  }
  const { error, result: fields } = read.value;
  if (error !== undefined && error !== null) {
    const text = isFields(error) && typeof error['message'] === 'string' ? error['message'] : JSON.stringify(error);
    return ARRIVED.test(text) ? taken(text) : notTaken('refused', 'relay_error', text);
  }
  if (!isFields(fields)) return malformed('the relay answered without a result');
  return readVerdict(fields, intentHash);
}

function readVerdict(fields: Fields, intentHash: string): Published {
  const { status: said, reason, intent_hash: named } = fields;
  // Documented with every answer, and not known to be with each.
  if (named !== undefined && named !== null && named !== intentHash)
    return notTaken('unknown', 'other_intent', 'the relay answered for another intent');
  if (said === 'OK') return taken('');
  const text = typeof reason === 'string' ? reason : 'no reason given';
  if (ARRIVED.test(text)) return taken(text);
  return said === 'FAILED'
    ? notTaken('refused', 'relay_refused', text)
    : malformed('the relay answered with an unknown status');
}

/** Of `get_status`: the transaction that executed the intent; null: none that the relay knows of. One that was only sent may still fail. */
export function readSettledBy(body: string, intentHash: string): string | null {
  const read = readJson(body, SMALL_JSON);
  const fields = read.ok && isFields(read.value) ? read.value['result'] : undefined;
  if (!isFields(fields) || fields['status'] !== 'SETTLED' || fields['intent_hash'] !== intentHash) return null;
  const { data } = fields;
  const hash = isFields(data) ? data['hash'] : undefined;
  return typeof hash === 'string' && HASH.test(hash) ? hash : null;
}
