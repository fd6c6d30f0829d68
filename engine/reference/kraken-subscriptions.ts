// The subscriptions of one connection to Kraken. A channel is subscribed to again only after Kraken has answered the
// unsubscribe, since it refuses a second subscription while the first is there; the wait is bounded. Times are monotonic.

import { KRAKEN_BTC_EUR } from '../../contracts/wire/kraken.ts';

export type Channel = 'book' | 'ticker';

export const BOOK_DEPTH = 25;
/** Longest wait for the answers to an unsubscribe; a lost answer must not keep the book away. */
export const UNSUBSCRIBE_LIMIT_MS = 2000;

export type Subscriptions = {
  /** A new connection: subscribes to both channels. */
  open(send: (text: string) => unknown, nowUs: number): void;
  close(): void;
  /** Ends the subscriptions to these channels and makes them again. */
  renew(channels: readonly Channel[], nowUs: number): void;
  /** An answer to an unsubscribe; null: it does not say to which. */
  onUnsubscribed(requestId: number | null, nowUs: number): void;
  onTick(nowUs: number): void;
  isRenewing(): boolean;
  /** When the subscription to the book was last sent. */
  sinceUs(): number;
  /** The channel of a request to subscribe; null when it is none of the last ones. */
  channelOf(requestId: number | null): Channel | null;
};

type Renewal = { readonly channels: readonly Channel[]; readonly unanswered: Set<number>; readonly sinceUs: number };

const PARAMS: Readonly<Record<Channel, Readonly<Record<string, unknown>>>> = {
  book: { channel: 'book', symbol: [KRAKEN_BTC_EUR.symbol], depth: BOOK_DEPTH, snapshot: true },
  ticker: { channel: 'ticker', symbol: [KRAKEN_BTC_EUR.symbol], event_trigger: 'bbo', snapshot: true },
};

export function createSubscriptions(): Subscriptions {
  let send: ((text: string) => unknown) | null = null;
  let requestId = 0;
  let renewal: Renewal | null = null;
  let sinceUs = 0;
  /** Two at most: the last request of each channel. */
  const asked = new Map<Channel, number>();

  function request(method: 'subscribe' | 'unsubscribe', channel: Channel): number {
    requestId += 1;
    send?.(JSON.stringify({ method, params: PARAMS[channel], req_id: requestId }));
    return requestId;
  }

  function subscribe(channels: readonly Channel[], nowUs: number): void {
    renewal = null;
    sinceUs = nowUs;
    for (const channel of channels) asked.set(channel, request('subscribe', channel));
  }

  return {
    open(sender, nowUs) {
      send = sender;
      asked.clear();
      subscribe(['book', 'ticker'], nowUs);
    },
    close() {
      send = null;
      renewal = null;
    },
    renew(channels, nowUs) {
      renewal = {
        channels,
        unanswered: new Set(channels.map((channel) => request('unsubscribe', channel))),
        sinceUs: nowUs,
      };
    },
    onUnsubscribed(answered, nowUs) {
      if (renewal === null || answered === null) return;
      renewal.unanswered.delete(answered);
      if (renewal.unanswered.size === 0) subscribe(renewal.channels, nowUs);
    },
    onTick(nowUs) {
      if (renewal === null || nowUs - renewal.sinceUs < UNSUBSCRIBE_LIMIT_MS * 1000) return;
      subscribe(renewal.channels, nowUs);
    },
    isRenewing: () => renewal !== null,
    sinceUs: () => sinceUs,
    channelOf: (id) => [...asked].find(([, asking]) => asking === id)?.[0] ?? null,
  };
}
