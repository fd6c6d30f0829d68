import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import {
  type ClockSample,
  clockHold,
  createClockEvidence,
  FINAL_BLOCK_LAG,
  isClockUnhealthy,
  STREAM_LAG,
} from './clock-skew.ts';

/** True time, and a monotonic clock that began 1000 s ago. */
const TRUE_MS = 1_767_225_600_000;
const NOW_US = 1_000_000_000;

/** What arrives now and is `lagMs` old in truth. */
const block = (lagMs: number, over: Partial<ClockSample> = {}): ClockSample => ({
  source: 'near:a',
  stampAtMs: TRUE_MS - lagMs,
  askedUs: NOW_US,
  receivedUs: NOW_US,
  lag: FINAL_BLOCK_LAG,
  ...over,
});
const kraken = (lagMs: number): ClockSample => block(lagMs, { source: 'kraken', lag: STREAM_LAG });
const relay = (lagMs: number): ClockSample => block(lagMs, { source: 'relay', lag: STREAM_LAG });

/** What is concluded by a wall clock that is `aheadMs` ahead of the truth. */
function verdictOf(aheadMs: number, samples: readonly ClockSample[]) {
  const evidence = createClockEvidence();
  for (const sample of samples) evidence.add(sample);
  return evidence.verdict({ nowMs: TRUE_MS + aheadMs, nowUs: NOW_US });
}

const judge = (aheadMs: number, samples: readonly ClockSample[]) => {
  const verdict = verdictOf(aheadMs, samples);
  return { unhealthy: isClockUnhealthy(verdict), held: clockHold(verdict?.skewMs ?? null) !== null };
};

const WELL = { unhealthy: false, held: false };
const UNHEALTHY = { unhealthy: true, held: false };
const HELD = { unhealthy: true, held: true };

describe('a clock', () => {
  test.each([
    ['that is right, by blocks alone', 0, [block(1200)], WELL],
    ['that is right, while blocks take 4 s', 0, [block(4000)], WELL],
    ['3 s behind, by blocks alone', -3000, [block(1200)], UNHEALTHY],
    ['3 s ahead: blocks alone cannot tell it from slow blocks', 3000, [block(1200)], WELL],
    ['3 s ahead, by Kraken', 3000, [block(1200), kraken(100)], UNHEALTHY],
    ['3 s behind, by Kraken', -3000, [kraken(100)], UNHEALTHY],
    ['30 s behind', -30_000, [block(1200)], HELD],
    ['30 s ahead', 30_000, [block(1200)], HELD],
    ['120 s behind', -120_000, [block(1200), kraken(100)], HELD],
    ['120 s ahead', 120_000, [block(1200), kraken(100)], HELD],
    ['5 s behind by what can be proven', -5000, [kraken(0)], UNHEALTHY],
    ['a millisecond more', -5001, [kraken(0)], HELD],
    ['2 s behind by what can be proven', -2000, [kraken(0)], WELL],
    ['2 s and a millisecond behind', -2001, [kraken(0)], UNHEALTHY],
  ] as const)('%s', (_name, aheadMs, samples, expected) => {
    expect(judge(aheadMs, samples)).toEqual(expected);
  });

  test('of which nobody said anything is not judged', () => {
    expect(verdictOf(0, [])).toBeNull();
    expect(clockHold(null)).toBeNull();
    expect(isClockUnhealthy(null)).toBe(false);
  });

  test('holds with the error and the limit, positive in both directions', () => {
    expect(clockHold(verdictOf(-30_000, [kraken(0)])?.skewMs ?? null)).toEqual({ value: 30_000, limit: 5000 });
    expect(clockHold(verdictOf(30_000, [kraken(0)])?.skewMs ?? null)).toEqual({ value: 29_100, limit: 5000 });
  });
});

describe('sources that contradict each other', () => {
  test('one of two nodes that lies does not make our clock wrong, whichever came first', () => {
    const lying = block(-120_000, { source: 'near:b' });
    for (const samples of [
      [block(1200), lying],
      [lying, block(1200)],
    ]) {
      expect(verdictOf(0, samples)).toMatchObject({ skewMs: 0, agreeing: ['near:a'], contradicting: ['near:b'] });
    }
  });

  test('two nodes behind a stalled chain count as one: the chain lags, our clock does not', () => {
    const samples = [block(40_000), block(40_000, { source: 'near:b' }), kraken(100)];
    expect(verdictOf(0, samples)).toMatchObject({ skewMs: 0, agreeing: ['kraken'] });
  });

  test('two kinds that agree overrule one that would make our clock right', () => {
    const samples = [block(1200), kraken(100), relay(30_000)];
    expect(verdictOf(30_000, samples)).toMatchObject({ agreeing: ['near:a', 'kraken'], contradicting: ['relay'] });
    expect(judge(30_000, samples)).toEqual(HELD);
  });

  test('two nodes that agree are believed when nobody else speaks', () => {
    expect(judge(-120_000, [block(1200), block(1300, { source: 'near:b' })])).toEqual(HELD);
  });
});

describe('evidence', () => {
  test('shows a step of the wall clock before the next sample', () => {
    const evidence = createClockEvidence();
    evidence.add(block(1200));
    const nowUs = NOW_US + 1_000_000;
    expect(clockHold(evidence.skewMs({ nowMs: TRUE_MS + 1000, nowUs }))).toBeNull();
    expect(clockHold(evidence.skewMs({ nowMs: TRUE_MS + 1000 - 60_000, nowUs }))).not.toBeNull();
    expect(clockHold(evidence.skewMs({ nowMs: TRUE_MS + 1000 + 60_000, nowUs }))).not.toBeNull();
  });

  test('that a lie left is gone after the window of its source', () => {
    const evidence = createClockEvidence();
    evidence.add(block(-120_000));
    const later = (seconds: number, lagMs: number): ClockSample => {
      const atUs = NOW_US + seconds * 1_000_000;
      return block(lagMs, { stampAtMs: TRUE_MS + seconds * 1000 - lagMs, askedUs: atUs, receivedUs: atUs });
    };
    const at = (seconds: number) =>
      evidence.verdict({ nowMs: TRUE_MS + seconds * 1000, nowUs: NOW_US + seconds * 1_000_000 });
    evidence.add(later(9, 1200));
    expect(at(9)?.skewMs).toBeLessThan(-100_000);
    evidence.add(later(11, 1200));
    expect(at(11)?.skewMs).toBe(0);
  });

  test('of an answer that took long says less, not something wrong', () => {
    const slow = block(1200, { askedUs: NOW_US - 4_000_000, stampAtMs: TRUE_MS - 5200 });
    expect(judge(0, [slow])).toEqual(WELL);
  });

  test('without a time that is a number is none', () => {
    for (const stampAtMs of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      expect(verdictOf(0, [block(0, { stampAtMs })])).toBeNull();
    }
  });

  test('is not kept for more sources than exist, and not for longer than clocks agree', () => {
    const evidence = createClockEvidence();
    for (let index = 0; index < 20; index++) evidence.add(block(1200, { source: `near:${index}` }));
    expect(evidence.ignored()).toBe(4);
    const laterUs = NOW_US + 601_000_000;
    evidence.add(kraken(100));
    expect(evidence.ignored()).toBe(5);
    evidence.add(block(0, { stampAtMs: TRUE_MS + 600_000, askedUs: laterUs, receivedUs: laterUs, source: 'near:0' }));
    const verdict = evidence.verdict({ nowMs: TRUE_MS + 601_000, nowUs: laterUs });
    expect(verdict?.agreeing).toEqual(['near:0']);
  });

  test('of honest sources never accuses a right clock, and always finds one that is far off', () => {
    const honest = fc.oneof(
      fc.integer({ min: 500, max: 4000 }).map((lag) => block(lag)),
      fc.integer({ min: 500, max: 4000 }).map((lag) => block(lag, { source: 'near:b' })),
      fc.integer({ min: 0, max: 900 }).map(kraken),
      fc.integer({ min: 0, max: 900 }).map(relay),
    );
    fc.assert(
      fc.property(
        fc.array(honest, { minLength: 1, maxLength: 12 }),
        fc.integer({ min: -200_000, max: 200_000 }),
        (samples, aheadMs) => {
          const verdict = verdictOf(aheadMs, samples);
          if (verdict === null) throw new Error('there was evidence');
          expect(verdict.fromMs).toBeLessThanOrEqual(aheadMs);
          expect(verdict.toMs).toBeGreaterThanOrEqual(aheadMs);
          expect(Math.abs(verdict.skewMs)).toBeLessThanOrEqual(Math.abs(aheadMs));
          // Blocks alone leave 3.5 s open.
          if (Math.abs(aheadMs) > 8500) expect(clockHold(verdict.skewMs)).not.toBeNull();
        },
      ),
    );
  });
});
