// Ends of quotes: bounded work a turn, each change counted once, no end left out after a crash.

import { describe, expect, test } from 'bun:test';
import { BTC, EURE } from '../../../contracts/assets.ts';
import type { QuoteId } from '../../../contracts/ids.ts';
import type { Fact, TransitionFact } from '../../model/facts.ts';
import {
  applyAll,
  emptyBook,
  endAll,
  endsOf,
  hashOf,
  makeCheckpoint,
  newEventId,
  observe,
  openBook,
  plan,
  quote,
  SALT,
  T0,
} from '../book.fixture.ts';
import type { Book } from '../book.ts';
import { ENDS_MOST } from '../fold/over.ts';

const START = 10n ** 12n;
const TURN = 128;

const transitions = (facts: readonly Fact[]): TransitionFact[] =>
  facts.filter((fact): fact is TransitionFact => fact.kind === 'transition');

/** What the records of these facts add up to. */
function sumOf(facts: readonly Fact[], asset: string): bigint {
  let sum = 0n;
  for (const { settlement } of transitions(facts)) sum += settlement?.balanceChange[asset] ?? 0n;
  return sum;
}

/** So many live quotes in one lane, with amounts of their own. */
function crowd(size: number): { readonly book: Book; readonly nonce: ReturnType<Book['nonces']>[number]['nonce'] } {
  const book = openBook(1, START, START);
  let nonce = '' as ReturnType<Book['nonces']>[number]['nonce'];
  for (let index = 0; index < size; index++) {
    const terms = { inUnits: BigInt(1000 + index), outUnits: BigInt(100_000 + 7 * index) };
    ({ nonce } = quote(book, { quoteId: `q${index}`, ...terms, deadlineAtMs: T0 + 60_000 + (index % 1000) }));
  }
  return { book, nonce };
}

describe('a settlement in a lane of 4,000 live quotes', () => {
  test('is planned in a few facts, and its siblings end in slices', () => {
    const { book, nonce } = crowd(4000);
    const { facts } = plan(book, {
      height: 101,
      timeMs: T0 + 1000,
      btc: START + 3000n,
      eure: START - 114_000n,
      used: [nonce],
    });
    expect(facts.map(({ kind }) => kind)).toEqual(['nonce_used', 'balance', 'nonce_resolved']);
    applyAll(book, facts);
    const all: Fact[] = [];
    for (;;) {
      const slice = book.endings({ atMs: T0 + 1000, newEventId }, TURN);
      if (slice.length === 0) break;
      expect(slice.length).toBeLessThanOrEqual(TURN + 1);
      expect(applyAll(book, slice)).toEqual([]);
      all.push(...slice);
    }
    const ends = endsOf(all);
    expect(ends[0]).toBe('q2000 settled settled_by_balance');
    expect(ends).toHaveLength(4000);
    expect(new Set(ends.slice(1).map((end) => end.replace(/^q\d+ /, '')))).toEqual(new Set(['voided sibling_settled']));
    expect(all.at(-1)?.kind).toBe('nonce_closed');
    expect(book.counts().open).toBe(0);
    expect([sumOf(all, BTC.id), sumOf(all, EURE.id)]).toEqual([3000n, -114_000n]);
  });

  test('goes on after a crash between slices where it was', () => {
    const { book, nonce } = crowd(400);
    applyAll(
      book,
      plan(book, { height: 101, timeMs: T0 + 1000, btc: START + 1000n, eure: START - 100_000n, used: [nonce] }).facts,
    );
    const first = book.endings({ atMs: T0 + 1000, newEventId }, TURN);
    applyAll(book, first);
    const again = emptyBook(1);
    applyAll(again, makeCheckpoint(book.snapshot()));
    const rest = endAll(again, T0 + 2000);
    const ends = endsOf([...first, ...rest]);
    expect(ends.filter((end) => end.includes('settled settled_by_balance'))).toEqual(['q0 settled settled_by_balance']);
    expect(new Set(ends.map((end) => end.split(' ')[0])).size).toBe(400);
    expect(ends).toHaveLength(400);
    expect(again.counts().open).toBe(0);
    expect(again.nonces().some((view) => view.nonce === nonce)).toBe(false);
  });
});

test('what expires while no snapshot came ends in slices, and none is forgotten', () => {
  const { book } = crowd(5000);
  const at = (height: number) => ({ height, timeMs: T0 + 70_000 + height, btc: START, eure: START });
  const first = plan(book, at(101));
  applyAll(book, first.facts);
  // As many as one fact ends at most.
  const live = () => book.nonces().find(({ asset }) => asset === EURE.id)?.liveQuotes;
  expect(live()).toBe(5000 - ENDS_MOST);
  const slice = book.endings({ atMs: T0 + 70_000, newEventId }, TURN);
  expect(slice).toHaveLength(ENDS_MOST + 1);
  applyAll(book, slice);
  expect(live()).toBe(5000 - 2 * ENDS_MOST);
  const all = [...slice, ...endAll(book, T0 + 70_000)];
  expect(live()).toBe(0);
  expect(observe(book, at(102)).map(({ kind }) => kind)).toEqual(['balance']);
  expect(endsOf(all)).toHaveLength(5000);
  expect(book.counts().open).toBe(0);
});

test('a balance of an earlier version, which does not say how many quotes it ends, ends 512 as it did then', () => {
  const { book } = crowd(1000);
  const snapshot = { height: 101, timeMs: T0 + 70_000, btc: START, eure: START };
  const facts = plan(book, snapshot).facts.map((fact) => {
    if (fact.kind !== 'balance') return fact;
    const { endsMost: _, ...before } = fact;
    return before;
  });
  applyAll(book, facts);
  expect(book.nonces().find(({ asset }) => asset === EURE.id)?.liveQuotes).toBe(1000 - 512);
  applyAll(book, [{ kind: 'quotes_due', atMs: T0 + 70_000 }]);
  expect(book.nonces().find(({ asset }) => asset === EURE.id)?.liveQuotes).toBe(0);
});

describe('a salt that is invalidated without overlap', () => {
  test.each([1, 4])('with %p lanes of many quotes and no change of the balances: nothing settled, all end', (lanes) => {
    const book = openBook(lanes, START, START);
    const ids: string[] = [];
    for (let index = 0; index < 760; index++) {
      const direction = index % 2 === 0 ? ('BTC->EURe' as const) : ('EURe->BTC' as const);
      ids.push(`q${index}`);
      quote(book, {
        quoteId: `q${index}`,
        direction,
        inUnits: BigInt(1000 + index),
        outUnits: BigInt(2000 + 3 * index),
      });
    }
    const invalidSalts = [SALT];
    const facts = observe(book, { height: 101, timeMs: T0 + 1000, btc: START, eure: START, invalidSalts });
    expect(facts.filter(({ kind }) => kind === 'nonce_used' || kind === 'nonce_resolved')).toEqual([]);
    expect(new Set(transitions(facts).map(({ to, code }) => `${to} ${code}`))).toEqual(
      new Set(['uncertain salt_invalidated']),
    );
    const over = observe(book, { height: 102, timeMs: T0 + 60_001, btc: START, eure: START, invalidSalts });
    expect(endsOf(over).sort()).toEqual(ids.map((id) => `${id} expired deadline_passed`).sort());
    expect(book.breach()).toBeNull();
  });

  test('uses up no nonce by the word of the venue alone', () => {
    const book = openBook(1, START, START);
    quote(book, { quoteId: 'a', inUnits: 10n, outUnits: 200n });
    const named = { intentHash: 'i', txHash: 't', frame: '{}' };
    applyAll(book, [{ kind: 'status_seen', atMs: T0, quoteHash: hashOf('a'), ...named }]);
    const snapshot = { btc: START, eure: START, invalidSalts: [SALT] };
    const facts = [
      ...observe(book, { ...snapshot, height: 101, timeMs: T0 + 1000 }),
      ...observe(book, { ...snapshot, height: 102, timeMs: T0 + 60_001 }),
    ];
    expect(facts.filter(({ kind }) => kind === 'nonce_used')).toEqual([]);
    expect(endsOf(facts)).toEqual(['a uncertain salt_invalidated', 'a expired deadline_passed']);
  });

  test('and a settlement that the venue names: by the next snapshot it is distinguished from another that moves the same', () => {
    const book = openBook(1, START, START);
    for (const quoteId of ['a', 'b']) quote(book, { quoteId, inUnits: 10n, outUnits: 200n });
    const named = { intentHash: 'i', txHash: 't', frame: '{}' };
    applyAll(book, [{ kind: 'status_seen', atMs: T0, quoteHash: hashOf('b'), ...named }]);
    const snapshot = { btc: START + 10n, eure: START - 200n, invalidSalts: [SALT] };
    const facts = [
      ...observe(book, { ...snapshot, height: 101, timeMs: T0 + 1000 }),
      ...observe(book, { ...snapshot, height: 102, timeMs: T0 + 2000 }),
    ];
    expect(endsOf(facts)).toContain('b settled settled_by_status');
  });

  test('and one settlement among many quotes of several lanes: it is found', () => {
    const book = openBook(4, START, START);
    for (let index = 0; index < 4000; index++) {
      quote(book, { quoteId: `q${index}`, inUnits: BigInt(1000 + index), outUnits: BigInt(1_000_000 + 977 * index) });
    }
    const invalidSalts = [SALT];
    const change = { btc: START + 1000n + 1234n, eure: START - 1_000_000n - 977n * 1234n };
    const snapshot = { height: 101, timeMs: T0 + 1000, ...change, invalidSalts };
    const facts = observe(book, snapshot);
    expect(facts.filter(({ kind }) => kind === 'nonce_used')).toHaveLength(1);
    const later = observe(book, { ...snapshot, height: 102, timeMs: T0 + 12_000 });
    const settled = endsOf([...facts, ...later]).filter((end) => end.includes(' settled '));
    expect(settled).toEqual(['q1234 settled settled_by_balance']);
  });
});

describe('the change of the balances', () => {
  test('of two lanes that settle between two snapshots is in each record by its own part', () => {
    const book = openBook(2, START, START);
    const first = quote(book, { quoteId: 'a', inUnits: 10n, outUnits: 201n });
    const second = quote(book, { quoteId: 'b', inUnits: 20n, outUnits: 402n });
    const used = [first.nonce, second.nonce];
    const facts = observe(book, { height: 101, timeMs: T0 + 1000, btc: START + 30n, eure: START - 603n, used });
    expect(transitions(facts).map(({ attempt, settlement }) => [attempt.quoteId, settlement?.balanceChange])).toEqual([
      ['a' as QuoteId, { [BTC.id]: 10n, [EURE.id]: -201n }],
      ['b' as QuoteId, { [BTC.id]: 20n, [EURE.id]: -402n }],
    ]);
  });

  test('that an inflow is part of: the inflow is in no record', () => {
    const book = openBook(1, START, START);
    const { nonce } = quote(book, { quoteId: 'a', inUnits: 10n, outUnits: 200n });
    const snapshot = { timeMs: T0 + 1000, btc: START + 10n, eure: START - 150n };
    const facts = [
      ...observe(book, { height: 101, ...snapshot, used: [nonce] }),
      ...observe(book, { height: 102, ...snapshot, timeMs: T0 + 12_000 }),
    ];
    expect(endsOf(facts)).toEqual(['a settled settled_by_balance']);
    expect([sumOf(facts, BTC.id), sumOf(facts, EURE.id)]).toEqual([10n, -200n]);
  });

  test('that is recorded of one nonce by name is no part of what the others share', () => {
    const book = openBook(3, START, START);
    const equal = ['a', 'b', 'c'].map((quoteId) => quote(book, { quoteId, inUnits: 10n, outUnits: 200n }));
    const used = equal.map(({ nonce }) => nonce);
    expect(new Set(used).size).toBe(3);
    // Two of the three were settled, the third nonce was burned.
    const at = (height: number, ms: number) => ({ height, timeMs: T0 + ms, btc: START + 20n, eure: START - 400n });
    const facts = observe(book, { ...at(101, 1000), used });
    const named = { intentHash: 'i', txHash: 't', frame: '{}' };
    applyAll(book, [{ kind: 'status_seen', atMs: T0, quoteHash: hashOf('a'), ...named }]);
    facts.push(...observe(book, at(102, 12_000)));
    expect(endsOf(facts).sort()).toEqual([
      'a settled settled_by_status',
      'b uncertain unattributed',
      'c uncertain unattributed',
    ]);
    expect([sumOf(facts, BTC.id), sumOf(facts, EURE.id)]).toEqual([20n, -400n]);
  });

  test('that equal quotes share is counted once, also when the venue names one late', () => {
    const book = openBook(2, START, START);
    const twins = ['a', 'b', 'c', 'd'].map((quoteId) => quote(book, { quoteId, inUnits: 10n, outUnits: 200n }));
    const used = [...new Set(twins.map(({ nonce }) => nonce))];
    expect(used).toHaveLength(2);
    const at = (height: number, ms: number) => ({ height, timeMs: T0 + ms, btc: START + 10n, eure: START - 200n });
    const facts = [...observe(book, { ...at(101, 1000), used }), ...observe(book, at(102, 12_000))];
    // One of two nonces moved it; all four could have.
    expect(endsOf(facts).sort()).toEqual(['a', 'b', 'c', 'd'].map((id) => `${id} uncertain unattributed`));
    const shares = transitions(facts).map(
      ({ attempt, settlement }) => [attempt.quoteId, settlement?.sharedWith] as const,
    );
    const [carrier, others] = shares[0] ?? [];
    expect([carrier, ...(others ?? [])].sort()).toEqual(['a', 'b', 'c', 'd'] as never);
    for (const [, sharedWith] of shares.slice(1)) expect(sharedWith).toEqual([carrier as QuoteId]);
    expect([sumOf(facts, BTC.id), sumOf(facts, EURE.id)]).toEqual([10n, -200n]);

    const quoteHash = hashOf('b');
    applyAll(book, [{ kind: 'status_seen', atMs: T0, quoteHash, intentHash: 'i', txHash: 't', frame: '{}' }]);
    facts.push(...observe(book, at(103, 14_000)));
    expect(endsOf(facts)).toContain('b settled settled_by_status');
    expect([sumOf(facts, BTC.id), sumOf(facts, EURE.id)]).toEqual([10n, -200n]);
  });
});

test('a quote that the venue named although nothing moved is left open, and never recorded as settled by that', () => {
  const book = openBook(1, START, START);
  quote(book, { quoteId: 'a', inUnits: 10n, outUnits: 200n });
  const { nonce } = quote(book, { quoteId: 'b', inUnits: 11n, outUnits: 300n });
  const named = { intentHash: 'i', txHash: 't', frame: '{}' };
  applyAll(book, [{ kind: 'status_seen', atMs: T0, quoteHash: hashOf('b'), ...named }]);
  const at = (height: number, ms: number) => ({ height, timeMs: T0 + ms, btc: START, eure: START });
  const facts = [
    ...observe(book, { ...at(101, 1000), used: [nonce] }),
    ...observe(book, at(102, 12_000)),
    ...observe(book, at(103, 14_000)),
  ];
  expect(endsOf(facts).sort()).toEqual(['a voided sibling_settled', 'b uncertain unattributed']);
});

test('equal requests of one millisecond get deadlines of their own, without gaps', () => {
  const book = openBook(1, START, START);
  const terms = { inUnits: 10n, outUnits: 200n };
  const latestAtMs = T0 + 70_000;
  const deadlines = new Set<number>();
  for (let twin = 0; twin < 3000; twin++) {
    const [view] = book.nonces().filter(({ asset }) => asset === EURE.id);
    if (view === undefined) throw new Error('no lane');
    // Every other burst comes a millisecond later.
    const latest = latestAtMs + (twin % 2);
    const deadlineAtMs = book.freeDeadline(view.nonce, terms.inUnits as never, terms.outUnits as never, latest);
    expect(deadlineAtMs).toBeLessThanOrEqual(latest);
    expect(deadlines.has(deadlineAtMs)).toBe(false);
    deadlines.add(deadlineAtMs);
    quote(book, { quoteId: `twin-${twin}`, ...terms, deadlineAtMs });
  }
  // Without gaps: our margin gives way no further than it has to.
  expect(Math.max(...deadlines) - Math.min(...deadlines)).toBe(2999);
});
