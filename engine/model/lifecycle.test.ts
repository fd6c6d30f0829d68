import { describe, expect, test } from 'bun:test';
import { nonceText } from '../../contracts/ids.ts';
import { TRADE_STATES, type TradeState } from '../../contracts/reasons.ts';
import { makeAttempt, newEventId, T0 } from '../inventory/book.fixture.ts';
import { endsWithoutRecord, isFinal, mayFollow, step } from './lifecycle.ts';

// Written out once more, as pairs: a change of the table has to be meant twice.
const ALLOWED = new Set(
  `proposed>submitted proposed>uncertain proposed>failed proposed>rejected proposed>shadow
  submitted>accepted submitted>rejected submitted>late submitted>failed submitted>uncertain
  submitted>settled submitted>expired submitted>voided submitted>pulled
  accepted>settled accepted>expired accepted>voided accepted>uncertain accepted>pulled
  uncertain>accepted uncertain>rejected uncertain>late uncertain>uncertain
  uncertain>settled uncertain>expired uncertain>voided uncertain>pulled
  rejected>settled rejected>uncertain rejected>pulled late>settled late>uncertain late>pulled
  failed>settled failed>uncertain failed>pulled`.split(/\s+/),
);

const PAIRS = TRADE_STATES.flatMap((from) => TRADE_STATES.map((to) => [from, to] as const));

const attempt = makeAttempt({
  quoteId: 'quote-1',
  inUnits: 1n,
  outUnits: 2n,
  lane: 0,
  nonce: nonceText('nonce'),
  deadlineAtMs: T0,
});

describe('every pair of states', () => {
  test.each(PAIRS)('%s to %s', (from, to) => {
    const isAllowed = ALLOWED.has(`${from}>${to}`);
    expect(mayFollow(from, to)).toBe(isAllowed);
    const fact = step({ attempt, state: from, seq: 6 }, { to, code: 'answer_sent' }, { atMs: T0, newEventId });
    if (isAllowed) expect(fact).toMatchObject({ kind: 'transition', from, to, seq: 7, atMs: T0, recovered: false });
    else expect(fact).toBeNull();
  });
});

test('five states are final, three end in silence', () => {
  const finals: TradeState[] = TRADE_STATES.filter(isFinal);
  expect(finals).toEqual(['settled', 'expired', 'voided', 'pulled', 'shadow']);
  expect(TRADE_STATES.filter(endsWithoutRecord)).toEqual(['rejected', 'late', 'failed']);
});

test('a step carries what is known and null for the rest', () => {
  const maker = { atMs: T0 + 1, newEventId: () => 'event-x' };
  const next = { to: 'late', code: 'relay_late', note: 'over', replyAfterMs: 12, venueReply: '{"id":1}' } as const;
  const fact = step({ attempt, state: 'submitted', seq: 1 }, next, maker);
  expect(fact).toEqual({
    kind: 'transition',
    eventId: 'event-x',
    atMs: T0 + 1,
    attempt,
    seq: 2,
    from: 'submitted',
    to: 'late',
    code: 'relay_late',
    note: 'over',
    recovered: false,
    sinceReceivedUs: null,
    replyAfterMs: 12,
    venueReply: '{"id":1}',
    settlement: null,
  });
});
