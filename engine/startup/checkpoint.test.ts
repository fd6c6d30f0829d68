import { expect, test } from 'bun:test';
import { units } from '../../contracts/amounts.ts';
import { EURE } from '../../contracts/assets.ts';
import { createDecidedIds } from '../ingest/decided-ids.ts';
import { SignedIds } from '../ingest/signed-ids.ts';
import { makeAttempt, makeHeard, openBook, T0 } from '../inventory/book.fixture.ts';
import { encodeFact } from '../journal/codec.ts';
import type { Fact } from '../model/facts.ts';
import { beginCheckpoint } from './checkpoint.ts';

const born = { kind: 'born', atMs: T0, journalId: 'j', accountId: 'solver.near' } as const;

/** The records of a checkpoint of a book with so many live quotes, of the size that they have in use. */
function recordsWith(quotes: number): Fact[] {
  const book = openBook(2, 10n ** 8n, 10n ** 26n);
  const decided = createDecidedIds({ commanded: new SignedIds({ a: 1, b: 2 }) });
  for (let number = 0; number < quotes; number++) {
    const outUnits = 39n * 10n ** 17n;
    const admission = book.admit(EURE.id, units(outUnits), T0 + 70_000, T0);
    if (!admission.ok) throw new Error('no lane');
    const { lane, nonce } = admission;
    const quoteId = `quote-${number}`;
    const attempt = makeAttempt({ quoteId, inUnits: 10_000n, outUnits, lane, nonce, deadlineAtMs: T0 + 70_000 });
    book.apply(makeHeard({ ...attempt, message: 'm'.repeat(400), signature: 's'.repeat(96) }, T0));
    decided.add(`rejected-${number}` as never, 'rejected', 0);
  }
  const signedIds = { expected: () => [], save: () => Promise.resolve() };
  const now = { nowMs: T0, nowUs: 1000 };
  const source = beginCheckpoint({ book, decided, signedIds, born, started: null, now });
  if (source === null) throw new Error('not now');
  const records: Fact[] = [];
  for (let fact = source.next(); fact !== null; fact = source.next()) records.push(fact);
  source.close();
  return records;
}

test('no record of a checkpoint grows with the number of live quotes', () => {
  const few = recordsWith(10);
  const many = recordsWith(3000);
  expect(few.map(({ kind }) => kind)).toEqual(['checkpoint_begin', 'checkpoint_part', 'checkpoint_part']);
  const bytesOf = (facts: readonly Fact[]) => facts.map((fact) => encodeFact(fact).length);
  expect(Math.max(...bytesOf(many))).toBeLessThan(256 * 1024);
  expect(bytesOf(many)[0]).toBeLessThan((bytesOf(few)[0] ?? 0) + 100);
  const quotes = many.flatMap((fact) => (fact.kind === 'checkpoint_part' ? fact.quotes : []));
  expect(quotes.length).toBe(3000);
});
