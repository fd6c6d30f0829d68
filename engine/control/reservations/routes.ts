// Reserving an amount for a withdrawal, and giving it back.

import { parseUnits, type Units } from '../../../contracts/amounts.ts';
import {
  ReleaseBody,
  ReservationsView,
  ReservationView,
  ReserveBody,
} from '../../../contracts/control/reservations.ts';
import { nullable } from '../../../contracts/envelope.ts';
import { nonceText } from '../../../contracts/ids.ts';
import type { Problem } from '../../../contracts/runtime/control/problem.ts';
import { actionRoute, type ControlRoute, shown } from '../../../contracts/runtime/control/route.ts';
import { parseIsoTime } from '../../../contracts/time.ts';
import type { ReservationDesk, ReservationRefusal, ReserveAsked } from '../../inventory/reservations/desk.ts';
import { reservationView } from '../../inventory/reservations/view.ts';
import type { EngineControl } from '../engine-control.ts';

const PATH = '/inventory/reservations';
const BASE = {
  part: 'inventory',
  path: PATH,
  bodyOptional: false,
  from: nullable(ReservationView),
  to: ReservationView,
} as const;

/** What the routes of reservations depend on. */
type Control = Pick<EngineControl, 'journalFailure'> & {
  readonly inventory: { readonly desk: ReservationDesk; reservations(): ReservationsView };
  readonly executor: Pick<EngineControl['executor'], 'isDraining'>;
};

export function reservationRoutes(control: Control): ControlRoute[] {
  const { inventory } = control;
  const read: ControlRoute = {
    kind: 'read',
    path: PATH,
    part: 'inventory',
    summary: 'Amounts reserved for withdrawals',
    answer: shown(ReservationsView, () => inventory.reservations()),
  };
  const reserve = actionRoute({
    ...BASE,
    method: 'POST',
    action: 'reserve',
    // It only takes away from what is quoted with. Giving back is for operators: what was published could still be executed.
    role: 'reserver',
    summary:
      'Reserves an amount for a withdrawal: 200 when it is taken and durable, so that the withdrawal may be published; 202 while live quotes need it: repeat the call. Repeated with the same id, it gets the same answer',
    body: ReserveBody,
    mayGoOn: true,
    refusals: [409],
    async act(body, { actor }) {
      const given = askedOf(body, actor);
      if (!given.ok) return { ok: false, problem: given.problem, from: null, to: body };
      const problem = unrecordable(control);
      if (problem !== null) return { ok: false, problem, from: null, to: body };
      const answer = await inventory.desk.reserve(given.asked);
      if (answer.kind === 'refused') return { ok: false, problem: problemOf(answer), from: null, to: body };
      const { before, now } = answer;
      const states = { from: before === null ? null : reservationView(before), to: reservationView(now) };
      if (answer.kind === 'taken') return { ok: true, ...states };
      const note = `live quotes still need ${answer.missingUnits} of it: repeat the call, and publish nothing before it is answered with 200`;
      return { ok: true, ...states, note, goesOn: true };
    },
  });
  const release = actionRoute({
    ...BASE,
    method: 'DELETE',
    action: 'release',
    summary:
      'Gives a reservation back: only when nothing that withdraws it was published, or can be executed any more. 202 while the next balances have to show that it did not leave',
    body: ReleaseBody,
    mayGoOn: true,
    refusals: [404, 409],
    async act({ reservation_id }, { actor }) {
      const problem = unrecordable(control);
      if (problem !== null) return { ok: false, problem, from: null, to: { reservation_id } };
      const answer = await inventory.desk.release(reservation_id, actor);
      if (answer.kind === 'refused')
        return { ok: false, problem: problemOf(answer), from: null, to: { reservation_id } };
      const { before, now } = answer;
      const states = { from: before === null ? null : reservationView(before), to: reservationView(now) };
      return { ok: true, ...states, goesOn: answer.kind === 'releasing' };
    },
  });
  return [read, reserve, release];
}

type Given = { readonly ok: true; readonly asked: ReserveAsked } | { readonly ok: false; readonly problem: Problem };

/** What fits the schema can be read; what could not be would be refused like what does not fit. */
function askedOf({ reservation_id: id, asset, amount, until, nonce }: ReserveBody, by: string): Given {
  const amountUnits: Units | null = parseUnits(amount);
  const untilAtMs = until === undefined ? null : parseIsoTime(until);
  if (amountUnits === null) return wrong('/amount', 'is more than the verifier can hold; required: at most 2^127 - 1');
  if (until !== undefined && untilAtMs === null)
    return wrong('/until', 'is no time; required: 2026-01-01T00:00:00.000Z');
  return {
    ok: true,
    asked: { id, asset, amountUnits, nonce: nonce === undefined ? null : nonceText(nonce), untilAtMs, by },
  };
}

const wrong = (field: string, problem: string): Given => ({
  ok: false,
  problem: {
    status: 400,
    code: 'body-wrong',
    title: 'Body does not match the schema',
    detail: `${field}: ${problem}`,
    errors: [{ field, problem }],
  },
});

/** What is not on record is not promised. */
function unrecordable({ journalFailure, executor }: Control): Problem | null {
  const failure = journalFailure();
  if (failure !== null) {
    return {
      status: 409,
      code: 'journal-failed',
      title: 'The journal cannot be written',
      detail: `A reservation has to be on record: ${failure}. Repair the disk of STATE_DIR and start the engine again.`,
    };
  }
  if (!executor.isDraining()) return null;
  return {
    status: 409,
    code: 'draining',
    title: 'The process is ending',
    detail: 'Nothing is recorded any more: repeat the call after the next start.',
  };
}

const PROBLEMS: Readonly<Record<ReservationRefusal['why'], readonly [status: 404 | 409, code: string, title: string]>> =
  {
    asset_unknown: [409, 'asset-unknown', 'The asset is not traded'],
    until_wrong: [409, 'until-wrong', 'The end is not possible'],
    nonce_in_use: [409, 'nonce-in-use', 'The nonce is in use'],
    inventory_unknown: [409, 'inventory-unknown', 'The inventory is not known yet'],
    too_large: [409, 'reservation-too-large', 'The amount does not fit'],
    too_many: [409, 'reservations-full', 'Too many reservations are open'],
    differs: [409, 'reservation-differs', 'The id was used for another reservation'],
    over: [409, 'reservation-over', 'The reservation is over'],
    unknown: [404, 'reservation-unknown', 'No such reservation'],
  };

function problemOf({ why, detail }: ReservationRefusal): Problem {
  const [status, code, title] = PROBLEMS[why];
  return { status, code, title, detail: `${detail}. Nothing was changed.` };
}
