// The turn of a quote_status: of one of our quotes it says which transaction may have settled it.

import { cutAndSay } from '../../contracts/text.ts';
import type { StatusFrame } from '../ingest/frame.ts';
import { PASSED_OVER, STATUS } from '../model/events.ts';
import type { TurnContext } from './context.ts';

/** One is kept in memory with each live quote, of which there may be 200,000; a real one has some 400 bytes. */
const STATUS_BYTES_MAX = 2_048;

export function takeStatus(context: TurnContext, status: StatusFrame, text: string): void {
  recordStatus(context, status, text);
  // Not before: one that failed comes again.
  if (status.delivery !== null) context.relay.taken(status.delivery.subscriptionId, status.delivery.seq);
}

function recordStatus(context: TurnContext, status: StatusFrame, text: string): void {
  const { book, clock, recorder, emit } = context;
  if (!book.knowsHash(status.quoteHash)) {
    emit(PASSED_OVER.foreign_status);
    return;
  }
  // Under two subscriptions, or after a new connection, the same one comes again.
  if (book.hasStatus(status)) {
    emit(PASSED_OVER.repeated_status);
    return;
  }
  emit(STATUS);
  const { quoteHash, intentHash, txHash } = status;
  const frame = cutAndSay(text, STATUS_BYTES_MAX);
  recorder.record({ kind: 'status_seen', atMs: clock.nowMs(), quoteHash, intentHash, txHash, frame });
  context.onOurStatus(txHash);
}
