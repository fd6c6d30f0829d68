import { describe, expect, test } from 'bun:test';
import { units } from '../../contracts/amounts.ts';
import type { NonceText } from '../../contracts/ids.ts';
import { type FreeingInputs, freedBy, knownAfter, NOTHING_KNOWN } from './freeing.ts';
import type { VerifierSnapshot } from './read-snapshot.ts';

const BLOCK_MS = 1_767_225_600_000;
const nonce = (text: string) => text as NonceText;
const snapshot = (change: Partial<VerifierSnapshot> = {}): VerifierSnapshot => ({
  block: { height: 100, hash: 'a', timeMs: BLOCK_MS },
  credited: {},
  stranded: {},
  nonces: [],
  salt: null,
  feePips: null,
  validSalts: [],
  invalidSalts: [],
  keyRegistered: true,
  accountLocked: false,
  ...change,
});
const freed = (change: Partial<FreeingInputs>) =>
  freedBy({ snapshot: snapshot(), timeFrees: [], known: NOTHING_KNOWN, onRecord: () => null, ...change });

const USED = snapshot({
  credited: { btc: units(10n) },
  nonces: [{ nonce: nonce('a'), used: true }],
  invalidSalts: ['00000000'],
});

describe('what a snapshot frees', () => {
  test('is nothing where it says nothing new', () => {
    expect(freed({})).toMatchObject({ isAnything: false, isTimeDue: false });
    const known = knownAfter(NOTHING_KNOWN, USED, true);
    expect(freed({ snapshot: USED, known }).isAnything).toBe(false);
  });

  test('is a used nonce, an invalid salt and a higher balance', () => {
    const { freeing, isAnything, isFirst } = freed({ snapshot: USED, onRecord: () => 9n });
    expect(freeing).toEqual({
      usedNonces: ['a'],
      unusedNonces: [],
      invalidSalts: ['00000000'],
      assets: ['btc'],
    } as never);
    expect([isAnything, isFirst]).toEqual([true, false]);
  });

  test('is nothing where the balance on record is as high', () => {
    expect(freed({ snapshot: snapshot({ credited: { btc: units(10n) } }), onRecord: () => 10n }).isAnything).toBe(
      false,
    );
  });

  test('was promised to nobody where it is the first balance', () => {
    expect(freed({ snapshot: snapshot({ credited: { btc: units(10n) } }) })).toMatchObject({
      isAnything: true,
      isFirst: true,
    });
  });

  test.each([
    ['at the block', BLOCK_MS, false],
    ['before it', BLOCK_MS - 1, true],
  ])('is an unused nonce with every balance, when a deadline lies %s', (_, fromMs, isTimeDue) => {
    const one = snapshot({ credited: { btc: units(1n) }, nonces: [{ nonce: nonce('a'), used: false }] });
    const result = freed({ snapshot: one, timeFrees: [{ nonce: nonce('a'), fromMs }], onRecord: () => 5n });
    expect(result).toMatchObject({ isTimeDue, isAnything: isTimeDue });
    expect(result.freeing).toMatchObject(isTimeDue ? { unusedNonces: ['a'], assets: ['btc'] } : { unusedNonces: [] });
  });
});

describe('what is known after a snapshot', () => {
  test('that was not confirmed is only what takes away', () => {
    const known = knownAfter(NOTHING_KNOWN, USED, true);
    const lower = snapshot({ credited: { btc: units(4n) }, nonces: [{ nonce: nonce('b'), used: true }] });
    expect(knownAfter(known, lower, false)).toEqual({
      usedNonces: new Set(),
      invalidSalts: new Set(),
      credited: new Map([['btc', 4n]]),
    } as never);
    const higher = snapshot({ credited: { btc: units(40n) } });
    expect(knownAfter(known, higher, false).credited).toEqual(new Map([['btc', 10n]]));
    expect(knownAfter(NOTHING_KNOWN, higher, false).credited.size).toBe(0);
  });
});
