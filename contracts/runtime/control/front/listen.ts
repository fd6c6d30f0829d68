// Puts a control API on a port: a TCP listener with a small HTTP/1 server of our own. The server that Bun brings cannot bound
// the number of connections, answers a missing Host and its own routes (/bun:info) before any handler, and takes requests as
// fast as clients send them. Here connections are capped, the one that was quiet longest makes room for a new one, and
// requests are taken in turn over all connections at a bounded rate. Whether a request carries an accepted token is known
// before it waits: neither clients that open connections as fast as they can, nor those that send ahead, keep an operator out.

import type { Role } from '../../../config/control-tokens.ts';
import type { Clock } from '../../clock.ts';
import type { ConfigProblem } from '../../config/problem.ts';
import { within } from '../../wait.ts';
import type { Answer } from '../problem.ts';
import { Connection, type ControlRequest, type Upgrade } from './connection.ts';
import type { RequestHead } from './http.ts';
import { createService } from './service.ts';
import type { ConnectionSocket } from './socket.ts';

/** Scripts, a scraper and some pages; each takes a file descriptor that the process needs elsewhere. */
export const CONNECTIONS_MAX = 64;
/**
 * With those that were opened just now. The system queues 512 connections, which are accepted in one go before the first byte
 * of any is read: none of them may have to make room before that.
 */
export const CONNECTIONS_BURST_MAX = CONNECTIONS_MAX + 512;
/** For so long a connection is not closed to make room: time to read what it asks. */
const NEWCOMER_MS = 50;
const SWEEP_MS = 1000;
/** Longest time that answers under way have to leave when the listener stops. */
const STOP_MS = 500;

export type ControlHandler = {
  /** Answers; must not throw. */
  handle(request: ControlRequest): Promise<Answer | Upgrade>;
  /** The role of an accepted token that the head carries; null: it carries none. */
  roleOf(head: RequestHead): Role | null;
  /** Something was sent that is no request, or a connection was closed to make room. */
  refused(kind: 'malformed' | 'evicted', remote: string, detail: string): void;
};

export type Listening =
  | { readonly ok: true; readonly port: number; readonly url: string; stop(): Promise<void> }
  | { readonly ok: false; readonly problem: ConfigProblem };

export type ListenOptions = { readonly host: string; readonly port: number; readonly timers: Clock };

/** A port that cannot be had is a problem of the configuration: it names CONTROL_PORT or CONTROL_HOST. */
export function listenControl(handler: ControlHandler, { host, port, timers }: ListenOptions): Listening {
  const server = createControlServer(handler, timers);
  try {
    const listener = Bun.listen<Connection | undefined>({
      hostname: host.replace(/^\[|\]$/g, ''),
      port,
      // Two processes on one port would answer in turn.
      exclusive: true,
      allowHalfOpen: true,
      socket: {
        open(socket) {
          socket.data = server.opened(socket, addressOf(socket));
        },
        // A connection that is turned away while it is opened is closed before it has its data.
        data: (socket, bytes) => socket.data?.take(bytes, timers.elapsedUs()),
        drain: (socket) => socket.data?.drain(timers.elapsedUs()),
        end: (socket) => socket.data?.ended(),
        close: (socket) => server.closed(socket.data),
        error: (socket) => server.closed(socket.data),
      },
    });
    return {
      ok: true,
      port: listener.port,
      url: `http://${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${listener.port}`,
      async stop() {
        listener.stop(false);
        await server.stop();
      },
    };
  } catch (error) {
    server.stopTimers();
    return { ok: false, problem: bindProblem(error, host, port) };
  }
}

export type ControlServer = {
  opened(socket: ConnectionSocket, remote: string): Connection;
  /** @param connection undefined: it was turned away while it was opened */
  closed(connection: Connection | undefined): void;
  stop(): Promise<void>;
  stopTimers(): void;
};

/** What the listener feeds; takes its sockets as arguments. */
export function createControlServer(handler: ControlHandler, timers: Clock): ControlServer {
  // In the order of their arrival.
  const connections = new Set<Connection>();
  const service = createService(handler, timers);
  let trimming = false;
  let onEmpty: (() => void) | null = null;

  const forget = (connection: Connection): void => {
    connections.delete(connection);
    service.drop(connection);
  };

  const closed = (connection: Connection | undefined): void => {
    if (connection === undefined) return;
    connection.closed();
    forget(connection);
    if (connections.size === 0) onEmpty?.();
  };

  const evict = (connection: Connection): void => {
    handler.refused('evicted', connection.remote, `more than ${CONNECTIONS_MAX} connections`);
    forget(connection);
    connection.terminate();
  };

  /**
   * Down to CONNECTIONS_MAX, newcomers and operators aside. First goes the one that was quiet longest: an attacker
   * that holds all of them must not keep an operator out. Of those that wait to be served the last goes first, so that some
   * are served.
   */
  const makeRoom = (): void => {
    const nowUs = timers.elapsedUs();
    const quiet: Connection[] = [];
    const waiting: Connection[] = [];
    for (const one of connections) {
      if (one.isKept) continue;
      if (service.waits(one)) waiting.push(one);
      else if (one.ageUs(nowUs) >= NEWCOMER_MS * 1000) quiet.push(one);
    }
    quiet.sort((a, b) => b.ageUs(nowUs) - a.ageUs(nowUs));
    const excess = quiet.length + waiting.length - CONNECTIONS_MAX;
    for (const one of [...quiet, ...waiting.reverse()].slice(0, Math.max(0, excess))) evict(one);
  };

  const trim = (): void => {
    if (trimming || connections.size <= CONNECTIONS_MAX) return;
    trimming = true;
    timers.after(NEWCOMER_MS, () => {
      trimming = false;
      makeRoom();
      trim();
    });
  };

  /** At once, for there are too many newcomers: the first of those that have not asked yet. */
  const evictNewcomer = (): void => {
    for (const one of connections) {
      if (one.isKept || service.waits(one)) continue;
      evict(one);
      return;
    }
    makeRoom();
  };

  const stopSweep = timers.every(SWEEP_MS, () => {
    const nowUs = timers.elapsedUs();
    for (const one of connections) one.checkAge(nowUs);
  });

  return {
    opened(socket, remote) {
      if (connections.size >= CONNECTIONS_BURST_MAX) evictNewcomer();
      const connection = new Connection({
        socket,
        remote,
        nowUs: timers.elapsedUs(),
        roleOf: (head) => handler.roleOf(head),
        onRequest: (of, request) => service.add({ connection: of, request }),
        onMalformed: (problem) => handler.refused('malformed', remote, problem.code),
      });
      if (connections.size >= CONNECTIONS_BURST_MAX) connection.terminate();
      else connections.add(connection);
      trim();
      return connection;
    },
    closed,
    stopTimers: stopSweep,
    async stop() {
      stopSweep();
      for (const one of connections) one.finish();
      if (connections.size === 0) return;
      const empty = Promise.withResolvers<void>();
      onEmpty = empty.resolve;
      await within(timers, empty.promise, STOP_MS);
      for (const one of connections) one.terminate();
    },
  };
}

/** Bun gives no address for a client that has reset its connection before it was accepted. */
function addressOf(socket: { readonly remoteAddress: string | undefined }): string {
  return socket.remoteAddress ?? 'unknown';
}

function bindProblem(error: unknown, host: string, port: number): ConfigProblem {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
  const inUse = code === 'EADDRINUSE';
  const byPort = inUse || code === 'EACCES';
  return {
    variable: byPort ? 'CONTROL_PORT' : 'CONTROL_HOST',
    problem: inUse
      ? `${port} on ${host} is in use by another process`
      : `cannot be listened on: ${host}:${port} (${code})`,
    shape: byPort ? 'port, 0 to 65535; 0 takes a free one' : 'address of this machine',
    fix: byPort
      ? 'stop the other process, or set CONTROL_PORT to a free port.'
      : 'set CONTROL_HOST to an address of this machine.',
  };
}
