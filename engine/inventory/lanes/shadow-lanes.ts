// The lanes of shadow mode: the nonces, ceilings and balances of the book as they are, with what shadow quotes would reserve on top of
// what live quotes do, each until its deadline, also when a live quote of its nonce settles before. In memory alone: the book is read
// and never changed, and nothing of this is journalled, so that a restart or the switch to live begins without them.

import { type Units, units } from '../../../contracts/amounts.ts';
import type { Direction } from '../../../contracts/assets.ts';
import type { AssetId, NonceText } from '../../../contracts/ids.ts';
import type { Admission, AssetCapital, InventoryView, LaneGuard } from '../../model/values.ts';
import type { BookReads } from '../reads.ts';
import { chooseLane, isBeyondLanes, type LaneRoom, NOT_ADMITTED } from './lanes.ts';
import { ShadowNonce } from './shadow-nonce.ts';

/** What shadow mode would have signed. */
export type ShadowQuote = {
  readonly asset: AssetId;
  readonly lane: number;
  readonly nonce: NonceText;
  readonly amountOutUnits: Units;
  readonly deadlineAtMs: number;
};

/** Quotes that are taken out in one turn at most; a turn adds one. */
const ENDS_A_TURN = 64;

export class ShadowLanes {
  readonly #book: Pick<BookReads, 'laneRooms' | 'reservedUnder' | 'inventory'>;
  readonly #lifetimeMaxMs: number;
  /** In order of their first quote. As many as a quote's lifetime has changes of nonces; their quotes are bounded by QUOTES_LIVE_MAX. */
  readonly #nonces = new Map<NonceText, ShadowNonce>();
  #size = 0;

  /** @param lifetimeMaxMs the longest time from now to a deadline, as the book has it */
  constructor(book: Pick<BookReads, 'laneRooms' | 'reservedUnder' | 'inventory'>, lifetimeMaxMs: number) {
    this.#book = book;
    this.#lifetimeMaxMs = lifetimeMaxMs;
  }

  /** Quotes whose deadline is not over. */
  get size(): number {
    return this.#size;
  }

  /** As the book admits, with the shadow quotes among the live ones; those that are over have to be taken out before. */
  admit(
    asset: AssetId,
    amountOutUnits: Units,
    deadlineAtMs: number,
    nowMs: number,
    guard: LaneGuard | null = null,
  ): Admission {
    const rooms = this.#book.laneRooms(asset);
    if (rooms === null || isBeyondLanes(amountOutUnits, deadlineAtMs - nowMs, this.#lifetimeMaxMs)) return NOT_ADMITTED;
    const currents = rooms.currents.map((room, lane) => (room === null ? null : this.#withShadows(room, asset, lane)));
    return chooseLane(currents, amountOutUnits, deadlineAtMs, rooms.freeUnits - this.reservedUnits(asset), guard);
  }

  /** The book's view, with what shadow quotes reserve among the reservations. */
  inventory(direction: Direction): InventoryView | null {
    const view = this.#book.inventory(direction);
    if (view === null || this.#size === 0) return view;
    return { ...view, received: this.#capital(view.received), paid: this.#capital(view.paid) };
  }

  /** What the shadow quotes of an asset reserve beyond the live ones. */
  reservedUnits(asset: AssetId): bigint {
    let sum = 0n;
    for (const shadow of this.#nonces.values()) if (shadow.asset === asset) sum += this.#beyondLive(shadow);
    return sum;
  }

  reserve({ asset, lane, nonce, amountOutUnits, deadlineAtMs }: ShadowQuote): void {
    let shadow = this.#nonces.get(nonce);
    if (shadow === undefined) {
      shadow = new ShadowNonce(nonce, asset, lane);
      this.#nonces.set(nonce, shadow);
    }
    shadow.add(amountOutUnits, deadlineAtMs);
    this.#size++;
  }

  /** Takes out quotes whose deadline is before `nowMs`, a bounded number. */
  end(nowMs: number): void {
    let left = ENDS_A_TURN;
    for (const shadow of this.#nonces.values()) {
      const ended = shadow.endBefore(nowMs, left);
      left -= ended;
      this.#size -= ended;
      if (shadow.size === 0) this.#nonces.delete(shadow.nonce);
    }
  }

  clear(): void {
    this.#nonces.clear();
    this.#size = 0;
  }

  #beyondLive({ nonce, largestUnits }: ShadowNonce): bigint {
    const live = this.#book.reservedUnder(nonce);
    return largestUnits > live ? largestUnits - live : 0n;
  }

  /** The room of a current nonce: its ceiling without what the former nonces of the lane would keep. */
  #withShadows(room: LaneRoom, asset: AssetId, lane: number): LaneRoom {
    const { nonce, nonceDeadlineAtMs, admission, boundUnits, live } = room;
    let ceilingUnits = room.ceilingUnits;
    for (const other of this.#nonces.values()) {
      const isFormer = other.asset === asset && other.lane === lane && other.nonce !== nonce;
      if (isFormer) ceilingUnits -= this.#beyondLive(other);
    }
    const shadow = this.#nonces.get(nonce);
    const largestUnits =
      shadow !== undefined && shadow.largestUnits > live.largestUnits ? shadow.largestUnits : live.largestUnits;
    return {
      nonce,
      nonceDeadlineAtMs,
      admission,
      boundUnits,
      ceilingUnits,
      quoteMaxUnits: room.quoteMaxUnits,
      live: { size: live.size + (shadow?.size ?? 0), largestUnits },
    };
  }

  #capital(capital: AssetCapital): AssetCapital {
    const reservedForOrdersUnits = units(capital.reservedForOrdersUnits + this.reservedUnits(capital.asset));
    return { ...capital, reservedForOrdersUnits };
  }
}
