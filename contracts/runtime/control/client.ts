// A control API as its clients see it: what a call came to, in the three ways that matter to a caller. Done: the process did
// it. Refused: it did not, and says why. Unknown: it may have been done or not, since no answer came, or one that proves
// nothing. Bounded in time and size, and never throws. The token goes into a header alone, so that no process list shows it.

import { Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { type JsonBounds, readJson } from '../../json.ts';
import { boundedFetch } from '../bounded-fetch.ts';
import { machineClock } from '../clock.ts';

/** `answer` is the body: JSON as a value, anything else as text. */
export type CallResult =
  | { readonly kind: 'done'; readonly status: number; readonly answer: unknown }
  | { readonly kind: 'refused'; readonly status: number; readonly answer: unknown; readonly detail: string }
  | {
      readonly kind: 'unknown';
      /** Null when no answer came. */
      readonly status: number | null;
      readonly answer: unknown;
      readonly detail: string;
    };

export type ControlClient = {
  readonly url: string;
  get(path: string): Promise<CallResult>;
  post(path: string, body: unknown): Promise<CallResult>;
  put(path: string, body: unknown): Promise<CallResult>;
};

export type ControlClientOptions = {
  /** `http://host:port` */
  readonly url: string;
  readonly token: string;
  readonly timeLimitMs: number;
};

/** `/state` of an engine with all its recent decisions has some 200 kB. */
const ANSWER_BOUNDS: JsonBounds = { charsMax: 1_048_576, depthMax: 32, valuesMax: 65_536 };

const Problem = Type.Object({ title: Type.String(), detail: Type.String() });

export function createControlClient({ url, token, timeLimitMs }: ControlClientOptions): ControlClient {
  const call = async (method: 'GET' | 'POST' | 'PUT', path: string, body?: unknown): Promise<CallResult> => {
    const reply = await boundedFetch({
      url: `${url}${path}`,
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      timers: machineClock,
      timeLimitMs,
    });
    if (!reply.ok) return { kind: 'unknown', status: null, answer: null, detail: `${reply.reason}: ${reply.detail}` };
    return resultOf(reply.status, reply.body);
  };
  return {
    url,
    get: (path) => call('GET', path),
    post: (path, body) => call('POST', path, body),
    put: (path, body) => call('PUT', path, body),
  };
}

function resultOf(status: number, body: string): CallResult {
  const read = readJson(body, ANSWER_BOUNDS);
  const answer: unknown = read.ok ? read.value : body;
  if (status < 300) return { kind: 'done', status, answer };
  const detail = Value.Check(Problem, answer) ? `${answer.title}: ${answer.detail}` : `${status}`;
  return { kind: status >= 500 ? 'unknown' : 'refused', status, answer, detail };
}
