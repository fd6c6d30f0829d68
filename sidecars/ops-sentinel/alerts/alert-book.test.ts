import { describe, expect, test } from 'bun:test';
import { ManualClock } from '../../../contracts/runtime/manual-clock.fixture.ts';
import { momentOf } from '../moment.ts';
import { type Condition, condition, type Found, type Rule } from '../rules/rule.ts';
import { ACCOUNT, WINDOWS } from '../world.fixture.ts';
import type { Transition } from './alert.ts';
import { AlertBook, CLEARED_MAX, REPEAT_MS, SUBJECTS_MAX } from './alert-book.ts';

const PENDING_MS = 5_000;
const KEEP_MS = 10_000;

/** A rule that finds what the test says. */
function rig() {
  const clock = new ManualClock();
  const rule: Rule = {
    ...{ code: 'dead_letters', subject: 'origin', reads: [] },
    pendingMs: () => PENDING_MS,
    keepMs: () => KEEP_MS,
    find: () => ({ holds: [], unknown: 'none' }),
    reason: (details) => `because of ${details['why'] ?? 'nothing'}`,
  };
  let ids = 0;
  const options = { accountId: ACCOUNT, rules: [rule], windows: WINDOWS, newId: () => `id-${++ids}` };
  const book = new AlertBook(options);
  const evaluate = (found: Found | 'failed'): string[] =>
    book.evaluate(new Map([[rule, found]]), momentOf(clock)).map(said);
  return {
    ...{ clock, rule, book, options },
    found: evaluate,
    holds: (...holds: readonly Condition[]): string[] => evaluate({ holds, unknown: 'none' }),
    absent: (): string[] => evaluate({ holds: [], unknown: 'none' }),
    unknown: (...subjects: readonly string[]): string[] =>
      evaluate({ holds: [], unknown: subjects.length === 0 ? 'all' : new Set(subjects) }),
  };
}

const said = ({ payload }: Transition): string => `${payload.status} ${payload.subject} ${payload.cause}`;
const one = (subject = 'a', over: Partial<Condition> = {}): Condition =>
  condition({ subject, scope: 'engine', details: { why: 'x' }, ...over });

/** Held for its pending time. */
function raised() {
  const world = rig();
  world.holds(one());
  world.clock.advance(PENDING_MS);
  expect(world.holds(one())).toEqual(['raised a condition']);
  return world;
}

describe('a condition', () => {
  test('that ends before its pending time raises nothing, and the next one begins again', () => {
    const { clock, holds, absent } = rig();
    holds(one());
    clock.advance(PENDING_MS - 1);
    expect(absent()).toEqual([]);
    expect(holds(one())).toEqual([]);
    clock.advance(PENDING_MS - 1);
    expect(holds(one())).toEqual([]);
    clock.advance(1);
    expect(holds(one())).toEqual(['raised a condition']);
  });

  test('that comes back within the keep time is the same episode, without a further record', () => {
    const { clock, holds, absent, book } = raised();
    absent();
    clock.advance(KEEP_MS - 1);
    expect(absent()).toEqual([]);
    expect(holds(one())).toEqual([]);
    clock.advance(1);
    expect(absent()).toEqual([]);
    clock.advance(KEEP_MS - 1);
    expect(absent()).toEqual([]);
    clock.advance(1);
    expect(absent()).toEqual(['cleared a condition']);
    expect(book.alerts()).toEqual([]);
  });

  test('of which nothing is known stays raised, is not raised, and does not clear', () => {
    const { clock, holds, absent, unknown, book } = raised();
    expect(unknown()).toEqual([]);
    expect(book.alerts()).toMatchObject([{ phase: 'raised', isUnknown: true }]);
    clock.advance(KEEP_MS * 10);
    expect(unknown()).toEqual([]);
    absent();
    clock.advance(KEEP_MS - 1);
    // The time of its recovery begins again: it is not known that it was absent.
    unknown('a');
    clock.advance(1);
    expect(absent()).toEqual([]);
    clock.advance(KEEP_MS);
    expect(absent()).toEqual(['cleared a condition']);
    holds(one());
    clock.advance(PENDING_MS);
    unknown();
    expect(holds(one())).toEqual([]);
  });

  test('of one subject that is not known leaves the others alone', () => {
    const { clock, holds, unknown } = rig();
    holds(one('a'), one('b'));
    clock.advance(PENDING_MS);
    expect(holds(one('a'), one('b'))).toEqual(['raised a condition', 'raised b condition']);
    unknown('a');
    clock.advance(KEEP_MS);
    expect(unknown('a')).toEqual(['cleared b condition']);
  });

  test('with another reason or cause is a further record of its episode, once a minute at most', () => {
    const { clock, holds, book } = raised();
    const first = book.alerts()[0]?.raised?.firstAtMs;
    expect(holds(one('a', { details: { why: 'other figures' } }))).toEqual([]);
    clock.advance(REPEAT_MS - 1);
    expect(holds(one('a', { variant: 'other' }))).toEqual([]);
    clock.advance(1);
    expect(holds(one('a', { variant: 'other' }))).toEqual(['raised a condition']);
    clock.advance(REPEAT_MS);
    expect(holds(one('a', { variant: 'other', cause: 'no_data' }))).toEqual(['raised a no_data']);
    expect(book.alerts()[0]?.raised).toMatchObject({ firstAtMs: first, atMs: clock.nowMs() });
  });

  test('of a rule that failed is unknown', () => {
    const { clock, found, book } = raised();
    clock.advance(KEEP_MS);
    expect([found('failed'), found('failed')]).toEqual([[], []]);
    expect(book.failing()).toEqual(['dead_letters']);
    expect(book.alerts()).toMatchObject([{ phase: 'raised' }]);
  });
});

test('a step of the wall clock changes no duration', () => {
  const { clock, holds, absent } = rig();
  holds(one());
  clock.stepWall(86_400_000);
  expect(holds(one())).toEqual([]);
  clock.advance(PENDING_MS);
  expect(holds(one())).toEqual(['raised a condition']);
  clock.stepWall(-172_800_000);
  absent();
  clock.advance(KEEP_MS);
  expect(absent()).toEqual(['cleared a condition']);
});

test('of more subjects than there is room for the first are kept, and the rest is counted', () => {
  const { clock, holds, book } = rig();
  const many = Array.from({ length: SUBJECTS_MAX + 3 }, (_, index) => one(`s${index}`));
  holds(...many);
  expect([book.alerts().length, book.dropped()]).toEqual([SUBJECTS_MAX, 3]);
  clock.advance(PENDING_MS);
  expect(holds(...[...many].reverse())).toHaveLength(SUBJECTS_MAX);
});

test('the newest that were cleared are kept, of a bounded number', () => {
  const { clock, holds, absent, book } = rig();
  for (let episode = 0; episode < CLEARED_MAX + 2; episode++) {
    holds(one(`s${episode}`));
    clock.advance(PENDING_MS);
    holds(one(`s${episode}`));
    absent();
    clock.advance(KEEP_MS);
    absent();
  }
  const kept = book.cleared().map(({ payload }) => payload.subject);
  expect([kept.length, kept.at(-1)]).toEqual([CLEARED_MAX, `s${CLEARED_MAX + 1}`]);
});

test('an alert of a rule that is gone is cleared: nothing else would', () => {
  const { book, options, clock } = raised();
  const next = new AlertBook({ ...options, rules: [] }, book.alerts());
  expect(next.evaluate(new Map(), momentOf(clock)).map(said)).toEqual(['cleared a condition']);
  expect(next.evaluate(new Map(), momentOf(clock))).toEqual([]);
});
