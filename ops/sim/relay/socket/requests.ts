// What a websocket client of the relay sends: one JSON-RPC request a frame. Each frame gets one reply; what a
// `quote_response` is worth is for the desk to judge.
import { Type } from '@sinclair/typebox';
import { TypeCompiler } from '@sinclair/typebox/compiler';
import type { Desk } from '../desk.ts';
import { errorFrame, JSON_RPC, type RequestId, resultFrame } from '../frames.ts';
import { REFUSALS } from '../refusals.ts';
import { acknowledge, type Session, subscribe, unsubscribe } from '../session.ts';
import type { Conduct } from './conduct.ts';

const Frame = TypeCompiler.Compile(
  Type.Object({
    id: Type.Union([Type.Integer(), Type.String()]),
    method: Type.String(),
    params: Type.Optional(Type.Unknown()),
  }),
);

export type RequestContext = { readonly desk: Desk; readonly conduct: Readonly<Conduct> };

/** Text of the reply to one frame of a client. */
export function replyTo({ desk, conduct }: RequestContext, session: Session, text: string): string {
  let frame: unknown;
  try {
    frame = JSON.parse(text);
  } catch {
    return errorFrame(null, JSON_RPC.parseError, 'a frame is one JSON-RPC message');
  }
  if (!Frame.Check(frame)) return errorFrame(null, JSON_RPC.invalidRequest, 'a request has id, method and params');
  const { id, method, params } = frame;
  switch (method) {
    case 'quote_response':
      return replyToAnswer({ desk, conduct }, id, { parameter: Array.isArray(params) ? params[0] : undefined, text });
    case 'acknowledge':
    case 'subscribe':
    case 'unsubscribe': {
      const done = SUBSCRIBING[method](session, params);
      return done.ok ? resultFrame(id, done.value) : errorFrame(id, JSON_RPC.invalidParams, done.reason);
    }
    default:
      return errorFrame(id, JSON_RPC.methodNotFound, `no method ${method}`);
  }
}

const SUBSCRIBING = {
  acknowledge,
  subscribe: (session: Session, params: unknown) => subscribe(session, params, crypto.randomUUID()),
  unsubscribe,
} as const;

function replyToAnswer(
  { desk, conduct }: RequestContext,
  id: RequestId,
  answer: { readonly parameter: unknown; readonly text: string },
): string {
  const outcome = desk.answer(answer.parameter, answer.text);
  if (!outcome.ok) {
    const { reason, detail } = outcome;
    const { code, message } = REFUSALS[reason];
    return errorFrame(id, code, message, detail === null ? { reason } : { reason, detail });
  }
  const isToBeTaken = desk.auctions.get(outcome.quoteId)?.takeAfterMs !== undefined;
  if (conduct.isStatusFirst && isToBeTaken) desk.takeNow(outcome.quoteId);
  return resultFrame(id, 'OK');
}
