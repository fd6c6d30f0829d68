// The records of an engine that a kill run has ended, from the files alone: the whole history from any record on, and the state
// that a start would fold, each without touching what is there.

import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { BTC, EURE } from '../../../contracts/assets.ts';
import { type Book, createBook } from '../../../engine/inventory/book.ts';
import { decodeFact } from '../../../engine/journal/codec.ts';
import { readFrame, SEGMENT_MAGIC } from '../../../engine/journal/frame.ts';
import { type Entry, entriesToFold } from '../../../engine/journal/segments/reader.ts';
import { scanJournal } from '../../../engine/journal/segments/recovery.ts';
import { firstSeqOf } from '../../../engine/journal/segments/segment.ts';
import { tempDir } from '../../testing/temp-dir.ts';
import { removedIn } from './killed/disk.ts';

/** As the engine is started with; `quoteLifetimeMaxMs` as by default. */
const BOOK = { lanes: 4, pair: { btc: BTC, eure: EURE }, quoteLifetimeMaxMs: 75_000, beganUs: 0 };

export const emptyBook = (): Book => createBook(BOOK);

/** Every record from this position on, also of segments that the journal has removed, up to the first that is not whole. */
export function factsFrom(stateDir: string, fromSeq: number): readonly Entry[] {
  const found: Entry[] = [];
  let next = fromSeq;
  for (const { path } of segmentsFrom(stateDir, fromSeq)) {
    const bytes = readFileSync(path);
    for (let at = SEGMENT_MAGIC.length; at < bytes.length; ) {
      const frame = readFrame(bytes, at);
      const fact = frame.ok ? decodeFact(bytes, frame.payloadStart, frame.end) : null;
      if (!frame.ok || fact === null) break;
      if (frame.seq === next) {
        found.push({ seq: frame.seq, fact });
        next += 1;
      }
      at = frame.end;
    }
  }
  return found;
}

/** The book that a start folds: the newest checkpoint, and what follows it. */
export function foldedBook(stateDir: string): Book {
  using copy = tempDir('journal');
  const journal = join(stateDir, 'journal');
  // The engine may run meanwhile: its other files come and go.
  const names = readdirSync(journal).filter((name) => firstSeqOf(name) !== null);
  copySegments(journal, copy.path, names.sort());
  const { segments } = scanJournal(copy.path, 0);
  const book = emptyBook();
  for (const { fact } of entriesToFold(segments)) book.apply(fact);
  return book;
}

/**
 * @param names in order. What is removed meanwhile, a checkpoint has replaced, and all that lies before it, which goes first: a copy that
 * was made of that would be in front of a gap
 */
export function copySegments(from: string, to: string, names: readonly string[]): void {
  for (const [at, name] of names.entries()) {
    try {
      copyFileSync(join(from, name), join(to, name));
    } catch (error) {
      if ((error as { code?: string }).code !== 'ENOENT') throw error;
      for (const earlier of names.slice(0, at)) rmSync(join(to, earlier), { force: true });
    }
  }
}

type SegmentFile = { readonly path: string; readonly firstSeq: number };

/** In order; of each position the file that the journal has, when there are two. */
function segmentsFrom(stateDir: string, fromSeq: number): readonly SegmentFile[] {
  const byFirst = new Map<number, string>();
  for (const folder of [removedIn(stateDir), join(stateDir, 'journal')]) {
    if (!existsSync(folder)) continue;
    for (const name of readdirSync(folder)) {
      const firstSeq = firstSeqOf(name);
      if (firstSeq !== null) byFirst.set(firstSeq, join(folder, name));
    }
  }
  const all = [...byFirst].map(([firstSeq, path]) => ({ firstSeq, path })).sort((a, b) => a.firstSeq - b.firstSeq);
  return all.filter((_, index) => (all[index + 1]?.firstSeq ?? Number.POSITIVE_INFINITY) > fromSeq);
}
