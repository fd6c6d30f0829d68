import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { FUZZ, mutatedText } from '../../ops/testing/mutated.ts';
import { readPublished, readSettledBy } from './relay-reply.ts';

const INTENT = 'BeHFFMdrGwSefrVUgVccuo2L2yaf2cftcwMn8if43qZa';
const OTHER = '7xZh43PWWZkV2Gp3XLZfz3CviBZUAWRCeG3q4453pdZz';
const HASH = '8yFNEk7GmRcM3NMJihwCKXt8ZANLpL2koVFWWH1MEEj';

const ok = (result: object) => JSON.stringify({ jsonrpc: '2.0', id: 'unrip', result });

describe('what the relay says of an intent that was published', () => {
  test.each<[string, number, string, string]>([
    ['OK', 200, ok({ status: 'OK', intent_hash: INTENT }), 'taken'],
    ['OK, of no intent by name', 200, ok({ status: 'OK' }), 'taken'],
    ['published before', 200, ok({ status: 'FAILED', reason: 'already processed' }), 'taken already processed'],
    [
      'published before, as an error',
      200,
      '{"id":1,"error":{"code":-1,"message":"already processed"}}',
      'taken already',
    ],
    ['the nonce is used', 200, ok({ status: 'FAILED', reason: 'nonce was already used' }), 'taken nonce was'],
    ['the nonce is used, as an error text', 200, '{"id":1,"error":"nonce was already used"}', 'taken "nonce was'],
    ['refused', 200, ok({ status: 'FAILED', reason: 'invalid salt' }), 'refused relay_refused: invalid salt'],
    ['refused without a reason', 200, ok({ status: 'FAILED' }), 'refused relay_refused: no reason given'],
    ['an error object', 200, '{"id":1,"error":{"code":-32602,"message":"bad"}}', 'refused relay_error: bad'],
    ['an error text', 200, '{"id":1,"error":"internal"}', 'refused relay_error: "internal"'],
    ['a status that nobody knows', 200, ok({ status: 'MAYBE' }), 'unknown reply_malformed'],
    ['no result', 200, '{"id":1}', 'unknown reply_malformed'],
    ['no token', 403, 'Forbidden', 'refused http_403: Forbidden'],
    ['a proxy', 502, '<html>', 'unknown http_502: <html>'],
    ['no JSON', 200, 'OK', 'unknown reply_malformed'],
  ])('%s', (_name, status, body, expected) => {
    const read = readPublished(status, body, INTENT);
    const said = read.kind === 'taken' ? `taken ${read.detail}` : `${read.kind} ${read.reason}: ${read.detail}`;
    expect(said).toStartWith(expected);
  });

  test.each<[string, object]>([
    ['was taken', { status: 'OK' }],
    ['was there before', { status: 'FAILED', reason: 'already processed' }],
    ['has its nonce used', { status: 'FAILED', reason: 'nonce was already used' }],
    ['is refused', { status: 'FAILED', reason: 'expired' }],
  ])('that another intent %s says nothing of this one', (_name, said) => {
    for (const intent_hash of [OTHER, '', 7, {}]) {
      expect(readPublished(200, ok({ ...said, intent_hash }), INTENT)).toEqual({
        kind: 'unknown',
        reason: 'other_intent',
        detail: 'the relay answered for another intent',
      });
    }
  });
});

describe('the transaction that executed an intent', () => {
  const settled = { intent_hash: INTENT, status: 'SETTLED', data: { hash: HASH } };

  test('is the one that the relay names for this intent, once it is settled', () => {
    expect(readSettledBy(ok(settled), INTENT)).toBe(HASH);
  });

  test.each<[string, object]>([
    ['another intent', { ...settled, intent_hash: OTHER }],
    ['no intent', { ...settled, intent_hash: undefined }],
    ['one that is pending', { ...settled, status: 'PENDING' }],
    ['one that was only sent', { ...settled, status: 'TX_BROADCASTED' }],
    ['one that failed', { ...settled, status: 'NOT_FOUND_OR_NOT_VALID', status_details: 'FAILED' }],
    ['no status', { ...settled, status: undefined }],
    ['a number', { ...settled, data: { hash: 7 } }],
    ['a path', { ...settled, data: { hash: '../x' } }],
    ['too long a text', { ...settled, data: { hash: '1'.repeat(45) } }],
    ['no hash', { ...settled, data: {} }],
    ['no data', { ...settled, data: null }],
  ])('is none of a reply with %s', (_name, result) => {
    expect(readSettledBy(ok(result), INTENT)).toBeNull();
  });
});

test('every reply is an answer of bounded size, and nothing throws', () => {
  const known = [
    ok({ status: 'OK', intent_hash: INTENT }),
    ok({ status: 'FAILED', reason: 'insufficient balance or overflow', intent_hash: INTENT }),
    ok({ intent_hash: INTENT, status: 'SETTLED', data: { hash: HASH } }),
    '{"jsonrpc":"2.0","id":"1","error":{"code":-32000,"message":"nonce was already used"}}',
  ];
  fc.assert(
    fc.property(fc.integer({ min: 100, max: 599 }), mutatedText(known), (status, body) => {
      const read = readPublished(status, body, INTENT);
      expect(['taken', 'refused', 'unknown']).toContain(read.kind);
      expect(Buffer.byteLength(read.detail)).toBeLessThanOrEqual(300);
      if (read.kind !== 'taken') expect(read.reason).toMatch(/^[a-z0-9_]{1,64}$/);
      const hash = readSettledBy(body, INTENT);
      if (hash !== null) expect(hash).toMatch(/^[1-9A-HJ-NP-Za-km-z]{32,44}$/);
    }),
    FUZZ,
  );
});
