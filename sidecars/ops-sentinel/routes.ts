// The ops-sentinel's own routes: its alerts, pause, resume, drain.

import { AlertsBody } from '../../contracts/control/ops-sentinel-state.ts';
import { drainRoute, pauseRoutes } from '../../contracts/runtime/control/common-actions.ts';
import { type ControlRoute, shown } from '../../contracts/runtime/control/route.ts';
import type { Parts } from './parts.ts';
import { alertsBody } from './state.ts';

const part = 'ops-sentinel';

export const routesOf = (parts: Parts): ControlRoute[] => [
  {
    ...{ kind: 'read', path: '/alerts', part },
    summary: 'Alerts that are raised or pending, those cleared lately, and the last evaluation of each rule',
    answer: shown(AlertsBody, () => alertsBody(parts)),
  },
  ...pauseRoutes({
    part,
    prefix: '',
    summaries: {
      pause: 'Stops evaluating: nothing is raised or cleared until it is resumed; records are still read',
      resume: 'Evaluates again, at once',
    },
    isPaused: () => parts.sentinel.paused,
    pause: () => parts.sentinel.pause(),
    resume: () => parts.sentinel.resume(),
  }),
  drainRoute({
    part,
    path: '/drain',
    summary: 'Hand over what is unsent, save what is raised, end the process',
    isDraining: () => parts.sentinel.draining,
    drain: (by) => parts.base.requestEnd(`drain by ${by}`),
  }),
];
