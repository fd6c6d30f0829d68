import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { mutatedText } from '../../ops/testing/mutated.ts';
import { readPublished, readTransactionHash } from './relay-reply.ts';

const ok = (result: object) => JSON.stringify({ jsonrpc: '2.0', id: 'unrip', result });
const HASH = '8yFNEk7GmRcM3NMJihwCKXt8ZANLpL2koVFWWH1MEEj';

describe('what the relay says of a published pull', () => {
  test.each<[string, number, string, string]>([
    ['OK', 200, ok({ status: 'OK', intent_hash: 'x' }), 'taken'],
    ['published before', 200, ok({ status: 'FAILED', reason: 'already processed' }), 'taken'],
    ['the nonce is used', 200, ok({ status: 'FAILED', reason: 'nonce was already used' }), 'taken'],
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
    const read = readPublished(status, body);
    const said = read.kind === 'taken' ? 'taken' : `${read.kind} ${read.reason}: ${read.detail}`;
    expect(said).toStartWith(expected);
  });
});

test('a transaction is named by a plausible hash alone', () => {
  expect(readTransactionHash(ok({ status: 'SETTLED', data: { hash: HASH } }))).toBe(HASH);
  for (const data of [{ hash: 7 }, { hash: '../x' }, { hash: '1'.repeat(45) }, {}, null]) {
    expect(readTransactionHash(ok({ status: 'SETTLED', data }))).toBeNull();
  }
  expect(readTransactionHash(ok({ status: 'PENDING' }))).toBeNull();
});

test('every reply is an answer of bounded size, and nothing throws', () => {
  const sample = ok({ status: 'FAILED', reason: 'internal', data: { hash: HASH } });
  const bodies = fc.oneof(
    fc.string({ maxLength: 2000 }),
    mutatedText([sample]),
    fc.json().map((text) => ok({ status: text })),
  );
  fc.assert(
    fc.property(fc.integer({ min: 100, max: 599 }), bodies, (status, body) => {
      const read = readPublished(status, body);
      expect(['taken', 'refused', 'unknown']).toContain(read.kind);
      if (read.kind !== 'taken') {
        expect(read.reason).toMatch(/^[a-z0-9_]{1,64}$/);
        expect(Buffer.byteLength(read.detail)).toBeLessThanOrEqual(300);
      }
      const hash = readTransactionHash(body);
      if (hash !== null) expect(hash).toMatch(/^[1-9A-HJ-NP-Za-km-z]{32,44}$/);
    }),
  );
});
