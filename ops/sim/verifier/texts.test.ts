// Parts of texts: deadlines, integers, base58, base64, account and token ids. Values round-trip, refusals are named.
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { accountIdFault } from './text/account-id.ts';
import { decodeBase58, encodeBase58 } from './text/base58.ts';
import { decodeBase64 } from './text/base64.ts';
import { DEADLINE_MAX_NS, formatDeadline, parseDeadline } from './text/deadline.ts';
import { parseI128, parseU128 } from './text/integer.ts';
import { parseEd25519, parsePublicKey } from './text/public-key.ts';
import { compareTokenIds, parseTokenId, paysFee } from './text/token-id.ts';

const reasonOf = (parsed: { readonly ok: boolean; readonly reason?: string }) => parsed.reason ?? 'accepted';

describe('deadlines', () => {
  test('what is formatted reads back, to the nanosecond', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -62_167_219_200_000_000_000n, max: DEADLINE_MAX_NS }), (ns) => {
        expect(parseDeadline(formatDeadline(ns))).toEqual({ ok: true, value: ns });
      }),
    );
  });

  test('agrees with the built-in reader on milliseconds', () => {
    const range = { min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T00:00:00Z'), noInvalidDate: true };
    fc.assert(
      fc.property(fc.date(range), (date) => {
        expect(parseDeadline(date.toISOString())).toEqual({ ok: true, value: BigInt(date.getTime()) * 1_000_000n });
      }),
    );
  });

  const NEW_YEAR = 1_767_225_600_000_000_000n;
  test.each([
    ['2026-01-01 00:00:00z', NEW_YEAR],
    ['2026-01-01t00:00:00+00:00', NEW_YEAR],
    ['2025-12-31T23:00:00-01:00', NEW_YEAR],
    ['2026-01-01T00:00:00.1234567899Z', NEW_YEAR + 123_456_789n],
    ['2025-12-31T23:59:60Z', NEW_YEAR - 1n],
    ['2026-01-01_00:00:00.5Z', NEW_YEAR + 500_000_000n],
  ])('%s is accepted', (text, ns) => {
    expect(parseDeadline(text)).toEqual({ ok: true, value: ns });
  });

  test.each([
    ['2026-01-01T00:00:00', "the 'offset hour' component could not be parsed"],
    ['1767225660', 'a character literal was not valid'],
    ['2026-02-30T00:00:00Z', 'did not include enough information'],
    ['2026-01-30T23:59:60Z', 'did not include enough information'],
    ['2026-01-01T24:00:00Z', "the 'hour' component could not be parsed"],
    ['2026-01-01T00:00:00Zx', 'unexpected trailing characters'],
    ['2026-01-01T00:00:00.Z', "the 'subsecond' component could not be parsed"],
    ['', "the 'year' component could not be parsed"],
  ])('%s is refused', (text, reason) => {
    expect(reasonOf(parseDeadline(text))).toContain(reason);
  });
});

describe('integers', () => {
  test('any value in range, with or without sign and zeros', () => {
    const value = fc.bigInt({ min: -(2n ** 127n), max: 2n ** 127n - 1n });
    fc.assert(
      fc.property(value, fc.nat(50), fc.boolean(), (number, zeros, plus) => {
        const digits = '0'.repeat(zeros) + String(number < 0n ? -number : number);
        expect(parseI128(`${number < 0n ? '-' : plus ? '+' : ''}${digits}`)).toEqual({ ok: true, value: number });
      }),
    );
  });

  test.each([
    ['', 'cannot parse integer from empty string'],
    ['-', 'invalid digit found in string'],
    ['1e5', 'invalid digit found in string'],
    [' 1', 'invalid digit found in string'],
    ['170141183460469231731687303715884105728', 'number too large to fit in target type'],
    ['-170141183460469231731687303715884105729', 'number too small to fit in target type'],
    [`${'9'.repeat(70)}x`, 'number too large to fit in target type'],
  ])('%s: %s', (text, reason) => {
    expect(reasonOf(parseI128(text))).toBe(reason);
  });

  test('unsigned ones take no minus', () => {
    expect(reasonOf(parseU128('-1'))).toBe('invalid digit found in string');
    expect(parseU128(String(2n ** 128n - 1n))).toEqual({ ok: true, value: 2n ** 128n - 1n });
  });
});

describe('base58 and base64', () => {
  test('round-trip, leading zeros among them', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), fc.nat(4), (bytes, zeros) => {
        const all = new Uint8Array([...new Uint8Array(zeros), ...bytes]);
        expect(decodeBase58(encodeBase58(all), all.length)).toEqual({ ok: true, value: all });
        const text = Buffer.from(all).toString('base64');
        expect(decodeBase64(text)).toEqual({ ok: true, value: all });
        expect(decodeBase64(text.replaceAll('=', ''))).toEqual({ ok: true, value: all });
      }),
    );
  });

  test.each([
    ['A-AA', 'Invalid symbol 45, offset 1.'],
    ['AB', 'Invalid last symbol 66, offset 1.'],
    ['A', 'Invalid input length: 1'],
    ['AA=A', 'Invalid symbol 61, offset 2.'],
    ['AAAA\n', 'Invalid symbol 10, offset 4.'],
  ])('base64 %j: %s', (text, reason) => {
    expect(reasonOf(decodeBase64(text))).toBe(reason);
  });

  test.each([
    ['0', 'base58: provided string contained invalid character'],
    ['1'.repeat(33), 'buffer provided to decode base58 encoded string into was too small'],
    ['1'.repeat(31), 'invalid length'],
  ])('base58 %s: %s', (text, reason) => {
    expect(reasonOf(decodeBase58(text, 32))).toContain(reason);
  });

  test('a key’s curve: any case in the envelope, lower case in an intent', () => {
    const key = '1'.repeat(32);
    expect(parseEd25519(`Ed25519:${key}`, 32).ok).toBe(true);
    expect(parseEd25519(key, 32).ok).toBe(true);
    expect(reasonOf(parsePublicKey(`Ed25519:${key}`))).toBe('wrong curve type');
    expect(parsePublicKey(key)).toEqual({ ok: true, value: `ed25519:${key}` });
  });
});

test.each([
  ['aa', undefined],
  ['a.near', undefined],
  ['a-b_c.d', undefined],
  ['a', 'too short'],
  ['a'.repeat(65), 'too long'],
  ['A.near', 'invalid character'],
  ['a..near', 'redundant separator'],
  ['.near', 'redundant separator'],
  ['near-', 'redundant separator'],
  ['intents.near ', 'invalid character'],
])('account id %j: %s', (text, fault) => {
  if (fault === undefined) expect(accountIdFault(text)).toBeUndefined();
  else expect(accountIdFault(text)).toContain(fault);
});

describe('token ids', () => {
  test.each([
    ['erc20:0x00', 'Matching variant not found'],
    ['nep141', 'Matching variant not found'],
    ['NEP141:a.near', 'Matching variant not found'],
    ['nep171:nft.near', 'Matching variant not found'],
    ['nep141:A', 'AccountId: the Account ID is too short'],
    ['nep245:mt.near:a:b', 'accepted'],
    ['nep171:nft.near:', 'accepted'],
  ])('%s: %s', (text, reason) => {
    expect(reasonOf(parseTokenId(text))).toBe(reason);
  });

  test('order by kind, contract and token, not by text', () => {
    const ordered = ['nep141:z.near', 'nep171:a.near:1', 'nep245:mt:x', 'nep245:mt-a:x', 'imt:a.near:1'];
    expect(ordered.toReversed().sort(compareTokenIds)).toEqual(ordered);
  });

  test('single units of multi-tokens, and NFTs, pay no fee', () => {
    expect(
      ['nep141:a.near', 'nep171:a.near:1', 'nep245:a.near:1', 'imt:a.near:1'].map((id) => paysFee(id, 1n)),
    ).toEqual([true, false, false, false]);
    expect(paysFee('nep245:a.near:1', 2n)).toBe(true);
  });
});
