import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { hashId } from './id-hash.ts';
import { IdTable } from './id-table.ts';
import { SIGNED_ID_AGE_US, SIGNED_IDS_BYTES_MAX, SignedIds, SLOTS_MAX } from './signed-ids.ts';

const SEED = { a: 0x1234_5678, b: 0x9abc_def0 };
const HOUR_US = 3_600_000_000;
const small = (over: { readonly bytesMax?: number; readonly slotsMin?: number } = {}) =>
  new SignedIds(SEED, { slotsMin: 16, bytesMax: 1024, ...over });

describe('a hash of an id', () => {
  test('depends on each character, on its place, and on the seed', () => {
    const base = 'a1b2c3d4-0000-4000-8000-0123456789ab';
    const others = [...base].map((_, at) => `${base.slice(0, at)}#${base.slice(at + 1)}`);
    const all = [base, `${base}0`, base.slice(1), [...base].reverse().join(''), ...others];
    const texts = all.map((id) => JSON.stringify(hashId(id, SEED)));
    expect(new Set(texts).size).toBe(all.length);
    expect(hashId(base, { a: SEED.a, b: 1 })).not.toEqual(hashId(base, SEED));
    expect(hashId(base, { a: 1, b: SEED.b })).not.toEqual(hashId(base, SEED));
  });

  test('is two unsigned halves of 32 bits, the tag never 0', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 130, unit: 'binary' }), (id) => {
        const { position, tag } = hashId(id, SEED);
        for (const half of [position, tag]) expect(half).toBe(half >>> 0);
        expect(tag).toBeGreaterThan(0);
      }),
    );
  });

  test('spreads ids that count up: among 200,000 of them no two are alike', () => {
    const seen = new Set<number>();
    for (let n = 0; n < 200_000; n++) {
      const { position, tag } = hashId(`quote-${n}`, SEED);
      seen.add(position * 2 ** 21 + (tag & (2 ** 21 - 1)));
    }
    expect(seen.size).toBe(200_000);
  });
});

test('a table finds what was added, also around its end, and nothing else', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.tuple(fc.nat(20), fc.integer({ min: 1, max: 9 })), { maxLength: 12 }), (pairs) => {
      const table = new IdTable(16);
      const hash = ([position, tag]: readonly [number, number]) => ({ position: 0xffff_fff0 + position, tag });
      const added = new Set<number>();
      for (const pair of pairs) {
        if (!table.has(hash(pair))) table.add(hash(pair));
        added.add(pair[1]);
      }
      for (const pair of pairs) expect(table.has(hash(pair))).toBe(true);
      for (let position = 0; position < 16; position++) expect(table.has({ position, tag: 1000 })).toBe(false);
      expect(table.count).toBeLessThanOrEqual(pairs.length);
      expect(table.isFull).toBe(table.count >= 12);
    }),
  );
});

describe('signed ids', () => {
  test('are known for a day after they were added, however many came since, and then forgotten', () => {
    const ids = new SignedIds(SEED);
    for (let n = 0; n < 200_000; n++) ids.add(`q${n}`, n * 1000);
    expect(ids.counts()).toMatchObject({ ids: 200_000 });
    expect(ids.expire(SIGNED_ID_AGE_US)).toEqual([]);
    for (let n = 0; n < 200_000; n += 97) expect(ids.has(`q${n}`)).toBe(true);
    for (let n = 0; n < 10_000; n++) expect(ids.has(`other-${n}`)).toBe(false);
    expect(ids.expire(SIGNED_ID_AGE_US + 200_000_001).length).toBe(ids.counts().tables === 0 ? 3 : 0);
    expect(ids.has('q0')).toBe(false);
  });

  test('added again count once', () => {
    const ids = small();
    for (let n = 0; n < 5; n++) expect(ids.add('q', n)).toBe(true);
    expect(ids.counts().ids).toBe(1);
    expect(ids.takeUnsaved().flatMap(({ hashes }) => hashes).length).toBe(2);
    expect(ids.takeUnsaved()).toEqual([]);
  });

  test('a table that fills within an hour is followed by a larger one, one that grows old by a smaller one', () => {
    const ids = small({ bytesMax: 100_000 });
    for (let n = 0; n < 13; n++) ids.add(`q${n}`, n);
    expect(ids.counts().bytes).toBe(4 * (16 + 64));
    ids.add('later', 7 * HOUR_US);
    expect(ids.counts().bytes).toBe(4 * (16 + 64 + 16));
    for (let n = 0; n < 12; n++) ids.add(`r${n}`, 9 * HOUR_US);
    expect(ids.counts().bytes).toBe(4 * (16 + 64 + 16 + 16));
  });

  test('when nothing more fits they say so, forget nothing, and take ids again when a day is over', () => {
    const ids = small({ bytesMax: 4 * (16 + 64) });
    let count = 0;
    while (!ids.isFull(count)) expect(ids.add(`q${count}`, count++)).toBe(true);
    expect(count).toBe(12 + 48);
    expect(ids.add('one-more', count)).toBe(false);
    expect(ids.add('q0', count)).toBe(true);
    for (let n = 0; n < count; n++) expect(ids.has(`q${n}`)).toBe(true);
    const laterUs = SIGNED_ID_AGE_US + 13;
    ids.expire(laterUs);
    expect(ids.isFull(laterUs)).toBe(false);
    expect(ids.add('one-more', laterUs)).toBe(true);
  });

  test('have room for 2,000 a second all day, and for the table that is filled meanwhile', () => {
    const perTable = (SLOTS_MAX * 3) / 4;
    const perDay = 2000 * 86_400;
    // The growing tables of the first hour are small; each of the rest is kept for a day after it was full.
    expect(Math.floor(SIGNED_IDS_BYTES_MAX / (SLOTS_MAX * 4)) * perTable).toBeGreaterThan(perDay + 2 * perTable);
  });
});
