// Actions that several parts and processes offer: pause and resume, and the drain that ends the process.

import { Flag, shape } from '../../control/shapes.ts';
import { NoBody } from './body.ts';
import { type ActionRoute, actionRoute } from './route.ts';

const Paused = shape({ paused: Flag });
const Draining = shape({ draining: Flag });

export type PauseRoutes = {
  readonly part: string;
  /** Of the paths, which end with /pause and /resume. */
  readonly prefix: string;
  readonly summaries: { readonly pause: string; readonly resume: string };
  isPaused(): boolean;
  /** `by` is the name of the token that was used. */
  pause(by: string): void;
  resume(by: string): void;
};

export function pauseRoutes(options: PauseRoutes): ActionRoute[] {
  const { part, prefix, summaries } = options;
  return (['pause', 'resume'] as const).map((action) =>
    actionRoute({
      method: 'POST',
      path: `${prefix}/${action}`,
      part,
      action,
      summary: summaries[action],
      body: NoBody,
      bodyOptional: true,
      urgent: action === 'pause',
      from: Paused,
      to: Paused,
      act(_body, { actor }) {
        const from = { paused: options.isPaused() };
        options[action](actor);
        return { ok: true, from, to: { paused: options.isPaused() } };
      },
    }),
  );
}

export type DrainRoute = {
  readonly part: string;
  readonly path: string;
  readonly summary: string;
  isDraining(): boolean;
  /** Called when the answer has left. */
  drain(by: string): void;
};

export function drainRoute({ part, path, summary, isDraining, drain }: DrainRoute): ActionRoute {
  return actionRoute({
    method: 'POST',
    path,
    part,
    action: 'drain',
    summary,
    body: NoBody,
    bodyOptional: true,
    urgent: true,
    status: 202,
    from: Draining,
    to: Draining,
    act: (_body, { actor }) => ({
      ok: true,
      from: { draining: isDraining() },
      to: { draining: true },
      afterwards: () => drain(actor),
    }),
  });
}
