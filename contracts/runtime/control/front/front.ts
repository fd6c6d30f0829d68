// The half of the control API that clients talk to: judges Host and Origin, checks the token (access.ts), reads the body, and bounds
// what reaches the other half (app.ts), which runs on the thread that trades. Elysia (router.ts) matches the route,
// which says whether it is open: a path that matches none is not.

import { isFields } from '../../../json.ts';
import type { Clock } from '../../clock.ts';
import { LATE, within } from '../../wait.ts';
import { type ControlToken, createTokenCheck } from '../auth.ts';
import { readBody } from '../body.ts';
import type { EventHub } from '../events/hub.ts';
import type { ControlBackend, GivenBody, RouteView } from '../message.ts';
import { type Answer, PROBLEMS, type Problem, problemAnswer } from '../problem.ts';
import { createReads } from '../reads.ts';
import { createRefusals, type Refusals } from '../refusals.ts';
import { createAccess } from './access.ts';
import { type Bucket, createBucket } from './bucket.ts';
import type { ControlRequest, Upgrade } from './connection.ts';
import { createEventAccess } from './event-access.ts';
import type { ControlHandler } from './listen.ts';
import { createControlRouter } from './router.ts';

export type FrontOptions = {
  /** Of the process. */
  readonly service: string;
  readonly routes: readonly RouteView[];
  readonly tokens: readonly ControlToken[];
  /** CONTROL_HOST. */
  readonly host: string;
  readonly backend: ControlBackend;
  readonly timers: Clock;
  /** Whether anybody follows the events; called when it changes. */
  readonly onEventsWanted: (wanted: boolean) => void;
};

export type ControlFront = ControlHandler & {
  readonly events: Pick<EventHub, 'take' | 'processSeen'>;
  stop(): void;
};

/** Calls of one action: an operator and his scripts stay far below. Each route has its own, so that none keeps out another. */
export const ACTIONS = { perSecond: 5, burst: 20 } as const;
/** The main thread answers within a turn. */
const READ_LIMIT_MS = 5000;
/** Some actions ask the venue before they answer. */
const ACTION_LIMIT_MS = 15_000;

export function createControlFront(options: FrontOptions): ControlFront {
  const { backend, timers, routes, service } = options;
  const check = createTokenCheck(options.tokens);
  const refusals = createRefusals(timers, (line) => backend.log(line));
  const access = createAccess({ ...{ routes, backend, refusals, timers }, host: options.host });
  const events = createEventAccess({ service, timers, refusals, onWanted: options.onEventsWanted });
  const reads = createReads(
    (path) =>
      inTime(backend.read(path, refusals.counts()), { timers, limitMs: READ_LIMIT_MS, late: PROBLEMS.loopLate }),
    timers,
  );
  const act = createActs({ routes, backend, timers, refusals, onActed: () => reads.forget() });
  const upgrades = new WeakMap<ControlRequest, Upgrade>();

  const router = createControlRouter(routes, {
    gate: access.gate,
    guard: access.guard,
    answer: async ({ request, token }, route) => {
      if (!token.ok) return route.open ? await reads.read(route.path) : problemAnswer(PROBLEMS.tokenMissing);
      if (route.ofFront === 'events') {
        const opened = events.open(request, token);
        if (!('open' in opened)) return opened;
        upgrades.set(request, opened);
        return UPGRADING;
      }
      if (route.ofFront === 'ticket')
        return act.mayTake(request, route) ? events.issue(request, token) : TOO_MANY_ACTIONS;
      return route.method === 'GET' ? await reads.read(route.path) : await act.perform(request, route, token.actor);
    },
    unmatched: ({ request: { path } }) => noRoute(path, routes),
  });
  const eventsPath = routes.find(({ ofFront }) => ofFront === 'events')?.path;

  return {
    roleOf({ authorization }) {
      const token = check(authorization);
      return token.ok ? token.role : null;
    },
    async handle(request) {
      const given = check(request.authorization);
      const isBare = !given.ok && !given.given && request.path === eventsPath;
      const token = (isBare ? events.redeem(request) : null) ?? given;
      const answer = await router.handle({ request, token });
      return upgrades.get(request) ?? answer;
    },
    refused: (kind, remote, detail) => refusals.note(kind, remote, detail),
    events: events.hub,
    stop() {
      refusals.stop();
      events.hub.stop();
    },
  };
}

/** Stands for an upgrade on its way through the router; never leaves. */
const UPGRADING: Answer = { status: 200, headers: {}, body: '' };
const TOO_MANY_ACTIONS = problemAnswer(PROBLEMS.tooManyActions, { 'retry-after': '1' });

type ActOptions = Pick<FrontOptions, 'routes' | 'backend' | 'timers'> & {
  readonly refusals: Refusals;
  readonly onActed: () => void;
};

/** Actions reach the other half at a bounded rate a route. */
function createActs({ routes, backend, timers, refusals, onActed }: ActOptions) {
  const limits = new Map<RouteView, Bucket>(routes.map((route) => [route, createBucket(ACTIONS, timers)]));
  // Calls of urgent actions that wait for their turn, one a route and name of a token.
  const shared = new Map<string, Promise<Answer>>();

  const mayTake = ({ remote }: ControlRequest, route: RouteView): boolean => {
    if (limits.get(route)?.take() === true) return true;
    refusals.note('actions_limited', remote, route.path);
    return false;
  };

  const perform = async (request: ControlRequest, route: RouteView, actor: string): Promise<Answer> => {
    const { remote } = request;
    const body = readBody(request.body, request.contentType, route.bodyOptional);
    const pass = async (): Promise<Answer> => {
      const call = { method: route.method, path: route.path, caller: { actor, remote }, body };
      const answer = await inTime(backend.act(call), { timers, limitMs: ACTION_LIMIT_MS, late: PROBLEMS.actionLate });
      onActed();
      return answer;
    };
    const limit = limits.get(route);
    if (limit === undefined || !route.urgent || !hasNoFields(body))
      return mayTake(request, route) ? await pass() : TOO_MANY_ACTIONS;
    if (limit.take()) return await pass();
    const key = `${route.method} ${route.path} ${actor}`;
    const next =
      shared.get(key) ??
      limit.turn().then(() => {
        shared.delete(key);
        return pass();
      });
    shared.set(key, next);
    return await next;
  };

  return { mayTake, perform };
}

const hasNoFields = (body: GivenBody): boolean =>
  body.ok && isFields(body.value) && Object.keys(body.value).length === 0;

function noRoute(path: string, routes: readonly RouteView[]): Answer {
  const methods = routes.filter((route) => route.path === path).map(({ method }) => method);
  if (methods.length === 0) return problemAnswer(PROBLEMS.notFound);
  const allowed = methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]));
  const detail = `${path} takes ${allowed.join(' or ')}.`;
  return problemAnswer(
    { status: 405, code: 'method-not-allowed', title: 'Method not allowed', detail },
    { allow: allowed.join(', ') },
  );
}

type AnswerLimit = { readonly timers: Pick<Clock, 'after'>; readonly limitMs: number; readonly late: Problem };

/** The answer, or the problem when it does not come in time. */
async function inTime(answer: Promise<Answer>, { timers, limitMs, late }: AnswerLimit): Promise<Answer> {
  const given = await within(timers, answer, limitMs);
  return given === LATE ? problemAnswer(late) : given;
}
