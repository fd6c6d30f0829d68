import { expect, test } from 'bun:test';
import { units } from '../../contracts/amounts.ts';
import { EURE } from '../../contracts/assets.ts';
import { createDecidedIds } from '../ingest/decided-ids.ts';
import { SignedIds } from '../ingest/signed-ids.ts';
import { makeAttempt, makeDecided, openBook, T0 } from '../inventory/book.fixture.ts';
import { encodeFact } from '../journal/codec.ts';
import type { Fact } from '../model/facts.ts';
import { createQuietBreaker } from '../safety/breaker/breaker.fixture.ts';
import { beginCheckpoint } from './checkpoint.ts';
import { NO_PAIR_FILTER, NO_SIGNED_IDS } from './folds.fixture.ts';
import { createFolds, type Fold } from './folds.ts';

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
    book.apply(makeDecided({ ...attempt, message: 'm'.repeat(400), signature: 's'.repeat(96) }, T0));
    decided.add(`rejected-${number}` as never, 'rejected', 0);
  }
  const now = { nowMs: T0, nowUs: 1000 };
  const { run, all } = createFolds({
    book,
    breaker: createQuietBreaker(),
    decided,
    signedIds: NO_SIGNED_IDS,
    pairFilter: NO_PAIR_FILTER,
  });
  run.apply(born, now);
  const source = beginCheckpoint(all, now);
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
  expect(Math.max(...bytesOf(many))).toBeLessThan(40 * 1024);
  expect(bytesOf(many)[0]).toBeLessThan((bytesOf(few)[0] ?? 0) + 100);
  const quotes = many.flatMap((fact) => (fact.kind === 'checkpoint_part' ? fact.quotes : []));
  expect(quotes.length).toBe(3000);
});

test('its records have these fields and no others', () => {
  const [begin, quotes, decided] = recordsWith(10).map((fact) => Object.keys(fact).sort());
  expect(begin).toEqual(['atMs', 'book', 'born', 'breaker', 'kind', 'signedIds', 'started']);
  expect([quotes, decided]).toEqual([
    ['atMs', 'decided', 'kind', 'quotes'],
    ['atMs', 'decided', 'kind', 'quotes'],
  ]);
});

test('is not begun while one fold cannot be cut, and gives up what others have cut', () => {
  const closed: string[] = [];
  const fold = (name: string, isReady: boolean): Fold => ({
    apply: () => [],
    cut: () =>
      isReady
        ? {
            head: {},
            next: () => null,
            ready: () => Promise.reject(new Error('must not be asked')),
            close: () => void closed.push(name),
          }
        : null,
  });
  const now = { nowMs: T0, nowUs: 0 };
  expect(beginCheckpoint([fold('a', true), fold('b', true), fold('c', false)], now)).toBeNull();
  expect(closed).toEqual(['a', 'b']);
  expect(() => beginCheckpoint([fold('a', true)], now)).toThrow('every fold');
});
