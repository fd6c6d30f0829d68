// A frame that cannot be taken becomes a dead letter.

import type { DeadLetterReason } from '../../contracts/reasons.ts';
import { cutAndSay } from '../../contracts/text.ts';
import type { TurnContext } from './context.ts';

/** Bytes of UTF-8 that are kept of it: records stay far below a megabyte. */
const DEAD_LETTER_BYTES_MAX = 65_536;

export type Rejected = { readonly reason: DeadLetterReason; readonly detail: string };

export function buryFrame(context: TurnContext, { reason, detail }: Rejected, text: string): void {
  const atMs = context.clock.nowMs();
  context.recorder.record({
    kind: 'dead_letter',
    eventId: context.newEventId(atMs),
    atMs,
    origin: 'relay',
    key: null,
    reason,
    detail,
    value: cutAndSay(text, DEAD_LETTER_BYTES_MAX),
    valueBytes: Buffer.byteLength(text),
  });
  context.emit({ kind: 'bad', reason, detail });
}
