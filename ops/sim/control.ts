// Control of a running world over HTTP on loopback: what `./unrip replay`, the demo and a curious reader drive it with.
// JSON in and out, amounts as decimal text; a refusal is a problem body (RFC 9457) whose `detail` says what is wrong.
// A page in a browser may not use it: whatever carries an Origin is turned away.

import { Elysia } from 'elysia';
import { accountRoutes } from './control/account-routes.ts';
import { problem, Refusal } from './control/answers.ts';
import { chainRoutes } from './control/chain-routes.ts';
import { faultRoutes } from './control/fault-routes.ts';
import { marketRoutes } from './control/market-routes.ts';
import { stateRoutes } from './control/state-routes.ts';
import { tapeRoutes } from './control/tape-routes.ts';
import type { World } from './world.ts';

export type WorldControl = { readonly url: string; close(): Promise<void> };

function routesOf(world: World) {
  return new Elysia()
    .onRequest(({ request }) => (request.headers.has('origin') ? problem(403, 'not for browsers') : undefined))
    .onError(({ error, code }) => {
      if (error instanceof Refusal) return problem(error.status, error.message);
      if (code === 'NOT_FOUND') return problem(404, 'no such route');
      if (code === 'VALIDATION') {
        const first = error.all[0];
        const where = first !== undefined && 'path' in first ? `${String(first.path)}: ` : '';
        return problem(400, `${where}${first?.summary ?? 'the body has another shape'}`);
      }
      return problem(code === 'PARSE' ? 400 : 500, error instanceof Error ? error.message : String(code));
    })
    .use(stateRoutes(world))
    .use(tapeRoutes(world))
    .use(accountRoutes(world))
    .use(chainRoutes(world))
    .use(marketRoutes(world))
    .use(faultRoutes(world));
}

/** Serves the control of a world; port 0, the default, takes a free one. */
export function startWorldControl(world: World, port = 0): WorldControl {
  const app = routesOf(world);
  const server = Bun.serve({ hostname: '127.0.0.1', port, fetch: (request) => app.handle(request) });
  return { url: `http://127.0.0.1:${server.port}`, close: () => server.stop(true) };
}
