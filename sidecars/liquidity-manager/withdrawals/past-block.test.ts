import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { failed, type NearResult } from '../../../contracts/runtime/near/reply.ts';
import type { FinalBlock } from '../../../contracts/runtime/near/types.ts';
import { blockWithin } from './past-block.ts';

/** Blocks by height, from `first` on; null: a height without a block. */
function chainOf(times: readonly (number | null)[], first = 1_000) {
  let requests = 0;
  const blockAt = (height: number): Promise<NearResult<FinalBlock>> => {
    requests++;
    const timeMs = times[height - first] ?? null;
    return Promise.resolve(
      timeMs === null ? failed('unknown_block', '') : { ok: true, value: { height, hash: `h${height}`, timeMs } },
    );
  };
  const last = times.length - 1;
  const newest: FinalBlock = { height: first + last, hash: 'newest', timeMs: times[last] ?? 0 };
  return { node: { blockAt }, newest, requests: () => requests };
}

/** Times that grow by these gaps. */
const timesOf = (gaps: readonly number[]): number[] => {
  let timeMs = 1_767_225_600_000;
  return gaps.map((gap) => {
    timeMs += gap;
    return timeMs;
  });
};

const timeOf = (found: Awaited<ReturnType<typeof blockWithin>>): number =>
  typeof found === 'string' ? Number.NaN : found.timeMs;

const evenly = (blocks: number, gapMs: number) => timesOf(Array.from({ length: blocks }, () => gapMs));

test.each([600, 1_000, 60_000])('a block of a chain with one every %i ms is found in a few requests', async (gapMs) => {
  const times = evenly(50_000, gapMs);
  const afterMs = times[300] ?? 0;
  const chain = chainOf(times);
  const timeMs = timeOf(await blockWithin(chain.node, chain.newest, { afterMs, untilMs: afterMs + 600_000 }));
  expect(timeMs).toBeGreaterThan(afterMs);
  expect(timeMs).toBeLessThanOrEqual(afterMs + 600_000);
  expect(chain.requests()).toBeLessThanOrEqual(6);
});

test('also over days in which the chain stood still, and over heights without a block', async () => {
  const gaps = Array.from({ length: 20_000 }, (_, index) => (index === 10_000 ? 86_400_000 : 1_000));
  const times = timesOf(gaps).map((timeMs, index) => (index % 7 === 0 && index < 19_999 ? null : timeMs));
  const afterMs = times[9_901] ?? 0;
  const chain = chainOf(times);
  const timeMs = timeOf(await blockWithin(chain.node, chain.newest, { afterMs, untilMs: afterMs + 50_000 }));
  expect(timeMs).toBeGreaterThan(afterMs);
  expect(timeMs).toBeLessThanOrEqual(afterMs + 50_000);
});

test('a node that has forgotten it has none, after a bounded number of requests; one that fails says nothing', async () => {
  const times = evenly(600, 1_000);
  const chain = chainOf(times, 1_000_000);
  const longAgo = (times[0] ?? 0) - 86_400_000;
  const window = { afterMs: longAgo, untilMs: longAgo + 600_000 };
  expect(await blockWithin(chain.node, chain.newest, window)).toBe('missing');
  expect(chain.requests()).toBeLessThanOrEqual(140);
  for (const [reason, expected] of [
    ['timeout', 'failed'],
    ['garbage_collected_block', 'missing'],
  ] as const) {
    const node = { blockAt: () => Promise.resolve(failed(reason, '')) };
    expect(await blockWithin(node, chain.newest, window)).toBe(expected);
  }
});

test('whatever the times are, what is found lies within, and what lies well within is found', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 20_000 }), { minLength: 3, maxLength: 400 }),
      fc.nat(),
      fc.integer({ min: 1, max: 100_000 }),
      async (gaps, place, spanMs) => {
        const times = timesOf(gaps);
        const afterMs = (times[place % (times.length - 1)] ?? 0) - 1;
        const window = { afterMs, untilMs: afterMs + spanMs };
        const chain = chainOf(times);
        const found = await blockWithin(chain.node, chain.newest, window);
        const within = times.slice(0, -1).filter((timeMs) => timeMs > afterMs && timeMs <= window.untilMs);
        if (within.length === 0) expect(found).toBe('missing');
        else expect(within).toContain(timeOf(found));
      },
    ),
    { numRuns: 300 },
  );
});
