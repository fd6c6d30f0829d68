import { expect, test } from 'bun:test';
import type { Fact } from '../model/facts.ts';
import { FactSource, type StoredFact } from './fact-source.ts';

const LETTER_CHARS = 65_536;
/** So many of them have as many characters as are kept. */
const LETTERS_KEPT = 256;

/** As large as a fact can get by what a venue sends. */
const letterAt = (seq: number): StoredFact => ({
  seq,
  fact: {
    kind: 'dead_letter',
    eventId: `e${seq}`,
    atMs: 1,
    origin: 'relay',
    key: null,
    reason: 'too_large',
    detail: '',
    value: 'x'.repeat(LETTER_CHARS),
    valueBytes: LETTER_CHARS,
  },
});

const sourceOf = (stored: readonly StoredFact[]) =>
  new FactSource(0, async (fromSeq, limit) => stored.slice(fromSeq - 1, fromSeq - 1 + limit));

test('large facts are kept up to a bound on their characters, the newest of them, and the others are read back', async () => {
  const stored = Array.from({ length: LETTERS_KEPT + 10 }, (_, index) => letterAt(index + 1));
  const source = sourceOf(stored);
  for (const { seq, fact } of stored) source.remember(seq, fact);
  expect(source.take(10)).toBeNull();
  expect(source.take(11)).toBe(stored[10]?.fact as Fact);
  expect(await source.readBack(10)).toBe(true);
  expect(source.take(10)).toBe(stored[9]?.fact as Fact);
});

test('what was taken out makes room again', () => {
  const source = sourceOf([]);
  for (let seq = 1; seq <= 2 * LETTERS_KEPT; seq++) {
    const { fact } = letterAt(seq);
    source.remember(seq, fact);
    expect(source.take(seq)).toBe(fact);
  }
});
