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
  invalidSalts: [],
  keyRegistered: true,
  accountLocked: false,
  ...change,
});
const freed = (change: Partial<FreeingInputs>) =>
  freedBy({
    snapshot: snapshot(),
    timeFrees: [],
    known: NOTHING_KNOWN,
    onRecord: () => null,
    saltKnown: null,
    isBalanceDue: false,
    isVoted: false,
    ...change,
  });

const USED = snapshot({
  credited: { btc: units(10n) },
  nonces: [{ nonce: nonce('a'), used: true }],
  invalidSalts: ['00000000'],
});

const NONE_ON_RECORD = () => null;
const CONFIRMED = { confirmed: true, onRecord: NONE_ON_RECORD };
const UNCONFIRMED = { confirmed: false, onRecord: NONE_ON_RECORD };

describe('what a snapshot frees', () => {
  test('is nothing where it says nothing new', () => {
    expect(freed({})).toMatchObject({ isAnything: false, isTimeDue: false });
    const known = knownAfter(NOTHING_KNOWN, USED, CONFIRMED);
    expect(freed({ snapshot: USED, known }).isAnything).toBe(false);
  });

  test('is a used nonce, an invalid salt and a higher balance', () => {
    const { freeing, isAnything, isFirst } = freed({ snapshot: USED, onRecord: () => 9n });
    expect(freeing).toEqual({
      usedNonces: ['a'],
      unusedNonces: [],
      invalidSalts: ['00000000'],
      salt: null,
      assets: ['btc'],
      isExact: true,
    } as never);
    expect([isAnything, isFirst]).toEqual([true, false]);
  });

  test('is every balance, also the one on record, with a nonce that is newly used', () => {
    const { freeing } = freed({ snapshot: USED, onRecord: () => 10n });
    expect(freeing.assets as readonly string[]).toEqual(['btc']);
    const known = knownAfter(NOTHING_KNOWN, USED, CONFIRMED);
    expect(freed({ snapshot: USED, known, onRecord: () => 10n }).freeing.assets).toEqual([]);
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

  test('is another salt than the one that two have named, and not the first', () => {
    const salted = snapshot({ salt: '252812b3' });
    const of = (saltKnown: string | null) => freed({ snapshot: salted, saltKnown });
    expect(of('252812b3')).toMatchObject({ isAnything: false, freeing: { salt: null } });
    expect(of('00000000')).toMatchObject({ isAnything: true, isFirst: false, freeing: { salt: '252812b3' } });
    expect(of(null)).toMatchObject({ isAnything: false, freeing: { salt: '252812b3' } });
  });

  describe('is nothing where a balance fell, and yet a second endpoint is heard', () => {
    const fallen = snapshot({ credited: { btc: units(4n) }, nonces: [{ nonce: nonce('a'), used: false }] });
    const onRecord = () => 5n;

    test('on the nonces, one of which may have moved it', () => {
      const { freeing, isAnything } = freed({ snapshot: fallen, onRecord });
      expect({ isAnything, ...freeing }).toMatchObject({ isAnything: false, unusedNonces: ['a'], assets: [] } as never);
    });

    test('on the balance itself where two can outvote one', () => {
      const { freeing, isWaitedFor } = freed({ snapshot: fallen, onRecord, isVoted: true });
      expect({ isWaitedFor, ...freeing }).toMatchObject({ isWaitedFor: true, assets: ['btc'], isExact: true } as never);
    });

    test('on every balance once in a while, whether it has moved or not', () => {
      const same = freed({ snapshot: fallen, onRecord: () => 4n, isBalanceDue: true });
      expect(same).toMatchObject({ isAnything: false, freeing: { unusedNonces: [], assets: ['btc'] } } as never);
    });
  });

  test.each([
    ['at the block', BLOCK_MS, false],
    ['before it', BLOCK_MS - 1, true],
  ])('is an unused nonce with every balance, when a deadline lies %s', (_, fromMs, isTimeDue) => {
    const one = snapshot({ credited: { btc: units(1n) }, nonces: [{ nonce: nonce('a'), used: false }] });
    const result = freed({ snapshot: one, timeFrees: [{ nonce: nonce('a'), fromMs }], onRecord: () => 1n });
    expect(result).toMatchObject({ isTimeDue, isAnything: isTimeDue });
    expect(result.freeing).toMatchObject(isTimeDue ? { unusedNonces: ['a'], assets: ['btc'] } : { unusedNonces: [] });
  });
});

describe('what is known after a snapshot that was not confirmed', () => {
  const lower = snapshot({ credited: { btc: units(4n) }, nonces: [{ nonce: nonce('b'), used: true }] });
  const higher = snapshot({ credited: { btc: units(40n) } });

  test('is only what takes away', () => {
    const known = knownAfter(NOTHING_KNOWN, USED, CONFIRMED);
    expect(knownAfter(known, lower, UNCONFIRMED)).toEqual({
      usedNonces: new Set(),
      invalidSalts: new Set(),
      credited: new Map([['btc', 4n]]),
    } as never);
    expect(knownAfter(known, higher, UNCONFIRMED).credited).toEqual(new Map([['btc', 10n]]));
    expect(knownAfter(NOTHING_KNOWN, higher, UNCONFIRMED).credited.size).toBe(0);
  });

  test('is that also against the balance that an earlier run left on record: to give it back takes a second endpoint', () => {
    const onRecord = () => 10n;
    const known = knownAfter(NOTHING_KNOWN, lower, { confirmed: false, onRecord });
    expect(known.credited).toEqual(new Map([['btc', 4n]]));
    expect(freed({ snapshot: snapshot({ credited: { btc: units(10n) } }), known, onRecord })).toMatchObject({
      isAnything: true,
      isFirst: false,
    });
    expect(knownAfter(NOTHING_KNOWN, higher, { confirmed: false, onRecord }).credited.size).toBe(0);
  });
});
