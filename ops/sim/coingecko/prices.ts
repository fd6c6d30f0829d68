// The coins that the CoinGecko stand-in knows, each with its price in EUR as decimal text and its age. A price keeps its
// age until it is frozen: from then on it grows older. No sockets here; time comes in by a function.

import { Value } from '@sinclair/typebox/value';
import { COINGECKO_IDS, CoinGeckoSimplePrice, coinGeckoReviver } from '../../../contracts/wire/coingecko.ts';

export type CoinGeckoResult = { readonly ok: true } | { readonly ok: false; readonly reason: string };

export type PriceWish = {
  readonly ids: readonly string[];
  readonly currencies: readonly string[];
  /** Decimals; undefined leaves all of them. */
  readonly precision: number | undefined;
  readonly withTime: boolean;
};

type Coin = { readonly eur: string; readonly ageMs: number };

const DEFAULT_AGE_MS = 20_000;
const PRICE_TEXT = /^[0-9]+(\.[0-9]+)?$/;

/** Decimal text with at most so many decimals, rounded half up; as it is without a number. */
function rounded(text: string, decimals: number | undefined): string {
  const [whole = '', fraction = ''] = text.split('.');
  if (decimals === undefined || fraction.length <= decimals) return text;
  const kept = BigInt(`${whole}${fraction.slice(0, decimals)}`) + (fraction.charAt(decimals) >= '5' ? 1n : 0n);
  const digits = kept.toString().padStart(decimals + 1, '0');
  return decimals === 0 ? digits : `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}

export class Prices {
  readonly #now: () => number;
  readonly #coins: Map<string, Coin>;
  #frozenAtMs: number | null = null;

  constructor(now: () => number, btcEur: string) {
    this.#now = now;
    this.#coins = new Map([
      [COINGECKO_IDS.btc, { eur: btcEur, ageMs: DEFAULT_AGE_MS }],
      [COINGECKO_IDS.eure, { eur: '1.0002', ageMs: DEFAULT_AGE_MS }],
    ]);
  }

  set(id: string, eur: string, ageMs = DEFAULT_AGE_MS): CoinGeckoResult {
    if (!PRICE_TEXT.test(eur)) return { ok: false, reason: `price of ${id}: "${eur}" is not a plain decimal number` };
    this.#coins.set(id, { eur, ageMs });
    return { ok: true };
  }

  remove(id: string): void {
    this.#coins.delete(id);
  }

  freeze(on: boolean): void {
    this.#frozenAtMs = on ? this.#now() : null;
  }

  /** Takes over a recorded body whose times are true at `bodyNowMs`. */
  takeOver(text: string, bodyNowMs: number): CoinGeckoResult {
    let value: unknown;
    try {
      value = JSON.parse(text, coinGeckoReviver);
    } catch {
      return { ok: false, reason: 'not JSON' };
    }
    if (!Value.Check(CoinGeckoSimplePrice, value)) return { ok: false, reason: 'not a body of /simple/price' };
    for (const [id, coin] of Object.entries(value)) {
      const atS = coin.last_updated_at;
      const set = this.set(id, coin.eur, atS === undefined ? DEFAULT_AGE_MS : bodyNowMs - atS * 1000);
      if (!set.ok) return set;
    }
    return { ok: true };
  }

  /** JSON text as `/simple/price` gives it; coins that are not known are left out. */
  body({ ids, currencies, precision, withTime }: PriceWish): string {
    const atMs = this.#frozenAtMs ?? this.#now();
    const entries = ids.flatMap((id) => {
      const coin = this.#coins.get(id);
      if (coin === undefined) return [];
      const fields: string[] = [];
      // A price is printed as the text that was set: numbers of JSON keep their digits this way.
      if (currencies.includes('eur')) fields.push(`"eur":${rounded(coin.eur, precision)}`);
      if (withTime) fields.push(`"last_updated_at":${Math.floor((atMs - coin.ageMs) / 1000)}`);
      return [`${JSON.stringify(id)}:{${fields.join(',')}}`];
    });
    return `{${entries.join(',')}}`;
  }
}
