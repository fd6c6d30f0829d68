// The prices that the engine can know, as the model has them: what was delivered to it, and when. An answer has to be good enough by
// one of those that are young enough; which of them the engine took is its own matter.

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

/** More than any rounding of the engine's integers, and less than any price step. */
const TOLERANCE_PCT = 0.001;
const SECONDS_KEPT = 700;

export class Prices {
  #kraken: Top[] = [];
  #coingecko: Top[] = [];
  /** EUR that one EURe is worth, as read; only where the basis is read. */
  #basis: { readonly atUs: number; readonly eur: number }[] = [];
  readonly #bids = new Map<number, number>();
  readonly #asks = new Map<number, number>();

  /** A new process knows nothing. */
  forget(): void {
    this.#kraken = [];
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
    if (this.#bids.size > 0 && this.#asks.size > 0)
      this.#add({ atUs: nowUs, bid: Math.max(...this.#bids.keys()), ask: Math.min(...this.#asks.keys()) });
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
    const bases = [1, ...this.#basis.map(({ eur }) => eur)];
    const edges = tops.flatMap((top) => bases.map((basis) => edgePct(trade, top, basis)));
    const best = Math.max(...edges);
    if (best >= limits.minEdgePct - TOLERANCE_PCT) return null;
    return `the edge is ${best.toFixed(4)} percent at the best of ${tops.length} prices, least ${limits.minEdgePct}`;
  }

  /** Lowest price of the last minute; 0: none. */
  lowest(nowUs: number): number {
    const young = [...this.#kraken, ...this.#coingecko].filter(({ atUs }) => nowUs - atUs < 60_000_000);
    return young.length === 0 ? 0 : Math.min(...young.map(({ bid }) => bid));
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
    if (side.size <= 10) return;
    const sorted = [...side.keys()].sort((a, b) => (side === this.#bids ? b - a : a - b));
    for (const price of sorted.slice(DEPTH)) side.delete(price);
  }

  #tidy(nowUs: number): void {
    const isKept = ({ atUs }: { readonly atUs: number }): boolean => nowUs - atUs < SECONDS_KEPT * 1_000_000;
    if (this.#kraken.length > 5_000) this.#kraken = this.#kraken.filter(isKept);
    if (this.#coingecko.length > 500) this.#coingecko = this.#coingecko.filter(isKept);
    if (this.#basis.length > 500) this.#basis = this.#basis.filter(isKept);
  }
}

/** Of the engine's subscription. */
const DEPTH = 100;

function edgePct({ receivesBtc, btc, eure }: Trade, { bid, ask }: Top, basis: number): number {
  const [btcValue, eureValue] = [btc * (receivesBtc ? bid : ask), eure * basis];
  return receivesBtc ? 100 * (1 - eureValue / btcValue) : 100 * (1 - btcValue / eureValue);
}
