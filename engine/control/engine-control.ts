// What the control routes may do with the engine: exactly this and nothing more. main.ts makes one over the real parts, the
// tests a recording one. Every method is synchronous but for what has to ask a venue.

import type { PctE4 } from '../../contracts/amounts.ts';
import type { EngineStateAnswer } from '../../contracts/control/engine-state.ts';
import type { IngestState, InventoryPartState, ReferencePartState } from '../../contracts/control/part-state.ts';
import type { PullAnswer } from '../../contracts/control/pull.ts';
import type { RepublishView } from '../../contracts/control/republish.ts';
import type { ReservationsView } from '../../contracts/control/reservations.ts';
import type { ExecutorState, StrategyState } from '../../contracts/control/trading-state.ts';
import type { ExecutorMode } from '../../contracts/executor-mode.ts';
import type { PairFilterSetting } from '../../contracts/pair-filter.ts';
import type { PullAsked } from '../executor/control.ts';
import type { ReservationDesk } from '../inventory/reservations/desk.ts';
import type { ArmSource } from '../lib/arm-view.ts';
import type { ChainAcceptance, Limits, RepublishRefusal, RepublishRequest } from '../model/values.ts';
import type { ArmCaps } from '../safety/arming.ts';
import type { Controls, PausableControl } from './part.ts';

export type Refreshable = {
  /** Asks the sources now, also while paused; resolves to why that failed, in words without secrets, else to null. */
  refresh(): Promise<string | null>;
};

export type ChainControl = {
  /** Accepts the chain as it is, once nothing that was signed under the former one can settle: engine/inventory/chain-watch.ts. */
  acceptChain(by: string): ChainAcceptance;
};

export type LimitsControl = {
  limits(): Limits;
  setLimits(limits: Limits): void;
  /** STRATEGY_TARGET_EDGE_PCT; null: the target follows the minimum edge. */
  readonly configuredTargetPctE4: PctE4 | null;
};

type BusControl = {
  /** Begins to send records of the journal again; why not, or null: it has begun. */
  republish(request: RepublishRequest): RepublishRefusal | null;
  /** Ends it where it is; false when none is under way. */
  cancelRepublish(): boolean;
  republishView(): RepublishView;
};

/** The arm state of a part and who changed it last; `engine/safety/arming.ts` is one. */
export type ArmControl = ArmSource & {
  arm(by: string, forMinutes: number | null, caps?: ArmCaps | null): void;
  disarm(by: string): void;
};

type PairFilterControl = {
  setting(): PairFilterSetting;
  /** @param setting null: as configured */
  change(setting: PairFilterSetting | null): void;
};

/** Every part, and of some of them what routes of their own do. */
export type EngineControl = Controls & {
  nowMs(): number;
  /** Why the journal cannot be written any more; null: it can. */
  journalFailure(): string | null;
  state(): EngineStateAnswer;
  readonly ingest: PausableControl<IngestState> & { readonly pairFilter: PairFilterControl };
  readonly reference: PausableControl<ReferencePartState> & Refreshable;
  readonly inventory: PausableControl<InventoryPartState> &
    Refreshable &
    ChainControl & { readonly desk: ReservationDesk; reservations(): ReservationsView };
  readonly strategy: PausableControl<StrategyState> & LimitsControl & { readonly arming: ArmControl };
  readonly executor: PausableControl<ExecutorState> & {
    readonly arming: ArmControl;
    /** How long a quote of a journal that was lost could still be settled; 0: no longer. */
    youngForMs(): number;
    /** The breach of the capital invariant as it is now, in words; null when there is none. */
    breach(): string | null;
    /** What recovery found that does not add up and nobody has accepted in this run; empty: nothing. */
    openFindings(): readonly string[];
    acceptFindings(by: string): void;
    isDraining(): boolean;
    mode(): ExecutorMode;
    setMode(mode: ExecutorMode, by: string): void;
    /**
     * Withdraws live quotes, whatever is armed, paused or draining. null: the process is about to end. Throws when the journal cannot
     * be written.
     */
    pull(asked: PullAsked): PullAnswer | null;
  };
  readonly bus: BusControl;
  /** Begins the drain, which ends the process. Called after the answer left. */
  drain(by: string): void;
};
