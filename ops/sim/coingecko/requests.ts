// Reads a request of `/simple/price` to the CoinGecko stand-in: whether its key is the right one, and which prices it asks
// for. Pure; a refusal comes as status and body.

import { COINGECKO_CODES, COINGECKO_KEY_HEADERS } from '../../../contracts/wire/coingecko.ts';
import type { PriceWish } from './prices.ts';

export type CoinGeckoPlan = keyof typeof COINGECKO_KEY_HEADERS;

export type Refusal = { readonly status: number; readonly body: unknown };

export type Asked = { readonly headers: Headers; readonly query: URLSearchParams };

export type KeyRules = {
  /** Without one any request is served. */
  readonly apiKey: string | undefined;
  readonly plan: CoinGeckoPlan;
};

const PRECISION = /^([0-9]|1[0-8])$/;

function keyFault(code: number, message: string, nowMs: number): Refusal {
  const status = { timestamp: new Date(nowMs).toISOString(), error_code: code, error_message: message };
  return { status: 401, body: { error: { status } } };
}

/** Keys come in the header or in the query of their plan. Null when the request may pass. */
export function refusedKey({ headers, query }: Asked, { apiKey, plan }: KeyRules, now: () => number): Refusal | null {
  if (apiKey === undefined) return null;
  const other: CoinGeckoPlan = plan === 'demo' ? 'pro' : 'demo';
  const keyOf = (of: CoinGeckoPlan): string | null =>
    headers.get(COINGECKO_KEY_HEADERS[of]) ?? query.get(`x_cg_${of}_api_key`);
  const given = keyOf(plan);
  if (given === apiKey) return null;
  if (given === null && keyOf(other) === null) return keyFault(COINGECKO_CODES.keyMissing, 'API Key Missing', now());
  const message = `This host serves ${plan} keys: the key is wrong or of another plan`;
  return keyFault(COINGECKO_CODES.wrongHost, message, now());
}

export function readWish(query: URLSearchParams): PriceWish | Refusal {
  const list = (name: string): string[] => (query.get(name) ?? '').split(',').filter((each) => each !== '');
  const [ids, currencies] = [list('ids'), list('vs_currencies')];
  const missing = ids.length === 0 ? 'ids' : currencies.length === 0 ? 'vs_currencies' : null;
  if (missing !== null) return { status: 422, body: { error: `Missing parameter ${missing}` } };
  const withTime = query.get('include_last_updated_at') === 'true';
  const precision = query.get('precision') ?? 'full';
  if (precision !== 'full' && !PRECISION.test(precision)) {
    return { status: 422, body: { error: 'precision is full or 0 to 18' } };
  }
  return { ids, currencies, precision: precision === 'full' ? undefined : Number(precision), withTime };
}
