// The websocket connections of a stand-in that are open: counted, cut, and awaited until each has taken in what was sent to it.

import type { ServerWebSocket } from 'bun';

export class Connections<Session> {
  /** Each with those who wait for its pongs. Pings and pongs keep their order, so each pong settles the oldest wait. */
  readonly #open = new Map<ServerWebSocket<Session>, (() => void)[]>();

  get count(): number {
    return this.#open.size;
  }

  [Symbol.iterator](): Iterator<ServerWebSocket<Session>> {
    return this.#open.keys();
  }

  opened(socket: ServerWebSocket<Session>): void {
    this.#open.set(socket, []);
  }

  closed(socket: ServerWebSocket<Session>): void {
    const waiting = this.#open.get(socket) ?? [];
    this.#open.delete(socket);
    for (const settle of waiting) settle();
  }

  ponged(socket: ServerWebSocket<Session>): void {
    this.#open.get(socket)?.shift()?.();
  }

  /** Cuts every connection without a closing handshake; gives their number. */
  drop(): number {
    const all = [...this.#open.keys()];
    for (const socket of all) socket.terminate();
    return all.length;
  }

  /** Settles when every client has taken in what was sent so far, or is gone. */
  async flushed(): Promise<void> {
    const waits = [...this.#open].map(
      ([socket, waiting]) =>
        new Promise<void>((settle) => {
          waiting.push(settle);
          socket.ping();
        }),
    );
    await Promise.all(waits);
  }
}
