// Used nonces of which the journal may lack quotes, since a crash took its end.

import { expect, test } from 'bun:test';
import { BTC, EURE } from '../../../contracts/assets.ts';
import type { Fact } from '../../model/facts.ts';
import {
  ACCOUNT,
  applyAll,
  born,
  emptyBook,
  keepHouse,
  kindsOf,
  makeAttempt,
  makeDecided,
  makeSent,
  makeStarted,
  observe,
  openBook,
  quote,
  type SnapshotInput,
  T0,
} from '../book.fixture.ts';
import { CLOCK_SKEW_MAX_MS } from './evidence.ts';
import { QUOTE_LIFETIME_LIMIT_MS } from './waits.ts';

const [BTC_START, EURE_START] = [1_000_000n, 1_000_000n];

/** A lane without a quote on record. */
function afterCrash() {
  const book = openBook(1, BTC_START, EURE_START);
  const lane = book.nonces().find(({ asset }) => asset === EURE.id);
  if (lane === undefined) throw new Error('no lane is open');
  applyAll(book, [makeStarted(T0)]);
  return { book, nonce: lane.nonce };
}

/** A snapshot `ms` after the start with this change of each asset. */
const after = (ms: number, btc: bigint, eure: bigint, over: Partial<SnapshotInput> = {}): SnapshotInput => ({
  ...{ height: 100 + ms, timeMs: T0 + ms, btc: BTC_START + btc, eure: EURE_START + eure },
  ...over,
});

test('a nonce that a crash may have taken its only quote from is left open, with the change of the balances', () => {
  const { book, nonce } = afterCrash();
  const resolutions = (facts: readonly Fact[]) => facts.filter(({ kind }) => kind === 'nonce_resolved');
  expect(resolutions(observe(book, after(1000, 10n, -200n, { used: [nonce] })))).toEqual([]);
  const facts = observe(book, after(12_000, 10n, -200n));
  expect(resolutions(facts)).toMatchObject([
    {
      ...{ nonce, outcome: 'open', mayLackQuotes: true, carrier: null },
      settlement: { balanceChange: { [BTC.id]: 10n, [EURE.id]: -200n }, candidates: [] },
    },
  ]);
  expect(kindsOf(facts).at(-1)).toBe('nonce_closed');
});

test.each([
  ['nothing moved', 0n],
  ['no settlement explains the inflow', 500n],
])('a nonce that a crash may have taken quotes from was burned where a transaction says so: %s', (_name, inflow) => {
  const { book, nonce } = afterCrash();
  const executed = [{ intentHash: 'alien', accountId: ACCOUNT, nonce }];
  const transactions = [{ txHash: 'tx', executed }];
  const facts = observe(book, after(1000, 0n, inflow, { used: [nonce], transactions }));
  expect(facts.find(({ kind }) => kind === 'nonce_resolved')).toMatchObject({ outcome: 'burned' });
});

test.each([
  ['our own pull', 'hash-of-the-pull', true],
  ['a payload that is not on record', 'alien', false],
  ['one that no transaction tells', null, false],
])('a loss may be a quote that a crash took, but not where the nonce was used by %s', (_by, intentHash, isLoss) => {
  const { book, nonce } = afterCrash();
  const common = { atMs: T0, nonce, cause: 'operator', detail: 'operator' } as const;
  applyAll(book, [{ kind: 'pull_signed', ...common, intentHash: 'hash-of-the-pull' }]);
  const transactions =
    intentHash === null ? [] : [{ txHash: 'tx', executed: [{ intentHash, accountId: ACCOUNT, nonce }] }];
  const facts = observe(book, after(1000, 0n, -200n, { used: [nonce], transactions }));
  const balance = facts.find((fact) => fact.kind === 'balance');
  expect(balance?.breach ?? null).toEqual(isLoss ? expect.stringContaining('fell by 200') : null);
});

test.each([
  ['what a lost quote of the other nonce leaves of it is no loss', -100n, null],
  ['what was paid beyond it is one', -500n, `credited ${BTC.id} fell by 200 more`],
])('a transaction shows what a quote paid next to a nonce that lacks quotes: %s', (_name, btc, breach) => {
  const book = openBook(1, BTC_START, EURE_START);
  const proven = quote(book, { quoteId: 'proven', direction: 'EURe->BTC', inUnits: 100n, outUnits: 300n });
  const other = quote(book, { quoteId: 'other', inUnits: 50n, outUnits: 60n });
  applyAll(book, [makeStarted(T0)]);
  const executed = [{ intentHash: proven.quoteHash, accountId: ACCOUNT, nonce: proven.nonce }];
  const used = [proven.nonce, other.nonce];
  // The lost quote paid 400 EURe, and brought 200 BTC where that is no loss.
  const facts = observe(book, after(1000, btc, -300n, { used, transactions: [{ txHash: 'tx', executed }] }));
  const balance = facts.find((fact) => fact.kind === 'balance');
  expect(balance?.breach ?? null).toEqual(breach === null ? null : expect.stringContaining(breach));
});

test('a change that no quote explains is in the record of the nonce that has quotes, and not in that of one without', () => {
  const book = openBook(2, BTC_START, EURE_START);
  const [empty, full] = book.nonces().filter(({ asset }) => asset === EURE.id);
  if (empty === undefined || full === undefined) throw new Error('two lanes are open');
  const { lane, nonce } = full;
  for (const quoteId of ['a', 'b']) {
    const attempt = makeAttempt({ quoteId, lane, nonce, inUnits: 10n, outUnits: 200n, deadlineAtMs: T0 + 60_000 });
    applyAll(book, [makeDecided(attempt, T0), makeSent(attempt, T0)]);
  }
  applyAll(book, [makeStarted(T0)]);
  observe(book, after(1000, 45n, -900n, { used: [empty.nonce, nonce] }));
  const resolved = observe(book, after(12_000, 45n, -900n)).filter((fact) => fact.kind === 'nonce_resolved');
  const recorded = Object.fromEntries(resolved.map(({ nonce: of, settlement }) => [of, settlement]));
  expect(recorded).toMatchObject({
    [nonce]: { balanceChange: { [BTC.id]: 45n, [EURE.id]: -900n }, candidates: ['a', 'b'] },
    [empty.nonce]: { balanceChange: {}, candidates: [] },
  });
});

test('what a crash took from a run of long quotes stays bound, also when a run of short ones crashes after it', () => {
  const [longMs, shortMs] = [600_000, 20_000];
  const book = emptyBook(1);
  applyAll(book, [born, makeStarted(T0, longMs)]);
  observe(book, after(0, 0n, 0n));
  keepHouse(book, T0);
  const boundUntilMs = () => book.nonces().map((nonce) => nonce.boundUntilMs ?? 0);
  applyAll(book, [makeStarted(T0, shortMs)]);
  observe(book, after(1000, 0n, 0n));
  const [longest = 0] = boundUntilMs();
  expect(longest).toBeGreaterThanOrEqual(T0 + longMs);
  applyAll(book, [makeStarted(T0, shortMs)]);
  observe(book, after(2000, 0n, 0n));
  for (const untilMs of boundUntilMs()) expect(untilMs).toBeGreaterThanOrEqual(longest);
});

test('crashes one after the other bind for no longer than a quote can live at most', () => {
  const { book } = afterCrash();
  for (let crash = 1; crash <= 500; crash++) {
    // Our clock is ahead of the chain's.
    observe(book, after(crash * 1000, 0n, 0n, { readAtMs: T0 + crash * 1000 + 4000 }));
    applyAll(book, [makeStarted(T0)]);
  }
  observe(book, after(501_000, 0n, 0n));
  const longestMs = 501_000 + QUOTE_LIFETIME_LIMIT_MS + CLOCK_SKEW_MAX_MS;
  for (const { boundUntilMs } of book.nonces()) expect(boundUntilMs).toBeLessThanOrEqual(T0 + longestMs);
});
