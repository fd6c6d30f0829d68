// The connection to the solver relay: stays connected, subscribes again on each connection, and hands every text frame on
// at once with the time of its arrival. What a frame means is the parser's matter; replies that are not to one of our
// answers come back here through `onReply`, since only the session knows the ids of its subscriptions.

import type { Clock } from '../../contracts/runtime/clock.ts';
import { LateBound } from '../lib/late-bound.ts';
import {
  type OpenSocket,
  ReconnectingSocket,
  type SocketTrouble,
  type SocketView,
} from '../lib/socket/reconnecting-socket.ts';
import type { LogPort, Random } from '../model/ports.ts';
import type { ReceivedFrame } from '../model/values.ts';
import type { ReplyFrame } from './frame.ts';
import { createSession, type SessionEffect, type SessionView } from './session.ts';
import type { Stream } from './subscriptions.ts';

const TICK_MS = 1_000;

export type RelaySocketOptions = {
  /** `RELAY_WS_URL`. */
  readonly url: string;
  /** Sent as a bearer token in the upgrade request; null: none. */
  readonly apiKey: string | null;
  /** Tokens that quotes are wanted for; null: all. */
  readonly tokens: readonly string[] | null;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: LogPort;
};

/** What takes the frames. */
type FrameSink = {
  /** Called within the socket's event, for every frame. */
  onFrame(frame: ReceivedFrame): void;
  /** A connection that was open has ended: no reply to anything sent on it will come. */
  onConnectionLost(): void;
};

type RelaySocketState = {
  readonly connected: boolean;
  /** Quotes come in: the relay has taken the subscription. */
  readonly subscribed: boolean;
  readonly socket: SocketView;
  readonly session: SessionView;
  readonly framesReceived: number;
  readonly lastFrameAtMs: number | null;
  /** Connections that were open, less the first. */
  readonly reconnects: number;
  readonly lastError: SocketTrouble | null;
};

export type RelaySocket = {
  start(sink: FrameSink): void;
  stop(): void;
  /** False when there is no open connection. */
  send(text: string): boolean;
  /** Whether there is an open connection: every quote asks. */
  isConnected(): boolean;
  /** A request id that was never given before. */
  nextId(): number;
  /** @returns false when it is not to anything that was asked here */
  onReply(reply: ReplyFrame): boolean;
  /** An event of this stream came, of whatever pair and solver. */
  heard(stream: Stream, nowUs: number): void;
  /** Asks the relay for a pong, to know when everything that it had sent by now was read. */
  askDrained(): void;
  /** Monotonic time from which on nothing that the relay sent is unread; null without an open connection. */
  drainedUs(): number | null;
  changeTokens(tokens: readonly string[] | null): void;
  state(): RelaySocketState;
};

const unauthorizedFix = (apiKey: string | null): string =>
  apiKey === null
    ? 'set RELAY_API_KEY'
    : 'check RELAY_API_KEY, and whether the relay takes connections from this address';

export function createRelaySocket(options: RelaySocketOptions): RelaySocket {
  const { clock, log } = options;
  const sink = new LateBound<FrameSink>('the sink of frames');
  let lastId = 0;
  let current: OpenSocket | null = null;
  let opened = 0;
  let framesReceived = 0;
  let lastFrameAtMs: number | null = null;
  let stopTicks: (() => void) | null = null;

  const nextId = () => ++lastId;
  const session = createSession(options.tokens, nextId);

  const perform = (effects: readonly SessionEffect[]): void => {
    for (const effect of effects) {
      if (effect.kind === 'send') current?.send(effect.text);
      else if (effect.kind === 'drop') current?.drop(effect.detail);
      else if (effect.event === 'subscribed') log.info('relay_subscribed', { quote: effect.detail });
      else log.warn(`relay_${effect.event}`, { detail: effect.detail });
    }
  };

  const socket = new ReconnectingSocket({
    url: options.url,
    headers: options.apiKey === null ? {} : { Authorization: `Bearer ${options.apiKey}` },
    clock,
    random: options.random,
    onOpen(open) {
      current = open;
      opened++;
      log.info('relay_connected', { connection_id: open.connectionId });
      perform(session.onOpen(clock.elapsedUs()));
    },
    onText(text, connectionId) {
      const receivedAtMs = clock.nowMs();
      framesReceived++;
      lastFrameAtMs = receivedAtMs;
      sink.get().onFrame({ text, receivedAtMs, receivedElapsedUs: clock.elapsedUs(), connectionId });
    },
    onClose() {
      current = null;
      session.onClose();
      sink.get().onConnectionLost();
    },
    onTrouble({ kind, detail, retryInMs }) {
      const { failures } = socket.view();
      const retry = { failures, retry_in_ms: retryInMs };
      if (kind === 'unauthorized')
        log.error('relay_unauthorized', { detail, fix: unauthorizedFix(options.apiKey), ...retry });
      else log.warn('relay_connection_trouble', { kind, detail, ...retry });
    },
  });

  return {
    start(taker) {
      if (stopTicks !== null) return;
      sink.bind(taker);
      stopTicks = clock.every(TICK_MS, () => perform(session.onTick(clock.elapsedUs())));
      socket.start();
    },
    stop() {
      stopTicks?.();
      stopTicks = null;
      socket.stop();
    },
    send: (text) => current?.send(text) ?? false,
    isConnected: () => current !== null,
    nextId,
    onReply(reply) {
      const effects = session.onReply(reply, clock.elapsedUs());
      if (effects === null) return false;
      perform(effects);
      return true;
    },
    askDrained: () => socket.askDrained(),
    drainedUs: () => socket.drainedUs(),
    heard: (stream, nowUs) => session.onHeard(stream, nowUs),
    changeTokens: (tokens) => perform(session.changeTokens(tokens, clock.elapsedUs())),
    state() {
      const view = socket.view();
      const subscriptions = session.view(clock.elapsedUs());
      return {
        connected: view.state === 'open',
        subscribed: subscriptions.phase === 'live',
        socket: view,
        session: subscriptions,
        framesReceived,
        lastFrameAtMs,
        reconnects: Math.max(0, opened - 1),
        lastError: view.lastError,
      };
    },
  };
}
