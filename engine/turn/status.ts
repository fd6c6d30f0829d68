// The turn of a quote_status: of one of our quotes it says which transaction may have settled it.

import { cutAndSay } from '../../contracts/text.ts';
import type { StatusFrame } from '../ingest/frame.ts';
import { PASSED_OVER, STATUS } from '../model/events.ts';
import type { ReceivedFrame } from '../model/values.ts';
import type { TurnContext } from './context.ts';
import type { Evidence } from './evidence.ts';

/** One is kept in memory with each live quote, of which there may be 200,000; a real one has some 400 bytes. */
const STATUS_BYTES_MAX = 2_048;

/** @param again bounds the statuses that are kept of quotes that have one already */
export function takeStatus(context: TurnContext, again: Evidence, status: StatusFrame, received: ReceivedFrame): void {
  recordStatus(context, again, status, received);
  // Not before: one that failed comes again.
  if (status.delivery !== null) context.relay.taken(status.delivery.subscriptionId, status.delivery.seq);
}

function recordStatus(context: TurnContext, again: Evidence, status: StatusFrame, received: ReceivedFrame): void {
  const { book, clock, recorder, emit } = context;
  const { quoteHash, intentHash, txHash } = status;
  if (!book.knowsHash(quoteHash)) {
    emit(PASSED_OVER.foreign_status);
    return;
  }
  const frame = cutAndSay(received.text, STATUS_BYTES_MAX);
  // Under two subscriptions, or after a new connection, the same one comes again. Of others there is no end either, and each is a
  // record and a poll of the verifier; but the first that names a quote is always taken.
  const isOneTooMany = (): boolean =>
    book.isNamed(quoteHash) && again.take(frame.length, received.receivedElapsedUs) === null;
  if (book.hasStatus(status) || isOneTooMany()) {
    emit(PASSED_OVER.repeated_status);
    return;
  }
  emit(STATUS);
  recorder.record({ kind: 'status_seen', atMs: clock.nowMs(), quoteHash, intentHash, txHash, frame });
  context.onOurStatus(txHash);
}
