// One websocket client of the relay: what it subscribed to, and with which filter. There is one quote subscription a
// connection: subscribing again replaces it. Pure.
import { Value } from '@sinclair/typebox/value';
import { QuoteFilter, type QuoteRequest } from '../../../contracts/wire/relay.ts';
import { accepted, type Parsed, refused } from '../verifier/text/parsed.ts';
import type { StatusQueue } from './socket/kept-statuses.ts';

const STREAMS = ['quote', 'quote_status'] as const;

export type Session = {
  readonly id: number;
  /** Subscription id and filter of the quote stream. */
  quotes: { readonly subscriptionId: string; readonly filter: QuoteFilter } | undefined;
  /** Subscription ids of the status stream. */
  readonly statuses: Set<string>;
  /** Opens the queue of its instance; undefined when the client named none. */
  readonly openQueue: (() => StatusQueue) | undefined;
  /** The subscription to the status stream with guaranteed delivery. */
  guaranteed: { readonly subscriptionId: string; readonly queue: StatusQueue; sentSeq: number } | undefined;
};

export function newSession(id: number, openQueue?: () => StatusQueue): Session {
  return { id, quotes: undefined, statuses: new Set(), openQueue, guaranteed: undefined };
}

/** `parameters` are those of the `subscribe` request. */
export function subscribe(session: Session, parameters: unknown, subscriptionId: string): Parsed<string> {
  const [name, filter, guaranteed] = Array.isArray(parameters) ? parameters : [];
  const stream = STREAMS.find((known) => known === name);
  if (stream === undefined) return refused(`unknown stream: subscribe to one of ${STREAMS.join(', ')}`);
  if (guaranteed === true) return subscribeGuaranteed(session, { stream, filter }, subscriptionId);
  if (stream === 'quote_status') {
    session.statuses.add(subscriptionId);
    return accepted(subscriptionId);
  }
  const wanted = filter ?? {};
  if (!Value.Check(QuoteFilter, wanted)) return refused('the filter has lists of ids in tokens_in and tokens_out');
  session.quotes = { subscriptionId, filter: wanted };
  return accepted(subscriptionId);
}

type Guaranteed = { readonly stream: (typeof STREAMS)[number]; readonly filter: unknown };

function subscribeGuaranteed(session: Session, asked: Guaranteed, subscriptionId: string): Parsed<string> {
  const { stream, filter } = asked;
  if (stream !== 'quote_status') return refused('guaranteed delivery is of quote_status only');
  if (filter !== undefined && filter !== null && Object.keys(filter).length > 0) {
    return refused('guaranteed delivery takes no filter');
  }
  if (session.openQueue === undefined) return refused('guaranteed delivery needs an instance_id in the URL');
  session.guaranteed = { subscriptionId, queue: session.openQueue(), sentSeq: 0 };
  return accepted(subscriptionId);
}

export function acknowledge({ guaranteed }: Session, parameters: unknown): Parsed<'OK'> {
  const [subscriptionId, seq] = Array.isArray(parameters) ? parameters : [];
  if (guaranteed === undefined || guaranteed.subscriptionId !== subscriptionId) return refused('unknown subscription');
  return guaranteed.queue.acknowledge(seq) ? accepted('OK') : refused('unknown seq');
}

export function unsubscribe(session: Session, parameters: unknown): Parsed<'OK'> {
  const subscriptionId: unknown = Array.isArray(parameters) ? parameters[0] : undefined;
  if (typeof subscriptionId === 'string' && session.statuses.delete(subscriptionId)) return accepted('OK');
  if (session.guaranteed !== undefined && session.guaranteed.subscriptionId === subscriptionId) {
    session.guaranteed = undefined;
    return accepted('OK');
  }
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
