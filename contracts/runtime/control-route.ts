// What a process declares of its control API: routes that read, routes that return the health of a part, and actions, which
// are recorded.

import type { Static, TSchema } from '@sinclair/typebox';
import type { PartHealth } from './health.ts';
import type { Problem } from './problem.ts';

export type ReadRoute = {
  readonly kind: 'read';
  readonly path: string;
  readonly part: string;
  readonly summary: string;
  readonly read: () => unknown;
};

export type HealthRoute = {
  readonly kind: 'health';
  readonly path: string;
  readonly part: string;
  readonly summary: string;
  readonly read: () => PartHealth;
};

/** Who calls, as it is recorded. */
export type Caller = { readonly actor: string; readonly remote: string };

export type ActionResult =
  | {
      readonly ok: true;
      /** 200, or 202 when it goes on after the answer. */
      readonly status?: 200 | 202;
      /** What it was and what it is now, for the record and the answer. */
      readonly from: unknown;
      readonly to: unknown;
      readonly note?: string;
      /** Runs after the answer was handed over. */
      readonly afterwards?: () => void;
    }
  | { readonly ok: false; readonly problem: Problem; readonly from: unknown; readonly to: unknown };

export type ActionRoute = {
  readonly kind: 'action';
  readonly method: 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly part: string;
  /** As it stands in ops.control_action: arm, pause, threshold, ... */
  readonly action: string;
  readonly summary: string;
  readonly body: TSchema;
  /** True: no body counts as an empty one. */
  readonly bodyOptional: boolean;
  /** The body has passed the schema. */
  readonly act: (body: unknown, caller: Caller) => ActionResult | Promise<ActionResult>;
};

/** Declared by the interface but not in this version: answers 501, and stands so in the OpenAPI document. */
export type NotBuiltRoute = {
  readonly kind: 'not_built';
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly part: string;
  readonly action: string;
  readonly summary: string;
};

export type ControlRoute = ReadRoute | HealthRoute | ActionRoute | NotBuiltRoute;

/** Declares an action whose body is typed by its schema. */
export function actionRoute<const T extends TSchema>(
  route: Omit<ActionRoute, 'kind' | 'body' | 'act'> & {
    readonly body: T;
    readonly act: (body: Static<T>, caller: Caller) => ActionResult | Promise<ActionResult>;
  },
): ActionRoute {
  const { act } = route;
  // The application hands over only what passed `route.body`.
  return { ...route, kind: 'action', act: (body, caller) => act(body as Static<T>, caller) };
}
