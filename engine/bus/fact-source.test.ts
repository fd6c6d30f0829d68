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

test('many facts are kept while none has to be read back, few of the newest from then on, and many again once that is over', () => {
  const stored = Array.from(
    { length: 60_000 },
    (_, index): StoredFact => ({
      seq: index + 1,
      fact: { kind: 'closed', atMs: index },
    }),
  );
  const source = sourceOf(stored);
  let last = 0;
  const remember = (count: number): void => {
    for (const { seq, fact } of stored.slice(last, last + count)) source.remember(seq, fact);
    last += count;
  };
  const kept = (): number => stored.filter(({ seq }) => source.peek(seq) !== null).length;
  remember(8_192);
  expect(kept()).toBe(8_192);
  remember(20_000);
  expect(kept()).toBe(1_024);
  expect(source.take(1)).toBeNull();
  // The first that is in memory: what was read back has led to it.
  expect(source.take(last - 1_023)).not.toBeNull();
  remember(8_192 - 1_023);
  expect(kept()).toBe(8_192);
});

test('what was taken out makes room again', () => {
  const source = sourceOf([]);
  for (let seq = 1; seq <= 2 * LETTERS_KEPT; seq++) {
    const { fact } = letterAt(seq);
    source.remember(seq, fact);
    expect(source.take(seq)).toBe(fact);
  }
});
