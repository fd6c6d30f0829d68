import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { intentHashOf, nonceDeadlineMs } from '../../contracts/withdrawals/signed-payload.ts';
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

test('until when a nonce is remembered, in the form that is signed', () => {
  const random = new Uint8Array(15).fill(7);
  expect(nonceDeadlineMs(encodeNonce('252812b3', 1_767_229_200_000, random))).toBe(1_767_229_200_000);
  // One without a version is remembered for good.
  expect(nonceDeadlineMs(new Uint8Array(32).fill(9).toBase64())).toBeNull();
  expect(nonceDeadlineMs('AAAA')).toBeNull();
});
