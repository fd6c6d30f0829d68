// What a process declares of its control API: routes that read, routes that return the health of a part, and actions, which
// are recorded.

import type { Static, TSchema } from '@sinclair/typebox';
import type { Role } from '../../config/control-tokens.ts';
import type { PartHealth } from '../process/health/health.ts';
import type { Problem } from './problem.ts';

type ReadRoute = {
  readonly kind: 'read';
  readonly path: string;
  readonly part: string;
  readonly summary: string;
  readonly answer: Shown;
};

/** What an answer holds, as a schema and as values of it. */
export type Shown = { readonly schema: TSchema; readonly read: () => unknown };

/** Ties what is read to its schema: the answers of a route are described by what they are made from. */
export const shown = <const T extends TSchema>(schema: T, read: () => Static<T>): Shown => ({ schema, read });

type HealthRoute = {
  readonly kind: 'health';
  readonly path: string;
  readonly part: string;
  readonly summary: string;
  readonly read: () => PartHealth;
};

/** Who calls, as it is recorded. */
export type Caller = { readonly actor: string; readonly remote: string };

export type ActionResult<From = unknown, To = unknown> =
  | {
      readonly ok: true;
      /** What it was and what it is now, for the record and the answer. */
      readonly from: From;
      readonly to: To;
      readonly note?: string;
      /** It goes on after the answer, which is 202; of routes that declare it. */
      readonly goesOn?: boolean;
      /** Runs after the answer was handed over. */
      readonly afterwards?: () => void;
    }
  | { readonly ok: false; readonly problem: Problem; readonly from: unknown; readonly to: unknown };

/** 404: what the body names is not known. 409: not possible now. 502: the source that was asked did not answer. */
type OwnRefusal = 404 | 409 | 502;

/** Of an action that refuses a call by itself. */
export type Refused = Extract<ActionResult, { readonly ok: false }>;

export type ActionRoute = {
  readonly kind: 'action';
  readonly method: 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly part: string;
  /** As in ops.control_action: arm, pause, threshold, ... */
  readonly action: string;
  readonly summary: string;
  /** The lowest that may call it; an operator when left out. */
  readonly role?: Role;
  readonly body: TSchema;
  /** True: no body counts as an empty one. */
  readonly bodyOptional: boolean;
  /**
   * True: it takes risk away, so that nobody who is allowed to call it is turned away for the number of calls. Beyond the rate,
   * calls with the same body share one that is made after all of them came.
   */
  readonly urgent?: boolean;
  /** 200, or 202 when it goes on after the answer. */
  readonly status: 200 | 202;
  /** True: it is answered with 202 too, when its result says that it goes on. */
  readonly mayGoOn: boolean;
  /** What the answer says of before and after. */
  readonly from: TSchema;
  readonly to: TSchema;
  /** Statuses of its own refusals, beyond those that every action has. */
  readonly refusals: readonly OwnRefusal[];
  /** What of a body goes on record when nothing came of the call: without a signature, if it has one. */
  readonly recorded: (body: unknown) => unknown;
  /** The body has passed the schema. */
  readonly act: (body: unknown, caller: Caller) => ActionResult | Promise<ActionResult>;
};

/** Declared by the interface but not in this version: answers 501, and the OpenAPI document says so. */
type NotBuiltRoute = {
  readonly kind: 'not_built';
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly part: string;
  readonly action: string;
  readonly summary: string;
};

export type ControlRoute = ReadRoute | HealthRoute | ActionRoute | NotBuiltRoute;

type Declared<B extends TSchema, F extends TSchema, T extends TSchema> = Omit<
  ActionRoute,
  'kind' | 'body' | 'from' | 'to' | 'act' | 'status' | 'mayGoOn' | 'refusals' | 'recorded'
> & {
  readonly body: B;
  readonly from: F;
  readonly to: T;
  /** 200 when left out. */
  readonly status?: 200 | 202;
  /** False when left out. */
  readonly mayGoOn?: boolean;
  /** None when left out. */
  readonly refusals?: readonly OwnRefusal[];
  /** All of it when left out. */
  readonly recorded?: (body: Static<B>) => unknown;
  readonly act: (
    body: Static<B>,
    caller: Caller,
  ) => ActionResult<Static<F>, Static<T>> | Promise<ActionResult<Static<F>, Static<T>>>;
};

/** Declares an action whose body and answer are typed by their schemas. */
export function actionRoute<const B extends TSchema, const F extends TSchema, const T extends TSchema>(
  route: Declared<B, F, T>,
): ActionRoute {
  const { act, recorded, status = 200, mayGoOn = false, refusals = [] } = route;
  return {
    ...route,
    kind: 'action',
    status,
    mayGoOn,
    refusals,
    // The application hands over only what passed `route.body`.
    recorded: (body) => (recorded === undefined ? body : recorded(body as Static<B>)),
    act: (body, caller) => act(body as Static<B>, caller),
  };
}
