// The routes that parts have in common: health, state, pause and resume, refresh.

import { type TSchema, Type } from '@sinclair/typebox';
import { RefreshInventoryBody } from '../../contracts/control/engine.ts';
import { EngineState, PART_NAMES, type PartName } from '../../contracts/control/engine-state.ts';
import { Flag, shape } from '../../contracts/control/shapes.ts';
import { NoBody } from '../../contracts/runtime/control/body.ts';
import { pauseRoutes } from '../../contracts/runtime/control/common-actions.ts';
import type { Problem } from '../../contracts/runtime/control/problem.ts';
import { type ActionResult, actionRoute, type ControlRoute, shown } from '../../contracts/runtime/control/route.ts';
import { isoTime } from '../../contracts/time.ts';
import type { ChainAcceptance } from '../model/values.ts';
import type { ChainControl, Refreshable } from './engine-control.ts';
import { type Controls, isPausable, type PartControl, type PausableControl } from './part.ts';

/** What is worth naming of a part's state; the fields are in contracts/control/engine-state.ts. */
const STATE_SUMMARY: Readonly<Record<string, string>> = {
  strategy: 'State of strategy: arm, limits, counts by reason, and the last 50 decisions with reasons and times',
  executor: 'State of executor: arm, open quotes, counts by result, and the last 50 attempts with results and times',
};

/** Health, state, pause and resume of every part that can be paused. */
export const commonRoutes = (controls: Controls): ControlRoute[] =>
  PART_NAMES.flatMap((part) => {
    const control: PartControl<unknown> = controls[part];
    return isPausable(control) ? partRoutes(part, control) : [];
  });

function partRoutes(part: PartName, control: PausableControl<unknown>): ControlRoute[] {
  const schema: TSchema = EngineState.properties[part];
  return [
    { kind: 'health', path: `/${part}/healthz`, part, summary: `Health of ${part}`, read: () => control.health() },
    {
      kind: 'read',
      path: `/${part}/state`,
      part,
      summary: STATE_SUMMARY[part] ?? `State of ${part}`,
      answer: shown(schema, () => control.state()),
    },
    ...pauseRoutes({
      part,
      prefix: `/${part}`,
      summaries: { pause: `Pauses the ${part}: it accepts no new work`, resume: `Resumes ${part}` },
      isPaused: () => control.isPaused(),
      pause: (by) => control.pause(by),
      resume: (by) => control.resume(by),
    }),
  ];
}

export function refreshRoute(part: string, control: Refreshable): ControlRoute {
  return actionRoute({
    method: 'POST',
    path: `/${part}/refresh`,
    part,
    action: 'refresh',
    summary: `Polls the sources of the ${part} now`,
    body: NoBody,
    bodyOptional: true,
    from: Type.Null(),
    to: Refreshed,
    refusals: [502],
    act: () => refreshed(control),
  });
}

const Refreshed = shape({ refreshed: Type.Literal(true) });

async function refreshed(control: Refreshable): Promise<ActionResult<null, { refreshed: true }>> {
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
    summary:
      'Polls the verifier now; accept_new_chain first discards the recorded balances, nonces and quotes of another chain',
    body: RefreshInventoryBody,
    bodyOptional: true,
    from: Type.Null(),
    to: shape({ refreshed: Flag, accepted_new_chain: Type.Optional(Type.Literal(true)) }),
    refusals: [409, 502],
    async act(body, { actor }) {
      if (body.accept_new_chain !== true) return refreshed(control);
      const problem = refusalOf(control.acceptChain(actor));
      if (problem !== null) return { ok: false, problem, from: null, to: { accept_new_chain: true } };
      // Done and on record, whatever becomes of the poll.
      const failure = await control.refresh();
      const to = { accepted_new_chain: true, refreshed: failure === null } as const;
      if (failure === null) return { ok: true, from: null, to };
      return { ok: true, from: null, to, note: `The chain is accepted. The poll failed, and is repeated: ${failure}` };
    },
  });
}

function refusalOf(acceptance: ChainAcceptance): Problem | null {
  if (acceptance.kind === 'accepted') return null;
  if (acceptance.kind === 'not_back') {
    return {
      status: 409,
      code: 'chain-not-replaced',
      title: 'The chain is the recorded one',
      detail: 'The endpoints agree with the newest recorded balance, or cannot be reached. Nothing was discarded.',
    };
  }
  const until = isoTime(acceptance.fromMs);
  return {
    status: 409,
    code: 'quotes-can-settle',
    title: 'A signed payload can still be executed',
    detail: `A signed quote or withdrawal could still be executed on the recorded chain until ${until}. Repeat the call after that.`,
    more: { until },
  };
}
