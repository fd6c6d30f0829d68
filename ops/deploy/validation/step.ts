// What a step of the validation gets of the world, and what it gives back.

import type { Static, TSchema } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import type { ControlClient } from '../../../contracts/runtime/control/client.ts';

export const PROCESSES = ['engine', 'history-writer', 'liquidity-manager'] as const;
export type ProcessName = (typeof PROCESSES)[number];

type Arming = {
  readonly minutes: number;
  /** The operator vouches that no engine signed for the account within the last ten minutes. */
  readonly freshAccount: boolean;
};

export type World = {
  readonly processes: Readonly<Record<ProcessName, Pick<ControlClient, 'get' | 'post'>>>;
  /** Rows of a query that only reads. Rejects with what the database says. */
  readonly query: (
    text: string,
    parameters: readonly string[],
  ) => Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** Most that one quote may be worth, in EUR. */
  readonly maxEur: number;
  /** null: nothing may be armed. */
  readonly arming: Arming | null;
  /** Asks until it gives something, for as long as the operator said; null: it did not. */
  readonly until: <T>(ask: () => Promise<T | null>) => Promise<T | null>;
  /** Whether a signal has asked for the end: nothing further is begun then. */
  readonly isEnded: () => boolean;
};

/** `fix`: it failed. */
export type Seen = { readonly saw: string } | { readonly saw: string; readonly fix: string };

export type Step = {
  readonly number: number;
  readonly title: string;
  readonly did: string;
  readonly run: (world: World, found: Found) => Promise<Seen>;
};

/** What later steps need of earlier ones. */
export type Found = { armedAtMs: number | null; quoteId: string | null };

export const failed = (seen: Seen): seen is { readonly saw: string; readonly fix: string } => 'fix' in seen;

/** What a process says at the path, as far as the shape names it; or why not. */
export async function ask<Shape extends TSchema>(
  world: World,
  name: ProcessName,
  { path, shape }: { readonly path: string; readonly shape: Shape },
): Promise<{ readonly ok: true; readonly value: Static<Shape> } | { readonly ok: false; readonly seen: Seen }> {
  const { answer, kind, ...rest } = await world.processes[name].get(path);
  // Unhealthy is said with 503, and the same body.
  if (Value.Check(shape, answer)) return { ok: true, value: answer };
  const detail = kind === 'done' ? 'an answer of another form' : 'detail' in rest ? rest.detail : kind;
  const fix =
    kind === 'done'
      ? 'run the script of the version that runs'
      : `start ${name}, and give its address and the file of its token: --${name} URL,FILE`;
  return { ok: false, seen: { saw: `GET ${path} of ${name}: ${detail}`, fix } };
}
