// CoinGecko's `/simple/price`: the reply, its three forms of error, and the headers that carry a key.
// Prices are JSON numbers; parse with `coinGeckoReviver`, which keeps their text so that no float touches money.
// Pure. A coin that CoinGecko does not know is absent from the reply, which is then possibly empty.

import { type Static, Type } from '@sinclair/typebox';

/** Ids of the two coins: BTC, and the second generation of EURe (the unsuffixed id is the first, retired one). */
export const COINGECKO_IDS = { btc: 'bitcoin', eure: 'monerium-eur-money-2' } as const;

/** The header that carries the key differs between the plans. */
export const COINGECKO_KEY_HEADERS = { demo: 'x-cg-demo-api-key', pro: 'x-cg-pro-api-key' } as const;

/** Path below the configured base URL. */
export const COINGECKO_PRICE_PATH = '/simple/price';

/** Reviver for `JSON.parse`: every number but the times and codes becomes the text that stood in the body. */
export function coinGeckoReviver(key: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || key === 'last_updated_at' || key === 'error_code') return value;
  return context?.source ?? String(value);
}

/** One coin: its price in EUR as text, and the Unix second of that price when the request asked for it. */
const CoinGeckoCoin = Type.Object({
  eur: Type.String({ pattern: '^[0-9]+(\\.[0-9]+)?([eE][+-]?[0-9]+)?$' }),
  last_updated_at: Type.Optional(Type.Integer({ minimum: 0 })),
});

export const CoinGeckoSimplePrice = Type.Record(Type.String(), CoinGeckoCoin);
export type CoinGeckoSimplePrice = Static<typeof CoinGeckoSimplePrice>;

const ErrorStatus = Type.Object({
  error_code: Type.Integer(),
  error_message: Type.String(),
  timestamp: Type.Optional(Type.String()),
});

/** Rate limit, key trouble, and everything else: three forms in use at the same time. */
export const CoinGeckoError = Type.Union([
  Type.Object({ status: ErrorStatus }),
  Type.Object({ error: Type.Object({ status: ErrorStatus }) }),
  Type.Object({ error: Type.String() }),
]);
export type CoinGeckoError = Static<typeof CoinGeckoError>;

/** Codes inside an error body that say what is to be done, in addition to the HTTP status. */
export const COINGECKO_CODES = {
  rateLimit: 429,
  keyMissing: 10002,
  planLacksEndpoint: 10005,
  wrongHost: 10010,
} as const;
