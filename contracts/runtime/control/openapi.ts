// The OpenAPI document of a control API, made from the schemas that its routes check bodies with and build answers from.

import type { TSchema } from '@sinclair/typebox';
import type { Role } from '../../config/control-tokens.ts';
import { EventMessage, TicketBody } from '../../control/events.ts';
import { doneBody, OpenApiBody, ProblemBody } from './answers.ts';
import { NoBody, requiresBody } from './body.ts';
import type { Method } from './message.ts';
import type { ActionRoute } from './route.ts';

export type Described = {
  readonly method: Method;
  readonly path: string;
  readonly part: string;
  readonly summary: string;
  readonly open: boolean;
} & (
  | { readonly kind: 'read' | 'health'; readonly schema: TSchema }
  | { readonly kind: 'text' | 'not_built' }
  | { readonly kind: 'events' | 'ticket' }
  | ({ readonly kind: 'action' } & Pick<
      ActionRoute,
      'action' | 'role' | 'body' | 'bodyOptional' | 'status' | 'mayGoOn' | 'from' | 'to' | 'refusals'
    >)
);

type Called = { readonly method: Method; readonly kind: string; readonly role?: Role };

/** The lowest role that may call it. What changes nothing is for viewers too. */
export const roleOf = ({ method, kind, role = 'operator' }: Called): Role =>
  method === 'GET' || kind === 'ticket' ? 'viewer' : role;

/** Routes of a process that has events; the front answers them. */
export const EVENT_ROUTES = [
  {
    kind: 'events',
    method: 'GET',
    path: '/events',
    summary: 'Websocket of events: decisions, results, actions and changes of health; one JSON object a message',
  },
  {
    kind: 'ticket',
    method: 'POST',
    path: '/events/ticket',
    summary: 'Ticket for a page that opens /events?ticket=: valid once, for 30 seconds, from the same Origin',
  },
] as const;

/** The route of the document itself. */
export const OPENAPI_ROUTE = {
  kind: 'read',
  method: 'GET',
  path: '/openapi',
  summary: 'This document',
  open: false,
  schema: OpenApiBody,
} as const;

/** Every refusal that is possible, by status. */
const REFUSALS = {
  400: 'the request is malformed, or its body does not match the schema; the answer names the field and what is required',
  401: 'no bearer token, or a wrong one',
  403: 'Host or Origin names another site, or the token may not do this',
  404: 'what the body names is not known',
  408: 'the request was not complete in time',
  409: 'not possible now; the answer gives the reason',
  411: 'a body without Content-Length',
  413: 'body too large',
  414: 'the request target is too long',
  415: 'body is not JSON',
  426: 'only as a websocket of version 13',
  429: 'too many wrong tokens, too many calls of one action, or too many connections to /events',
  431: 'the head of the request is too large',
  500: 'internal error; see the log of the process',
  501: 'not built yet',
  502: 'the source that was asked did not answer',
  503: 'the main loop did not answer in time',
  504: 'the action did not answer in time; its outcome is not known',
  505: 'not HTTP/1.0 or HTTP/1.1',
} as const;
type Refusal = keyof typeof REFUSALS;

const EVERYWHERE: readonly Refusal[] = [400, 403, 408, 411, 413, 414, 431, 500, 505];
const WITH_TOKEN: readonly Refusal[] = [401, 429];
const OF_ACTIONS: readonly Refusal[] = [415, 504];

const HEADERS: Readonly<Partial<Record<Refusal, unknown>>> = {
  401: { 'WWW-Authenticate': { required: true, schema: { type: 'string' } } },
  429: { 'Retry-After': { required: true, description: 'seconds', schema: { type: 'string', pattern: '^[0-9]+$' } } },
};

/** TypeBox schemas are JSON Schema with symbols added; plain JSON has no symbols. */
const plain = (schema: TSchema): unknown => JSON.parse(JSON.stringify(schema));

const json = (description: string, schema: TSchema) => ({
  description,
  content: { 'application/json': { schema: plain(schema) } },
});

const PROBLEM_CONTENT = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };

const nameOf = (status: Refusal): string => `Problem${status}`;
const refusalsOf = (statuses: readonly Refusal[]): Record<string, unknown> =>
  Object.fromEntries(statuses.map((status) => [status, { $ref: `#/components/responses/${nameOf(status)}` }]));

/** @param routes all but the route of the document itself */
export function openApiDocument(service: string, version: string, routes: readonly Described[]): unknown {
  const paths: Record<string, Record<string, unknown>> = {};
  const used = new Set<Refusal>();
  const tags = new Set<string>();
  for (const route of [...routes, { ...OPENAPI_ROUTE, part: service }]) {
    for (const status of statusesOf(route)) used.add(status);
    tags.add(route.part);
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operationOf(route) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: `unrip ${service}`,
      version,
      description: `Control API of the ${service}`,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/', description: 'this process' }],
    tags: [...tags].map((name) => ({ name, description: name === service ? 'the process' : `the part ${name}` })),
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
      schemas: { Problem: plain(ProblemBody), ...(used.has(426) ? { Event: plain(EventMessage) } : {}) },
      responses: Object.fromEntries([...used].sort().map((status) => [nameOf(status), problemResponse(status)])),
    },
    security: [{ bearer: [] }],
    paths,
  };
}

function problemResponse(status: Refusal): unknown {
  const headers = HEADERS[status];
  return { description: REFUSALS[status], ...(headers === undefined ? {} : { headers }), content: PROBLEM_CONTENT };
}

/** The refusals that a route can give. */
function statusesOf(route: Described): readonly Refusal[] {
  const all = [...EVERYWHERE, ...(route.open ? [] : WITH_TOKEN), ...(route.method === 'GET' ? [503 as const] : [])];
  if (route.kind === 'events') return [...EVERYWHERE, ...WITH_TOKEN, 426];
  if (route.kind === 'ticket') return [...EVERYWHERE, ...WITH_TOKEN, 415];
  if (route.kind === 'not_built') return [...all, ...(route.method === 'GET' ? [] : [504 as const]), 501];
  return route.kind === 'action' ? [...all, ...OF_ACTIONS, ...route.refusals] : all;
}

function operationOf(route: Described): unknown {
  const { part, summary, open, path, method } = route;
  const words = path.split(/[^a-z]+/).filter((word) => word !== '');
  const operationId = [method.toLowerCase(), ...words.map((word) => word[0]?.toUpperCase() + word.slice(1))].join('');
  const access = open ? { security: [] } : { 'x-required-role': roleOf(route) };
  const base = { operationId, tags: [part], summary, ...access };
  const refusals = refusalsOf(statusesOf(route));
  switch (route.kind) {
    case 'not_built':
      return { ...base, summary: `${summary} (not built yet)`, responses: refusals };
    case 'action':
      return {
        ...base,
        requestBody: { required: requiresBody(route), content: { 'application/json': { schema: plain(route.body) } } },
        responses: { ...doneResponses(route), ...refusals },
      };
    case 'events':
      return {
        ...base,
        parameters: [TICKET_PARAMETER],
        'x-messages': { $ref: '#/components/schemas/Event' },
        responses: { 101: { description: 'the connection is a websocket; it takes no messages' }, ...refusals },
      };
    case 'ticket':
      return { ...base, requestBody: NO_BODY, responses: { 200: json('the ticket', TicketBody), ...refusals } };
    case 'text': {
      const ok = { description: summary, content: { 'text/plain': { schema: { type: 'string' } } } };
      return { ...base, responses: { 200: ok, ...refusals } };
    }
    case 'read':
      return { ...base, responses: { 200: json(summary, route.schema), ...refusals } };
    case 'health':
      return {
        ...base,
        responses: { 200: json('it can do its job', route.schema), ...refusals, 503: unhealthy(route) },
      };
  }
}

const NO_BODY = { required: false, content: { 'application/json': { schema: plain(NoBody) } } };

const TICKET_PARAMETER = {
  name: 'ticket',
  in: 'query',
  required: false,
  description: 'instead of the Authorization header, which a browser cannot send here',
  schema: { type: 'string' },
};

/** Two causes share the status; the content type tells them apart. */
function unhealthy({ schema }: { readonly schema: TSchema }): unknown {
  const { description, content } = json('it cannot do its job, and reasons say why; a problem: ', schema);
  return { description: `${description}${REFUSALS[503]}`, content: { ...content, ...PROBLEM_CONTENT } };
}

const DONE = { 200: 'done: what it was and what it is now', 202: 'accepted: it goes on after the answer' } as const;

function doneResponses(route: Extract<Described, { readonly kind: 'action' }>): Record<string, unknown> {
  const { part, action, status, mayGoOn, from, to } = route;
  const statuses = mayGoOn ? ([200, 202] as const) : [status];
  return Object.fromEntries(statuses.map((each) => [each, json(DONE[each], doneBody({ part, action, from, to }))]));
}
