// What has to be sent on a connection to the relay before it is of use: a subscription to `quote`, with the tokens of the
// pair filter, and one to `quote_status`. The phases are
//
//   down --open--> subscribing --both answered--> live --close--> down
//
// and every call returns what to do now: texts to send, a connection to give up, something to log. A relay that refuses
// the filter is subscribed without it (the pair is checked in code anyway); one that refuses `quote` itself, or does not
// answer in time, is given up for a new connection; one that refuses `quote_status` is used all the same, since open
// nonces are polled.
//
// A subscription that was acknowledged can still be dead. The relay sends no heartbeat; `quote_status` comes for the quotes of
// all solvers, so its silence, and that of everything, is a fault: subscribe again, then connect again, unhealthy until
// something is heard. A traded pair for which nobody asks is none: its subscription is only renewed now and then.
// Pure; all times are monotonic. Out of scope: replies to our answers, which the executor awaits by their own ids.

import type { ReplyFrame } from './frame.ts';

/** The relay answers a subscription within milliseconds; after this the connection is as good as dead. */
export const SUBSCRIBE_REPLY_LIMIT_MS = 5_000;

export type SilenceLimits = {
  /** Silence of every stream: after this a note, a renewed subscription, and a new connection with the part unhealthy. */
  readonly noteMs: number;
  readonly renewMs: number;
  readonly limitMs: number;
  /** The same for `quote_status` alone: longer, since it depends on other solvers' trades. */
  readonly statusRenewMs: number;
  readonly statusLimitMs: number;
  /** For `quote` alone, which may be silent by rights: how often its subscription is renewed meanwhile. */
  readonly quoteRenewMs: number;
};

export const SILENCE_LIMITS: SilenceLimits = {
  noteMs: 60_000,
  renewMs: 120_000,
  limitMs: 180_000,
  statusRenewMs: 300_000,
  statusLimitMs: 600_000,
  quoteRenewMs: 300_000,
};

export type SessionEffect =
  | { readonly kind: 'send'; readonly text: string }
  /** Give this connection up. */
  | { readonly kind: 'drop'; readonly detail: string }
  | { readonly kind: 'say'; readonly event: SessionEvent; readonly detail: string };

export type SessionEvent =
  | 'subscribed'
  | 'filter_refused'
  | 'quote_status_refused'
  | 'stream_renewed'
  | 'error_received';

export type Stream = 'quote' | 'quote_status';

export type SessionView = {
  readonly phase: 'down' | 'subscribing' | 'live';
  /** How `quote` is subscribed on this connection. */
  readonly quote: 'no' | 'filtered' | 'unfiltered';
  readonly quoteStatus: boolean;
  /** The relay does not take the filter; it is not tried again. */
  readonly filterRefused: boolean;
  /** Since the stream was last heard, over all connections; null: never. */
  readonly quoteAgeMs: number | null;
  readonly quoteStatusAgeMs: number | null;
  /** `relay_silent`, `quote_status_silent`. */
  readonly reasons: readonly string[];
  /** `relay_quiet`. */
  readonly notes: readonly string[];
};

export type Session = {
  onOpen(nowUs: number): SessionEffect[];
  /** A reply that is not to one of our answers. null: nor to anything that was asked here */
  onReply(reply: ReplyFrame, nowUs: number): SessionEffect[] | null;
  /** An event of this stream came, whatever it holds. */
  onHeard(stream: Stream, nowUs: number): void;
  /** To be called about once a second. */
  onTick(nowUs: number): SessionEffect[];
  onClose(): void;
  /** Tokens of which quotes are subscribed from now on; null: all. */
  changeTokens(tokens: readonly string[] | null, nowUs: number): SessionEffect[];
  view(nowUs: number): SessionView;
};

type Pending = {
  readonly stream: Stream;
  /** `fallback`: without the filter, since it was refused just before. */
  readonly filter: 'with' | 'without' | 'fallback';
  readonly dueUs: number;
};

type StreamState = {
  /** Over all connections. */
  heardUs: number | null;
  /** On this connection: when the subscription was last acknowledged. */
  ackedUs: number;
  /** On this connection, since it was last heard. */
  renewed: boolean;
  /** The silence went beyond the limit; until it is heard. */
  silent: boolean;
};

/** @param nextId gives request ids, each once */
export function createSession(
  initialTokens: readonly string[] | null,
  nextId: () => number,
  limits: SilenceLimits = SILENCE_LIMITS,
): Session {
  // At most one request a stream, and one to end a subscription that was renewed: those of a stream wait for each other.
  const pending = new Map<number, Pending>();
  const streams: Record<Stream, StreamState> = { quote: newStream(), quote_status: newStream() };
  let tokens = initialTokens;
  let tokensChanged = false;
  let open = false;
  let liveUs: number | null = null;
  let quote: SessionView['quote'] = 'no';
  let status: 'no' | 'yes' | 'refused' = 'no';
  let statusId: string | null = null;
  let filterRefused = false;
  let allSilent = false;
  let errorReported = false;

  const request = (
    method: string,
    params: readonly unknown[],
  ): { readonly id: number; readonly effect: SessionEffect } => {
    const id = nextId();
    return { id, effect: { kind: 'send', text: JSON.stringify({ jsonrpc: '2.0', id, method, params }) } };
  };

  const subscribe = (stream: Stream, filter: Pending['filter'], nowUs: number): SessionEffect => {
    const params = filter === 'with' ? [stream, { tokens_in: tokens, tokens_out: tokens }] : [stream];
    const { id, effect } = request('subscribe', params);
    pending.set(id, { stream, filter, dueUs: nowUs + SUBSCRIBE_REPLY_LIMIT_MS * 1000 });
    return effect;
  };

  const isPending = (stream: Stream): boolean => [...pending.values()].some((asked) => asked.stream === stream);

  const subscribeQuote = (nowUs: number): SessionEffect =>
    subscribe('quote', tokens === null || filterRefused ? 'without' : 'with', nowUs);

  /** A new subscription to `quote` replaces the old one; one to `quote_status` would stand next to it. */
  const renew = (stream: Stream, nowUs: number): SessionEffect[] => {
    if (isPending(stream)) return [];
    streams[stream].renewed = true;
    const say: SessionEffect = { kind: 'say', event: 'stream_renewed', detail: stream };
    if (stream === 'quote') return [say, subscribeQuote(nowUs)];
    const ended = statusId === null ? [] : [request('unsubscribe', [statusId]).effect];
    statusId = null;
    return [say, ...ended, subscribe('quote_status', 'without', nowUs)];
  };

  const onRefused = (asked: Pending, reason: string, nowUs: number): SessionEffect[] => {
    if (asked.stream === 'quote_status') {
      status = 'refused';
      return [{ kind: 'say', event: 'quote_status_refused', detail: reason }, ...liveNow(nowUs)];
    }
    if (asked.filter === 'with') return [subscribe('quote', 'fallback', nowUs)];
    return [{ kind: 'drop', detail: `the relay refused the subscription to quote: ${reason}` }];
  };

  const liveNow = (nowUs: number): SessionEffect[] => {
    if (!open || quote === 'no' || status === 'no' || liveUs !== null) return [];
    liveUs = nowUs;
    return [{ kind: 'say', event: 'subscribed', detail: quote }];
  };

  const onAccepted = (asked: Pending, subscription: string | null, nowUs: number): SessionEffect[] => {
    streams[asked.stream].ackedUs = nowUs;
    if (asked.stream === 'quote_status') {
      status = 'yes';
      statusId = subscription;
      return liveNow(nowUs);
    }
    quote = asked.filter === 'with' ? 'filtered' : 'unfiltered';
    const effects: SessionEffect[] = [];
    if (asked.filter === 'fallback' && !filterRefused) {
      // Only now is it certain that it was the filter that the relay refused.
      filterRefused = true;
      const detail = 'the relay takes the subscription to quote without a filter only';
      effects.push({ kind: 'say', event: 'filter_refused', detail });
    }
    effects.push(...liveNow(nowUs));
    if (tokensChanged) effects.push(subscribeQuote(nowUs));
    tokensChanged = false;
    return effects;
  };

  const silentMs = (stream: Stream, nowUs: number): number =>
    (nowUs - Math.max(streams[stream].heardUs ?? 0, liveUs ?? nowUs)) / 1000;
  const allSilentMs = (nowUs: number): number => Math.min(silentMs('quote', nowUs), silentMs('quote_status', nowUs));
  /** Without `quote_status`, quotes of a few tokens are all that can be heard, and for those nobody may be asking. */
  const isSilenceAFault = (): boolean => status === 'yes' || quote === 'unfiltered';

  const watchSilence = (nowUs: number): SessionEffect[] => {
    if (liveUs === null) return [];
    const all = allSilentMs(nowUs);
    if (all >= limits.limitMs && isSilenceAFault()) {
      allSilent = true;
      return [{ kind: 'drop', detail: `nothing on any stream for ${limits.limitMs} ms` }];
    }
    const { quote: quotes, quote_status: statuses } = streams;
    const effects: SessionEffect[] = [];
    if (status === 'yes') {
      const ms = silentMs('quote_status', nowUs);
      if (ms >= limits.statusLimitMs) {
        statuses.silent = true;
        return [{ kind: 'drop', detail: `no quote_status of any solver for ${limits.statusLimitMs} ms` }];
      }
      if (!statuses.renewed && (all >= limits.renewMs || ms >= limits.statusRenewMs)) {
        effects.push(...renew('quote_status', nowUs));
      }
    }
    const sinceAckMs = (nowUs - quotes.ackedUs) / 1000;
    const isDue = silentMs('quote', nowUs) >= limits.quoteRenewMs && sinceAckMs >= limits.quoteRenewMs;
    if (isDue || (!quotes.renewed && all >= limits.renewMs)) effects.push(...renew('quote', nowUs));
    return effects;
  };

  const ageMs = (stream: Stream, nowUs: number): number | null => {
    const { heardUs } = streams[stream];
    return heardUs === null ? null : Math.max(0, Math.round((nowUs - heardUs) / 1000));
  };

  return {
    onOpen(nowUs) {
      open = true;
      return [subscribeQuote(nowUs), subscribe('quote_status', 'without', nowUs)];
    },

    onReply(reply, nowUs) {
      const asked = reply.id === null ? undefined : pending.get(reply.id);
      if (asked !== undefined && reply.id !== null) {
        pending.delete(reply.id);
        if (!reply.ok) return onRefused(asked, reply.errorText ?? 'without a reason', nowUs);
        return onAccepted(asked, reply.resultText, nowUs);
      }
      if (reply.id !== null) return null;
      if (errorReported) return [];
      errorReported = true;
      return [{ kind: 'say', event: 'error_received', detail: reply.errorText ?? '' }];
    },

    onHeard(stream, nowUs) {
      const state = streams[stream];
      state.heardUs = nowUs;
      state.renewed = false;
      state.silent = false;
      allSilent = false;
    },

    onTick(nowUs) {
      for (const { stream, dueUs } of pending.values()) {
        if (nowUs >= dueUs) {
          const detail = `the relay did not answer the subscription to ${stream} within ${SUBSCRIBE_REPLY_LIMIT_MS} ms`;
          return [{ kind: 'drop', detail }];
        }
      }
      return watchSilence(nowUs);
    },

    onClose() {
      pending.clear();
      open = false;
      liveUs = null;
      quote = 'no';
      status = 'no';
      statusId = null;
      tokensChanged = false;
      errorReported = false;
      streams.quote.renewed = false;
      streams.quote_status.renewed = false;
    },

    changeTokens(changed, nowUs) {
      tokens = changed;
      if (!open) return [];
      // The answer under way is to the tokens before: ask again when it is there.
      tokensChanged = isPending('quote');
      return tokensChanged ? [] : [subscribeQuote(nowUs)];
    },

    view(nowUs) {
      const all = liveUs === null ? 0 : allSilentMs(nowUs);
      return {
        phase: liveUs !== null ? 'live' : open ? 'subscribing' : 'down',
        quote,
        quoteStatus: status === 'yes',
        filterRefused,
        quoteAgeMs: ageMs('quote', nowUs),
        quoteStatusAgeMs: ageMs('quote_status', nowUs),
        reasons: [
          ...(allSilent ? ['relay_silent'] : []),
          ...(streams.quote_status.silent && !allSilent ? ['quote_status_silent'] : []),
        ],
        notes: all >= limits.noteMs && !allSilent ? ['relay_quiet'] : [],
      };
    },
  };
}

const newStream = (): StreamState => ({ heardUs: null, ackedUs: 0, renewed: false, silent: false });
