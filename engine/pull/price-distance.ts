// Whether the fair price has moved against live quotes by more than the set distance. Pure, and its cost depends on the number of
// nonces alone.

import type { NonceText } from '../../contracts/ids.ts';
import { toEureCeil, toEureFloor } from '../lib/eure.ts';
import type { Moment, PriceView } from '../model/values.ts';

/** What live quotes are measured against, EURe per BTC: the price of the hedge now, each side rounded against us. */
export type FairPrice = {
  /** Where we receive BTC: we lose when it falls. */
  readonly bidE8: bigint;
  /** Where we pay BTC: we lose when it rises. */
  readonly askE8: bigint;
};

/** 100 percent times 10^4. */
const WHOLE_PCT_E4 = 1_000_000n;

/**
 * null: there is no price that says where the market is. A price that diverges from another source's still counts: that is how
 * a fast move looks at first, and a pull only takes risk away.
 */
export function fairPriceOf(price: PriceView, { nowUs }: Pick<Moment, 'nowUs'>): FairPrice | null {
  const bid = price.bids[0]?.priceE8;
  const ask = price.asks[0]?.priceE8;
  const { eurPerEureE8 } = price;
  if (price.paused || !price.tradable || bid === undefined || ask === undefined) return null;
  if (eurPerEureE8 === null || eurPerEureE8 <= 0n || nowUs - price.asOfUs > price.maxAgeMs * 1000) return null;
  return { bidE8: toEureFloor(bid, eurPerEureE8), askE8: toEureCeil(ask, eurPerEureE8) };
}

/** The move in percent times 10^4, rounded down, for people; negative when it is in our favour. */
const movePctE4 = (fair: bigint, signedE8: bigint, worse: 'higher' | 'lower'): bigint =>
  ((worse === 'higher' ? fair - signedE8 : signedE8 - fair) * WHOLE_PCT_E4) / signedE8;

/** Exact: no division decides. */
function hasMoved(fair: bigint, signedE8: bigint, worse: 'higher' | 'lower', distancePctE4: bigint): boolean {
  const move = worse === 'higher' ? fair - signedE8 : signedE8 - fair;
  return move * WHOLE_PCT_E4 > distancePctE4 * signedE8;
}

export type MovedNonce = {
  readonly nonce: NonceText;
  readonly signedE8: bigint;
  readonly fairE8: bigint;
  readonly movePctE4: bigint;
};

type SigningPrices = {
  eachSigningPrice(visit: (nonce: NonceText, worstE8: bigint, worse: 'higher' | 'lower') => void): void;
};

const NONE: readonly MovedNonce[] = [];

/** Judges every price update; makes nothing while no nonce is affected. */
export class PriceDistance {
  readonly #book: SigningPrices;
  readonly #distancePctE4: bigint;
  #fair: FairPrice = { bidE8: 0n, askE8: 0n };
  #moved: MovedNonce[] = [];
  readonly #visit = (nonce: NonceText, worstE8: bigint, worse: 'higher' | 'lower'): void => {
    const fairE8 = worse === 'higher' ? this.#fair.askE8 : this.#fair.bidE8;
    if (worstE8 <= 0n || !hasMoved(fairE8, worstE8, worse, this.#distancePctE4)) return;
    this.#moved.push({ nonce, signedE8: worstE8, fairE8, movePctE4: movePctE4(fairE8, worstE8, worse) });
  };

  /** @param distancePctE4 0: nothing is ever affected */
  constructor(book: SigningPrices, distancePctE4: bigint) {
    this.#book = book;
    this.#distancePctE4 = distancePctE4;
  }

  /** Nonces one of whose live quotes was signed at a price from which the fair price has moved too far against us. */
  moved(fair: FairPrice | null): readonly MovedNonce[] {
    if (this.#distancePctE4 === 0n || fair === null) return NONE;
    this.#fair = fair;
    this.#book.eachSigningPrice(this.#visit);
    if (this.#moved.length === 0) return NONE;
    const moved = this.#moved;
    this.#moved = [];
    return moved;
  }
}
