import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { whyKeyIsVoid } from './key-time.ts';

const NOW_MS = 1_767_225_600_000;
const NOW_S = NOW_MS / 1000;
const keyWith = (claims: unknown): string =>
  `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.signature`;

describe('a web token', () => {
  test.each([
    ['that ends now', { exp: NOW_S }, 'expired at 2026-01-01T00:00:00.000Z'],
    ['that ended', { exp: NOW_S - 1 }, 'expired at 2025-12-31T23:59:59.000Z'],
    ['that ends in a second', { exp: NOW_S + 1 }, null],
    ['that begins in a second', { nbf: NOW_S + 1 }, 'is valid only from 2026-01-01T00:00:01.000Z on'],
    ['that begins now', { nbf: NOW_S }, null],
    ['without an end', { sub: 'partner' }, null],
    ['whose end is no number', { exp: '1' }, null],
    ['whose end is no time that can be right', { exp: 1 }, null],
    ['that is no object', [1], null],
  ])('%s', (_name, claims, why) => {
    expect(whyKeyIsVoid(keyWith(claims), NOW_MS)).toBe(why);
  });
});

test.each(['', 'plain', 'a.b', 'a.b.c', '..', 'a.e30.c.d'])('a key that is none: %p', (key) => {
  expect(whyKeyIsVoid(key, NOW_MS)).toBeNull();
});

test('any key gives a sentence without a part of the key, or nothing', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 300 }), fc.json(), (key, json) => {
      for (const one of [key, `a.${Buffer.from(json).toString('base64url')}.b`]) {
        const why = whyKeyIsVoid(one, NOW_MS);
        if (why !== null) expect(why).toMatch(/^(?:expired at|is valid only from) [0-9TZ:.-]+(?: on)?$/);
      }
    }),
  );
});
