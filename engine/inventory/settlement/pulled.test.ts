// Nonces whose quotes were pulled: who used the nonce, by the transaction that did, and what follows for each quote.

import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { BTC, EURE } from '../../../contracts/assets.ts';
import type { NonceText } from '../../../contracts/ids.ts';
import type { TradeState } from '../../../contracts/reasons.ts';
import type { Fact } from '../../model/facts.ts';
import { type NextStep, step } from '../../model/lifecycle.ts';
import type { Attempt } from '../../model/values.ts';
import {
  ACCOUNT,
  applyAll,
  emptyBook,
  endsOf,
  hashOf,
  keepHouse,
  makeCheckpoint,
  makeStarted,
  newEventId,
  observe,
  openBook,
  pullOf,
  quote,
  SALT,
  type SnapshotInput,
  T0,
} from '../book.fixture.ts';
import type { Book } from '../book.ts';
import { NAME_WAIT_MS } from './resolutions.ts';

const START = 10n ** 12n;
const PULL_HASH = 'hash-of-the-pull';

const at = (height: number, over: Partial<SnapshotInput> = {}): SnapshotInput => ({
  height,
  timeMs: T0 + (height - 100) * 1000,
  btc: START,
  eure: START,
  ...over,
});

const executing = (nonce: NonceText, intentHash: string): NonNullable<SnapshotInput['transactions']> => [
  { txHash: 'tx-pull', executed: [{ nonce, intentHash, accountId: ACCOUNT }] },
];

/** A lane with quotes in it that is being pulled. */
function pulling(...quoteIds: string[]) {
  const book = openBook(1, START, START);
  const attempts = quoteIds.map((quoteId, index) =>
    quote(book, { quoteId, inUnits: 100n, outUnits: 1000n + BigInt(index) }),
  );
  const nonce = attempts[0]?.nonce ?? ('' as NonceText);
  expect(applyAll(book, [pullOf(nonce, PULL_HASH)])).toEqual([]);
  return { book, attempts, nonce };
}

const eure = (book: Book) => book.capital(EURE.id);

describe('a pulled lane', () => {
  test('takes no quote from then on, stays reserved until a final block shows the nonce used, and is free then', () => {
    const { book, nonce } = pulling('a', 'b');
    expect(() => quote(book, { quoteId: 'c', inUnits: 1n, outUnits: 1n })).toThrow('no lane');
    expect(book.nonces().find((view) => view.nonce === nonce)).toMatchObject({ draining: 'pulled', current: false });
    observe(book, at(101));
    expect(eure(book)).toMatchObject({ reservedForOrdersUnits: 1001n });
    const facts = observe(book, at(102, { used: [nonce], transactions: executing(nonce, PULL_HASH) }));
    expect(endsOf(facts)).toEqual(['a pulled pulled_by_transaction', 'b pulled pulled_by_transaction']);
    expect(eure(book)).toMatchObject({ reservedForOrdersUnits: 0n, reservedForPositionsUnits: 0n, realizedUnits: 0n });
    expect(book.counts().open).toBe(0);
    const [first] = facts.flatMap((fact) => (fact.kind === 'transition' ? [fact] : []));
    expect(first).toMatchObject({ note: 'an operator withdrew the quotes', settlement: { txHash: 'tx-pull' } });
  });

  test('gets a fresh nonce at once, for what the pulled quotes leave', () => {
    const { book, nonce } = pulling('a');
    keepHouse(book, T0);
    const current = book.nonces().find((view) => view.asset === EURE.id && view.current);
    expect(current?.nonce).not.toBe(nonce);
    expect(current?.ceilingUnits as bigint).toBe(START - 1000n);
    expect(quote(book, { quoteId: 'c', inUnits: 1n, outUnits: 1n }).nonce).not.toBe(nonce);
  });

  test('is pulled while no salt is known: nothing takes its place until one is', () => {
    const { book } = pulling('a');
    keepHouse(book, T0, null);
    expect(book.hasLane(EURE.id)).toBe(false);
    keepHouse(book, T0);
    expect(book.hasLane(EURE.id)).toBe(true);
  });

  test('whose quotes are over before the pull was executed is forgotten like any other', () => {
    const { book, nonce } = pulling('a');
    expect(endsOf(observe(book, at(200)))).toEqual(['a expired deadline_passed']);
    keepHouse(book, T0 + 100_000);
    expect(book.nonces().some((view) => view.nonce === nonce)).toBe(false);
  });
});

describe('who used the nonce', () => {
  test('a quote that was settled before the pull wins, by its amounts alone', () => {
    const { book, nonce } = pulling('a', 'b');
    const facts = observe(book, at(101, { btc: START + 100n, eure: START - 1001n, used: [nonce] }));
    expect(endsOf(facts)).toEqual(['b settled settled_by_balance', 'a voided sibling_settled']);
  });

  test('a quote that was settled before the pull wins, by its transaction', () => {
    const { book, attempts, nonce } = pulling('a', 'b');
    const transactions = executing(nonce, attempts[0]?.quoteHash ?? '');
    const facts = observe(book, at(101, { btc: START + 100n, eure: START - 1000n, used: [nonce], transactions }));
    expect(endsOf(facts)).toEqual(['a settled settled_by_status', 'b voided sibling_settled']);
  });

  test('a payload that is neither a quote nor our pull is a stranger', () => {
    const { book, nonce } = pulling('a');
    const facts = observe(book, at(101, { used: [nonce], transactions: executing(nonce, 'another-hash') }));
    expect(endsOf(facts)).toEqual(['a voided nonce_burned']);
    const [end] = facts.flatMap((fact) => (fact.kind === 'transition' ? [fact] : []));
    expect(end?.note).toBe('the intent another-hash used the nonce');
  });

  test('without a pull on record, a nonce that moved nothing was used by a stranger', () => {
    const book = openBook(1, START, START);
    const { nonce } = quote(book, { quoteId: 'a', inUnits: 100n, outUnits: 1000n });
    expect(endsOf(observe(book, at(101, { used: [nonce] })))).toEqual(['a voided nonce_burned']);
  });

  test('until the transaction is read nothing is said; after the wait it is taken for our pull', () => {
    const { book, nonce } = pulling('a');
    expect(endsOf(observe(book, at(101, { used: [nonce] })))).toEqual([]);
    // Its capital is free all the same.
    expect(eure(book)).toMatchObject({ reservedForOrdersUnits: 0n, reservedForPositionsUnits: 0n });
    expect(endsOf(observe(book, at(101 + NAME_WAIT_MS / 1000 - 1)))).toEqual([]);
    expect(endsOf(observe(book, at(101 + NAME_WAIT_MS / 1000)))).toEqual(['a pulled pulled_by_balance']);
  });

  test('a status for a quote whose settlement lost against the pull leaves nothing open', () => {
    const { book, attempts, nonce } = pulling('a', 'b');
    const hash = attempts[0]?.quoteHash;
    if (hash === undefined) throw new Error('no attempt');
    applyAll(book, [
      { kind: 'status_seen', atMs: T0, quoteHash: hash, intentHash: 'i', txHash: 'tx-lost', frame: '{}' },
    ]);
    const facts = observe(book, at(101, { used: [nonce], transactions: executing(nonce, PULL_HASH) }));
    expect(endsOf(facts)).toEqual(['a pulled pulled_by_transaction', 'b pulled pulled_by_transaction']);
  });

  test('a status for a quote whose settlement lost against a pull that no transaction proves settles nothing, then or later', () => {
    const { book, nonce } = pulling('a');
    const named = { intentHash: 'i', txHash: 'tx-lost', frame: '{}' };
    applyAll(book, [{ kind: 'status_seen', atMs: T0, quoteHash: hashOf('a'), ...named }]);
    const facts = [observe(book, at(101, { used: [nonce] })), observe(book, at(112)), observe(book, at(114))];
    expect(facts.map(endsOf)).toEqual([[], ['a uncertain unattributed'], []]);
  });
});

test('a status that the balances contradict leaves nothing open of another nonce that was pulled with it', () => {
  const book = openBook(2, START, START);
  const quotes = { a: [100n, START / 4n], b: [200n, START / 2n] } as const;
  const nonces = Object.entries(quotes).map(
    ([quoteId, [inUnits, outUnits]]) => quote(book, { quoteId, inUnits, outUnits }).nonce,
  );
  expect(new Set(nonces).size).toBe(2);
  applyAll(
    book,
    nonces.map((nonce) => pullOf(nonce, PULL_HASH)),
  );
  const named = { intentHash: 'i', txHash: 'tx-lost', frame: '{}' };
  applyAll(book, [{ kind: 'status_seen', atMs: T0, quoteHash: hashOf('a'), ...named }]);
  expect(endsOf(observe(book, at(101, { used: nonces })))).toEqual([]);
  expect(endsOf(observe(book, at(112))).sort()).toEqual(['a uncertain unattributed', 'b pulled pulled_by_balance']);
  applyAll(book, [{ kind: 'status_seen', atMs: T0, quoteHash: hashOf('b'), ...named }]);
  expect(endsOf(observe(book, at(114)))).toEqual([]);
});

/** The steps that bring a quote to each state. */
const WAYS: Readonly<Record<string, readonly NextStep[]>> = {
  proposed: [],
  submitted: [{ to: 'submitted', code: 'answer_sent' }],
  accepted: [
    { to: 'submitted', code: 'answer_sent' },
    { to: 'accepted', code: 'relay_accepted' },
  ],
  rejected: [
    { to: 'submitted', code: 'answer_sent' },
    { to: 'rejected', code: 'relay_rejected' },
  ],
  late: [
    { to: 'submitted', code: 'answer_sent' },
    { to: 'late', code: 'relay_late' },
  ],
  failed: [{ to: 'failed', code: 'relay_not_connected' }],
  uncertain: [
    { to: 'submitted', code: 'answer_sent' },
    { to: 'uncertain', code: 'reply_timeout' },
  ],
};

function bring(book: Book, attempt: Attempt, steps: readonly NextStep[]): void {
  let current = { attempt, state: 'proposed' as TradeState, seq: 0 };
  for (const next of steps) {
    const fact = step(current, next, { atMs: T0, newEventId });
    if (fact === null) throw new Error(`no step to ${next.to}`);
    expect(applyAll(book, [fact])).toEqual([]);
    current = { attempt, state: fact.to, seq: fact.seq };
  }
}

test.each(Object.entries(WAYS))('a pulled quote ends as pulled from %s', (_state, steps) => {
  const book = openBook(1, START, START);
  const attempt = quote(book, { quoteId: 'a', inUnits: 100n, outUnits: 1000n, sent: false });
  bring(book, attempt, steps);
  applyAll(book, [pullOf(attempt.nonce, PULL_HASH)]);
  const facts = observe(book, at(101, { used: [attempt.nonce], transactions: executing(attempt.nonce, PULL_HASH) }));
  expect(endsOf(facts).at(-1)).toBe('a pulled pulled_by_transaction');
  expect(book.counts().open).toBe(0);
});

test('a crash at any fact ends each quote once, and as it would have ended', () => {
  fc.assert(
    fc.property(fc.nat({ max: 30 }), fc.boolean(), (cut, isProven) => {
      const { book, nonce } = pulling('a', 'b', 'c');
      const transactions = isProven ? executing(nonce, PULL_HASH) : [];
      const last = at(130, { used: [nonce], transactions });
      const before = [...observe(book, at(101, { used: [nonce] })), ...observe(book, last)];
      const again = emptyBook(1);
      const replayed: Fact[] = [];
      const fresh = pulling('a', 'b', 'c').book;
      applyAll(again, makeCheckpoint(fresh.snapshot()));
      // The nonces of two books differ: the facts are those of the one that crashes.
      const nonceOf = again.nonces().find(({ pull }) => pull !== null)?.nonce ?? nonce;
      const theirs = executing(nonceOf, PULL_HASH);
      const firsts = [
        ...observe(fresh, at(101, { used: [nonceOf] })),
        ...observe(fresh, { ...last, used: [nonceOf], transactions: isProven ? theirs : [] }),
      ];
      for (const fact of firsts.slice(0, cut)) {
        expect(again.apply(fact)).toBeNull();
        replayed.push(fact);
      }
      expect(again.apply(makeStarted(T0 + 40_000))).toBeNull();
      const rest = [
        ...observe(again, at(140, { used: [nonceOf], transactions: isProven ? theirs : [] })),
        ...observe(again, at(160)),
      ];
      const ends = endsOf([...replayed, ...rest]);
      const code = isProven ? 'pulled_by_transaction' : 'pulled_by_balance';
      expect(ends.sort()).toEqual([`a pulled ${code}`, `b pulled ${code}`, `c pulled ${code}`]);
      expect(endsOf(before)).toHaveLength(3);
    }),
    { numRuns: 60 },
  );
});

test('a checkpoint keeps the pull and its transactions; one of an earlier version has none', () => {
  const { book, nonce } = pulling('a');
  applyAll(book, [
    { kind: 'pull_sent', atMs: T0, nonce, txHash: 'tx-1' },
    { kind: 'pull_sent', atMs: T0, nonce, txHash: 'tx-2' },
  ]);
  const snapshot = book.snapshot();
  const again = emptyBook(1);
  applyAll(again, makeCheckpoint(snapshot));
  expect(again.nonces().find((view) => view.nonce === nonce)?.pull).toEqual({
    cause: 'operator',
    detail: 'operator',
    intentHash: PULL_HASH,
    atMs: T0,
    txHashes: ['tx-1', 'tx-2'],
  });
  const before = { ...snapshot, nonces: snapshot.nonces.map(({ pull: _pull, ...stored }) => stored) };
  const old = emptyBook(1);
  applyAll(old, makeCheckpoint(before));
  expect(old.nonces().every(({ pull }) => pull === null)).toBe(true);
});

describe('what a price is measured from', () => {
  const priced = (book: Book, quoteId: string, referenceRateE8: bigint | null, deadlineAtMs: number) => {
    const attempt = quote(book, { quoteId, inUnits: 100n, outUnits: 1000n, deadlineAtMs, referenceRateE8 });
    return attempt.nonce;
  };
  const pricesOf = (book: Book) => {
    const list: unknown[] = [];
    book.eachSigningPrice((nonce, worstE8, worse) => list.push([nonce, worstE8, worse]));
    return list;
  };

  test('is the worst price of the live quotes of each nonce, also after a restart', () => {
    const book = openBook(1, START, START);
    const nonce = priced(book, 'a', 300n, T0 + 30_000);
    priced(book, 'b', 200n, T0 + 60_000);
    priced(book, 'old', null, T0 + 60_000);
    expect(pricesOf(book)).toEqual([[nonce, 300n, 'lower']]);
    const again = emptyBook(1);
    applyAll(again, makeCheckpoint(book.snapshot()));
    expect(pricesOf(again)).toEqual([[nonce, 300n, 'lower']]);
    observe(book, at(140));
    expect(pricesOf(book)).toEqual([[nonce, 200n, 'lower']]);
    applyAll(book, [pullOf(nonce, PULL_HASH)]);
    expect(pricesOf(book)).toEqual([]);
  });
});

test('a nonce whose salt was invalidated cannot be pulled: the verifier refuses every payload with it', () => {
  const book = openBook(1, START, START);
  const { nonce } = quote(book, { quoteId: 'a', inUnits: 100n, outUnits: 1000n });
  const pullable = () => book.nonces().find((view) => view.nonce === nonce)?.pullable;
  expect(pullable()).toBe(true);
  observe(book, at(101, { invalidSalts: [SALT] }));
  expect(pullable()).toBe(false);
});

test('quotes that a crash took from the journal are pulled with the others, and leave no doubt behind', () => {
  const { book, nonce } = pulling('a');
  applyAll(book, [makeStarted(T0)]);
  expect(eure(book)?.reservedForOrdersUnits as bigint).toBe(START);
  const facts = observe(book, at(101, { used: [nonce], transactions: executing(nonce, PULL_HASH) }));
  expect(endsOf(facts)).toEqual(['a pulled pulled_by_transaction']);
  expect(book.capital(BTC.id)?.creditedUnits as bigint).toBe(START);
  expect(eure(book)?.reservedForOrdersUnits as bigint).toBe(0n);
});

test('a transaction that was prepared while its nonce was closed is no contradiction', () => {
  const { book, nonce } = pulling('a');
  observe(book, at(170));
  keepHouse(book, T0 + 70_000);
  expect(book.nonces().some((each) => each.nonce === nonce)).toBe(false);
  expect(applyAll(book, [{ kind: 'pull_sent', atMs: T0 + 70_000, nonce, txHash: 'tx-pull' }])).toEqual([]);
});
