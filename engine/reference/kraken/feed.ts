// Kraken's stream on a real connection: joins the session, which knows what to do, to a socket that comes back by itself and
// to the clock. `onUpdate` is called after everything that may have changed the reference.

import type { Clock } from '../../../contracts/runtime/clock.ts';
import { isoTimeOrNull } from '../../../contracts/time.ts';
import { momentOf } from '../../lib/moment.ts';
import { ReconnectingSocket } from '../../lib/socket/reconnecting-socket.ts';
import type { OpenSocket, SocketTrouble } from '../../lib/socket/socket-types.ts';
import type { Random } from '../../model/ports.ts';
import type { Reference } from '../price.ts';
import { createKrakenSession, type KrakenSession, type KrakenSessionOptions } from './session.ts';
import type { KrakenTrouble } from './troubles.ts';

export type KrakenFeedOptions = {
  readonly url: string;
  readonly reference: Reference;
  /** Oldest price of Kraken that is traded on. */
  readonly maxAgeMs: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly onUpdate: () => void;
  readonly onTrouble: (what: KrakenTrouble | 'kraken_connect_failed', detail: string) => void;
  readonly onVenueTime: KrakenSessionOptions['onVenueTime'];
  readonly onStamp: KrakenSessionOptions['onStamp'];
};

export type KrakenFeed = {
  start(): void;
  stop(): void;
  /** Asks Kraken for a pong, to know when everything that it had sent by now was read. */
  askDrained(): void;
  /** Monotonic time from which on nothing that Kraken sent is unread; null without an open connection. */
  drainedUs(): number | null;
  state(): KrakenFeedState;
};

export type KrakenFeedState = ReturnType<KrakenSession['state']> & {
  readonly connection: string;
  readonly connection_since: string | null;
  readonly connects: number;
  readonly failures_in_row: number;
  readonly next_retry_at: string | null;
};

/** Kraken sends a heartbeat a second, and its own guide takes five seconds of nothing for a dead connection. */
const IDLE_LIMIT_MS = 5000;
const TICK_MS = 250;

const textOf = (trouble: SocketTrouble): string => `${trouble.kind}: ${trouble.detail}`;

export function createKrakenFeed(options: KrakenFeedOptions): KrakenFeed {
  const { reference, clock, random, onUpdate, onTrouble } = options;
  const session = createKrakenSession({
    reference,
    maxAgeMs: options.maxAgeMs,
    onTrouble,
    crc32: (text) => Bun.hash.crc32(text),
    onVenueTime: options.onVenueTime,
    onStamp: options.onStamp,
  });
  let open: OpenSocket | null = null;
  /** Reported once until a connection is open again, or the next attempt fails in another way. */
  let reportedFailure: SocketTrouble['kind'] | null = null;
  let stopTicks: (() => void) | null = null;

  const socket = new ReconnectingSocket({
    url: options.url,
    clock,
    random,
    limits: { idleMs: IDLE_LIMIT_MS },
    onOpen(opened) {
      open = opened;
      reportedFailure = null;
      session.onOpen((text) => opened.send(text), momentOf(clock));
      onUpdate();
    },
    onText(text) {
      session.onText(text, momentOf(clock));
      onUpdate();
    },
    onClose(trouble) {
      open = null;
      session.onClose(textOf(trouble));
      onUpdate();
    },
    onTrouble(trouble) {
      if (open !== null || trouble.kind === reportedFailure) return;
      reportedFailure = trouble.kind;
      onTrouble('kraken_connect_failed', textOf(trouble));
    },
  });

  return {
    start() {
      if (stopTicks !== null) return;
      stopTicks = clock.every(TICK_MS, () => {
        if (session.onTick(momentOf(clock)) === 'reconnect') open?.drop('no usable price came on it');
      });
      socket.start();
    },
    stop() {
      stopTicks?.();
      stopTicks = null;
      socket.stop();
    },
    askDrained: () => socket.askDrained(),
    drainedUs: () => socket.drainedUs(),
    state() {
      const { state, sinceMs, attempts, failures, nextRetryAtMs } = socket.view();
      return {
        ...session.state(),
        connection: state,
        connection_since: isoTimeOrNull(sinceMs),
        connects: attempts,
        failures_in_row: failures,
        next_retry_at: isoTimeOrNull(nextRetryAtMs),
      };
    },
  };
}
