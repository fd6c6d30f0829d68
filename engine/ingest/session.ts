// What has to be said on a connection to the relay before it is of use: a subscription to `quote`, with the tokens of the
// pair filter, and one to `quote_status`. The phases are
//
//   down --open--> subscribing --both answered--> live --close--> down
//
// and every call returns what to do now: texts to send, a connection to give up, something to log. A relay that refuses
// the filter is subscribed without it (the pair is checked in code anyway); one that refuses `quote` itself, or does not
// answer in time, is given up for a new connection; one that refuses `quote_status` is used all the same, since open
// nonces are polled. Pure. Out of scope: replies to our answers, which the executor awaits by their own ids.

import type { ReplyFrame } from './frame.ts';

/** The relay answers a subscription within milliseconds; after this the connection is as good as dead. */
export const SUBSCRIBE_REPLY_LIMIT_MS = 5_000;

export type SessionEffect =
  | { readonly kind: 'send'; readonly text: string }
  /** Give this connection up. */
  | { readonly kind: 'drop'; readonly detail: string }
  | { readonly kind: 'say'; readonly event: SessionEvent; readonly detail: string };

export type SessionEvent = 'subscribed' | 'filter_refused' | 'quote_status_refused';

export type SessionView = {
  readonly phase: 'down' | 'subscribing' | 'live';
  /** How `quote` is subscribed on this connection. */
  readonly quote: 'no' | 'filtered' | 'unfiltered';
  readonly quoteStatus: boolean;
  /** The relay does not take the filter; it is not tried again. */
  readonly filterRefused: boolean;
};

export type Session = {
  onOpen(nowMs: number): SessionEffect[];
  /** A reply that is not to one of our answers. */
  onReply(reply: ReplyFrame, nowMs: number): SessionEffect[];
  /** To be called about once a second. */
  onTick(nowMs: number): SessionEffect[];
  onClose(): void;
  /** Tokens that quotes are wanted for from now on; null: all. */
  changeTokens(tokens: readonly string[] | null, nowMs: number): SessionEffect[];
  view(): SessionView;
};

type Pending = {
  readonly stream: 'quote' | 'quote_status';
  /** `fallback`: without the filter, since it was refused just before. */
  readonly filter: 'with' | 'without' | 'fallback';
  readonly dueMs: number;
};

/** @param nextId gives request ids, each once */
export function createSession(initialTokens: readonly string[] | null, nextId: () => number): Session {
  const pending = new Map<number, Pending>();
  let tokens = initialTokens;
  let open = false;
  let quote: SessionView['quote'] = 'no';
  let status: 'no' | 'yes' | 'refused' = 'no';
  let filterRefused = false;
  let toldLive = false;

  const subscribe = (stream: Pending['stream'], filter: Pending['filter'], nowMs: number): SessionEffect => {
    const id = nextId();
    pending.set(id, { stream, filter, dueMs: nowMs + SUBSCRIBE_REPLY_LIMIT_MS });
    const params = filter === 'with' ? [stream, { tokens_in: tokens, tokens_out: tokens }] : [stream];
    return { kind: 'send', text: JSON.stringify({ jsonrpc: '2.0', id, method: 'subscribe', params }) };
  };

  const subscribeQuote = (nowMs: number): SessionEffect =>
    subscribe('quote', tokens === null || filterRefused ? 'without' : 'with', nowMs);

  const isLive = () => open && quote !== 'no' && status !== 'no';

  const onRefused = (asked: Pending, reason: string, nowMs: number): SessionEffect[] => {
    if (asked.stream === 'quote_status') {
      status = 'refused';
      return [{ kind: 'say', event: 'quote_status_refused', detail: reason }, ...liveNow()];
    }
    if (asked.filter === 'with') return [subscribe('quote', 'fallback', nowMs)];
    return [{ kind: 'drop', detail: `the relay refused the subscription to quote: ${reason}` }];
  };

  const liveNow = (): SessionEffect[] => {
    if (!isLive() || toldLive) return [];
    toldLive = true;
    return [{ kind: 'say', event: 'subscribed', detail: quote }];
  };

  return {
    onOpen(nowMs) {
      open = true;
      return [subscribeQuote(nowMs), subscribe('quote_status', 'without', nowMs)];
    },

    onReply(reply, nowMs) {
      const asked = pending.get(reply.id);
      if (asked === undefined) return [];
      pending.delete(reply.id);
      if (!reply.ok) return onRefused(asked, reply.errorText ?? 'without a reason', nowMs);
      if (asked.stream === 'quote_status') {
        status = 'yes';
        return liveNow();
      }
      quote = asked.filter === 'with' ? 'filtered' : 'unfiltered';
      if (asked.filter !== 'fallback' || filterRefused) return liveNow();
      // Only now is it certain that it was the filter that the relay did not want.
      filterRefused = true;
      return [
        {
          kind: 'say',
          event: 'filter_refused',
          detail: 'the relay takes the subscription to quote without a filter only',
        },
        ...liveNow(),
      ];
    },

    onTick(nowMs) {
      for (const { stream, dueMs } of pending.values()) {
        if (nowMs >= dueMs) {
          const detail = `the relay did not answer the subscription to ${stream} within ${SUBSCRIBE_REPLY_LIMIT_MS} ms`;
          return [{ kind: 'drop', detail }];
        }
      }
      return [];
    },

    onClose() {
      pending.clear();
      open = false;
      quote = 'no';
      status = 'no';
      toldLive = false;
    },

    changeTokens(changed, nowMs) {
      tokens = changed;
      return open ? [subscribeQuote(nowMs)] : [];
    },

    view: () => ({
      phase: isLive() ? 'live' : open ? 'subscribing' : 'down',
      quote,
      quoteStatus: status === 'yes',
      filterRefused,
    }),
  };
}
