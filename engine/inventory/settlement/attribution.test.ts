import { describe, expect, test } from 'bun:test';
import { BTC, EURE } from '../../../contracts/assets.ts';
import { makeQuote } from '../book.fixture.ts';
import { LiveQuotes } from '../live-quotes.ts';
import type { QuoteEntry } from '../quotes.ts';
import { type Attribution, attributing, type UsedNonce } from './attribution.ts';
import type { Option, Options } from './choices.ts';

const ASSETS = [BTC.id, EURE.id];

const usedNonce = (quotes: readonly QuoteEntry[], proven?: Option): UsedNonce => {
  const live = new LiveQuotes();
  for (const quote of quotes) live.add(quote);
  return { live, proven };
};

/** Searches to the end. */
function attribute(usedNonces: readonly UsedNonce[], change: readonly bigint[]): Attribution {
  const steps = attributing(ASSETS, usedNonces, change);
  for (let next = steps.next(); ; next = steps.next()) if (next.done === true) return next.value;
}

/** Every option, when nothing was ruled out. */
const listOf = ({ all, classes }: Options, { live }: UsedNonce): string[] =>
  all
    ? ['-', ...[...live].map(name)].sort()
    : classes.flatMap(({ quotes }) => (quotes.size === 0 ? ['-'] : [...quotes].map(name))).sort();

const name = (option: Option): string => option?.attempt.quoteId ?? '-';
const found = (usedNonces: readonly UsedNonce[], change: readonly bigint[]) => {
  const { kind, options, explained, fits } = attribute(usedNonces, change);
  const lists = usedNonces.map((each, index) => listOf(options[index] ?? { all: true, classes: [] }, each));
  return { kind, options: lists, explained, fits };
};

const a = makeQuote('a', 10n, 200n);
const twin = makeQuote('twin', 10n, 200n);
const b = makeQuote('b', 11n, 300n);
const named = makeQuote('named', 12n, 400n, true);

describe('one nonce', () => {
  test.each([
    ['an exact sum', [a, b], [11n, -300n], 'exact', ['b'], true],
    ['twins cannot be distinguished', [a, twin, b], [10n, -200n], 'exact', ['a', 'twin'], true],
    ['no change is no settlement', [a, b], [0n, 0n], 'exact', ['-'], true],
    ['an inflow together with a settlement', [a, b], [11n, -250n], 'possible', ['b'], true],
    ['an inflow alone may hide any that it covers', [a, b], [10n, 5n], 'possible', ['-', 'a'], true],
    ['more than any quote pays', [a, b], [11n, -301n], 'none', ['-', 'a', 'b'], false],
    ['the name wins over an inflow', [a, named], [20n, -150n], 'named', ['named'], true],
    ['the name wins where the inflow is of one asset', [a, named], [12n, -150n], 'named', ['named'], true],
    [
      'the name next to an inflow of both assets, against another next to that of one',
      [a, named],
      [20n, -200n],
      'contradicted',
      ['a', 'named'],
      true,
    ],
    ['the name holds in spite of a loss', [a, named], [12n, -450n], 'named', ['named'], false],
    [
      'the name that nothing fits, against another next to an inflow',
      [a, named],
      [11n, -150n],
      'contradicted',
      ['a', 'named'],
      true,
    ],
    [
      'the name that nothing fits, against another that one balance agrees with',
      [a, b, named],
      [-39n, -300n],
      'contradicted',
      ['b', 'named'],
      false,
    ],
    [
      'the name against none, where one balance is as before and the other one fell',
      [a, named],
      [-50n, 0n],
      'contradicted',
      ['-', 'named'],
      false,
    ],
    ['the name that no balance agrees with, as with no other', [a, named], [-50n, -1n], 'named', ['named'], false],
    ['the name against no change at all', [a, named], [0n, 0n], 'contradicted', ['-', 'named'], true],
    ['the name against an exact sum', [a, named], [10n, -200n], 'contradicted', ['a', 'named'], true],
  ] as const)('%s', (_, live, change, kind, options, fits) => {
    expect(found([usedNonce(live)], change)).toMatchObject({ kind, options: [[...options]], fits });
  });

  const namedTwin = makeQuote('named twin', 12n, 400n, true);
  const unnamedTwin = makeQuote('unnamed twin', 12n, 400n);
  const otherNamed = makeQuote('other named', 13n, 500n, true);
  test.each([
    ['the sum of one decides', [unnamedTwin, named, otherNamed], [12n, -400n], ['named'], [12n, -400n]],
    [
      'a sum that leaves both',
      [a, unnamedTwin, named, namedTwin],
      [12n, -400n],
      ['named', 'named twin', 'unnamed twin'],
      [12n, -400n],
    ],
    [
      'an inflow that leaves both',
      [a, unnamedTwin, named, namedTwin],
      [20n, -400n],
      ['named', 'named twin', 'unnamed twin'],
      [12n, -400n],
    ],
    [
      'an inflow next to which others fit as well',
      [a, b, named, otherNamed],
      [20n, -300n],
      ['b', 'named', 'other named'],
      null,
    ],
    ['the sum of another', [a, b, named, otherNamed], [10n, -200n], ['a', 'named', 'other named'], [10n, -200n]],
    ['no change', [a, named, otherNamed], [0n, 0n], ['-', 'named', 'other named'], [0n, 0n]],
    ['a loss that nothing explains', [a, named, namedTwin], [0n, -1n], ['-', 'a', 'named', 'named twin'], null],
  ] as const)(
    'of several names one is true at most, and rules out no others: %s',
    (_, live, change, options, explained) => {
      expect(found([usedNonce(live)], change)).toMatchObject({
        options: [[...options]],
        explained: explained === null ? null : [...explained],
        fits: explained !== null || change[0] > 0n,
      });
    },
  );

  test('where one nonce has several names, the name of another still counts', () => {
    const x = makeQuote('x', 1n, 100n, true);
    const lanes = [usedNonce([unnamedTwin, named, namedTwin]), usedNonce([x, makeQuote('x2', 1n, 100n)])];
    expect(found(lanes, [13n, -500n])).toMatchObject({
      kind: 'exact',
      options: [['named', 'named twin', 'unnamed twin'], ['x']],
      explained: [13n, -500n],
    });
  });

  test('a transaction outweighs a name, and leaves open what an exact sum contradicts', () => {
    expect(found([usedNonce([a, named], a)], [12n, -400n])).toMatchObject({
      kind: 'contradicted',
      options: [['a', 'named']],
      fits: true,
    });
    expect(found([usedNonce([a, named], a)], [12n, -401n])).toMatchObject({
      kind: 'named',
      options: [['a']],
      fits: false,
    });
    expect(found([usedNonce([a, named], null)], [0n, 0n])).toMatchObject({ kind: 'exact', options: [['-']] });
  });
});

test('no nonce and no change is an explanation; a loss without a nonce is none', () => {
  expect(found([], [0n, 0n])).toEqual({ kind: 'exact', options: [], explained: [0n, 0n], fits: true });
  expect(found([], [5n, 0n])).toEqual({ kind: 'possible', options: [], explained: [0n, 0n], fits: true });
  expect(found([], [5n, -1n])).toEqual({ kind: 'none', options: [], explained: null, fits: false });
});

test('several nonces: each gets the options of all explanations', () => {
  const x = makeQuote('x', 1n, 100n);
  const y = makeQuote('y', 2n, 200n);
  const z = makeQuote('z', 3n, 300n);
  // x + y, or z alone.
  expect(found([usedNonce([x, z]), usedNonce([y])], [3n, -300n])).toEqual({
    kind: 'exact',
    options: [
      ['x', 'z'],
      ['-', 'y'],
    ],
    explained: [3n, -300n],
    fits: true,
  });
  // A name for the first decides for the second.
  const status = { txHash: null, intentHash: null, frame: null };
  expect(found([usedNonce([{ ...x, status }, z]), usedNonce([y])], [3n, -300n]).options).toEqual([['x'], ['y']]);
});

test('a name that the sum agrees with decides, also when it contradicts that of another nonce', () => {
  const x = makeQuote('x', 1n, 100n, true);
  const y = makeQuote('y', 2n, 200n, true);
  const z = makeQuote('z', 3n, 300n);
  const of = (first: readonly QuoteEntry[]) => found([usedNonce(first), usedNonce([y, z])], [4n, -400n]);
  expect(of([x])).toMatchObject({ kind: 'contradicted', options: [['x'], ['y', 'z']] });
  // Nobody can tell it from one with the same amounts.
  expect(of([x, makeQuote('x2', 1n, 100n)])).toMatchObject({
    options: [
      ['x', 'x2'],
      ['y', 'z'],
    ],
  });
});

test('what contradicts the name of one nonce says of the others what the sum does: a transaction is stronger than that', () => {
  const x = makeQuote('x', 1n, 100n, true);
  const lanes = (proven?: Option) => [usedNonce([x]), usedNonce([a, twin, b]), usedNonce([named, b], proven)];
  expect(found(lanes(null), [0n, 0n])).toMatchObject({ kind: 'contradicted', options: [['-', 'x'], ['-'], ['-']] });
  expect(found(lanes(b), [21n, -500n])).toMatchObject({
    kind: 'contradicted',
    options: [['-', 'x'], ['a', 'twin'], ['b']],
  });
  // Against the transaction nothing is ruled out.
  expect(found(lanes(b), [0n, 0n])).toMatchObject({
    kind: 'contradicted',
    options: [
      ['-', 'x'],
      ['-', 'a', 'b', 'twin'],
      ['-', 'b'],
    ],
  });
});

test('too many sums are not searched, and nothing is claimed', () => {
  const lane = (seed: number): UsedNonce =>
    usedNonce(
      Array.from({ length: 60 }, (_, index) =>
        makeQuote(`${seed}-${index}`, BigInt(index + 1), BigInt(seed * 1000 + index * index)),
      ),
    );
  const lanes = [1, 2, 3, 4, 5].map(lane);
  const attribution = attribute(lanes, [7n, -1n]);
  expect(attribution).toMatchObject({ kind: 'unsearched', explained: null, fits: false });
  expect(attribution.options.map(({ all }) => all)).toEqual([true, true, true, true, true]);
});

test('beyond the budget one settlement, or two, are looked up all the same, and are likely', () => {
  const lane = (seed: number): UsedNonce =>
    usedNonce(
      Array.from({ length: 60 }, (_, index) =>
        makeQuote(`${seed}-${index}`, BigInt(index + 1), BigInt(seed * (1_000_003 + index * index))),
      ),
    );
  const lanes = [1, 2, 3, 4, 5].map(lane);
  expect(found(lanes, [8n, -3n * (1_000_003n + 49n)])).toMatchObject({
    kind: 'likely',
    options: [['-'], ['-'], ['3-7'], ['-'], ['-']],
    fits: true,
  });
  expect(found(lanes, [8n + 21n, -3n * (1_000_003n + 49n) - 5n * (1_000_003n + 400n)])).toMatchObject({
    kind: 'likely',
    options: [['-'], ['-'], ['3-7'], ['-'], ['5-20']],
  });
});

test('two large lanes are searched whole: the second is looked up, not tried', () => {
  const lane = (factor: bigint): QuoteEntry[] =>
    Array.from({ length: 4000 }, (_, index) =>
      makeQuote(`${factor}-${index}`, BigInt(index) * factor + 1n, 1000n + BigInt(index)),
    );
  const first = lane(1n);
  const second = lane(10_000n);
  const change = [1234n + 1n + 987n * 10_000n + 1n, -(1000n + 1234n) - (1000n + 987n)];
  expect(found([usedNonce(first), usedNonce(second)], change)).toMatchObject({
    kind: 'exact',
    options: [['1-1234'], ['10000-987']],
  });
});
