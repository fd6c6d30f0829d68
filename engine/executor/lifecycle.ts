// The steps of the talk with the venue, each under its own name: sent, answered, not answered, cut off, found again after a
// restart. Pure: every function gives the fact to journal, or null when the table does not allow it (the reply came twice,
// or the quote was over before it). How a quote ends stands in engine/inventory.

import type { TransitionFact } from '../facts.ts';
import { type Standing, type StepMaker, step } from '../lib/lifecycle.ts';

/** The reply of the relay to one of our answers, as it came. */
export type VenueReply = { readonly frame: string; readonly replyAfterMs: number };

/** The answer was handed to the connection. @param sinceReceivedUs from the arrival of the request */
export const sent = (standing: Standing, maker: StepMaker, sinceReceivedUs: number): TransitionFact | null =>
  standing.state === 'proposed' ? step(standing, 'submitted', 'answer_sent', maker, { sinceReceivedUs }) : null;

/** The connection was gone before the answer could leave. The reservation stands all the same. */
export const notSent = (standing: Standing, maker: StepMaker, note: string): TransitionFact | null =>
  standing.state === 'proposed' ? step(standing, 'failed', 'relay_not_connected', maker, { note }) : null;

/** The relay took it; also when the reply comes after its time-out. */
export const acked = (standing: Standing, maker: StepMaker, reply: VenueReply): TransitionFact | null =>
  step(standing, 'accepted', 'relay_accepted', maker, { venueReply: reply.frame, replyAfterMs: reply.replyAfterMs });

/** The relay refused it. @param kind `late`: the auction was over; `rejected`: anything else */
export const refusedByVenue = (
  standing: Standing,
  maker: StepMaker,
  kind: 'late' | 'rejected',
  reply: VenueReply,
  note: string,
): TransitionFact | null =>
  standing.state === 'submitted' || standing.state === 'uncertain'
    ? step(standing, kind, kind === 'late' ? 'relay_late' : 'relay_rejected', maker, {
        note,
        venueReply: reply.frame,
        replyAfterMs: reply.replyAfterMs,
      })
    : null;

/** No reply in time. */
export const replyTimedOut = (standing: Standing, maker: StepMaker, waitedMs: number): TransitionFact | null =>
  standing.state === 'submitted'
    ? step(standing, 'uncertain', 'reply_timeout', maker, { note: `no reply within ${waitedMs} ms` })
    : null;

const openAnswers = (
  standings: Iterable<Standing>,
  maker: StepMaker,
  code: 'connection_lost' | 'stopped' | 'restarted',
  note: string,
): TransitionFact[] => {
  const facts: TransitionFact[] = [];
  for (const standing of standings) {
    // In a running process an attempt is `proposed` only within the turn that sends it; after a restart it may have left.
    const open = standing.state === 'submitted' || (code === 'restarted' && standing.state === 'proposed');
    if (!open) continue;
    const fact = step(standing, 'uncertain', code, maker, { note, recovered: code === 'restarted' });
    if (fact !== null) facts.push(fact);
  }
  return facts;
};

/** The connection ended: every answer on it that has no reply. */
export const connectionLost = (standings: Iterable<Standing>, maker: StepMaker, note: string): TransitionFact[] =>
  openAnswers(standings, maker, 'connection_lost', note);

/** The drain reached its limit: every answer that has no reply. */
export const stoppedBeforeReply = (standings: Iterable<Standing>, maker: StepMaker): TransitionFact[] =>
  openAnswers(standings, maker, 'stopped', 'drained before the reply');

/** At a start: every attempt whose end of the talk is not on record. Whether a `proposed` one ever left is not known. */
export const recoveredAfterRestart = (standings: Iterable<Standing>, maker: StepMaker): TransitionFact[] =>
  openAnswers(standings, maker, 'restarted', 'the process ended before the reply');
