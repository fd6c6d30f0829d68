// Journals as earlier versions wrote them, each made by a real run of its loop over two lanes: of the first version, checkpoints in
// single records, with quotes that were accepted, rejected by the relay, rejected by the strategy, and settled; of a later version,
// checkpoints in parts; and of the first one that pulled quotes.

import { describe, expect, test } from 'bun:test';
import { copyFileSync, mkdirSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { BTC, DEFAULT_PAIR, EURE } from '../../contracts/assets.ts';
import type { QuoteId } from '../../contracts/ids.ts';
import { createDecidedIds } from '../ingest/decided-ids.ts';
import { SignedIds } from '../ingest/signed-ids.ts';
import { createBook } from '../inventory/book.ts';
import { CLOSED, openJournal, temporaryDirectory } from '../journal/fixtures.ts';
import type { Journal } from '../journal/journal.ts';
import type { Fact } from '../model/facts.ts';
import { createQuietBreaker } from '../safety/breaker/breaker.fixture.ts';
import { LIFETIME_MS } from '../scenario/loop.fixture.ts';
import { beginCheckpoint } from './checkpoint.ts';
import { NO_PAIR_FILTER, NO_SIGNED_IDS } from './folds.fixture.ts';
import { createFolds } from './folds.ts';
import { recover } from './recover.ts';

const NOW = { nowMs: 1_767_225_700_000, nowUs: 0 };
const RECORDED = join(import.meta.dir, '../journal/recorded');
const RECORDED_PARTS = join(import.meta.dir, '../journal/recorded-parts');
const RECORDED_PULLS = join(import.meta.dir, '../journal/recorded-pulls');

/** @param from the oldest of the segments that is kept */
function layOut(stateDir: string, recorded: string, from: number): void {
  mkdirSync(join(stateDir, 'journal'), { recursive: true });
  for (const name of readdirSync(recorded).sort().slice(from)) {
    copyFileSync(join(recorded, name), join(stateDir, 'journal', `${basename(name, '.segment')}.log`));
  }
}

const fold = (journal: Journal) => foldAll(journal.recover());

function foldAll(entries: Iterable<{ readonly fact: Fact }>) {
  const book = createBook({ lanes: 2, pair: DEFAULT_PAIR, quoteLifetimeMaxMs: LIFETIME_MS, beganUs: 0 });
  const decided = createDecidedIds({ commanded: new SignedIds({ a: 1, b: 2 }) });
  const folds = createFolds({
    book,
    breaker: createQuietBreaker(),
    decided,
    signedIds: NO_SIGNED_IDS,
    pairFilter: NO_PAIR_FILTER,
  });
  const result = recover({ entries, folds, now: NOW });
  if (!result.ok) throw new Error(result.problem);
  return { book, decided, folds, recovered: result.recovered };
}

describe('a journal of the first version', () => {
  test.each([
    ['whole', 0],
    ['without its first segment', 1],
    ['with its last segment only', 2],
  ])('%s is recovered as that version recovered it', async (_name, from) => {
    using directory = temporaryDirectory();
    layOut(directory.path, RECORDED, from);
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
    layOut(directory.path, RECORDED, 1);
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

describe('a journal whose checkpoint was written in parts before each fold gave its own', () => {
  test('is recovered, and its next checkpoint by this version holds the same', async () => {
    using directory = temporaryDirectory();
    layOut(directory.path, RECORDED_PARTS, 0);
    const journal = openJournal(directory.path);
    const { book, decided, recovered, folds } = fold(journal);
    expect(recovered).toMatchObject({ bornAtMs: 1_767_225_600_000, journalId: 'journal-1', accountId: 'solver.near' });
    expect(recovered).toMatchObject({ clean: false, complaints: [] });
    expect(book.liveQuotes().map(({ attempt, state, seq }) => `${attempt.quoteId} ${state} ${seq}`)).toEqual([
      'quote-0 accepted 2',
      'quote-1 submitted 1',
      'quote-2 accepted 2',
      'quote-4 accepted 2',
      'quote-5 submitted 1',
      'quote-6 accepted 2',
      'quote-8 accepted 2',
      'quote-9 submitted 1',
      'quote-10 accepted 2',
    ]);
    expect(book.counts()).toEqual({ nonces: 4, open: 9, recent: 0 });
    for (const quote of [3, 7, 11]) expect(decided.has(`quote-${quote}` as QuoteId)).toBe(true);

    const records: Fact[] = [];
    const source = beginCheckpoint(folds.all, NOW);
    for (let fact = source?.next() ?? null; fact !== null; fact = source?.next() ?? null) records.push(fact);
    records.push({ kind: 'checkpoint_end', atMs: NOW.nowMs, beginSeq: 1, parts: records.length - 1, bytes: 1 });
    const again = foldAll(records.map((fact) => ({ fact })));
    expect(again.book.snapshot()).toEqual(book.snapshot());
    expect(again.recovered).toMatchObject({ bornAtMs: recovered.bornAtMs, clean: false, complaints: [] });
    await journal.abandon();
  });
});

describe('a journal with quotes that are being pulled, and some that were', () => {
  test('is recovered with what a pull needs to go on, and with the price at signing', async () => {
    using directory = temporaryDirectory();
    layOut(directory.path, RECORDED_PULLS, 0);
    const journal = openJournal(directory.path);
    const { book, recovered } = fold(journal);
    expect(recovered).toMatchObject({ journalId: 'journal-1', clean: false, complaints: [] });
    expect(book.liveQuotes().map(({ attempt, state }) => `${attempt.quoteId} ${state}`)).toEqual([
      'quote-1 submitted',
      'quote-2 submitted',
      'quote-5 submitted',
    ]);
    const [pulled] = book.nonces().filter(({ pull }) => pull !== null);
    expect(pulled).toMatchObject({
      draining: 'pulled',
      used: false,
      pullable: true,
      liveQuotes: 3,
      pull: { cause: 'price_moved', detail: 'recorded', txHashes: ['tx-1'] },
    });
    const [first] = book.liveQuotes();
    expect(first?.attempt.referenceRateE8).toBeGreaterThan(0n);
    await journal.abandon();
  });
});
