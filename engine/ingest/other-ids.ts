// Requests for the traded assets under ids that are known and not traded: a venue that has moved BTC to another id no longer asks
// for the one that is configured, which looks like a silent pair. Counted, and reported once an id.

import { type Asset, KNOWN_ASSETS, otherAssets, type Pair } from '../../contracts/assets.ts';

type Seen = { readonly asset: Asset; requests: number; lastUs: number };

export class OtherIds {
  /** By id: a closed list. */
  readonly #others: ReadonlyMap<string, Seen>;

  constructor(pair: Pair) {
    this.#others = new Map(otherAssets(pair).map((asset) => [asset.id, { asset, requests: 0, lastUs: 0 }]));
  }

  /** Takes in a request that is not for the traded pair. @returns the asset when its id was not asked for before, else null */
  see(assetIn: string, assetOut: string, nowUs: number): Asset | null {
    const seen = this.#others.get(assetIn) ?? this.#others.get(assetOut);
    if (seen === undefined) return null;
    if (SYMBOLS.get(assetIn) === SYMBOLS.get(assetOut) || !SYMBOLS.has(assetIn) || !SYMBOLS.has(assetOut)) return null;
    seen.lastUs = nowUs;
    seen.requests++;
    return seen.requests === 1 ? seen.asset : null;
  }

  /** Those that were asked for since the start. */
  seen(): readonly Readonly<Seen>[] {
    return [...this.#others.values()].filter(({ requests }) => requests > 0);
  }
}

const SYMBOLS: ReadonlyMap<string, Asset['symbol']> = new Map(KNOWN_ASSETS.map(({ id, symbol }) => [id, symbol]));
