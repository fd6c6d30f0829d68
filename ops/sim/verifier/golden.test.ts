// The verifier against every verdict of the real contract that we have.
import { describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { judgeLine } from './batch-line.ts';

const readLines = (name: string) =>
  readFileSync(new URL(`./fixtures/${name}`, import.meta.url), 'utf8')
    .trim()
    .split('\n');

const withoutPosition = (error: string | null) => error?.replace(/ at line \d+ column \d+$/, '') ?? null;

describe.each([
  ['verifier-batches.jsonl', 331],
  ['odd-batches.jsonl', 160],
])('%s', (name, count) => {
  const lines = readLines(name);

  test('is complete', () => {
    expect(lines).toHaveLength(count);
  });

  test.each(lines.map((line, index) => [index + 1, JSON.parse(line).name, line]))(
    'line %i: %s',
    (_line, _name, text) => {
      const { expect: expected } = JSON.parse(text);
      const judged = judgeLine(text);
      expect(judged).toEqual({ ok: true, value: { ...expected, error: withoutPosition(expected.error) } });
    },
  );
});
