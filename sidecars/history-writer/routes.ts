// Actions of the history-writer's control API: pause, resume, drain.

import { Flag, shape } from '../../contracts/control/shapes.ts';
import { NoBody } from '../../contracts/runtime/control/app.ts';
import { type ActionRoute, actionRoute, type ControlRoute } from '../../contracts/runtime/control/route.ts';
import type { SidecarBase } from '../../contracts/runtime/process/sidecar/program.ts';
import type { Writer } from './writer.ts';

const Paused = shape({ paused: Flag });
const Draining = shape({ draining: Flag });

export function routesOf(writer: Writer, { requestEnd }: Pick<SidecarBase, 'requestEnd'>): ControlRoute[] {
  const setPaused = (action: string, summary: string, paused: boolean): ActionRoute =>
    actionRoute({
      method: 'POST',
      path: `/${action}`,
      part: 'history-writer',
      action,
      summary,
      body: NoBody,
      bodyOptional: true,
      urgent: paused,
      from: Paused,
      to: Paused,
      act: () => {
        const from = writer.paused;
        writer.paused = paused;
        return { ok: true, from: { paused: from }, to: { paused } };
      },
    });
  return [
    setPaused('pause', 'Stops writing until it is resumed; offsets do not move', true),
    setPaused('resume', 'Resumes writing', false),
    actionRoute({
      method: 'POST',
      path: '/drain',
      part: 'history-writer',
      action: 'drain',
      summary: 'Write the current batch, leave the group, end the process',
      body: NoBody,
      bodyOptional: true,
      urgent: true,
      status: 202,
      from: Draining,
      to: Draining,
      act: (_body, caller) => ({
        ok: true,
        from: { draining: writer.status().stopping },
        to: { draining: true },
        afterwards: () => requestEnd(`drain by ${caller.actor}`),
      }),
    }),
  ];
}
