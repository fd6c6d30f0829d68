// A run of frames, replies, looks and settlements over the real journal, cut off anywhere: the next start has the same state,
// and no quote is answered twice.

import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { BTC } from '../../contracts/assets.ts';
import type { QuoteId } from '../../contracts/ids.ts';
import { machineClock } from '../../contracts/runtime/clock.ts';
import { ManualClock } from '../../contracts/runtime/manual-clock.fixture.ts';
import { SignedIdStore } from '../ingest/signed-id-store.ts';
import { NO_LOG, temporaryDirectory } from '../journal/fixtures.ts';
import { Journal } from '../journal/journal.ts';
import { momentOf } from '../lib/moment.ts';
import {
  type Answer,
  BTC_OUT,
  EURE_IN,
  EURE_OUT,
  errorReply,
  okReply,
  statusFrame,
} from '../scenario/frames.fixture.ts';
import { ACCOUNT, type Rig, startRig } from '../scenario/loop.fixture.ts';
import { beginCheckpoint } from './checkpoint.ts';
import { NO_PAIR_FILTER } from './folds.fixture.ts';
import { createFolds, type Folds } from './folds.ts';
import { openAfterRestart, recover } from './recover.ts';

const maker = { atMs: 1_767_225_700_000, newEventId: () => '019b76da-a800-75fa-a43e-2b0a29881c40' };

type Step =
  | { readonly do: 'ask'; readonly kind: number; readonly twice: boolean }
  | { readonly do: 'reply'; readonly how: 'ok' | 'late' | 'refused' | 'none' }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'poll' }
  | { readonly do: 'sync' }
  | { readonly do: 'settle'; readonly announced: boolean }
  | { readonly do: 'lose' }
  | { readonly do: 'credit'; readonly units: bigint };

const KINDS = [{}, EURE_OUT, EURE_IN, BTC_OUT] as const;

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('ask' as const), kind: fc.nat(3), twice: fc.boolean() }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('reply' as const),
      how: fc.constantFrom('ok' as const, 'late' as const, 'refused' as const, 'none' as const),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 40_000 }) }) },
  { weight: 4, arbitrary: fc.constant({ do: 'poll' as const }) },
  { weight: 4, arbitrary: fc.constant({ do: 'sync' as const }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('settle' as const), announced: fc.boolean() }) },
  { weight: 1, arbitrary: fc.constant({ do: 'lose' as const }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('credit' as const), units: fc.bigInt({ min: 1n, max: 100_000n }) }),
  },
);

/** Runs steps against a rig; ids of quotes go on from `first`. */
async function run(rig: Rig, steps: readonly Step[], asked: string[]): Promise<void> {
  const unsettled: Answer[] = [];
  const unreplied: Answer[] = [];
  for (const each of steps) {
    rig.clock.advance(1);
    switch (each.do) {
      case 'ask': {
        const id = `quote-${asked.length}`;
        asked.push(id);
        const answer = rig.ask(id, KINDS[each.kind]);
        if (each.twice) rig.ask(id, KINDS[each.kind]);
        if (answer !== null) {
          unsettled.push(answer);
          unreplied.push(answer);
        }
        break;
      }
      case 'reply': {
        const answer = unreplied.shift();
        if (answer === undefined || each.how === 'none') break;
        const { requestId } = answer;
        if (each.how === 'ok') rig.frame(okReply(requestId));
        else rig.frame(errorReply(requestId, { code: each.how === 'late' ? -32098 : 1, message: 'no' }));
        break;
      }
      case 'wait':
        rig.clock.advance(each.ms);
        rig.loop.onTick();
        break;
      case 'poll':
        await rig.poll({ used: rig.usedNonces });
        break;
      case 'sync':
        await rig.synced();
        break;
      case 'settle': {
        const at = unsettled.findIndex(
          ({ nonce, deadlineAtMs }) => !rig.usedNonces.includes(nonce) && deadlineAtMs > rig.clock.nowMs(),
        );
        const [answer] = at === -1 ? [] : unsettled.splice(at, 1);
        if (answer === undefined) break;
        rig.usedNonces.push(answer.nonce);
        rig.credit(Object.fromEntries(Object.entries(answer.diff).map(([asset, text]) => [asset, BigInt(text)])));
        if (each.announced) rig.frame(statusFrame(answer.quoteHash));
        break;
      }
      case 'lose':
        rig.loop.onConnectionLost();
        break;
      case 'credit':
        rig.credit({ [BTC.id]: each.units });
    }
  }
}

/** A rig over the real journal; small segments, so that checkpoints are taken in the middle of everything. */
function overJournal(stateDir: string, clock: ManualClock) {
  const late: { rig: Rig | null; folds: Folds | null } = { rig: null, folds: null };
  const born = { kind: 'born', atMs: clock.nowMs(), journalId: 'journal-1', accountId: ACCOUNT } as const;
  const journal = Journal.open({
    stateDir,
    born: () => born,
    checkpoint: () => {
      if (late.rig === null) throw new Error('a checkpoint before there is anything');
      const started = late.rig.journalled.findLast((fact) => fact.kind === 'started');
      if (started !== undefined) late.folds?.run.apply(started, momentOf(clock));
      return beginCheckpoint(late.folds?.all ?? [], momentOf(clock));
    },
    clock: machineClock,
    log: NO_LOG,
    onFailure: (error) => {
      throw error;
    },
    segmentBytesMax: 2500,
  });
  const signedIds = new SignedIdStore({
    stateDir,
    clock,
    log: NO_LOG,
    random: { fill: (bytes) => bytes.fill(7) },
    isOwned: () => true,
    isClockTrusted: () => true,
  });
  const rig = startRig({ clock, journal, lanes: 2, signedIds: signedIds.ids });
  late.rig = rig;
  const folds = createFolds({
    book: rig.book,
    breaker: rig.breaker,
    decided: rig.decided,
    signedIds,
    pairFilter: NO_PAIR_FILTER,
  });
  late.folds = folds;
  const result = recover({ entries: journal.recover(), folds, now: momentOf(clock) });
  if (!result.ok) throw new Error(result.problem);
  return { rig, journal, recovered: result.recovered };
}

test('a run that is cut off anywhere is found as it was, and no quote is answered twice', async () => {
  const seen = { answered: 0, leftOpen: 0, checkpoints: 0 };
  const cutAndGoOn = async (steps: readonly Step[], more: readonly Step[]): Promise<void> => {
    using directory = temporaryDirectory();
    const clock = new ManualClock();
    const asked: string[] = [];

    const first = overJournal(directory.path, clock);
    let before: ReturnType<Rig['book']['snapshot']>;
    try {
      first.rig.begin();
      await first.rig.poll();
      await first.rig.synced();
      await run(first.rig, steps, asked);
      // Everything that was appended, on disk or not: a killed process leaves it in the page cache.
      before = first.rig.book.snapshot();
    } finally {
      await first.journal.abandon();
    }
    seen.answered += first.rig.sent.length;

    const second = overJournal(directory.path, clock);
    try {
      const [oldest] = second.journal.recover();
      if (oldest?.fact.kind === 'checkpoint_begin') seen.checkpoints++;
      expect(second.recovered.clean).toBe(false);
      expect(second.recovered.complaints).toEqual([]);
      const idsOf = ({ rig }: typeof first) => [...rig.decided.pieces(1000, momentOf(clock))];
      expect(idsOf(second)).toEqual(idsOf(first));
      // A rejected one may be forgotten after a while; one that was answered is not.
      const known = asked.filter((id) => first.rig.decided.has(id as QuoteId));
      for (const id of known) expect(second.rig.decided.has(id as QuoteId)).toBe(true);
      for (const { quoteId } of first.rig.sent) expect(known).toContain(quoteId);
      expect(second.rig.book.snapshot()).toEqual(before);

      second.rig.adopt(first.rig);
      const ceilingsBefore = new Map(second.rig.book.nonces().map(({ nonce, ceilingUnits }) => [nonce, ceilingUnits]));
      second.rig.begin();
      for (const fact of openAfterRestart(second.rig.book, maker)) {
        expect(fact).toMatchObject({ to: 'uncertain', recovered: true });
        second.rig.record(fact);
        seen.leftOpen++;
      }
      for (const { state } of second.rig.book.liveQuotes()) expect(['proposed', 'submitted']).not.toContain(state);

      // Everything that is known comes again, and nothing of it is answered.
      for (const id of known) expect(second.rig.ask(id)).toBeNull();
      expect(second.rig.sent).toEqual([]);
      clock.advance(1);
      await second.rig.poll({ used: second.rig.usedNonces });
      for (const { nonce, boundUntilMs, ceilingUnits } of second.rig.book.nonces()) {
        const earlier = ceilingsBefore.get(nonce);
        if (earlier !== undefined && boundUntilMs !== null) expect(ceilingUnits).toBeGreaterThanOrEqual(earlier);
      }
      await second.rig.synced();

      const repeated = new Set(known);
      await run(second.rig, more, asked);
      expect(second.rig.sent.filter(({ quoteId }) => repeated.has(quoteId))).toEqual([]);
      expect([...first.rig.violations, ...second.rig.violations]).toEqual([]);
      expect(second.rig.troubles()).toEqual([]);
    } finally {
      await second.journal.abandon();
    }
  };
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), fc.array(step, { maxLength: 30 }), cutAndGoOn),
    { numRuns: 60 },
  );
  // The property means something only if the runs did.
  expect(seen.answered).toBeGreaterThan(100);
  expect(seen.leftOpen).toBeGreaterThan(20);
  expect(seen.checkpoints).toBeGreaterThan(3);
});
