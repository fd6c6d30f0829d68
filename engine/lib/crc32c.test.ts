import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { crc32c } from './crc32c.ts';

const bytesOf = (make: (at: number) => number) => Uint8Array.from({ length: 32 }, (_, at) => make(at));

/** The definition, bit by bit. */
function slowCrc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return ~crc >>> 0;
}

describe('crc32c', () => {
  // The check value of the polynomial, and the examples of RFC 3720, appendix B.4.
  test.each([
    ['123456789', new TextEncoder().encode('123456789'), 0xe3069283],
    ['nothing', new Uint8Array(0), 0],
    ['32 zeros', bytesOf(() => 0), 0x8a9136aa],
    ['32 ones', bytesOf(() => 0xff), 0x62a8ab43],
    ['ascending', bytesOf((at) => at), 0x46dd794e],
    ['descending', bytesOf((at) => 31 - at), 0x113fdb5c],
    [
      'an iSCSI read command',
      Uint8Array.fromHex(
        '01c000000000000000000000000000001400000000000400000000140000001828000000000000000200000000000000',
      ),
      0xd9963a56,
    ],
  ])('%s', (_name, bytes, expected) => {
    expect(crc32c(bytes)).toBe(expected);
  });

  test('equals the definition for any bytes and any range', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(100), fc.nat(100), (bytes, a, b) => {
        const start = Math.min(a, bytes.length);
        const end = Math.max(start, Math.min(b, bytes.length));
        expect(crc32c(bytes, start, end)).toBe(slowCrc32c(bytes.subarray(start, end)));
      }),
    );
  });
});
