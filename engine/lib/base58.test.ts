import { describe, expect, test } from 'bun:test';
import { PublicKey } from '@near-js/crypto';
import fc from 'fast-check';
import { BASE58_BYTES_MAX, BASE58_CHARS_MAX, decodeBase58, encodeBase58 } from './base58.ts';

const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';

/** The definition, with one big number. */
function slowEncode(bytes: Uint8Array): string {
  let value = bytes.length === 0 ? 0n : BigInt(`0x${bytes.toHex()}`);
  let text = '';
  for (; value > 0n; value /= 58n) text = ALPHABET[Number(value % 58n)] + text;
  const zeros = bytes.findIndex((byte) => byte !== 0);
  return '1'.repeat(zeros < 0 ? bytes.length : zeros) + text;
}

/** Many leading zeros and many full bytes: where carries and padding go wrong. */
const edgyBytes = (maxLength: number) =>
  fc
    .tuple(fc.nat(4), fc.array(fc.oneof(fc.constantFrom(0, 0xff), fc.nat(255)), { maxLength: maxLength - 4 }))
    .map(([zeros, rest]) => Uint8Array.from([...Array<number>(zeros).fill(0), ...rest]));

describe('base58', () => {
  // Published by near-api-js (keys, signature) and NEAR's implicit accounts.
  test.each([
    ['04305e2b2473f058', 'he11owor1d'],
    [
      '423df0a6640e9467769c55a573f15b9ee999dc8970048959c72890abf5cc3a8e',
      '5TagutioHgKLh7KZ1VEFBYfgRkPtqnKm9LoMnJMJugxm',
    ],
    ['', ''],
    ['00', '1'],
    ['0000', '11'],
    ['ffff', 'LUv'],
  ])('%s is %s', (hex, text) => {
    expect(encodeBase58(Uint8Array.fromHex(hex))).toBe(text);
    expect(decodeBase58(text)?.toHex()).toBe(hex);
  });

  test.each([
    ['26x56YPzPDro5t2smQfGcYAPy3j7R2jB2NUb7xKbAGK23B6x4WNQPh3twb6oDksFov5X8ts5CtntUNbpQpAKFdbR', 64],
    ['AYWv9RAN1hpSQA4p1DLhCNnpnNXwxhfH9qeHN8B4nJ59', 32],
    ['26gFr4xth7W9K7HPWAxq3BLsua8oTy378mC1MYFiEXHBBpeBjP8WmJEJo8XTBowetvqbRshcQEtBUdwQcAqDyP8T', 64],
  ])('%s comes back whole', (text, bytes) => {
    const decoded = decodeBase58(text);
    expect(decoded?.length).toBe(bytes);
    expect(encodeBase58(decoded as Uint8Array)).toBe(text);
  });

  test('the second half of the published secret key is the published public key', () => {
    const secret = decodeBase58(
      '26x56YPzPDro5t2smQfGcYAPy3j7R2jB2NUb7xKbAGK23B6x4WNQPh3twb6oDksFov5X8ts5CtntUNbpQpAKFdbR',
    ) as Uint8Array;
    expect(encodeBase58(secret.subarray(32))).toBe('AYWv9RAN1hpSQA4p1DLhCNnpnNXwxhfH9qeHN8B4nJ59');
  });

  test('equals the definition for any bytes up to the limit, and decodes back', () => {
    fc.assert(
      fc.property(edgyBytes(BASE58_BYTES_MAX), (bytes) => {
        const text = encodeBase58(bytes);
        expect(text).toBe(slowEncode(bytes));
        expect(decodeBase58(text)).toEqual(bytes);
      }),
      { numRuns: 500 },
    );
  });

  test('equals the encoder of @near-js/crypto for 32 bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (data) => {
        expect(`ed25519:${encodeBase58(data)}`).toBe(new PublicKey({ keyType: 0, data }).toString());
      }),
    );
  });

  test('the maximum number of every length, up to the limit', () => {
    for (let length = 0; length <= BASE58_BYTES_MAX; length++) {
      const bytes = new Uint8Array(length).fill(0xff);
      const text = encodeBase58(bytes);
      expect(text).toBe(slowEncode(bytes));
      expect(decodeBase58(text)).toEqual(bytes);
    }
  });

  test.each(['0', 'O', 'I', 'l', '11 ', 'é', '￿', 'a\u0000'])('%j is no base58', (text) => {
    expect(decodeBase58(text)).toBeNull();
  });

  test('decoding is total', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const decoded = decodeBase58(text);
        if (decoded !== null) expect(encodeBase58(decoded)).toBe(text);
      }),
    );
    expect(decodeBase58('2'.repeat(BASE58_CHARS_MAX + 1))).toBeNull();
    expect(decodeBase58('1'.repeat(BASE58_BYTES_MAX + 1))).toBeNull();
  });

  test('beyond the limit is said, not guessed', () => {
    expect(() => encodeBase58(new Uint8Array(BASE58_BYTES_MAX + 1))).toThrow(RangeError);
  });
});
