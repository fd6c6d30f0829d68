import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { KNOWN_ASSETS } from '../assets.ts';
import { CHAINS, readAddress, readDestination } from './address.ts';
import { keccak256Hex } from './keccak.ts';

const BTC = 'btc:mainnet';
const GNOSIS = 'eth:100';

describe('an address is taken in one form', () => {
  test.each([
    // BIP 173, BIP 350, and the first block's.
    [BTC, 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4', 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4'],
    [BTC, 'BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4', 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4'],
    [
      BTC,
      'bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0',
      'bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0',
    ],
    [BTC, '1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa', '1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa'],
    [BTC, '3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy', '3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy'],
    // EIP-55.
    [GNOSIS, '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed', '0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed'],
    [GNOSIS, '0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359', '0xfb6916095ca1df60bb79ce92ce3ea74c37c5d359'],
    [GNOSIS, '0x420ca0f9b9b604ce0fd9c18ef134c705e5fa3430', '0x420ca0f9b9b604ce0fd9c18ef134c705e5fa3430'],
    [GNOSIS, '0x420CA0F9B9B604CE0FD9C18EF134C705E5FA3430', '0x420ca0f9b9b604ce0fd9c18ef134c705e5fa3430'],
  ])('%s %s', (chain, text, address) => {
    expect(readAddress(chain, text)).toEqual({ ok: true, address });
  });
});

describe('refused with the reason', () => {
  test.each([
    [BTC, 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5', 'wrong checksum'],
    [BTC, 'bc1Qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4', 'mixes upper and lower case'],
    // Version 1 with the checksum of version 0, and version 0 with that of version 1 (BIP 350).
    [BTC, 'bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqh2y7hd', 'checksum of another witness version'],
    [BTC, 'bc1q0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vq54gvx7', 'checksum'],
    [BTC, 'tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx', 'base58'],
    [BTC, 'bc1gmk9yu', 'a length that no bech32 address has'],
    // Version 0 with a program of 16 bytes (BIP 173).
    [BTC, 'BC1QR508D6QEJXTDG4Y5R3ZARVARYV98GJ9P', 'witness program'],
    [BTC, '1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb', 'wrong checksum'],
    // Of the test net.
    [BTC, 'mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn', 'another network'],
    [BTC, '0x420ca0f9b9b604ce0fd9c18ef134c705e5fa3430', 'base58'],
    [GNOSIS, '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD', 'EIP-55'],
    [GNOSIS, '0x0000000000000000000000000000000000000000', 'zero address'],
    [GNOSIS, '0x420ca0', '40 hexadecimal digits'],
    [GNOSIS, 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4', '40 hexadecimal digits'],
    ['doge:mainnet', '1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa', 'none of btc:mainnet, eth:100'],
    [BTC, 'b'.repeat(101), 'longer than'],
    [BTC, '', 'base58'],
  ])('%s %s: %s', (chain, text, problem) => {
    expect(readAddress(chain, text)).toEqual({ ok: false, problem: expect.stringContaining(problem) });
  });

  test('a base58 address for the Omni bridge', () => {
    const [poa, omni] = ['poa', 'omni'].map((bridge) =>
      KNOWN_ASSETS.find((asset) => asset.chain === BTC && asset.bridge === bridge),
    );
    if (poa === undefined || omni === undefined) throw new Error('BTC is known under both bridges');
    expect(readDestination(poa, '1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa').ok).toBe(true);
    expect(readDestination(omni, '1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa')).toEqual({
      ok: false,
      problem: expect.stringContaining('Omni bridge'),
    });
    expect(readDestination(omni, 'BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4').ok).toBe(true);
  });
});

test('one changed character of an address is noticed', () => {
  const sound = [
    [BTC, 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4'],
    [BTC, '1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa'],
    [GNOSIS, '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed'],
  ] as const;
  fc.assert(
    fc.property(
      fc.constantFrom(...sound),
      fc.nat(41),
      fc.constantFrom(...'023456789acdefghjk'),
      ([chain, text], at, to) => {
        const place = at % text.length;
        fc.pre(text.charAt(place).toLowerCase() !== to);
        const changed = text.slice(0, place) + to + text.slice(place + 1);
        // Of a checksum in upper and lower case alone, one in 4,000 or so passes: what passes must at least be another address.
        const read = readAddress(chain, changed);
        if (chain === BTC) expect(read.ok).toBe(false);
        else if (read.ok) expect(read.address).toBe(changed.toLowerCase());
      },
    ),
  );
});

test('any text is read without an exception, and what is taken is read as itself', () => {
  fc.assert(
    fc.property(fc.constantFrom(...CHAINS, 'other'), fc.string({ maxLength: 120, unit: 'binary' }), (chain, text) => {
      const read = readAddress(chain, text);
      if (read.ok) expect(readAddress(chain, read.address)).toEqual(read);
    }),
  );
});

test('keccak-256 of texts of one block and of two', () => {
  expect(keccak256Hex('')).toBe('c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470');
  expect(keccak256Hex('Transfer(address,address,uint256)')).toBe(
    'ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef',
  );
  const ofLength = (count: number): string => keccak256Hex('a'.repeat(count));
  // The last that fits into a block with its padding, the first that does not, and one of two blocks.
  expect(ofLength(135)).toBe('34367dc248bbd832f4e3e69dfaac2f92638bd0bbd18f2912ba4ef454919cf446');
  expect(ofLength(136)).toBe('a6c4d403279fe3e0af03729caada8374b5ca54d8065329a3ebcaeb4b60aa386e');
  expect(ofLength(200)).toBe('96ea54061def936c4be90b518992fdc6f12f535068a256229aca54267b4d084d');
});
