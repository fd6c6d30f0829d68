// The websocket client of the simulated machine, in the place of the package `ws`: as much of it as the engine uses.

import { networkInUse } from './in-use.ts';
import { LOST, REFUSED, requestOf, ServerSocket, textOf } from './network.ts';
import type { Owner } from './schedule.ts';

type Listener = (...args: never[]) => void;

const encoder = new TextEncoder();

/** More than any client leaves unsent. */
const UNREAD_BYTES = 64 * 1024 * 1024;
const NORMAL = 1000;
const ABNORMAL = 1006;
const TOO_LARGE = 1009;

export default class VirtualSocket {
  static readonly OPEN = 1;
  static readonly CLOSED = 3;
  onopen: (() => void) | null = null;
  onerror: ((event: { readonly message?: unknown }) => void) | null = null;
  onclose: ((event: { readonly code: number; readonly reason: string }) => void) | null = null;
  readyState = 0;
  readonly #network = networkInUse();
  readonly #listeners = new Map<string, Listener>();
  readonly owner: Owner;
  readonly #port: number;
  readonly #maxPayload: number;
  #peer: ServerSocket | null = null;
  /** When the newest message in each direction arrives: none overtakes another. */
  #downAtUs = 0;
  #upAtUs = 0;

  constructor(
    url: string,
    options: { readonly headers: Readonly<Record<string, string>>; readonly maxPayload: number },
  ) {
    this.#maxPayload = options.maxPayload;
    const { schedule } = this.#network;
    this.owner = schedule.current;
    this.#port = Number(new URL(url).port);
    const line = this.#network.line(this.#port);
    const fault = line.isDead ? LOST : line.isOff ? REFUSED : line.upgrade();
    if (fault?.kind === 'lost') return;
    const slowUs = fault?.kind === 'slow' ? fault.ms * 1000 : 0;
    schedule.after(
      line.latencyUs() + slowUs,
      () => {
        if (!this.owner.alive || this.readyState !== 0) return;
        if (fault?.kind === 'refused') this.#fail();
        else if (fault?.kind === 'status') this.#turnedAway(fault.status, fault.headers ?? {});
        else this.#connect(url, options.headers);
      },
      schedule.world,
    );
  }

  get bufferedAmount(): number {
    return this.#network.line(this.#port).isUnread ? UNREAD_BYTES : 0;
  }

  on(event: string, listener: Listener): this {
    this.#listeners.set(event, listener);
    return this;
  }

  send(text: string): void {
    if (!this.#network.tap.sent(this.#port, text, this.owner)) return;
    this.#toPeer(() => {
      const arriving = this.#network.line(this.#port).up(text);
      if (arriving !== null && this.#peer !== null)
        this.#network.server(this.#port)?.websocket?.message(this.#peer, arriving);
    });
  }

  ping(payload = ''): void {
    this.#toPeer(() => this.#fromPeer(() => this.#call('pong', new TextEncoder().encode(payload))));
  }

  close(code = NORMAL): void {
    this.#end(code);
  }

  terminate(): void {
    this.#end(ABNORMAL);
  }

  #connect(url: string, headers: Readonly<Record<string, string>>): void {
    const upgrade = (data: unknown): void => {
      const peer = new ServerSocket(data, {
        down: (text) => this.#down(text),
        pong: () => this.#toPeer(() => this.#network.server(this.#port)?.websocket?.pong?.(peer)),
        end: (code) => this.#ended(code),
      });
      this.#peer = peer;
      this.#network.opened(this);
      this.#fromPeer(() => {
        this.readyState = VirtualSocket.OPEN;
        this.onopen?.();
      });
      this.#network.server(this.#port)?.websocket?.open?.(peer);
    };
    const request = requestOf(url.replace(/^ws/, 'http'), { headers }, '');
    void this.#network.request(this.#port, request, upgrade).then((response) => {
      if (response !== null) this.#turnedAway(response.status, Object.fromEntries(response.headers.entries()));
      else if (this.#peer === null) this.#fail();
    });
  }

  #turnedAway(statusCode: number, headers: Readonly<Record<string, string>>): void {
    this.#fromPeer(() => {
      this.readyState = VirtualSocket.CLOSED;
      this.#call('unexpected-response', null, { statusCode, headers, destroy: () => {} });
    });
  }

  #fail(): void {
    this.#fromPeer(() => {
      this.readyState = VirtualSocket.CLOSED;
      this.onerror?.({ message: 'connect ECONNREFUSED' });
      this.onclose?.({ code: ABNORMAL, reason: '' });
    });
  }

  #down(text: string): void {
    this.#fromPeer(() => {
      if (this.readyState !== VirtualSocket.OPEN) return;
      const arriving = this.#network.line(this.#port).down(text);
      if (arriving === null) return;
      if (arriving.length > this.#maxPayload) {
        this.#end(TOO_LARGE);
        return;
      }
      this.#network.tap.delivered(this.#port, textOf(arriving));
      const isText = typeof arriving === 'string';
      this.#call('message', Buffer.from(isText ? encoder.encode(arriving) : arriving), !isText);
    });
  }

  /** The server ended it. */
  #ended(code: number): void {
    if (this.#peer === null) return;
    this.#leave();
    this.#fromPeer(() => {
      if (this.readyState === VirtualSocket.CLOSED) return;
      this.readyState = VirtualSocket.CLOSED;
      this.onclose?.({ code, reason: '' });
    });
  }

  /** The client ended it. */
  #end(code: number): void {
    if (this.readyState === VirtualSocket.CLOSED) return;
    this.readyState = VirtualSocket.CLOSED;
    this.#toPeer(() => this.#leave());
    this.#network.schedule.after(1, () => this.onclose?.({ code, reason: '' }), this.owner);
  }

  /** The server takes note of the end. */
  #leave(): void {
    const peer = this.#peer;
    this.#peer = null;
    this.#network.closed(this);
    if (peer !== null) this.#network.server(this.#port)?.websocket?.close?.(peer);
  }

  #toPeer(run: () => void): void {
    const { schedule } = this.#network;
    if (!this.owner.alive) return;
    this.#upAtUs = Math.max(this.#upAtUs + 1, schedule.nowUs + this.#network.line(this.#port).latencyUs());
    if (this.#network.line(this.#port).isDead) return;
    schedule.after(this.#upAtUs - schedule.nowUs, run, schedule.world);
  }

  #fromPeer(run: () => void): void {
    const { schedule } = this.#network;
    const line = this.#network.line(this.#port);
    if (line.isDead) return;
    this.#downAtUs = Math.max(this.#downAtUs + 1, schedule.nowUs + line.latencyUs());
    schedule.after(this.#downAtUs - schedule.nowUs, run, this.owner);
  }

  /** The process at this end is gone: the server learns of it. */
  orphaned(): void {
    this.#leave();
  }

  #call(event: string, ...args: unknown[]): void {
    (this.#listeners.get(event) as ((...args: unknown[]) => void) | undefined)?.(...args);
  }
}
