// What the owner of a reconnecting socket gives and sees.

import type { Clock } from '../../../contracts/runtime/clock.ts';
import type { Random } from '../../model/ports.ts';
import type { SocketLimits } from './limits.ts';
import type { KeyRefusal } from './refused-upgrade.ts';

export type SocketTrouble = {
  readonly kind:
    | 'connect_failed'
    | 'connect_timeout'
    | 'unauthorized'
    | 'rate_limited'
    | 'upgrade_refused'
    | 'closed_by_peer'
    | 'pong_missing'
    | 'idle'
    | 'stream_silent'
    | 'flooded'
    | 'dropped'
    | 'stopped';
  /** For people; names no URL. */
  readonly detail: string;
  /** What `unauthorized` is about; null for every other kind. */
  readonly keyRefusal: KeyRefusal | null;
  /** Of the answer that refused the upgrade; null: there was none. */
  readonly status: number | null;
  readonly atMs: number;
  /** Until the next try; null: there will be none. */
  readonly retryInMs: number | null;
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
  /** A function is asked before each try. */
  readonly url: string | (() => string);
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
  /** Monotonic time of the last pong, over all connections; null: none yet. */
  readonly heartbeatUs: number | null;
  /** Openings are so many that each further one waits. */
  readonly storm: boolean;
  /** Since the start. */
  readonly storms: number;
};
