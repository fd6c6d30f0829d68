// What the processes of the history bench take from the machine while a writer writes.

import { loadsOf, type ProcessLoad } from '../process-load.ts';
import type { ProcessName, Written } from './report.ts';

export type Pids = Readonly<Record<ProcessName, number>>;

export type Watch = {
  /** Reads again; a peak of memory between two calls is missed, and what a child took after the last one before its end. */
  sample(): void;
  /** Since the start. */
  taken(): Pick<Written, 'cpuUs' | 'residentBytes'>;
};

export function watchProcesses(pids: Pids): Watch {
  const watches = {
    writer: watchFamily(() => loadsOf(pids.writer)),
    broker: watchFamily(() => loadsOf(pids.broker)),
    postgres: watchFamily(() => loadsOf(pids.postgres)),
  };
  const each = <Value>(of: (watch: FamilyWatch) => Value): Record<ProcessName, Value> => ({
    writer: of(watches.writer),
    broker: of(watches.broker),
    postgres: of(watches.postgres),
  });
  return {
    sample: () => void each((watch) => watch.sample()),
    taken: () => ({
      cpuUs: each((watch) => watch.taken()?.cpuUs ?? null),
      residentBytes: each((watch) => watch.taken()?.residentBytes ?? null),
    }),
  };
}

type FamilyWatch = {
  sample(): void;
  /** Null: there was never one. */
  taken(): ProcessLoad | null;
};

/** A process and its descendants, of which some begin and end meanwhile. */
export function watchFamily(read: () => ReadonlyMap<number, ProcessLoad>): FamilyWatch {
  const first = read();
  const last = new Map(first);
  let peakBytes = 0;
  const sample = (): void => {
    const now = read();
    for (const [pid, load] of now) last.set(pid, load);
    peakBytes = Math.max(
      peakBytes,
      sumOf(now.values(), ({ residentBytes }) => residentBytes),
    );
  };
  sample();
  return {
    sample,
    taken() {
      if (last.size === 0) return null;
      const cpuUs = (loads: Iterable<ProcessLoad>) => sumOf(loads, (load) => load.cpuUs);
      return { cpuUs: cpuUs(last.values()) - cpuUs(first.values()), residentBytes: peakBytes };
    },
  };
}

function sumOf(loads: Iterable<ProcessLoad>, of: (load: ProcessLoad) => number): number {
  let sum = 0;
  for (const load of loads) sum += of(load);
  return sum;
}
