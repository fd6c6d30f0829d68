// What decisions of shadow mode are made on: lanes and limits as they are, with reservations for the quotes that would have been signed.

import type { EurE18 } from '../../contracts/amounts.ts';
import type { Book } from '../inventory/book.ts';
import { ShadowLanes, type ShadowQuote } from '../inventory/lanes/shadow-lanes.ts';
import type { Breaker } from '../safety/breaker/breaker.ts';
import { ShadowExposure } from '../safety/breaker/shadow-exposure.ts';
import { type CappedArming, createSigningRoom, type SigningRoom } from '../safety/breaker/signing-room.ts';

export type ShadowOptions = {
  readonly book: Book;
  readonly breaker: Breaker;
  readonly armings: readonly CappedArming[];
  readonly quoteLifetimeMaxMs: number;
};

export type Shadow = {
  /** In place of the book and of the signing room. */
  readonly book: Pick<Book, 'inventory' | 'readAtUs' | 'admit'>;
  readonly signingRoom: SigningRoom;
  /** Reserves for a quote until its deadline. */
  reserve(quote: ShadowQuote & { readonly paidEurE18: EurE18 }): void;
  /** Ends reservations whose deadline is before this: before each decision, and every so often. */
  end(nowMs: number): void;
  /** Quotes whose deadline is not over. */
  count(): number;
  /** Drops all reservations. */
  clear(): void;
};

export function createShadow({ book, breaker, armings, quoteLifetimeMaxMs }: ShadowOptions): Shadow {
  const lanes = new ShadowLanes(book, quoteLifetimeMaxMs);
  const exposure = new ShadowExposure(breaker.exposure);
  return {
    book: {
      inventory: (direction) => lanes.inventory(direction),
      readAtUs: () => book.readAtUs(),
      admit: (asset, amountOutUnits, deadlineAtMs, nowMs, guard) =>
        lanes.admit(asset, amountOutUnits, deadlineAtMs, nowMs, guard),
    },
    signingRoom: createSigningRoom(
      { exposure, limits: breaker.limits, refused: (paidE18, nowMs) => breaker.refused(paidE18, nowMs) },
      armings,
    ),
    reserve(quote) {
      lanes.reserve(quote);
      exposure.add(quote.nonce, quote.deadlineAtMs, quote.paidEurE18);
    },
    end(nowMs) {
      lanes.end(nowMs);
      exposure.endBefore(nowMs);
    },
    count: () => lanes.size,
    clear() {
      lanes.clear();
      exposure.clear();
    },
  };
}
