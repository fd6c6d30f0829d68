// The control API of a running process, as demo, bench and whole-system tests call it: with its token, and with the
// problem body in the error when it refuses.

import { readFileSync } from 'node:fs';
import { Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { type CallResult, createControlClient } from '../../contracts/runtime/control/client.ts';
import { waitFor } from '../testing/wait.ts';

const REQUEST_LIMIT_MS = 10_000;
const HEALTH_EVERY_MS = 50;
const READ_TRIES = 3;
const RETRY_MS = 200;

const Health = Type.Object({ reasons: Type.Array(Type.String()) });

export type ControlClient = {
  readonly url: string;
  /** The body of a GET. @throws ControlRefusal when the status is not 2xx */
  get(path: string): Promise<unknown>;
  post(path: string, body?: unknown): Promise<unknown>;
  put(path: string, body: unknown): Promise<unknown>;
  /**
   * Resolves once the route answers 200; fails at the limit with the reasons that it gave last.
   * @param but reasons that do not matter
   */
  waitHealthy(path: string, limitMs: number, but?: readonly string[]): Promise<void>;
};

/** An answer that was no success; `body` is the problem as the process gave it. */
export class ControlRefusal extends Error {
  readonly status: number;
  readonly body: unknown;
  constructor(what: string, { status, body }: { readonly status: number; readonly body: unknown }) {
    super(what);
    this.status = status;
    this.body = body;
  }
}

/** @param tokenFile file of the bearer token, such as STATE_DIR/control-token */
export function controlClient(url: string, tokenFile: string): ControlClient {
  const token = readFileSync(tokenFile, 'utf8').trim();
  const client = createControlClient({ url, token, timeLimitMs: REQUEST_LIMIT_MS });

  const answerOf = (what: string, result: CallResult): unknown => {
    if (result.kind === 'done') return result.answer;
    const { status, answer, detail } = result;
    if (status === null) throw new Error(`${what}: ${detail}`);
    throw new ControlRefusal(`${what}: ${status} ${detail}`, { status, body: answer });
  };

  /** Reading again changes nothing, so that one lost connection on a busy machine does not end a run. */
  const get = async (path: string): Promise<unknown> => {
    for (let tries = READ_TRIES; ; tries--) {
      const result = await client.get(path);
      if (tries <= 1 || result.kind !== 'unknown' || result.status !== null) {
        return answerOf(`GET ${url}${path}`, result);
      }
      await Bun.sleep(RETRY_MS);
    }
  };

  return {
    url,
    get,
    post: async (path, body = undefined) => answerOf(`POST ${url}${path}`, await client.post(path, body)),
    put: async (path, body) => answerOf(`PUT ${url}${path}`, await client.put(path, body)),
    async waitHealthy(path, limitMs, but = []) {
      let last: readonly string[] = ['it did not answer'];
      const healthy = async (): Promise<boolean> => {
        try {
          await get(path);
          return true;
        } catch (error) {
          last = reasonsOf(error);
          if (last.length > 0 && last.every((reason) => but.includes(reason))) return true;
          // Asking as fast as it answers would take from the process what it needs to become healthy.
          await Bun.sleep(HEALTH_EVERY_MS);
          return false;
        }
      };
      try {
        await waitFor(healthy, { what: `${url}${path} to answer 200`, limitMs });
      } catch (error) {
        throw new Error(`${error instanceof Error ? error.message : String(error)}; last: ${last.join(', ')}`);
      }
    },
  };
}

function reasonsOf(error: unknown): readonly string[] {
  if (error instanceof ControlRefusal && Value.Check(Health, error.body)) return error.body.reasons;
  return [error instanceof Error ? error.message : String(error)];
}
