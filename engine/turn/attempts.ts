// The next step of an attempt: recorded, and emitted.

import type { QuoteId } from '../../contracts/ids.ts';
import { type NextStep, step } from '../model/lifecycle.ts';
import type { TurnContext } from './context.ts';

export type Move = NextStep & { readonly quoteId: QuoteId };

/** Nothing for an attempt that is over, or from whose state the step does not follow. */
export function moveAttempt({ book, clock, newEventId, recorder, emit }: TurnContext, move: Move): void {
  const current = book.attemptState(move.quoteId);
  if (current === null) return;
  const atMs = clock.nowMs();
  const fact = step(current, move, { atMs, newEventId: () => newEventId(atMs) });
  if (fact === null) return;
  recorder.record(fact);
  emit({ kind: 'moved', fact });
}
