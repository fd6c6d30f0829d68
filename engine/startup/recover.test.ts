// A start after a clean stop, after a crash, and on a journal that says nothing of its birth.

import { describe, expect, test } from 'bun:test';
import { BTC, DEFAULT_PAIR, EURE } from '../../contracts/assets.ts';
import { PAIR_FILTER_ACTIONS } from '../../contracts/control/engine.ts';
import type { QuoteId } from '../../contracts/ids.ts';
import type { OpsControlAction } from '../../contracts/topics/ops-control-action.ts';
import { createDecidedIds } from '../ingest/decided-ids.ts';
import { createPairFilter, filterOf } from '../ingest/pair-filter.ts';
import { SIGNED_ID_AGE_US, SignedIds } from '../ingest/signed-ids.ts';
import { createBook } from '../inventory/book.ts';
import { CLOCK_SKEW_MAX_MS } from '../inventory/settlement/evidence.ts';
import { momentOf } from '../lib/moment.ts';
import type { CheckpointBeginFact, Fact } from '../model/facts.ts';
import { createQuietBreaker } from '../safety/breaker/breaker.fixture.ts';
import { okReply } from '../scenario/frames.fixture.ts';
import { ACCOUNT, LIFETIME_MS, type Rig, readyRig, startRig } from '../scenario/loop.fixture.ts';
import { beginCheckpoint } from './checkpoint.ts';
import { NO_PAIR_FILTER, NO_SIGNED_IDS } from './folds.fixture.ts';
import { createFolds, type FoldsOptions } from './folds.ts';
import { openAfterRestart, recover } from './recover.ts';

const emptyBook = (lanes = 2) => createBook({ lanes, pair: DEFAULT_PAIR, quoteLifetimeMaxMs: LIFETIME_MS, beganUs: 0 });
const emptyIds = () => createDecidedIds({ commanded: new SignedIds({ a: 1, b: 2 }) });
const emptyFolds = () =>
  createFolds({
    book: emptyBook(),
    breaker: createQuietBreaker(),
    decided: emptyIds(),
    signedIds: NO_SIGNED_IDS,
    pairFilter: NO_PAIR_FILTER,
  });
const NOW = { nowMs: 1_767_225_700_000, nowUs: 1_000_000_000 };
const EXPECTED = { table: 3, ids: 7, newestAtMs: 5 };
const entries = (facts: readonly Fact[]) => facts.map((fact) => ({ fact }));

/** A checkpoint of the rig's state, whole. */
function checkpointOf({ book, decided, clock }: Rig): Fact[] {
  const born = { kind: 'born', atMs: 5, journalId: 'j', accountId: ACCOUNT } as const;
  const signedIds = { ...NO_SIGNED_IDS, expected: () => [EXPECTED] };
  const { run, all } = createFolds({
    book,
    breaker: createQuietBreaker(),
    decided,
    signedIds,
    pairFilter: NO_PAIR_FILTER,
  });
  run.apply(born, momentOf(clock));
  const source = beginCheckpoint(all, momentOf(clock));
  if (source === null) throw new Error('something is on its way to the disk');
  const facts: Fact[] = [];
  for (let fact = source.next(); fact !== null; fact = source.next()) facts.push(fact);
  source.close();
  return [...facts, { kind: 'checkpoint_end', atMs: 5, beginSeq: 1, parts: facts.length - 1, bytes: 1 }];
}

function restart(facts: readonly Fact[], missingOf: FoldsOptions['signedIds']['missingOf'] = () => []) {
  const book = emptyBook();
  const decided = emptyIds();
  const folds = createFolds({
    book,
    breaker: createQuietBreaker(),
    decided,
    signedIds: { ...NO_SIGNED_IDS, missingOf },
    pairFilter: NO_PAIR_FILTER,
  });
  const result = recover({ entries: entries(facts), folds, now: NOW });
  if (!result.ok) throw new Error(result.problem);
  return { book, decided, recovered: result.recovered };
}

const CHECKPOINT_WITHOUT_FILTER: CheckpointBeginFact = {
  kind: 'checkpoint_begin',
  atMs: 5,
  born: { kind: 'born', atMs: 5, journalId: 'j', accountId: ACCOUNT },
  started: null,
  book: emptyBook().cut()?.head,
};

const maker = { atMs: 1_767_225_700_000, newEventId: () => '019b76da-a800-75fa-a43e-2b0a29881c40' };

describe('what a start learns', () => {
  test('of a journal that was just born', () => {
    const { recovered } = restart([{ kind: 'born', atMs: 5, journalId: 'j', accountId: ACCOUNT }]);
    expect(recovered).toEqual({
      bornAtMs: 5,
      firstBlockTimeMs: null,
      lastBlockTimeMs: null,
      journalId: 'j',
      accountId: ACCOUNT,
      clean: true,
      records: 1,
      complaints: [],
      doubts: [],
    });
  });

  test('of the first block behind the birth and of the last one, also from a checkpoint', async () => {
    using rig = await readyRig();
    const times = rig.journalled.flatMap((fact) => (fact.kind === 'balance' ? [fact.blockTimeMs] : []));
    const [first = 0] = times;
    const later: Fact[] = rig.journalled.flatMap((fact) =>
      fact.kind === 'balance'
        ? [{ ...fact, blockHeight: fact.blockHeight + 1, blockTimeMs: fact.blockTimeMs + 5 }]
        : [],
    );
    const folds = emptyFolds();
    const result = recover({ entries: entries([...rig.journalled, ...later]), folds, now: NOW });
    const last = Math.max(...times) + 5;
    expect(result).toMatchObject({ recovered: { firstBlockTimeMs: first, lastBlockTimeMs: last } });
    const head = beginCheckpoint(folds.all, NOW)?.next();
    expect(head).toMatchObject({ kind: 'checkpoint_begin', born: { firstBlockTimeMs: first } });
    if (head === null || head === undefined) throw new Error('no checkpoint');
    expect(restart([head, ...later]).recovered.firstBlockTimeMs).toBe(first);
    expect(restart(checkpointOf(rig)).recovered.lastBlockTimeMs).toBe(last - 5);
    // As in the run in which it was born.
    const { run, all } = emptyFolds();
    for (const fold of all) for (const fact of rig.journalled.slice(0, 2)) fold.apply(fact, NOW);
    for (const timeMs of [first + 1, first + 2]) run.balanceTaken(timeMs);
    expect(beginCheckpoint(all, NOW)?.next()).toMatchObject({ born: { firstBlockTimeMs: first + 1 } });
    // Of an earlier version: what comes behind it is not the first.
    expect(restart([CHECKPOINT_WITHOUT_FILTER, ...later]).recovered.firstBlockTimeMs).toBeNull();
  });

  test('of a clean stop and of a crash', async () => {
    using rig = await readyRig();
    rig.answered('quote-1');
    expect(restart(rig.journalled).recovered.clean).toBe(false);
    rig.record({ kind: 'closed', atMs: rig.clock.nowMs() });
    expect(restart(rig.journalled).recovered.clean).toBe(true);
    rig.begin();
    expect(restart(rig.journalled).recovered.clean).toBe(false);
  });

  test('of a journal that ends long ago: without a clean stop, its disk may have been put back', () => {
    const doubtsAfter = (ageMs: number, closed: boolean) => {
      const atMs = NOW.nowMs - ageMs;
      const started: Fact = { kind: 'started', atMs, instanceId: 'i', version: '0', quoteLifetimeMaxMs: LIFETIME_MS };
      const facts: Fact[] = [{ kind: 'born', atMs: 5, journalId: 'j', accountId: ACCOUNT }, started];
      return restart(closed ? [...facts, { kind: 'closed', atMs }] : facts).recovered.doubts;
    };
    expect(doubtsAfter(600_000, false)).toEqual([]);
    expect(doubtsAfter(601_000, false)).toEqual([expect.stringContaining('ends 10 minutes ago')]);
    expect(doubtsAfter(86_400_000, true)).toEqual([]);
    // A clock that was set back says nothing of the age.
    expect(doubtsAfter(-86_400_000, false)).toEqual([]);
  });

  test('of where the journal belongs, also from a checkpoint and after a clean stop', async () => {
    using rig = await readyRig();
    const directoryOf = (facts: readonly Fact[]) => {
      const folds = emptyFolds();
      expect(recover({ entries: entries(facts), folds, now: NOW }).ok).toBe(true);
      return folds.run.directory();
    };
    const placed = rig.journalled.map((fact) => (fact.kind === 'started' ? { ...fact, directory: '1-2' } : fact));
    expect(directoryOf(rig.journalled)).toBeNull();
    expect(directoryOf([...placed, { kind: 'closed', atMs: 6 }])).toBe('1-2');
    const folds = emptyFolds();
    recover({ entries: entries(placed), folds, now: NOW });
    const head = beginCheckpoint(folds.all, NOW)?.next();
    expect(head).toMatchObject({ kind: 'checkpoint_begin', directory: '1-2' });
  });

  test('nothing without a birth: the first segment is gone', () => {
    const closed: Fact[] = [{ kind: 'closed', atMs: 1 }];
    expect(recover({ entries: entries(closed), folds: emptyFolds(), now: NOW })).toEqual({
      ok: false,
      problem: 'the journal does not show when it was created: its first segment is missing',
    });
  });

  test('of a checkpoint: birth, whether a run was on, decided ids and the book', async () => {
    using rig = await readyRig();
    rig.answered('quote-1');
    rig.set.strategy = { ...rig.set.strategy, armed: false };
    rig.ask('rejected-1');
    const { book, decided, recovered } = restart(checkpointOf(rig));
    expect(recovered).toMatchObject({ bornAtMs: 5, clean: true, complaints: [] });
    expect(decided.has('rejected-1' as QuoteId)).toBe(true);
    expect(book.snapshot()).toEqual(rig.book.snapshot());
  });
});

describe('the pair filter that an operator has set', () => {
  const ONE_WAY = { enabled: true, pairs: [{ asset_in: EURE.id, asset_out: BTC.id }] };
  const OVERRIDE = { enabled: true, pairs: [{ assetIn: EURE.id, assetOut: BTC.id }] };
  const born: Fact = { kind: 'born', atMs: 5, journalId: 'j', accountId: ACCOUNT };
  const action = (over: Partial<OpsControlAction>): Fact => ({
    kind: 'control',
    eventId: '019b76da-a800-75fa-a43e-2b0a29881c40',
    atMs: 6,
    payload: {
      action_id: 'a',
      service: 'engine',
      part: 'ingest',
      action: PAIR_FILTER_ACTIONS.set,
      actor: 'operator',
      remote: '127.0.0.1',
      from: null,
      to: ONE_WAY,
      outcome: 'done',
      http_status: 200,
      note: '',
      at: '2026-01-01T00:00:00.000Z',
      ...over,
    },
  });
  const reset = action({ action: PAIR_FILTER_ACTIONS.reset });

  function filterAfter(facts: readonly Fact[]) {
    const pairFilter = createPairFilter(filterOf('pair', DEFAULT_PAIR));
    const folds = createFolds({
      book: emptyBook(),
      breaker: createQuietBreaker(),
      decided: emptyIds(),
      signedIds: NO_SIGNED_IDS,
      pairFilter,
    });
    const result = recover({ entries: entries([born, ...facts]), folds, now: NOW });
    if (!result.ok) throw new Error(result.problem);
    return { pairFilter, folds, complaints: result.recovered.complaints };
  }

  test.each<[string, Fact[], typeof OVERRIDE | null]>([
    ['nothing', [], null],
    ['it was set', [action({})], OVERRIDE],
    ['it was set and reset', [action({}), reset], null],
    ['it was reset and set', [reset, action({})], OVERRIDE],
    ['the change was refused', [action({ outcome: 'refused' })], null],
    ['another part did something of that name', [action({ part: 'strategy' })], null],
    ['a checkpoint of an earlier version', [CHECKPOINT_WITHOUT_FILTER], null],
    ['a checkpoint with it', [{ ...CHECKPOINT_WITHOUT_FILTER, pairFilter: OVERRIDE }], OVERRIDE],
    ['a checkpoint with it, and a reset', [{ ...CHECKPOINT_WITHOUT_FILTER, pairFilter: OVERRIDE }, reset], null],
  ])('after: %s', (_name, facts, override) => {
    const { pairFilter, complaints } = filterAfter(facts);
    expect(pairFilter.override()).toEqual(override);
    expect(complaints).toEqual([]);
  });

  test('is in the next checkpoint', () => {
    const { folds } = filterAfter([action({})]);
    expect(beginCheckpoint(folds.all, NOW)?.next()).toMatchObject({ kind: 'checkpoint_begin', pairFilter: OVERRIDE });
  });

  test('a record of it that cannot be read is a finding, and changes nothing', () => {
    const { pairFilter, complaints } = filterAfter([action({ to: { enabled: 'yes' } })]);
    expect(pairFilter.override()).toBeNull();
    expect(complaints).toEqual(['a change of the pair filter on record cannot be read']);
  });
});

test('an id that was signed for is known for a day from the start, whatever the wall clock makes of its age', async () => {
  using rig = await readyRig();
  rig.answered('quote-1');
  const ids = new SignedIds({ a: 1, b: 2 });
  const now = { nowMs: rig.clock.nowMs() + 3 * 86_400_000, nowUs: 1_000_000_000 };
  const result = recover({
    entries: entries([{ kind: 'born', atMs: 5, journalId: 'j', accountId: ACCOUNT }, ...rig.journalled]),
    folds: createFolds({
      book: emptyBook(),
      breaker: createQuietBreaker(),
      decided: createDecidedIds({ commanded: ids }),
      signedIds: NO_SIGNED_IDS,
      pairFilter: NO_PAIR_FILTER,
    }),
    now,
  });
  expect(result.ok).toBe(true);
  ids.expire(now.nowUs + SIGNED_ID_AGE_US);
  expect(ids.has('quote-1')).toBe(true);
  ids.expire(now.nowUs + SIGNED_ID_AGE_US + 1);
  expect(ids.has('quote-1')).toBe(false);
});

test('a record of a kind that only a later version knows ends the start', () => {
  for (const kind of ['promise_made', 'constructor', '__proto__']) {
    const result = recover({
      entries: entries([{ kind: 'born', atMs: 5, journalId: 'j', accountId: ACCOUNT }, { kind, atMs: 6 } as never]),
      folds: emptyFolds(),
      now: NOW,
    });
    expect(result).toEqual({
      ok: false,
      problem: expect.stringContaining(`"${kind}", which this version does not know`),
    });
  }
});

describe('findings', () => {
  test('what is missing of the signed ids that a checkpoint counts on is one', async () => {
    using rig = await readyRig();
    const { recovered } = restart(checkpointOf(rig), (expected) => expected.map(({ ids }) => `${ids} ids are missing`));
    expect(recovered.complaints).toEqual(['7 ids are missing']);
  });

  test('are kept in words up to a bound, and counted beyond it', () => {
    const born: Fact = { kind: 'born', atMs: 5, journalId: 'j', accountId: ACCOUNT };
    const closed = Array.from(
      { length: 130 },
      (_, n): Fact => ({ kind: 'nonce_closed', atMs: n, nonce: `n${n}` as never }),
    );
    const { complaints } = restart([born, ...closed]).recovered;
    expect(complaints.length).toBe(101);
    expect(complaints.at(0)).toBe('no nonce n0 is open');
    expect(complaints.at(-1)).toBe('and 30 more');
  });

  test('a checkpoint that cannot be put together again ends the start in words, not in a throw', async () => {
    using rig = await readyRig();
    rig.answered('quote-1');
    const [begin, ...rest] = checkpointOf(rig);
    const cut = [begin as Fact, ...rest.filter(({ kind }) => kind !== 'checkpoint_part')];
    expect(recover({ entries: entries(cut), folds: emptyFolds(), now: NOW })).toEqual({
      ok: false,
      problem: expect.stringContaining('has 0 quotes of the 1'),
    });
  });
});

describe('attempts without a reply', () => {
  test('become uncertain, as found by a restart; those with one are left alone', async () => {
    using rig = await readyRig();
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
    using rig = await readyRig({ lanes: 1 });
    const before = rig.book.nonces();
    using next = await resume(rig, rig.journalled);
    next.credit({ [EURE.id]: -(10n ** 20n), [BTC.id]: -100_000n });
    next.clock.advance(2000);
    const boundUntilMs = rig.clock.nowMs() + LIFETIME_MS + CLOCK_SKEW_MAX_MS;
    await next.poll();
    expect(next.book.nonces().map(({ ceilingUnits }) => ceilingUnits)).toEqual(
      before.map(({ ceilingUnits }) => ceilingUnits),
    );
    next.clock.advance(boundUntilMs - next.clock.nowMs());
    await next.poll();
    expect(next.book.nonces().every(({ boundUntilMs: until }) => until === boundUntilMs)).toBe(true);
    next.clock.advance(1);
    await next.poll();
    expect(next.book.nonces().every(({ boundUntilMs: until }) => until === null)).toBe(true);
    expect(next.book.nonces().map(({ ceilingUnits }) => ceilingUnits as bigint)).toEqual([900_000n, 9n * 10n ** 20n]);
  });

  test('a clean stop leaves nothing bound', async () => {
    using rig = await readyRig({ lanes: 1 });
    rig.record({ kind: 'closed', atMs: rig.clock.nowMs() });
    using next = await resume(rig, rig.journalled);
    expect(next.book.nonces().every(({ boundUntilMs }) => boundUntilMs === null)).toBe(true);
  });
});

/** A new process on the facts of an old one, with the same verifier. */
async function resume(old: Rig, facts: Iterable<Fact>): Promise<Rig> {
  const next = startRig({ clock: old.clock, lanes: old.lanes });
  const { book, decided, clock } = next;
  const folds = createFolds({
    book,
    breaker: createQuietBreaker(),
    decided,
    signedIds: NO_SIGNED_IDS,
    pairFilter: NO_PAIR_FILTER,
  });
  const result = recover({ entries: entries([...facts]), folds, now: momentOf(clock) });
  if (!result.ok) throw new Error(result.problem);
  next.adopt(old);
  next.begin();
  return next;
}
