import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { isFields, type JsonBounds, readJson, repeatsName } from './json.ts';

const BOUNDS: JsonBounds = { charsMax: 200_000, depthMax: 8, valuesMax: 1_000 };

const arrays = (depth: number, inside = '') => '['.repeat(depth) + inside + ']'.repeat(depth);
const objects = (depth: number) => '{"a":'.repeat(depth) + 1 + '}'.repeat(depth);

describe('bounds', () => {
  test.each([
    ['arrays as deep as allowed', arrays(8), null],
    ['arrays one deeper', arrays(9), 'levels of nesting'],
    ['objects as deep as allowed', objects(8), null],
    ['objects one deeper', objects(9), 'levels of nesting'],
    ['arrays 50,000 deep', arrays(50_000), 'levels of nesting'],
    ['never closed', '['.repeat(100_000), 'levels of nesting'],
    ['deep behind closing brackets', `]]]]]]]]]]${arrays(9)}`, 'not JSON'],
    ['many siblings of little depth', `[${'[],'.repeat(400)}[]]`, null],
    ['brackets in a text', JSON.stringify('['.repeat(1_000)), null],
    ['brackets behind an escaped quotation mark', String.raw`"\"[[[[[[[[[["`, null],
    ['brackets behind a text that ends in a backslash', String.raw`["\\",[[[[[[[[1]]]]]]]]]`, 'levels of nesting'],
    ['commas in a text', JSON.stringify(','.repeat(5_000)), null],
    ['values as many as allowed', `[${'1,'.repeat(998)}1]`, null],
    ['values one more', `[${'1,'.repeat(999)}1]`, 'values'],
    ['containers as many as allowed', `[[${'{},'.repeat(498)}{}]]`, null],
    ['containers one more', `[[[${'{},'.repeat(498)}{}]]]`, 'values'],
    ['characters as many as allowed', JSON.stringify('x'.repeat(199_998)), null],
    ['characters one more', JSON.stringify('x'.repeat(199_999)), 'characters'],
    ['an open text', '"abc', 'not JSON'],
    ['nothing', '', 'not JSON'],
  ])('%s', (_name, text, refusal) => {
    const read = readJson(text, BOUNDS);
    if (refusal === null) expect(read).toEqual({ ok: true, value: JSON.parse(text) });
    else expect(read).toMatchObject({ ok: false, detail: expect.stringContaining(refusal) });
  });

  test('only what is no JSON is called so', () => {
    expect(readJson('{', BOUNDS)).toMatchObject({ reason: 'not_json' });
    expect(readJson(arrays(9), BOUNDS)).toMatchObject({ reason: 'too_large' });
  });
});

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

test('what passes is what JSON.parse gives, within the depth; what does not is over it', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 12 }), fc.integer({ min: 1, max: 6 }), (text, depthMax) => {
      const value: unknown = JSON.parse(text);
      const read = readJson(text, { ...BOUNDS, depthMax });
      if (depthOf(value) <= depthMax) expect(read).toEqual({ ok: true, value });
      else expect(read).toMatchObject({ ok: false, reason: 'too_large' });
    }),
    { numRuns: 1_000 },
  );
});

test('any text gives a value or a reason', () => {
  const pieces = fc.array(fc.constantFrom('[', ']', '{', '}', '"', '\\', ',', ':', '1', 'null', '\ud800', ' '), {
    maxLength: 300,
  });
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        pieces.map((all) => all.join('')),
      ),
      (text) => {
        const read = readJson(text, BOUNDS);
        if (read.ok) expect(depthOf(read.value)).toBeLessThanOrEqual(BOUNDS.depthMax);
        else expect(['not_json', 'too_large']).toContain(read.reason);
      },
    ),
    { numRuns: 2_000 },
  );
});

test('a reviver sees each number as it was printed', () => {
  const read = readJson('{"price":94750.00}', BOUNDS, (_key, value, context) => context?.source ?? value);
  expect(read).toEqual({ ok: true, value: { price: '94750.00' } });
});

test('only objects have fields', () => {
  expect([{}, [], null, 'a', 1, undefined].map(isFields)).toEqual([true, false, false, false, false, false]);
});

describe('a name that is there twice', () => {
  test.each([
    ['{"a":1,"a":2}', true],
    ['{"a":1,"\\u0061":2}', true],
    ['[{"b":{"a":1 , "c":[], "a"\n:2}}]', true],
    ['{"__proto__":1,"__proto__":2}', true],
    ['{"a":{"a":[{"a":"a"},{"a":"a"}]},"b":"a"}', false],
    ['{"a":"\\"a\\":","b":"a"}', false],
    ['["a","a",{"a":"a"}]', false],
    ['{"":1,"a":":"}', false],
    ['"a"', false],
  ])('%p: %p', (text, repeats) => {
    expect(readJson(text, BOUNDS).ok).toBe(true);
    expect(repeatsName(text)).toBe(repeats);
  });

  test('what is written from a value has none, and one more of its names is seen', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 }), (value) => {
        const text = JSON.stringify(value);
        const name = JSON.stringify(Object.keys(value)[0]);
        return !repeatsName(text) && repeatsName(`{${name}:0,${text.slice(1)}`);
      }),
    );
  });
});
