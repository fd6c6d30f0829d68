import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { intentHashOf, nonceTerms } from '../../contracts/withdrawals/signed-payload.ts';
import { createNep413Hasher } from '../../engine/executor/nep413.ts';
import { encodeNonce } from '../../engine/inventory/lanes/nonce.ts';
import { encodeBase58 } from '../../engine/lib/base58.ts';

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });

test('the hash is the one that is signed', () => {
  fc.assert(
    fc.property(fc.string(), bytes(32), (message, nonce) => {
      const text = { message: message.toWellFormed(), nonce: nonce.toBase64(), recipient: 'intents.near' };
      const signed = encodeBase58(createNep413Hasher(text.recipient).hash(text.message, nonce));
      expect(intentHashOf(text)).toBe(signed);
    }),
  );
});

test('by what a nonce is forgotten, in the form that is signed', () => {
  const random = new Uint8Array(15).fill(7);
  const nonce = encodeNonce('252812b3', 1_767_229_200_000, random);
  expect(nonceTerms(nonce)).toEqual({ salt: '252812b3', untilMs: 1_767_229_200_000 });
  const bytes = Uint8Array.fromBase64(nonce);
  // A time from 2^63 ns on is one in the past.
  expect(nonceTerms(bytes.with(16, 0x80).toBase64())?.untilMs).toBeLessThan(0);
  // One without a version, or with another, is remembered for good.
  expect(nonceTerms(bytes.with(4, 1).toBase64())).toBeNull();
  expect(nonceTerms(new Uint8Array(32).fill(9).toBase64())).toBeNull();
  expect(nonceTerms('AAAA')).toBeNull();
});
