// The prices that the engine can know, as the model has them: what was delivered to it, and when. An answer has to be good enough by
// one of those that are young enough; which of them the engine took is its own matter.

import type { Range } from './distance.ts';

type Top = { readonly atUs: number; readonly bid: number; readonly ask: number };

export type PriceLimits = {
  readonly krakenMaxAgeMs: number;
  readonly coingeckoMaxAgeMs: number;
  /** Least edge in percent. */
  readonly minEdgePct: number;
};

export type Trade = {
  /** True: BTC comes in, EURe goes out. */
  readonly receivesBtc: boolean;
  readonly btc: number;
  readonly eure: number;
};

/** `now`: at this moment; `settled`: at this moment and for a while before; `lately`: at some moment of the last second or two. */
export type When = 'now' | 'settled' | 'lately';

export type Moment = {
  readonly when: When;
  readonly nowUs: number;
  /** Nothing is wrong with Kraken, and nothing was: the price is that of its newest order book. */
  readonly isCalm: boolean;
};

const SPAN_US: Readonly<Record<When, number>> = { now: 0, settled: 300_000, lately: 1_500_000 };
/** Of Kraken and of CoinGecko, and of the basis, which is read with CoinGecko. */
const KRAKEN_AGE_US = 3_000_000;
const COINGECKO_AGE_US = 180_000_000;
const BASIS_AGE_US = 200_000_000;
const KNOWN_US = 185_000_000;
/** A source that grows too old is left within a tick. */
const TICK_US = 300_000;
/** The source's own time may be such that an earlier reading is kept. */
const READINGS = 2;

/** More than any rounding of the engine's integers, and less than any price step. */
const TOLERANCE_PCT = 0.001;
const SECONDS_KEPT = 700;

export class Prices {
  readonly #isPar: boolean;
  #kraken: Top[] = [];
  /** Those of the order book alone, which is what the engine goes by. */
  #books: Top[] = [];
  /** Since when order books came without a gap in which the engine may have gone by something else. */
  #steadySinceUs = Number.POSITIVE_INFINITY;
  #coingecko: Top[] = [];
  /** EUR that one EURe is worth, as read; only where the basis is read. */
  #basis: { readonly atUs: number; readonly eur: number }[] = [];
  readonly #bids = new Map<number, number>();
  readonly #asks = new Map<number, number>();

  /** @param isPar one EURe counts as one EUR */
  constructor(isPar: boolean) {
    this.#isPar = isPar;
  }

  /** A new process knows nothing. */
  forget(): void {
    this.#kraken = [];
    this.#books = [];
    this.#steadySinceUs = Number.POSITIVE_INFINITY;
    this.#coingecko = [];
    this.#basis = [];
    this.#bids.clear();
    this.#asks.clear();
  }

  /** A frame of Kraken that the engine has read. */
  kraken(text: string, nowUs: number): void {
    let frame: { channel?: string; type?: string; data?: readonly Record<string, never>[] };
    try {
      frame = JSON.parse(text);
    } catch {
      return;
    }
    const data = frame.data?.[0] as Record<string, unknown> | undefined;
    if (data === undefined) return;
    if (frame.channel === 'ticker') this.#add({ atUs: nowUs, bid: Number(data['bid']), ask: Number(data['ask']) });
    if (frame.channel !== 'book') return;
    if (frame.type === 'snapshot') {
      this.#bids.clear();
      this.#asks.clear();
    }
    this.#take(this.#bids, data['bids']);
    this.#take(this.#asks, data['asks']);
    if (this.#bids.size === 0 || this.#asks.size === 0) return;
    const top = { atUs: nowUs, bid: Math.max(...this.#bids.keys()), ask: Math.min(...this.#asks.keys()) };
    this.#add(top);
    if (!this.#hasYoungBook(nowUs)) this.#steadySinceUs = nowUs;
    this.#books.push(top);
  }

  /** An answer of CoinGecko that the engine has read. */
  coingecko(text: string, nowUs: number): void {
    try {
      const body = JSON.parse(text);
      const eur = Number(body.bitcoin?.eur);
      const basis = Number(body['monerium-eur-money-2']?.eur);
      if (eur > 0) this.#coingecko.push({ atUs: nowUs, bid: eur, ask: eur });
      if (basis > 0) this.#basis.push({ atUs: nowUs, eur: basis });
    } catch {
      // Not a price.
    }
  }

  /** Why no price that it may use makes the trade good enough; null: one does. */
  faultOf(trade: Trade, limits: PriceLimits, nowUs: number): string | null {
    const young = (list: readonly Top[], maxAgeMs: number) =>
      list.filter(({ atUs }) => nowUs - atUs <= maxAgeMs * 1000);
    const tops = [...young(this.#kraken, limits.krakenMaxAgeMs), ...young(this.#coingecko, limits.coingeckoMaxAgeMs)];
    this.#tidy(nowUs);
    if (tops.length === 0) return 'no price that is young enough was delivered';
    const edges = tops.flatMap((top) => this.#bases(nowUs).map((basis) => edgePct(trade, top, basis)));
    if (edges.length === 0) return 'no basis that is young enough was delivered';
    const best = Math.max(...edges);
    if (best >= limits.minEdgePct - TOLERANCE_PCT) return null;
    return `the edge is ${best.toFixed(4)} percent at the best of ${tops.length} prices, least ${limits.minEdgePct}`;
  }

  /** What the engine may take for the price of the hedge, EURe per BTC; null: there is none. */
  fair(receivesBtc: boolean, moment: Moment): Range | null {
    const tops = moment.isCalm ? this.#newest(moment) : this.#any(moment);
    const values = tops.flatMap(({ bid, ask }) =>
      this.#bases(moment.nowUs).map((eur) => (receivesBtc ? bid : ask) / eur),
    );
    return values.length === 0 ? null : { low: Math.min(...values), high: Math.max(...values) };
  }

  /** Order books have come for so long that the engine goes by nothing else: after trouble it may take its time to connect again. */
  isSteady(spanUs: number, nowUs: number): boolean {
    return this.#hasYoungBook(nowUs) && nowUs - this.#steadySinceUs >= spanUs;
  }

  /** Of all that it may still go by, EUR per BTC; null: none. */
  known(nowUs: number): Range | null {
    const young = [...this.#kraken, ...this.#coingecko].filter(({ atUs }) => nowUs - atUs < KNOWN_US);
    if (young.length === 0) return null;
    return { low: Math.min(...young.map(({ bid }) => bid)), high: Math.max(...young.map(({ ask }) => ask)) };
  }

  #hasYoungBook(nowUs: number): boolean {
    const newest = this.#books.at(-1);
    return newest !== undefined && nowUs - newest.atUs <= KRAKEN_AGE_US;
  }

  #newest({ when, nowUs }: Moment): readonly Top[] {
    const newest = this.#books.at(-1);
    if (newest === undefined || !this.#hasYoungBook(nowUs)) return [];
    if (when === 'now') return [newest];
    const sinceUs = nowUs - SPAN_US[when];
    const before = this.#books.findLast(({ atUs }) => atUs <= sinceUs);
    const since = this.#books.filter(({ atUs }) => atUs > sinceUs);
    if (before === undefined) return when === 'settled' ? [] : since;
    return [before, ...since];
  }

  #any({ when, nowUs }: Moment): readonly Top[] {
    if (when === 'settled') return [];
    const isYoung =
      (ageUs: number) =>
      ({ atUs }: Top): boolean =>
        nowUs - atUs <= ageUs + Math.max(TICK_US, SPAN_US[when]);
    const readings = this.#coingecko.filter(isYoung(COINGECKO_AGE_US));
    return [...this.#kraken.filter(isYoung(KRAKEN_AGE_US)), ...(when === 'now' ? readings.slice(-READINGS) : readings)];
  }

  #bases(nowUs: number): readonly number[] {
    if (this.#isPar) return [1];
    return this.#basis.filter(({ atUs }) => nowUs - atUs <= BASIS_AGE_US).map(({ eur }) => eur);
  }

  #add(top: Top): void {
    this.#kraken.push(top);
  }

  #take(side: Map<number, number>, levels: unknown): void {
    for (const { price, qty } of (levels ?? []) as readonly { price: number; qty: number }[]) {
      if (qty === 0) side.delete(price);
      else side.set(price, qty);
    }
    // What the subscribed depth pushes out is not announced.
    if (side.size <= DEPTH) return;
    const sorted = [...side.keys()].sort((a, b) => (side === this.#bids ? b - a : a - b));
    for (const price of sorted.slice(DEPTH)) side.delete(price);
  }

  #tidy(nowUs: number): void {
    const isKept = ({ atUs }: { readonly atUs: number }): boolean => nowUs - atUs < SECONDS_KEPT * 1_000_000;
    if (this.#kraken.length > 5_000) this.#kraken = this.#kraken.filter(isKept);
    if (this.#books.length > 5_000) this.#books = this.#books.filter(isKept);
    if (this.#coingecko.length > 500) this.#coingecko = this.#coingecko.filter(isKept);
    if (this.#basis.length > 500) this.#basis = this.#basis.filter(isKept);
  }
}

/** Of the engine's subscription. */
const DEPTH = 25;

function edgePct({ receivesBtc, btc, eure }: Trade, { bid, ask }: Top, basis: number): number {
  const [btcValue, eureValue] = [btc * (receivesBtc ? bid : ask), eure * basis];
  return receivesBtc ? 100 * (1 - eureValue / btcValue) : 100 * (1 - btcValue / eureValue);
}
