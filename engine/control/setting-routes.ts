// What an operator sets at run time: pair filter, least edge, largest notional, mode. Texts are judged by the very declarations that
// judge the configuration, so that nothing can be set here that could not be configured.

import { type EurE18, eurE18, type PctE4, pctE4, renderScaled } from '../../contracts/amounts.ts';
import { ENGINE_VARIABLES } from '../../contracts/config/engine.ts';
import type { Variable } from '../../contracts/config/variable.ts';
import {
  LimitsBody,
  ModeBody,
  PAIR_FILTER_ACTIONS,
  PairFilterBody,
  pairFilterBody,
  pairFilterSetting,
  ThresholdBody,
} from '../../contracts/control/engine.ts';
import { shape } from '../../contracts/control/shapes.ts';
import { StrategyState } from '../../contracts/control/trading-state.ts';
import { DecimalText } from '../../contracts/envelope.ts';
import type { PairFilterSetting } from '../../contracts/pair-filter.ts';
import { NoBody } from '../../contracts/runtime/control/body.ts';
import { actionRoute, type ControlRoute, shown } from '../../contracts/runtime/control/route.ts';
import { isoTime } from '../../contracts/time.ts';
import type { Limits } from '../model/values.ts';
import type { EngineControl, LimitsControl } from './engine-control.ts';

export function settingRoutes(control: EngineControl): ControlRoute[] {
  return [...pairFilterRoutes(control), ...limitRoutes(control.strategy), modeRoute(control.executor)];
}

function pairFilterRoutes({ ingest, journalFailure }: EngineControl): ControlRoute[] {
  const part = 'ingest';
  const path = '/ingest/pair-filter';
  const filter = ingest.pairFilter;
  const change = (setting: PairFilterSetting | null) => {
    const from = pairFilterBody(filter.setting());
    filter.change(setting);
    const failure = journalFailure();
    // The record is what a restart finds it by.
    const note = failure === null ? {} : { note: `It ends with this run, since it cannot be recorded: ${failure}.` };
    return { ok: true, from, to: pairFilterBody(filter.setting()), ...note } as const;
  };
  return [
    {
      kind: 'read',
      path,
      part,
      summary: 'Pair filter: which requests are kept',
      answer: shown(PairFilterBody, () => pairFilterBody(filter.setting())),
    },
    actionRoute({
      method: 'PUT',
      path,
      part,
      action: PAIR_FILTER_ACTIONS.set,
      summary:
        'Sets the pair filter until it is reset, over restarts too: requests of these pairs are kept. The strategy still trades its own pair only',
      body: PairFilterBody,
      bodyOptional: false,
      from: PairFilterBody,
      to: PairFilterBody,
      act: (body) => change(pairFilterSetting(body)),
    }),
    actionRoute({
      method: 'POST',
      path: `${path}/reset`,
      part,
      action: PAIR_FILTER_ACTIONS.reset,
      summary: 'Resets the pair filter to PAIR_FILTER',
      body: NoBody,
      bodyOptional: true,
      from: PairFilterBody,
      to: PairFilterBody,
      act: () => change(null),
    }),
  ];
}

const Threshold = StrategyState.properties.threshold;
const Notional = shape({ max_notional_eur: DecimalText });

const thresholdView = ({ minEdgePctE4, targetEdgePctE4 }: Limits) => ({
  min_edge_pct: renderScaled(minEdgePctE4, 4),
  target_edge_pct: renderScaled(targetEdgePctE4, 4),
});

const notionalView = ({ maxNotionalEurE18 }: Limits) => ({ max_notional_eur: renderScaled(maxNotionalEurE18, 18) });

function limitRoutes(control: LimitsControl): ControlRoute[] {
  const part = 'strategy';
  return [
    actionRoute({
      method: 'PUT',
      path: '/strategy/threshold',
      part,
      action: 'threshold',
      summary: 'Sets the minimum gross edge in percent until the engine ends; a target edge below it is raised to it',
      body: ThresholdBody,
      bodyOptional: false,
      from: Threshold,
      to: Threshold,
      act({ min_edge_pct }) {
        const before = control.limits();
        const least: PctE4 = pctE4(settingOf(ENGINE_VARIABLES.minEdgePctE4, min_edge_pct));
        const target = control.configuredTargetPctE4;
        control.setLimits({
          ...before,
          minEdgePctE4: least,
          targetEdgePctE4: target !== null && target > least ? target : least,
        });
        return { ok: true, from: thresholdView(before), to: thresholdView(control.limits()) };
      },
    }),
    actionRoute({
      method: 'PUT',
      path: '/strategy/limits',
      part,
      action: 'limits',
      summary: 'Sets the maximum value of one quote in EUR until the engine ends',
      body: LimitsBody,
      bodyOptional: false,
      from: Notional,
      to: Notional,
      act({ max_notional_eur }) {
        const before = control.limits();
        const largest: EurE18 = eurE18(settingOf(ENGINE_VARIABLES.maxNotionalEurE18, max_notional_eur));
        control.setLimits({ ...before, maxNotionalEurE18: largest });
        return { ok: true, from: notionalView(before), to: notionalView(control.limits()) };
      },
    }),
  ];
}

function modeRoute(executor: EngineControl['executor']): ControlRoute {
  return actionRoute({
    method: 'PUT',
    path: '/executor/mode',
    part: 'executor',
    action: 'mode',
    summary:
      'Switches between live and shadow until the engine ends. Shadow: the whole way of a quote but for the signature; nothing is signed and nothing sent. Arms and disarms nothing',
    body: ModeBody,
    bodyOptional: false,
    from: ModeBody,
    to: ModeBody,
    act({ mode }, { actor }) {
      const from = { mode: executor.mode() };
      executor.setMode(mode, actor);
      const { armed, by, sinceMs } = executor.arming.state();
      // Whoever armed it may have meant shadow mode, in which nothing can come of it.
      const signsNow = armed && from.mode === 'shadow' && mode === 'live';
      const note = signsNow ? { note: `Armed by ${by} since ${isoTime(sinceMs)}: quotes are signed from now on.` } : {};
      return { ok: true, from, to: { mode: executor.mode() }, ...note };
    },
  });
}

/** The schema of the body takes what the declaration takes, and nothing else. */
export function settingOf(variable: Variable<bigint>, text: string): bigint {
  const parsed = variable.parse(text);
  if (!parsed.ok) throw new Error(`${variable.name}: its pattern let pass what ${parsed.problem}`);
  return parsed.value;
}
