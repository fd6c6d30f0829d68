// One websocket client of the relay: what it subscribed to, and with which filter. There is one quote subscription a
// connection: subscribing again replaces it. Pure.
import { Value } from '@sinclair/typebox/value';
import { QuoteFilter, type QuoteRequest } from '../../../contracts/wire/relay.ts';
import { accepted, type Parsed, refused } from '../verifier/text/parsed.ts';

const STREAMS = ['quote', 'quote_status'] as const;

export type Session = {
  readonly id: number;
  /** Subscription id and filter of the quote stream. */
  quotes: { readonly subscriptionId: string; readonly filter: QuoteFilter } | undefined;
  /** Subscription ids of the status stream. */
  readonly statuses: Set<string>;
};

export function newSession(id: number): Session {
  return { id, quotes: undefined, statuses: new Set() };
}

/** `parameters` are those of the `subscribe` request. */
export function subscribe(session: Session, parameters: unknown, subscriptionId: string): Parsed<string> {
  const [name, filter] = Array.isArray(parameters) ? parameters : [];
  const stream = STREAMS.find((known) => known === name);
  if (stream === undefined) return refused(`unknown stream: subscribe to one of ${STREAMS.join(', ')}`);
  if (stream === 'quote_status') {
    session.statuses.add(subscriptionId);
    return accepted(subscriptionId);
  }
  const wanted = filter ?? {};
  if (!Value.Check(QuoteFilter, wanted)) return refused('the filter has lists of ids in tokens_in and tokens_out');
  session.quotes = { subscriptionId, filter: wanted };
  return accepted(subscriptionId);
}

export function unsubscribe(session: Session, parameters: unknown): Parsed<'OK'> {
  const subscriptionId: unknown = Array.isArray(parameters) ? parameters[0] : undefined;
  if (typeof subscriptionId === 'string' && session.statuses.delete(subscriptionId)) return accepted('OK');
  if (session.quotes === undefined || session.quotes.subscriptionId !== subscriptionId) {
    return refused('unknown subscription');
  }
  session.quotes = undefined;
  return accepted('OK');
}

const admits = (list: readonly string[] | undefined, token: string) =>
  list === undefined || list.length === 0 || list.includes(token);

/** Subscription under which this client hears the request, if it does. */
export function hears({ quotes }: Session, request: QuoteRequest): string | undefined {
  if (quotes === undefined) return undefined;
  const { tokens_in: tokensIn, tokens_out: tokensOut } = quotes.filter;
  const heard =
    admits(tokensIn, request.defuse_asset_identifier_in) && admits(tokensOut, request.defuse_asset_identifier_out);
  return heard ? quotes.subscriptionId : undefined;
}
