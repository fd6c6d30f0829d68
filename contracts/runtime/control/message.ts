// What passes between the two halves of the control API: the front, which clients talk to (front/front.ts, in a Worker), and
// the app, which knows the process (app.ts, on the main thread). Plain data only: it is copied from thread to thread.

import type { Role } from '../../config/control-tokens.ts';
import type { Answer, Problem } from './problem.ts';
import type { Caller } from './route.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

export const METRICS_PATH = '/metrics';

/** A route as the front needs it. */
export type RouteView = {
  readonly method: Method;
  readonly path: string;
  /** Answered without a token. */
  readonly open: boolean;
  /** Actions only: no body counts as an empty one. */
  readonly bodyOptional: boolean;
  /** Actions only: see ActionRoute. */
  readonly urgent: boolean;
  /** Least role that may call it, where it is not open. */
  readonly role: Role;
  /** What the front answers itself; absent: the app answers. */
  readonly ofFront?: 'events' | 'ticket';
};

/** The body of an action: JSON, not yet held against the schema of its route. */
export type GivenBody =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly problem: Problem };

export type ActionCall = {
  readonly method: Method;
  readonly path: string;
  readonly caller: Caller;
  readonly body: GivenBody;
  /** When the caller is answered that the outcome is not known: a time of day, which is the same for both threads. */
  readonly givenUpAtMs: number;
};

/** An attempt at an action without a token that may do it, for the record. */
export type RefusedCall = {
  readonly method: Method;
  readonly path: string;
  readonly caller: Caller;
  readonly status: 401 | 403;
  readonly note: string;
};

export const REFUSAL_KINDS = [
  'malformed',
  'host_malformed',
  'foreign_host',
  'foreign_origin',
  'token_missing',
  'token_wrong',
  'token_turned_away',
  'role_too_low',
  'other_account',
  'ticket_refused',
  'events_full',
  'events_slow',
  'events_silent',
  'actions_limited',
  'evicted',
] as const;
export type RefusalKind = (typeof REFUSAL_KINDS)[number];
/** Since the front started. */
export type RefusalCounts = Readonly<Record<RefusalKind, number>>;

export type LogLine = {
  readonly level: 'info' | 'warn' | 'error';
  readonly event: string;
  readonly fields: Readonly<Record<string, unknown>>;
};

/** The app as the front calls it. No promise of it is rejected. */
export type ControlBackend = {
  read(path: string, counts: RefusalCounts): Promise<Answer>;
  act(call: ActionCall): Promise<Answer>;
  refused(call: RefusedCall): void;
  log(line: LogLine): void;
};
