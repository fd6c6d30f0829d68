import { expect, test } from 'bun:test';
import { judgeTip, type Tip } from './tip.ts';

const POLICY = { blockMs: 1_000, burstBlocks: 10, stalledAfterMs: 60_000 };
const TIP: Tip = { height: 100, reachedUs: 0, lowerSinceUs: null };
const S = 1_000_000;

test.each([
  [100, 0, 'ok'],
  [99, 0, 'node_behind'],
  [110, 0, 'ok'],
  [111, 0, 'node_height_implausible'],
  [120, 10 * S, 'ok'],
  [121, 10 * S, 'node_height_implausible'],
  [100, 60 * S - 1, 'ok'],
  [100, 60 * S, 'node_stalled'],
  [101, 60 * S, 'ok'],
] as const)('height %p after %p us is %s', (height, nowUs, verdict) => {
  expect(judgeTip(TIP, { height, nowUs }, POLICY).verdict).toBe(verdict);
});

test('any first claim is taken; an implausible one changes nothing', () => {
  expect(judgeTip(null, { height: 7, nowUs: S }, POLICY)).toEqual({
    verdict: 'ok',
    tip: { height: 7, reachedUs: S, lowerSinceUs: null },
  });
  expect(judgeTip(TIP, { height: 10_000, nowUs: S }, POLICY).tip).toEqual(TIP);
});

test('lower claims are believed once nothing higher has been claimed for an hour, and not before', () => {
  const behind = judgeTip(TIP, { height: 90, nowUs: S }, POLICY);
  expect(behind.tip).toMatchObject({ height: 100, lowerSinceUs: S });
  const hour = 3_600 * S;
  expect(judgeTip(behind.tip, { height: 91, nowUs: S + hour - 1 }, POLICY).verdict).toBe('node_behind');
  expect(judgeTip(behind.tip, { height: 91, nowUs: S + hour }, POLICY)).toMatchObject({
    verdict: 'ok',
    tip: { height: 91 },
  });
  const again = judgeTip(behind.tip, { height: 100, nowUs: 2 * S }, POLICY);
  expect(again.tip?.lowerSinceUs).toBeNull();
});
