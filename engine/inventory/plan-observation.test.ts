import { describe, expect, test } from 'bun:test';
import { units } from '../../contracts/amounts.ts';
import { BTC, EURE } from '../../contracts/assets.ts';
import type { Fact } from '../model/facts.ts';
import type { Attempt } from '../model/values.ts';
import {
  ACCOUNT,
  changedAfter as after,
  applyAll,
  BTC_START,
  EURE_START,
  emptyBook,
  endAll,
  endsOf,
  hashOf,
  kindsOf,
  makeAttempt,
  makeCheckpoint,
  makeDecided,
  makeObservedSnapshot,
  makeSent,
  makeStarted,
  newEventId,
  observe,
  openBook,
  plan,
  quote,
  randomBytes15,
  SALT,
  startedBook as start,
  statusOf as status,
  T0,
  threeQuotes,
} from './book.fixture.ts';
import type { Book } from './book.ts';
import { NONCE_LIFETIME_MS } from './lanes/lanes.ts';
import { encodeNonce } from './lanes/nonce.ts';
import { NAME_WAIT_MS } from './settlement/resolutions.ts';

const freshNonce = encodeNonce(SALT, T0 + NONCE_LIFETIME_MS, randomBytes15());

describe('a used nonce', () => {
  test('whose change is that of one quote alone settles it and voids its siblings', () => {
    const book = start();
    const { nonce } = threeQuotes(book);
    const facts = observe(book, after(1000, 11n, -300n, { used: [nonce] }));
    expect(kindsOf(facts).slice(0, 2)).toEqual(['nonce_used', 'balance']);
    expect(endsOf(facts)).toEqual([
      'c settled settled_by_balance',
      'b voided sibling_settled',
      'a voided sibling_settled',
    ]);
    expect(facts.find((fact) => fact.kind === 'transition' && fact.to === 'settled')).toMatchObject({
      settlement: {
        txHash: null,
        blockHeight: 1100,
        blockTimeMs: T0 + 1000,
        balanceChange: { [BTC.id]: 11n, [EURE.id]: -300n },
        candidates: [],
      },
    });
    expect(book.capital(EURE.id)).toMatchObject({ allocatedUnits: EURE_START, realizedUnits: -300n });
    expect(book.capital(BTC.id)).toMatchObject({ allocatedUnits: BTC_START, realizedUnits: 11n });
  });

  test('is explained by quote_status where the change leaves a choice', () => {
    const book = start();
    const { nonce } = threeQuotes(book);
    applyAll(book, [status('a')]);
    const facts = observe(book, after(1000, 10n, -200n, { used: [nonce] }));
    expect(endsOf(facts)).toEqual([
      'a settled settled_by_status',
      'b voided sibling_settled',
      'c voided sibling_settled',
    ]);
    expect(facts.find((fact) => fact.kind === 'transition' && fact.to === 'settled')).toMatchObject({
      venueReply: '{"quote_hash":"..."}',
      settlement: { txHash: 'tx-1', intentHash: 'theirs' },
    });
  });

  test('is explained by its transaction, whatever quote_status says, and not by that of another account', () => {
    const book = start();
    const { nonce } = threeQuotes(book);
    applyAll(book, [status('b')]);
    const executed = [
      { intentHash: 'alien', accountId: 'evil.near', nonce },
      { intentHash: hashOf('a'), accountId: ACCOUNT, nonce },
    ];
    // The proof comes with a snapshot that does not show the use yet.
    observe(book, after(500, 0n, 0n, { transactions: [{ txHash: 'tx-9', executed }] }));
    const facts = observe(book, after(1000, 10n, -200n, { used: [nonce] }));
    expect(endsOf(facts)).toEqual([
      'a settled settled_by_status',
      'b voided sibling_settled',
      'c voided sibling_settled',
    ]);
    expect(facts.find((fact) => fact.kind === 'transition')).toMatchObject({ settlement: { txHash: 'tx-9' } });
  });

  test('whose transaction is said to be of another payload while the sum is that of a quote leaves that open', () => {
    const book = openBook(1, 1000n, 1000n);
    const { nonce } = quote(book, { quoteId: 'a', inUnits: 11n, outUnits: 300n });
    const executed = [{ nonce, intentHash: 'alien', accountId: ACCOUNT }];
    const at = (height: number, ms: number) => ({ height, timeMs: T0 + ms, btc: 1011n, eure: 700n });
    const facts = [
      ...observe(book, { ...at(101, 1000), used: [nonce], transactions: [{ txHash: 'tx', executed }] }),
      ...observe(book, at(102, 12_000)),
    ];
    expect(endsOf(facts)).toEqual(['a uncertain unattributed']);
    expect(book.breach()).toBeNull();
  });

  test('with a choice waits for a name, then says so and names both', () => {
    const book = start();
    const { nonce } = threeQuotes(book);
    expect(endsOf(observe(book, after(1000, 10n, -200n, { used: [nonce] })))).toEqual([]);
    // Nothing is reserved twice and nothing is spendable twice in between.
    expect(book.capital(EURE.id)).toMatchObject({
      reservedForOrdersUnits: 0n,
      reservedForPositionsUnits: 0n,
      realizedUnits: -200n,
    });
    expect(endsOf(observe(book, after(1000 + NAME_WAIT_MS - 1, 10n, -200n)))).toEqual([]);
    const facts = observe(book, after(1000 + NAME_WAIT_MS, 10n, -200n));
    expect(endsOf(facts)).toEqual(['b uncertain unattributed', 'c voided sibling_settled', 'a uncertain unattributed']);
    expect(facts.find((fact) => fact.kind === 'transition')).toMatchObject({ settlement: { candidates: ['b', 'a'] } });
    expect(kindsOf(facts).at(-1)).toBe('nonce_closed');
  });

  test('is recorded at once when the name comes within the wait, also without a newer block', () => {
    const book = start();
    const { nonce } = threeQuotes(book);
    const snapshot = after(1000, 10n, -200n, { used: [nonce] });
    observe(book, snapshot);
    applyAll(book, [status('a')]);
    expect(endsOf(observe(book, snapshot))).toEqual([
      'a settled settled_by_status',
      'b voided sibling_settled',
      'c voided sibling_settled',
    ]);
  });

  test('that was left open is recorded when the name comes late', () => {
    const book = start();
    const { nonce } = threeQuotes(book);
    observe(book, after(1000, 10n, -200n, { used: [nonce] }));
    observe(book, after(20_000, 10n, -200n));
    applyAll(book, [status('b')]);
    expect(endsOf(observe(book, after(22_000, 10n, -200n)))).toEqual([
      'b settled settled_by_status',
      'a voided sibling_settled',
    ]);
    expect(endsOf(observe(book, after(24_000, 10n, -200n)))).toEqual([]);
  });

  test('without any change was burned', () => {
    const book = start();
    const { nonce } = threeQuotes(book);
    expect(endsOf(observe(book, after(1000, 0n, 0n, { used: [nonce] })))).toEqual([
      'b voided nonce_burned',
      'c voided nonce_burned',
      'a voided nonce_burned',
    ]);
  });

  test('together with an inflow waits for a name, then believes the one quote that fits', () => {
    const book = start();
    const { nonce } = quote(book, { quoteId: 'only', inUnits: 10n, outUnits: 200n });
    // 200 paid, 50 deposited: a burned nonce does not fit, since nothing would explain the loss.
    expect(endsOf(observe(book, after(1000, 10n, -150n, { used: [nonce] })))).toEqual([]);
    const facts = observe(book, after(11_000, 10n, -150n));
    expect(endsOf(facts)).toEqual(['only settled settled_by_balance']);
    expect(book.capital(EURE.id)).toMatchObject({ allocatedUnits: EURE_START - 150n, realizedUnits: 0n });
  });

  test('named by quote_status while the sum is that of another quote leaves both open', () => {
    const book = start();
    const { nonce } = threeQuotes(book);
    applyAll(book, [status('b')]);
    observe(book, after(1000, 11n, -300n, { used: [nonce] }));
    const facts = observe(book, after(12_000, 11n, -300n));
    expect(endsOf(facts)).toEqual(['b uncertain unattributed', 'c uncertain unattributed', 'a voided sibling_settled']);
    // The name is no news, also after a restart; another one is.
    const again = emptyBook(1);
    applyAll(again, [...makeCheckpoint(book.snapshot()), makeStarted(T0 + 13_000)]);
    for (const each of [book, again]) {
      expect(endsOf(observe(each, after(14_000, 11n, -300n)))).toEqual([]);
      applyAll(each, [status('c')]);
      expect(endsOf(observe(each, after(16_000, 11n, -300n)))).toEqual([
        'c settled settled_by_status',
        'b voided sibling_settled',
      ]);
    }
  });

  test('together with an inflow leaves open only what fits with it', () => {
    const book = start();
    const { nonce } = threeQuotes(book);
    quote(book, { quoteId: 'd', inUnits: 50n, outUnits: 400n });
    observe(book, after(1000, 12n, -150n, { used: [nonce] }));
    expect(endsOf(observe(book, after(12_000, 12n, -150n))).sort()).toEqual([
      'a uncertain unattributed',
      'b uncertain unattributed',
      'c uncertain unattributed',
      'd voided sibling_settled',
    ]);
  });

  test('that a crash may have taken quotes from: an exact sum of twins leaves the others out', () => {
    const book = start();
    const { nonce } = threeQuotes(book);
    applyAll(book, [makeStarted(T0)]);
    observe(book, after(1000, 10n, -200n, { used: [nonce] }));
    expect(endsOf(observe(book, after(12_000, 10n, -200n))).sort()).toEqual([
      'a uncertain unattributed',
      'b uncertain unattributed',
      'c voided sibling_settled',
    ]);
  });

  describe('together with one that a crash may have taken a quote from', () => {
    /** A lane from before the crash, with a quote or without, and a nonce from after it with twins and another quote. */
    function afterCrash(withQuote: boolean) {
      const book = start(2);
      const lost = withQuote
        ? quote(book, { quoteId: 'a', inUnits: 70n, outUnits: 900n })
        : book.nonces().find(({ asset }) => asset === EURE.id);
      if (lost === undefined) throw new Error('no lane');
      applyAll(book, [makeStarted(T0)]);
      observe(book, after(500, 0n, 0n));
      for (const { nonce } of book.nonces()) {
        applyAll(book, [{ kind: 'nonce_draining', atMs: T0, nonce, why: 'old' }]);
      }
      const opened = { kind: 'nonce_opened', atMs: T0, asset: EURE.id, lane: 0, salt: SALT } as const;
      const nonceDeadlineAtMs = T0 + NONCE_LIFETIME_MS;
      book.apply({ ...opened, nonce: freshNonce, nonceDeadlineAtMs, ceilingUnits: units(1000n) });
      for (const [quoteId, inUnits, outUnits] of [
        ['b', 10n, 200n],
        ['b2', 10n, 200n],
        ['c', 11n, 300n],
      ] as const) {
        const deadlineAtMs = T0 + 60_000;
        const attempt = makeAttempt({ quoteId, inUnits, outUnits, lane: 0, nonce: freshNonce, deadlineAtMs });
        applyAll(book, [makeDecided(attempt, T0), makeSent(attempt, T0)]);
      }
      return { book, used: [lost.nonce, freshNonce] };
    }

    test('a sum proves nothing: every quote stays a candidate', () => {
      const { book, used } = afterCrash(false);
      observe(book, after(1000, 10n, -200n, { used }));
      expect(endsOf(observe(book, after(12_000, 10n, -200n))).sort()).toEqual([
        'b uncertain unattributed',
        'b2 uncertain unattributed',
        'c uncertain unattributed',
      ]);
    });

    test('a sum says which of the others it was once the venue has named the one', () => {
      const { book, used } = afterCrash(true);
      applyAll(book, [status('a')]);
      const facts = observe(book, after(1000, 80n, -1100n, { used }));
      expect(endsOf(facts)).toContain('a settled settled_by_status');
      expect(endsOf(observe(book, after(12_000, 80n, -1100n))).sort()).toEqual([
        'b uncertain unattributed',
        'b2 uncertain unattributed',
        'c voided sibling_settled',
      ]);
    });
  });

  test('together with one whose part a journal of an earlier version left open is recorded by name only', () => {
    const book = start(2);
    const first = quote(book, { quoteId: 'a', inUnits: 10n, outUnits: 200n });
    const second = quote(book, { quoteId: 'b', inUnits: 10n, outUnits: 200n });
    observe(book, after(1000, 10n, -200n, { used: [first.nonce, second.nonce] }));
    const left = { ...makeSent(first, T0), seq: 2, from: 'submitted', to: 'uncertain', code: 'unattributed' } as const;
    expect(applyAll(book, [left, { kind: 'nonce_closed', atMs: T0, nonce: first.nonce }])).toEqual([]);
    expect(endsOf(observe(book, after(14_000, 10n, -200n)))).toEqual(['b uncertain unattributed']);
  });

  test('together with one whose part is not known is recorded by name only, also when a crash came between their ends', () => {
    const book = start(2);
    const first = quote(book, { quoteId: 'a', inUnits: 10n, outUnits: 200n });
    const second = quote(book, { quoteId: 'b', inUnits: 10n, outUnits: 200n });
    // One was settled and one burned: no sum says which.
    observe(book, after(1000, 10n, -200n, { used: [first.nonce, second.nonce] }));
    const { facts } = plan(book, after(12_000, 10n, -200n));
    applyAll(book, facts.slice(0, kindsOf(facts).indexOf('nonce_resolved') + 1));
    expect(endsOf(endAll(book, T0 + 12_000))).toEqual(['a uncertain unattributed']);
    expect(endsOf(observe(book, after(14_000, 10n, -200n)))).toEqual(['b uncertain unattributed']);
  });

  test('several at once: one quote each, the sum tells', () => {
    const book = start(4);
    const first = quote(book, { quoteId: 'a', inUnits: 10n, outUnits: 201n });
    const second = quote(book, { quoteId: 'b', inUnits: 20n, outUnits: 402n });
    const third = quote(book, { quoteId: 'c', inUnits: 40n, outUnits: 804n });
    expect(new Set([first.lane, second.lane, third.lane]).size).toBe(3);
    const used = [first.nonce, second.nonce, third.nonce];
    // The second was burned.
    expect(endsOf(observe(book, after(1000, 50n, -1005n, { used }))).sort()).toEqual([
      'a settled settled_by_balance',
      'b voided nonce_burned',
      'c settled settled_by_balance',
    ]);
  });

  test.each(['late', 'rejected'] as const)('settles a quote that the relay called %s, and tells it', (state) => {
    const book = start();
    const attempt = quote(book, { quoteId: 'a', inUnits: 10n, outUnits: 200n });
    const other = quote(book, { quoteId: 'b', inUnits: 11n, outUnits: 300n });
    refuse(book, attempt, state);
    refuse(book, other, state);
    // Its sibling's story was over: it ends without a record.
    expect(endsOf(observe(book, after(1000, 10n, -200n, { used: [attempt.nonce] })))).toEqual([
      'a settled settled_by_balance',
    ]);
    expect(book.counts().open).toBe(0);
  });
});

function refuse(book: Book, attempt: Attempt, state: 'late' | 'rejected'): void {
  const words = applyAll(book, [
    {
      kind: 'transition',
      eventId: newEventId(),
      atMs: T0,
      attempt,
      seq: 2,
      from: 'submitted',
      to: state,
      code: state === 'late' ? 'relay_late' : 'relay_rejected',
      note: '',
      recovered: false,
      sinceReceivedUs: null,
      replyAfterMs: 3,
      venueReply: '{}',
      settlement: null,
    },
  ]);
  expect(words).toEqual([]);
}

describe('a deadline', () => {
  test.each([
    ['a millisecond before it', -1, []],
    ['at it, where the verifier still settles', 0, []],
    ['a millisecond later', 1, ['a expired deadline_passed']],
  ])('and a final block %s', (_, ms, ends) => {
    const book = start();
    quote(book, { quoteId: 'a', inUnits: 10n, outUnits: 200n, deadlineAtMs: T0 + 60_000 });
    expect(endsOf(observe(book, after(60_000 + ms, 0n, 0n)))).toEqual([...ends]);
    expect<bigint | undefined>(book.capital(EURE.id)?.reservedForOrdersUnits).toBe(ends.length === 0 ? 200n : 0n);
  });

  test('is that of each quote: the lane keeps what the longer one needs', () => {
    const book = start();
    quote(book, { quoteId: 'big', inUnits: 10n, outUnits: 500n, deadlineAtMs: T0 + 30_000 });
    quote(book, { quoteId: 'small', inUnits: 10n, outUnits: 200n, deadlineAtMs: T0 + 60_000 });
    expect(endsOf(observe(book, after(40_000, 0n, 0n)))).toEqual(['big expired deadline_passed']);
    expect(book.capital(EURE.id)).toMatchObject({ reservedForOrdersUnits: 200n });
  });

  test('of a quote that the relay refused keeps its reservation, and ends without a record', () => {
    const book = start();
    const attempt = quote(book, { quoteId: 'a', inUnits: 10n, outUnits: 200n });
    refuse(book, attempt, 'late');
    observe(book, after(60_000, 0n, 0n));
    expect(book.capital(EURE.id)).toMatchObject({ reservedForOrdersUnits: 200n });
    expect(endsOf(observe(book, after(60_001, 0n, 0n)))).toEqual([]);
    expect(book.capital(EURE.id)).toMatchObject({ reservedForOrdersUnits: 0n });
    expect(book.counts().open).toBe(0);
  });

  test('of a quote whose sending is not on record ends by way of uncertain', () => {
    const book = start();
    quote(book, { quoteId: 'a', inUnits: 10n, outUnits: 200n, sent: false });
    const facts = observe(book, after(60_001, 0n, 0n));
    expect(endsOf(facts)).toEqual(['a uncertain restarted', 'a expired deadline_passed']);
    expect(facts.filter((fact) => fact.kind === 'transition').map((fact) => [fact.seq, fact.recovered])).toEqual([
      [1, true],
      [2, false],
    ]);
  });
});

describe('a snapshot is passed over', () => {
  test.each([
    ['at the block of the last', { height: 100, timeMs: T0 }],
    ['of an older block', { height: 99, timeMs: T0 - 1 }],
    ['of a higher block of an earlier time', { height: 101, timeMs: T0 - 1 }],
  ])('%s', (_, block) => {
    const book = start();
    quote(book, { quoteId: 'a', inUnits: 10n, outUnits: 200n });
    expect(observe(book, after(0, 5n, 5n, block))).toEqual([]);
  });

  test('that lacks a nonce with live quotes, and is not when the nonce holds nothing', () => {
    const book = start();
    expect(kindsOf(observe(book, after(500, 0n, 7n, { nonces: [] })))).toEqual(['balance']);
    quote(book, { quoteId: 'a', inUnits: 10n, outUnits: 200n });
    expect(observe(book, after(1000, 0n, 0n, { nonces: [] }))).toEqual([]);
  });

  test('whose nonces are not complete, but for what it says of those that it read', () => {
    const book = start(2);
    const read = quote(book, { quoteId: 'a', inUnits: 10n, outUnits: 200n });
    const unread = quote(book, { quoteId: 'b', inUnits: 30n, outUnits: 700n });
    const both = after(1000, 40n, -900n, { used: [read.nonce, unread.nonce], invalidSalts: [SALT] });
    const { facts, verdict, refusal } = plan(book, { ...both, nonces: [read.nonce] });
    expect([verdict, refusal?.reason]).toEqual(['incomplete', 'snapshot_incomplete']);
    expect(facts.flatMap((fact) => (fact.kind === 'nonce_used' ? [fact.nonce] : []))).toEqual([read.nonce]);
    expect(kindsOf(facts)).toContain('nonce_draining');
    expect(applyAll(book, facts)).toEqual([]);
    // 200 of the 900 are reserved by the nonce that was used.
    expect(book.capital(EURE.id)).toMatchObject({
      creditedUnits: EURE_START,
      reservedForPositionsUnits: 200n,
      spendableUnits: EURE_START - 900n,
    });
    expect(endsOf(observe(book, { ...both, height: 1101 })).sort()).toEqual([
      'a settled settled_by_balance',
      'b settled settled_by_balance',
    ]);
    expect(book.capital(EURE.id)?.spendableUnits).toBe(units(EURE_START - 900n));
  });

  test('that does not name an asset', () => {
    const book = start();
    const snapshot = makeObservedSnapshot(book, after(1000, 0n, 0n));
    const credited = { [BTC.id]: snapshot.credited[BTC.id] ?? (0n as never) };
    expect(book.observe({ ...snapshot, credited }, T0, newEventId)).toMatchObject({
      facts: [],
      verdict: 'refused',
      refusal: { reason: 'balance_missing' },
    });
  });

  test('of a block before one that showed a nonce used, as a lagging node gives after a crash', () => {
    const book = start();
    const { nonce } = quote(book, { quoteId: 'a', inUnits: 10n, outUnits: 200n });
    const { facts } = plan(book, after(2000, 10n, -200n, { used: [nonce] }));
    // Only the first of the facts reached the disk.
    applyAll(book, facts.slice(0, 1));
    expect(kindsOf(facts)[0]).toBe('nonce_used');
    expect(book.capital(EURE.id)).toMatchObject({ reservedForPositionsUnits: 200n, creditedUnits: EURE_START });
    expect(observe(book, after(1000, 0n, 0n))).toEqual([]);
    expect(endsOf(observe(book, after(2000, 10n, -200n)))).toEqual(['a settled settled_by_balance']);
    expect(book.capital(EURE.id)).toMatchObject({ reservedForPositionsUnits: 0n, creditedUnits: EURE_START - 200n });
  });
});

describe('a change that no settlement explains', () => {
  const breachIn = (facts: readonly Fact[]): (string | null)[] =>
    facts.flatMap((fact) => (fact.kind === 'balance' ? [fact.breach] : []));

  test('upwards is an inflow, spendable now, and rolls the checkpoint', () => {
    const book = start();
    const { nonce } = quote(book, { quoteId: 'a', inUnits: 10n, outUnits: 200n });
    observe(book, after(1000, 10n, -200n, { used: [nonce] }));
    expect(breachIn(observe(book, after(2000, 10n, 300n)))).toEqual([null]);
    expect(book.capital(EURE.id)).toMatchObject({
      allocatedUnits: EURE_START + 300n,
      realizedUnits: 0n,
      spendableUnits: EURE_START + 300n,
    });
    // The other asset did not change: its profit stays.
    expect(book.capital(BTC.id)).toMatchObject({ allocatedUnits: BTC_START, realizedUnits: 10n });
  });

  test('downwards is a breach, in words', () => {
    const book = start();
    quote(book, { quoteId: 'a', inUnits: 10n, outUnits: 200n });
    const { facts } = plan(book, after(1000, 0n, -1n));
    const [breach] = breachIn(facts);
    expect(breach).toContain(`credited ${EURE.id} fell by 1 more`);
    expect(applyAll(book, facts)).toEqual([breach ?? '']);
  });

  test('downwards together with a settlement is a breach by the rest', () => {
    const book = start();
    const { nonce } = quote(book, { quoteId: 'a', inUnits: 10n, outUnits: 200n });
    applyAll(book, [status('a')]);
    const facts = observe(book, after(1000, 10n, -250n, { used: [nonce] }));
    expect(breachIn(facts)[0]).toContain('fell by 50 more');
    // No balance confirms the name, until the wait for the transaction is over.
    expect(endsOf(facts)).toEqual([]);
    expect(endsOf(observe(book, after(1000 + NAME_WAIT_MS - 1, 10n, -250n)))).toEqual([]);
    expect(endsOf(observe(book, after(1000 + NAME_WAIT_MS, 10n, -250n)))).toEqual(['a settled settled_by_status']);
  });

  test('downwards together with a settlement that its transaction proves is settled at once', () => {
    const book = start();
    const { nonce } = quote(book, { quoteId: 'a', inUnits: 10n, outUnits: 200n });
    const executed = [{ intentHash: hashOf('a'), accountId: ACCOUNT, nonce }];
    const transactions = [{ txHash: 'tx-9', executed }];
    const facts = observe(book, after(1000, 10n, -250n, { used: [nonce], transactions }));
    expect(endsOf(facts)).toEqual(['a settled settled_by_status']);
  });

  test('where the venue names a quote that the balances contradict, the transaction that comes after the name decides', () => {
    const book = start();
    const { nonce } = quote(book, { quoteId: 'a', inUnits: 10n, outUnits: 200n });
    quote(book, { quoteId: 'b', inUnits: 12n, outUnits: 300n });
    applyAll(book, [status('b', 'tx-9')]);
    const facts = observe(book, after(1000, 10n, -250n, { used: [nonce] }));
    expect(endsOf(facts)).toEqual([]);
    const executed = [{ intentHash: hashOf('a'), accountId: ACCOUNT, nonce }];
    const transactions = [{ txHash: 'tx-9', executed }];
    expect(endsOf(observe(book, after(3000, 10n, -250n, { transactions })))).toEqual([
      'a settled settled_by_status',
      'b voided sibling_settled',
    ]);
  });

  test('beyond what is promised breaches the invariant until the quotes are over', () => {
    const book = start();
    quote(book, { quoteId: 'a', inUnits: 10n, outUnits: 200n });
    observe(book, after(1000, 0n, -EURE_START + 100n));
    expect(book.breach()).toEqual({ code: 'capital_breach', detail: expect.stringContaining('200 reserved') });
    expect(book.admit(EURE.id, 1n as never, T0 + 60_000, T0).ok).toBe(false);
    observe(book, after(60_001, 0n, -EURE_START + 100n));
    expect(book.breach()).toBeNull();
  });
});
