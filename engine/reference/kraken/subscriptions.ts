// The subscriptions of one connection to Kraken. A channel is subscribed to again only after Kraken has answered the
// unsubscribe, since it refuses a second subscription while the first is there; the wait is bounded. Times are monotonic.

import { KRAKEN_BTC_EUR } from '../../../contracts/wire/kraken.ts';

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
  /**
   * A snapshot of the book came. @returns when the subscription was sent that it answers: the oldest without an answer, since
   * Kraken answers in order; on a slow connection that need not be the last one
   */
  onSnapshot(): number;
  /** Kraken refused a request to subscribe: no snapshot answers it. */
  onRefused(requestId: number | null): void;
  /** The channel of a request to subscribe; null when it is none of the last ones. */
  channelOf(requestId: number | null): Channel | null;
};

/** Of one connection: it is given up after a few subscriptions in a row without a book. */
const UNANSWERED_MAX = 16;

type Asked = { readonly requestId: number; readonly atUs: number };
type Renewal = { readonly channels: readonly Channel[]; readonly unanswered: Set<number>; readonly sinceUs: number };

const PARAMS: Readonly<Record<Channel, Readonly<Record<string, unknown>>>> = {
  book: { channel: 'book', symbol: [KRAKEN_BTC_EUR.symbol], depth: BOOK_DEPTH, snapshot: true },
  ticker: { channel: 'ticker', symbol: [KRAKEN_BTC_EUR.symbol], event_trigger: 'bbo', snapshot: true },
};

export function createSubscriptions(): Subscriptions {
  let send: ((text: string) => unknown) | null = null;
  let lastRequestId = 0;
  let renewal: Renewal | null = null;
  let sinceUs = 0;
  /** Subscriptions to the book that no snapshot answered yet, oldest first. */
  let unanswered: readonly Asked[] = [];
  /** Two at most: the last request of each channel. */
  const asked = new Map<Channel, number>();

  function request(method: 'subscribe' | 'unsubscribe', channel: Channel): number {
    lastRequestId += 1;
    send?.(JSON.stringify({ method, params: PARAMS[channel], req_id: lastRequestId }));
    return lastRequestId;
  }

  function subscribe(channels: readonly Channel[], nowUs: number): void {
    renewal = null;
    sinceUs = nowUs;
    for (const channel of channels) {
      const id = request('subscribe', channel);
      asked.set(channel, id);
      // The newest give way: a snapshot must not count as newer than it is.
      if (channel === 'book' && unanswered.length < UNANSWERED_MAX) {
        unanswered = [...unanswered, { requestId: id, atUs: nowUs }];
      }
    }
  }

  return {
    open(sender, nowUs) {
      send = sender;
      asked.clear();
      unanswered = [];
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
    onSnapshot() {
      const [oldest, ...others] = unanswered;
      unanswered = others;
      return oldest?.atUs ?? sinceUs;
    },
    onRefused(refused) {
      unanswered = unanswered.filter(({ requestId }) => requestId !== refused);
    },
    channelOf: (id) => [...asked].find(([, asking]) => asking === id)?.[0] ?? null,
  };
}
