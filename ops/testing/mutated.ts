// What fuzz tests of parsers are fed with: good texts and bytes, spoiled in the ways in which outside data is spoiled, and data that
// never was good. How often a property runs is bounded by FUZZ, so that all fuzz tests together stay a matter of seconds.

import fc from 'fast-check';

/** Options of a property over cheap parsers; costlier ones run less. */
export const FUZZ = { numRuns: 600 } as const;

/** JSON texts that take the place of a value. */
const ODD_VALUES: readonly string[] = [
  'null',
  'true',
  '-0',
  '-1',
  '0.5',
  '1e400',
  '1e-400',
  '-1e308',
  '9007199254740993',
  '253402300800000',
  '8640000000000001',
  '-62167219200001',
  `${2n ** 127n}`,
  '9'.repeat(400),
  `0.${'3'.repeat(2_000)}`,
  '""',
  '" "',
  '"\\ud800"',
  '"\\udc00\\ud800"',
  '"\\u0000"',
  '"\u2028\ufeff"',
  '"__proto__"',
  '"constructor"',
  '"toString"',
  '"NaN"',
  '"0x10"',
  '"-1"',
  '"1e9"',
  '"0000-01-01T00:00:00.000Z"',
  '"9999-12-31T23:59:59.999-23:59"',
  '"0000-01-01T00:00:00+23:59"',
  '"2026-02-31T99:99:99.000Z"',
  '"+275760-09-13T00:00:00.001Z"',
  '[]',
  '[null]',
  '{}',
  '{"__proto__":{"ok":true}}',
  '{"toString":null,"length":-1}',
  '[[[[[[[[[[]]]]]]]]]]',
  '['.repeat(2_000) + ']'.repeat(2_000),
  '{"a":'.repeat(2_000) + 1 + '}'.repeat(2_000),
  JSON.stringify('漢'.repeat(30_000)),
  JSON.stringify(' '.repeat(20_000)),
  `[${'0,'.repeat(6_000)}0]`,
  `"${'9'.repeat(400)}"`,
];

const ODD_CHARACTERS = [
  '',
  '"',
  '\\',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '0',
  '-',
  '.',
  'e',
  '\n',
  ' ',
  '\ud800',
  '\u0000',
  '\u2028',
];

/** Where values are in a JSON text: behind a colon, or at the beginning of an array or behind a comma. */
const VALUES = /(?<=[:[,]\s*)(?:"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null|\{\}|\[\])/g;

/** One value of the text, wherever it is, is another; works on the digits as they are, so that those of all others stay. */
const withOddValue = (seeds: readonly string[]): fc.Arbitrary<string> =>
  fc.tuple(fc.constantFrom(...seeds), fc.nat(), fc.constantFrom(...ODD_VALUES)).map(([text, pick, odd]) => {
    const places = [...text.matchAll(VALUES)];
    const place = places[pick % Math.max(1, places.length)];
    if (place === undefined) return odd;
    return text.slice(0, place.index) + odd + text.slice(place.index + place[0].length);
  });

/** A name of the text becomes another, or is there twice. */
const withOddName = (seeds: readonly string[]): fc.Arbitrary<string> =>
  fc
    .tuple(fc.constantFrom(...seeds), fc.nat(), fc.constantFrom('__proto__', 'constructor', 'x', ''), fc.boolean())
    .map(([text, pick, name, isTwice]) => {
      const places = [...text.matchAll(/"[^"\\]*"(?=\s*:)/g)];
      const place = places[pick % Math.max(1, places.length)];
      if (place === undefined) return text;
      const kept = isTwice ? `${place[0]}:null,` : '';
      return `${text.slice(0, place.index)}${kept}${isTwice ? place[0] : `"${name}"`}${text.slice(place.index + place[0].length)}`;
    });

/** Some characters changed, left out, or put in. */
const withBadCharacters = (seeds: readonly string[]): fc.Arbitrary<string> =>
  fc
    .tuple(
      fc.constantFrom(...seeds),
      fc.array(fc.tuple(fc.nat(), fc.constantFrom(...ODD_CHARACTERS)), { minLength: 1, maxLength: 6 }),
    )
    .map(([text, changes]) =>
      changes.reduce((changed, [pick, by]) => {
        const at = pick % (changed.length + 1);
        return changed.slice(0, at) + by + changed.slice(at + (pick % 3));
      }, text),
    );

/** Several texts, or parts of them, in one. */
const joined = (seeds: readonly string[]): fc.Arbitrary<string> =>
  fc.array(fc.constantFrom(...seeds, '\n', ',', '[', ']', '\0'), { maxLength: 5 }).map((parts) => parts.join(''));

/** Spoiled versions of the bytes, and random ones. */
export const mutatedBytes = (seeds: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> =>
  fc.oneof(
    fc
      .tuple(fc.constantFrom(...seeds), fc.array(fc.nat(), { minLength: 1, maxLength: 8 }))
      .map(([bytes, picks]) => flipped(bytes, picks)),
    fc.tuple(fc.constantFrom(...seeds), fc.nat()).map(([bytes, pick]) => bytes.slice(0, pick % (bytes.length + 1))),
    fc
      .tuple(fc.constantFrom(...seeds), fc.nat(), fc.nat(), fc.uint8Array({ maxLength: 40 }))
      .map(([bytes, from, length, by]) => spliced(bytes, from, length, by)),
    fc.array(fc.constantFrom(...seeds), { maxLength: 3 }).map((parts) => Uint8Array.from(Buffer.concat([...parts]))),
    fc.uint8Array({ maxLength: 300 }),
  );

function flipped(bytes: Uint8Array, picks: readonly number[]): Uint8Array {
  const changed = Uint8Array.from(bytes);
  for (const pick of picks) {
    const at = pick % Math.max(1, changed.length);
    changed[at] = (changed[at] ?? 0) ^ (1 << (Math.floor(pick / 7) % 8));
  }
  return changed;
}

function spliced(bytes: Uint8Array, from: number, length: number, by: Uint8Array): Uint8Array {
  const at = from % (bytes.length + 1);
  return Uint8Array.from(Buffer.concat([bytes.slice(0, at), by, bytes.slice(at + (length % 40))]));
}

/** Any UTF-16 units, halves of pairs among them. (The units that fast-check offers take seconds to be made.) */
const anyCharacters: fc.Arbitrary<string> = fc
  .array(fc.oneof(fc.nat(127), fc.nat(0xffff)), { maxLength: 200 })
  .map((codes) => String.fromCharCode(...codes));

const lax = new TextDecoder('utf-8', { ignoreBOM: true });

/** Spoiled versions of the texts, other JSON, and random text. */
export const mutatedText = (seeds: readonly string[]): fc.Arbitrary<string> =>
  fc.oneof(
    { arbitrary: withOddValue(seeds), weight: 4 },
    withOddName(seeds),
    withBadCharacters(seeds),
    joined(seeds),
    mutatedBytes(seeds.map((text) => new TextEncoder().encode(text))).map((bytes) => lax.decode(bytes)),
    fc.json({ maxDepth: 3 }),
    anyCharacters,
  );

/** Spoiled versions of a JSON value, and any other, as a parser sees them once the text was read. */
export const mutatedJson = (seeds: readonly string[]): fc.Arbitrary<unknown> =>
  fc.oneof(
    withOddValue(seeds).map((text) => {
      try {
        return JSON.parse(text) as unknown;
      } catch {
        return null;
      }
    }),
    fc.jsonValue({ maxDepth: 2 }),
    fc.anything(),
  );
