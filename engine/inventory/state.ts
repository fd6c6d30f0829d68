// The folded state of the book, and the little functions that keep its running totals. Mutated by the fold alone.

import type { Units } from '../../contracts/amounts.ts';
import { assetIdsOf, type Pair } from '../../contracts/assets.ts';
import type { AssetId, NonceText, QuoteHash, QuoteId } from '../../contracts/ids.ts';
import { LongMap } from '../lib/collections/long-map.ts';
import { Pages } from '../lib/collections/pages.ts';
import { createLedger, type Ledger } from './capital.ts';
import type { QuoteCut } from './cut.ts';
import { type NonceEntry, reservationOf } from './lanes/lanes.ts';
import type { QuoteData, QuoteEntry } from './quotes.ts';
import type { Reservation } from './reservations/reservation.ts';

export type BookOptions = {
  /** Lanes an asset paid. */
  readonly lanes: number;
  readonly pair: Pair;
  /** The longest time from signing to the deadline signed, in this run. */
  readonly quoteLifetimeMaxMs: number;
  /** Monotonic time at which this run began: what an earlier one signed was signed before. */
  readonly beganUs: number;
};

/** The newest balance that was taken over. */
export type TakenBalance = {
  readonly blockHeight: number;
  readonly blockHash: string;
  readonly blockTimeMs: number;
  readonly readAtMs: number;
  /** Deadlines before this are over by it, but for those under nonces that were not read with it. */
  readonly overBeforeMs: number;
  readonly unread: readonly NonceText[];
};

export type BookState = {
  readonly options: BookOptions;
  accountId: string | null;
  /** Between a start and its `closed` record: a start that finds it true follows a crash. */
  running: boolean;
  /** The longest lifetime of a quote in the run that began last. */
  runLifetimeMs: number;
  /**
   * The longest lifetime of quotes that a crash took from the journal; 0 once a balance has shown the time from which it
   * counts.
   */
  lostLifetimeMs: number;
  /**
   * Until when what was signed beyond a copy, under nonces that it may not know, can settle: Infinity before the first balance; 0: it is
   * no copy, or that is over. Nothing is promised before.
   */
  copyUntilMs: number;
  balance: TakenBalance | null;
  /** The latest block that showed a nonce used and of which no balance is on record, as after a crash between the two. */
  useAhead: NonceEntry['used'];
  readonly ledgers: Map<AssetId, Ledger>;
  /** By asset, the current nonce of each lane. */
  readonly currents: Map<AssetId, (NonceEntry | null)[]>;
  /** Of any quote that was signed. */
  latestDeadlineAtMs: number;
  /** In order of opening. */
  readonly nonces: Map<NonceText, NonceEntry>;
  /** In order of signing, after a restart first those that were not over. */
  readonly quotes: LongMap<QuoteId, QuoteEntry>;
  /** The same, and those that were forgotten since and that a cut has still to read. */
  readonly signed: Pages<QuoteEntry>;
  readonly hashes: LongMap<QuoteHash, QuoteEntry>;
  /** Quotes in place `due` or `orphaned`. */
  readonly due: Set<QuoteEntry>;
  /** Quotes in place `recent`, oldest first. */
  readonly recent: Set<QuoteEntry>;
  /** By id: those that are not over, and a bounded number of those that are. */
  readonly reservations: Map<string, Reservation>;
  /** The newest cut, while it is being read out. */
  cut: QuoteCut | null;
  /** Cuts taken so far. */
  cutNumber: number;
};

export function createState(options: BookOptions): BookState {
  const assets = assetIdsOf(options.pair);
  return {
    options,
    accountId: null,
    running: false,
    runLifetimeMs: 0,
    lostLifetimeMs: 0,
    copyUntilMs: 0,
    latestDeadlineAtMs: 0,
    balance: null,
    useAhead: null,
    ledgers: new Map(assets.map((asset) => [asset, createLedger(asset)])),
    currents: new Map(assets.map((asset) => [asset, new Array<NonceEntry | null>(options.lanes).fill(null)])),
    nonces: new Map(),
    quotes: new LongMap(),
    signed: new Pages(),
    hashes: new LongMap(),
    due: new Set(),
    recent: new Set(),
    reservations: new Map(),
    cut: null,
    cutNumber: 0,
  };
}

/** A quote comes into the book. */
export function addQuote(state: BookState, data: QuoteData, cutNumber: number): QuoteEntry {
  const quote: QuoteEntry = { ...data, cutNumber, signedIndex: -1, liveIndex: -1 };
  const { quoteId, quoteHash, deadlineAtMs } = quote.attempt;
  state.quotes.set(quoteId, quote);
  quote.signedIndex = state.signed.add(quote);
  state.hashes.set(quoteHash, quote);
  state.latestDeadlineAtMs = Math.max(state.latestDeadlineAtMs, deadlineAtMs);
  return quote;
}

/** A quote is forgotten: a cut that has not read it yet still will. */
export function forgetQuote(state: BookState, quote: QuoteEntry): void {
  state.quotes.delete(quote.attempt.quoteId);
  if (state.cut === null) state.signed.removeAt(quote.signedIndex);
  else state.cut.forget(quote);
}

/** A quote while it is changed. */
type ChangingQuote = { -readonly [Field in keyof Omit<QuoteData, 'attempt'>]: QuoteData[Field] };

/** The one way to change a quote: a cut that has not read it yet keeps it as it was. */
export function changeQuote(state: BookState, quote: QuoteEntry, change: (quote: ChangingQuote) => void): void {
  state.cut?.keep(quote);
  change(quote);
}

/** What a used nonce takes out of the balance until a balance shows it. */
const positionOf = (entry: NonceEntry): bigint => (entry.balanceChange === null ? reservationOf(entry) : 0n);

/** What a nonce adds to the totals of its asset. */
type Shares = { readonly ordersUnits: bigint; readonly ceilingsUnits: bigint; readonly positionsUnits: bigint };

const NO_SHARES: Shares = { ordersUnits: 0n, ceilingsUnits: 0n, positionsUnits: 0n };

const sharesOf = (entry: NonceEntry): Shares =>
  entry.used === null
    ? { ordersUnits: reservationOf(entry), ceilingsUnits: entry.ceilingUnits, positionsUnits: 0n }
    : { ordersUnits: 0n, ceilingsUnits: 0n, positionsUnits: positionOf(entry) };

/** Most changes, such as a quote that pays less than another of its nonce, leave the totals as they are. */
function count(state: BookState, asset: AssetId, before: Shares, after: Shares): void {
  const isSame =
    before.ordersUnits === after.ordersUnits &&
    before.ceilingsUnits === after.ceilingsUnits &&
    before.positionsUnits === after.positionsUnits;
  const ledger = isSame ? undefined : state.ledgers.get(asset);
  if (ledger === undefined) return;
  ledger.ordersUnits += after.ordersUnits - before.ordersUnits;
  ledger.ceilingsUnits += after.ceilingsUnits - before.ceilingsUnits;
  ledger.positionsUnits += after.positionsUnits - before.positionsUnits;
  ledger.view = null;
}

/** Changes an entry that is in the book, keeping the totals of its asset in step. */
export function changeNonce(state: BookState, entry: NonceEntry, change: (entry: NonceEntry) => void): void {
  const before = sharesOf(entry);
  change(entry);
  count(state, entry.asset, before, sharesOf(entry));
}

/** Puts a nonce into the book; it becomes the current one of its lane unless it drains or its lane is no more. */
export function addNonce(state: BookState, entry: NonceEntry): void {
  state.nonces.set(entry.nonce, entry);
  count(state, entry.asset, NO_SHARES, sharesOf(entry));
  const currents = state.currents.get(entry.asset);
  if (currents === undefined || entry.lane >= currents.length || entry.draining !== null || entry.used !== null) return;
  const former = currents[entry.lane];
  if (former) former.draining = 'old';
  currents[entry.lane] = entry;
}

/** Takes the nonce from its lane: nothing more is signed under it. */
export function retireCurrent(state: BookState, entry: NonceEntry): void {
  const currents = state.currents.get(entry.asset);
  if (currents !== undefined && currents[entry.lane] === entry) currents[entry.lane] = null;
}

/** Forgets a nonce. */
export function removeNonce(state: BookState, entry: NonceEntry): void {
  retireCurrent(state, entry);
  count(state, entry.asset, sharesOf(entry), NO_SHARES);
  state.nonces.delete(entry.nonce);
}

/** To be called when a nonce is used, and when a balance or an end changes which uses are not shown by one. */
export function findUseAhead(state: BookState): void {
  state.useAhead = null;
  for (const { used, balanceChange } of state.nonces.values()) {
    if (used === null || balanceChange !== null) continue;
    if (state.useAhead === null || used.blockHeight > state.useAhead.blockHeight) state.useAhead = used;
  }
}

export const isCurrent = (state: BookState, entry: NonceEntry): boolean =>
  state.currents.get(entry.asset)?.[entry.lane] === entry;

/** Nonces under which something is over by the newest balance, and not taken out yet. */
export function* overdueIn({ balance, nonces }: BookState): Iterable<NonceEntry> {
  if (balance === null) return;
  for (const entry of nonces.values()) {
    const isOver = entry.used === null && entry.live.earliestDeadlineAtMs < balance.overBeforeMs;
    if (isOver && !balance.unread.includes(entry.nonce)) yield entry;
  }
}

/** The units of an asset in a record, null when it is not named. */
export const unitsIn = (record: Readonly<Record<string, Units>>, asset: AssetId): Units | null => record[asset] ?? null;
