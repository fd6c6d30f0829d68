// What has to be sent on a connection to the relay before it is of use: a subscription to `quote`, with the tokens of the
// pair filter, and one to `quote_status`. The phases are
//
//   down --open--> subscribing --both answered--> live --close--> down
//
// and every call returns what to do now: texts to send, a connection to give up, something to log. A relay that refuses
// the filter is subscribed without it (the pair is checked in code anyway); one that refuses `quote` itself, or does not
// answer in time, is given up for a new connection; one that refuses `quote_status` is used all the same, since open
// nonces are polled. Where it is asked for, `quote_status` is subscribed with guaranteed delivery: the relay then keeps statuses
// while we are away, until they are acknowledged. A relay that refuses that is subscribed without, and so is one that does not
// answer it, on the next connection: delivery-tries.ts.
//
// On a live connection silence.ts says when to subscribe again or to give it up.
// Pure; all times are monotonic. Out of scope: replies to our answers, which the executor awaits by their own ids.

import type { ReplyFrame } from '../frame.ts';
import { type Acknowledgement, Acknowledgements } from './acknowledgements.ts';
import { DeliveryTries } from './delivery-tries.ts';
import { SILENCE_LIMITS, type SilenceLimits, SilenceWatch } from './silence.ts';
import { type Send, type Stream, SUBSCRIBE_REPLY_LIMIT_MS, type Subscription, Subscriptions } from './subscriptions.ts';

export type SessionEffect =
  | Send
  /** Give this connection up. */
  | { readonly kind: 'drop'; readonly detail: string }
  | { readonly kind: 'say'; readonly event: SessionEvent; readonly detail: string };

type SessionEvent =
  | 'subscribed'
  | 'filter_refused'
  | 'delivery_not_guaranteed'
  | 'quote_status_refused'
  | 'stream_renewed'
  | 'error_received';

export type SessionView = {
  readonly phase: 'down' | 'subscribing' | 'live';
  /** How `quote` is subscribed on this connection. */
  readonly quote: 'no' | 'filtered' | 'unfiltered';
  readonly quoteStatus: boolean;
  /** The relay keeps statuses that are not acknowledged. */
  readonly guaranteed: boolean;
  /** Events that were not acknowledged, since too many waited for it; they come again. */
  readonly leftOut: number;
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
  /** An event of a stream with guaranteed delivery was taken in; `afterRecord` of the journal has what it led to. */
  onTaken(acknowledgement: Acknowledgement): void;
  /** To be called about once a second. @param durableRecord of the journal: up to it everything is on disk */
  onTick(nowUs: number, durableRecord: number): SessionEffect[];
  onClose(): void;
  /** The relay answered the request for a connection with a refusal. */
  onConnectRefused(): void;
  /** Whether this connection, or the next one where there is none, asks for guaranteed delivery. */
  asksGuaranteed(): boolean;
  /** Tokens of which quotes are subscribed from now on; null: all. */
  changeTokens(tokens: readonly string[] | null, nowUs: number): SessionEffect[];
  view(nowUs: number): SessionView;
};

export type SessionOptions = {
  /** Tokens that quotes are wanted for; null: all. */
  readonly tokens: readonly string[] | null;
  /** Ask for guaranteed delivery of `quote_status`. */
  readonly guaranteed: boolean;
  /** Gives request ids, each once. */
  readonly nextId: () => number;
  readonly limits?: SilenceLimits;
};

export function createSession(options: SessionOptions): Session {
  return new RelaySession(options);
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
  readonly #delivery: DeliveryTries;
  #guaranteed = false;
  readonly #acknowledgements = new Acknowledgements();
  #filterRefused = false;
  #errorReported = false;

  constructor({ tokens, guaranteed, nextId, limits = SILENCE_LIMITS }: SessionOptions) {
    this.#tokens = tokens;
    this.#delivery = new DeliveryTries(guaranteed);
    this.#subscriptions = new Subscriptions(nextId);
    this.#silence = new SilenceWatch(limits);
  }

  onOpen(nowUs: number): SessionEffect[] {
    this.#open = true;
    return [this.#subscribeQuote(nowUs), this.#subscribeStatus(nowUs, this.#delivery.isAsked())];
  }

  onReply(reply: ReplyFrame, nowUs: number): SessionEffect[] | null {
    const asked = reply.id === null ? null : this.#subscriptions.answered(reply.id);
    if (asked !== null) {
      if (asked.guaranteed) this.#delivery.answered();
      if (!reply.ok) return this.#onRefused(asked, reply.errorText ?? 'without a reason', nowUs);
      return this.#onAccepted(asked, reply.resultText, nowUs);
    }
    // Nobody waits for what the relay says of an acknowledgement; that it refuses them must be seen all the same.
    if (reply.ok) return null;
    if (this.#errorReported) return [];
    this.#errorReported = true;
    return [{ kind: 'say', event: 'error_received', detail: reply.errorText ?? '' }];
  }

  onHeard(stream: Stream, nowUs: number): void {
    this.#silence.heard(stream, nowUs);
  }

  onTaken(acknowledgement: Acknowledgement): void {
    if (this.#open) this.#acknowledgements.add(acknowledgement);
  }

  onTick(nowUs: number, durableRecord: number): SessionEffect[] {
    const overdue = this.#subscriptions.overdue(nowUs);
    if (overdue !== null) {
      const detail = `the relay did not answer the subscription to ${overdue} within ${SUBSCRIBE_REPLY_LIMIT_MS} ms`;
      return [{ kind: 'drop', detail }];
    }
    const due = this.#acknowledgements.due(durableRecord);
    const acknowledged = due.map(({ subscriptionId, seq }) => this.#subscriptions.acknowledge(subscriptionId, seq));
    return this.#liveUs === null ? acknowledged : [...acknowledged, ...this.#onLiveTick(this.#liveUs, nowUs)];
  }

  #onLiveTick(liveUs: number, nowUs: number): SessionEffect[] {
    const live = {
      liveUs,
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
    this.#guaranteed = false;
    this.#acknowledgements.clear();
    this.#tokensChanged = false;
    this.#errorReported = false;
    this.#delivery.ended();
  }

  onConnectRefused(): void {
    this.#delivery.ended();
  }

  asksGuaranteed(): boolean {
    return this.#delivery.isAsked();
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
      guaranteed: this.#guaranteed,
      leftOut: this.#acknowledgements.leftOut(),
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
    return this.#subscriptions.subscribe({ stream: 'quote', filter, tokens, guaranteed: false }, nowUs);
  }

  #subscribeStatus(nowUs: number, guaranteed: boolean): Send {
    return this.#subscriptions.subscribe(
      { stream: 'quote_status', filter: 'without', tokens: null, guaranteed },
      nowUs,
    );
  }

  #onRefused(asked: Subscription, reason: string, nowUs: number): SessionEffect[] {
    if (asked.guaranteed) {
      const say: SessionEffect = { kind: 'say', event: 'delivery_not_guaranteed', detail: reason };
      return [say, this.#subscribeStatus(nowUs, false)];
    }
    if (asked.stream === 'quote_status') {
      this.#status = 'refused';
      this.#guaranteed = false;
      this.#silence.statusRefused();
      return [{ kind: 'say', event: 'quote_status_refused', detail: reason }, ...this.#liveNow(nowUs)];
    }
    if (asked.filter === 'with') {
      return [
        this.#subscriptions.subscribe({ stream: 'quote', filter: 'fallback', tokens: null, guaranteed: false }, nowUs),
      ];
    }
    return [{ kind: 'drop', detail: `the relay refused the subscription to quote: ${reason}` }];
  }

  #onAccepted(asked: Subscription, subscriptionId: string | null, nowUs: number): SessionEffect[] {
    this.#silence.acknowledged(asked.stream, nowUs);
    if (asked.stream === 'quote_status') {
      this.#status = 'yes';
      this.#statusId = subscriptionId;
      if (subscriptionId !== null) this.#acknowledgements.begin(subscriptionId);
      this.#guaranteed = asked.guaranteed;
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
    const subscribed: SessionEffect = { kind: 'say', event: 'subscribed', detail: this.#quote };
    const detail = this.#delivery.live();
    return detail === null ? [subscribed] : [subscribed, { kind: 'say', event: 'delivery_not_guaranteed', detail }];
  }

  /** A new subscription to `quote` replaces the old one; one to `quote_status` would be a second one. */
  #renew(stream: Stream, nowUs: number): SessionEffect[] {
    if (this.#subscriptions.isPending(stream)) return [];
    this.#silence.renewed(stream);
    const say: SessionEffect = { kind: 'say', event: 'stream_renewed', detail: stream };
    if (stream === 'quote') return [say, this.#subscribeQuote(nowUs)];
    const endedId = this.#statusId;
    this.#statusId = null;
    const again = this.#subscribeStatus(nowUs, this.#guaranteed);
    if (endedId === null) return [say, again];
    this.#acknowledgements.end(endedId);
    return [say, this.#subscriptions.unsubscribe(endedId), again];
  }
}
