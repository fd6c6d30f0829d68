// Kraken's websocket v2 for one market, BTC/EUR, on a real socket: subscriptions, snapshots, updates with checksum,
// ticker, heartbeat, status, ping. What the market does is set from outside (by hand or frame by frame from a tape);
// what each subscriber is told follows from the book that it was last told about, so that nothing is lost in a silence.
// Out of scope: other symbols, trades and instrument channels, TLS, private channels.

import type { ServerWebSocket } from 'bun';
import type { KrakenSystem } from '../../../contracts/wire/kraken.ts';
import { type Book, changesBetween, checksum, isUnchanged, truncate } from './book.ts';
import * as frames from './frames.ts';
import { type Market, openMarket, stirred, traded, withBook, withRecorded } from './market.ts';
import { type Channel, readRequest, type SubscriptionWish, type SymbolWish } from './requests.ts';
import { isSubscribed, isTickerDue, isTooMuch, newSession, type Session, subscribe, unsubscribe } from './session.ts';
import { bookAround, bookFromTop, type TopOfBook } from './shape.ts';

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

export type KrakenResult = { readonly ok: true } | { readonly ok: false; readonly reason: string };

export type KrakenFaults = {
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

type Socket = ServerWebSocket<Session>;

const DEFAULTS = { midE1: 389_000n, heartbeatMs: 1000, maxMessagesPerS: 50 };
/** Kraken's ids are of this size. */
const FIRST_CONNECTION_ID = 13_834_774_380_200_032_777n;

const crc32 = (text: string): number => Bun.hash.crc32(text);

function resultOf(channel: Channel, symbol: string): Record<string, unknown> {
  const own = channel.name === 'book' ? { depth: channel.depth } : { event_trigger: channel.trigger };
  return { channel: channel.name, symbol, ...own, snapshot: channel.snapshot };
}

export function startKrakenSim(options: KrakenSimOptions = {}): KrakenSim {
  const now = options.now ?? Date.now;
  const heartbeatMs = options.heartbeatMs ?? DEFAULTS.heartbeatMs;
  const maxMessagesPerS = options.maxMessagesPerS ?? DEFAULTS.maxMessagesPerS;
  const connections = new Set<Socket>();
  let market = openMarket(options.midE1 ?? DEFAULTS.midE1);
  let nextId = FIRST_CONNECTION_ID;
  let isSilent = false;
  let isStalled = false;
  let isRefusing = false;
  let rateLimited = 0;
  let changedAtMs = now();
  let stirs = 0;

  // Kraken prints microseconds.
  const timestamp = (): string => new Date(now()).toISOString().replace('Z', '000Z');

  function send(socket: Socket, text: string): void {
    if (isStalled) return;
    socket.data.lastSentAtMs = now();
    socket.send(text);
  }

  function sendBook(socket: Socket, type: frames.FrameType, content: Book): void {
    const { data } = socket;
    const right = checksum(market.book, crc32);
    const isWrong = data.wrongChecksums > 0;
    if (isWrong) data.wrongChecksums -= 1;
    // One flipped bit keeps it an unsigned 32-bit number.
    const sum = isWrong ? (right ^ 1) >>> 0 : right;
    send(socket, frames.bookFrame(type, content, sum, type === 'snapshot' ? null : timestamp()));
    data.toldBook = market.book;
  }

  function sendTicker(socket: Socket, type: frames.FrameType): void {
    const text = frames.tickerFrame(type, market.book, market.stats, timestamp());
    if (text !== null) send(socket, text);
    socket.data.toldMarket = market;
  }

  function tell(socket: Socket): void {
    if (isSilent || isStalled) return;
    const { bookDepth, toldBook } = socket.data;
    if (bookDepth !== null && toldBook !== market.book) {
      const changes = changesBetween(toldBook, market.book, bookDepth);
      if (isUnchanged(changes)) socket.data.toldBook = market.book;
      else sendBook(socket, 'update', changes);
    }
    if (isTickerDue(socket.data, market)) sendTicker(socket, 'update');
  }

  function tellAll(): void {
    for (const socket of connections) tell(socket);
  }

  function become(next: Market): KrakenResult {
    const isNewStatus = next.system !== market.system;
    if (next.book !== market.book) changedAtMs = now();
    market = next;
    if (isNewStatus) for (const socket of connections) send(socket, frames.statusFrame(next.system, socket.data.id));
    tellAll();
    return { ok: true };
  }

  function becomeIf(change: ReturnType<typeof withBook>): KrakenResult {
    return change.ok ? become(change.market) : change;
  }

  /** The first thing that a new subscriber hears; without a snapshot it starts from what stands now. */
  function sendFirst(socket: Socket, channel: Channel): void {
    if (channel.name === 'book') {
      socket.data.toldBook = market.book;
      if (channel.snapshot) sendBook(socket, 'snapshot', truncate(market.book, channel.depth));
    } else {
      socket.data.toldMarket = market;
      if (channel.snapshot) sendTicker(socket, 'snapshot');
    }
  }

  function answerSymbol(socket: Socket, wish: SubscriptionWish, each: SymbolWish): void {
    const times = { reqId: wish.reqId, timeIn: timestamp(), timeOut: timestamp() };
    const act = wish.kind === 'subscribe' ? subscribe : unsubscribe;
    const refusal = each.channel === null ? each.refusal : act(socket.data, each.channel);
    if (each.channel === null || refusal !== null) {
      send(socket, frames.refusalFrame(wish.kind, refusal ?? '', each.symbol, times));
      return;
    }
    send(socket, frames.ackFrame(wish.kind, resultOf(each.channel, each.symbol), times));
    if (wish.kind === 'subscribe') sendFirst(socket, each.channel);
  }

  function isRateLimited({ data }: Socket): boolean {
    if (rateLimited === 0) return isTooMuch(data, now(), maxMessagesPerS);
    rateLimited -= 1;
    return true;
  }

  function onMessage(socket: Socket, message: string | Buffer): void {
    if (isRateLimited(socket)) {
      send(socket, frames.RATE_FRAME);
      return;
    }
    const wish = readRequest(typeof message === 'string' ? message : message.toString('utf8'));
    const times = { timeIn: timestamp(), timeOut: timestamp() };
    if (wish.kind === 'ping') send(socket, frames.pongFrame({ reqId: wish.reqId, ...times }));
    else if (wish.kind === 'malformed') {
      send(socket, frames.refusalFrame('unknown', wish.reason, null, { reqId: wish.reqId, ...times }));
    } else for (const each of wish.symbols) answerSymbol(socket, wish, each);
  }

  function upgrade(request: Request, server: Bun.Server<Session>): Response | undefined {
    if (new URL(request.url).pathname !== '/v2') return new Response('Not Found', { status: 404 });
    if (isRefusing) return new Response('Service Unavailable', { status: 503 });
    nextId += 1n;
    const data = newSession(nextId, market, now());
    return server.upgrade(request, { data }) ? undefined : new Response('Upgrade Required', { status: 426 });
  }

  const server = Bun.serve<Session>({
    hostname: '127.0.0.1',
    port: options.port ?? 0,
    fetch: upgrade,
    websocket: {
      open(socket) {
        connections.add(socket);
        send(socket, frames.statusFrame(market.system, socket.data.id));
      },
      message: onMessage,
      // Pings and pongs keep their order, so each pong settles the oldest wait.
      pong: (socket) => socket.data.pongWaiters.shift()?.(),
      close(socket) {
        connections.delete(socket);
        for (const settle of socket.data.pongWaiters.splice(0)) settle();
      },
    },
  });

  const heartbeatTimer = setInterval(() => {
    for (const socket of connections) {
      if (isSubscribed(socket.data) && now() - socket.data.lastSentAtMs >= heartbeatMs)
        send(socket, frames.HEARTBEAT_FRAME);
    }
  }, heartbeatMs);

  const { stirMs } = options;
  const stirTimer =
    stirMs === undefined
      ? null
      : setInterval(() => {
          if (now() - changedAtMs < stirMs) return;
          stirs += 1;
          become(stirred(market, stirs % 2 === 1));
        }, stirMs);

  const faults: KrakenFaults = {
    drop() {
      const all = [...connections];
      for (const socket of all) socket.terminate();
      return all.length;
    },
    silence(on) {
      isSilent = on;
      tellAll();
    },
    stall(on) {
      isStalled = on;
      tellAll();
    },
    wrongChecksum(count) {
      for (const socket of connections) socket.data.wrongChecksums = count;
    },
    refuse(on) {
      isRefusing = on;
    },
    rateLimit(messages) {
      rateLimited = messages;
    },
  };

  return {
    url: `ws://127.0.0.1:${server.port}/v2`,
    faults,
    market: () => market,
    setBook: (book) => becomeIf(withBook(market, book)),
    setTop: (top) => becomeIf(withBook(market, bookFromTop(top))),
    bookAround: (midE1, spreadE1) => becomeIf(withBook(traded(market, midE1, 100_000n), bookAround(midE1, spreadE1))),
    trade(priceE1, qtyE8) {
      become(traded(market, priceE1, qtyE8));
    },
    frame: (text) => becomeIf(withRecorded(market, text)),
    setSystem(system) {
      become({ ...market, system });
    },
    clients: () => connections.size,
    subscribers: () => [...connections].filter((socket) => isSubscribed(socket.data)).length,
    async flushed() {
      const waits = [...connections].map(
        (socket) =>
          new Promise<void>((settle) => {
            socket.data.pongWaiters.push(settle);
            socket.ping();
          }),
      );
      await Promise.all(waits);
    },
    async close() {
      clearInterval(heartbeatTimer);
      if (stirTimer !== null) clearInterval(stirTimer);
      await server.stop(true);
    },
  };
}
