// What a process takes from the machine: processor time of all its threads, and resident memory. From /proc, so that any process
// is measured alike; elsewhere than on Linux there are no such figures.

import { readdirSync, readFileSync } from 'node:fs';

export type ProcessLoad = {
  /** User and system time of all threads since its start, microseconds; children that have ended not included. */
  readonly cpuUs: number;
  /** Of several processes that share pages, each page once, where this user may read that. */
  readonly residentBytes: number;
};

/** Clock ticks a second in /proc, on every Linux that Bun runs on. */
const TICKS_PER_S = 100;

/** Of the process and its descendants; null: it is gone, or this is no Linux. */
export function loadOf(pid: number): ProcessLoad | null {
  const loads = [...loadsOf(pid).values()];
  if (loads.length === 0) return null;
  return {
    cpuUs: loads.reduce((sum, { cpuUs }) => sum + cpuUs, 0),
    residentBytes: loads.reduce((sum, { residentBytes }) => sum + residentBytes, 0),
  };
}

/** Of each by itself. */
export function loadsOf(pid: number): ReadonlyMap<number, ProcessLoad> {
  const loads = new Map<number, ProcessLoad>();
  const family = familyOf(pid);
  for (const each of family) {
    const load = loadOfOne(each, family.length > 1);
    if (load !== null) loads.set(each, load);
  }
  return loads;
}

function loadOfOne(pid: number, sharesPages: boolean): ProcessLoad | null {
  const stat = readOrNull(`/proc/${pid}/stat`);
  const cpuUs = stat === null ? null : cpuUsIn(stat);
  const shared = sharesPages ? readOrNull(`/proc/${pid}/smaps_rollup`) : null;
  const status = shared ?? readOrNull(`/proc/${pid}/status`);
  const residentBytes = status === null ? null : residentBytesIn(status);
  return cpuUs === null || residentBytes === null ? null : { cpuUs, residentBytes };
}

/** @param stat text of /proc/PID/stat; null when it is none */
export function cpuUsIn(stat: string): number | null {
  const [user, system] = fieldsOf(stat).slice(11, 13).map(Number);
  if (user === undefined || system === undefined || !Number.isFinite(user + system)) return null;
  return ((user + system) * 1_000_000) / TICKS_PER_S;
}

/** The fields behind the name, which is in parentheses and may hold blanks and parentheses itself. */
function fieldsOf(stat: string): readonly string[] {
  const end = stat.lastIndexOf(')');
  return end < 0 ? [] : stat.slice(end + 2).split(' ');
}

/** @param status text of /proc/PID/status, or of smaps_rollup for its share of what it shares; null when it has no such line */
export function residentBytesIn(status: string): number | null {
  const kib = /^(?:VmRSS|Pss):\s+(\d+) kB$/m.exec(status)?.[1];
  return kib === undefined ? null : Number(kib) * 1024;
}

/** The process and all that descend from it. */
function familyOf(pid: number): readonly number[] {
  const parents = new Map(processes().map((each) => [each, parentOf(each)]));
  const family = [pid];
  for (const member of family) {
    for (const [each, parent] of parents) if (parent === member) family.push(each);
  }
  return family;
}

function processes(): readonly number[] {
  try {
    return readdirSync('/proc').map(Number).filter(Number.isInteger);
  } catch {
    return [];
  }
}

function parentOf(pid: number): number | null {
  const stat = readOrNull(`/proc/${pid}/stat`);
  return stat === null ? null : Number(fieldsOf(stat)[1]);
}

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
