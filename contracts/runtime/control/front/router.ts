// The routes of the control API as an Elysia application. Elysia matches the route and runs its hooks; what was matched says
// whether the guard is asked, so that there is one reading of a path and no route without a decision. Requests come from
// connection.ts, which has read and bounded them; nothing here touches a socket.

import { Elysia } from 'elysia';
import type { TokenCheck } from '../auth.ts';
import type { RouteView } from '../message.ts';
import { type Answer, PROBLEMS, problemAnswer } from '../problem.ts';
import type { ControlRequest } from './connection.ts';

/** One request on its way through the hooks. */
export type Call = {
  readonly request: ControlRequest;
  readonly token: TokenCheck;
};

export type RouterHooks = {
  /** Before any route: an answer ends the request. */
  readonly gate: (call: Call) => Answer | null;
  /** Of a route that is not open, and of every path without a route: an answer ends the request. */
  readonly guard: (call: Call, route: RouteView | null) => Promise<Answer | null>;
  readonly answer: (call: Call, route: RouteView) => Promise<Answer>;
  /** Let pass by the guard, but no route of this method and path. */
  readonly unmatched: (call: Call) => Answer;
};

export type ControlRouter = { handle(call: Call): Promise<Answer> };

/** Put before each path, so that it is a URL; no name is looked up. */
const ORIGIN = 'http://control';

export function createControlRouter(routes: readonly RouteView[], hooks: RouterHooks): ControlRouter {
  const calls = new WeakMap<Request, Call>();
  const callOf = (request: Request): Call => {
    const call = calls.get(request);
    if (call === undefined) throw new Error('a request that did not come through the front');
    return call;
  };
  const unmatched = async (call: Call): Promise<Answer> => (await hooks.guard(call, null)) ?? hooks.unmatched(call);

  const app = new Elysia({ strictPath: true })
    .onRequest(({ request }) => {
      const refusal = hooks.gate(callOf(request));
      return refusal === null ? undefined : responseOf(refusal);
    })
    .onError(async ({ code, request }) =>
      responseOf(code === 'NOT_FOUND' ? await unmatched(callOf(request)) : problemAnswer(PROBLEMS.inside)),
    );
  for (const route of routes) {
    const guard = async ({ request }: { readonly request: Request }) => {
      const refusal = await hooks.guard(callOf(request), route);
      return refusal === null ? undefined : responseOf(refusal);
    };
    app.route(
      route.method,
      route.path,
      async ({ request }) => responseOf(await hooks.answer(callOf(request), route)),
      // The body was read and bounded by the connection.
      { parse: 'none', ...(route.open ? {} : { beforeHandle: guard }) },
    );
  }

  return {
    async handle(call) {
      const { method, path } = call.request;
      const url = new URL(ORIGIN + path);
      // A path that a URL would spell in another way is no route, whatever it would become.
      if (url.pathname !== path || !METHODS.has(method)) return hooks.gate(call) ?? (await unmatched(call));
      const request = new Request(url.href, { method: method === 'HEAD' ? 'GET' : method });
      calls.set(request, call);
      return await answerOf(await app.handle(request));
    },
  };
}

/** Those that routes have. A Request throws on some others and takes an unknown one for GET. */
const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE']);

const responseOf = ({ status, headers, body }: Answer): Response => new Response(body, { status, headers });

async function answerOf(response: Response): Promise<Answer> {
  return { status: response.status, headers: Object.fromEntries(response.headers), body: await response.text() };
}
