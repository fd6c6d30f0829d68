// CoinGecko's `/simple/price` on a real HTTP socket, with its key headers, rate limit and three forms of error body.
// A price keeps its age: what is set as 20 s old is served as 20 s old until it is frozen, as CoinGecko itself keeps
// renewing its prices. Prices are decimal text all the way. Out of scope: every other endpoint and currency.

import { Value } from '@sinclair/typebox/value';
import {
  COINGECKO_CODES,
  COINGECKO_IDS,
  COINGECKO_KEY_HEADERS,
  COINGECKO_PRICE_PATH,
  CoinGeckoSimplePrice,
  coinGeckoReviver,
} from '../../../contracts/wire/coingecko.ts';

export type CoinGeckoPlan = keyof typeof COINGECKO_KEY_HEADERS;

export type CoinGeckoSimOptions = {
  readonly port?: number;
  readonly now?: () => number;
  /** Key that requests must carry; without one any request is served, as on the keyless plan. */
  readonly apiKey?: string;
  readonly plan?: CoinGeckoPlan;
  /** First price of BTC in EUR, as text. */
  readonly btcEur?: string;
};

export type CoinGeckoResult = { readonly ok: true } | { readonly ok: false; readonly reason: string };

export type CoinGeckoFaults = {
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

type PriceWish = { readonly precision: number | undefined; readonly withTime: boolean };
type Coin = { readonly eur: string; readonly ageMs: number };
type Fault = { left: number; readonly status: number; readonly body: string; readonly retryAfterS: number | null };

const DEFAULT_AGE_MS = 20_000;
const JSON_HEADERS = { 'content-type': 'application/json; charset=utf-8' };
const PRICE_TEXT = /^[0-9]+(\.[0-9]+)?$/;
const PRECISION = /^([0-9]|1[0-8])$/;

/** Decimal text with at most so many decimals, rounded half up; as it is without a number. */
function rounded(text: string, decimals: number | undefined): string {
  const [whole = '', fraction = ''] = text.split('.');
  if (decimals === undefined || fraction.length <= decimals) return text;
  const kept = BigInt(`${whole}${fraction.slice(0, decimals)}`) + (fraction.charAt(decimals) >= '5' ? 1n : 0n);
  const digits = kept.toString().padStart(decimals + 1, '0');
  return decimals === 0 ? digits : `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}

const RATE_BODY = JSON.stringify({
  status: { error_code: COINGECKO_CODES.rateLimit, error_message: "You've exceeded the Rate Limit." },
});

function keyFault(code: number, message: string, nowMs: number): Response {
  const status = { timestamp: new Date(nowMs).toISOString(), error_code: code, error_message: message };
  return new Response(JSON.stringify({ error: { status } }), { status: 401, headers: JSON_HEADERS });
}

export function startCoinGeckoSim(options: CoinGeckoSimOptions = {}): CoinGeckoSim {
  const now = options.now ?? Date.now;
  const plan = options.plan ?? 'demo';
  const coins = new Map<string, Coin>([
    [COINGECKO_IDS.btc, { eur: options.btcEur ?? '38900', ageMs: DEFAULT_AGE_MS }],
    [COINGECKO_IDS.eure, { eur: '1.0002', ageMs: DEFAULT_AGE_MS }],
  ]);
  let frozenAtMs: number | null = null;
  let fault: Fault | null = null;
  let requests = 0;

  function refusedKey(request: Request, url: URL): Response | null {
    const { apiKey } = options;
    if (apiKey === undefined) return null;
    const other: CoinGeckoPlan = plan === 'demo' ? 'pro' : 'demo';
    const keyOf = (of: CoinGeckoPlan): string | null =>
      request.headers.get(COINGECKO_KEY_HEADERS[of]) ?? url.searchParams.get(`x_cg_${of}_api_key`);
    const given = keyOf(plan);
    if (given === apiKey) return null;
    if (given === null && keyOf(other) === null) return keyFault(COINGECKO_CODES.keyMissing, 'API Key Missing', now());
    const message = `This host serves ${plan} keys: the key is wrong or of another plan`;
    return keyFault(COINGECKO_CODES.wrongHost, message, now());
  }

  function takeFault(): Response | null {
    if (fault === null) return null;
    const { status, body, retryAfterS } = fault;
    fault.left -= 1;
    if (fault.left <= 0) fault = null;
    const headers = retryAfterS === null ? JSON_HEADERS : { ...JSON_HEADERS, 'retry-after': String(retryAfterS) };
    return new Response(body, { status, headers });
  }

  function priceBody(
    ids: readonly string[],
    currencies: readonly string[],
    { precision, withTime }: PriceWish,
  ): string {
    const atMs = frozenAtMs ?? now();
    const entries = ids.flatMap((id) => {
      const coin = coins.get(id);
      if (coin === undefined) return [];
      const fields: string[] = [];
      // A price is printed as the text that was set: numbers of JSON keep their digits this way.
      if (currencies.includes('eur')) fields.push(`"eur":${rounded(coin.eur, precision)}`);
      if (withTime) fields.push(`"last_updated_at":${Math.floor((atMs - coin.ageMs) / 1000)}`);
      return [`${JSON.stringify(id)}:{${fields.join(',')}}`];
    });
    return `{${entries.join(',')}}`;
  }

  function serve(request: Request): Response {
    const url = new URL(request.url);
    if (url.pathname !== `/api/v3${COINGECKO_PRICE_PATH}`) {
      return new Response(JSON.stringify({ error: 'Not Found' }), { status: 404, headers: JSON_HEADERS });
    }
    requests += 1;
    const refused = takeFault() ?? refusedKey(request, url);
    if (refused !== null) return refused;
    const list = (name: string): string[] =>
      (url.searchParams.get(name) ?? '').split(',').filter((each) => each !== '');
    const [ids, currencies] = [list('ids'), list('vs_currencies')];
    const missing = ids.length === 0 ? 'ids' : currencies.length === 0 ? 'vs_currencies' : null;
    if (missing !== null) {
      const body = JSON.stringify({ error: `Missing parameter ${missing}` });
      return new Response(body, { status: 422, headers: JSON_HEADERS });
    }
    const withTime = url.searchParams.get('include_last_updated_at') === 'true';
    const precision = url.searchParams.get('precision') ?? 'full';
    if (precision !== 'full' && !PRECISION.test(precision)) {
      const body = JSON.stringify({ error: 'precision is full or 0 to 18' });
      return new Response(body, { status: 422, headers: JSON_HEADERS });
    }
    const wish = { precision: precision === 'full' ? undefined : Number(precision), withTime };
    return new Response(priceBody(ids, currencies, wish), { headers: JSON_HEADERS });
  }

  function setPrice(id: string, eur: string, ageMs = DEFAULT_AGE_MS): CoinGeckoResult {
    if (!PRICE_TEXT.test(eur)) return { ok: false, reason: `price of ${id}: "${eur}" is not a plain decimal number` };
    coins.set(id, { eur, ageMs });
    return { ok: true };
  }

  function body(text: string, bodyNowMs: number): CoinGeckoResult {
    let value: unknown;
    try {
      value = JSON.parse(text, coinGeckoReviver);
    } catch {
      return { ok: false, reason: 'not JSON' };
    }
    if (!Value.Check(CoinGeckoSimplePrice, value)) return { ok: false, reason: 'not a body of /simple/price' };
    for (const [id, coin] of Object.entries(value)) {
      const atS = coin.last_updated_at;
      const set = setPrice(id, coin.eur, atS === undefined ? DEFAULT_AGE_MS : bodyNowMs - atS * 1000);
      if (!set.ok) return set;
    }
    return { ok: true };
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
      freeze(on) {
        frozenAtMs = on ? now() : null;
      },
    },
    setPrice,
    removeCoin(id) {
      coins.delete(id);
    },
    body,
    requests: () => requests,
    close: () => server.stop(true),
  };
}
