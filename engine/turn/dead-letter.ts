// A frame that cannot be taken becomes a dead letter, as long as these are not too many.

import type { DeadLetterReason } from '../../contracts/reasons.ts';
import { cutAndSay } from '../../contracts/text.ts';
import type { TurnContext } from './context.ts';
import type { Evidence } from './evidence.ts';

/** Bytes of UTF-8 that are kept of it: records stay far below a megabyte. */
const DEAD_LETTER_BYTES_MAX = 65_536;

export type Rejected = { readonly reason: DeadLetterReason; readonly detail: string };

export function buryFrame(context: TurnContext, evidence: Evidence, { reason, detail }: Rejected, text: string): void {
  const { clock, recorder } = context;
  const leftOut = evidence.take(Math.min(text.length, DEAD_LETTER_BYTES_MAX), clock.elapsedUs());
  if (leftOut !== null) {
    const atMs = clock.nowMs();
    recorder.record({
      kind: 'dead_letter',
      eventId: context.newEventId(atMs),
      atMs,
      origin: 'relay',
      key: null,
      reason,
      detail:
        leftOut === 0 ? detail : `${detail}; ${leftOut} frames before it were not kept, since there were too many`,
      value: cutAndSay(text, DEAD_LETTER_BYTES_MAX),
      valueBytes: Buffer.byteLength(text),
    });
  }
  context.emit({ kind: 'bad', reason, detail });
}
