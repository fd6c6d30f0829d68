// A websocket client that stays connected: for the relay and for Kraken. One socket at a time; a lost one is replaced
// without a limit of attempts, the first time at once, then after growing waits with jitter, and slowly when the server
// says that we are not allowed (401, 403), since that wants an operator and not more tries.
//
// A connection counts as lost when it closes, when a ping frame gets no pong, when frames stay away for longer than the
// idle limit, or when a stream that the owner expects does not start. An event of a socket that was given up is ignored.
// Out of scope: what frames mean, subscriptions, and whether a frame that could not be sent matters: the owner knows.

import type { Clock, Random } from '../ports.ts';
import { type BackoffPolicy, backoffMs, failuresAfter } from './backoff.ts';

export type SocketTrouble = {
  readonly kind:
    | 'connect_failed'
    | 'connect_timeout'
    | 'unauthorized'
    | 'upgrade_refused'
    | 'closed_by_peer'
    | 'pong_missing'
    | 'idle'
    | 'stream_silent'
    | 'dropped'
    | 'stopped';
  /** For people; names no URL. */
  readonly detail: string;
  readonly atMs: number;
};

export type SocketLimits = {
  /** From the start of a connect to its being open. */
  readonly connectMs: number;
  readonly pingEveryMs: number;
  readonly pongWithinMs: number;
  /** Longest silence of text frames; null: silence is normal. */
  readonly idleMs: number | null;
  /** Wait after 401 or 403; up to half as much again is added. */
  readonly unauthorizedRetryMs: number;
  readonly backoff: BackoffPolicy;
};

export const SOCKET_LIMITS: SocketLimits = {
  connectMs: 10_000,
  pingEveryMs: 20_000,
  pongWithinMs: 10_000,
  idleMs: null,
  unauthorizedRetryMs: 60_000,
  backoff: { baseMs: 500, maxMs: 30_000, stableMs: 30_000, firstAtOnce: true },
};

/** The open connection, as its owner sees it; of no use any more after its `onClose`. */
export type OpenSocket = {
  readonly connectionId: string;
  /** False when the connection is gone, or so much waits in it already that it must be as good as gone. */
  send(text: string): boolean;
  /** The named stream must start within the time, else the connection is given up. Call the result when it has. */
  expect(stream: string, withinMs: number): () => void;
  /** Gives the connection up for a reason of the owner's; a new one follows. */
  drop(detail: string): void;
};

export type SocketOptions = {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly random: Random;
  readonly limits?: Partial<SocketLimits>;
  readonly onOpen: (socket: OpenSocket) => void;
  readonly onText: (text: string, connectionId: string) => void;
  /** Once for each connection that was open. */
  readonly onClose: (trouble: SocketTrouble, connectionId: string) => void;
  /** A connect that did not come about, and each loss: for the log. */
  readonly onTrouble?: (trouble: SocketTrouble) => void;
};

export type SocketView = {
  readonly state: 'connecting' | 'open' | 'waiting' | 'closed';
  readonly sinceMs: number;
  /** Connects begun since the start. */
  readonly attempts: number;
  /** Failures in a row, without a stable connection in between. */
  readonly failures: number;
  readonly lastError: SocketTrouble | null;
  readonly nextRetryAtMs: number | null;
  readonly connectionId: string | null;
};

/** More than this unsent means that the peer has stopped reading. */
const UNSENT_BYTES_MAX = 4 * 1024 * 1024;
/** How long a peer may take to answer a close before its socket is torn down. */
const CLOSE_GRACE_MS = 1_000;
const NORMAL_CLOSURE = 1000;

/** One socket with all that ends when it ends. */
type Live = {
  readonly socket: WebSocket;
  connectionId: string | null;
  openedAtMs: number;
  heardAtUs: number;
  /** What Bun said of a failed connect; the close event that follows carries nothing. */
  errorText: string | null;
  readonly stops: Set<() => void>;
};

export class ReconnectingSocket {
  readonly #options: SocketOptions;
  readonly #limits: SocketLimits;
  #live: Live | null = null;
  #stopRetry: (() => void) | null = null;
  #state: SocketView['state'] = 'closed';
  #sinceMs: number;
  #attempts = 0;
  #failures = 0;
  #lastError: SocketTrouble | null = null;
  #nextRetryAtMs: number | null = null;

  constructor(options: SocketOptions) {
    this.#options = options;
    this.#limits = { ...SOCKET_LIMITS, ...options.limits };
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

  view(): SocketView {
    return {
      state: this.#state,
      sinceMs: this.#sinceMs,
      attempts: this.#attempts,
      failures: this.#failures,
      lastError: this.#lastError,
      nextRetryAtMs: this.#nextRetryAtMs,
      connectionId: this.#live?.connectionId ?? null,
    };
  }

  #connect(): void {
    const { url, headers, clock } = this.#options;
    this.#enter('connecting');
    this.#nextRetryAtMs = null;
    this.#attempts++;
    const socket = new WebSocket(url, { headers: { ...headers }, perMessageDeflate: false });
    const live: Live = { socket, connectionId: null, openedAtMs: 0, heardAtUs: 0, errorText: null, stops: new Set() };
    this.#live = live;
    this.#after(live, this.#limits.connectMs, () =>
      this.#lose(live, 'connect_timeout', `not open after ${this.#limits.connectMs} ms`),
    );
    socket.onopen = () => this.#opened(live);
    socket.onmessage = (event: MessageEvent) => {
      if (this.#live !== live || live.connectionId === null) return;
      if (this.#limits.idleMs !== null) live.heardAtUs = clock.elapsedUs();
      if (typeof event.data === 'string') this.#options.onText(event.data, live.connectionId);
    };
    socket.onerror = (event) => {
      live.errorText = reasonOf((event as { message?: unknown }).message);
    };
    socket.onclose = (event) => {
      if (this.#live !== live) return;
      if (live.connectionId === null) this.#refused(live);
      else this.#lose(live, 'closed_by_peer', closeText(event.code, event.reason));
    };
  }

  #opened(live: Live): void {
    if (this.#live !== live) return;
    const { clock, random } = this.#options;
    stopAll(live);
    const connectionId = newConnectionId(random);
    live.connectionId = connectionId;
    live.openedAtMs = clock.nowMs();
    live.heardAtUs = clock.elapsedUs();
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
    let answered: () => void = () => {};
    // Bun's client tells of pongs; the type of the global WebSocket, which is the browsers', does not.
    (live.socket as EventTarget).addEventListener('pong', () => answered());
    const ping = (): void => {
      live.socket.ping();
      answered = this.#after(live, pongWithinMs, () =>
        this.#lose(live, 'pong_missing', `no pong within ${pongWithinMs} ms`),
      );
      this.#after(live, pingEveryMs, ping);
    };
    this.#after(live, pingEveryMs, ping);
  }

  /** Looks again when the silence, had it lasted until then, would be too long. */
  #watchSilence(live: Live, idleMs: number, lookInMs: number): void {
    this.#after(live, lookInMs, () => {
      const silentMs = (this.#options.clock.elapsedUs() - live.heardAtUs) / 1000;
      if (silentMs >= idleMs) this.#lose(live, 'idle', `no frame for ${idleMs} ms`);
      else this.#watchSilence(live, idleMs, Math.ceil(idleMs - silentMs));
    });
  }

  /** The connect failed, or the server answered it with something else than a websocket. */
  #refused(live: Live): void {
    const text = live.errorText ?? 'the connection was closed before it was open';
    const status = /status code: ([0-9]{3})/.exec(text)?.[1];
    if (status === '401' || status === '403') {
      this.#lose(live, 'unauthorized', `the server answered ${status}: the key is missing, wrong or not allowed`);
    } else if (status !== undefined) {
      this.#lose(live, 'upgrade_refused', `the server answered ${status} instead of opening a websocket`);
    } else {
      this.#lose(live, 'connect_failed', text);
    }
  }

  /** Ends this socket, tells the owner if it was open, and arranges for the next unless we were asked to stop. */
  #lose(live: Live, kind: SocketTrouble['kind'], detail: string): void {
    if (this.#live !== live) return;
    this.#live = null;
    stopAll(live);
    this.#tearDown(live.socket, kind);
    const { clock, random } = this.#options;
    const nowMs = clock.nowMs();
    const trouble: SocketTrouble = { kind, detail, atMs: nowMs };
    if (kind !== 'stopped') {
      this.#lastError = trouble;
      const upMs = live.connectionId === null ? 0 : nowMs - live.openedAtMs;
      this.#failures = failuresAfter(this.#limits.backoff, this.#failures, upMs);
      const { unauthorizedRetryMs, backoff } = this.#limits;
      const fraction = random.fraction();
      this.#retryIn(
        kind === 'unauthorized'
          ? Math.floor(unauthorizedRetryMs * (1 + fraction / 2))
          : backoffMs(backoff, this.#failures, fraction),
      );
      this.#options.onTrouble?.(trouble);
    }
    if (live.connectionId !== null) this.#options.onClose(trouble, live.connectionId);
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

function stopAll(live: Live): void {
  for (const stop of live.stops) stop();
  live.stops.clear();
}

/** What Bun says of a failed connect, without the address that it puts before it. */
function reasonOf(message: unknown): string {
  const text = typeof message === 'string' ? message : 'failed without a reason';
  const at = text.indexOf(' failed: ');
  return at < 0 ? text : text.slice(at + ' failed: '.length);
}

function closeText(code: number, reason: string): string {
  return reason === '' ? `closed with code ${code}` : `closed with code ${code}: ${reason.slice(0, 200)}`;
}

function newConnectionId(random: Random): string {
  const bytes = new Uint8Array(8);
  random.fill(bytes);
  return bytes.toHex();
}
