// The connections to the Kraken stand-in and the market that they follow: each subscriber is sent the change from the
// book that it was last sent to the present one, so that nothing is lost in a silence.

import type { ServerWebSocket } from 'bun';
import { Connections } from '../../connections.ts';
import { type Book, changesBetween, checksum, isUnchanged, truncate } from '../book.ts';
import * as frames from '../frames.ts';
import { type Market, stirred } from '../market.ts';
import type { Channel } from '../requests.ts';
import { isSubscribed, isTickerDue, type Session } from '../session.ts';

export type Socket = ServerWebSocket<Session>;

const crc32 = (text: string): number => Bun.hash.crc32(text);

export class Feed {
  readonly #now: () => number;
  readonly connections = new Connections<Session>();
  #market: Market;
  #changedAtMs: number;
  #stirs = 0;
  #isSilent = false;
  #isStalled = false;

  constructor(now: () => number, market: Market) {
    this.#now = now;
    this.#market = market;
    this.#changedAtMs = now();
  }

  market(): Market {
    return this.#market;
  }

  opened(socket: Socket): void {
    this.connections.opened(socket);
    this.send(socket, frames.statusFrame(this.#market.system, socket.data.id));
  }

  /** Connections with a subscription to the book or the ticker. */
  subscribers(): number {
    return [...this.connections].filter((socket) => isSubscribed(socket.data)).length;
  }

  /** Puts another market in place and sends what changed. */
  become(next: Market): void {
    const isNewStatus = next.system !== this.#market.system;
    if (next.book !== this.#market.book) this.#changedAtMs = this.#now();
    this.#market = next;
    if (isNewStatus) {
      for (const socket of this.connections) this.send(socket, frames.statusFrame(next.system, socket.data.id));
    }
    this.#sendChanges();
  }

  /** Stirs a book that did not change for so long. */
  stirAfter(unchangedMs: number): void {
    if (this.#now() - this.#changedAtMs < unchangedMs) return;
    this.#stirs += 1;
    this.become(stirred(this.#market, this.#stirs % 2 === 1));
  }

  /** Sends a heartbeat to each subscriber that was sent nothing for so long. */
  beatAfter(quietMs: number): void {
    for (const socket of this.connections) {
      if (isSubscribed(socket.data) && this.#now() - socket.data.lastSentAtMs >= quietMs)
        this.send(socket, frames.HEARTBEAT_FRAME);
    }
  }

  send(socket: Socket, text: string): void {
    if (this.#isStalled) return;
    socket.data.lastSentAtMs = this.#now();
    socket.send(text);
  }

  /** The first thing that a new subscriber hears; without a snapshot it starts from the current state. */
  sendFirst(socket: Socket, channel: Channel): void {
    if (channel.name === 'book') {
      socket.data.sentBook = this.#market.book;
      if (channel.snapshot) this.#sendBook(socket, 'snapshot', truncate(this.#market.book, channel.depth));
    } else {
      socket.data.sentMarket = this.#market;
      if (channel.snapshot) this.#sendTicker(socket, 'snapshot');
    }
  }

  /** Holds books and tickers back; what was held back follows when it ends. */
  silence(on: boolean): void {
    this.#isSilent = on;
    this.#sendChanges();
  }

  /** Sends nothing at all any more. */
  stall(on: boolean): void {
    this.#isStalled = on;
    this.#sendChanges();
  }

  /** The next `count` book frames of each connection carry a checksum that is wrong. */
  wrongChecksum(count: number): void {
    for (const socket of this.connections) socket.data.wrongChecksums = count;
  }

  #sendChanges(): void {
    if (this.#isSilent || this.#isStalled) return;
    for (const socket of this.connections) {
      const { bookDepth, sentBook } = socket.data;
      if (bookDepth !== null && sentBook !== this.#market.book) {
        const changes = changesBetween(sentBook, this.#market.book, bookDepth);
        if (isUnchanged(changes)) socket.data.sentBook = this.#market.book;
        else this.#sendBook(socket, 'update', changes);
      }
      if (isTickerDue(socket.data, this.#market)) this.#sendTicker(socket, 'update');
    }
  }

  #sendBook(socket: Socket, type: frames.FrameType, content: Book): void {
    const { data } = socket;
    const right = checksum(this.#market.book, crc32);
    const isWrong = data.wrongChecksums > 0;
    if (isWrong) data.wrongChecksums -= 1;
    // One flipped bit keeps it an unsigned 32-bit number.
    const sum = isWrong ? (right ^ 1) >>> 0 : right;
    const timestamp = type === 'snapshot' ? null : frames.timestampOf(this.#now());
    this.send(socket, frames.bookFrame(type, content, sum, timestamp));
    data.sentBook = this.#market.book;
  }

  #sendTicker(socket: Socket, type: frames.FrameType): void {
    const { book, stats } = this.#market;
    const text = frames.tickerFrame(type, book, stats, frames.timestampOf(this.#now()));
    if (text !== null) this.send(socket, text);
    socket.data.sentMarket = this.#market;
  }
}
