import { expect, test } from 'bun:test';
import { exposureOf, type VenueEvent } from './exposure.ts';

const answered = (atMs: number, nonceHex: string, amountOutUnits: bigint, deadlineMs = 1000): VenueEvent => ({
  kind: 'answered',
  atMs,
  quoteId: `q${atMs}`,
  nonceHex,
  assetOut: 'A',
  amountOutUnits,
  deadlineMs,
});
const settled = (atMs: number, nonceHex: string, balance: bigint): VenueEvent => ({
  kind: 'settled',
  atMs,
  nonceHex,
  balances: { A: balance },
});

const CASES: readonly { name: string; events: VenueEvent[]; excess: bigint[]; worst: number }[] = [
  {
    name: 'answers under one nonce count once',
    events: [answered(1, 'n', 6n), answered(2, 'n', 7n)],
    excess: [],
    worst: 70,
  },
  { name: 'nonces add up', events: [answered(1, 'n', 6n), answered(2, 'm', 5n)], excess: [11n], worst: 110 },
  {
    name: 'the whole balance may be exposed',
    events: [answered(1, 'n', 6n), answered(2, 'm', 4n)],
    excess: [],
    worst: 100,
  },
  {
    name: 'an answer past its deadline is over',
    events: [answered(1, 'n', 6n, 5), answered(6, 'm', 7n)],
    excess: [],
    worst: 70,
  },
  {
    name: 'at its deadline it still settles',
    events: [answered(1, 'n', 6n, 5), answered(5, 'm', 7n)],
    excess: [13n],
    worst: 130,
  },
  {
    name: 'a used nonce exposes nothing more, and the balance is what is left',
    events: [answered(1, 'n', 6n), settled(2, 'n', 4n), answered(3, 'n', 9n), answered(4, 'm', 4n)],
    excess: [],
    worst: 100,
  },
  {
    name: 'a settlement shrinks what the others may take',
    events: [answered(1, 'n', 5n), answered(2, 'm', 5n), settled(3, 'n', 4n)],
    excess: [5n],
    worst: 125,
  },
];

test.each(CASES)('$name', ({ events, excess, worst }) => {
  const exposure = exposureOf(events, { A: 10n });
  expect(exposure.excesses.map(({ exposedUnits }) => exposedUnits)).toEqual(excess);
  expect(exposure.worstPct['A']).toBe(worst);
});

test('an asset that the account does not have must not be promised', () => {
  expect(exposureOf([answered(1, 'n', 1n)], {}).excesses).toHaveLength(1);
});
