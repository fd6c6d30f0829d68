import { describe, expect, test } from 'bun:test';
import { createHash } from 'node:crypto';
import { parseTokens, servesAccount } from './config/control-tokens.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const anna = { name: 'anna', sha256: sha256('a'.repeat(40)), role: 'viewer', accounts: ['maker.near'] };
const ben = { name: 'ben', sha256: sha256('b'.repeat(40)).toUpperCase(), role: 'operator', accounts: ['*'] };
const listOf = (...tokens: object[]): string => JSON.stringify({ tokens });

test('entries are taken with their role and accounts, and their hash in lower case', () => {
  const read = parseTokens(listOf(anna, ben));
  if (!read.ok) throw new Error(read.problem);
  expect(read.value.map(({ name, role, digest }) => [name, role, digest])).toEqual([
    ['anna', 'viewer', anna.sha256],
    ['ben', 'operator', ben.sha256.toLowerCase()],
  ]);
  for (const none of ['', listOf()]) expect(parseTokens(none)).toEqual({ ok: true, value: [] });
});

describe('a list that is not exactly right is refused whole, and the problem names the place, never the content', () => {
  test.each([
    ['no JSON', 'tokens', 'not JSON'],
    ['an array', '[]', '/'],
    ['no list of tokens', '{}', '/tokens'],
    ['a field twice', listOf(anna).replace('"role"', '"role":"operator","role"'), 'twice'],
    ['another field', listOf({ ...anna, note: 'x' }), '/tokens/0'],
    ['a token instead of its hash', listOf({ ...anna, sha256: 'a'.repeat(40) }), '/tokens/0/sha256'],
    ['an unknown role', listOf({ ...anna, role: 'admin' }), '/tokens/0/role'],
    ['no role', listOf({ ...anna, role: undefined }), '/tokens/0/role'],
    ['no accounts', listOf({ ...anna, accounts: [] }), '/tokens/0/accounts'],
    ['a name that could be mistaken', listOf({ ...anna, name: 'Anna B' }), '/tokens/0/name'],
    ['the name of the local token', listOf({ ...anna, name: 'operator' }), '/tokens/0/name'],
    ['a name twice', listOf(anna, { ...ben, name: 'anna' }), '/tokens/1/name'],
    ['a hash twice', listOf(anna, { ...ben, sha256: anna.sha256.toUpperCase() }), '/tokens/1/sha256'],
  ])('%s', (_name, text, place) => {
    const read = parseTokens(text);
    if (read.ok) throw new Error('was taken');
    expect(read.problem).toContain(place);
    expect(read.problem).not.toMatch(/[0-9a-f]{32}|aaaa/);
  });
});

test('a token serves the accounts that it lists, or all; a process of no account takes only the latter', () => {
  expect(servesAccount(anna, 'maker.near')).toBe(true);
  expect(servesAccount(anna, 'other.near')).toBe(false);
  expect(servesAccount(anna, null)).toBe(false);
  expect(servesAccount(ben, 'other.near')).toBe(true);
  expect(servesAccount(ben, null)).toBe(true);
});
