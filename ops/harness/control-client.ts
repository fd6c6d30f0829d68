// The control API of a running process, as demo, bench and whole-system tests call it: with its token, and with the
// problem body in the error when it refuses.

import { readFileSync } from 'node:fs';
import { Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { connectionProblem } from '../../contracts/runtime/connection-error.ts';
import { waitFor } from '../testing/wait.ts';

const REQUEST_LIMIT_MS = 10_000;
const HEALTH_EVERY_MS = 50;
const READ_TRIES = 3;
const RETRY_MS = 200;

const Problem = Type.Object({ detail: Type.String() });
const Health = Type.Object({ reasons: Type.Array(Type.String()) });

export type ControlClient = {
  readonly url: string;
  /** The body of a GET. @throws ControlRefusal when the status is not 2xx */
  get(path: string): Promise<unknown>;
  post(path: string, body?: unknown): Promise<unknown>;
  put(path: string, body: unknown): Promise<unknown>;
  /** Resolves once the route answers 200; fails at the limit with the reasons that it gave last. */
  waitHealthy(path: string, limitMs: number): Promise<void>;
};

/** An answer that was no success; `body` is the problem as the process gave it. */
export class ControlRefusal extends Error {
  readonly status: number;
  readonly body: unknown;
  constructor(what: string, status: number, body: unknown) {
    super(`${what}: ${status} ${Value.Check(Problem, body) ? body.detail : JSON.stringify(body)}`);
    this.status = status;
    this.body = body;
  }
}

/** @param tokenFile file of the bearer token, such as STATE_DIR/control-token */
export function controlClient(url: string, tokenFile: string): ControlClient {
  const authorization = `Bearer ${readFileSync(tokenFile, 'utf8').trim()}`;

  const once = async (method: string, path: string, body: unknown): Promise<Response> =>
    await fetch(`${url}${path}`, {
      method,
      headers: { authorization, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      signal: AbortSignal.timeout(REQUEST_LIMIT_MS),
      // A connection that is kept may be closed by the other side in the moment in which it is used again.
      keepalive: false,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });

  /** Reading again changes nothing, so that one lost connection on a busy machine does not end a run. */
  const send = async (method: string, path: string, body: unknown): Promise<Response> => {
    for (let tries = method === 'GET' ? READ_TRIES : 1; ; tries--) {
      try {
        return await once(method, path, body);
      } catch (error) {
        const said = connectionProblem(error) ?? (error instanceof Error ? error.message : String(error));
        if (tries <= 1) throw new Error(`${method} ${url}${path}: ${said}`);
        await Bun.sleep(RETRY_MS);
      }
    }
  };

  const call = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const response = await send(method, path, body);
    const text = await response.text();
    const isJson = /json/.test(response.headers.get('content-type') ?? '');
    const value: unknown = isJson ? JSON.parse(text) : text;
    if (!response.ok) throw new ControlRefusal(`${method} ${path}`, response.status, value);
    return value;
  };

  return {
    url,
    get: (path) => call('GET', path),
    post: (path, body) => call('POST', path, body),
    put: (path, body) => call('PUT', path, body),
    async waitHealthy(path, limitMs) {
      let last = 'it did not answer';
      const healthy = async (): Promise<boolean> => {
        try {
          await call('GET', path);
          return true;
        } catch (error) {
          last = reasonsOf(error);
          // Asking as fast as it answers would take from the process what it needs to become healthy.
          await Bun.sleep(HEALTH_EVERY_MS);
          return false;
        }
      };
      try {
        await waitFor(healthy, { what: `${url}${path} to answer 200`, limitMs });
      } catch (error) {
        throw new Error(`${error instanceof Error ? error.message : String(error)}; last: ${last}`);
      }
    },
  };
}

function reasonsOf(error: unknown): string {
  if (error instanceof ControlRefusal && Value.Check(Health, error.body)) return error.body.reasons.join(', ');
  return error instanceof Error ? error.message : String(error);
}
