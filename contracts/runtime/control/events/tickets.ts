// Tickets for /events: a browser cannot send the Authorization header there. A ticket is 256 bits, lives 30 seconds, is taken
// once, and stands for who asked for it, from the page that asked. Only its digest is kept.

import { createHash, randomBytes } from 'node:crypto';
import type { Role } from '../../../config/control-tokens.ts';
import type { Clock } from '../../clock.ts';

export const TICKET_MS = 30_000;
/** Above what the rate of the route lets through in the time that a ticket lives; the oldest makes room. */
export const TICKETS_MAX = 512;
const TICKET_BYTES = 32;
const FORM = /^[A-Za-z0-9_-]{43}$/;

export type TicketHolder = {
  readonly actor: string;
  readonly role: Role;
  /** `Origin` of the request; null: none, so not from a page. */
  readonly origin: string | null;
};

export type Tickets = {
  issue(holder: TicketHolder): string;
  /** Whom it stands for; null: unknown, used, too old, or from another page. It is used up in every case. */
  redeem(ticket: string, origin: string | null): TicketHolder | null;
  /** Those of all others are void. */
  keep(actors: ReadonlySet<string>): void;
  readonly size: () => number;
};

export function createTickets(timers: Pick<Clock, 'elapsedUs'>): Tickets {
  const issued = new Map<string, { readonly holder: TicketHolder; readonly endUs: number }>();
  const digestOf = (ticket: string): string => createHash('sha256').update(ticket).digest('hex');
  return {
    issue(holder) {
      const nowUs = timers.elapsedUs();
      for (const [digest, { endUs }] of issued) {
        if (endUs > nowUs && issued.size < TICKETS_MAX) break;
        issued.delete(digest);
      }
      const ticket = randomBytes(TICKET_BYTES).toString('base64url');
      issued.set(digestOf(ticket), { holder, endUs: nowUs + TICKET_MS * 1000 });
      return ticket;
    },
    redeem(ticket, origin) {
      if (!FORM.test(ticket)) return null;
      const digest = digestOf(ticket);
      const found = issued.get(digest);
      issued.delete(digest);
      if (found === undefined || found.endUs <= timers.elapsedUs()) return null;
      return found.holder.origin === origin ? found.holder : null;
    },
    keep(actors) {
      for (const [digest, { holder }] of issued) if (!actors.has(holder.actor)) issued.delete(digest);
    },
    size: () => issued.size,
  };
}
