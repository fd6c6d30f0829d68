// What a service manager hands to this process alone, in the protocol of systemd: sd_notify(3), sd_watchdog_enabled(3).

export type Supervision = {
  /** NOTIFY_SOCKET: a path, or an abstract name after `@`. */
  readonly socket: string;
  /** Longest time between two signs of life; null: none are asked for. */
  readonly watchdogUs: number | null;
};

type Env = Record<string, string | undefined>;

const NAMES = ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID'] as const;
/** A day: a time beyond is none that anybody would wait for. */
const WATCHDOG_US_MAX = 86_400_000_000;

/** null: nobody asks. The variables are taken out of the environment, so that no child speaks in the name of this process. */
export function takeSupervision(env: Env = process.env, pid: number = process.pid): Supervision | null {
  const [socket, usec, forPid] = NAMES.map((name) => env[name]?.trim() ?? '');
  for (const name of NAMES) delete env[name];
  if (socket === undefined || socket === '') return null;
  const isForUs = forPid === '' || forPid === String(pid);
  const us = /^[1-9][0-9]{0,15}$/.test(usec ?? '') ? Number(usec) : 0;
  return { socket, watchdogUs: isForUs && us > 0 && us <= WATCHDOG_US_MAX ? us : null };
}
