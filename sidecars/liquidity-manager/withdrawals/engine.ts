// Reserving in the engine's ledger: nothing is published before the engine has taken the amount out of what it quotes with.

import { Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { type CallResult, createControlClient } from '../../../contracts/runtime/control/client.ts';

export type Reservation =
  /** It may be published. `id` null: the engine does not trade the asset, so nothing of it is promised to anybody. */
  | { readonly kind: 'taken'; readonly id: string | null }
  /** Live quotes still need it: to be asked again. */
  | { readonly kind: 'waiting'; readonly detail: string }
  | { readonly kind: 'refused'; readonly detail: string }
  /** No engine, or an answer that proves nothing: to be asked again. */
  | { readonly kind: 'unknown'; readonly detail: string };

type ReservationAsked = {
  readonly reservationId: string;
  readonly assetId: string;
  readonly amount: string;
  readonly until: string;
  readonly nonce: string;
};

export type Reserver = { reserve(asked: ReservationAsked): Promise<Reservation> };

const TIME_LIMIT_MS = 10_000;
const PATH = '/inventory/reservations';

const Problem = Type.Object({ type: Type.String() });
const URN = 'urn:unrip:problem:';
/** The engine does not trade it, so that nothing of it is promised to anybody. */
const NOT_TRADED = 'asset-unknown';
/** Refusals that pass: nothing was changed, and the same call can be taken later. */
const PASSING: ReadonlySet<string> = new Set([
  'draining',
  'journal-failed',
  'inventory-unknown',
  'request-timeout',
  'too-many-actions',
  'too-many-failed-tokens',
]);
const Done = Type.Object({ to: Type.Object({ reservation_id: Type.String(), status: Type.String() }) });

/** @param token null: there is none, so that nothing can be reserved */
export function createReserver(url: string, token: string | null): Reserver {
  if (token === null) {
    const detail =
      'no token of the engine: set ENGINE_CONTROL_TOKEN_FILE to one with the role reserver, or to its STATE_DIR/control-token';
    return { reserve: () => Promise.resolve({ kind: 'refused', detail }) };
  }
  const client = createControlClient({ url, token, timeLimitMs: TIME_LIMIT_MS });
  return {
    async reserve({ reservationId, assetId, amount, until, nonce }) {
      const body = { reservation_id: reservationId, asset: assetId, amount, until, nonce };
      return reservationOf(await client.post(PATH, body), reservationId);
    },
  };
}

function reservationOf(result: CallResult, reservationId: string): Reservation {
  if (result.kind === 'refused') {
    const type = Value.Check(Problem, result.answer) ? result.answer.type : '';
    const code = type.startsWith(URN) ? type.slice(URN.length) : '';
    if (code === NOT_TRADED) return { kind: 'taken', id: null };
    if (PASSING.has(code)) return { kind: 'unknown', detail: `the engine: ${result.detail}` };
    return { kind: 'refused', detail: result.detail };
  }
  if (result.kind === 'unknown') return { kind: 'unknown', detail: `the engine: ${result.detail}` };
  // Done is what the answer shows to be done: anything else could have given a status.
  if (!Value.Check(Done, result.answer) || result.answer.to.reservation_id !== reservationId)
    return { kind: 'unknown', detail: 'the engine gave an answer that does not show the reservation' };
  if (result.status === 200 && result.answer.to.status !== 'waiting') return { kind: 'taken', id: reservationId };
  return { kind: 'waiting', detail: 'live quotes still need the amount; it is asked for again' };
}
