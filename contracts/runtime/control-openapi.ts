// The OpenAPI document of a control API.

import type { TSchema } from '@sinclair/typebox';
import type { Method } from './control-message.ts';
import { type Answer, jsonAnswer } from './problem.ts';

export type Described = {
  readonly method: Method;
  readonly path: string;
  readonly part: string;
  readonly summary: string;
  readonly open: boolean;
} & (
  | { readonly kind: 'read' | 'health' | 'not_built' }
  | { readonly kind: 'action'; readonly body: TSchema; readonly bodyOptional: boolean }
);

const PROBLEM_BODY = {
  'application/problem+json': {
    schema: {
      type: 'object',
      required: ['type', 'title', 'status', 'detail'],
      properties: {
        type: { type: 'string' },
        title: { type: 'string' },
        status: { type: 'integer' },
        detail: { type: 'string' },
      },
    },
  },
};

const problem = (description: string) => ({ description, content: PROBLEM_BODY });
const json = (description: string) => ({
  description,
  content: { 'application/json': { schema: { type: 'object' } } },
});

const EVERYWHERE = {
  400: problem('the request is malformed; says how'),
  403: problem('Host or Origin is another site'),
  503: problem('the main loop did not answer in time'),
};
const WITH_TOKEN = {
  401: problem('no bearer token, or a wrong one'),
  429: problem('too many wrong tokens, or too many calls of one action'),
};

const ACTION_RESPONSES = {
  200: json('done: what it was and what it is now'),
  202: json('accepted: it goes on after the answer'),
  ...EVERYWHERE,
  400: problem('the request is malformed, or the body has not the required shape; names field and shape'),
  ...WITH_TOKEN,
  409: problem('not possible now; says why'),
  411: problem('a body without Content-Length'),
  413: problem('body too large'),
  415: problem('body is not JSON'),
  500: problem('a fault of the process; its log says more'),
  502: problem('the source that was asked did not answer'),
  504: problem('the action did not answer in time; its outcome is not known'),
};

export function openApiDocument(service: string, version: string, routes: readonly Described[]): Answer {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operationOf(route) };
  }
  return jsonAnswer({
    openapi: '3.1.0',
    info: { title: `unrip ${service}`, version, description: `Control API of the ${service}` },
    components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
    security: [{ bearer: [] }],
    paths,
  });
}

function operationOf(route: Described): unknown {
  const { part, summary, open, path } = route;
  const base = { tags: [part], summary, ...(open ? { security: [] } : {}) };
  if (route.kind === 'not_built') {
    const responses = { ...EVERYWHERE, ...WITH_TOKEN, 501: problem('not built yet') };
    return { ...base, summary: `${summary} (not built yet)`, responses };
  }
  if (route.kind === 'action') {
    return {
      ...base,
      requestBody: { required: !route.bodyOptional, content: { 'application/json': { schema: route.body } } },
      responses: ACTION_RESPONSES,
    };
  }
  const ok =
    path === '/metrics'
      ? { description: summary, content: { 'text/plain': { schema: { type: 'string' } } } }
      : json(summary);
  const unhealthy = route.kind === 'health' ? { 503: json('it cannot do its job; reasons say why') } : {};
  return { ...base, responses: { 200: ok, ...EVERYWHERE, ...(open ? {} : WITH_TOKEN), ...unhealthy } };
}
