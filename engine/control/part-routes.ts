// The routes that parts have in common: health, state, pause and resume, refresh.

import { RefreshInventoryBody } from '../../contracts/control/engine.ts';
import { NoBody } from '../../contracts/runtime/control-app.ts';
import { type ActionResult, actionRoute, type ControlRoute } from '../../contracts/runtime/control-route.ts';
import type { Problem } from '../../contracts/runtime/problem.ts';
import { isoTime } from '../../contracts/time.ts';
import type { ChainAcceptance } from '../model.ts';
import type { ChainControl, PartControl, Refreshable } from './engine-control.ts';

/** What is worth naming of a part's state; the fields are in contracts/control/engine-state.ts. */
const STATE_SUMMARY: Readonly<Record<string, string>> = {
  strategy: 'State of strategy: arm, limits, counts by reason, and the last 50 decisions with reasons and times',
  executor: 'State of executor: arm, open quotes, counts by result, and the last 50 attempts with results and times',
};

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
    {
      kind: 'read',
      path: `/${part}/state`,
      part,
      summary: STATE_SUMMARY[part] ?? `State of ${part}`,
      read: () => control.state(),
    },
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
    act: () => refreshed(control),
  });
}

async function refreshed(control: Refreshable): Promise<ActionResult> {
  const failure = await control.refresh();
  if (failure === null) return { ok: true, from: null, to: { refreshed: true } };
  const problem = { status: 502, code: 'refresh-failed', title: 'The source did not answer', detail: failure } as const;
  return { ok: false, problem, from: null, to: null };
}

/** As for other parts; `accept_new_chain` gives up the recorded chain first. */
export function inventoryRefreshRoute(control: Refreshable & ChainControl): ControlRoute {
  return actionRoute({
    method: 'POST',
    path: '/inventory/refresh',
    part: 'inventory',
    action: 'refresh',
    summary: 'inventory asks its sources now; with accept_new_chain it first gives up a chain that went back',
    body: RefreshInventoryBody,
    bodyOptional: true,
    async act(body, { actor }) {
      if (body.accept_new_chain !== true) return refreshed(control);
      const problem = refusalOf(control.acceptChain(actor));
      if (problem !== null) return { ok: false, problem, from: null, to: { accept_new_chain: true } };
      const result = await refreshed(control);
      return result.ok ? { ...result, to: { accepted_new_chain: true, refreshed: true } } : result;
    },
  });
}

function refusalOf(acceptance: ChainAcceptance): Problem | null {
  if (acceptance.kind === 'accepted') return null;
  if (acceptance.kind === 'not_back') {
    return {
      status: 409,
      code: 'chain-not-replaced',
      title: 'The chain is the one on record',
      detail: 'The endpoints fit the newest balance on record, or cannot be reached: nothing is given up.',
    };
  }
  const until = isoTime(acceptance.fromMs);
  return {
    status: 409,
    code: 'quotes-can-settle',
    title: 'A quote can still settle',
    detail: `Something that was signed could be settled on the former chain until ${until}. Call again then.`,
    more: { until },
  };
}
