// The book: every nonce, every quote that may still bind us, and the capital behind them. The one door to the inventory
// state: `apply` folds journalled facts, everything else reads or plans. Nothing else changes it, so that a restart that
// folds the same facts ends in the same state.
//
// The caller appends a fact to the journal, waits until it is durable where that is asked for, and then applies it. Two
// facts must be durable before anything is signed: the run's `started`, since after a crash it shows how long unlisted
// quotes may bind, and whatever `housekeeping` returns as `durableFirst`.

import type { Units } from '../../contracts/amounts.ts';
import type { AssetId } from '../../contracts/ids.ts';
import type { ChainReplacedFact, Fact } from '../model/facts.ts';
import type { StepMaker } from '../model/lifecycle.ts';
import type { Admission, Breach, LaneGuard, Moment } from '../model/values.ts';
import { freeOf, hold, release } from './capital.ts';
import { capitalBreach } from './fold/breaches.ts';
import { fold } from './fold/fold.ts';
import { type Housekeeping, planHousekeeping, type Salts } from './lanes/housekeeping.ts';
import { chooseLane, isBeyondLanes, NOT_ADMITTED } from './lanes/lanes.ts';
import { type ObservationPlan, type ObservedSnapshot, planObservation } from './plan-observation.ts';
import type { QuoteData } from './quotes.ts';
import { type BookReads, createReads, type StateCell } from './reads.ts';
import { CheckpointReader } from './restore.ts';
import { RunKnowledge } from './run-knowledge.ts';
import { Attributions, STEPS_A_TURN } from './settlement/attributions.ts';
import { planEndings } from './settlement/endings.ts';
import { longestBoundMs, settlingWaitMs } from './settlement/waits.ts';
import { type BookHead, type BookSnapshot, beginCut, restoreState, takeSnapshot } from './snapshot.ts';
import { type BookOptions, type BookState, createState } from './state.ts';

/** The book as of one moment: its head, and its quotes in pieces of bounded size. */
type BookCut = {
  readonly head: BookHead;
  /** null when there are no more. */
  next(): readonly QuoteData[] | null;
  /** It is not read any further. */
  close(): void;
};

export type Book = BookReads & {
  /**
   * Folds one fact.
   * @returns what does not fit or is breached: the executor is disarmed on it. null when all is well
   */
  apply(fact: Fact): Breach | null;
  /** The lane that takes a quote, by the rule of lanes.ts. Changes nothing: the quote counts once its `heard` is applied. */
  admit(
    assetPaid: AssetId,
    amountOutUnits: Units,
    deadlineAtMs: number,
    nowMs: number,
    guard?: LaneGuard | null,
  ): Admission;
  /**
   * Monotonic time of the read behind the newest balance that was taken in this run of the process; null when none was: what
   * an earlier run read says nothing of now.
   */
  readAtUs(): number | null;
  /**
   * Gives up the chain of the balance on record: the fact that does it, or when that can be done at the earliest, because until
   * then something that was signed can still settle.
   */
  replaceChain(now: Moment, by: string): { readonly fact: ChainReplacedFact } | { readonly fromMs: number };
  /**
   * See housekeeping.ts. What it grants is remembered until it is applied: nothing more is granted in between, and a
   * snapshot holds it, since the journal may drop the record that a checkpoint follows.
   */
  housekeeping(nowMs: number, salts: Salts | null, randomBytes15: () => Uint8Array): Housekeeping;
  /**
   * See plan-observation.ts: facts to append and apply in this order. What the snapshot takes away counts at once. A plan that
   * goes on is asked for again, with the same snapshot, in a later turn.
   */
  observe(snapshot: ObservedSnapshot, nowMs: number, newEventId: () => string): ObservationPlan;
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

/** @param attributions how much of them is done in one turn */
export function createBook(options: BookOptions, attributions = new Attributions(STEPS_A_TURN)): Book {
  const cell: StateCell = { state: createState(options) };
  /** Appended by the caller, on their way to the disk, not applied. */
  const granted = new Set<Fact>();
  const checkpoint = new CheckpointReader(options);
  const run = new RunKnowledge();

  const replaceState = (restored: BookState | null): Breach | null => {
    if (restored === null) return null;
    cell.state = restored;
    granted.clear();
    return capitalBreach(restored);
  };

  return {
    ...createReads(cell),
    apply(fact) {
      switch (fact.kind) {
        case 'checkpoint':
        case 'checkpoint_begin':
        case 'checkpoint_part':
        case 'checkpoint_end':
          return replaceState(checkpoint.read(fact));
      }
      if (granted.size > 0) granted.delete(fact);
      const breach = fold(cell.state, fact);
      if (run.applied(fact)) release(cell.state.ledgers);
      return breach;
    },
    admit(asset, amountOutUnits, deadlineAtMs, nowMs, guard = null) {
      const currents = cell.state.currents.get(asset);
      const ledger = cell.state.ledgers.get(asset);
      if (currents === undefined || ledger === undefined) return NOT_ADMITTED;
      if (isBeyondLanes(amountOutUnits, deadlineAtMs - nowMs, options.quoteLifetimeMaxMs)) return NOT_ADMITTED;
      return chooseLane(currents, amountOutUnits, deadlineAtMs, freeOf(ledger), guard);
    },
    readAtUs: () => run.readAtUs(),
    replaceChain(now, by) {
      // They are on record before this would be, and applied after it: a restart would not know of the nonces.
      if (granted.size > 0) return { fromMs: now.nowMs + 1 };
      const waitMs = settlingWaitMs(cell.state, run.anchor(), now);
      return waitMs < 0
        ? { fact: { kind: 'chain_replaced', atMs: now.nowMs, by } }
        : { fromMs: now.nowMs + waitMs + 1 };
    },
    housekeeping(nowMs, salts, randomBytes15) {
      const isBalanceRead = run.readAtUs() !== null;
      const isUnderWay = granted.size > 0;
      const inputs = { nowMs, salts, randomBytes15, isUnderWay, isBalanceRead };
      const { immediate, durableFirst, quoteMaxUnits } = planHousekeeping(cell.state, inputs);
      for (const entry of cell.state.nonces.values()) entry.quoteMaxUnits = quoteMaxUnits.get(entry) ?? null;
      for (const fact of durableFirst) granted.add(fact);
      return { immediate, durableFirst };
    },
    observe(snapshot, nowMs, newEventId) {
      const { state } = cell;
      const anchor = run.read(snapshot, () => longestBoundMs(state));
      const plan = planObservation({ state, snapshot, anchor, maker: { atMs: nowMs, newEventId }, attributions });
      run.planned(snapshot, plan, state.balance !== null);
      hold(state.ledgers, plan.heldUnits);
      return plan;
    },
    endings: (maker, most) => planEndings(cell.state, maker, most),
    cut: (pieceBytes) => (granted.size > 0 ? null : cutOf(cell.state, pieceBytes)),
    snapshot() {
      const now = takeSnapshot(cell.state);
      if (granted.size === 0) return now;
      const ahead = restoreState(options, now);
      for (const fact of granted) fold(ahead, fact);
      return takeSnapshot(ahead);
    },
  };
}

function cutOf(state: BookState, pieceBytes: number | undefined): BookCut {
  const { head, cut } = beginCut(state, pieceBytes);
  return {
    head,
    next: () => cut.next(),
    close() {
      cut.close();
      if (state.cut === cut) state.cut = null;
    },
  };
}
