// CoinGecko's `/simple/price` on a real HTTP socket, with its key headers, rate limit and three forms of error body.
// A price keeps its age: what is set as 20 s old is served as 20 s old until it is frozen, as CoinGecko itself keeps
// renewing its prices. Prices are decimal text all the way. Out of scope: every other endpoint and currency.

import { COINGECKO_CODES, COINGECKO_PRICE_PATH } from '../../../contracts/wire/coingecko.ts';
import { type CoinGeckoResult, Prices } from './prices.ts';
import { type CoinGeckoPlan, type Refusal, readWish, refusedKey } from './requests.ts';

export type CoinGeckoSimOptions = {
  readonly port?: number;
  readonly now?: () => number;
  /** Key that requests must carry; without one any request is served, as on the keyless plan. */
  readonly apiKey?: string;
  readonly plan?: CoinGeckoPlan;
  /** First price of BTC in EUR, as text. */
  readonly btcEur?: string;
};

type CoinGeckoFaults = {
  /** The next `requests` requests get 429; `retryAfterS` goes into the header where it is said. */
  rateLimit(requests: number, retryAfterS?: number): void;
  /** The next `requests` requests get this status and body. */
  fail(requests: number, status: number, body: string): void;
  /** Prices stop being renewed: from now on they grow older. */
  freeze(on: boolean): void;
};

export type CoinGeckoSim = {
  /** The part before `/simple/price`. */
  readonly url: string;
  readonly faults: CoinGeckoFaults;
  /** Sets a coin's price in EUR (decimal text) and how old it is. */
  setPrice(id: string, eur: string, ageMs?: number): CoinGeckoResult;
  removeCoin(id: string): void;
  /** Takes over a recorded body of `/simple/price` whose times are true at `bodyNowMs`. */
  body(text: string, bodyNowMs: number): CoinGeckoResult;
  requests(): number;
  close(): Promise<void>;
};

type Fault = { left: number; readonly status: number; readonly body: string; readonly retryAfterS: number | null };

const JSON_HEADERS = { 'content-type': 'application/json; charset=utf-8' };

const RATE_BODY = JSON.stringify({
  status: { error_code: COINGECKO_CODES.rateLimit, error_message: "You've exceeded the Rate Limit." },
});

const refuse = ({ status, body }: Refusal): Response =>
  new Response(JSON.stringify(body), { status, headers: JSON_HEADERS });

export function startCoinGeckoSim(options: CoinGeckoSimOptions = {}): CoinGeckoSim {
  const now = options.now ?? Date.now;
  const keyRules = { apiKey: options.apiKey, plan: options.plan ?? 'demo' };
  const prices = new Prices(now, options.btcEur ?? '38900');
  let fault: Fault | null = null;
  let requests = 0;

  function takeFault(): Response | null {
    if (fault === null) return null;
    const { status, body, retryAfterS } = fault;
    fault.left -= 1;
    if (fault.left <= 0) fault = null;
    const headers = retryAfterS === null ? JSON_HEADERS : { ...JSON_HEADERS, 'retry-after': String(retryAfterS) };
    return new Response(body, { status, headers });
  }

  function serve({ url: address, headers }: Request): Response {
    const { pathname, searchParams: query } = new URL(address);
    if (pathname !== `/api/v3${COINGECKO_PRICE_PATH}`) return refuse({ status: 404, body: { error: 'Not Found' } });
    requests += 1;
    const failed = takeFault();
    if (failed !== null) return failed;
    const refusal = refusedKey({ headers, query }, keyRules, now);
    if (refusal !== null) return refuse(refusal);
    const wish = readWish(query);
    if ('status' in wish) return refuse(wish);
    return new Response(prices.body(wish), { headers: JSON_HEADERS });
  }

  const server = Bun.serve({ hostname: '127.0.0.1', port: options.port ?? 0, fetch: serve });

  return {
    url: `http://127.0.0.1:${server.port}/api/v3`,
    faults: {
      rateLimit(count, retryAfterS) {
        fault = { left: count, status: 429, body: RATE_BODY, retryAfterS: retryAfterS ?? null };
      },
      fail(count, status, text) {
        fault = { left: count, status, body: text, retryAfterS: null };
      },
      freeze: (on) => prices.freeze(on),
    },
    setPrice: (id, eur, ageMs) => prices.set(id, eur, ageMs),
    removeCoin: (id) => prices.remove(id),
    body: (text, bodyNowMs) => prices.takeOver(text, bodyNowMs),
    requests: () => requests,
    close: () => server.stop(true),
  };
}
