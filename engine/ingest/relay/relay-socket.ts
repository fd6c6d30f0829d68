// The connection to the solver relay: stays connected, subscribes again on each connection, and hands every text frame on
// at once with the time of its arrival. What a frame means is the parser's matter; replies that are not to one of our
// answers come back here through `onReply`, since only the session knows the ids of its subscriptions.

import type { RelayRefusal } from '../../../contracts/control/part-state.ts';
import type { Clock } from '../../../contracts/runtime/clock.ts';
import { LateBound } from '../../lib/late-bound.ts';
import { ReconnectingSocket } from '../../lib/socket/reconnecting-socket.ts';
import type { OpenSocket, SocketTrouble, SocketView } from '../../lib/socket/socket-types.ts';
import type { LogPort, Random } from '../../model/ports.ts';
import type { ReceivedFrame } from '../../model/values.ts';
import type { ReplyFrame } from '../frame.ts';
import { isAddressRefused } from './address-probe.ts';
import { type BacklogView, FrameBacklog } from './backlog.ts';
import { createSession, type SessionEffect, type SessionView } from './session.ts';
import type { Stream } from './subscriptions.ts';
import { RelayTroubles } from './troubles.ts';

const TICK_MS = 1_000;

export type RelaySocketOptions = {
  /** `RELAY_WS_URL`. */
  readonly url: string;
  /** Sent as a bearer token in the upgrade request; null: none. */
  readonly apiKey: string | null;
  /** Tokens that quotes are wanted for; null: all. */
  readonly tokens: readonly string[] | null;
  /**
   * Under which the relay keeps statuses for us while we are away, the same at every start; null: not asked for, as it needs a key.
   */
  readonly instanceId: string | null;
  readonly journal: { readonly lastSeq: number; readonly durableSeq: number };
  readonly clock: Clock;
  readonly random: Random;
  readonly log: LogPort;
  /** Runs a function after the turn. */
  readonly later: (run: () => void) => void;
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
  /** Since the last text frame, and since the last pong, over all connections; null: none yet. */
  readonly dataAgeMs: number | null;
  readonly heartbeatAgeMs: number | null;
  /** Why the newest try was answered with 401 or 403; null: it was not. */
  readonly refusal: RelayRefusal | null;
  /** Requests that came faster than they could be handled. */
  readonly backlog: BacklogView;
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
  /** An event with guaranteed delivery was taken in, and what it led to is the journal's newest record. */
  taken(subscriptionId: string, seq: number): void;
  /** Asks the relay for a pong, to know when everything that it had sent by now was read. */
  askDrained(): void;
  /**
   * Monotonic time from which on nothing that the relay sent is unread or waits, and while a request that has waited is handled: after
   * which that one was sent. null without an open connection.
   */
  drainedUs(): number | null;
  changeTokens(tokens: readonly string[] | null): void;
  state(): RelaySocketState;
};

/** The configured URL with the name of the queue that the relay keeps for this engine, unless it names one itself. */
function urlOf(url: string, instanceId: string | null): string {
  const named = new URL(url);
  if (instanceId === null || named.searchParams.has(INSTANCE)) return url;
  named.searchParams.set(INSTANCE, instanceId);
  return named.href;
}

const INSTANCE = 'instance_id';

/** The refusal is of what was asked; with 408, 429 and 5xx the relay only says that it cannot now. */
const isRequestRefused = ({ status }: SocketTrouble): boolean =>
  status !== null && status >= 400 && status < 500 && status !== 408 && status !== 429;

const ageMs = (nowUs: number, atUs: number | null): number | null =>
  atUs === null ? null : Math.max(0, Math.round((nowUs - atUs) / 1000));

function performOne(effect: SessionEffect, socket: OpenSocket | null, log: LogPort): void {
  if (effect.kind === 'send') socket?.send(effect.text);
  else if (effect.kind === 'drop') socket?.drop(effect.detail);
  else if (effect.event === 'subscribed') log.info('relay_subscribed', { quote: effect.detail });
  else log.warn(`relay_${effect.event}`, { detail: effect.detail });
}

const createBacklog = ({ clock, later, log }: RelaySocketOptions, handle: (frame: ReceivedFrame) => void) =>
  new FrameBacklog({
    clock,
    later,
    handle,
    onOverload: () => log.warn('relay_overloaded', { detail: 'requests come faster than they can be handled' }),
    onOver: (shed) => log.info('relay_overload_over', { shed }),
  });

export function createRelaySocket(options: RelaySocketOptions): RelaySocket {
  const { clock, log } = options;
  const sink = new LateBound<FrameSink>('the sink of frames');
  let lastId = 0;
  let current: OpenSocket | null = null;
  const seen: Seen = { opened: 0, frames: 0, lastFrameAtMs: null, lastFrameUs: null };
  let stopTicks: (() => void) | null = null;

  const nextId = () => ++lastId;
  const session = createSession({ tokens: options.tokens, guaranteed: options.instanceId !== null, nextId });
  const troubles = new RelayTroubles({ log, isAddressRefused: () => isAddressRefused(options.url, clock) });
  const backlog = createBacklog(options, (frame) => sink.get().onFrame(frame));
  const onTick = (): void => {
    backlog.onTick();
    perform(session.onTick(clock.elapsedUs(), options.journal.durableSeq));
  };

  const perform = (effects: readonly SessionEffect[]): void => {
    for (const effect of effects) performOne(effect, current, log);
  };

  const socket = new ReconnectingSocket({
    url: () => urlOf(options.url, session.asksGuaranteed() ? options.instanceId : null),
    headers: options.apiKey === null ? {} : { Authorization: `Bearer ${options.apiKey}` },
    clock,
    random: options.random,
    onOpen(open) {
      current = open;
      seen.opened++;
      troubles.connected();
      const silent_ms = ageMs(clock.elapsedUs(), seen.lastFrameUs);
      log.info('relay_connected', { connection_id: open.connectionId, silent_ms });
      perform(session.onOpen(clock.elapsedUs()));
    },
    onText(text, connectionId) {
      const receivedAtMs = clock.nowMs();
      const receivedElapsedUs = clock.elapsedUs();
      seen.frames++;
      seen.lastFrameAtMs = receivedAtMs;
      seen.lastFrameUs = receivedElapsedUs;
      backlog.take({ text, receivedAtMs, receivedElapsedUs, connectionId, drainedUs: socket.drainedUs() });
    },
    onClose() {
      current = null;
      backlog.clear();
      session.onClose();
      sink.get().onConnectionLost();
    },
    onTrouble(trouble) {
      if (isRequestRefused(trouble)) session.onConnectRefused();
      troubles.report(trouble, socket.view());
    },
  });

  return {
    start(taker) {
      if (stopTicks !== null) return;
      sink.bind(taker);
      stopTicks = clock.every(TICK_MS, onTick);
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
    drainedUs: () => backlog.drainedUs(socket.drainedUs()),
    heard: (stream, nowUs) => session.onHeard(stream, nowUs),
    taken(subscriptionId, seq) {
      session.onTaken({ subscriptionId, seq, afterRecord: options.journal.lastSeq });
    },
    changeTokens: (tokens) => perform(session.changeTokens(tokens, clock.elapsedUs())),
    state: () =>
      stateOf({
        view: socket.view(),
        session: session.view(clock.elapsedUs()),
        refusal: troubles.refusal(),
        backlog: backlog.view(),
        seen,
        clock,
      }),
  };
}

/** What came over all connections. */
type Seen = { opened: number; frames: number; lastFrameAtMs: number | null; lastFrameUs: number | null };

type StateParts = {
  readonly view: SocketView;
  readonly session: SessionView;
  readonly refusal: RelayRefusal | null;
  readonly backlog: BacklogView;
  readonly seen: Seen;
  readonly clock: Clock;
};

function stateOf({ view, session, refusal, backlog, seen, clock }: StateParts): RelaySocketState {
  const nowUs = clock.elapsedUs();
  return {
    connected: view.state === 'open',
    subscribed: session.phase === 'live',
    socket: view,
    session,
    framesReceived: seen.frames,
    lastFrameAtMs: seen.lastFrameAtMs,
    dataAgeMs: ageMs(nowUs, seen.lastFrameUs),
    heartbeatAgeMs: ageMs(nowUs, view.heartbeatUs),
    refusal,
    backlog,
    reconnects: Math.max(0, seen.opened - 1),
    lastError: view.lastError,
  };
}
