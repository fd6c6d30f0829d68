// Kraken's websocket v2 for one market, BTC/EUR, on a real socket: subscriptions, snapshots, updates with checksum,
// ticker, heartbeat, status, ping. What the market does is set from outside (by hand or frame by frame from a tape);
// what each subscriber is sent follows from the book that it was sent last, so that nothing is lost in a silence.
// Out of scope: other symbols, trades and instrument channels, TLS, private channels.

import type { KrakenSystem } from '../../../contracts/wire/kraken.ts';
import type { Book } from './book.ts';
import { type Market, type MarketChange, openMarket, traded, withBook, withRecorded } from './market.ts';
import { newSession, type Session } from './session.ts';
import { bookAround, bookFromTop, type TopOfBook } from './shape.ts';
import { Feed } from './socket/feed.ts';
import { Replies } from './socket/replies.ts';

export type KrakenSimOptions = {
  /** 0, the default, takes a free one. */
  readonly port?: number;
  readonly now?: () => number;
  /** Middle of the first book; 38,900 EUR when nothing is said. */
  readonly midE1?: bigint;
  /** A connection with a subscription that was sent nothing for so long gets a heartbeat. */
  readonly heartbeatMs?: number;
  /** When set, a book that did not change for so long is stirred, as a real one would be. */
  readonly stirMs?: number;
  /** Messages that a client may send in a second. */
  readonly maxMessagesPerS?: number;
};

type KrakenResult = { readonly ok: true } | { readonly ok: false; readonly reason: string };

type KrakenFaults = {
  /** Cuts every connection without a closing handshake; gives their number. */
  drop(): number;
  /** Heartbeats go on, books and tickers stop; what was held back follows when it ends. */
  silence(on: boolean): void;
  /** Nothing at all is sent any more, as on a dead line. */
  stall(on: boolean): void;
  /** The next `frames` book frames of each connection carry a checksum that is wrong. */
  wrongChecksum(frames: number): void;
  /** New connections are turned away with 503. */
  refuse(on: boolean): void;
  /** The next `messages` messages of clients are answered with the rate error. */
  rateLimit(messages: number): void;
};

export type KrakenSim = {
  readonly url: string;
  readonly faults: KrakenFaults;
  market(): Market;
  setBook(book: Book): KrakenResult;
  setTop(top: TopOfBook): KrakenResult;
  /** Book around a middle, with a trade there. */
  bookAround(midE1: bigint, spreadE1?: bigint): KrakenResult;
  trade(priceE1: bigint, qtyE8: bigint): void;
  /** Takes over one frame of a tape. */
  frame(text: string): KrakenResult;
  setSystem(system: KrakenSystem): void;
  clients(): number;
  /** Connections with a subscription to the book or the ticker. */
  subscribers(): number;
  /** Settles when every client has taken in what was sent so far, or is gone. */
  flushed(): Promise<void>;
  close(): Promise<void>;
};

const DEFAULTS = { midE1: 389_000n, heartbeatMs: 1000, maxMessagesPerS: 50 };
/** Kraken's ids are of this size. */
const FIRST_CONNECTION_ID = 13_834_774_380_200_032_777n;

type Endpoint = {
  readonly feed: Feed;
  readonly replies: Replies;
  readonly now: () => number;
  readonly port: number;
  /** New connections are turned away. */
  isRefusing: boolean;
};

/** The socket at `/v2`. */
function serve(endpoint: Endpoint): Bun.Server<Session> {
  const { feed, replies, now, port } = endpoint;
  let nextId = FIRST_CONNECTION_ID;
  return Bun.serve<Session>({
    hostname: '127.0.0.1',
    port,
    fetch(request, server) {
      if (new URL(request.url).pathname !== '/v2') return new Response('Not Found', { status: 404 });
      if (endpoint.isRefusing) return new Response('Service Unavailable', { status: 503 });
      nextId += 1n;
      const data = newSession(nextId, feed.market(), now());
      return server.upgrade(request, { data }) ? undefined : new Response('Upgrade Required', { status: 426 });
    },
    websocket: {
      open: (socket) => feed.opened(socket),
      message: (socket, message) =>
        replies.answer(socket, typeof message === 'string' ? message : message.toString('utf8')),
      pong: (socket) => feed.connections.ponged(socket),
      close: (socket) => feed.connections.closed(socket),
    },
  });
}

function faultsOf(endpoint: Endpoint): KrakenFaults {
  const { feed, replies } = endpoint;
  return {
    drop: () => feed.connections.drop(),
    silence: (on) => feed.silence(on),
    stall: (on) => feed.stall(on),
    wrongChecksum: (count) => feed.wrongChecksum(count),
    refuse(on) {
      endpoint.isRefusing = on;
    },
    rateLimit: (messages) => replies.rateLimit(messages),
  };
}

export function startKrakenSim(options: KrakenSimOptions = {}): KrakenSim {
  const { now = Date.now, port = 0, stirMs } = options;
  const heartbeatMs = options.heartbeatMs ?? DEFAULTS.heartbeatMs;
  const maxMessagesPerS = options.maxMessagesPerS ?? DEFAULTS.maxMessagesPerS;
  const feed = new Feed(now, openMarket(options.midE1 ?? DEFAULTS.midE1));
  const replies = new Replies({ feed, now, maxMessagesPerS });
  const endpoint: Endpoint = { feed, replies, now, port, isRefusing: false };
  const server = serve(endpoint);
  const heartbeatTimer = setInterval(() => feed.beatAfter(heartbeatMs), heartbeatMs);
  const stirTimer = stirMs === undefined ? null : setInterval(() => feed.stirAfter(stirMs), stirMs);

  function becomeIf(change: MarketChange): KrakenResult {
    if (!change.ok) return change;
    feed.become(change.market);
    return { ok: true };
  }

  return {
    url: `ws://127.0.0.1:${server.port}/v2`,
    faults: faultsOf(endpoint),
    market: () => feed.market(),
    setBook: (book) => becomeIf(withBook(feed.market(), book)),
    setTop: (top) => becomeIf(withBook(feed.market(), bookFromTop(top))),
    bookAround: (midE1, spreadE1) =>
      becomeIf(withBook(traded(feed.market(), midE1, 100_000n), bookAround(midE1, spreadE1))),
    trade: (priceE1, qtyE8) => feed.become(traded(feed.market(), priceE1, qtyE8)),
    frame: (text) => becomeIf(withRecorded(feed.market(), text)),
    setSystem: (system) => feed.become({ ...feed.market(), system }),
    clients: () => feed.connections.count,
    subscribers: () => feed.subscribers(),
    flushed: () => feed.connections.flushed(),
    async close() {
      clearInterval(heartbeatTimer);
      if (stirTimer !== null) clearInterval(stirTimer);
      await server.stop(true);
    },
  };
}
