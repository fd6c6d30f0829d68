// Bytes to a client whose connection speaks something else than HTTP by now: queued as far as the socket does not take them. Who
// writes looks at `queuedBytes` and gives up on a client that does not read.

import type { ConnectionSocket } from '../front/socket.ts';

export class ByteStream {
  readonly #socket: ConnectionSocket;
  #queue: Uint8Array[] = [];
  #queuedBytes = 0;
  /** Bytes of the first that the socket has taken. */
  #taken = 0;
  #isLast = false;
  #isClosed = false;

  constructor(socket: ConnectionSocket) {
    this.#socket = socket;
  }

  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** The bytes may be shared with other streams: they are not changed. */
  write(bytes: Uint8Array): void {
    if (this.#isClosed || this.#isLast) return;
    this.#queue.push(bytes);
    this.#queuedBytes += bytes.length;
    if (this.#queue.length === 1) this.drain();
  }

  /** Writes this, and nothing after it; what waits and has not begun to leave is thrown away. */
  last(bytes: Uint8Array): void {
    if (this.#isClosed || this.#isLast) return;
    this.#queue = this.#taken > 0 ? this.#queue.slice(0, 1) : [];
    this.#queuedBytes = (this.#queue[0]?.length ?? 0) - this.#taken;
    this.write(bytes);
    this.#isLast = true;
    if (this.#queue.length === 0) this.#end();
  }

  /** The socket takes bytes again. */
  drain(): void {
    for (let first = this.#queue[0]; first !== undefined && !this.#isClosed; first = this.#queue[0]) {
      const rest = first.subarray(this.#taken);
      const taken = this.#socket.write(rest);
      if (taken < 0) {
        this.terminate();
        return;
      }
      this.#queuedBytes -= taken;
      this.#taken += taken;
      if (taken < rest.length) return;
      this.#queue.shift();
      this.#taken = 0;
    }
    if (this.#isLast) this.#end();
  }

  terminate(): void {
    if (this.#isClosed) return;
    this.closed();
    this.#socket.terminate();
  }

  /** The socket is gone. */
  closed(): void {
    this.#isClosed = true;
    this.#queue = [];
    this.#queuedBytes = 0;
  }

  #end(): void {
    if (this.#isClosed) return;
    this.closed();
    this.#socket.end();
  }
}

/** What a connection that was upgraded is given to. */
export type StreamHandler = {
  take(bytes: Buffer): void;
  /** Called about once a second. */
  checkAge(): void;
  /** The process ends. */
  finish(): void;
  /** The socket is gone. */
  closed(): void;
};
