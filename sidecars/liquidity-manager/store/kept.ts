// What the manager keeps on disk: its actions, the freeze, and the records that Kafka has not acknowledged. One file that is replaced
// as a whole, so that after a kill it is the state before a step or the state after it, with the records of the step in it.

import { readFileSync, statSync } from 'node:fs';
import { type Static, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { IsoTime, nullable } from '../../../contracts/envelope.ts';
import { readJson } from '../../../contracts/json.ts';
import { writeDurableFile } from '../../../contracts/runtime/process/own-file.ts';
import { OpsLiquidityAction } from '../../../contracts/topics/ops-liquidity-action.ts';
import { Tracked } from '../actions/tracked.ts';

/** A record with what was fixed of it before it was sent for the first time: a repeat is known by it. */
const KeptRecord = Type.Object({
  event_id: Type.String({ minLength: 1, maxLength: 64 }),
  at_ms: Type.Integer({ minimum: 0 }),
  payload: OpsLiquidityAction,
});
export type KeptRecord = Static<typeof KeptRecord>;

const Freeze = Type.Object({ since: IsoTime, by: Type.String() });
export type Freeze = Static<typeof Freeze>;

const KeptState = Type.Object({
  version: Type.Literal(1),
  account_id: Type.String(),
  /** null: withdrawals are allowed. */
  freeze: nullable(Freeze),
  /** Height up to which the observer of each chain has read every block; earlier versions do not keep it. */
  observed: Type.Optional(Type.Record(Type.String({ maxLength: 32 }), Type.Integer({ minimum: 0 }))),
  actions: Type.Array(Tracked),
  outbox: Type.Array(KeptRecord),
});
export type KeptState = Static<typeof KeptState>;

/** An action takes 1.5 kB at most but for its detail; thousands of both fit. */
const BYTES_MAX = 32 * 1024 * 1024;
const BOUNDS = { charsMax: BYTES_MAX, depthMax: 8, valuesMax: 1_000_000 } as const;

export const emptyState = (accountId: string): KeptState => ({
  version: 1,
  account_id: accountId,
  freeze: null,
  actions: [],
  outbox: [],
});

type StateRead =
  | { readonly ok: true; readonly state: KeptState /** There was none. */; readonly isNew: boolean }
  | { readonly ok: false; readonly problem: string };

/** The state on disk, a new one when there is none, or why what is there cannot be used. */
export function readState(path: string, accountId: string): StateRead {
  const refused = (problem: string) => ({ ok: false, problem }) as const;
  let text: string;
  try {
    if (statSync(path).size > BYTES_MAX) return refused(`is larger than ${BYTES_MAX} bytes`);
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    return code === 'ENOENT'
      ? { ok: true, state: emptyState(accountId), isNew: true }
      : refused(`cannot be read (${code})`);
  }
  const read = readJson(text, BOUNDS);
  if (!read.ok) return refused(`cannot be read: ${read.detail}`);
  if (!Value.Check(KeptState, read.value)) {
    const fault = Value.Errors(KeptState, read.value).First();
    return refused(`is not the state of a liquidity-manager: ${fault?.path ?? ''} ${fault?.message ?? ''}`);
  }
  if (read.value.account_id !== accountId) return refused(`belongs to the account ${read.value.account_id}`);
  return { ok: true, state: read.value, isNew: false };
}

/** On disk when it returns; throws the error of the file system. */
export const writeState = (path: string, state: KeptState): void => writeDurableFile(path, JSON.stringify(state));
