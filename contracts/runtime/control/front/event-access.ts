// The two routes that the front answers itself: the websocket of events, and the tickets for it.

import type { Clock } from '../../clock.ts';
import type { ControlToken, TokenCheck } from '../auth.ts';
import { createBodyCheck, NoBody, readBody } from '../body.ts';
import { acceptOf, isWebsocketKey } from '../events/frames.ts';
import { createEventHub, type EventHub } from '../events/hub.ts';
import { createTickets, TICKET_MS } from '../events/tickets.ts';
import { type Answer, jsonAnswer, PROBLEMS, problemAnswer } from '../problem.ts';
import type { Refusals } from '../refusals.ts';
import type { ControlRequest, Upgrade } from './connection.ts';

export type EventAccessOptions = {
  readonly service: string;
  readonly timers: Clock;
  readonly refusals: Refusals;
  readonly onWanted: (wanted: boolean) => void;
};

type AcceptedToken = Extract<TokenCheck, { readonly ok: true }>;

export type EventAccess = {
  readonly hub: EventHub;
  /** Whom the ticket of the request stands for; null: it has none. Uses it up. */
  redeem(request: ControlRequest): TokenCheck | null;
  issue(request: ControlRequest, token: AcceptedToken): Answer;
  open(request: ControlRequest, token: AcceptedToken): Answer | Upgrade;
  /** All other tokens are gone, with the tickets and connections that were given for them. */
  keep(tokens: readonly ControlToken[]): void;
};

const VERSION = '13';
const checkNoBody = createBodyCheck(NoBody);

export function createEventAccess({ service, timers, refusals, onWanted }: EventAccessOptions): EventAccess {
  const tickets = createTickets(timers);
  const hub = createEventHub({
    service,
    timers,
    onWanted,
    onDropped: (kind, remote, actor) => refusals.note(kind, remote, actor),
  });
  return {
    hub,
    redeem({ query, origin }) {
      const given = query === null ? [] : new URLSearchParams(query).getAll('ticket');
      const [ticket] = given;
      if (ticket === undefined) return null;
      const holder = given.length === 1 ? tickets.redeem(ticket, origin) : null;
      if (holder === null) return { ok: false, given: true, isTicket: true };
      return { ok: true, actor: holder.actor, role: holder.role };
    },
    issue({ origin, body, contentType }, { actor, role }) {
      const given = readBody(body, contentType, true);
      if (!given.ok) return problemAnswer(given.problem);
      const checked = checkNoBody(given.value);
      if (!checked.ok) return problemAnswer(checked.problem);
      if (role === null) return problemAnswer(PROBLEMS.otherAccount);
      return jsonAnswer({ ticket: tickets.issue({ actor, role, origin }), expires_in_ms: TICKET_MS });
    },
    open({ method, websocket, remote, contentLength }, { actor, role }) {
      const isAsked = method === 'GET' && websocket !== null && isWebsocketKey(websocket.key) && contentLength === 0;
      if (!isAsked || websocket.version !== VERSION)
        return problemAnswer(PROBLEMS.upgradeRequired, { upgrade: 'websocket', 'sec-websocket-version': VERSION });
      if (hub.isFull(role ?? 'viewer')) {
        refusals.note('events_full', remote, actor);
        return problemAnswer(PROBLEMS.tooManyFollowers, { 'retry-after': '30' });
      }
      return {
        status: 101,
        headers: { upgrade: 'websocket', connection: 'Upgrade', 'sec-websocket-accept': acceptOf(websocket.key) },
        open: (stream) => hub.open(stream, { remote, actor }),
      };
    },
    keep(kept) {
      const actors = new Set(kept.map(({ name }) => name));
      tickets.keep(actors);
      hub.keep(actors);
    },
  };
}
