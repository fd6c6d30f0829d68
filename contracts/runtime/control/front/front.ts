// The half of the control API that clients talk to: judges Host and Origin, checks the token, reads the body, and bounds what
// reaches the other half (app.ts), which runs on the thread that trades. Elysia (router.ts) matches the route,
// which says whether it is open: a path that matches none is not.

import { isFields } from '../../../json.ts';
import type { Clock } from '../../clock.ts';
import { LATE, pause, within } from '../../wait.ts';
import { type ControlToken, createSlowDown, createTokenCheck } from '../auth.ts';
import { readBody } from '../body.ts';
import type { ControlBackend, GivenBody, RouteView } from '../message.ts';
import { type Answer, PROBLEMS, type Problem, problemAnswer } from '../problem.ts';
import { createReads } from '../reads.ts';
import { createRefusals } from '../refusals.ts';
import { type Bucket, createBucket } from './bucket.ts';
import type { ControlRequest } from './connection.ts';
import type { ControlHandler } from './listen.ts';
import { createControlRouter } from './router.ts';
import { createSitePolicy } from './site.ts';

export type FrontOptions = {
  readonly routes: readonly RouteView[];
  readonly tokens: readonly ControlToken[];
  /** CONTROL_HOST. */
  readonly host: string;
  readonly backend: ControlBackend;
  readonly timers: Clock;
};

export type ControlFront = ControlHandler & { stop(): void };

/** Calls of one action: an operator and his scripts stay far below. Each route has its own, so that none keeps out another. */
export const ACTIONS = { perSecond: 5, burst: 20 } as const;
/** Actions without an accepted token that are recorded a minute and kind; the rest is only counted: nobody fills the journal. */
const UNKNOWN_RECORDED = { perSecond: 1 / 6, burst: 10 } as const;
/** The main thread answers within a turn. */
const READ_LIMIT_MS = 5000;
/** Some actions ask the venue before they answer. */
const ACTION_LIMIT_MS = 15_000;

const SITE_PROBLEMS = {
  host_malformed: PROBLEMS.hostMalformed,
  foreign_host: PROBLEMS.foreignHost,
  foreign_origin: PROBLEMS.foreignOrigin,
} as const;

export function createControlFront(options: FrontOptions): ControlFront {
  const { backend, timers } = options;
  const site = createSitePolicy(options.host);
  const check = createTokenCheck(options.tokens);
  const slowDown = createSlowDown();
  const limits = new Map<RouteView, Bucket>(options.routes.map((route) => [route, createBucket(ACTIONS, timers)]));
  const recorded = { missing: createBucket(UNKNOWN_RECORDED, timers), wrong: createBucket(UNKNOWN_RECORDED, timers) };
  /** Answered without a token; which methods they take may be known as well. */
  const openPaths = new Set(options.routes.filter(({ open }) => open).map(({ path }) => path));
  const refusals = createRefusals(timers, (line) => backend.log(line));
  const reads = createReads(
    (path) =>
      inTime(backend.read(path, refusals.counts()), { timers, limitMs: READ_LIMIT_MS, late: PROBLEMS.loopLate }),
    timers,
  );

  // Calls of urgent actions that wait for their turn, one a route and name of a token.
  const shared = new Map<string, Promise<Answer>>();

  const refuseToken = async (request: ControlRequest, route: RouteView | null, given: boolean): Promise<Answer> => {
    const { remote, path } = request;
    const problem = given ? PROBLEMS.tokenWrong : PROBLEMS.tokenMissing;
    refusals.note(given ? 'token_wrong' : 'token_missing', remote, path);
    if (route !== null && route.method !== 'GET' && recorded[given ? 'wrong' : 'missing'].take())
      backend.refused({ method: route.method, path: route.path, remote, note: problem.title });
    const headers = { 'www-authenticate': 'Bearer realm="unrip"' };
    // Without a token nothing was guessed: only wrong ones are slowed down.
    if (!given) return problemAnswer(problem, headers);
    const wait = slowDown.failed(remote, timers.elapsedUs());
    if (wait === null) {
      refusals.note('token_turned_away', remote, path);
      return problemAnswer(PROBLEMS.tooManyFailures, { 'retry-after': '5' });
    }
    await pause(timers, wait.delayMs);
    wait.answered();
    return problemAnswer(problem, headers);
  };

  const act = async (request: ControlRequest, route: RouteView, actor: string): Promise<Answer> => {
    const { remote } = request;
    const body = readBody(request.body, request.contentType, route.bodyOptional);
    const perform = async (): Promise<Answer> => {
      const call = { method: route.method, path: route.path, caller: { actor, remote }, body };
      const answer = await inTime(backend.act(call), { timers, limitMs: ACTION_LIMIT_MS, late: PROBLEMS.actionLate });
      reads.forget();
      return answer;
    };
    const limit = limits.get(route);
    if (limit?.take() === true) return await perform();
    if (limit === undefined || !route.urgent || !hasNoFields(body)) {
      refusals.note('actions_limited', remote, route.path);
      return problemAnswer(PROBLEMS.tooManyActions, { 'retry-after': '1' });
    }
    const key = `${route.method} ${route.path} ${actor}`;
    const next =
      shared.get(key) ??
      limit.turn().then(() => {
        shared.delete(key);
        return perform();
      });
    shared.set(key, next);
    return await next;
  };

  const router = createControlRouter(options.routes, {
    gate({ request: { host, origin, remote }, token }) {
      const verdict = site.judge(host, origin);
      if (verdict !== 'ours') {
        refusals.note(verdict, remote, `${host} ${origin ?? ''}`);
        return problemAnswer(SITE_PROBLEMS[verdict]);
      }
      if (token.ok) slowDown.succeeded(remote);
      return null;
    },
    guard: async ({ request, token }, route) => {
      const isOpen = route === null && openPaths.has(request.path);
      return token.ok || isOpen ? null : await refuseToken(request, route, token.given);
    },
    answer: async ({ request, token }, route) => {
      if (route.method === 'GET') return await reads.read(route.path);
      return token.ok ? await act(request, route, token.actor) : problemAnswer(PROBLEMS.tokenMissing);
    },
    unmatched: ({ request: { path } }) => noRoute(path, options.routes),
  });

  return {
    trusts: ({ authorization }) => check(authorization).ok,
    handle: (request) => router.handle({ request, token: check(request.authorization) }),
    refused: (kind, remote, detail) => refusals.note(kind, remote, detail),
    stop: () => refusals.stop(),
  };
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
