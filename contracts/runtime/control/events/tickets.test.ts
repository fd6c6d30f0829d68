import { expect, test } from 'bun:test';
import { ManualClock } from '../../manual-clock.fixture.ts';
import { createTickets, TICKET_MS, TICKETS_MAX, type TicketHolder } from './tickets.ts';

const ANNA: TicketHolder = { actor: 'anna', role: 'viewer', origin: 'http://localhost:7070' };

test('a ticket has 256 bits, no two are the same, and it stands for its holder once', () => {
  const tickets = createTickets(new ManualClock());
  const ticket = tickets.issue(ANNA);
  expect(Buffer.from(ticket, 'base64url')).toHaveLength(32);
  expect(tickets.issue(ANNA)).not.toBe(ticket);
  expect(tickets.redeem(ticket, ANNA.origin)).toEqual(ANNA);
  expect(tickets.redeem(ticket, ANNA.origin)).toBeNull();
});

test.each([
  ['the last moment', TICKET_MS - 1, true],
  ['its end', TICKET_MS, false],
])('at %s it is taken or not', (_name, afterMs, isTaken) => {
  const clock = new ManualClock();
  const tickets = createTickets(clock);
  const ticket = tickets.issue(ANNA);
  clock.advance(afterMs);
  expect(tickets.redeem(ticket, ANNA.origin) !== null).toBe(isTaken);
});

test.each([['http://127.0.0.1:7070'], ['https://localhost:7070'], [null]])(
  'from the origin %p, which did not ask for it, it is refused and used up',
  (origin) => {
    const tickets = createTickets(new ManualClock());
    const ticket = tickets.issue(ANNA);
    expect(tickets.redeem(ticket, origin)).toBeNull();
    expect(tickets.redeem(ticket, ANNA.origin)).toBeNull();
  },
);

test('one that was asked for without an origin is refused to a page', () => {
  const tickets = createTickets(new ManualClock());
  const ticket = tickets.issue({ ...ANNA, origin: null });
  expect(tickets.redeem(ticket, ANNA.origin)).toBeNull();
});

test.each(['', 'x', 'x'.repeat(43), 'x'.repeat(44), '__proto__'])('%p is no ticket', (text) => {
  const tickets = createTickets(new ManualClock());
  tickets.issue(ANNA);
  expect(tickets.redeem(text, ANNA.origin)).toBeNull();
});

test('what is kept is bounded: old ones go, and the oldest makes room', () => {
  const clock = new ManualClock();
  const tickets = createTickets(clock);
  const [first = ''] = Array.from({ length: TICKETS_MAX + 3 }, () => tickets.issue(ANNA));
  expect(tickets.size()).toBe(TICKETS_MAX);
  expect(tickets.redeem(first, ANNA.origin)).toBeNull();
  clock.advance(TICKET_MS);
  tickets.issue(ANNA);
  expect(tickets.size()).toBe(1);
});
