// The running parts of one engine, as the views, the health checks and the control API look at them. Made by engine.ts.

import type { ExecutorMode } from '../../contracts/executor-mode.ts';
import type { Clock } from '../../contracts/runtime/clock.ts';
import type { BackgroundPart } from '../background/background.ts';
import type { BusPart } from '../bus/bus.ts';
import type { AnswerTimes } from '../executor/answer-times.ts';
import type { Replies } from '../executor/replies.ts';
import type { DecidedIds } from '../ingest/decided-ids.ts';
import type { OtherIds } from '../ingest/other-ids.ts';
import type { PairFilter } from '../ingest/pair-filter.ts';
import type { RelaySocket } from '../ingest/relay/relay-socket.ts';
import type { SignedIdStore } from '../ingest/signed-id-store.ts';
import type { Book } from '../inventory/book.ts';
import type { ChainWatch } from '../inventory/chain-watch.ts';
import type { LaneManager } from '../inventory/lanes/manager.ts';
import type { ReservationDesk } from '../inventory/reservations/desk.ts';
import type { ReservationWatch } from '../inventory/reservations/watch.ts';
import type { FreeSpace } from '../journal/disk/free-space.ts';
import type { Journal } from '../journal/journal.ts';
import type { Loop } from '../loop.ts';
import type { Breach, Holds, Limits, Moment } from '../model/values.ts';
import type { LastRun } from '../observe/last-run.ts';
import type { Observer } from '../observe/observer.ts';
import type { Pulls } from '../pull/pulls.ts';
import type { ReferencePart } from '../reference/reference.ts';
import type { Arming } from '../safety/arming.ts';
import type { Breaker } from '../safety/breaker/breaker.ts';
import type { ClockVerdict } from '../safety/clock-skew.ts';
import type { Faults } from '../safety/faults.ts';
import type { StallWatch } from '../safety/stall-watch.ts';
import type { Stops } from '../safety/stops.ts';
import type { Rebuilt } from '../startup/rebuilt.ts';
import type { Recovered } from '../startup/recover.ts';
import type { Settings } from '../startup/settings.ts';
import type { Shadow } from '../turn/shadow.ts';
import type { VerifierPart } from '../verifier/verifier.ts';

/** What operators and the engine itself switch; everything but the mode is off or unpaused at the start. */
export type Switches = {
  ingestPaused: boolean;
  strategyPaused: boolean;
  executorPaused: boolean;
  /** Who took note of what recovery found; null: nobody in this run. */
  recoveryAccepted: { readonly by: string; readonly atMs: number } | null;
  draining: boolean;
  /** At the start as configured. */
  mode: ExecutorMode;
  limits: Limits;
};

/** The switches as they are at every start. */
export const createSwitches = (limits: Limits, mode: ExecutorMode): Switches => ({
  ingestPaused: false,
  strategyPaused: false,
  executorPaused: false,
  recoveryAccepted: null,
  draining: false,
  mode,
  limits,
});

export type Parts = {
  readonly settings: Settings;
  readonly version: string;
  readonly clock: Clock;
  readonly instanceId: string;
  readonly startedAtMs: number;
  /** The same moment on the monotonic clock. */
  readonly startedUs: number;
  readonly recovered: Recovered;
  readonly rebuilt: Rebuilt;
  readonly switches: Switches;
  readonly strategyArming: Arming;
  readonly executorArming: Arming;
  readonly breaker: Breaker;
  readonly pairFilter: PairFilter;
  readonly otherIds: OtherIds;
  readonly journal: Journal;
  readonly freeSpace: FreeSpace;
  readonly signedIds: SignedIdStore;
  readonly decided: Pick<DecidedIds, 'counts'>;
  readonly bus: BusPart;
  readonly background: BackgroundPart;
  readonly book: Book;
  readonly laneManager: LaneManager;
  readonly shadow: Pick<Shadow, 'count' | 'clear'>;
  /** Tells of a switch between live and shadow. */
  readonly onModeChanged: (mode: ExecutorMode, by: string) => void;
  readonly replies: Replies;
  readonly answerTimes: AnswerTimes;
  readonly relay: RelaySocket;
  readonly reference: ReferencePart;
  readonly verifier: VerifierPart;
  readonly pulls: Pulls;
  readonly chain: ChainWatch;
  /** The loop that keeps lanes, replies and reservations up to date. */
  readonly housekeeping: LastRun;
  readonly reservationDesk: ReservationDesk;
  readonly reservationWatch: ReservationWatch;
  readonly observer: Observer;
  readonly faults: Faults;
  readonly stalls: Pick<StallWatch, 'count' | 'last'>;
  readonly obstacles: Loop['obstacles'];
  /** What keeps the engine from signing now. */
  readonly holds: (now: Moment) => Holds;
  /** What is known of the error of our wall clock; null while nothing is. */
  readonly clockVerdict: () => ClockVerdict | null;
  readonly stops: Pick<Stops, 'stop' | 'first' | 'counts' | 'breachCounts'>;
  /** What of the capital does not fit, now or as last found since somebody armed; null: all fits. */
  readonly breach: () => Breach | null;
};
