// The control API that every process has: liveness, health, state, metrics, the routes of its own, and OpenAPI; behind a
// bearer token (but for GET /livez, /healthz, /metrics), with problem bodies for whatever is refused and one record for
// each action, refused ones included.
//
// Off loopback /metrics wants the token too, and /healthz tells codes only.

import { openapi } from '@elysiajs/openapi';
import { Type } from '@sinclair/typebox';
import { Elysia } from 'elysia';
import { Counter, type Registry } from 'prom-client';
import { isoTime } from '../time.ts';
import type { OpsControlAction, ServiceName } from '../topics/ops-control-action.ts';
import { type ControlToken, createSlowDown, createTokenCheck, isForeign } from './control-auth.ts';
import { createBodyReader } from './control-body.ts';
import { describeAction, describeBase, describeNotBuilt, describeRead } from './control-openapi.ts';
import type { ActionResult, ActionRoute, Caller, ControlRoute, NotBuiltRoute } from './control-route.ts';
import type { Health, PartHealth } from './health.ts';
import type { Log } from './log.ts';
import type { LoopDelay } from './loop-delay.ts';
import { jsonResponse, PROBLEMS, type Problem, problemResponse } from './problem.ts';
import type { Timers } from './timers.ts';

export type ControlOptions = {
  readonly service: ServiceName;
  readonly version: string;
  readonly tokens: readonly ControlToken[];
  /** Whether the address that is listened on is reached from this machine only. */
  readonly onLoopback: boolean;
  readonly health: Health;
  readonly loopDelay: LoopDelay;
  readonly metrics: Registry;
  /** Everything of GET /state; no secrets in it. */
  readonly state: () => unknown;
  /** Beyond health and loop delay, for GET /internal/health. */
  readonly internals?: () => Readonly<Record<string, unknown>>;
  readonly routes: readonly ControlRoute[];
  /** Takes the record of an action, before its answer leaves. */
  readonly audit: (action: OpsControlAction) => void;
  readonly newId: () => string;
  readonly log: Log;
  readonly timers: Timers;
};

/** What a record takes of its route. */
type Recorded = Pick<ActionRoute, 'part' | 'action'>;

export type ControlApp = {
  /** `remote`: the caller's address; a test that opens no port leaves it out. */
  handle(request: Request, remote?: string): Promise<Response>;
  /** Tokens that were not accepted since the start. */
  failedTokens(): number;
};

const OPEN_PATHS = new Set(['/livez', '/healthz', '/metrics']);
/** Actions without a token that are recorded a minute; the rest is only counted, so that nobody fills the journal. */
const UNKNOWN_RECORDED_PER_MINUTE = 10;
const MINUTE_US = 60_000_000;

export function createControlApp(options: ControlOptions): ControlApp {
  const { timers, log } = options;
  const check = createTokenCheck(options.tokens);
  const slowDown = createSlowDown();
  const callers = new WeakMap<Request, Caller>();
  const remotes = new WeakMap<Request, string>();
  const methods = new Map<string, string[]>();
  const actions = new Map<string, Recorded>();
  let unknownMinute = 0;
  let unknownRecorded = 0;

  new Counter({
    name: 'unrip_control_failed_tokens_total',
    help: 'control requests with a token that was not accepted',
    registers: [options.metrics],
    collect() {
      this.reset();
      this.inc(slowDown.total());
    },
  });

  const record = (
    route: Recorded,
    caller: Caller,
    result: Pick<OpsControlAction, 'from' | 'to' | 'outcome' | 'http_status' | 'note'>,
  ): void => {
    const action: OpsControlAction = {
      action_id: options.newId(),
      service: options.service,
      part: route.part,
      action: route.action,
      actor: caller.actor,
      remote: caller.remote,
      from: result.from ?? null,
      to: result.to ?? null,
      outcome: result.outcome,
      http_status: result.http_status,
      note: result.note,
      at: isoTime(timers.nowMs()),
    };
    try {
      options.audit(action);
    } catch (error) {
      log.error('control_action_not_recorded', { ...action, failure: error });
    }
    log[result.outcome === 'done' ? 'info' : 'warn']('control_action', { ...action });
  };

  const refuseAction = (route: Recorded, caller: Caller, problem: Problem, from: unknown, to: unknown): Response => {
    const { status: http_status, detail: note } = problem;
    record(route, caller, { from, to, outcome: 'refused', http_status, note });
    return problemResponse(problem);
  };

  const runAction = async (
    route: ActionRoute,
    read: ReturnType<typeof createBodyReader>,
    request: Request,
  ): Promise<Response> => {
    const caller = callers.get(request) ?? { actor: 'unknown', remote: 'unknown' };
    const given = await read(request);
    if (!given.ok) return refuseAction(route, caller, given.problem, null, null);
    let result: ActionResult;
    try {
      result = await route.act(given.body, caller);
    } catch (error) {
      log.error('control_action_failed', { part: route.part, action: route.action, failure: error });
      return refuseAction(route, caller, PROBLEMS.inside, null, given.body);
    }
    if (!result.ok) return refuseAction(route, caller, result.problem, result.from, result.to);
    const status = result.status ?? 200;
    const { from, to, note = '', afterwards } = result;
    record(route, caller, { from, to, outcome: 'done', http_status: status, note });
    if (afterwards !== undefined) timers.after(0, afterwards);
    return jsonResponse({ part: route.part, action: route.action, from, to, ...(note === '' ? {} : { note }) }, status);
  };

  const answerNotBuilt = (route: NotBuiltRoute, request: Request): Response => {
    const detail = `${route.method} ${route.path} is part of the interface, but not of version ${options.version}.`;
    const problem = { status: 501, code: 'not-built', title: 'Not built yet', detail };
    const caller = callers.get(request) ?? { actor: 'unknown', remote: 'unknown' };
    return route.method === 'GET' ? problemResponse(problem) : refuseAction(route, caller, problem, null, null);
  };

  /** Null: go on to the route. */
  const admit = async (request: Request): Promise<Response | null> => {
    const url = new URL(request.url);
    const remote = remotes.get(request) ?? 'unknown';
    const host = request.headers.get('host') ?? url.host;
    if (isForeign(host, request.headers.get('origin'), options.onLoopback)) {
      log.warn('control_foreign_request', { remote, host, origin: request.headers.get('origin') });
      return problemResponse(PROBLEMS.foreignBrowser);
    }
    const path = url.pathname;
    const open = request.method === 'GET' && OPEN_PATHS.has(path) && (options.onLoopback || path !== '/metrics');
    const checked = check(request.headers.get('authorization'));
    if (checked.ok) {
      slowDown.succeeded(remote);
      callers.set(request, { actor: checked.actor, remote });
      return null;
    }
    if (open) return null;
    return await refuseToken(request, path, remote, checked.given);
  };

  const refuseToken = async (request: Request, path: string, remote: string, given: boolean): Promise<Response> => {
    const nowUs = timers.elapsedUs();
    const problem = given ? PROBLEMS.tokenWrong : PROBLEMS.tokenMissing;
    const route = actions.get(`${request.method} ${path}`);
    const minute = Math.floor(nowUs / MINUTE_US);
    if (minute !== unknownMinute) {
      unknownMinute = minute;
      unknownRecorded = 0;
    }
    if (unknownRecorded < UNKNOWN_RECORDED_PER_MINUTE) {
      unknownRecorded++;
      log.warn('control_token_refused', { remote, path, given });
      const refused = { from: null, to: null, outcome: 'refused', http_status: 401, note: problem.title } as const;
      if (route !== undefined) record(route, { actor: 'unauthenticated', remote }, refused);
    }
    const headers = { 'www-authenticate': 'Bearer realm="unrip"' };
    // Without a token nothing was guessed: only wrong ones are slowed down.
    if (!given) return problemResponse(problem, headers);
    const delayMs = slowDown.failed(remote, nowUs);
    if (delayMs === null) return problemResponse(PROBLEMS.tooManyFailures, { 'retry-after': '5' });
    await new Promise<void>((resolve) => timers.after(delayMs, resolve));
    slowDown.answered(remote);
    return problemResponse(problem, headers);
  };

  const healthResponse = (part: PartHealth, more: Readonly<Record<string, unknown>> = {}): Response =>
    jsonResponse(
      { healthy: part.healthy, ...more, reasons: part.reasons, notes: part.notes },
      part.healthy ? 200 : 503,
    );

  const app = new Elysia({ normalize: false });
  app.use(
    openapi({
      path: '/openapi',
      specPath: '/openapi',
      provider: null,
      documentation: describeBase(options.service, options.version),
    }),
  );
  app.onRequest(async ({ request }) => (await admit(request)) ?? undefined);
  app.onError(({ code, error, request }) => {
    const path = new URL(request.url).pathname;
    if (code === 'NOT_FOUND') {
      const allowed = methods.get(path);
      if (allowed === undefined) return problemResponse(PROBLEMS.notFound);
      const detail = `${path} takes ${allowed.join(' or ')}.`;
      return problemResponse(
        { status: 405, code: 'method-not-allowed', title: 'Method not allowed', detail },
        { allow: allowed.join(', ') },
      );
    }
    log.error('control_fault', { path, method: request.method, failure: error });
    return problemResponse(PROBLEMS.inside);
  });

  const get = (
    path: string,
    part: string,
    summary: string,
    open: boolean,
    answer: () => Response | Promise<Response>,
  ) => {
    methods.set(path, [...(methods.get(path) ?? []), 'GET']);
    app.get(path, answer, { detail: describeRead(part, summary, open) });
  };

  get('/livez', options.service, 'The process turns its loop', true, () => jsonResponse({ alive: true }));
  get('/healthz', options.service, '200 when the process can do its job now, else 503 with reasons', true, () => {
    const health = options.health.now();
    const { trading, sinceMs } = health;
    return healthResponse(health, {
      ...(trading === null ? {} : { trading: trading.trading, not_trading: trading.notTrading }),
      ...(options.onLoopback ? { since: isoTime(sinceMs) } : {}),
    });
  });
  get('/state', options.service, 'State of every part', false, () => jsonResponse(options.state()));
  get('/metrics', options.service, 'Metrics for Prometheus', options.onLoopback, async () => {
    const text = await options.metrics.metrics();
    return new Response(text, { headers: { 'content-type': options.metrics.contentType } });
  });
  get('/internal/health', options.service, 'All checks and the loop delay in detail', false, () => {
    const { healthy, reasons, notes, sinceMs, parts } = options.health.now();
    const since = isoTime(sinceMs);
    const { p50Ms, p99Ms, maxMs, samples } = options.loopDelay.snapshot();
    const loop_delay = { p50_ms: p50Ms, p99_ms: p99Ms, max_ms: maxMs, samples };
    const control = { failed_tokens: slowDown.total() };
    const more = options.internals?.() ?? {};
    return jsonResponse({
      service: options.service,
      healthy,
      since,
      reasons,
      notes,
      parts,
      loop_delay,
      control,
      ...more,
    });
  });
  for (const route of options.routes) {
    if (route.kind === 'read') {
      get(route.path, route.part, route.summary, false, () => jsonResponse(route.read()));
    } else if (route.kind === 'health') {
      get(route.path, route.part, route.summary, false, () => healthResponse(route.read()));
    } else if (route.kind === 'not_built') {
      methods.set(route.path, [...(methods.get(route.path) ?? []), route.method]);
      if (route.method !== 'GET') actions.set(`${route.method} ${route.path}`, route);
      app.route(route.method, route.path, ({ request }) => answerNotBuilt(route, request), {
        parse: 'none',
        detail: describeNotBuilt(route),
      });
    } else {
      const read = createBodyReader(route.body, route.bodyOptional);
      methods.set(route.path, [...(methods.get(route.path) ?? []), route.method]);
      actions.set(`${route.method} ${route.path}`, route);
      app.route(route.method, route.path, ({ request }) => runAction(route, read, request), {
        parse: 'none',
        detail: describeAction(route),
      });
    }
  }
  methods.set('/openapi', ['GET']);

  return {
    handle(request, remote = 'local') {
      remotes.set(request, remote);
      return app.handle(request);
    },
    failedTokens: () => slowDown.total(),
  };
}

/** Body of actions that take none. */
export const NoBody = Type.Object({}, { additionalProperties: false, description: 'no fields' });
