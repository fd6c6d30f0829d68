// The executor as operators see it: whether it may sign, why it stopped itself, and what became of its answers.

import type { OwnState } from '../../contracts/control/part-state.ts';
import type { PullAnswer, PullsState } from '../../contracts/control/pull.ts';
import type { BreakerView, ExecutorState, TailExposure } from '../../contracts/control/trading-state.ts';
import type { ExecutorMode } from '../../contracts/executor-mode.ts';
import { STOP_TEXT } from '../../contracts/reasons.ts';
import { type PartHealth, partHealth } from '../../contracts/runtime/process/health/health.ts';
import { isoTime } from '../../contracts/time.ts';
import { type ArmSource, armView } from '../lib/arm-view.ts';
import { noted } from '../lib/noted.ts';
import type { GateReasons } from '../model/gate-reasons.ts';
import type { ObservedViews } from '../model/observed.ts';
import type { Breach, Stop } from '../model/values.ts';
import { type ArmConditions, findingsOf, journalYoungForMs, openFindings } from './arm-conditions.ts';
import type { Replies } from './replies.ts';

/** `asset`: null: of both. `cause` is that of the call; `by`: the name of the token. */
export type PullAsked = {
  readonly asset: 'BTC' | 'EURe' | null;
  readonly cause: 'operator' | 'disarm';
  readonly by: string;
};

export type ExecutorPulls = {
  /** Codes of what keeps quotes from being withdrawn. */
  reasons(): readonly string[];
  state(): PullsState;
  /** Withdraws quotes. null: the process is about to end. Throws when the journal cannot be written. */
  request(asked: PullAsked): PullAnswer | null;
};

export type ExecutorControlOptions<Arming extends ArmSource> = ArmConditions & {
  readonly settings: { readonly signer: { readonly publicKey: string } };
  readonly switches: { executorPaused: boolean; readonly draining: boolean; mode: ExecutorMode };
  readonly shadow: { count(): number; clear(): void };
  readonly onModeChanged: (mode: ExecutorMode, by: string) => void;
  readonly executorArming: Arming;
  readonly stops: { first(): Stop | null };
  readonly book: { counts(): { readonly open: number }; breach(): Breach | null };
  readonly replies: Pick<Replies, 'count'>;
  /** The newest snapshot of the verifier; null before the first. */
  readonly verifier: {
    lastSnapshot(): { readonly keyRegistered: boolean; readonly accountLocked: boolean } | null;
  };
  readonly journal: {
    readonly failure: Error | null;
    readonly removalProblem: string | null;
    readonly checkpointProblem: string | null;
  };
  readonly freeSpace: { state(): { readonly isLow: boolean; readonly isUnanswered: boolean } };
  readonly signedIds: {
    state(): {
      readonly ids: number;
      readonly tables: number;
      readonly bytes: number;
      readonly bytesMax: number;
      readonly unsaved: number;
      readonly problem: string | null;
    };
  };
  readonly observer: { readonly view: Pick<ObservedViews, 'executor'> };
  readonly gates: GateReasons;
  readonly pulls: ExecutorPulls;
  readonly isClockUnhealthy: () => boolean;
  readonly breakerView: () => BreakerView;
  readonly tail: () => TailExposure;
};

export function executorControl<Arming extends ArmSource>(options: ExecutorControlOptions<Arming>) {
  const { switches, executorArming, book, clock } = options;
  return {
    health: () => executorHealth(options),
    state: () => executorState(options),
    startingReasons: [],
    isPaused: () => switches.executorPaused,
    pause() {
      switches.executorPaused = true;
    },
    resume() {
      switches.executorPaused = false;
    },
    arming: executorArming,
    youngForMs: () => journalYoungForMs(options),
    breach: () => book.breach()?.detail ?? null,
    openFindings: () => openFindings(options),
    acceptFindings(by: string) {
      if (openFindings(options).length > 0) switches.recoveryAccepted = { by, atMs: clock.nowMs() };
    },
    isDraining: () => switches.draining,
    mode: () => switches.mode,
    /** Quotes that were signed live stay under watch; what shadow mode reserved is dropped. */
    setMode(mode: ExecutorMode, by: string) {
      if (mode === switches.mode) return;
      switches.mode = mode;
      options.shadow.clear();
      options.onModeChanged(mode, by);
    },
    pull: (asked: PullAsked) => options.pulls.request(asked),
  };
}

function executorHealth<Arming extends ArmSource>(options: ExecutorControlOptions<Arming>): PartHealth {
  const { executorArming, switches, journal, stops, verifier } = options;
  const stop = stops.first();
  const snapshot = verifier.lastSnapshot();
  const held = options.gates.now();
  const reasons = [
    ...noted({
      signer_unauthorized: snapshot?.keyRegistered === false,
      account_locked: snapshot?.accountLocked === true,
      clock_skew: !held.includes('clock_skew') && options.isClockUnhealthy(),
      journal_failed: journal.failure !== null,
      draining: switches.draining,
    }),
    ...held,
    ...options.pulls.reasons(),
  ];
  const armed = executorArming.state().armed;
  const space = options.freeSpace.state();
  const notes = noted({
    shadow_mode: switches.mode === 'shadow',
    disarmed: !armed,
    paused: switches.executorPaused,
    stopped_itself: !armed && stop !== null,
    recovery_findings: openFindings(options).length > 0,
    signed_ids_not_saved: options.signedIds.state().problem !== null,
    journal_segments_kept: journal.removalProblem !== null,
    journal_checkpoint_failed: journal.checkpointProblem !== null,
    disk_low: space.isLow,
    disk_space_unknown: space.isUnanswered,
  });
  return partHealth(reasons, armed || stop === null ? notes : [...notes, `stopped_by:${stop.code}`]);
}

function executorState<Arming extends ArmSource>(options: ExecutorControlOptions<Arming>): OwnState<ExecutorState> {
  const { switches, executorArming, observer, settings, verifier, replies, book, clock, signedIds } = options;
  const snapshot = verifier.lastSnapshot();
  const ids = signedIds.state();
  const accepted = switches.recoveryAccepted;
  const youngForMs = journalYoungForMs(options);
  return {
    ...executorHealth(options),
    mode: switches.mode,
    shadow_open: options.shadow.count(),
    paused: switches.executorPaused,
    arm: armView(executorArming),
    stopped: stopView(options.stops),
    breaker: options.breakerView(),
    fresh_account_required_until: youngForMs > 0 ? isoTime(clock.nowMs() + youngForMs) : null,
    recovery_findings: findingsOf(options),
    recovery_findings_accepted: accepted === null ? null : { by: accepted.by, at: isoTime(accepted.atMs) },
    signed_ids: {
      ids: ids.ids,
      tables: ids.tables,
      bytes: ids.bytes,
      bytes_max: ids.bytesMax,
      unsaved: ids.unsaved,
      problem: ids.problem,
    },
    draining: switches.draining,
    public_key: settings.signer.publicKey,
    key_registered: snapshot?.keyRegistered ?? null,
    account_locked: snapshot?.accountLocked ?? null,
    in_flight: replies.count(),
    open: book.counts().open,
    tail: options.tail(),
    pulls: options.pulls.state(),
    ...observer.view.executor(),
  };
}

/** Why the executor disarmed itself, until it is armed again. */
function stopView(stops: { first(): Stop | null }): ExecutorState['stopped'] {
  const stop = stops.first();
  if (stop === null) return null;
  return { code: stop.code, why: STOP_TEXT[stop.code], detail: stop.detail, at: isoTime(stop.atMs) };
}
