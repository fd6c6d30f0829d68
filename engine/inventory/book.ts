// The book: every nonce, every quote that may still bind us, and the capital behind them. The one door to the inventory
// state: `apply` folds journalled facts, everything else reads or plans. Nothing else changes it, so that a restart that
// folds the same facts stands where the process stood.
//
// The caller appends a fact to the journal, waits until it is durable where that is asked for, and then applies it. Two
// facts must be durable before anything is signed: the run's `started`, since after a crash it tells how long unlisted
// quotes may bind, and whatever `housekeeping` returns as `durableFirst`.

import { type Units, units } from '../../contracts/amounts.ts';
import { assetPaid, assetReceived, type Direction } from '../../contracts/assets.ts';
import type { AssetId, NonceText, QuoteHash, QuoteId } from '../../contracts/ids.ts';
import type { FinalBlock } from '../../contracts/runtime/near/types.ts';
import type { ChainReplacedFact, Fact, NonceDrainingFact } from '../model/facts.ts';
import type { Standing, StepMaker } from '../model/lifecycle.ts';
import type { Admission, AssetCapital, Breach, InventoryView, Moment } from '../model/values.ts';
import { freeOf, viewOf } from './capital.ts';
import { capitalBreach, fold } from './fold.ts';
import { type Housekeeping, planHousekeeping, type Salts } from './lanes/housekeeping.ts';
import { chooseLane, NOT_ADMITTED, type NonceEntry, reservationOf } from './lanes/lanes.ts';
import { type Look, type ObservationPlan, planObservation } from './plan-observation.ts';
import type { QuoteData } from './quotes.ts';
import { planEndings } from './settlement/endings.ts';
import { type Anchors, anchorAt, anchorsAfter } from './settlement/evidence.ts';
import { longestBoundMs, settlingWaitMs } from './settlement/waits.ts';
import {
  type BookHead,
  type BookSnapshot,
  beginCut,
  beginRestoration,
  type Restoration,
  restoreState,
  takeSnapshot,
} from './snapshot.ts';
import { fromVersion1 } from './snapshot-v1.ts';
import { type BookOptions, type BookState, createState, isCurrent } from './state.ts';

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
  /** Reserved up to its ceiling since a crash, until this is over; Infinity before the first balance since; else null. */
  readonly boundUntilMs: number | null;
};

type BookCounts = {
  readonly nonces: number;
  /** Quotes that may still be settled, or of which it is not told yet whether they were. */
  readonly open: number;
  /** Over, and kept for a while. */
  readonly recent: number;
};

/** The book as of one moment: its head, and its quotes in pieces of bounded size. */
type BookCut = {
  readonly head: BookHead;
  /** null when there are no more. */
  next(): readonly QuoteData[] | null;
  /** It is not read any further. */
  close(): void;
};

export type Book = {
  /**
   * Folds one fact.
   * @returns what does not fit or is breached: the executor is disarmed on it. null when all is well
   */
  apply(fact: Fact): Breach | null;
  /** The lane that takes a quote, by the rule of lanes.ts. Changes nothing: the quote counts once its `heard` is applied. */
  admit(assetPaid: AssetId, amountOutUnits: Units, deadlineAtMs: number, nowMs: number): Admission;
  /** null for an asset that is not traded. */
  capital(asset: AssetId): AssetCapital | null;
  /** Whether a quote that pays this asset has a nonce to stand under. */
  hasLane(asset: AssetId): boolean;
  /** null before the first balance. */
  inventory(direction: Direction): InventoryView | null;
  /**
   * Monotonic time of the read behind the newest balance that was taken in this run of the process; null when none was: what
   * an earlier run read says nothing of now.
   */
  readAtUs(): number | null;
  /** The block of the newest balance; null before the first. */
  block(): FinalBlock | null;
  /** The latest deadline that no live quote with these amounts under the nonce has; no later than `latestAtMs`. */
  freeDeadline(nonce: NonceText, amountInUnits: Units, amountOutUnits: Units, latestAtMs: number): number;
  /**
   * Gives up the chain of the balance on record: the fact that does it, or when that can be done at the earliest, because until
   * then something that was signed can still settle.
   */
  replaceChain(now: Moment, by: string): { readonly fact: ChainReplacedFact } | { readonly fromMs: number };
  /** The breach of the capital invariant as it is now, or null. */
  breach(): Breach | null;
  /** Where an attempt stands; null when it is over or unknown: what the relay replies then has no bearing. */
  standing(quoteId: QuoteId): Standing | null;
  /** True for our quotes, also for two minutes after their end: quote_status may be late. */
  knowsHash(quoteHash: QuoteHash): boolean;
  /** Every attempt whose end is not on record. */
  liveQuotes(): Standing[];
  nonces(): NonceView[];
  /**
   * Nonces that can still be used: the next look must tell their state. A block time after `overFromMs` ends something under
   * them; 0 when the first balance after a crash is to tell from when, Infinity when there is nothing.
   */
  openNonces(): { readonly nonce: NonceText; readonly salt: string; readonly overFromMs: number }[];
  counts(): BookCounts;
  /**
   * See housekeeping.ts. What it grants is remembered until it is applied: nothing more is granted in between, and a
   * snapshot holds it, since the journal may drop the record that a checkpoint follows.
   */
  housekeeping(nowMs: number, salts: Salts | null, randomBytes15: () => Uint8Array): Housekeeping;
  /** See observe.ts: facts to append and apply in this order. What the snapshot takes away counts at once. */
  observe(look: Look, nowMs: number, newEventId: () => string): ObservationPlan;
  /** Ends of quotes that are to be recorded: append and apply them and ask again, until there are none. */
  endings(maker: StepMaker, most: number): Fact[];
  /**
   * Fixes the state for a checkpoint, which is the fold of everything that was appended; null while granted facts are on their
   * way to the disk, since they are appended and not applied.
   */
  cut(pieceBytes?: number): BookCut | null;
  /** The whole state at once, granted facts included; takes as long as there are quotes. */
  snapshot(): BookSnapshot;
};

const NO_ANCHORS: Anchors = { used: null, next: null };

export function createBook(options: BookOptions): Book {
  let state: BookState = createState(options);
  const inventoryViews = new Map<Direction, InventoryView>();
  /** Appended by the caller, on their way to the disk, not applied. */
  const granted = new Set<Fact>();
  /** A checkpoint of which the end was not read yet. */
  let restoration: Restoration | null = null;
  /** What this run of the process knows beyond the facts. */
  const run = {
    anchors: NO_ANCHORS,
    /** The snapshot whose balance is about to be applied. */
    planned: null as { readonly blockHeight: number; readonly readAtUs: number } | null,
    readAtUs: null as number | null,
  };

  const replaceState = (restored: BookState): Breach | null => {
    state = restored;
    inventoryViews.clear();
    granted.clear();
    return capitalBreach(state);
  };

  /** What one endpoint takes away, another one alone does not give back: only a balance that is taken does. */
  const hold = (heldUnits: ReadonlyMap<AssetId, bigint>): void => {
    for (const [asset, ledger] of state.ledgers) {
      const held = heldUnits.get(asset) ?? 0n;
      if (held <= ledger.heldUnits) continue;
      ledger.heldUnits = held;
      ledger.view = null;
    }
  };
  const release = (): void => {
    for (const ledger of state.ledgers.values()) {
      ledger.heldUnits = 0n;
      ledger.view = null;
    }
  };

  /** What a fact means for what this run knows. */
  const remember = (fact: Fact): void => {
    if (fact.kind === 'chain_replaced') {
      Object.assign(run, { anchors: NO_ANCHORS, planned: null, readAtUs: null });
      release();
    }
    if (fact.kind !== 'balance' || fact.blockHeight !== run.planned?.blockHeight) return;
    run.readAtUs = run.planned.readAtUs;
    run.planned = null;
    release();
  };

  const inventory = (direction: Direction): InventoryView | null => {
    const received = state.ledgers.get(assetReceived(direction).id);
    const paid = state.ledgers.get(assetPaid(direction).id);
    if (state.balance === null || received === undefined || paid === undefined) return null;
    const views = { received: viewOf(received), paid: viewOf(paid) };
    const last = inventoryViews.get(direction);
    const { blockHeight, readAtMs } = state.balance;
    const same =
      last !== undefined &&
      last.paid === views.paid &&
      last.received === views.received &&
      last.blockHeight === blockHeight &&
      last.readAtMs === readAtMs;
    if (same) return last;
    const inventoryId = `inv-${state.accountId ?? 'unknown'}-${blockHeight}`;
    const view: InventoryView = { inventoryId, blockHeight, readAtMs, ...views };
    inventoryViews.set(direction, view);
    return view;
  };

  return {
    apply(fact) {
      switch (fact.kind) {
        case 'checkpoint':
          return replaceState(restoreState(options, fromVersion1(fact.book)));
        case 'checkpoint_begin':
          restoration = beginRestoration(options, fact.book);
          return null;
        case 'checkpoint_part':
          restoration?.add(fact.quotes as readonly QuoteData[]);
          return null;
        case 'checkpoint_end': {
          if (restoration === null) throw new Error("the journal's checkpoint has an end and no begin");
          const restored = restoration.finish();
          restoration = null;
          return replaceState(restored);
        }
      }
      if (granted.size > 0) granted.delete(fact);
      const words = fold(state, fact);
      remember(fact);
      return words;
    },
    admit(asset, amountOutUnits, deadlineAtMs, nowMs) {
      const currents = state.currents.get(asset);
      const ledger = state.ledgers.get(asset);
      if (currents === undefined || ledger === undefined || amountOutUnits <= 0n) return NOT_ADMITTED;
      // What a crash would have to wait for is bounded by this lifetime.
      if (deadlineAtMs - nowMs > options.quoteLifetimeMaxMs) return NOT_ADMITTED;
      return chooseLane(currents, amountOutUnits, deadlineAtMs, freeOf(ledger));
    },
    capital(asset) {
      const ledger = state.ledgers.get(asset);
      return ledger === undefined ? null : viewOf(ledger);
    },
    hasLane: (asset) => state.currents.get(asset)?.some((entry) => entry !== null) ?? false,
    inventory,
    readAtUs: () => run.readAtUs,
    block() {
      if (state.balance === null) return null;
      const { blockHeight: height, blockHash: hash, blockTimeMs: timeMs } = state.balance;
      return { height, hash, timeMs };
    },
    freeDeadline: (nonce, amountInUnits, amountOutUnits, latestAtMs) =>
      state.nonces.get(nonce)?.live.freeDeadline(amountInUnits, amountOutUnits, latestAtMs) ?? latestAtMs,
    replaceChain(now, by) {
      const waitMs = settlingWaitMs(state, run.anchors.used, now);
      return waitMs < 0
        ? { fact: { kind: 'chain_replaced', atMs: now.nowMs, by } }
        : { fromMs: now.nowMs + waitMs + 1 };
    },
    breach: () => capitalBreach(state),
    standing(quoteId) {
      const quote = state.quotes.get(quoteId);
      return quote === undefined || quote.place === 'recent' ? null : quote;
    },
    knowsHash: (hash) => state.hashes.has(hash),
    liveQuotes: () => [...state.quotes.values()].filter((quote) => quote.place !== 'recent'),
    nonces: () => noncesOf(state),
    openNonces: () => [...state.nonces.values()].flatMap((entry) => (entry.used === null ? [openNonceOf(entry)] : [])),
    counts: () => ({
      nonces: state.nonces.size,
      open: state.quotes.size - state.recent.size,
      recent: state.recent.size,
    }),
    housekeeping(nowMs, salts, randomBytes15) {
      const plan = planHousekeeping(state, nowMs, salts, randomBytes15, granted.size > 0);
      for (const fact of plan.durableFirst) granted.add(fact);
      return plan;
    },
    observe(look, nowMs, newEventId) {
      run.anchors = anchorsAfter(run.anchors, look, () => longestBoundMs(state));
      const plan = planObservation(state, look, run.anchors.used ?? anchorAt(look), { atMs: nowMs, newEventId });
      const { verdict, heldUnits } = plan;
      if (verdict === 'taken') run.planned = { blockHeight: look.block.height, readAtUs: look.readAtUs };
      if (verdict === 'unconfirmed') {
        hold(heldUnits);
        // What is on record, less what this look takes away, can be counted on: also after a restart.
        if (state.balance !== null) run.readAtUs = look.readAtUs;
      }
      return plan;
    },
    endings: (maker, most) => planEndings(state, maker, most),
    cut(pieceBytes) {
      if (granted.size > 0) return null;
      const { head, cut } = beginCut(state, pieceBytes);
      return {
        head,
        next: () => cut.next(),
        close() {
          cut.close();
          if (state.cut === cut) state.cut = null;
        },
      };
    },
    snapshot() {
      const now = takeSnapshot(state);
      if (granted.size === 0) return now;
      const ahead = restoreState(options, now);
      for (const fact of granted) fold(ahead, fact);
      return takeSnapshot(ahead);
    },
  };
}

function openNonceOf({ nonce, salt, live, boundUnits, boundUntilMs }: NonceEntry) {
  const unboundFromMs = boundUntilMs === Number.POSITIVE_INFINITY ? 0 : boundUntilMs;
  const overFromMs = Math.min(live.earliestDeadlineAtMs, boundUnits > 0n ? unboundFromMs : Number.POSITIVE_INFINITY);
  return { nonce, salt, overFromMs };
}

const noncesOf = (state: BookState): NonceView[] =>
  [...state.nonces.values()].map((entry) => ({
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
    boundUntilMs: entry.boundUnits > 0n ? entry.boundUntilMs : null,
  }));
