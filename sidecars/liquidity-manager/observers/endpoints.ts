// The nodes that an observer may ask: one reading is by one node alone, so that its answers fit each other, and the next node is asked when
// one fails, lags or lies. Requests are bounded in time and size; a node that asks for fewer is left alone for a while.

import { retryAfterMs } from '../../../contracts/retry-after.ts';
import { boundedFetch, type HttpFailure } from '../../../contracts/runtime/bounded-fetch.ts';
import type { Clock } from '../../../contracts/runtime/clock.ts';
import { ANSWER_BYTES_MAX, type Answer, answered, type Failure, type FailureReason, failure } from './answer.ts';

export type Reply = { readonly status: number; readonly body: string };
/** One node: `path` after its URL, and a body for a POST. */
export type Ask = (path: string, body?: string) => Promise<Answer<Reply>>;

const REASONS = {
  aborted: 'stopped',
  timeout: 'node_timed_out',
  too_large: 'node_answer_too_large',
  redirected: 'node_refused',
  encoded: 'node_unreadable',
  not_text: 'node_unreadable',
  unreachable: 'node_unreachable',
} as const satisfies Record<HttpFailure['reason'], FailureReason>;

const TIME_LIMIT_MS = 15_000;
/** Statuses whose `Retry-After` is kept. */
const BUSY: ReadonlySet<number> = new Set([429, 503]);
/** For a node that answers 429 and names no time. */
const BUSY_PAUSE_MS = 60_000;

export type EndpointsOptions = {
  readonly urls: readonly string[];
  readonly clock: Clock;
};

export class Endpoints {
  readonly #urls: readonly string[];
  readonly #clock: Clock;
  readonly #closing = new AbortController();
  /** Monotonic times before which a node is not asked. */
  readonly #notBeforeUs = new Map<string, number>();
  #current = 0;
  #requests = 0;

  constructor({ urls, clock }: EndpointsOptions) {
    this.#urls = [...new Set(urls.map((url) => url.replace(/\/+$/, '')))];
    this.#clock = clock;
  }

  /** Host and port of the node that is asked now. */
  host(): string {
    return hostOf(this.#url());
  }

  requests(): number {
    return this.#requests;
  }

  close(): void {
    this.#closing.abort();
  }

  /** Tries each node once, the present one first; the failure of the last one when none has an answer. */
  async attempt<T>(read: (ask: Ask, url: string) => Promise<Answer<T>>): Promise<Answer<T>> {
    let last: Failure = failure('node_unreachable', 'there is no node to ask');
    for (let tries = 0; tries < this.#urls.length; tries += 1) {
      const url = this.#url();
      const answer = await read((path, body) => this.#ask(url, path, body), url);
      if (answer.ok || answer.reason === 'stopped') return answer;
      last = failure(answer.reason, `${hostOf(url)}: ${answer.detail}`);
      this.#current += 1;
    }
    return last;
  }

  #url(): string {
    return this.#urls[this.#current % this.#urls.length] ?? '';
  }

  async #ask(url: string, path: string, body?: string): Promise<Answer<Reply>> {
    if (this.#closing.signal.aborted) return failure('stopped', 'the observer is being stopped');
    if (this.#clock.elapsedUs() < (this.#notBeforeUs.get(url) ?? 0)) {
      return failure('node_rate_limited', 'it asked for no request for a while');
    }
    this.#requests += 1;
    const answer = await boundedFetch({
      url: `${url}${path}`,
      ...(body === undefined ? {} : { body, headers: { 'content-type': 'application/json' } }),
      timers: this.#clock,
      timeLimitMs: TIME_LIMIT_MS,
      bytesMax: ANSWER_BYTES_MAX,
      signal: this.#closing.signal,
    });
    if (!answer.ok) {
      return failure(REASONS[answer.reason], answer.detail);
    }
    this.#heedRetryAfter(url, answer.status, answer.retryAfter);
    return answered({ status: answer.status, body: answer.body });
  }

  #heedRetryAfter(url: string, status: number, retryAfter: string | null): void {
    const askedMs = BUSY.has(status) ? retryAfterMs(retryAfter, this.#clock.nowMs()) : null;
    const waitMs = askedMs ?? (status === 429 ? BUSY_PAUSE_MS : null);
    if (waitMs !== null) this.#notBeforeUs.set(url, this.#clock.elapsedUs() + waitMs * 1000);
  }
}

function hostOf(url: string): string {
  try {
    return new URL(url).host;
  } catch {
    return 'a URL that cannot be read';
  }
}
