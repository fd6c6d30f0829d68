import { describe, expect, test } from 'bun:test';
import { nonceText } from '../../../contracts/ids.ts';
import { encodeNonce, nonceBytes, saltOf } from './nonce.ts';

const RANDOM = Uint8Array.from({ length: 15 }, (_, index) => index);

// The contract's own example, and one that was signed and checked under it.
test.each([
  ['252812b3', 2_280_047_743_000, '027015ec13dc11864973138fe6812f', 'Vij2xgAlKBKzADZykFdbpB8CcBXsE9wRhklzE4/mgS8='],
  [
    '252812b3',
    Date.UTC(2026, 0, 1, 0, 2),
    '000102030405060708090a0b0c0d0e',
    'Vij2xgAlKBKzALCI3m1yhhgAAQIDBAUGBwgJCgsMDQ4=',
  ],
])('the published nonce of salt %s and deadline %p', (salt, deadlineAtMs, random, nonce) => {
  expect(encodeNonce(salt, deadlineAtMs, Uint8Array.fromHex(random))).toBe(nonceText(nonce));
});

test('every byte is where the verifier reads it', () => {
  const bytes = nonceBytes(encodeNonce('01020304', 1, RANDOM));
  expect([...bytes]).toEqual([
    ...[0x56, 0x28, 0xf6, 0xc6, 0],
    ...[1, 2, 3, 4],
    // One million nanoseconds, little-endian.
    ...[0x40, 0x42, 0x0f, 0, 0, 0, 0, 0],
    ...RANDOM,
  ]);
});

test.each([
  ['of this version', encodeNonce('01020304', 1, RANDOM), '01020304'],
  [
    'of another version',
    nonceText(
      nonceBytes(encodeNonce('01020304', 1, RANDOM))
        .with(4, 1)
        .toBase64(),
    ),
    null,
  ],
  ['without a version', nonceText(new Uint8Array(32).fill(9).toBase64()), null],
  ['that is none', nonceText('withdrawal-1'), null],
])('the salt of a nonce %s', (_, nonce, salt) => {
  expect(saltOf(nonce)).toBe(salt);
});

describe('what cannot be a nonce', () => {
  test.each([
    ['a salt of three bytes', '010203', RANDOM],
    ['too few random bytes', '01020304', RANDOM.slice(1)],
  ])('%s', (_, salt, random) => {
    expect(() => encodeNonce(salt, 1, random)).toThrow(RangeError);
  });
});
