// What a process is made from, and what it is apart from what all have in common.

import type { Registry } from 'prom-client';
import type { ControlTokens } from '../../config/control-tokens.ts';
import type { InternalFields } from '../../control/internal-health.ts';
import type { OpsControlAction, ServiceName } from '../../topics/ops-control-action.ts';
import type { OpsServiceHealth } from '../../topics/ops-service-health.ts';
import type { Clock } from '../clock.ts';
import type { EventSource } from '../control/events/feed.ts';
import type { ControlRoute, Shown } from '../control/route.ts';
import type { Log, LogFields } from '../log/log.ts';
import type { Health, PartHealth, TradingHealth, WritingState } from './health/health.ts';
import type { KnownFailure } from './refusal.ts';

/** What every process reads from its environment. */
export type ProcessConfig = {
  readonly stateDir: string;
  readonly controlHost: string;
  readonly controlPort: number;
  readonly controlToken: string | null;
  /** CONTROL_TOKENS_FILE. */
  readonly controlTokens: ControlTokens;
  readonly drainLimitMs: number;
  readonly logLevel: string;
  readonly namespace: string;
};

export type ProcessOptions = {
  readonly service: ServiceName;
  readonly version: string;
  readonly config: ProcessConfig;
  /** Removed from every log line. */
  readonly secrets: readonly string[];
  /** The one account that the process serves; tokens of others are refused. */
  readonly account?: string;
  /** `pair` of log lines that name none. */
  readonly pair?: string;
  /** Lowest priority that the process may have, 1 to 19: it is lowered to that, never raised. */
  readonly niceness?: number;
  /** Errors that end the process and whose cause is known; others are reported with their message. */
  readonly explain?: (error: unknown) => KnownFailure | null;
};

/** What a program is made from. */
export type ProcessBase = {
  readonly log: Log;
  readonly timers: Clock;
  readonly metrics: Registry;
  /** Absolute; not always what STATE_DIR names. */
  readonly stateDir: string;
  /** Of the whole process; not before the program is made. */
  health(): Health;
  /** Begins to end the process. */
  requestEnd(why: string): void;
};

/** What a process is, apart from what all have in common. */
export type Program = {
  readonly instanceId: string;
  readonly parts: Readonly<Record<string, () => PartHealth>>;
  /** Reasons of its parts that each clean start passes through: no warning for these until a start is over. */
  readonly startingReasons: ReadonlySet<string>;
  /** Ids that a log line about a part has. */
  readonly idsOf?: (part: string) => LogFields;
  readonly trading?: () => TradingHealth;
  /** Runs a check of all parts: what several of them ask may be asked once for all of it. */
  readonly asOne?: <T>(check: () => T) => T;
  readonly writing?: () => WritingState;
  /** What it adds to /internal/health. */
  readonly internal?: () => InternalFields;
  /** Everything of GET /state. */
  readonly state: Shown;
  readonly routes: readonly ControlRoute[];
  /** What those who follow /events see; without it there is no such route. */
  readonly events?: EventSource;
  newId(): string;
  /** Records an action of the control API, before its answer leaves. */
  audit(action: OpsControlAction): void;
  /** Records health: at each change and every few seconds. */
  noteHealth(payload: OpsServiceHealth): void;
  /** Called once the control API listens; not at all when the process is to end by then. */
  start(): void | Promise<void>;
  /** Runs before the drain when something threw outside of every guard. */
  onFault?(): void;
  /** Ends the work within the limit; nothing of it may run on. */
  drain(drain: Drain): Promise<void>;
  /** Releases what is still open; the last call. @param started whether `start` was called */
  release(started: boolean): Promise<void>;
};

export type Drain = {
  readonly limitMs: number;
  /** Health is recorded until this is called, at the latest until the drain is over. */
  stopHealth(): void;
};
