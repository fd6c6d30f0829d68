// A start after a clean stop, after a crash, and on a journal that says nothing of its birth.

import { describe, expect, test } from 'bun:test';
import { BTC, EURE } from '../contracts/assets.ts';
import type { QuoteId } from '../contracts/ids.ts';
import { beginCheckpoint } from './checkpoint.ts';
import type { Fact } from './facts.ts';
import { createDecidedIds } from './ingest/decided-ids.ts';
import { createBook } from './inventory/book.ts';
import { CLOCK_SKEW_MAX_MS } from './inventory/evidence.ts';
import { openAfterRestart, recover } from './recover.ts';
import { okReply } from './scenario/frames.fixture.ts';
import { ACCOUNT, LIFETIME_MS, type Rig, readyRig, startRig } from './scenario/loop.fixture.ts';

const emptyBook = (lanes = 2) => createBook({ lanes, assets: [BTC.id, EURE.id], quoteLifetimeMaxMs: LIFETIME_MS });
const entries = (facts: readonly Fact[]) => facts.map((fact) => ({ fact }));

/** A checkpoint of the rig's state, whole. */
function checkpointOf({ book, decided, clock }: Rig): Fact[] {
  const born = { kind: 'born', atMs: 5, journalId: 'j', accountId: ACCOUNT } as const;
  const source = beginCheckpoint({ book, decided, born, started: null, atMs: clock.nowMs() });
  if (source === null) throw new Error('something is on its way to the disk');
  const facts: Fact[] = [];
  for (let fact = source.next(); fact !== null; fact = source.next()) facts.push(fact);
  source.close();
  return [...facts, { kind: 'checkpoint_end', atMs: 5, beginSeq: 1, parts: facts.length - 1, bytes: 1 }];
}

function restart(facts: readonly Fact[]) {
  const book = emptyBook();
  const decided = createDecidedIds();
  const result = recover(entries(facts), book, decided);
  if (!result.ok) throw new Error(result.problem);
  return { book, decided, recovered: result.recovered };
}

const maker = { atMs: 1_767_225_700_000, newEventId: () => '019b76da-a800-75fa-a43e-2b0a29881c40' };

describe('what a start learns', () => {
  test('of a journal that was just born', () => {
    const { recovered } = restart([{ kind: 'born', atMs: 5, journalId: 'j', accountId: ACCOUNT }]);
    expect(recovered).toEqual({
      bornAtMs: 5,
      journalId: 'j',
      accountId: ACCOUNT,
      clean: true,
      records: 1,
      complaints: [],
    });
  });

  test('of a clean stop and of a crash', async () => {
    const rig = await readyRig();
    rig.answered('quote-1');
    expect(restart(rig.journalled).recovered.clean).toBe(false);
    rig.loop.record({ kind: 'closed', atMs: rig.clock.nowMs() });
    expect(restart(rig.journalled).recovered.clean).toBe(true);
    rig.begin();
    expect(restart(rig.journalled).recovered.clean).toBe(false);
  });

  test('nothing without a birth: the first segment is gone', () => {
    expect(recover(entries([{ kind: 'closed', atMs: 1 }]), emptyBook(), createDecidedIds())).toEqual({
      ok: false,
      problem: 'the journal does not say when it was born: its first segment is missing',
    });
  });

  test('of a checkpoint: birth, whether a run was on, decided ids and the book', async () => {
    const rig = await readyRig();
    rig.answered('quote-1');
    const { book, decided, recovered } = restart(checkpointOf(rig));
    expect(recovered).toMatchObject({ bornAtMs: 5, clean: true });
    expect(decided.has('quote-1' as QuoteId)).toBe(true);
    expect(book.snapshot()).toEqual(rig.book.snapshot());
  });
});

describe('attempts without a reply', () => {
  test('become uncertain, as found by a restart; those with one are left alone', async () => {
    const rig = await readyRig();
    const replied = rig.answered('replied');
    rig.frame(okReply(replied.requestId));
    rig.answered('submitted');
    rig.answered('proposed');
    const sent = rig.movesOf('proposed')[0];
    const { book } = restart(rig.journalled.filter((fact) => fact !== sent));
    const found = openAfterRestart(book, maker);
    expect(found).toMatchObject([
      { attempt: { quoteId: 'submitted' }, from: 'submitted', to: 'uncertain', code: 'restarted', recovered: true },
      { attempt: { quoteId: 'proposed' }, from: 'proposed', to: 'uncertain', code: 'restarted', recovered: true },
    ]);
    for (const fact of found) book.apply(fact);
    expect(openAfterRestart(book, maker)).toEqual([]);
  });
});

describe('after a crash', () => {
  test('ceilings stay until every quote that could have been signed is over by block time', async () => {
    const rig = await readyRig({ lanes: 1 });
    const before = rig.book.nonces();
    const next = await resume(rig, rig.journalled);
    next.credit({ [EURE.id]: -(10n ** 20n), [BTC.id]: -100_000n });
    next.clock.advance(2000);
    const boundUntilMs = rig.clock.nowMs() + LIFETIME_MS + CLOCK_SKEW_MAX_MS;
    await next.look();
    expect(next.book.nonces().map(({ ceilingUnits }) => ceilingUnits)).toEqual(
      before.map(({ ceilingUnits }) => ceilingUnits),
    );
    next.clock.advance(boundUntilMs - next.clock.nowMs());
    await next.look();
    expect(next.book.nonces().every(({ boundUntilMs: until }) => until === boundUntilMs)).toBe(true);
    next.clock.advance(1);
    await next.look();
    expect(next.book.nonces().every(({ boundUntilMs: until }) => until === null)).toBe(true);
    expect(next.book.nonces().map(({ ceilingUnits }) => ceilingUnits as bigint)).toEqual([900_000n, 9n * 10n ** 20n]);
  });

  test('a clean stop leaves nothing bound', async () => {
    const rig = await readyRig({ lanes: 1 });
    rig.loop.record({ kind: 'closed', atMs: rig.clock.nowMs() });
    const next = await resume(rig, rig.journalled);
    expect(next.book.nonces().every(({ boundUntilMs }) => boundUntilMs === null)).toBe(true);
  });
});

/** A new process on the facts of an old one, with the same verifier. */
async function resume(old: Rig, facts: Iterable<Fact>): Promise<Rig> {
  const next = startRig({ clock: old.clock, lanes: old.lanes });
  const result = recover(
    [...facts].map((fact) => ({ fact })),
    next.book,
    next.decided,
  );
  if (!result.ok) throw new Error(result.problem);
  next.adopt(old);
  next.begin();
  return next;
}
