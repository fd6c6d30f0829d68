// Checkpoints that are written between other records: whole or not, over a crash, and what may be removed because of them.

import { describe, expect, test } from 'bun:test';
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ManualClock } from '../../../contracts/runtime/manual-clock.fixture.ts';
import { waitFor } from '../../../ops/testing/wait.ts';
import type { Fact } from '../../model/facts.ts';
import type { LogPort } from '../../model/ports.ts';
import { REAL_FILES } from '../files.ts';
import {
  CHECKPOINT_BEGIN,
  CLOSED,
  checkpointOf,
  checkpointPart,
  hangingSyncs,
  numbered,
  openJournal,
  temporaryDirectory,
} from '../fixtures.ts';
import type { Journal } from '../journal.ts';
import type { CheckpointSource } from './stream.ts';

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

async function recoveredIn(stateDir: string): Promise<Fact[]> {
  const journal = openJournal(stateDir);
  const facts = [...journal.recover()].map(({ fact }) => fact);
  await journal.abandon();
  return facts;
}

const numbersIn = (facts: readonly Fact[]) => facts.flatMap((fact) => (fact.kind === 'nonce_used' ? [fact.atMs] : []));

/** Appends until a checkpoint begins; gives the number of the last fact. */
async function fill(journal: Journal, from: number): Promise<number> {
  let number = from;
  while (!journal.isCheckpointing) await journal.synced(journal.append(numbered(++number)));
  return number;
}

/** A source that is asked for its parts by the test: a part is there after `allow`. */
function slowSource(parts: number) {
  const inner = checkpointOf(parts);
  let isClosed = false;
  const source: CheckpointSource = { ...inner, close: () => (isClosed = true) };
  return { source, isClosed: () => isClosed };
}

/** What a crash at this moment would leave. A segment that is being removed may go while it is copied: then once more. */
function copyOf(directory: string, copy: string): void {
  for (let tries = 0; ; tries++) {
    try {
      cpSync(directory, copy, { recursive: true });
      return;
    } catch (error) {
      if ((error as { code?: string }).code !== 'ENOENT' || tries >= 100) throw error;
      rmSync(copy, { recursive: true, force: true });
    }
  }
}

describe('a checkpoint', () => {
  test('takes one part a turn, and what is recorded between the parts is folded on top of the whole', async () => {
    using directory = temporaryDirectory();
    const kinds: string[] = [];
    const journal = openJournal(directory.path, { segmentBytesMax: 1000, checkpoint: () => checkpointOf(5) });
    journal.watch({ appended: (_seq, { kind }) => kinds.push(kind), durable: () => {} });
    let number = await fill(journal, 1);
    const before = number;
    while (journal.isCheckpointing) {
      journal.append(numbered(++number));
      await turn();
    }
    const streamed = kinds.slice(kinds.indexOf('checkpoint_begin'), kinds.indexOf('checkpoint_end') + 1);
    for (const [at, kind] of streamed.entries()) {
      if (kind === 'checkpoint_part' && at > 1) expect(streamed[at - 1]).toBe('nonce_used');
    }
    await journal.close(CLOSED);

    const facts = await recoveredIn(directory.path);
    expect(facts.slice(0, 6)).toStrictEqual([CHECKPOINT_BEGIN, ...[1, 2, 3, 4, 5].map(checkpointPart)]);
    expect(facts[6]?.kind).toBe('checkpoint_end');
    expect(numbersIn(facts)).toEqual(Array.from({ length: number - before }, (_, at) => before + 1 + at));
    expect(facts.at(-1)).toStrictEqual(CLOSED);
  });

  test('counts for nothing before its end is there: a crash at any moment falls back to the older one', async () => {
    using directory = temporaryDirectory();
    const state = join(directory.path, 'state');
    const journal = openJournal(state, { segmentBytesMax: 1000, checkpoint: () => checkpointOf(20) });
    let number = await fill(journal, 1);
    const first = number;
    while (journal.isCheckpointing) await turn();
    await journal.synced(journal.lastSeq);
    number = await fill(journal, number);
    // The segments of before the first one may go; those since then are needed for as long as the second one is not whole.
    expect(journal.dropBefore(journal.lastSeq)).toBeGreaterThan(0);
    let crashes = 0;
    for (; journal.isCheckpointing; crashes++) {
      journal.append(numbered(++number));
      const copy = join(directory.path, `copy-${crashes}`);
      copyOf(state, copy);
      const facts = await recoveredIn(copy);
      expect(facts[0]).toStrictEqual(CHECKPOINT_BEGIN);
      expect(numbersIn(facts)).toEqual(Array.from({ length: number - first }, (_, at) => first + 1 + at));
      await turn();
    }
    expect(crashes).toBeGreaterThan(15);
    await journal.abandon();
    expect(numbersIn(await recoveredIn(state))[0]).toBeGreaterThan(first + 1);
  });

  test('comes again when twice as much was recorded as it is long, however short a segment is', async () => {
    using directory = temporaryDirectory();
    const journal = openJournal(directory.path, { segmentBytesMax: 1000, checkpoint: () => checkpointOf(100) });
    let number = await fill(journal, 1);
    const begun = journal.bytes;
    while (journal.isCheckpointing) await turn();
    await journal.synced(journal.lastSeq);
    const ended = journal.bytes;
    number = await fill(journal, number);
    const ratio = (journal.bytes - ended) / (ended - begun);
    expect([ratio > 1.9, ratio < 2.2, number > 100]).toEqual([true, true, true]);
    await journal.abandon();
  });

  test('lets older segments go when its end is durable, not before', async () => {
    using directory = temporaryDirectory();
    const syncs = hangingSyncs();
    const { files } = syncs;
    const journal = openJournal(directory.path, { segmentBytesMax: 1000, files, checkpoint: () => checkpointOf(3) });
    await fill(journal, 1);
    syncs.hang();
    while (journal.isCheckpointing) await turn();
    expect(journal.segmentCount).toBeGreaterThan(1);
    expect(journal.dropBefore(Number.MAX_SAFE_INTEGER)).toBe(0);
    syncs.goOn();
    await journal.synced(journal.lastSeq);
    expect(journal.dropBefore(Number.MAX_SAFE_INTEGER)).toBeGreaterThan(0);
    await waitFor(() => journal.dropBefore(0) === 0, { what: 'the old segments to go' });
    await journal.abandon();
    expect((await recoveredIn(directory.path))[0]).toStrictEqual(CHECKPOINT_BEGIN);
  });

  test('is not written further ahead of the disk than so many bytes', async () => {
    using directory = temporaryDirectory();
    const part = { ...checkpointPart(1), quotes: ['x'.repeat(100_000)] };
    let begun = false;
    let given = 0;
    const source: CheckpointSource = {
      next: () => {
        if (begun) return given++ < 100 ? part : null;
        begun = true;
        return CHECKPOINT_BEGIN;
      },
      ready: Promise.resolve(),
      close: () => {},
    };
    const syncs = hangingSyncs((_file, done) => done(null));
    const { files, held } = syncs;
    const journal = openJournal(directory.path, {
      segmentBytesMax: 1000,
      files,
      checkpoint: () => (begun ? null : source),
    });
    syncs.hang();
    await Promise.race([fill(journal, 1), waitFor(() => held.length > 0, { what: 'a sync' })]);
    // Records go on until it begins: on a busy disk that takes thousands of turns.
    let from = journal.bytes;
    while (!journal.isCheckpointing) {
      held.shift()?.();
      journal.append(numbered(2));
      from = journal.bytes;
      await turn();
    }
    for (let turns = 0; turns < 200; turns++) await turn();
    expect(journal.bytes - from).toBeLessThan(3_000_000);
    syncs.goOn();
    await waitFor(() => !journal.isCheckpointing, { what: 'the rest of it' });
    expect(journal.bytes - from).toBeGreaterThan(10_000_000);
    await journal.abandon();
  });

  test('that is given up costs space only: it is reported once, tried again later, and nothing is removed for it', async () => {
    using directory = temporaryDirectory();
    const clock = new ManualClock();
    const events: string[] = [];
    const log: LogPort = { info: (event) => events.push(event), warn: (event) => events.push(event), error: () => {} };
    let fails = true;
    let begun = 0;
    const journal = openJournal(directory.path, {
      segmentBytesMax: 1000,
      clock,
      log,
      checkpoint() {
        begun++;
        return checkpointOf(2, fails ? { ready: Promise.reject(new Error('the other file is full')) } : {});
      },
    });
    await fill(journal, 1);
    while (journal.isCheckpointing) await turn();
    for (let number = 0; number < 50; number++) await journal.synced(journal.append(numbered(number)));
    expect(begun).toBe(1);
    expect(events).toEqual(['journal_checkpoint_failed']);
    expect(journal.checkpointProblem).toBe('the other file is full');
    expect(journal.dropBefore(Number.MAX_SAFE_INTEGER)).toBe(0);
    clock.advance(10_001);
    fails = false;
    await fill(journal, 1);
    while (journal.isCheckpointing) await turn();
    expect(events).toEqual(['journal_checkpoint_failed', 'journal_checkpoint_failed_over']);
    expect(journal.checkpointProblem).toBeNull();
    await journal.close(CLOSED);
    expect((await recoveredIn(directory.path))[0]).toStrictEqual(CHECKPOINT_BEGIN);
  });

  test('that throws while it is read out does not fail the journal', async () => {
    using directory = temporaryDirectory();
    const journal = openJournal(directory.path, {
      segmentBytesMax: 1000,
      checkpoint: () => checkpointOf(2, { next: () => ({ ...CHECKPOINT_BEGIN, kind: 'other' }) as never }),
    });
    for (let number = 0; number < 40; number++) await journal.synced(journal.append(numbered(number)));
    expect(journal.failure).toBeNull();
    await journal.close(CLOSED);
  });

  test('whose end comes when a full segment was just followed by an empty one begins that one with it', async () => {
    using directory = temporaryDirectory();
    const ready = Promise.withResolvers<void>();
    const journal = openJournal(directory.path, {
      segmentBytesMax: 1000,
      checkpoint: () => checkpointOf(2, { ready: ready.promise }),
    });
    await fill(journal, 1);
    for (let turns = 0; turns < 5; turns++) await turn();
    const before = journal.segmentCount;
    while (journal.segmentCount === before) await journal.synced(journal.append(numbered(5)));
    const segments = journal.segmentCount;
    ready.resolve();
    while (journal.isCheckpointing) await turn();
    expect(journal.segmentCount).toBe(segments);
    journal.append(numbered(7));
    await journal.close(CLOSED);
    const facts = await recoveredIn(directory.path);
    expect(facts[0]).toStrictEqual(CHECKPOINT_BEGIN);
    expect(facts.slice(-2)).toStrictEqual([numbered(7), CLOSED]);
  });

  test('whose end begins an empty segment is not taken for the work of another program, whenever that is looked for', async () => {
    using directory = temporaryDirectory();
    const ready = Promise.withResolvers<void>();
    const clock = new ManualClock();
    const begun = Promise.withResolvers<void>();
    const answered: string[] = [];
    const journal = openJournal(directory.path, {
      clock,
      segmentBytesMax: 1000,
      checkpoint: () => checkpointOf(2, { ready: ready.promise }),
      files: {
        ...REAL_FILES,
        identityAt: (path, done) =>
          void begun.promise.then(() =>
            REAL_FILES.identityAt(path, (error, identity) => {
              answered.push(path);
              done(error, identity);
            }),
          ),
      },
    });
    await fill(journal, 1);
    for (let turns = 0; turns < 5; turns++) await turn();
    const before = journal.segmentCount;
    while (journal.segmentCount === before) await journal.synced(journal.append(numbered(5)));
    clock.advance(1000);
    ready.resolve();
    while (journal.isCheckpointing) await turn();
    begun.resolve();
    await waitFor(() => answered.some((path) => path.endsWith('.log')), { what: 'the check of the segment' });
    await turn();
    expect(journal.failure).toBeNull();
    await journal.close(CLOSED);
  });

  test('is ended by a stop: the last record is the closing one, and its source is released', async () => {
    using directory = temporaryDirectory();
    const { source, isClosed } = slowSource(1000);
    const journal = openJournal(directory.path, { segmentBytesMax: 1000, checkpoint: () => source });
    await fill(journal, 1);
    await journal.close(CLOSED);
    expect(isClosed()).toBe(true);
    const facts = await recoveredIn(directory.path);
    expect(facts[0]?.kind).toBe('born');
    expect(facts.at(-1)).toStrictEqual(CLOSED);
  });

  test('larger than a segment does not call for the next one by itself', async () => {
    using directory = temporaryDirectory();
    let begun = 0;
    const journal = openJournal(directory.path, {
      segmentBytesMax: 1000,
      checkpoint() {
        begun++;
        return checkpointOf(100);
      },
    });
    let number = await fill(journal, 1);
    while (journal.isCheckpointing) await turn();
    const bytes = journal.bytes;
    for (; journal.bytes - bytes < 5000; number++) await journal.synced(journal.append(numbered(number)));
    expect(begun).toBe(1);
    await journal.abandon();
    // The same after a restart, which finds out from the files how much was written since.
    const again = openJournal(directory.path, {
      segmentBytesMax: 1000,
      checkpoint: () => {
        throw new Error('too early');
      },
    });
    for (let count = 0; count < 5; count++) await again.synced(again.append(numbered(number)));
    await again.abandon();
  });
});
