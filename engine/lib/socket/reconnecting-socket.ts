// A websocket client that stays connected: for the relay and for Kraken. One socket at a time; a lost one is replaced
// without a limit of attempts, the first time at once, then after growing waits with jitter. A server that refuses the upgrade
// is never tried again at once: not before the time that its `Retry-After` asks for, and slowly when it says that we are not
// allowed (401, 403), since that needs an operator and not more tries. One that opens and loses connections again and again is
// left alone for a while each time (reconnect-storm.ts).
//
// A connection counts as lost when it closes, when a ping frame gets no pong, when frames stay away for longer than the
// idle limit, or when a stream that the owner expects does not start. An event of a socket that was given up is ignored.
// Text in binary frames is text: it is decoded. Durations are monotonic; wall time is for records.
// Out of scope: what frames mean, subscriptions, and whether a frame that could not be sent matters: the owner knows.

import WebSocket from 'ws';
import { backoffMs, failuresAfter } from '../../../contracts/runtime/backoff.ts';
import { cutAndSay } from '../../../contracts/text.ts';
import type { Random } from '../../model/ports.ts';
import { FrameFlood } from './frame-flood.ts';
import { SOCKET_LIMITS, type SocketLimits } from './limits.ts';
import { ReconnectStorm } from './reconnect-storm.ts';
import { judgeRefusedUpgrade, type KeyRefusal } from './refused-upgrade.ts';
import type { SocketOptions, SocketTrouble, SocketView } from './socket-types.ts';

/** More than this unsent means that the peer has stopped reading. */
const UNSENT_BYTES_MAX = 4 * 1024 * 1024;
/** No frame that is read here comes near it; a larger one ends the connection before it fills the memory. */
const MESSAGE_BYTES_MAX = 4 * 1024 * 1024;
/** Of what a server says for a reason, kept for the log. */
const REASON_BYTES_MAX = 256;
/** Pings that are not answered yet; with more, the peer answers none. */
const PONGS_AWAITED_MAX = 16;
/** How long a peer may take to answer a close before its socket is torn down. */
const CLOSE_GRACE_MS = 1_000;
const NORMAL_CLOSURE = 1000;

/** One socket with all that ends when it ends. */
type Live = {
  readonly socket: WebSocket;
  connectionId: string | null;
  openedUs: number;
  heardUs: number;
  drainedUs: number;
  /** What went wrong; the close event that follows carries nothing. */
  errorText: string | null;
  /** By the payload of their pings. */
  readonly pongs: Map<string, () => void>;
  readonly stops: Set<() => void>;
  readonly flood: FrameFlood;
};

type Failure = {
  readonly kind: SocketTrouble['kind'];
  readonly detail: string;
  /** null: it was never open. */
  readonly connectionId: string | null;
  readonly upMs: number;
  readonly waitAtLeastMs: number;
  readonly keyRefusal: KeyRefusal | null;
  readonly status: number | null;
};

export class ReconnectingSocket {
  readonly #options: SocketOptions;
  readonly #limits: SocketLimits;
  readonly #storm: ReconnectStorm;
  #live: Live | null = null;
  #stopRetry: (() => void) | null = null;
  #state: SocketView['state'] = 'closed';
  #sinceMs: number;
  #attempts = 0;
  #pings = 0;
  #failures = 0;
  #lastError: SocketTrouble | null = null;
  #nextRetryAtMs: number | null = null;
  #heartbeatUs: number | null = null;

  constructor(options: SocketOptions) {
    this.#options = options;
    this.#limits = { ...SOCKET_LIMITS, ...options.limits };
    this.#storm = new ReconnectStorm(this.#limits.storm);
    this.#sinceMs = options.clock.nowMs();
  }

  /** Begins to connect, and keeps at it until `stop`. */
  start(): void {
    if (this.#state === 'closed') this.#connect();
  }

  /** Ends the connection for good. */
  stop(): void {
    this.#stopRetry?.();
    this.#stopRetry = null;
    this.#nextRetryAtMs = null;
    const live = this.#live;
    this.#enter('closed');
    if (live !== null) this.#lose(live, 'stopped', 'ended by us');
  }

  /** Sends a ping, to know when everything that the peer had sent by now was read: frames keep their order. */
  askDrained(): void {
    const live = this.#live;
    if (live === null) return;
    const askedUs = this.#options.clock.elapsedUs();
    this.#ping(live, () => {
      live.drainedUs = Math.max(live.drainedUs, askedUs);
    });
  }

  /**
   * Monotonic time from which on nothing that the peer sent is unread: when the connection was opened, or the newest
   * `askDrained` that was answered. null without an open connection.
   */
  drainedUs(): number | null {
    return this.#live?.connectionId == null ? null : this.#live.drainedUs;
  }

  view(): SocketView {
    return {
      state: this.#state,
      sinceMs: this.#sinceMs,
      attempts: this.#attempts,
      failures: this.#failures,
      lastError: this.#lastError,
      nextRetryAtMs: this.#nextRetryAtMs,
      connectionId: this.#live?.connectionId ?? null,
      heartbeatUs: this.#heartbeatUs,
      storm: this.#storm.isOn(this.#options.clock.elapsedUs()),
      storms: this.#storm.count(),
    };
  }

  #connect(): void {
    this.#enter('connecting');
    this.#nextRetryAtMs = null;
    this.#attempts++;
    const socket = this.#begin();
    if (socket === null) return;
    const live: Live = {
      socket,
      connectionId: null,
      openedUs: 0,
      heardUs: 0,
      drainedUs: 0,
      errorText: null,
      pongs: new Map(),
      stops: new Set(),
      flood: new FrameFlood(this.#limits.framesPerSecondMax),
    };
    this.#live = live;
    this.#after(live, this.#limits.connectMs, () =>
      this.#lose(live, 'connect_timeout', `not open after ${this.#limits.connectMs} ms`),
    );
    socket.onopen = () => this.#opened(live);
    // As a listener, not as `onmessage`, which would wrap each message into an event first.
    socket.on('message', (data, isBinary) => this.#received(live, data, isBinary));
    socket.on('pong', (payload) => this.#answered(live, payload));
    socket.on('unexpected-response', (_request, answer) => {
      const retryAfter = answer.headers['retry-after'];
      answer.destroy();
      this.#refused(live, answer.statusCode ?? 0, typeof retryAfter === 'string' ? retryAfter : null);
    });
    socket.onerror = (event) => {
      const text =
        typeof event.message === 'string' && event.message !== '' ? event.message : 'failed without a reason';
      live.errorText = cutAndSay(text, REASON_BYTES_MAX);
    };
    socket.onclose = (event) => {
      if (live.connectionId === null) {
        this.#lose(live, 'connect_failed', live.errorText ?? 'the connection was closed before it was open');
      } else {
        this.#lose(live, 'closed_by_peer', closeText(event.code, event.reason || (live.errorText ?? '')));
      }
    };
  }

  /** A header that HTTP does not allow, like a key with a line break, is refused by a throw that quotes it. */
  #begin(): WebSocket | null {
    const { url, headers = {} } = this.#options;
    try {
      return new WebSocket(typeof url === 'string' ? url : url(), {
        headers,
        perMessageDeflate: false,
        maxPayload: MESSAGE_BYTES_MAX,
        followRedirects: false,
      });
    } catch {
      this.#failed({
        kind: 'connect_failed',
        detail: 'the URL or a header, like the key, is not valid in an HTTP request',
        connectionId: null,
        upMs: 0,
        waitAtLeastMs: this.#limits.unauthorizedRetryMs,
        keyRefusal: null,
        status: null,
      });
      return null;
    }
  }

  #received(live: Live, data: Buffer, isBinary: boolean): void {
    if (this.#live !== live || live.connectionId === null) return;
    const nowUs = this.#options.clock.elapsedUs();
    live.heardUs = nowUs;
    if (this.#isFlooded(live, nowUs)) return;
    this.#options.onText(isBinary ? decoder.decode(data) : data.toString(), live.connectionId);
  }

  /** Gives up a peer that sends more than anybody can work off. */
  #isFlooded(live: Live, nowUs: number): boolean {
    if (!live.flood.isOver(nowUs)) return false;
    this.#lose(live, 'flooded', `more than ${this.#limits.framesPerSecondMax} frames within a second`);
    return true;
  }

  #opened(live: Live): void {
    if (this.#live !== live) return;
    const { clock, random } = this.#options;
    stopAll(live);
    const connectionId = newConnectionId(random);
    live.connectionId = connectionId;
    live.openedUs = clock.elapsedUs();
    live.heardUs = live.openedUs;
    live.drainedUs = live.openedUs;
    this.#storm.opened(live.openedUs);
    this.#enter('open');
    this.#keepAlive(live);
    if (this.#limits.idleMs !== null) this.#watchSilence(live, this.#limits.idleMs, this.#limits.idleMs);
    this.#options.onOpen({
      connectionId,
      send: (text) => this.#send(live, text),
      expect: (stream, withinMs) =>
        this.#after(live, withinMs, () =>
          this.#lose(live, 'stream_silent', `nothing of ${stream} within ${withinMs} ms`),
        ),
      drop: (detail) => this.#lose(live, 'dropped', detail),
    });
  }

  #send(live: Live, text: string): boolean {
    const { socket } = live;
    if (this.#live !== live || socket.readyState !== WebSocket.OPEN) return false;
    if (socket.bufferedAmount > UNSENT_BYTES_MAX) return false;
    socket.send(text);
    return true;
  }

  /** A ping every so often; each must be answered before its deadline. */
  #keepAlive(live: Live): void {
    const { pingEveryMs, pongWithinMs } = this.#limits;
    const ping = (): void => {
      const answered = this.#after(live, pongWithinMs, () =>
        this.#lose(live, 'pong_missing', `no pong within ${pongWithinMs} ms`),
      );
      this.#ping(live, answered);
      this.#after(live, pingEveryMs, ping);
    };
    this.#after(live, pingEveryMs, ping);
  }

  #ping(live: Live, onPong: () => void): void {
    if (this.#live !== live || live.socket.readyState !== WebSocket.OPEN) return;
    const key = String(++this.#pings);
    for (const oldest of live.pongs.keys()) {
      if (live.pongs.size < PONGS_AWAITED_MAX) break;
      live.pongs.delete(oldest);
    }
    live.pongs.set(key, onPong);
    live.socket.ping(key);
  }

  /** A peer may answer the newest of several pings alone (RFC 6455, 5.5.3): that answers those before it. */
  #answered(live: Live, payload: Uint8Array): void {
    const nowUs = this.#options.clock.elapsedUs();
    if (this.#live !== live || this.#isFlooded(live, nowUs)) return;
    this.#heartbeatUs = nowUs;
    const key = decoder.decode(payload);
    if (!live.pongs.has(key)) return;
    for (const [earlier, onPong] of live.pongs) {
      live.pongs.delete(earlier);
      onPong();
      if (earlier === key) return;
    }
  }

  /** Looks again when the silence, had it lasted until then, would be too long. */
  #watchSilence(live: Live, idleMs: number, lookInMs: number): void {
    this.#after(live, lookInMs, () => {
      const silentMs = (this.#options.clock.elapsedUs() - live.heardUs) / 1000;
      if (silentMs >= idleMs) this.#lose(live, 'idle', `no frame for ${idleMs} ms`);
      else this.#watchSilence(live, idleMs, Math.ceil(idleMs - silentMs));
    });
  }

  #refused(live: Live, status: number, retryAfter: string | null): void {
    const { clock, random, headers = {} } = this.#options;
    const verdict = judgeRefusedUpgrade({
      status,
      retryAfter,
      key: bearerOf(headers),
      nowMs: clock.nowMs(),
      fraction: random.fraction(),
      limits: this.#limits,
    });
    this.#end(live, { ...verdict, status });
  }

  #lose(live: Live, kind: SocketTrouble['kind'], detail: string): void {
    this.#end(live, { kind, detail, waitAtLeastMs: 0, keyRefusal: null, status: null });
  }

  /** Ends this socket, reports it to the owner if it was open, and arranges for the next unless we were asked to stop. */
  #end(live: Live, why: Omit<Failure, 'connectionId' | 'upMs'>): void {
    if (this.#live !== live) return;
    this.#live = null;
    stopAll(live);
    live.pongs.clear();
    this.#tearDown(live.socket, why.kind);
    const upMs = live.connectionId === null ? 0 : (this.#options.clock.elapsedUs() - live.openedUs) / 1000;
    this.#failed({ ...why, connectionId: live.connectionId, upMs });
  }

  #failed({ kind, detail, connectionId, upMs, waitAtLeastMs, keyRefusal, status }: Failure): void {
    const { clock, random } = this.#options;
    const { backoff } = this.#limits;
    let retryInMs: number | null = null;
    if (kind !== 'stopped') {
      this.#failures = failuresAfter(backoff, this.#failures, upMs);
      const stormMs = this.#storm.waitMs(clock.elapsedUs(), random.fraction());
      retryInMs = Math.max(waitAtLeastMs, stormMs, backoffMs(backoff, this.#failures, random.fraction()));
    }
    const trouble: SocketTrouble = { kind, detail, keyRefusal, status, atMs: clock.nowMs(), retryInMs };
    if (retryInMs !== null) {
      this.#lastError = trouble;
      this.#retryIn(retryInMs);
      this.#options.onTrouble?.(trouble);
    }
    if (connectionId !== null) this.#options.onClose(trouble, connectionId);
  }

  #retryIn(ms: number): void {
    const { clock } = this.#options;
    this.#enter('waiting');
    this.#nextRetryAtMs = clock.nowMs() + ms;
    this.#stopRetry = clock.after(ms, () => {
      this.#stopRetry = null;
      this.#connect();
    });
  }

  #tearDown(socket: WebSocket, kind: SocketTrouble['kind']): void {
    if (kind === 'stopped' && socket.readyState === WebSocket.OPEN) {
      socket.close(NORMAL_CLOSURE);
      this.#options.clock.after(CLOSE_GRACE_MS, () => socket.terminate());
    } else if (socket.readyState !== WebSocket.CLOSED) {
      socket.terminate();
    }
  }

  /** A timer that ends with the socket. */
  #after(live: Live, ms: number, run: () => void): () => void {
    const cancel = this.#options.clock.after(ms, () => {
      live.stops.delete(cancel);
      run();
    });
    live.stops.add(cancel);
    return () => {
      live.stops.delete(cancel);
      cancel();
    };
  }

  #enter(state: SocketView['state']): void {
    this.#state = state;
    this.#sinceMs = this.#options.clock.nowMs();
  }
}

/** Bytes that are no UTF-8 become U+FFFD: the parser refuses what does not fit, with its text. */
const decoder = new TextDecoder();

function stopAll(live: Live): void {
  for (const stop of live.stops) stop();
  live.stops.clear();
}

function bearerOf(headers: Readonly<Record<string, string>>): string | null {
  const { Authorization: authorization } = headers;
  return authorization === undefined ? null : authorization.replace(/^Bearer /, '');
}

function closeText(code: number, reason: string): string {
  return reason === ''
    ? `closed with code ${code}`
    : `closed with code ${code}: ${cutAndSay(reason, REASON_BYTES_MAX)}`;
}

function newConnectionId(random: Random): string {
  const bytes = new Uint8Array(8);
  random.fill(bytes);
  return bytes.toHex();
}
