import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { EURE } from '../../../contracts/assets.ts';
import { nonceText } from '../../../contracts/ids.ts';
import { makeQuote } from '../book.fixture.ts';
import { LiveQuotes } from '../live-quotes.ts';
import { laneShares, planCeilings } from './ceilings.ts';
import { NOT_ADMITTED, type NonceEntry, reservationOf } from './lanes.ts';

/** One quote that pays so much; none for 0. */
function liveOf(outUnits: bigint): LiveQuotes {
  const live = new LiveQuotes();
  if (outUnits > 0n) live.add(makeQuote('quote', 1n, outUnits));
  return live;
}

const entry = (lane: number, largestUnits: bigint, boundUnits = 0n): NonceEntry => ({
  nonce: nonceText(`nonce-${lane}`),
  asset: EURE.id,
  lane,
  salt: '',
  nonceDeadlineAtMs: 0,
  admission: NOT_ADMITTED,
  ceilingUnits: 0n,
  quoteMaxUnits: null,
  draining: null,
  pull: null,
  saltInvalidHeight: 0,
  saltDead: false,
  live: liveOf(largestUnits),
  boundUnits,
  boundUntilMs: 0,
  used: null,
  balanceChange: null,
  executed: null,
  resolution: null,
  winner: null,
});

describe('shares', () => {
  test.each([
    [1000n, 1, [1000n]],
    [1001n, 2, [500n, 501n]],
    [1000n, 4, [500n, 166n, 166n, 166n]],
    [1n, 4, [0n, 0n, 0n, 0n]],
    [3n, 2, [1n, 2n]],
    [0n, 3, [0n, 0n, 0n]],
    [-5n, 2, [0n, 0n]],
  ])('of %p over %p lanes', (spendable, lanes, shares) => {
    expect(laneShares(spendable, lanes)).toEqual(shares);
  });

  test('sum to at most what there is, and lose less than a unit a lane and one', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 1n << 100n }), fc.integer({ min: 1, max: 40 }), (spendable, lanes) => {
        const sum = laneShares(spendable, lanes).reduce((a, b) => a + b, 0n);
        expect(sum).toBeLessThanOrEqual(spendable);
        expect(spendable - sum).toBeLessThan(BigInt(lanes));
      }),
    );
  });
});

describe('a plan', () => {
  test.each([
    ['fresh lanes get their shares', 1000n, [null, null], [], [500n, 500n]],
    [
      'a draining nonce keeps what its quotes need, its lane gets the rest',
      1000n,
      [null, null],
      [entry(0, 120n)],
      [380n, 500n],
    ],
    [
      'a draining nonce that needs more than its share leaves nothing',
      1000n,
      [null, null],
      [entry(1, 700n)],
      [300n, 0n],
    ],
    ['what live quotes bind is never taken away', 100n, [entry(0, 80n), entry(1, 70n)], [], [80n, 70n]],
    ['the last lane goes without first', 100n, [entry(0, 80n), null, null], [], [80n, 20n, 0n]],
    ['after a crash a ceiling binds whole', 100n, [entry(0, 5n, 90n), null], [], [90n, 10n]],
    ['a nonce of a lane that is no more counts', 1000n, [null], [entry(7, 400n)], [600n]],
    ['nothing is left after a withdrawal', -10n, [entry(0, 3n), null], [], [3n, 0n]],
  ] as const)('%s', (_, spendable, currents, others, expected) => {
    const plan = planCeilings(spendable, currents, others);
    expect(plan.currents).toEqual([...expected]);
    for (const other of others) expect(plan.others.get(other)).toBe(other.live.largestUnits);
  });

  test('stays within what is spendable unless quotes bind more, and never below a reservation', () => {
    const nonce = fc.record({
      lane: fc.nat(5),
      largest: fc.bigInt({ min: 0n, max: 500n }),
      bound: fc.bigInt({ min: 0n, max: 300n }),
    });
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 3000n }),
        fc.array(fc.option(nonce, { nil: null }), { minLength: 1, maxLength: 5 }),
        fc.array(nonce, { maxLength: 4 }),
        (spendable, lanes, drains) => {
          const currents = lanes.map((lane, index) => (lane === null ? null : entry(index, lane.largest, lane.bound)));
          const others = drains.map(({ lane, largest, bound }) => entry(lane, largest, bound));
          const plan = planCeilings(spendable, currents, others);
          const needs = [...currents, ...others].reduce(
            (sum, one) => sum + (one === null ? 0n : reservationOf(one)),
            0n,
          );
          const total = [...plan.currents, ...plan.others.values()].reduce((a, b) => a + b, 0n);
          expect(total).toBeLessThanOrEqual(spendable > needs ? spendable : needs);
          for (const [lane, one] of currents.entries()) {
            expect(plan.currents[lane]).toBeGreaterThanOrEqual(one === null ? 0n : reservationOf(one));
          }
        },
      ),
    );
  });
});
