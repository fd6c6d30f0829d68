// The strategy as operators see it: arm state, limits, and what was decided lately.

import { pctE4 } from '../../contracts/amounts.ts';
import type { OwnState } from '../../contracts/control/part-state.ts';
import type { StrategyState } from '../../contracts/control/trading-state.ts';
import { HEALTHY, type PartHealth } from '../../contracts/runtime/process/health/health.ts';
import { type ArmSource, armView } from '../lib/arm-view.ts';
import { noted } from '../lib/noted.ts';
import type { ObservedViews } from '../model/observed.ts';
import type { Limits } from '../model/values.ts';
import { limitsView, thresholdView } from './limits-view.ts';

export type StrategyControlOptions<Arming extends ArmSource> = {
  readonly settings: { readonly config: { readonly targetEdgePctE4: bigint | null } };
  readonly switches: { strategyPaused: boolean; limits: Limits };
  readonly strategyArming: Arming;
  readonly observer: { readonly view: Pick<ObservedViews, 'strategy'> };
  readonly clock: { elapsedUs(): number };
  readonly answerTimes: { p99Us(nowUs: number): number };
};

export function strategyControl<Arming extends ArmSource>(options: StrategyControlOptions<Arming>) {
  const { settings, switches, strategyArming, observer } = options;
  const { targetEdgePctE4 } = settings.config;
  const health = (): PartHealth => ({
    ...HEALTHY,
    notes: noted({ disarmed: !strategyArming.state().armed, paused: switches.strategyPaused }),
  });
  return {
    health,
    state(): OwnState<StrategyState> {
      const { limits } = switches;
      return {
        ...health(),
        paused: switches.strategyPaused,
        arm: armView(strategyArming),
        threshold: thresholdView(limits),
        limits: limitsView(limits),
        answer_p99_us: options.answerTimes.p99Us(options.clock.elapsedUs()),
        ...observer.view.strategy(),
      };
    },
    startingReasons: [],
    isPaused: () => switches.strategyPaused,
    pause() {
      switches.strategyPaused = true;
    },
    resume() {
      switches.strategyPaused = false;
    },
    arming: strategyArming,
    limits: () => switches.limits,
    setLimits(limits: Limits) {
      switches.limits = limits;
    },
    configuredTargetPctE4: targetEdgePctE4 === null ? null : pctE4(targetEdgePctE4),
  };
}
