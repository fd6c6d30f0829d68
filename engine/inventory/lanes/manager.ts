// Maintains the nonce lanes: applies each snapshot of the verifier to the inventory and executes the plan that results. Facts that
// allow new promises are applied only when they are durable; while they are under way nothing else is granted.

import type { Clock } from '../../../contracts/runtime/clock.ts';
import type { Fact, NonceResolvedFact } from '../../model/facts.ts';
import type { Observation } from '../../model/observation.ts';
import type { JournalPort, Random } from '../../model/ports.ts';
import type { Breach } from '../../model/values.ts';
import type { Book } from '../book.ts';
import type { SnapshotRefusal } from '../settlement/evidence.ts';
import type { Salts } from './housekeeping.ts';
import { createSnapshotQueue, type OnTaken } from './snapshot-queue.ts';

export type LaneManagerOptions = {
  readonly clock: Clock;
  readonly random: Random;
  readonly journal: JournalPort;
  readonly book: Book;
  readonly newEventId: (nowMs: number) => string;
  /** Journals and applies. */
  readonly record: (fact: Fact) => void;
  /** Runs a function after the turn. */
  readonly later: (run: () => void) => void;
  /** A transition that the snapshot led to. */
  readonly onMoved: (fact: Fact & { readonly kind: 'transition' }) => void;
  /** It is known how a nonce was used; its quotes end by that, in this turn or a later one. */
  readonly onResolved: (fact: NonceResolvedFact) => void;
  /** A fact that was applied here, and not by `record`, does not fit. */
  readonly onBreach: (breach: Breach) => void;
  /** The journal could not be made durable, or the housekeeping itself failed. */
  readonly onFailure: (error: unknown) => void;
};

export type LaneManager = {
  /**
   * Takes a snapshot, after those that came before it; in this turn, unless finding out what was settled takes several.
   * @param onTaken called once, in this turn or a later one, unless it is stopped before
   */
  observe(observation: Observation, onTaken: OnTaken): void;
  /** To be called between polls as well: nonces expire by local time. */
  maintain(): void;
  /** Records nothing more: the journal is about to be closed. What is left is found again after the next start. */
  stop(): void;
  /** Salts as last read; null before. */
  salts(): Salts | null;
};

const RANDOM_BYTES = 15;
/** Quotes whose ends are recorded in one turn at most, some 0.2 ms of work: a lane can hold tens of thousands. */
const ENDINGS_A_TURN = 12;

export function createLaneManager(parts: LaneManagerOptions): LaneManager {
  const { clock, random, journal, book, record } = parts;
  let salts: Salts | null = null;
  let endsLater = false;
  let isStopped = false;

  const randomBytes = (): Uint8Array => {
    const bytes = new Uint8Array(RANDOM_BYTES);
    random.fill(bytes);
    return bytes;
  };

  const grant = async (facts: readonly Fact[]): Promise<void> => {
    try {
      let last = 0;
      for (const fact of facts) last = journal.append(fact);
      await journal.synced(last);
      for (const fact of facts) {
        const breach = book.apply(fact);
        if (breach !== null) parts.onBreach(breach);
      }
      maintain();
    } catch (error) {
      // What was granted stays unapplied: the book grants nothing more, and the journal refuses further records anyway.
      parts.onFailure(error);
    }
  };

  const recordAll = (facts: readonly Fact[]): void => {
    for (const fact of facts) {
      record(fact);
      if (fact.kind === 'transition') parts.onMoved(fact);
      else if (fact.kind === 'nonce_resolved') parts.onResolved(fact);
    }
  };

  const endLater = (): void => {
    if (endsLater) return;
    endsLater = true;
    parts.later(() => {
      endsLater = false;
      maintain();
    });
  };

  /** Records some ends, and the rest in the turns that follow. */
  const end = (): void => {
    if (endsLater) return;
    const atMs = clock.nowMs();
    const facts = book.endings({ atMs, newEventId: () => parts.newEventId(atMs) }, ENDINGS_A_TURN);
    recordAll(facts);
    if (facts.length > 0) endLater();
  };

  const keepHouse = (): void => {
    const plan = book.housekeeping(clock.nowMs(), salts, randomBytes);
    for (const fact of plan.immediate) record(fact);
    if (plan.durableFirst.length > 0) void grant(plan.durableFirst);
  };

  const maintain = (): void => {
    if (isStopped) return;
    try {
      end();
      keepHouse();
    } catch (error) {
      parts.onFailure(error);
    }
  };

  /** One turn of work on a snapshot. */
  const take = (observation: Observation): SnapshotRefusal | null | 'goesOn' => {
    try {
      const nowMs = clock.nowMs();
      const { facts, verdict, refusal, goesOn } = book.observe(observation, nowMs, () => parts.newEventId(nowMs));
      // Also while its balance is not taken: the facts may name salts that are invalid, and no lane opens under one of them.
      if (verdict !== 'refused') salts = saltsAfter(salts, observation);
      recordAll(facts);
      keepHouse();
      // Not in this turn, which has had its share of work.
      endLater();
      return goesOn ? 'goesOn' : refusal;
    } catch (error) {
      parts.onFailure(error);
      // What was not taken is a failed poll, and no sign of health.
      return { reason: 'ledger_failed', detail: error instanceof Error ? error.message : String(error) };
    }
  };

  const queue = createSnapshotQueue({ take, later: parts.later });
  return {
    maintain,
    salts: () => salts,
    observe: queue.add,
    stop() {
      isStopped = true;
      queue.stop();
    },
  };
}

/** What is known of the salts after a snapshot, also one of the block that was taken before: another endpoint may have given that. */
function saltsAfter(known: Salts | null, { salt, invalidSalts, confirmed }: Observation): Salts | null {
  if (!confirmed) {
    // Until a second endpoint agrees, none of them is known to be invalid.
    return salt === null || known !== null ? known : { current: salt, invalid: [] };
  }
  if (salt !== null) return { current: salt, invalid: invalidSalts };
  // The verifier does not say its salt, and the one we know is dead: nothing may be opened under it.
  if (known === null || invalidSalts.includes(known.current)) return null;
  return { current: known.current, invalid: invalidSalts };
}
