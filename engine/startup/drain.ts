// The orderly end of a run: nothing is answered any more, replies in flight are awaited, records are brought to Kafka, and the
// journal is closed.

import { pause, within } from '../../contracts/runtime/wait.ts';
import type { Parts } from '../control/parts.ts';
import type { Loop } from '../loop.ts';
import { type Settleable, settleable } from './settleable.ts';

export type DrainOptions = {
  readonly parts: Parts;
  readonly loop: Pick<Loop, 'abandonReplies'>;
  /** Stops the timers of the run. */
  readonly stopTimers: () => void;
  readonly limitMs: number;
};

/** How many records Kafka has not acknowledged, and what can still be settled. */
export type Drained = { readonly outboxLeft: number; readonly settleable: Settleable };

/** Share of the drain's limit that replies in flight may take; the rest is for the outbox. */
const REPLIES_SHARE = 0.4;
/** Share that is kept for closing the journal. */
const CLOSING_SHARE = 0.1;
const DRAIN_POLL_MS = 10;
const KAFKA_CLOSE_MS = 1000;

/** Rejects when the journal cannot be closed. */
export async function drainEngine({ parts, loop, stopTimers, limitMs }: DrainOptions): Promise<Drained> {
  const { clock, switches, bus, background, journal, book, signedIds } = parts;
  const beganUs = clock.elapsedUs();
  const leftMs = (share: number): number => Math.max(0, limitMs * share - (clock.elapsedUs() - beganUs) / 1000);
  switches.draining = true;
  parts.strategyArming.disarm('drain');
  parts.executorArming.disarm('drain');
  bus.republisher.close();
  // A pull reaches the venue, if that can be in time; it goes on at the next start.
  await awaited(parts, () => leftMs(REPLIES_SHARE));
  loop.abandonReplies('stopped');
  stopTimers();
  parts.relay.stop();
  parts.reference.stop();
  parts.pulls.stop();
  parts.verifier.stop();
  parts.laneManager.stop();
  parts.observer.flush();
  const outboxLeft = await bus.flush(leftMs(1 - CLOSING_SHARE));
  await signedIds.idle();
  // The journal first: closing Kafka's clients can take long, and nothing depends on it.
  await journal.close({ kind: 'closed', atMs: clock.nowMs() });
  await within(clock, Promise.allSettled([bus.close(), background.close()]), KAFKA_CLOSE_MS);
  return { outboxLeft, settleable: settleable(book, clock.nowMs()) };
}

async function awaited({ replies, pulls, clock }: Parts, leftMs: () => number): Promise<void> {
  while ((replies.count() > 0 || pulls.isUndelivered()) && leftMs() > 0) {
    await pause(clock, DRAIN_POLL_MS);
  }
}
