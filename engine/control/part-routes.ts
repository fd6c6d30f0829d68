// The routes that parts have in common: health, state, pause and resume, refresh.

import { NoBody } from '../../contracts/runtime/control-app.ts';
import { actionRoute, type ControlRoute } from '../../contracts/runtime/control-route.ts';
import type { PartControl, Refreshable } from './engine-control.ts';

export function partRoutes(part: string, control: PartControl<unknown>): ControlRoute[] {
  const pausing = (action: 'pause' | 'resume', paused: boolean, summary: string) =>
    actionRoute({
      method: 'POST',
      path: `/${part}/${action}`,
      part,
      action,
      summary,
      body: NoBody,
      bodyOptional: true,
      act(_body, { actor }) {
        const from = { paused: control.isPaused() };
        if (paused) control.pause(actor);
        else control.resume(actor);
        return { ok: true, from, to: { paused: control.isPaused() } };
      },
    });
  return [
    { kind: 'health', path: `/${part}/healthz`, part, summary: `Health of ${part}`, read: () => control.health() },
    { kind: 'read', path: `/${part}/state`, part, summary: `State of ${part}`, read: () => control.state() },
    pausing('pause', true, `${part} takes no new work`),
    pausing('resume', false, `${part} takes work again`),
  ];
}

export function refreshRoute(part: string, control: Refreshable): ControlRoute {
  return actionRoute({
    method: 'POST',
    path: `/${part}/refresh`,
    part,
    action: 'refresh',
    summary: `${part} asks its sources now`,
    body: NoBody,
    bodyOptional: true,
    async act() {
      const failure = await control.refresh();
      if (failure === null) return { ok: true, from: null, to: { refreshed: true } };
      const problem = { status: 502, code: 'refresh-failed', title: 'The source did not answer', detail: failure };
      return { ok: false, problem, from: null, to: null };
    },
  });
}
