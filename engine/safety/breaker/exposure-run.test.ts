// The circuit breaker's view of what is open and filled, held against what a verifier does in the runs of the inventory's own property
// tests: it folds the same facts by itself, and must neither miss what can be filled nor keep what cannot.

import { expect, test } from 'bun:test';
import fc from 'fast-check';
import type { QuoteId } from '../../../contracts/ids.ts';
import { EVERYDAY, HOSTILE, LYING, Run, runOf } from '../../inventory/book-run.fixture.ts';
import type { Payload } from '../../inventory/verifier.fixture.ts';
import type { Fact } from '../../model/facts.ts';
import { Exposure, type Meter } from './exposure.ts';
import { paidValueOf } from './paid-value.ts';

type Ops = ReturnType<typeof runOf> extends fc.Arbitrary<infer Played> ? Played : never;

/** Folds the journal of a run as far as it goes; from the begin again where a crash has cut it. */
class Follower {
  readonly #run: Run;
  #journal: readonly Fact[] = [];
  #folded = 0;
  exposure = new Exposure();
  meter: Meter = this.exposure.meter();
  readonly known = new Set<QuoteId>();

  constructor(run: Run) {
    this.#run = run;
  }

  follow(): void {
    const { journal } = this.#run.shell;
    if (journal !== this.#journal) {
      this.#journal = journal;
      this.#folded = 0;
      this.exposure = new Exposure();
      this.meter = this.exposure.meter();
      this.known.clear();
    }
    for (const fact of journal.slice(this.#folded)) {
      this.exposure.apply(fact);
      if (fact.kind === 'heard') this.known.add(fact.demand.quoteId);
    }
    this.#folded = journal.length;
  }

  isKnown = ({ attempt }: Payload): boolean => this.known.has(attempt.quoteId);
}

function follow({ lanes, skewMs, ops }: Ops, check: (run: Run, follower: Follower) => void): Follower {
  const run = new Run(lanes, skewMs);
  const follower = new Follower(run);
  for (const op of ops) {
    run.step(op);
    run.checkSafety();
    follower.follow();
    check(run, follower);
  }
  run.finish();
  follower.follow();
  check(run, follower);
  return follower;
}

const isUnderWay = (payload: Payload, { verifier }: Run): boolean =>
  ['ok', 'insufficient_balance'].includes(verifier.judge(payload));

test('whatever can settle is open, and whatever has settled is filled, each at no less than what it pays', () => {
  let settled = 0;
  fc.assert(
    fc.property(runOf(EVERYDAY), (played) => {
      let atEnd: Run | null = null;
      const follower = follow(played, (run, { exposure, isKnown }) => {
        atEnd = run;
        for (const payload of run.verifier.payloads) {
          if (!isKnown(payload) || !isUnderWay(payload, run)) continue;
          const { quoteId, nonce } = payload.attempt;
          if (exposure.openUnder(nonce) < paidValueOf(payload.attempt)) throw new Error(`${quoteId} is not open`);
        }
      });
      const known = (atEnd as Run | null)?.verifier.settled.filter(follower.isKnown) ?? [];
      const paid = known.reduce((sum, { attempt }) => sum + paidValueOf(attempt), 0n);
      if (follower.meter.filledE18 < paid) throw new Error(`${follower.meter.filledE18} filled, ${paid} paid`);
      if (follower.meter.trades < known.length) throw new Error(`${follower.meter.trades} of ${known.length} trades`);
      settled += known.length;
    }),
    { numRuns: 400 },
  );
  expect(settled).toBeGreaterThan(50);
});

test.each([
  ['a hostile verifier', HOSTILE],
  ['endpoints that lie', LYING],
] as const)('against %s nothing stays open or uncertain indefinitely', (_name, ops) => {
  fc.assert(
    fc.property(runOf([...ops]), (played) => {
      const { exposure } = follow(ops === LYING ? { ...played, skewMs: 0 } : played, () => {});
      const { openE18, openNonces, uncertainE18 } = exposure;
      expect({ openE18, openNonces, uncertainE18 }).toEqual({ openE18: 0n, openNonces: 0, uncertainE18: 0n });
    }),
    { numRuns: 300 },
  );
});
