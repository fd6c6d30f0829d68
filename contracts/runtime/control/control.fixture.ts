// For tests: both halves of a control API on one thread, called as a client would call it, without a port.

import { createDescribedCheck, type DescribedCheck } from '../../../ops/testing/described.ts';
import type { Clock } from '../clock.ts';
import type { ControlApp } from './app.ts';
import { controlToken } from './auth.ts';
import type { ControlRequest } from './front/connection.ts';
import { createControlFront } from './front/front.ts';
import { REFUSAL_KINDS, type RefusalCounts } from './message.ts';

export const TEST_TOKEN = 'operator-token-of-32-characters-x';

export type CallInit = {
  readonly body?: string;
  /** null: none. Without a host of its own a call asks for a loopback name. */
  readonly headers?: Readonly<Record<string, string>>;
  /** null: no Authorization header. */
  readonly token?: string | null;
  readonly remote?: string;
};

export type ControlCaller = (method: string, path: string, init?: CallInit) => Promise<Response>;

const NO_REFUSALS = Object.fromEntries(REFUSAL_KINDS.map((kind) => [kind, 0])) as RefusalCounts;

/** Every answer is held against the OpenAPI document of the app: one that is not as described is an error. */
export function controlCaller(
  app: ControlApp,
  timers: Clock,
  // Of paths in `invented` a fake backend tells something else than the process.
  { host = '127.0.0.1', invented = [] }: { readonly host?: string; readonly invented?: readonly string[] } = {},
): ControlCaller {
  const tokens = [controlToken('operator', TEST_TOKEN)];
  const front = createControlFront({
    ...{ service: app.service, routes: app.routes, tokens, host, timers },
    backend: app,
    onEventsWanted: () => {},
  });
  let described: DescribedCheck | null = null;
  return async (method, path, init = {}) => {
    const { token = TEST_TOKEN, headers = {}, remote = 'local' } = init;
    const body = Buffer.from(init.body ?? '');
    const request: ControlRequest = {
      method,
      path,
      query: null,
      websocket: null,
      host: headers['host'] ?? 'localhost:7070',
      origin: headers['origin'] ?? null,
      authorization: token === null ? null : `Bearer ${token}`,
      contentType: headers['content-type'] ?? (init.body === undefined ? null : 'application/json'),
      contentLength: body.length,
      keepAlive: true,
      expectsContinue: false,
      body,
      remote,
    };
    const answer = await front.handle(request);
    if ('open' in answer) throw new Error(`${method} ${path} opened a websocket`);
    described ??= createDescribedCheck(JSON.parse((await app.read('/openapi', NO_REFUSALS)).body));
    const deviation = invented.includes(path) ? null : described(method, path, answer);
    if (deviation !== null)
      throw new Error(`${method} ${path} answered ${answer.status}, not as described: ${deviation}`);
    return new Response(answer.body, { status: answer.status, headers: answer.headers });
  };
}
