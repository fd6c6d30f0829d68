// What operators see of the strategy is what the next decision is made with.

import { expect, test } from 'bun:test';
import { eurE18, pctE4 } from '../../contracts/amounts.ts';
import { makeLimits, NOW_MS } from '../model/fixtures.ts';
import { createArming } from '../safety/arming.ts';
import { type StrategyControlOptions, strategyControl } from './control.ts';

/** Does not move. */
const CLOCK = { nowMs: () => NOW_MS, elapsedUs: () => 0, after: () => () => {}, every: () => () => {} };

function make() {
  const switches = { strategyPaused: false, limits: makeLimits() };
  const control = strategyControl({
    settings: { config: { targetEdgePctE4: null } },
    switches,
    strategyArming: createArming(CLOCK, () => {}),
    observer: { view: { strategy: () => ({}) } },
    clock: CLOCK,
    answerTimes: { p99Us: () => 250 },
  } as unknown as StrategyControlOptions<ReturnType<typeof createArming>>);
  return { switches, control };
}

test('threshold and cap are shown as they were set last, and decisions use the same', () => {
  const { switches, control } = make();
  expect(control.state()).toMatchObject({
    threshold: { min_edge_pct: '2.0000', target_edge_pct: '2.0000' },
    limits: { max_notional_eur: '5.000000000000000000' },
  });
  const next = makeLimits({
    minEdgePctE4: pctE4(35_000n),
    targetEdgePctE4: pctE4(40_000n),
    maxNotionalEurE18: eurE18(7_250_000_000_000_000_000n),
  });
  control.setLimits(next);
  expect(switches.limits).toEqual(next);
  expect(control.state()).toMatchObject({
    threshold: { min_edge_pct: '3.5000', target_edge_pct: '4.0000' },
    limits: { max_notional_eur: '7.250000000000000000' },
  });
});

test('disarmed and paused are healthy and noted; the arm state says by whom and until when', () => {
  const { control } = make();
  expect(control.state()).toMatchObject({ healthy: true, notes: ['disarmed'], paused: false, arm: { armed: false } });
  control.arming.arm('operator', 5);
  control.pause();
  expect(control.state()).toMatchObject({
    healthy: true,
    notes: ['paused'],
    paused: true,
    arm: { armed: true, by: 'operator', until: new Date(NOW_MS + 300_000).toISOString() },
  });
  control.resume();
  expect(control.state()).toMatchObject({ notes: [], paused: false });
});
