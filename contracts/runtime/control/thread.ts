// Messages between the main thread and the Worker of the control API.

import type { ConfigProblem } from '../config/problem.ts';
import type { ControlToken } from './auth.ts';
import type { EventBatch } from './events/feed.ts';
import type { ActionCall, LogLine, RefusalCounts, RefusedCall, RouteView } from './message.ts';
import type { Answer } from './problem.ts';

export type FrontStart = {
  /** Of the process. */
  readonly service: string;
  readonly routes: readonly RouteView[];
  readonly tokens: readonly ControlToken[];
  readonly host: string;
  readonly port: number;
};

export type ToFront =
  | { readonly kind: 'start'; readonly options: FrontStart }
  | { readonly kind: 'answer'; readonly id: number; readonly answer: Answer }
  | { readonly kind: 'events'; readonly batch: EventBatch }
  /** In place of those of the start; answered by `tokens_taken`. */
  | { readonly kind: 'tokens'; readonly version: number; readonly tokens: readonly ControlToken[] }
  /** The Worker turns its loop if it answers `alive`. */
  | { readonly kind: 'ping' }
  | { readonly kind: 'stop' };

export type FromFront =
  | {
      readonly kind: 'listening';
      readonly port: number;
      readonly url: string;
      /** That of the Worker; null: not on this system. */
      readonly thread: number | null;
    }
  | { readonly kind: 'not_listening'; readonly problem: ConfigProblem }
  | {
      readonly kind: 'read';
      readonly id: number;
      readonly path: string;
      readonly counts: RefusalCounts;
      /** Of the Worker's own JavaScript heap; null: not a read of the metrics. */
      readonly heapBytes: number | null;
    }
  | { readonly kind: 'act'; readonly id: number; readonly call: ActionCall }
  | { readonly kind: 'refused'; readonly call: RefusedCall }
  | { readonly kind: 'log'; readonly line: LogLine }
  /** Whether anybody follows the events. */
  | { readonly kind: 'events_wanted'; readonly wanted: boolean }
  /** A batch of events was served. */
  | { readonly kind: 'events_taken' }
  /** From now on no others are accepted. */
  | { readonly kind: 'tokens_taken'; readonly version: number }
  | { readonly kind: 'stopped' }
  | { readonly kind: 'alive' }
  /** Something threw outside of every guard: the Worker is to be replaced. */
  | { readonly kind: 'failed'; readonly detail: string };
