// The words around the routes in the OpenAPI document.

import type { ActionRoute, NotBuiltRoute } from './control-route.ts';

const PROBLEM_BODY = {
  'application/problem+json': {
    schema: {
      type: 'object' as const,
      required: ['type', 'title', 'status', 'detail'],
      properties: {
        type: { type: 'string' as const },
        title: { type: 'string' as const },
        status: { type: 'integer' as const },
        detail: { type: 'string' as const },
      },
    },
  },
};

const response = (description: string) => ({ description, content: PROBLEM_BODY });
const UNAUTHORIZED = { 401: response('no bearer token, or a wrong one') };

export const describeBase = (service: string, version: string) => ({
  info: { title: `unrip ${service}`, version, description: `Control API of the ${service}` },
  components: { securitySchemes: { bearer: { type: 'http' as const, scheme: 'bearer' } } },
  security: [{ bearer: [] }],
});

export const describeRead = (part: string, summary: string, open: boolean) => ({
  tags: [part],
  summary,
  ...(open ? { security: [] } : {}),
  responses: { 200: { description: summary }, ...(open ? {} : UNAUTHORIZED) },
});

export const describeAction = (route: ActionRoute) => ({
  tags: [route.part],
  summary: route.summary,
  requestBody: {
    required: !route.bodyOptional,
    content: { 'application/json': { schema: JSON.parse(JSON.stringify(route.body)) } },
  },
  responses: {
    200: { description: 'done: what it was and what it is now' },
    400: response('the body has not the shape wanted; names field and shape'),
    ...UNAUTHORIZED,
    409: response('not possible as things stand; says why'),
    413: response('body too large'),
    415: response('body is not JSON'),
  },
});

export const describeNotBuilt = (route: NotBuiltRoute) => ({
  tags: [route.part],
  summary: `${route.summary} (not built yet)`,
  responses: { ...UNAUTHORIZED, 501: response('not built yet') },
});
