// A journal as the first version wrote it, checkpoints in single records: made by a real run of its loop over two lanes, with
// quotes that were accepted, rejected by the relay, rejected by the strategy, and settled.

import { describe, expect, test } from 'bun:test';
import { copyFileSync, mkdirSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { BTC, EURE } from '../../contracts/assets.ts';
import type { QuoteId } from '../../contracts/ids.ts';
import { createDecidedIds } from '../ingest/decided-ids.ts';
import { SignedIds } from '../ingest/signed-ids.ts';
import { createBook } from '../inventory/book.ts';
import { CLOSED, openJournal, temporaryDirectory } from '../journal/fixtures.ts';
import type { Journal } from '../journal/journal.ts';
import { LIFETIME_MS } from '../scenario/loop.fixture.ts';
import { NO_SIGNED_IDS } from './folds.fixture.ts';
import { createFolds } from './folds.ts';
import { recover } from './recover.ts';

const RECORDED = join(import.meta.dir, '../journal/recorded');
const SEGMENTS = readdirSync(RECORDED).sort();

/** @param from the oldest of the segments that is kept */
function layOut(stateDir: string, from: number): void {
  mkdirSync(join(stateDir, 'journal'), { recursive: true });
  for (const name of SEGMENTS.slice(from)) {
    copyFileSync(join(RECORDED, name), join(stateDir, 'journal', `${basename(name, '.segment')}.log`));
  }
}

function fold(journal: Journal) {
  const book = createBook({ lanes: 2, assets: [BTC.id, EURE.id], quoteLifetimeMaxMs: LIFETIME_MS, beganUs: 0 });
  const decided = createDecidedIds({ commanded: new SignedIds({ a: 1, b: 2 }) });
  const now = { nowMs: 1_767_225_700_000, nowUs: 0 };
  const folds = createFolds({ book, decided, signedIds: NO_SIGNED_IDS });
  const result = recover({ entries: journal.recover(), folds, now });
  if (!result.ok) throw new Error(result.problem);
  return { book, decided, recovered: result.recovered };
}

describe('a journal of the first version', () => {
  test.each([
    ['whole', 0],
    ['without its first segment', 1],
    ['with its last segment only', 2],
  ])('%s is recovered as that version recovered it', async (_name, from) => {
    using directory = temporaryDirectory();
    layOut(directory.path, from);
    const journal = openJournal(directory.path);
    const { book, decided, recovered } = fold(journal);
    expect(recovered).toMatchObject({ bornAtMs: 1_767_225_600_000, journalId: 'journal-1', accountId: 'solver.near' });
    expect(recovered).toMatchObject({ clean: false, records: 4, complaints: [] });
    expect(book.liveQuotes().map(({ attempt, state, seq }) => `${attempt.quoteId} ${state} ${seq}`)).toEqual([
      'quote-1 accepted 2',
      'quote-3 accepted 2',
      'quote-5 submitted 1',
      'quote-7 submitted 1',
      'quote-8 accepted 2',
      'quote-9 accepted 2',
    ]);
    expect(book.counts()).toEqual({ nonces: 4, open: 6, recent: 4 });
    expect(book.capital(EURE.id)).toMatchObject({
      spendableUnits: 996_080_490_000_000_000_000n,
      allocatedUnits: 1_000_000_000_000_000_000_000n,
      reservedForOrdersUnits: 7_839_020_000_000_000_000n,
      realizedUnits: -3_919_510_000_000_000_000n,
    });
    expect(book.capital(BTC.id)).toMatchObject({ spendableUnits: 1_010_000n, realizedUnits: 10_000n });
    for (let quote = 0; quote < 10; quote++) expect(decided.has(`quote-${quote}` as QuoteId)).toBe(true);
    await journal.abandon();
  });

  test('goes on in this version, over another restart', async () => {
    using directory = temporaryDirectory();
    layOut(directory.path, 1);
    const first = openJournal(directory.path);
    const { nonces, quotes } = fold(first).book.snapshot();
    await first.close(CLOSED);
    const second = openJournal(directory.path);
    const { book, recovered } = fold(second);
    expect(recovered.clean).toBe(true);
    expect(book.snapshot()).toMatchObject({ running: false, nonces, quotes });
    await second.abandon();
  });
});
