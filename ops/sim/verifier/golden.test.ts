// The verifier against every verdict of the real contract that we have.
import { expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { judgeLine } from './batch-line.ts';

const lines = readFileSync(new URL('./fixtures/verifier-batches.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n');

/** Positions inside a text are details of the contract's JSON library. */
const withoutPosition = (error: string | null) => error?.replace(/ at line \d+ column \d+$/, '') ?? null;

test('all golden lines are there', () => {
  expect(lines).toHaveLength(331);
});

test.each(lines.map((line, index) => [index + 1, JSON.parse(line).name, line]))(
  'line %i: %s',
  (_index, _name, line) => {
    const { expect: expected } = JSON.parse(line);
    const judged = judgeLine(line);
    expect(judged).toEqual({ ok: true, value: { ...expected, error: withoutPosition(expected.error) } });
  },
);
