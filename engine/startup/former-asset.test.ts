// A start with another id of BTC than the run before, over that run's real journal.

import { describe, expect, test } from 'bun:test';
import { DEFAULT_PAIR, EURE, KNOWN_ASSETS, type Pair } from '../../contracts/assets.ts';
import { ConfigRefused } from '../../contracts/runtime/process/refusal.ts';
import type { Engine } from '../engine.ts';
import { createDecidedIds } from '../ingest/decided-ids.ts';
import { SignedIds } from '../ingest/signed-ids.ts';
import { createBook } from '../inventory/book.ts';
import { openJournal, temporaryDirectory } from '../journal/fixtures.ts';
import { momentOf } from '../lib/moment.ts';
import { createQuietBreaker } from '../safety/breaker/breaker.fixture.ts';
import { BTC_OUT } from '../scenario/frames.fixture.ts';
import { ACCOUNT, LIFETIME_MS, type Rig, readyRig } from '../scenario/loop.fixture.ts';
import { NO_PAIR_FILTER, NO_SIGNED_IDS } from './folds.fixture.ts';
import { createFolds } from './folds.ts';
import { refuseOtherAssets } from './program.ts';
import { recover } from './recover.ts';

const FORMER = DEFAULT_PAIR.btc;
const OTHER_BTC = KNOWN_ASSETS.find(({ id, symbol }) => symbol === 'BTC' && id !== FORMER.id) ?? FORMER;
const OTHER_PAIR: Pair = { btc: OTHER_BTC, eure: EURE };

type Restart = { readonly pair?: Pair; readonly lanes?: number };

/** What the next process has of the journal of this one, written to a disk and read again. */
async function restart(rig: Rig, { pair = OTHER_PAIR, lanes = 2 }: Restart = {}) {
  using directory = temporaryDirectory();
  const [born, ...facts] = rig.journalled;
  if (born?.kind !== 'born') throw new Error('the journal of the rig begins with its birth');
  const written = openJournal(directory.path, { born: () => born });
  for (const fact of facts) written.append(fact);
  await written.synced(written.lastSeq);
  await written.abandon();

  const journal = openJournal(directory.path);
  const book = createBook({ lanes, pair, quoteLifetimeMaxMs: LIFETIME_MS, beganUs: 0 });
  const folds = createFolds({
    book,
    breaker: createQuietBreaker(),
    decided: createDecidedIds({ commanded: new SignedIds({ a: 1, b: 2 }) }),
    signedIds: NO_SIGNED_IDS,
    pairFilter: NO_PAIR_FILTER,
  });
  const result = recover({ entries: journal.recover(), folds, now: momentOf(rig.clock) });
  if (!result.ok) throw new Error(result.problem);
  const { recovered } = result;
  const engine = { parts: { book, journal, recovered, settings: { pair } } } as unknown as Engine;
  const refusal: unknown = await refuseOtherAssets(engine).then(
    () => null,
    (error: unknown) => error,
  );
  if (refusal === null) await journal.abandon();
  return { book, recovered, refusal };
}

const stop = (rig: Rig): void => void rig.record({ kind: 'closed', atMs: rig.clock.nowMs() });

/** Until everything that was signed is over by a block, and the lanes hold nothing. */
async function outlive(rig: Rig): Promise<void> {
  for (let round = 0; round < 3; round++) {
    rig.clock.advance(2 * LIFETIME_MS);
    await rig.poll();
  }
}

const REFUSED = { problem: { variable: 'BTC_ASSET_ID', problem: expect.stringContaining(FORMER.id) } };

describe('with another id of BTC', () => {
  test.each([
    ['that pays the former one', BTC_OUT],
    ['that receives the former one', {}],
  ])('a live quote %s refuses the start', async (_name, shape) => {
    expect(OTHER_BTC).not.toBe(FORMER);
    using rig = await readyRig();
    rig.answered('quote-1', shape);
    stop(rig);
    const { refusal, book } = await restart(rig);
    expect(refusal).toBeInstanceOf(ConfigRefused);
    expect(refusal).toMatchObject(REFUSED);
    expect(book.liveQuotes().map(({ attempt }) => attempt.quoteId as string)).toEqual(['quote-1']);
  });

  test('after a crash, which may have lost quotes, it is refused until a run of the former one has ended in order', async () => {
    using rig = await readyRig();
    expect((await restart(rig)).refusal).toMatchObject(REFUSED);
    rig.begin();
    stop(rig);
    // That run has seen no balance: what the crash took may still be settled.
    expect((await restart(rig)).refusal).toMatchObject(REFUSED);
  });

  test('once all of it is over the start goes on, and finds nothing that does not fit', async () => {
    using rig = await readyRig();
    rig.answered('quote-1', BTC_OUT);
    rig.answered('quote-2');
    await outlive(rig);
    stop(rig);
    const { refusal, recovered, book } = await restart(rig);
    expect(refusal).toBeNull();
    expect(recovered).toMatchObject({ accountId: ACCOUNT, clean: true, complaints: [] });
    expect(book.liveQuotes()).toEqual([]);
    expect(book.capital(OTHER_BTC.id)).toMatchObject({ creditedUnits: 0n, spendableUnits: 0n });
    expect(book.capital(EURE.id)).toEqual(rig.book.capital(EURE.id));
    // Lanes of the former one that nothing was signed under are closed by the next round.
    const { immediate } = book.housekeeping(rig.clock.nowMs(), null, () => new Uint8Array(15));
    const closed = immediate.flatMap((fact) => (fact.kind === 'nonce_closed' ? [fact.nonce] : []));
    const former = book.nonces().flatMap(({ asset, nonce }) => (asset === FORMER.id ? [nonce] : []));
    expect(former.length).toBeGreaterThan(0);
    expect(closed).toEqual(former);
  });
});

test('a start with fewer lanes finds nothing that does not fit in the quotes of the others', async () => {
  using rig = await readyRig({ lanes: 2 });
  for (let index = 0; index < 4; index++) rig.answered(`quote-${index}`);
  stop(rig);
  const lanes = new Set(rig.book.liveQuotes().map(({ attempt }) => attempt.nonce));
  expect(lanes.size).toBe(2);
  const { refusal, recovered, book } = await restart(rig, { pair: DEFAULT_PAIR, lanes: 1 });
  expect([refusal, recovered.complaints]).toEqual([null, []]);
  expect(book.liveQuotes()).toHaveLength(4);
});
