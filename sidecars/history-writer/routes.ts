// Actions of the history-writer's control API: pause, resume, drain.

import { drainRoute, pauseRoutes } from '../../contracts/runtime/control/common-actions.ts';
import type { ControlRoute } from '../../contracts/runtime/control/route.ts';
import type { SidecarBase } from '../../contracts/runtime/process/sidecar/program.ts';
import type { Writer } from './writer.ts';

const part = 'history-writer';

export const routesOf = (writer: Writer, { requestEnd }: Pick<SidecarBase, 'requestEnd'>): ControlRoute[] => [
  ...pauseRoutes({
    part,
    prefix: '',
    summaries: { pause: 'Stops writing until it is resumed; offsets do not move', resume: 'Resumes writing' },
    isPaused: () => writer.paused,
    pause() {
      writer.paused = true;
    },
    resume() {
      writer.paused = false;
    },
  }),
  drainRoute({
    part,
    path: '/drain',
    summary: 'Write the current batch, leave the group, end the process',
    isDraining: () => writer.status().stopping,
    drain: (by) => requestEnd(`drain by ${by}`),
  }),
];
