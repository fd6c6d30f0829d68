// Those who follow /events: each event is written once as text and sent to all of them. Whoever does not read, or no longer
// answers, is dropped, with the reason where it can still be sent, and counted.

import type { Role } from '../../../config/control-tokens.ts';
import type { EventMessage } from '../../../control/events.ts';
import { isoTime } from '../../../time.ts';
import type { Clock } from '../../clock.ts';
import { eventText } from './event-text.ts';
import { type EventBatch, FEED } from './feed.ts';
import { CLOSE, closeFrame, FRAME_HEAD_BYTES_MAX, FrameReader, pingFrame, pongFrame, textFrame } from './frames.ts';
import type { ByteStream, StreamHandler } from './stream.ts';

/** Pages and terminals of operators. Each may have QUEUE_BYTES_MAX waiting for it. */
export const FOLLOWERS_MAX = 16;
/** Places that viewers leave free: however many of them follow, an operator can as well. */
export const OPERATOR_PLACES = 4;
/** Some thousand events. */
export const QUEUE_BYTES_MAX = 1 << 20;
/** With its head, so that a batch of such events fits into the queue: nobody is slow who had no time to read. */
const EVENT_BYTES_MAX = QUEUE_BYTES_MAX / FEED.batchMax - FRAME_HEAD_BYTES_MAX;
export const HEARTBEAT_MS = 5000;
/** Without an answer to a ping a client is gone: three heartbeats. */
const SILENT_MS = 3 * HEARTBEAT_MS;
/** Time that the close frame has to leave. */
const CLOSING_MS = 2000;
/** Pings of a client between two heartbeats. */
const PINGS_MAX = 20;

type DropKind = 'events_slow' | 'events_silent';

export type EventHubOptions = {
  readonly service: string;
  readonly timers: Clock;
  /** Whether anybody follows; called when it changes. */
  readonly onWanted: (wanted: boolean) => void;
  readonly onDropped: (kind: DropKind, remote: string, actor: string) => void;
};

export type EventHub = {
  /** For one more with that role. */
  readonly isFull: (role: Role) => boolean;
  open(stream: ByteStream, who: { readonly remote: string; readonly actor: string }): StreamHandler;
  /** Disconnects all others. */
  keep(actors: ReadonlySet<string>): void;
  /** @returns when all was handed to the sockets */
  take(batch: EventBatch): void;
  /** The process was heard of. */
  processSeen(): void;
  stop(): void;
};

type Follower = {
  readonly stream: ByteStream;
  readonly remote: string;
  readonly actor: string;
  sent: number;
  pings: number;
  answeredUs: number;
  /** Set when it is being closed. */
  closingUs: number | null;
};

const messageFrame = (message: EventMessage): Buffer => textFrame(eventText(message, EVENT_BYTES_MAX));

export function createEventHub({ service, timers, onWanted, onDropped }: EventHubOptions): EventHub {
  const followers = new Set<Follower>();
  let stopHeartbeats: (() => void) | null = null;
  let processSeenUs = timers.elapsedUs();
  const now = (): string => isoTime(timers.nowMs());

  const remove = (follower: Follower): void => {
    if (!followers.delete(follower) || followers.size > 0) return;
    stopHeartbeats?.();
    stopHeartbeats = null;
    onWanted(false);
  };

  const close = (follower: Follower, code: number, reason: string): void => {
    if (follower.closingUs !== null) return;
    follower.closingUs = timers.elapsedUs();
    remove(follower);
    follower.stream.last(closeFrame(code, reason));
  };

  const drop = (follower: Follower, kind: DropKind, reason: string): void => {
    onDropped(kind, follower.remote, follower.actor);
    close(follower, CLOSE.tryLater, reason);
  };

  const send = (follower: Follower, frame: Buffer): void => {
    if (follower.stream.queuedBytes + frame.length > QUEUE_BYTES_MAX) {
      drop(follower, 'events_slow', 'too slow: events were lost, connect again');
      return;
    }
    follower.stream.write(frame);
  };

  const beat = (): void => {
    const nowUs = timers.elapsedUs();
    const process_silent_ms = Math.max(0, Math.round((nowUs - processSeenUs) / 1000));
    for (const follower of followers) {
      follower.pings = 0;
      if (nowUs - follower.answeredUs > SILENT_MS * 1000) {
        drop(follower, 'events_silent', 'no answer to pings');
        continue;
      }
      send(follower, messageFrame({ type: 'heartbeat', at: now(), events: follower.sent, process_silent_ms }));
      send(follower, pingFrame());
    }
  };

  return {
    isFull: (role) => followers.size >= FOLLOWERS_MAX - (role === 'operator' ? 0 : OPERATOR_PLACES),
    open(stream, { remote, actor }) {
      const reader = new FrameReader();
      const follower: Follower = {
        ...{ stream, remote, actor, sent: 0, pings: 0 },
        ...{ answeredUs: timers.elapsedUs(), closingUs: null },
      };
      followers.add(follower);
      stopHeartbeats ??= timers.every(HEARTBEAT_MS, beat);
      if (followers.size === 1) onWanted(true);
      send(follower, messageFrame({ type: 'hello', at: now(), service, actor, heartbeat_ms: HEARTBEAT_MS }));
      return {
        take(bytes) {
          for (const frame of reader.take(bytes)) {
            if (frame.kind === 'pong') follower.answeredUs = timers.elapsedUs();
            else if (frame.kind === 'close') close(follower, CLOSE.normal, '');
            else if (frame.kind === 'refused') close(follower, frame.code, frame.reason);
            else if (++follower.pings > PINGS_MAX) close(follower, CLOSE.policy, 'too many pings');
            else send(follower, pongFrame(frame.payload));
          }
        },
        checkAge() {
          const { closingUs } = follower;
          if (closingUs !== null && timers.elapsedUs() - closingUs > CLOSING_MS * 1000) stream.terminate();
        },
        finish: () => close(follower, CLOSE.goingAway, 'the process ends'),
        closed() {
          stream.closed();
          remove(follower);
        },
      };
    },
    take({ events, dropped }) {
      const messages: EventMessage[] = dropped > 0 ? [{ type: 'dropped', at: now(), count: dropped }] : [];
      for (const message of [...messages, ...events]) {
        const frame = messageFrame(message);
        for (const follower of followers) {
          follower.sent++;
          send(follower, frame);
        }
      }
    },
    keep(actors) {
      for (const follower of followers)
        if (!actors.has(follower.actor)) close(follower, CLOSE.policy, 'the token is not accepted any more');
    },
    processSeen() {
      processSeenUs = timers.elapsedUs();
    },
    stop() {
      for (const follower of followers) close(follower, CLOSE.goingAway, 'the process ends');
      stopHeartbeats?.();
      stopHeartbeats = null;
    },
  };
}
