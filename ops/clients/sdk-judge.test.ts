import { expect, test } from 'bun:test';
import { judgeSdk, type RecordedTrade, type SdkEvidence } from './sdk-judge.ts';
import type { Paid, SdkEvent } from './sdk-plan.ts';

const swap: SdkEvent = {
  kind: 'swap',
  tokenIn: 'a',
  tokenOut: 'b',
  amountIn: '1000000',
  amountOut: '1999998',
  quoteHash: 'quote',
  intentHash: 'intent',
  txHash: 'tx',
  asked: 1,
  quoteMs: 1,
  settleMs: 1,
};
const trade: RecordedTrade = {
  quoteHash: 'quote',
  status: 'settled',
  txHash: 'tx',
  received: '999999',
  paid: '2000000',
  missing: [],
};
const followed: Paid = {
  assetId: 'b',
  destination: 'there',
  burnt: '550',
  arrives: '500',
  statuses: ['PENDING', 'COMPLETED'],
  transferTxHash: 'out-1',
};
const single: Paid = { ...followed, burnt: '250', arrives: '200', statuses: [], transferTxHash: 'out-2' };
const done: SdkEvent = { kind: 'done' };

function goodRun(over: Partial<SdkEvidence> = {}): SdkEvidence {
  return {
    plan: {
      swaps: [{ tokenIn: 'a', tokenOut: 'b', exactIn: '1000000', exactOut: null }],
      withdrawals: [{ assetId: 'b', amount: '500', destination: 'there', feeInclusive: false }],
    },
    events: [
      swap,
      { kind: 'case', name: 'a refusal', fault: null },
      { kind: 'paid', paid: followed, ms: 1 },
      { kind: 'paid', paid: single, ms: 1 },
      done,
    ],
    brokeOff: null,
    recorded: new Map([['quote', trade]]),
    arrivals: [
      { paid: followed, units: 500n },
      { paid: single, units: 200n },
    ],
    before: { a: 2_000_000n, b: 1_000n },
    after: { a: 1_000_000n, b: 1_000n + 1_999_998n - 550n - 250n },
    ...over,
  };
}

const recordedAs = (over: Partial<RecordedTrade>): Partial<SdkEvidence> => ({
  recorded: new Map([['quote', { ...trade, ...over }]]),
});
const arrivedAs = (over: Partial<Paid>, units: bigint | null): Partial<SdkEvidence> => ({
  arrivals: [
    { paid: { ...followed, ...over }, units },
    { paid: single, units: 200n },
  ],
});

test('a run in which everything fits has no violations', () => {
  expect(judgeSdk(goodRun())).toEqual([]);
});

test.each<[string, Partial<SdkEvidence>]>([
  ['broke off: exit 1', { brokeOff: 'exit 1' }],
  ['did not reach its end', { events: goodRun().events.filter((event) => event !== done) }],
  ['0 of 1 swaps', { events: [done] }],
  ['1 of 2 withdrawals', { arrivals: [{ paid: followed, units: 500n }] }],
  ['a refusal: taken', { events: [...goodRun().events, { kind: 'case', name: 'a refusal', fault: 'taken' }] }],
  ['no record of the swap a -> b (quote)', { recorded: new Map() }],
  ['status is accepted, not settled', recordedAs({ status: 'accepted' })],
  ['transaction is other, not tx', recordedAs({ txHash: 'other' })],
  ['received is false', recordedAs({ received: '1000001' })],
  ['received is false', recordedAs({ received: '999995' })],
  ['paid is false', recordedAs({ paid: '1999997' })],
  ['paid is false', recordedAs({ paid: null })],
  ['its story lacks end', recordedAs({ missing: ['end'] })],
  ['nothing arrived at there, not 500', arrivedAs({}, null)],
  ['499 arrived at there, not 500', arrivedAs({}, 499n)],
  ['the bridge said COMPLETED, not PENDING COMPLETED', arrivedAs({ statuses: ['COMPLETED'] }, 500n)],
  ['holds 999999 of a, not 1000000', { after: { ...goodRun().after, a: 999_999n } }],
])('against the run: %s', (finding, over) => {
  expect(judgeSdk(goodRun(over)).join('\n')).toContain(finding);
});

test('balances say nothing about a run that broke off', () => {
  const violations = judgeSdk(goodRun({ brokeOff: 'exit 1', after: { a: 0n } }));
  expect(violations).toEqual(["the SDK's run broke off: exit 1"]);
});
