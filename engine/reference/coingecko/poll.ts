// Asks CoinGecko for both prices in one request, again and again: one at a time, with a time limit, backing off where it is
// refused and for as long as it asks for. What came of each request goes to `onAnswer`; nothing is thrown.

import { type BackoffPolicy, backoffMs } from '../../../contracts/runtime/backoff.ts';
import { boundedFetch } from '../../../contracts/runtime/bounded-fetch.ts';
import type { Clock } from '../../../contracts/runtime/clock.ts';
import { isoTimeOrNull } from '../../../contracts/time.ts';
import { COINGECKO_KEY_HEADERS, COINGECKO_PRICE_PATH } from '../../../contracts/wire/coingecko.ts';
import { momentOf } from '../../lib/moment.ts';
import type { Random } from '../../model/ports.ts';
import type { Moment } from '../../model/values.ts';
import { type CoinGeckoParse, type CoinIds, parseCoinGecko } from './parse.ts';

export type CoinGeckoPollOptions = {
  /** The part before `/simple/price`. */
  readonly url: string;
  readonly apiKey: string | null;
  readonly ids: CoinIds;
  readonly pollMs: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly onAnswer: (parse: CoinGeckoParse, now: Moment) => void;
  /** 10 s when not said. */
  readonly timeLimitMs?: number;
};

export type CoinGeckoPoll = {
  start(): void;
  /** Ends polling; a request under way is given up and not reported. */
  stop(): void;
  /** Asks now, or joins the request under way. Resolves to why nothing could be had, else null. */
  refresh(): Promise<string | null>;
  state(): {
    readonly requests: number;
    /** Requests without a usable answer. */
    readonly failures: number;
    readonly failures_in_row: number;
    readonly in_flight: boolean;
    readonly not_before: string | null;
  };
};

const TIME_LIMIT_MS = 10_000;
/** Sooner than the next regular poll, which the wait never exceeds: a lost answer should not cost a minute. */
const RETRY: BackoffPolicy = { baseMs: 2000, maxMs: 60_000 };

/** The two plans have hosts of their own, and each its own header. */
function headersFor(url: string, apiKey: string | null): Record<string, string> {
  const plan = new URL(url).hostname.startsWith('pro-') ? 'pro' : 'demo';
  return { accept: 'application/json', ...(apiKey === null ? {} : { [COINGECKO_KEY_HEADERS[plan]]: apiKey }) };
}

function requestUrl(url: string, { btc, eure }: CoinIds): string {
  const query = new URLSearchParams({
    ids: `${btc},${eure}`,
    vs_currencies: 'eur',
    include_last_updated_at: 'true',
    precision: 'full',
  });
  return `${url.replace(/\/+$/, '')}${COINGECKO_PRICE_PATH}?${query}`;
}

export function createCoinGeckoPoll(options: CoinGeckoPollOptions): CoinGeckoPoll {
  const { clock, random, ids, pollMs } = options;
  const timeLimitMs = options.timeLimitMs ?? TIME_LIMIT_MS;
  const url = requestUrl(options.url, ids);
  const headers = headersFor(options.url, options.apiKey);
  let requests = 0;
  let failures = 0;
  let failuresInRow = 0;
  /** Until when CoinGecko asked for no request: on the monotonic clock, and as a wall time to show. */
  let notBefore: { readonly us: number; readonly atMs: number } | null = null;
  let isRunning = false;
  let stopTimer: () => void = () => {};
  let underWay: { readonly done: Promise<string | null>; readonly abort: AbortController } | null = null;

  function waitAfter(parse: CoinGeckoParse): number {
    if (parse.ok) return pollMs;
    const againMs = Math.min(pollMs, backoffMs(RETRY, failuresInRow, random.fraction()));
    return Math.max(parse.retryAfterMs ?? 0, againMs);
  }

  async function run(abort: AbortController): Promise<string | null> {
    requests += 1;
    const askedAtUs = clock.elapsedUs();
    const answer = await boundedFetch({ url, headers, timers: clock, timeLimitMs, signal: abort.signal });
    if (underWay?.abort !== abort) return 'stopped';
    underWay = null;
    const now = momentOf(clock);
    const parse: CoinGeckoParse = answer.ok
      ? parseCoinGecko({ ...answer, askedAtUs }, ids, now)
      : { ok: false, reason: `${answer.reason}: ${answer.detail}`, retryAfterMs: null };
    if (!parse.ok) failures += 1;
    failuresInRow = parse.ok ? 0 : failuresInRow + 1;
    const pauseMs = parse.ok ? null : parse.retryAfterMs;
    notBefore = pauseMs === null ? null : { us: now.nowUs + pauseMs * 1000, atMs: now.nowMs + pauseMs };
    if (isRunning) stopTimer = clock.after(waitAfter(parse), poll);
    options.onAnswer(parse, now);
    return parse.ok ? parse.failure : parse.reason;
  }

  const pausedForMs = (): number => (notBefore === null ? 0 : Math.ceil((notBefore.us - clock.elapsedUs()) / 1000));

  function begin(): Promise<string | null> {
    if (underWay !== null) return underWay.done;
    stopTimer();
    const abort = new AbortController();
    // `run` looks at `underWay` only after its first await, by when this has set it.
    const done = run(abort);
    underWay = { done, abort };
    return done;
  }

  function poll(): void {
    void begin();
  }

  return {
    start() {
      if (isRunning) return;
      isRunning = true;
      const waitMs = pausedForMs();
      if (waitMs > 0) stopTimer = clock.after(waitMs, poll);
      else poll();
    },
    stop() {
      isRunning = false;
      stopTimer();
      const ended = underWay;
      underWay = null;
      ended?.abort.abort();
    },
    async refresh() {
      if (notBefore !== null && pausedForMs() > 0) {
        return `rate_limited: CoinGecko asked for no request before ${isoTimeOrNull(notBefore.atMs)}`;
      }
      return begin();
    },
    state: () => ({
      requests,
      failures,
      failures_in_row: failuresInRow,
      in_flight: underWay !== null,
      not_before: isoTimeOrNull(notBefore?.atMs ?? null),
    }),
  };
}
