// One answer of CoinGecko's `/simple/price` to prices or a named reason, with how long it asks to be left alone. Total.
// Prices go from the body's own digits to integers. A coin that is absent is said, not taken for zero.

import { type Fields, isFields, readJson, SMALL_JSON } from '../../../contracts/json.ts';
import { retryAfterMs } from '../../../contracts/retry-after.ts';
import { cutAndSay } from '../../../contracts/text.ts';
import { COINGECKO_CODES, coinGeckoReviver } from '../../../contracts/wire/coingecko.ts';
import type { Moment } from '../../model/values.ts';
import { positiveE8 } from '../decimal.ts';
import type { CoinPrice } from '../sources.ts';

export type CoinIds = { readonly btc: string; readonly eure: string };

export type CoinGeckoAnswer = {
  readonly status: number;
  /** Header of that name; null when absent. */
  readonly retryAfter: string | null;
  readonly body: string;
  /** Monotonic time at which it was asked for. */
  readonly askedAtUs: number;
};

export type CoinGeckoParse =
  | {
      readonly ok: true;
      readonly btc: CoinPrice | null;
      readonly eure: CoinPrice | null;
      /** What is missing or cannot be read, at least one coin being there; null when both are. */
      readonly failure: string | null;
    }
  | {
      readonly ok: false;
      readonly reason: string;
      /** Least wait before the next request; null when CoinGecko does not say. */
      readonly retryAfterMs: number | null;
    };

/** The documentation asks for a minute where no `Retry-After` comes with a rate limit. */
const RATE_LIMIT_WAIT_MS = 60_000;
const DETAIL_BYTES_MAX = 200;
/** The skew of our clock at which nothing is signed any more; a price with a later time shows no usable age. */
const UPDATED_AHEAD_MAX_MS = 5000;

const CODE_NAMES: ReadonlyMap<number, string> = new Map([
  [COINGECKO_CODES.rateLimit, 'rate_limited'],
  [COINGECKO_CODES.keyMissing, 'api_key_missing'],
  [COINGECKO_CODES.planLacksEndpoint, 'plan_lacks_endpoint'],
  [COINGECKO_CODES.wrongHost, 'api_key_of_another_plan'],
  [10_011, 'api_key_of_another_plan'],
  [1020, 'blocked_by_cdn'],
]);

/** Code and text of the three forms of error body; null when the body is none of them. */
function errorOf(body: Fields): { readonly code: number | null; readonly text: string } | null {
  const { error } = body;
  if (typeof error === 'string') return { code: null, text: error };
  const status = isFields(error) ? error['status'] : body['status'];
  if (!isFields(status)) return null;
  const { error_code: code, error_message: text } = status;
  return { code: typeof code === 'number' ? code : null, text: typeof text === 'string' ? text : 'no message' };
}

function refusalOf(answer: CoinGeckoAnswer, body: unknown, nowMs: number): CoinGeckoParse {
  const error = isFields(body) ? errorOf(body) : null;
  const code = error?.code ?? (answer.status === 429 ? COINGECKO_CODES.rateLimit : null);
  const name = (code === null ? undefined : CODE_NAMES.get(code)) ?? `http_${answer.status}`;
  const text = error === null ? '' : `: ${cutAndSay(error.text, DETAIL_BYTES_MAX)}`;
  const waitMs = retryAfterMs(answer.retryAfter, nowMs) ?? (name === 'rate_limited' ? RATE_LIMIT_WAIT_MS : null);
  return { ok: false, reason: `${name}${text}`, retryAfterMs: waitMs };
}

type Answered = { readonly body: Fields; readonly askedAtUs: number; readonly now: Moment };

function coinOf({ body, askedAtUs, now }: Answered, id: string): CoinPrice | string {
  const coin = body[id];
  if (!isFields(coin)) return `${id} is not in the answer`;
  const price = positiveE8(coin['eur']);
  if (price === null) return `${id} has no price in EUR`;
  const seconds = coin['last_updated_at'];
  if (typeof seconds !== 'number' || !Number.isSafeInteger(seconds) || seconds < 0)
    return `${id} has no last_updated_at`;
  const aheadMs = seconds * 1000 - now.nowMs;
  if (aheadMs > UPDATED_AHEAD_MAX_MS) return `${id} has a last_updated_at that is ${aheadMs} ms ahead of our clock`;
  // A time ahead of our clock would keep the price fresh for too long.
  const ageMs = Math.max(0, -aheadMs);
  const asOfUs = now.nowUs - ageMs * 1000;
  return { priceE8: price, updatedAtMs: now.nowMs - ageMs, asOfUs, askedAtUs, unchangedSinceUs: asOfUs };
}

export function parseCoinGecko(answer: CoinGeckoAnswer, ids: CoinIds, now: Moment): CoinGeckoParse {
  const read = readJson(answer.body, SMALL_JSON, coinGeckoReviver);
  const body = read.ok ? read.value : undefined;
  const isOk = answer.status >= 200 && answer.status < 300;
  if (!isOk || (isFields(body) && errorOf(body) !== null)) return refusalOf(answer, body, now.nowMs);
  if (!isFields(body)) return { ok: false, reason: 'answer is not a JSON object', retryAfterMs: null };
  const answered: Answered = { body, askedAtUs: answer.askedAtUs, now };
  const [btc, eure] = [coinOf(answered, ids.btc), coinOf(answered, ids.eure)];
  const failures = [btc, eure].filter((coin) => typeof coin === 'string');
  if (failures.length === 2) return { ok: false, reason: failures.join('; '), retryAfterMs: null };
  return {
    ok: true,
    btc: typeof btc === 'string' ? null : btc,
    eure: typeof eure === 'string' ? null : eure,
    failure: failures[0] ?? null,
  };
}
