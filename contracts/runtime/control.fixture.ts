// For tests: both halves of a control API on one thread, called as a client would call it, without a port.

import type { ControlApp } from './control-app.ts';
import { controlToken } from './control-auth.ts';
import type { ControlRequest } from './control-connection.ts';
import { createControlFront } from './control-front.ts';
import type { Timers } from './timers.ts';

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

export function controlCaller(app: ControlApp, timers: Timers, host = '127.0.0.1'): ControlCaller {
  const tokens = [controlToken('operator', TEST_TOKEN)];
  const front = createControlFront({ routes: app.routes, tokens, host, backend: app, timers });
  return async (method, path, init = {}) => {
    const { token = TEST_TOKEN, headers = {}, remote = 'local' } = init;
    const body = Buffer.from(init.body ?? '');
    const request: ControlRequest = {
      method,
      path,
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
    const answer = await front.handle(request, { trusted: false });
    return new Response(answer.body, { status: answer.status, headers: answer.headers });
  };
}
