// Tells the service manager when this process is ready, that it is alive, and that it ends. Signs of life come from a timer of the
// event loop and from nowhere else: a loop that stalls stops giving them, and the service manager starts the process again.

import type { Clock } from '../../clock.ts';
import type { Log } from '../../log/log.ts';
import { type DatagramSocket, openDatagramSocket } from './datagram.ts';
import type { Supervision } from './environment.ts';

export type Supervisor = {
  /** The process does its work from now on. */
  ready(): void;
  /** It has begun to end; signs of life go on, since a drain that hangs must be seen. */
  stopping(): void;
  release(): void;
};

export type SupervisorOptions = {
  /** null: there is no service manager that asks. */
  readonly supervision: Supervision | null;
  /** For people who ask the service manager. */
  readonly status: string;
  readonly timers: Pick<Clock, 'every'>;
  readonly log: Log;
};

const SILENT: Supervisor = { ready: () => {}, stopping: () => {}, release: () => {} };

export function createSupervisor({ supervision, status, timers, log }: SupervisorOptions): Supervisor {
  if (supervision === null) return SILENT;
  const socket = openDatagramSocket(supervision.socket);
  if (socket === null) {
    log.error('supervisor_unreachable', {
      detail: 'NOTIFY_SOCKET names no unix socket of this system',
      fix: 'use Type=exec in the unit, or a service manager with sd_notify',
    });
    return SILENT;
  }
  return supervisorOn(socket, { supervision, status, timers, log });
}

type Running = Omit<SupervisorOptions, 'supervision'> & { readonly supervision: Supervision };

function supervisorOn(socket: DatagramSocket, { supervision, status, timers, log }: Running): Supervisor {
  const { watchdogUs } = supervision;
  let isFailing = false;
  let stopSigns = (): void => undefined;

  /** A failure is logged once until it is over: signs of life come several times a second, perhaps. */
  const send = (text: string): void => {
    const isSent = socket.send(text);
    if (!isSent && !isFailing) log.warn('supervisor_unreachable', { detail: 'the service manager takes no message' });
    isFailing = !isSent;
  };

  return {
    ready() {
      send(`READY=1\nSTATUS=${status}\n`);
      if (watchdogUs === null) return;
      // Half of it, as the protocol advises; a timer is as late as the loop is.
      stopSigns = timers.every(Math.max(1, Math.floor(watchdogUs / 2000)), () => send('WATCHDOG=1\n'));
    },
    stopping: () => send('STOPPING=1\nSTATUS=draining\n'),
    release() {
      stopSigns();
      socket.close();
    },
  };
}
