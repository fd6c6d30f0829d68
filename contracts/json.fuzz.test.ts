import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { longRuns } from '../ops/testing/bounded.ts';
import { FUZZ, mutatedText } from '../ops/testing/mutated.ts';
import { wirePayloads } from '../ops/testing/wire.ts';
import { type JsonBounds, readJson, repeatsName, SMALL_JSON } from './json.ts';

const BOUNDS: JsonBounds = { charsMax: 5_000, depthMax: 8, valuesMax: 200 };
const seeds = [...wirePayloads('near-rpc').values(), ...wirePayloads('kraken').values(), '{"a":{"b":[1,{"a":2}]}}'];

/** Levels of nesting, and values, as they are once parsed. */
function measured(value: unknown): { readonly depth: number; readonly values: number } {
  if (typeof value !== 'object' || value === null) return { depth: 0, values: 1 };
  const inner = Object.values(value).map(measured);
  return {
    depth: 1 + Math.max(0, ...inner.map(({ depth }) => depth)),
    values: 1 + inner.reduce((sum, { values }) => sum + values, 0),
  };
}

test('any text gives what JSON.parse gives, within the bounds, or a reason', () => {
  fc.assert(
    fc.property(mutatedText(seeds), (text) => {
      const read = readJson(text, BOUNDS);
      let parsed: { readonly value: unknown } | null = null;
      try {
        parsed = { value: JSON.parse(text) };
      } catch {}
      if (read.ok) {
        expect(parsed).toEqual({ value: read.value });
        expect(measured(read.value).depth).toBeLessThanOrEqual(BOUNDS.depthMax);
        expect(measured(read.value).values).toBeLessThanOrEqual(BOUNDS.valuesMax);
        expect(typeof repeatsName(text)).toBe('boolean');
      } else {
        expect(read.detail).not.toBe('');
        if (read.reason === 'not_json') expect(parsed).toBeNull();
      }
    }),
    FUZZ,
  );
});

test('long texts take little time, whatever they repeat', () => {
  for (const text of longRuns(SMALL_JSON.charsMax - 100, ['', '"', '{"a":', '['], ['', '"', '":1}', ']'])) {
    if (readJson(text, SMALL_JSON).ok) repeatsName(text);
  }
});
