import { expect, test } from 'bun:test';
import { Findings } from './findings.ts';
import { Lies } from './nodes/lies.ts';
import { Stops } from './stops.ts';

const MINUTE_US = 60_000_000;
const FAILURES =
  'engine: breaker_failures: 1 answers in a row refused by the relay, 1 settlements in a row failed, limit 2';

/** An engine that may stop itself after two failures in a row. */
function stops() {
  let nowUs = 10 * MINUTE_US;
  const findings = new Findings(() => nowUs / 1000);
  const never = () => Number.NEGATIVE_INFINITY;
  const part = new Stops({
    findings,
    nowUs: () => nowUs,
    limits: { minuteEur: 1, dayEur: 1, maxNotionalEur: 1, failuresInRow: 2 },
    usedEurSince: () => [],
    openEur: () => 0,
    isPrompt: () => true,
    isDiskBad: () => false,
    withdrawnAtUs: never,
    blurredAtUs: never,
    movedOtherwiseAtUs: never,
    hasLostQuotes: () => false,
    isHidden: () => false,
    lies: new Lies(() => nowUs),
  });
  return {
    part,
    passes: (minutes: number) => (nowUs += minutes * MINUTE_US),
    refuses() {
      part.answered(1);
      part.replied(JSON.stringify({ id: 1, error: { code: -1, message: 'no' } }));
    },
    stopsItself() {
      part.disarmed(FAILURES);
      return findings.kept.map(({ rule }) => rule);
    },
  };
}

test('a settlement that was named before the arming may fail long after it, and counts with a refusal then', () => {
  const { part, passes, refuses, stopsItself } = stops();
  part.failed();
  passes(1);
  part.armed();
  passes(3);
  refuses();
  expect(stopsItself()).toEqual([]);
});

test('what was named long before the arming, or refused before it, counts no more', () => {
  const named = stops();
  named.part.failed();
  named.passes(4);
  named.part.armed();
  named.refuses();
  expect(named.stopsItself()).toEqual(['the engine stops itself for a reason alone']);
  const refused = stops();
  refused.refuses();
  refused.passes(1);
  refused.part.armed();
  refused.refuses();
  expect(refused.stopsItself()).toEqual(['the engine stops itself for a reason alone']);
});
