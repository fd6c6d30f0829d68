// Answers what the clients of the Kraken stand-in ask: subscriptions, symbol by symbol, pings, and what is neither. A
// client that sends too much in a second gets the rate error instead.

import * as frames from '../frames.ts';
import { type Channel, readRequest, type SubscriptionWish, type SymbolWish } from '../requests.ts';
import { isTooMuch, subscribe, unsubscribe } from '../session.ts';
import type { Feed, Socket } from './feed.ts';

export type RepliesOptions = {
  readonly feed: Feed;
  readonly now: () => number;
  /** Messages that a client may send in a second. */
  readonly maxMessagesPerS: number;
};

function resultOf(channel: Channel, symbol: string): Record<string, unknown> {
  const own = channel.name === 'book' ? { depth: channel.depth } : { event_trigger: channel.trigger };
  return { channel: channel.name, symbol, ...own, snapshot: channel.snapshot };
}

export class Replies {
  readonly #options: RepliesOptions;
  #rateLimited = 0;

  constructor(options: RepliesOptions) {
    this.#options = options;
  }

  /** The next `messages` messages get the rate error. */
  rateLimit(messages: number): void {
    this.#rateLimited = messages;
  }

  answer(socket: Socket, message: string): void {
    const { feed } = this.#options;
    if (this.#isRateLimited(socket)) {
      feed.send(socket, frames.RATE_FRAME);
      return;
    }
    const wish = readRequest(message);
    const times = this.#times(wish.reqId);
    if (wish.kind === 'ping') feed.send(socket, frames.pongFrame(times));
    else if (wish.kind === 'malformed')
      feed.send(socket, frames.refusalFrame(wish.method ?? 'unknown', wish.reason, null, times));
    else for (const each of wish.symbols) this.#answerSymbol(socket, wish, each);
  }

  #answerSymbol(socket: Socket, wish: SubscriptionWish, each: SymbolWish): void {
    const { feed } = this.#options;
    const times = this.#times(wish.reqId);
    const act = wish.kind === 'subscribe' ? subscribe : unsubscribe;
    const refusal = each.channel === null ? each.refusal : act(socket.data, each.channel);
    if (each.channel === null || refusal !== null) {
      feed.send(socket, frames.refusalFrame(wish.kind, refusal ?? '', each.symbol, times));
      return;
    }
    feed.send(socket, frames.ackFrame(wish.kind, resultOf(each.channel, each.symbol), times));
    if (wish.kind === 'subscribe') feed.sendFirst(socket, each.channel);
  }

  #isRateLimited({ data }: Socket): boolean {
    const { now, maxMessagesPerS } = this.#options;
    if (this.#rateLimited === 0) return isTooMuch(data, now(), maxMessagesPerS);
    this.#rateLimited -= 1;
    return true;
  }

  #times(reqId: number | undefined) {
    const timeIn = frames.timestampOf(this.#options.now());
    return { reqId, timeIn, timeOut: frames.timestampOf(this.#options.now()) };
  }
}
