// The JSON reader: the same values as the built-in one wherever that one accepts, and a named error wherever it refuses.
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { type JsonNode, nodeOfValue, readJson } from './json.ts';

/** Back to a plain value; the last of repeated keys wins, as in `JSON.parse`. */
function plainValue(node: JsonNode | undefined): unknown {
  switch (node?.kind) {
    case undefined:
    case 'null':
      return null;
    case 'boolean':
    case 'string':
      return node.value;
    case 'number':
      return Number(node.text);
    case 'array':
      return node.items.map(plainValue);
    case 'object': {
      const out: Record<string, unknown> = {};
      for (const { key, value } of node.entries) {
        Object.defineProperty(out, key, {
          value: plainValue(value),
          enumerable: true,
          configurable: true,
          writable: true,
        });
      }
      return out;
    }
  }
}

test('reads what the built-in reader reads', () => {
  fc.assert(
    fc.property(fc.json({ depthSize: 'medium' }), fc.constantFrom(0, 1), (text, indent) => {
      const spaced = JSON.stringify(JSON.parse(text), null, indent);
      const read = readJson(spaced);
      expect(read.error).toBeUndefined();
      expect(plainValue(read.root)).toEqual(JSON.parse(spaced));
    }),
  );
});

test('never throws, and refuses what the built-in reader refuses', () => {
  const damaged = fc
    .tuple(
      fc.json(),
      fc.nat(),
      fc.constantFrom('', '"', '\\', ',', '}', ']', '{', ':', '1', '-', '.', 'e', 't', '\u0001'),
    )
    .map(
      ([text, at, insert]) => text.slice(0, at % (text.length + 1)) + insert + text.slice((at + 1) % (text.length + 1)),
    );
  fc.assert(
    fc.property(fc.oneof(fc.string(), damaged), (text) => {
      let valid = true;
      try {
        JSON.parse(text);
      } catch {
        valid = false;
      }
      const { error } = readJson(text);
      // Beyond the built-in reader's own limits there are two more: surrogates have to pair up, numbers to be finite.
      if (!valid) expect(error).toBeString();
      else if (error !== undefined) expect(error).toMatch(/surrogate|hex escape|out of range|recursion/);
    }),
    { numRuns: 2000 },
  );
});

test.each([
  ['', 'EOF while parsing a value'],
  ['{"a":1', 'EOF while parsing an object'],
  ['{"a"', 'EOF while parsing an object'],
  ['{"a":}', 'expected value'],
  ['{"a":1,}', 'trailing comma'],
  ['{a:1}', 'key must be a string'],
  ['[1,]', 'trailing comma'],
  ['[1 2]', 'expected `,` or `]`'],
  ['"\n"', 'control character (\\u0000-\\u001F) found while parsing a string'],
  ['"\\x"', 'invalid escape'],
  ['"\\ud800"', 'unexpected end of hex escape'],
  ['"\\udc00"', 'lone leading surrogate in hex escape'],
  ['"abc', 'EOF while parsing a string'],
  ['1e999', 'number out of range'],
  ['01', 'invalid number'],
  ['nul', 'EOF while parsing a value'],
  ['nulx', 'expected ident'],
  ['1 x', 'trailing characters'],
])('%j: %s', (text, error) => {
  expect(readJson(text).error).toBe(error);
});

describe('what the built-in reader loses', () => {
  test('repeated keys, in their order', () => {
    const { root } = readJson('{"b":1,"a":2,"b":3}');
    expect(root?.kind === 'object' && root.entries.map(({ key }) => key)).toEqual(['b', 'a', 'b']);
  });

  test('digits of a number', () => {
    expect(readJson('123456789012345678901234567890').root).toMatchObject({ text: '123456789012345678901234567890' });
  });

  test('what stood before the break', () => {
    const { root, error } = readJson('{"a":"b","c":[1,');
    expect(error).toBe('EOF while parsing a value');
    expect(root).toMatchObject({ kind: 'object', partial: true, entries: [{ key: 'a' }, { key: 'c' }] });
  });
});

test('127 levels are read, one more is refused', () => {
  expect(readJson('['.repeat(127) + ']'.repeat(127)).error).toBeUndefined();
  expect(readJson('['.repeat(128) + ']'.repeat(128)).error).toBe('recursion limit exceeded');
});

test('a parsed value becomes the tree of its text', () => {
  const value = { b: [1, null, true], a: { c: 'x' } };
  expect(plainValue(nodeOfValue(value))).toEqual(value);
});
