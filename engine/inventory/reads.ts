// What the book answers about its state. Reads only, and in memory: the loop asks some of it for every quote.

import { type Units, units } from '../../contracts/amounts.ts';
import { assetPaid, assetReceived, type Direction } from '../../contracts/assets.ts';
import type { AssetId, NonceText, QuoteHash, QuoteId } from '../../contracts/ids.ts';
import type { FinalBlock, KnownBlock } from '../../contracts/runtime/near/types.ts';
import type { NonceDrainingFact, NonceResolvedFact, StatusSeenFact } from '../model/facts.ts';
import type { AttemptState } from '../model/lifecycle.ts';
import type { AssetCapital, Breach, InventoryView } from '../model/values.ts';
import { freeOf, viewOf } from './capital.ts';
import { capitalBreach } from './fold/breaches.ts';
import { type LaneRoom, type NonceEntry, type NoncePull, reservationOf } from './lanes/lanes.ts';
import { isPullable } from './lanes/pulls.ts';
import type { Reservation } from './reservations/reservation.ts';
import { type BookState, isCurrent } from './state.ts';

/** The state as it is now: a checkpoint that is read replaces it. */
export type StateCell = { state: BookState };

/** One nonce as operators see it. */
type NonceView = {
  readonly asset: AssetId;
  readonly lane: number;
  readonly nonce: NonceText;
  readonly nonceDeadlineAtMs: number;
  readonly ceilingUnits: Units;
  readonly reservedUnits: Units;
  readonly liveQuotes: number;
  readonly current: boolean;
  readonly draining: NonceDrainingFact['why'] | null;
  readonly used: boolean;
  /** Its quotes are being withdrawn; null: they are not. */
  readonly pull: NoncePull | null;
  /** It can be pulled: something under it can still settle. */
  readonly pullable: boolean;
  /** The transaction that used it was read. */
  readonly executed: boolean;
  /** How it was used, as far as that is known; null: it is not. */
  readonly resolvedAs: NonceResolvedFact['outcome'] | null;
  /** No quote under it can settle after this; 0: there is none, Infinity: not known before the first balance after a crash. */
  readonly settlesUntilMs: number;
  /** Reserved up to its ceiling since a crash, until this is over; Infinity before the first balance since; else null. */
  readonly boundUntilMs: number | null;
};

/** A nonce that can still be used. */
type OpenNonce = {
  readonly nonce: NonceText;
  readonly salt: string;
  /**
   * A block time after this ends something under it; 0 when the first balance after a crash is to show from when, Infinity
   * when there is nothing.
   */
  readonly overFromMs: number;
};

/** The current nonce of each lane, and what of the asset is not promised. */
type LaneRooms = { readonly currents: readonly (LaneRoom | null)[]; readonly freeUnits: bigint };

type BookCounts = {
  readonly nonces: number;
  /** Quotes that may still be settled, or of which it is not known yet whether they were. */
  readonly open: number;
  /** Over, and kept for a while. */
  readonly recent: number;
};

export type BookReads = {
  /** null for an asset that is not traded. */
  capital(asset: AssetId): AssetCapital | null;
  /** Whether a quote that pays this asset has an open nonce. */
  hasLane(asset: AssetId): boolean;
  /** What the choice of a lane for a quote that pays this asset depends on; null for an asset that is not traded. */
  laneRooms(asset: AssetId): LaneRooms | null;
  /** What live quotes reserve under the nonce; 0 when it was used or is not known. */
  reservedUnder(nonce: NonceText): bigint;
  /** null before the first balance. The same object as long as nothing of it changes. */
  inventory(direction: Direction): InventoryView | null;
  /** The block of the newest balance; null before the first. */
  block(): FinalBlock | null;
  /** The newest block that anything on record is read at; null before the first. No earlier one is believed. */
  newestBlock(): KnownBlock | null;
  /** The latest deadline that no live quote with these amounts under the nonce has; no later than `latestAtMs`. */
  freeDeadline(nonce: NonceText, amountInUnits: Units, amountOutUnits: Units, latestAtMs: number): number;
  /** The breach of the capital invariant as it is now, or null. */
  breach(): Breach | null;
  /** The state of an attempt; null when it is over or unknown: what the relay replies then has no bearing. */
  attemptState(quoteId: QuoteId): AttemptState | null;
  /** True for our quotes, also for two minutes after their end: quote_status may be late. */
  knowsHash(quoteHash: QuoteHash): boolean;
  /** The newest status on record of this quote says the same. */
  hasStatus(status: Pick<StatusSeenFact, 'quoteHash' | 'intentHash' | 'txHash'>): boolean;
  /** Some status of this quote is on record. */
  isNamed(quoteHash: QuoteHash): boolean;
  /** Every attempt whose end is not on record. */
  liveQuotes(): AttemptState[];
  nonces(): NonceView[];
  /** Nonces whose state the next snapshot of the verifier must have. */
  openNonces(): OpenNonce[];
  counts(): BookCounts;
  /** null: not asked for, or forgotten since it was over. */
  reservation(id: string): Reservation | null;
  /** Those that are not over, oldest first, then a bounded number of those that are, in the order of their ends. */
  reservations(): readonly Reservation[];
  /**
   * Calls `visit` for each nonce with live quotes that are not being withdrawn, with the worst price at which one of them
   * was signed, EURe per BTC. The cost does not depend on how many quotes there are.
   */
  eachSigningPrice(visit: (nonce: NonceText, worstE8: bigint, worse: 'higher' | 'lower') => void): void;
};

export function createReads(cell: StateCell): BookReads {
  const inventoryOf = createInventoryViews();
  return {
    capital(asset) {
      const ledger = cell.state.ledgers.get(asset);
      return ledger === undefined ? null : viewOf(ledger);
    },
    hasLane: (asset) => cell.state.currents.get(asset)?.some((entry) => entry !== null) ?? false,
    laneRooms(asset) {
      const currents = cell.state.currents.get(asset);
      const ledger = cell.state.ledgers.get(asset);
      return currents === undefined || ledger === undefined ? null : { currents, freeUnits: freeOf(ledger) };
    },
    reservedUnder(nonce) {
      const entry = cell.state.nonces.get(nonce);
      return entry === undefined || entry.used !== null ? 0n : reservationOf(entry);
    },
    inventory: (direction) => inventoryOf(cell.state, direction),
    block: () => blockOf(cell.state),
    newestBlock() {
      const block = blockOf(cell.state);
      const { useAhead } = cell.state;
      if (useAhead === null || (block !== null && block.height >= useAhead.blockHeight)) return block;
      return { height: useAhead.blockHeight, hash: null, timeMs: useAhead.blockTimeMs };
    },
    freeDeadline: (nonce, amountInUnits, amountOutUnits, latestAtMs) =>
      cell.state.nonces.get(nonce)?.live.freeDeadline(amountInUnits, amountOutUnits, latestAtMs) ?? latestAtMs,
    breach: () => capitalBreach(cell.state),
    attemptState(quoteId) {
      const quote = cell.state.quotes.get(quoteId);
      return quote === undefined || quote.place === 'recent' ? null : quote;
    },
    knowsHash: (hash) => cell.state.hashes.has(hash),
    hasStatus({ quoteHash, intentHash, txHash }) {
      const status = cell.state.hashes.get(quoteHash)?.status ?? null;
      return status !== null && status.intentHash === intentHash && status.txHash === txHash;
    },
    isNamed: (hash) => (cell.state.hashes.get(hash)?.status ?? null) !== null,
    liveQuotes: () => [...cell.state.quotes.values()].filter((quote) => quote.place !== 'recent'),
    nonces: () => [...cell.state.nonces.values()].map((entry) => nonceViewOf(cell.state, entry)),
    openNonces: () =>
      [...cell.state.nonces.values()].flatMap((entry) => (entry.used === null ? [openNonceOf(entry)] : [])),
    counts() {
      const { nonces, quotes, recent } = cell.state;
      return { nonces: nonces.size, open: quotes.size - recent.size, recent: recent.size };
    },
    reservation: (id) => cell.state.reservations.get(id) ?? null,
    reservations: () => {
      const all = [...cell.state.reservations.values()];
      return [...all.filter(({ end }) => end === null), ...all.filter(({ end }) => end !== null)];
    },
    eachSigningPrice(visit) {
      for (const entry of cell.state.nonces.values()) {
        if (entry.pull !== null || !isPullable(entry)) continue;
        const { worstPriceE8, worsePrice } = entry.live;
        if (worstPriceE8 !== null && worsePrice !== null) visit(entry.nonce, worstPriceE8, worsePrice);
      }
    },
  };
}

function blockOf({ balance }: BookState): FinalBlock | null {
  if (balance === null) return null;
  return { height: balance.blockHeight, hash: balance.blockHash, timeMs: balance.blockTimeMs };
}

/** The last view of each direction, kept until something of it changes. */
function createInventoryViews(): (state: BookState, direction: Direction) => InventoryView | null {
  const views = new Map<Direction, InventoryView>();
  return (state, direction) => {
    const { pair } = state.options;
    const received = state.ledgers.get(assetReceived(pair, direction).id);
    const paid = state.ledgers.get(assetPaid(pair, direction).id);
    if (state.balance === null || received === undefined || paid === undefined) return null;
    const capital = { received: viewOf(received), paid: viewOf(paid) };
    const last = views.get(direction);
    const { blockHeight, readAtMs } = state.balance;
    const isSame =
      last !== undefined &&
      last.paid === capital.paid &&
      last.received === capital.received &&
      last.blockHeight === blockHeight &&
      last.readAtMs === readAtMs;
    if (isSame) return last;
    const inventoryId = `inv-${state.accountId ?? 'unknown'}-${blockHeight}`;
    const view: InventoryView = { inventoryId, blockHeight, readAtMs, ...capital };
    views.set(direction, view);
    return view;
  };
}

function openNonceOf({ nonce, salt, live, boundUnits, boundUntilMs }: NonceEntry): OpenNonce {
  const unboundFromMs = boundUntilMs === Number.POSITIVE_INFINITY ? 0 : boundUntilMs;
  const overFromMs = Math.min(live.earliestDeadlineAtMs, boundUnits > 0n ? unboundFromMs : Number.POSITIVE_INFINITY);
  return { nonce, salt, overFromMs };
}

const nonceViewOf = (state: BookState, entry: NonceEntry): NonceView => ({
  asset: entry.asset,
  lane: entry.lane,
  nonce: entry.nonce,
  nonceDeadlineAtMs: entry.nonceDeadlineAtMs,
  ceilingUnits: units(entry.ceilingUnits),
  reservedUnits: units(reservationOf(entry)),
  liveQuotes: entry.live.size,
  current: isCurrent(state, entry),
  draining: entry.draining,
  used: entry.used !== null,
  pull: entry.pull,
  pullable: isPullable(entry),
  executed: entry.executed !== null,
  resolvedAs: entry.resolution?.outcome ?? null,
  settlesUntilMs: Math.max(entry.live.latestDeadlineAtMs, entry.boundUnits > 0n ? entry.boundUntilMs : 0),
  boundUntilMs: entry.boundUnits > 0n ? entry.boundUntilMs : null,
});
