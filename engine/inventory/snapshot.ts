// The book as plain data for the journal's checkpoint, and back: a head, which is small, and the quotes, which come in pieces
// (cut.ts). Bigints stay bigints, maps become lists, the running totals are summed again. Pure. Shapes are trusted as far as the
// journal's checksums go; another version is refused.

import type { AssetId, NonceText } from '../../contracts/ids.ts';
import type { NonceDrainingFact } from '../model/facts.ts';
import { dataOf, QuoteCut } from './cut.ts';
import { admissionTo, type BalanceChange, type NonceEntry } from './lanes/lanes.ts';
import { LiveQuotes } from './live-quotes.ts';
import type { QuoteData, QuoteEntry } from './quotes.ts';
import { restoreReservation } from './reservations/fold.ts';
import type { Reservation } from './reservations/reservation.ts';
import {
  addNonce,
  addQuote,
  type BookOptions,
  type BookState,
  createState,
  findUseAhead,
  type TakenBalance,
} from './state.ts';

const VERSION = 2;

/** A nonce without the quotes under it. */
export type NonceData = {
  readonly nonce: NonceText;
  readonly asset: AssetId;
  readonly lane: number;
  readonly salt: string;
  readonly nonceDeadlineAtMs: number;
  readonly ceilingUnits: bigint;
  readonly draining: NonceDrainingFact['why'] | null;
  /** Absent in checkpoints of earlier versions. */
  readonly pull?: NonceEntry['pull'];
  /** Absent in checkpoints of earlier versions. */
  readonly saltInvalidHeight?: number;
  readonly saltDead: boolean;
  readonly boundUnits: bigint;
  readonly boundUntilMs: number;
  readonly used: NonceEntry['used'];
  readonly shown: StoredChange | null;
  readonly executed: NonceEntry['executed'];
  /** Absent in checkpoints of earlier versions. */
  readonly resolution?: NonceEntry['resolution'];
};

/** A balance change as checkpoints have it, under the names that they have always used. */
type StoredChange = Omit<BalanceChange, 'isAmbiguous' | 'carrier' | 'unknownUnits'> & {
  readonly isBlurred: boolean;
  /** Absent in checkpoints of earlier versions. */
  readonly carrier?: BalanceChange['carrier'];
  /** Absent in checkpoints of earlier versions, which did not judge a loss again. */
  readonly unknownUnits?: BalanceChange['unknownUnits'];
};

export type BookHead = {
  readonly version: typeof VERSION;
  readonly accountId: string | null;
  readonly running: boolean;
  readonly runLifetimeMs: number;
  /** Absent in checkpoints of earlier versions. */
  readonly lostLifetimeMs?: number;
  /** Absent in checkpoints of earlier versions. */
  readonly copyUntilMs?: number;
  readonly balance: TakenBalance | null;
  readonly ledgers: readonly {
    readonly asset: AssetId;
    readonly allocatedUnits: bigint;
    readonly realizedUnits: bigint;
  }[];
  readonly nonces: readonly NonceData[];
  /** Absent in checkpoints of earlier versions. */
  readonly reservations?: readonly Reservation[];
  /** Quotes that belong to it. */
  readonly quoteCount: number;
};

export type BookSnapshot = BookHead & { readonly quotes: readonly QuoteData[] };

/** A copy, but for the quotes: later facts do not change it. */
function takeHead(state: BookState, quoteCount: number): BookHead {
  return {
    version: VERSION,
    accountId: state.accountId,
    running: state.running,
    runLifetimeMs: state.runLifetimeMs,
    lostLifetimeMs: state.lostLifetimeMs,
    copyUntilMs: state.copyUntilMs,
    balance: state.balance,
    ledgers: [...state.ledgers.values()].map(({ asset, allocatedUnits, realizedUnits }) => ({
      asset,
      allocatedUnits,
      realizedUnits,
    })),
    nonces: [...state.nonces.values()].map((entry) => ({
      nonce: entry.nonce,
      asset: entry.asset,
      lane: entry.lane,
      salt: entry.salt,
      nonceDeadlineAtMs: entry.nonceDeadlineAtMs,
      ceilingUnits: entry.ceilingUnits,
      draining: entry.draining,
      pull: entry.pull,
      saltInvalidHeight: entry.saltInvalidHeight,
      saltDead: entry.saltDead,
      boundUnits: entry.boundUnits,
      boundUntilMs: entry.boundUntilMs,
      used: entry.used,
      shown: entry.balanceChange === null ? null : storedChange(entry.balanceChange),
      executed: entry.executed,
      resolution: entry.resolution,
    })),
    reservations: [...state.reservations.values()],
    quoteCount,
  };
}

/** Fixes the state as of now; from here on `changeQuote` keeps what the cut has still to read. */
export function beginCut(state: BookState, pieceBytes?: number): { readonly head: BookHead; readonly cut: QuoteCut } {
  state.cut?.close();
  const { signed, recent } = state;
  const cut = new QuoteCut({ number: ++state.cutNumber, signed, recent: [...recent], pieceBytes });
  state.cut = cut;
  return { head: takeHead(state, cut.count), cut };
}

/** The whole state at once, as a copy; takes as long as there are quotes. */
export function takeSnapshot(state: BookState): BookSnapshot {
  const standing = [...state.quotes.values()].filter(({ place }) => place !== 'recent');
  const quotes = [...standing, ...state.recent].map(dataOf);
  return { ...takeHead(state, quotes.length), quotes };
}

/** A state that is put together again: head first, then its quotes in the order in which they were read out. */
export type Restoration = {
  add(quotes: readonly QuoteData[]): void;
  /** @throws Error when quotes are missing: going on without them would be unsafe */
  finish(): BookState;
};

/** @throws Error when the checkpoint was written by another version: going on without its quotes would be unsafe */
export function beginRestoration(options: BookOptions, head: unknown): Restoration {
  if (!isHead(head)) throw new Error(`the journal's checkpoint of the book is not of version ${VERSION}`);
  const state = createState(options);
  state.accountId = head.accountId;
  state.running = head.running;
  state.runLifetimeMs = head.runLifetimeMs;
  state.lostLifetimeMs = head.lostLifetimeMs ?? 0;
  state.copyUntilMs = head.copyUntilMs ?? 0;
  state.balance = head.balance === null ? null : restoredBalance(head.balance);
  for (const { asset, allocatedUnits, realizedUnits } of head.ledgers) {
    const ledger = state.ledgers.get(asset);
    if (ledger === undefined) continue;
    ledger.allocatedUnits = allocatedUnits;
    ledger.realizedUnits = realizedUnits;
  }
  for (const reservation of head.reservations ?? []) restoreReservation(state, reservation);
  const entries = entriesOf(head);
  return {
    add(quotes) {
      for (const data of quotes) {
        restoreQuote(state, entries, addQuote(state, data, 0));
      }
    },
    finish() {
      if (state.quotes.size !== head.quoteCount) {
        throw new Error(
          `the journal's checkpoint has ${state.quotes.size} quotes of the ${head.quoteCount} that it names`,
        );
      }
      // Last, so that the totals count the quotes.
      for (const entry of entries.values()) addNonce(state, entry);
      findUseAhead(state);
      return state;
    },
  };
}

function entriesOf(head: BookHead): Map<NonceText, NonceEntry> {
  // Nonces that were shown used by one balance are explained together, by identity of that balance.
  const changeByHeight = new Map<number, BalanceChange>();
  return new Map(
    head.nonces.map(({ shown, ...stored }) => {
      const balanceChange = shown === null ? null : (changeByHeight.get(shown.blockHeight) ?? restoredChange(shown));
      if (balanceChange !== null) changeByHeight.set(balanceChange.blockHeight, balanceChange);
      const entry: NonceEntry = {
        ...stored,
        balanceChange,
        admission: admissionTo(stored.lane, stored.nonce),
        live: new LiveQuotes(),
        quoteMaxUnits: null,
        pull: stored.pull ?? null,
        saltInvalidHeight: stored.saltInvalidHeight ?? 0,
        resolution: stored.resolution ?? null,
        winner: null,
      };
      return [stored.nonce, entry];
    }),
  );
}

/** Balances of earlier versions do not say what is over by them: nothing more than was taken out already. */
const restoredBalance = (balance: TakenBalance): TakenBalance => ({
  ...balance,
  overBeforeMs: balance.overBeforeMs ?? 0,
  unread: balance.unread ?? [],
});

const storedChange = ({ isAmbiguous, ...change }: BalanceChange): StoredChange => ({
  ...change,
  isBlurred: isAmbiguous,
});

const restoredChange = ({ isBlurred, ...change }: StoredChange): BalanceChange => ({
  ...change,
  isAmbiguous: isBlurred,
  carrier: change.carrier ?? null,
  unknownUnits: change.unknownUnits ?? null,
});

function restoreQuote(state: BookState, entries: ReadonlyMap<NonceText, NonceEntry>, quote: QuoteEntry): void {
  switch (quote.place) {
    case 'due':
    case 'orphaned':
      state.due.add(quote);
      break;
    case 'recent':
      state.recent.add(quote);
      break;
    case 'live': {
      const entry = entryOf(entries, quote);
      entry.live.add(quote);
      if (quote.state === 'settled') entry.winner = quote;
    }
  }
}

function entryOf(entries: ReadonlyMap<NonceText, NonceEntry>, { attempt }: QuoteEntry): NonceEntry {
  const entry = entries.get(attempt.nonce);
  if (entry === undefined) throw new Error(`the journal's checkpoint has quote ${attempt.quoteId} without its nonce`);
  return entry;
}

/** The state that a snapshot was taken of. */
export function restoreState(options: BookOptions, snapshot: BookSnapshot): BookState {
  const restoration = beginRestoration(options, snapshot);
  restoration.add(snapshot.quotes);
  return restoration.finish();
}

const isHead = (data: unknown): data is BookHead =>
  typeof data === 'object' && data !== null && 'version' in data && data.version === VERSION;
