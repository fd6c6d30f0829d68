// The book as plain data for the journal's checkpoint, and back. Bigints stay bigints, maps become lists, the running totals
// are added up anew. Pure. Shapes are trusted as far as the journal's checksums go; another version is refused.

import type { AssetId, NonceText } from '../../contracts/ids.ts';
import type { NonceDrainingFact } from '../facts.ts';
import { addLive, admissionTo, type NonceEntry, type QuoteEntry, type Shown } from './lanes.ts';
import { addNonce, type BookOptions, type BookState, createState, type TakenBalance } from './state.ts';

const VERSION = 1;

type NonceData = {
  readonly nonce: NonceText;
  readonly asset: AssetId;
  readonly lane: number;
  readonly salt: string;
  readonly nonceDeadlineAtMs: number;
  readonly ceilingUnits: bigint;
  readonly draining: NonceDrainingFact['why'] | null;
  readonly saltDead: boolean;
  readonly live: readonly QuoteEntry[];
  readonly boundUnits: bigint;
  readonly boundUntilMs: number;
  readonly used: NonceEntry['used'];
  readonly shown: Shown | null;
  readonly executed: NonceEntry['executed'];
};

export type BookSnapshot = {
  readonly version: typeof VERSION;
  readonly accountId: string | null;
  readonly running: boolean;
  readonly runLifetimeMs: number;
  readonly latestAtMs: number;
  readonly balance: TakenBalance | null;
  readonly ledgers: readonly {
    readonly asset: AssetId;
    readonly allocatedUnits: bigint;
    readonly realizedUnits: bigint;
  }[];
  readonly nonces: readonly NonceData[];
  readonly due: readonly QuoteEntry[];
  readonly recent: readonly QuoteEntry[];
};

/** A copy: later facts do not change it. */
export function takeSnapshot(state: BookState): BookSnapshot {
  return {
    version: VERSION,
    accountId: state.accountId,
    running: state.running,
    runLifetimeMs: state.runLifetimeMs,
    latestAtMs: state.latestAtMs,
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
      saltDead: entry.saltDead,
      live: entry.live.map((quote) => ({ ...quote })),
      boundUnits: entry.boundUnits,
      boundUntilMs: entry.boundUntilMs,
      used: entry.used,
      shown: entry.shown === null ? null : { ...entry.shown },
      executed: entry.executed,
    })),
    due: [...state.due].map((quote) => ({ ...quote })),
    recent: state.recent.map((quote) => ({ ...quote })),
  };
}

/** @throws Error when the checkpoint was written by another version: going on without its quotes would be unsafe */
export function restoreState(options: BookOptions, data: unknown): BookState {
  if (!isSnapshot(data)) throw new Error(`the journal's checkpoint of the book is not of version ${VERSION}`);
  const state = createState(options);
  state.accountId = data.accountId;
  state.running = data.running;
  state.runLifetimeMs = data.runLifetimeMs;
  state.latestAtMs = data.latestAtMs;
  state.balance = data.balance;
  for (const { asset, allocatedUnits, realizedUnits } of data.ledgers) {
    const ledger = state.ledgers.get(asset);
    if (ledger === undefined) continue;
    ledger.allocatedUnits = allocatedUnits;
    ledger.realizedUnits = realizedUnits;
  }
  const remember = (quote: QuoteEntry): QuoteEntry => {
    const copy = { ...quote };
    state.quotes.set(copy.attempt.quoteId, copy);
    state.hashes.set(copy.attempt.quoteHash, copy);
    return copy;
  };
  // Nonces that were shown by one balance are explained together, by identity of that balance.
  const shownByHeight = new Map<number, Shown>();
  for (const stored of data.nonces) {
    const shown = stored.shown === null ? null : (shownByHeight.get(stored.shown.blockHeight) ?? { ...stored.shown });
    if (shown !== null) shownByHeight.set(shown.blockHeight, shown);
    const entry: NonceEntry = {
      ...stored,
      shown,
      admission: admissionTo(stored.lane, stored.nonce),
      live: [],
      largestUnits: 0n,
      earliestDeadlineAtMs: Number.POSITIVE_INFINITY,
    };
    for (const quote of stored.live) addLive(entry, remember(quote));
    addNonce(state, entry);
  }
  for (const quote of data.due) state.due.add(remember(quote));
  state.recent = data.recent.map(remember);
  return state;
}

const isSnapshot = (data: unknown): data is BookSnapshot =>
  typeof data === 'object' && data !== null && 'version' in data && data.version === VERSION;
