// The half of the control API that clients talk to: judges Host and Origin, checks the token (access.ts), reads the body, and bounds
// what reaches the other half (app.ts), which runs on the thread that trades. Elysia (router.ts) matches the route,
// which says whether it is open: a path that matches none is not.

import type { Clock } from '../../clock.ts';
import { LATE, within } from '../../wait.ts';
import { type ControlToken, createTokenCheck } from '../auth.ts';
import { readBody } from '../body.ts';
import type { EventHub } from '../events/hub.ts';
import type { ControlBackend, RouteView } from '../message.ts';
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
  /** These are accepted from now on; whoever follows the events with one that is not among them as it was is disconnected. */
  setTokens(tokens: readonly ControlToken[]): void;
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
  let { tokens } = options;
  let check = createTokenCheck(tokens);
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
    setTokens(given) {
      events.keep(given.filter((one) => one.role !== null && tokens.some((before) => isSame(one, before))));
      tokens = given;
      check = createTokenCheck(tokens);
    },
    stop() {
      refusals.stop();
      events.hub.stop();
    },
  };
}

const isSame = (one: ControlToken, other: ControlToken): boolean =>
  one.name === other.name && one.digest === other.digest && one.role === other.role;

/** Stands for an upgrade on its way through the router; never leaves. */
const UPGRADING: Answer = { status: 200, headers: {}, body: '' };
const TOO_MANY_ACTIONS = problemAnswer(PROBLEMS.tooManyActions, { 'retry-after': '1' });

type ActOptions = Pick<FrontOptions, 'routes' | 'backend' | 'timers'> & {
  readonly refusals: Refusals;
  readonly onActed: () => void;
};

/** Calls that are made together when their turn comes, each body once; by body. */
type Line = { readonly turn: Promise<void>; readonly calls: Map<string, Promise<Answer>> };

/** Bodies that wait for one turn: more than an urgent action has. One without fields always may. */
export const DIFFERENT_MAX = 5;
/** Longer than every body that an urgent action takes. */
const ASKED_CHARS_MAX = 256;
const NO_FIELDS = '{}';

/**
 * Actions reach the other half at a bounded rate a route. Nobody is turned away from an urgent one for its rate: calls beyond it wait
 * for the next turn, and those that ask for the same share one call, which is made after all of them came.
 */
function createActs({ routes, backend, timers, refusals, onActed }: ActOptions) {
  const limits = new Map<RouteView, Bucket>(routes.map((route) => [route, createBucket(ACTIONS, timers)]));
  /** Calls of urgent actions that wait, by route and name of a token. */
  const lines = new Map<string, Line>();

  const lineOf = (name: string, limit: Bucket): Line => {
    const waiting = lines.get(name);
    if (waiting !== undefined) return waiting;
    // Who comes from its turn on waits for the next one.
    const line: Line = { turn: limit.turn().then(() => void lines.delete(name)), calls: new Map() };
    lines.set(name, line);
    return line;
  };

  const mayTake = ({ remote }: ControlRequest, route: RouteView): boolean => {
    if (limits.get(route)?.take() === true) return true;
    refusals.note('actions_limited', remote, route.path);
    return false;
  };

  const perform = async (request: ControlRequest, route: RouteView, actor: string): Promise<Answer> => {
    const { remote } = request;
    const body = readBody(request.body, request.contentType, route.bodyOptional);
    const pass = async (): Promise<Answer> => {
      const givenUpAtMs = timers.nowMs() + ACTION_LIMIT_MS;
      const call = { method: route.method, path: route.path, caller: { actor, remote }, body, givenUpAtMs };
      const answer = await inTime(backend.act(call), { timers, limitMs: ACTION_LIMIT_MS, late: PROBLEMS.actionLate });
      onActed();
      return answer;
    };
    const limit = limits.get(route);
    const asked = route.urgent && body.ok ? JSON.stringify(body.value) : null;
    if (limit === undefined || asked === null || asked.length > ASKED_CHARS_MAX)
      return mayTake(request, route) ? await pass() : TOO_MANY_ACTIONS;
    if (limit.take()) return await pass();
    const { turn, calls } = lineOf(`${route.method} ${route.path} ${actor}`, limit);
    const mayWait = asked === NO_FIELDS || calls.size < DIFFERENT_MAX;
    const call = calls.get(asked) ?? (mayWait ? turn.then(pass) : null);
    if (call === null) {
      refusals.note('actions_limited', remote, route.path);
      return TOO_MANY_ACTIONS;
    }
    calls.set(asked, call);
    return await call;
  };

  return { mayTake, perform };
}

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
