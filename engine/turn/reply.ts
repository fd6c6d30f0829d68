// The turn of a reply: what the relay says of an answer, or of a subscription.

import type { ResultCode, TradeState } from '../../contracts/reasons.ts';
import { cutAndSay } from '../../contracts/text.ts';
import { QUOTE_GONE_CODE } from '../../contracts/wire/relay.ts';
import type { Awaited } from '../executor/replies.ts';
import type { ReplyFrame } from '../ingest/frame.ts';
import { REPLY } from '../model/events.ts';
import { moveAttempt } from './attempts.ts';
import type { TurnContext } from './context.ts';
import type { OpenOutcomes } from './open-outcomes.ts';

/** Bytes of UTF-8 that are kept of a reply: records stay far below a megabyte. */
const REPLY_BYTES_MAX = 16_384;

export type ReceivedReply = { readonly reply: ReplyFrame; readonly text: string };

export function takeReply(context: TurnContext, open: OpenOutcomes, { reply, text }: ReceivedReply): void {
  const { replies, clock } = context;
  context.emit(REPLY);
  const awaited = reply.id === null ? null : replies.take(reply.id);
  if (awaited === null) {
    context.relay.onReply(reply);
    return;
  }
  const nowUs = clock.elapsedUs();
  const replyAfterMs = Math.round((nowUs - awaited.sentUs) / 1000);
  const { to, code } = verdictOf(reply, awaited, nowUs);
  const venueReply = cutAndSay(text, REPLY_BYTES_MAX);
  try {
    moveAttempt(context, { quoteId: awaited.quoteId, to, code, note: reply.errorText ?? '', replyAfterMs, venueReply });
  } catch (error) {
    // The reply could not be recorded: its attempt still has to become uncertain in time.
    const evicted = reply.id === null ? null : replies.expect(reply.id, awaited);
    if (evicted !== null) open.add({ quoteId: evicted.quoteId, code: 'reply_timeout' });
    throw error;
  }
}

/** The relay's verdict on an answer. Its error codes are not all known: the one for a finished quote goes by code or text. */
function verdictOf(
  reply: ReplyFrame,
  awaited: Awaited,
  nowUs: number,
): { readonly to: TradeState; readonly code: ResultCode } {
  if (reply.ok) return { to: 'accepted', code: 'relay_accepted' };
  const late = reply.errorCode === QUOTE_GONE_CODE || /not found or already finished/i.test(reply.errorText ?? '');
  if (!late) return { to: 'rejected', code: 'relay_rejected' };
  // From the request's arrival to the reply is as long as from the relay's asking to the arrival of the answer: both hold one way
  // in each direction, and our own time.
  const isInTime = nowUs - awaited.receivedUs <= awaited.windowMs * 1000;
  return { to: 'late', code: isInTime ? 'relay_outbid' : 'relay_too_late' };
}
