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
// On a live connection silence.ts says when to subscribe again or to give it up.
// Pure; all times are monotonic. Out of scope: replies to our answers, which the executor awaits by their own ids.

import type { ReplyFrame } from './frame.ts';
import { SILENCE_LIMITS, type SilenceLimits, SilenceWatch } from './silence.ts';
import { type Send, type Stream, SUBSCRIBE_REPLY_LIMIT_MS, type Subscription, Subscriptions } from './subscriptions.ts';

export type SessionEffect =
  | Send
  /** Give this connection up. */
  | { readonly kind: 'drop'; readonly detail: string }
  | { readonly kind: 'say'; readonly event: SessionEvent; readonly detail: string };

type SessionEvent = 'subscribed' | 'filter_refused' | 'quote_status_refused' | 'stream_renewed' | 'error_received';

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

/** @param nextId gives request ids, each once */
export function createSession(
  tokens: readonly string[] | null,
  nextId: () => number,
  limits: SilenceLimits = SILENCE_LIMITS,
): Session {
  return new RelaySession(tokens, nextId, limits);
}

class RelaySession implements Session {
  readonly #subscriptions: Subscriptions;
  readonly #silence: SilenceWatch;
  #tokens: readonly string[] | null;
  #tokensChanged = false;
  #open = false;
  #liveUs: number | null = null;
  #quote: SessionView['quote'] = 'no';
  #status: 'no' | 'yes' | 'refused' = 'no';
  #statusId: string | null = null;
  #filterRefused = false;
  #errorReported = false;

  constructor(tokens: readonly string[] | null, nextId: () => number, limits: SilenceLimits) {
    this.#tokens = tokens;
    this.#subscriptions = new Subscriptions(nextId);
    this.#silence = new SilenceWatch(limits);
  }

  onOpen(nowUs: number): SessionEffect[] {
    this.#open = true;
    return [this.#subscribeQuote(nowUs), this.#subscribeStatus(nowUs)];
  }

  onReply(reply: ReplyFrame, nowUs: number): SessionEffect[] | null {
    if (reply.id !== null) {
      const asked = this.#subscriptions.answered(reply.id);
      if (asked === null) return null;
      if (!reply.ok) return this.#onRefused(asked, reply.errorText ?? 'without a reason', nowUs);
      return this.#onAccepted(asked, reply.resultText, nowUs);
    }
    if (this.#errorReported) return [];
    this.#errorReported = true;
    return [{ kind: 'say', event: 'error_received', detail: reply.errorText ?? '' }];
  }

  onHeard(stream: Stream, nowUs: number): void {
    this.#silence.heard(stream, nowUs);
  }

  onTick(nowUs: number): SessionEffect[] {
    const overdue = this.#subscriptions.overdue(nowUs);
    if (overdue !== null) {
      const detail = `the relay did not answer the subscription to ${overdue} within ${SUBSCRIBE_REPLY_LIMIT_MS} ms`;
      return [{ kind: 'drop', detail }];
    }
    if (this.#liveUs === null) return [];
    const live = {
      liveUs: this.#liveUs,
      isStatusSubscribed: this.#status === 'yes',
      isFiltered: this.#quote !== 'unfiltered',
    };
    const verdict = this.#silence.judge(live, nowUs);
    return verdict.kind === 'drop' ? [verdict] : verdict.streams.flatMap((stream) => this.#renew(stream, nowUs));
  }

  onClose(): void {
    this.#subscriptions.clear();
    this.#silence.closed();
    this.#open = false;
    this.#liveUs = null;
    this.#quote = 'no';
    this.#status = 'no';
    this.#statusId = null;
    this.#tokensChanged = false;
    this.#errorReported = false;
  }

  changeTokens(tokens: readonly string[] | null, nowUs: number): SessionEffect[] {
    this.#tokens = tokens;
    if (!this.#open) return [];
    // The answer under way is to the tokens before: ask again when it is there.
    this.#tokensChanged = this.#subscriptions.isPending('quote');
    return this.#tokensChanged ? [] : [this.#subscribeQuote(nowUs)];
  }

  view(nowUs: number): SessionView {
    return {
      phase: this.#liveUs !== null ? 'live' : this.#open ? 'subscribing' : 'down',
      quote: this.#quote,
      quoteStatus: this.#status === 'yes',
      filterRefused: this.#filterRefused,
      quoteAgeMs: this.#silence.ageMs('quote', nowUs),
      quoteStatusAgeMs: this.#silence.ageMs('quote_status', nowUs),
      reasons: this.#silence.reasons(),
      notes: this.#silence.notes(this.#liveUs, nowUs),
    };
  }

  #subscribeQuote(nowUs: number): Send {
    const tokens = this.#tokens;
    const filter = tokens === null || this.#filterRefused ? 'without' : 'with';
    return this.#subscriptions.subscribe({ stream: 'quote', filter, tokens }, nowUs);
  }

  #subscribeStatus(nowUs: number): Send {
    return this.#subscriptions.subscribe({ stream: 'quote_status', filter: 'without', tokens: null }, nowUs);
  }

  #onRefused(asked: Subscription, reason: string, nowUs: number): SessionEffect[] {
    if (asked.stream === 'quote_status') {
      this.#status = 'refused';
      return [{ kind: 'say', event: 'quote_status_refused', detail: reason }, ...this.#liveNow(nowUs)];
    }
    if (asked.filter === 'with') {
      return [this.#subscriptions.subscribe({ stream: 'quote', filter: 'fallback', tokens: null }, nowUs)];
    }
    return [{ kind: 'drop', detail: `the relay refused the subscription to quote: ${reason}` }];
  }

  #onAccepted(asked: Subscription, subscriptionId: string | null, nowUs: number): SessionEffect[] {
    this.#silence.acknowledged(asked.stream, nowUs);
    if (asked.stream === 'quote_status') {
      this.#status = 'yes';
      this.#statusId = subscriptionId;
      return this.#liveNow(nowUs);
    }
    this.#quote = asked.filter === 'with' ? 'filtered' : 'unfiltered';
    const effects: SessionEffect[] = [];
    if (asked.filter === 'fallback' && !this.#filterRefused) {
      // Only now is it certain that it was the filter that the relay refused.
      this.#filterRefused = true;
      const detail = 'the relay takes the subscription to quote without a filter only';
      effects.push({ kind: 'say', event: 'filter_refused', detail });
    }
    effects.push(...this.#liveNow(nowUs));
    if (this.#tokensChanged) effects.push(this.#subscribeQuote(nowUs));
    this.#tokensChanged = false;
    return effects;
  }

  #liveNow(nowUs: number): SessionEffect[] {
    if (!this.#open || this.#quote === 'no' || this.#status === 'no' || this.#liveUs !== null) return [];
    this.#liveUs = nowUs;
    return [{ kind: 'say', event: 'subscribed', detail: this.#quote }];
  }

  /** A new subscription to `quote` replaces the old one; one to `quote_status` would be a second one. */
  #renew(stream: Stream, nowUs: number): SessionEffect[] {
    if (this.#subscriptions.isPending(stream)) return [];
    this.#silence.renewed(stream);
    const say: SessionEffect = { kind: 'say', event: 'stream_renewed', detail: stream };
    if (stream === 'quote') return [say, this.#subscribeQuote(nowUs)];
    const ended = this.#statusId === null ? [] : [this.#subscriptions.unsubscribe(this.#statusId)];
    this.#statusId = null;
    return [say, ...ended, this.#subscribeStatus(nowUs)];
  }
}
