// The one way by which the processes ask anything over HTTP. Whatever the other side does, a request ends: within its time
// limit, body included, and with at most so many bytes in memory. A redirect is refused, since the host behind it is not the
// one that was configured; so is a compressed body, since a few kilobytes of it can become gigabytes. Nothing is thrown.
//
// The content type is not looked at: a body counts by what its reader makes of it.

import type { Clock } from './clock.ts';
import { cannotReach } from './connection-error.ts';

export type HttpRequest = {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** POST when there is a body, else GET, unless said otherwise. */
  readonly method?: 'GET' | 'POST' | 'PUT';
  readonly body?: string;
  readonly timers: Pick<Clock, 'after'>;
  /** From the request to the last byte of the body. */
  readonly timeLimitMs: number;
  /** `HTTP_BYTES_MAX` by default. */
  readonly bytesMax?: number;
  /** Ends the request from outside. */
  readonly signal?: AbortSignal;
};

export type HttpFailure = {
  readonly ok: false;
  readonly reason: 'aborted' | 'timeout' | 'too_large' | 'redirected' | 'encoded' | 'not_text' | 'unreachable';
  /** For people; names host and cause, never a path, a query or a header. */
  readonly detail: string;
};

/** Any status is an answer; `retryAfter` is that header as it was sent. */
export type HttpAnswer = {
  readonly ok: true;
  readonly status: number;
  readonly retryAfter: string | null;
  readonly body: string;
};

/** Far more than any answer that is read here needs. */
export const HTTP_BYTES_MAX = 1_048_576;

const failed = (reason: HttpFailure['reason'], detail: string): HttpFailure => ({ ok: false, reason, detail });

const codeOf = (error: unknown): string => {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : null;
  if (typeof code === 'string' && code !== '') return code;
  return error instanceof Error ? error.name : 'unknown error';
};

function hostOf(url: string): string {
  try {
    return new URL(url).host;
  } catch {
    return 'a URL that cannot be read';
  }
}

/** Reads at most `bytesMax` bytes; null when there are more, and then the rest is not read. */
async function readBytes(response: Response, bytesMax: number): Promise<Uint8Array | null> {
  const announced = Number(response.headers.get('content-length') ?? '0');
  if (announced > bytesMax) return null;
  if (response.body === null) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body) {
    bytes += chunk.byteLength;
    if (bytes > bytesMax) return null;
    chunks.push(chunk);
  }
  const whole = new Uint8Array(bytes);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.byteLength;
  }
  return whole;
}

async function answerOf(response: Response, bytesMax: number, host: string): Promise<HttpAnswer | HttpFailure> {
  const encoding = response.headers.get('content-encoding');
  if (encoding !== null && encoding.trim().toLowerCase() !== 'identity') {
    return failed('encoded', `${host} compressed its answer, although it was asked not to`);
  }
  const bytes = await readBytes(response, bytesMax);
  if (bytes === null) return failed('too_large', `${host} answered with more than ${bytesMax} bytes`);
  let body: string;
  try {
    body = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return failed('not_text', `${host} answered with bytes that are not UTF-8`);
  }
  return { ok: true, status: response.status, retryAfter: response.headers.get('retry-after'), body };
}

/** Total: resolves to an answer or a named failure, and holds on to nothing afterwards. */
export async function boundedFetch(request: HttpRequest): Promise<HttpAnswer | HttpFailure> {
  const { timeLimitMs, bytesMax = HTTP_BYTES_MAX, body, signal } = request;
  const { method = body === undefined ? 'GET' : 'POST' } = request;
  const host = hostOf(request.url);
  const abort = new AbortController();
  let isLate = false;
  const end = (): void => abort.abort();
  const stopLimit = request.timers.after(timeLimitMs, () => {
    isLate = true;
    end();
  });
  signal?.addEventListener('abort', end, { once: true });
  if (signal?.aborted === true) end();
  try {
    const response = await fetch(request.url, {
      method,
      headers: { ...request.headers, 'accept-encoding': 'identity' },
      ...(body === undefined ? {} : { body }),
      signal: abort.signal,
      redirect: 'error',
      // What is compressed all the same stays as it is, and is refused.
      decompress: false,
    });
    return await answerOf(response, bytesMax, host);
  } catch (error) {
    if (isLate) return failed('timeout', `no answer within ${timeLimitMs} ms`);
    if (signal?.aborted === true) return failed('aborted', `the request to ${host} was given up`);
    const code = codeOf(error);
    if (code === 'UnexpectedRedirect') return failed('redirected', `${host} redirects, which is not followed`);
    return failed('unreachable', cannotReach(host, code));
  } finally {
    stopLimit();
    signal?.removeEventListener('abort', end);
    // Ends what is left of the connection when the body was not read to its end.
    end();
  }
}
