// The half of the control API that knows the process: liveness, health, state, metrics, the routes of its own, and OpenAPI, with
// one record for each action, refused ones included. It answers calls that the front (front/front.ts) has let pass; what
// clients may do to it is bounded there.
//
// On a non-loopback address /metrics needs the token too, and /healthz returns codes only.

import type { Static } from '@sinclair/typebox';
import { Counter, Gauge, type Registry } from 'prom-client';
import type { InternalFields } from '../../control/internal-health.ts';
import { isoTime } from '../../time.ts';
import type { OpsControlAction, ServiceName } from '../../topics/ops-control-action.ts';
import type { Clock } from '../clock.ts';
import type { Log } from '../log/log.ts';
import type { LoopDelay } from '../process/health/event-loop-lag.ts';
import type { Health, PartHealth } from '../process/health/health.ts';
import { HealthBody, InternalHealthBody, LivezBody, PartHealthBody } from './answers.ts';
import { createBodyCheck } from './body.ts';
import type { EventSource } from './events/feed.ts';
import { isLoopback } from './front/site.ts';
import {
  type ActionCall,
  type ControlBackend,
  METRICS_PATH,
  REFUSAL_KINDS,
  type RefusalCounts,
  type RouteView,
} from './message.ts';
import { type Described, EVENT_ROUTES, OPENAPI_ROUTE, openApiDocument, roleOf } from './openapi.ts';
import { type Answer, jsonAnswer, PROBLEMS, type Problem, problemAnswer, textAnswer } from './problem.ts';
import { type ActionResult, type ActionRoute, type Caller, type ControlRoute, type Shown, shown } from './route.ts';

export type ControlOptions = {
  readonly service: ServiceName;
  readonly version: string;
  /** CONTROL_HOST: what is reached from this machine only may tell more. */
  readonly host: string;
  readonly health: Health;
  readonly loopDelay: LoopDelay;
  readonly metrics: Registry;
  /** What the process adds to /internal/health. */
  readonly internal?: (() => InternalFields) | undefined;
  /** Everything of GET /state; no secrets in it. */
  readonly state: Shown;
  readonly routes: readonly ControlRoute[];
  /** What /events carries; without it there is no such route. */
  readonly events?: EventSource | undefined;
  /** Takes the record of an action, before its answer leaves. */
  readonly audit: (action: OpsControlAction) => void;
  readonly newId: () => string;
  readonly log: Log;
  readonly timers: Clock;
};

export type ControlApp = ControlBackend & {
  readonly service: ServiceName;
  readonly routes: readonly RouteView[];
  /** Absent: the process has no events. */
  readonly events: EventSource | null;
  /** The front that clients talk to has failed; another is started. */
  frontFailed(): void;
  /** The size of the JavaScript heap of the thread that the front runs in. */
  frontHeap(bytes: number): void;
};

/** What a record takes of its route. */
type Recorded = Pick<ActionRoute, 'part' | 'action'>;
type Outcome = Pick<OpsControlAction, 'from' | 'to' | 'outcome' | 'http_status' | 'note'>;
type Act = (call: Pick<ActionCall, 'caller' | 'body' | 'givenUpAtMs'>) => Promise<Answer>;

const READ_VIEW = { method: 'GET', bodyOptional: true, urgent: false, role: 'viewer' } as const;

function actionView(route: Exclude<ControlRoute, { readonly kind: 'read' | 'health' }>): RouteView {
  const { method, path } = route;
  const isAction = route.kind === 'action';
  const urgent = isAction && route.urgent === true;
  return { method, path, open: false, bodyOptional: !isAction || route.bodyOptional, urgent, role: roleOf(route) };
}

export function createControlApp(options: ControlOptions): ControlApp {
  const { log } = options;
  const record = recorderOf(options);
  const views: RouteView[] = [];
  const described: Described[] = [];
  const reads = new Map<string, () => Answer | Promise<Answer>>();
  const actions = new Map<string, Recorded & { readonly act: Act }>();
  let counts: RefusalCounts | null = null;
  registerRefusals(options.metrics, () => counts);
  if (options.events !== undefined) registerEventDrops(options.metrics, options.events);

  for (const route of readRoutes(options, () => counts)) {
    views.push({ ...READ_VIEW, path: route.path, open: route.open });
    described.push(route);
    reads.set(route.path, route.answer);
  }
  for (const route of options.routes) {
    if (route.kind === 'read' || route.kind === 'health' || route.method === 'GET') continue;
    const { method, path, part, action } = route;
    views.push(actionView(route));
    described.push({ ...route, open: false });
    const act = route.kind === 'action' ? actionOf(route, options, record) : notBuiltOf(route, options.version, record);
    actions.set(`${method} ${path}`, { part, action, act });
  }
  for (const route of options.events === undefined ? [] : EVENT_ROUTES) {
    const { method, path, kind } = route;
    views.push({ ...READ_VIEW, method, path, open: false, ofFront: kind });
    described.push({ ...route, part: options.service, open: false });
  }
  const openApi = jsonAnswer(openApiDocument(options.service, options.version, described));
  const { path, open } = OPENAPI_ROUTE;
  views.push({ ...READ_VIEW, path, open });
  reads.set(path, () => openApi);

  return {
    service: options.service,
    routes: views,
    events: options.events ?? null,
    async read(path, newCounts) {
      counts = newCounts;
      try {
        return (await reads.get(path)?.()) ?? problemAnswer(PROBLEMS.notFound);
      } catch (error) {
        log.error('control_fault', { path, method: 'GET', failure: error });
        return problemAnswer(PROBLEMS.inside);
      }
    },
    async act(call: ActionCall) {
      const { method, path } = call;
      try {
        return (await actions.get(`${method} ${path}`)?.act(call)) ?? problemAnswer(PROBLEMS.notFound);
      } catch (error) {
        log.error('control_fault', { path, method, failure: error });
        return problemAnswer(PROBLEMS.inside);
      }
    },
    refused({ method, path, caller, status, note }) {
      const route = actions.get(`${method} ${path}`);
      if (route === undefined) return;
      record(route, caller, { from: null, to: null, outcome: 'refused', http_status: status, note });
    },
    log({ level, event, fields }) {
      log[level](event, fields);
    },
    ...registerFront(options.metrics),
  };
}

/** @returns false: it could not be recorded, and is in the log alone */
type Recorder = (route: Recorded, caller: Caller, result: Outcome) => boolean;

function recorderOf({ audit, newId, service, log, timers, metrics }: ControlOptions): Recorder {
  const notRecorded = new Counter({
    name: 'unrip_control_actions_not_recorded_total',
    help: 'actions that could not be recorded, and are in the log alone',
    registers: [metrics],
  });
  return (route, caller, result) => {
    const action: OpsControlAction = {
      action_id: newId(),
      service,
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
    // Every line names the service already.
    const { service: _service, ...fields } = action;
    let isRecorded = true;
    try {
      audit(action);
    } catch (error) {
      isRecorded = false;
      notRecorded.inc();
      log.error('control_action_not_recorded', { ...fields, failure: error });
    }
    log[result.outcome === 'done' ? 'info' : 'warn']('control_action', fields);
    return isRecorded;
  };
}

type RefusedAction = {
  readonly route: Recorded;
  readonly caller: Caller;
  readonly problem: Problem;
  readonly from?: unknown;
  readonly to?: unknown;
};

function refuseAction(record: Recorder, { route, caller, problem, from = null, to = null }: RefusedAction): Answer {
  record(route, caller, { from, to, outcome: 'refused', http_status: problem.status, note: problem.detail });
  return problemAnswer(problem);
}

const NOT_RECORDED = 'It was done, but could not be recorded: the log of the process has it.';

function actionOf(route: ActionRoute, { log, timers }: ControlOptions, record: Recorder): Act {
  const check = createBodyCheck(route.body);
  return async ({ caller, body: given, givenUpAtMs }) => {
    const body = given.ok ? check(given.value) : given;
    if (!body.ok) return refuseAction(record, { route, caller, problem: body.problem });
    // After a stall of this thread whoever called has gone: nothing is armed then that nobody looks after.
    if (route.urgent !== true && timers.nowMs() >= givenUpAtMs)
      return refuseAction(record, { route, caller, problem: PROBLEMS.actionGivenUp, to: route.recorded(body.value) });
    let result: ActionResult;
    try {
      result = await route.act(body.value, caller);
    } catch (error) {
      log.error('control_action_failed', { part: route.part, action: route.action, failure: error });
      return refuseAction(record, { route, caller, problem: PROBLEMS.actionFailed, to: route.recorded(body.value) });
    }
    if (!result.ok) return refuseAction(record, { ...result, route, caller });
    const { from, to, note = '', goesOn = false, afterwards } = result;
    const status = goesOn && route.mayGoOn ? 202 : route.status;
    const isRecorded = record(route, caller, { from, to, outcome: 'done', http_status: status, note });
    if (afterwards !== undefined) timers.after(0, afterwards);
    const { part, action } = route;
    const notes = [...(note === '' ? [] : [note]), ...(isRecorded ? [] : [NOT_RECORDED])];
    return jsonAnswer({ part, action, from, to, ...(notes.length === 0 ? {} : { note: notes.join(' ') }) }, status);
  };
}

type NotBuilt = Extract<ControlRoute, { kind: 'not_built' }>;

const notBuiltProblem = (route: NotBuilt, version: string): Problem => ({
  status: 501,
  code: 'not-built',
  title: 'Not built yet',
  detail: `${route.method} ${route.path} is part of the interface, but not of version ${version}.`,
});

function notBuiltOf(route: NotBuilt, version: string, record: Recorder): Act {
  return async ({ caller }) => refuseAction(record, { route, caller, problem: notBuiltProblem(route, version) });
}

type ReadDeclared = Extract<Described, { readonly kind: 'read' | 'health' | 'text' | 'not_built' }> & {
  readonly answer: () => Answer | Promise<Answer>;
};

function healthAnswer(body: Static<typeof HealthBody>): Answer {
  return jsonAnswer(body, body.healthy ? 200 : 503);
}

const partBody = ({ healthy, reasons, notes }: PartHealth) => ({ healthy, reasons, notes });

function readRoutes(options: ControlOptions, counts: () => RefusalCounts | null): ReadDeclared[] {
  const onLoopback = isLoopback(options.host);
  const base = { method: 'GET', part: options.service, open: false } as const;
  const read = (path: string, summary: string, { schema, read: values }: Shown): ReadDeclared => {
    return { ...base, kind: 'read', path, summary, schema, answer: () => jsonAnswer(values()) };
  };
  return [
    {
      ...read(
        '/livez',
        '200 while the process runs its event loop',
        shown(LivezBody, () => ({ alive: true })),
      ),
      open: true,
    },
    {
      ...base,
      kind: 'health',
      path: '/healthz',
      summary: '200 when the process can do its job now, else 503 with reasons',
      open: true,
      schema: HealthBody,
      answer: () => {
        const health = options.health.now();
        const { trading, sinceMs } = health;
        return healthAnswer({
          ...partBody(health),
          ...(trading === null ? {} : { trading: trading.trading, not_trading: trading.notTrading }),
          ...(onLoopback ? { since: isoTime(sinceMs) } : {}),
        });
      },
    },
    read('/state', 'State of every part', options.state),
    {
      ...base,
      kind: 'text',
      path: METRICS_PATH,
      summary: 'Metrics for Prometheus',
      open: onLoopback,
      answer: async () => textAnswer(options.metrics.contentType, await options.metrics.metrics()),
    },
    read(
      '/internal/health',
      'All checks and the loop delay in detail',
      shown(InternalHealthBody, () => internalHealth(options, counts())),
    ),
    ...options.routes.flatMap((route): ReadDeclared[] => {
      const own = { ...base, path: route.path, part: route.part, summary: route.summary };
      if (route.kind === 'read') {
        const { schema, read: values } = route.answer;
        return [{ ...own, kind: 'read', schema, answer: () => jsonAnswer(values()) }];
      }
      if (route.kind === 'health')
        return [{ ...own, kind: 'health', schema: PartHealthBody, answer: () => healthAnswer(partBody(route.read())) }];
      if (route.kind !== 'not_built' || route.method !== 'GET') return [];
      return [{ ...own, kind: 'not_built', answer: () => problemAnswer(notBuiltProblem(route, options.version)) }];
    }),
  ];
}

function internalHealth(options: ControlOptions, counts: RefusalCounts | null): Static<typeof InternalHealthBody> {
  const { healthy, reasons, notes, sinceMs, parts } = options.health.now();
  const { p50Ms, p99Ms, maxMs, samples } = options.loopDelay.snapshot();
  return {
    service: options.service,
    healthy,
    since: isoTime(sinceMs),
    reasons,
    notes,
    parts,
    loop_delay: { p50_ms: p50Ms, p99_ms: p99Ms, max_ms: maxMs, samples },
    control: { failed_tokens: counts?.token_wrong ?? 0, refused: counts },
    ...options.internal?.(),
  };
}

/** What is counted of the thread that the front runs in. */
function registerFront(metrics: Registry): Pick<ControlApp, 'frontFailed' | 'frontHeap'> {
  const failures = new Counter({
    name: 'unrip_control_front_failures_total',
    help: 'failures and failed restarts of the thread that serves the control API',
    registers: [metrics],
  });
  const heap = new Gauge({
    name: 'unrip_control_heap_bytes',
    help: 'size of the JavaScript heap in use of the thread that serves the control API',
    registers: [metrics],
  });
  return { frontFailed: () => failures.inc(), frontHeap: (bytes) => heap.set(bytes) };
}

function registerEventDrops(metrics: Registry, events: EventSource): void {
  new Counter({
    name: 'unrip_events_dropped_total',
    help: 'events that were not sent to those who follow /events, because there were too many at once',
    registers: [metrics],
    collect() {
      this.reset();
      this.inc(events.dropped());
    },
  });
}

function registerRefusals(metrics: Registry, counts: () => RefusalCounts | null): void {
  new Counter({
    name: 'unrip_control_failed_tokens_total',
    help: 'control requests with a wrong token',
    registers: [metrics],
    collect() {
      this.reset();
      this.inc(counts()?.token_wrong ?? 0);
    },
  });
  new Counter({
    name: 'unrip_control_refused_total',
    help: 'control requests refused before they reached a route, by kind',
    labelNames: ['kind'],
    registers: [metrics],
    collect() {
      this.reset();
      for (const kind of REFUSAL_KINDS) this.inc({ kind }, counts()?.[kind] ?? 0);
    },
  });
}
