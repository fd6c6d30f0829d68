// For tests only: time that stands still until it is moved, and a log that keeps its lines.

import { createLog, type Log } from './log.ts';
import type { Timers } from './timers.ts';

export type ManualTimers = Timers & {
  /** Moves time on; timers that fall due run in order, each at its own time. */
  advance(ms: number): void;
  /** Timers that are set. */
  pending(): number;
};

type Timer = { readonly id: number; dueMs: number; readonly everyMs: number | null; readonly run: () => void };

export function manualTimers(startMs = 1_767_225_600_000): ManualTimers {
  let nowMs = startMs;
  let ids = 0;
  const timers = new Map<number, Timer>();
  const set = (ms: number, everyMs: number | null, run: () => void) => {
    const id = ++ids;
    timers.set(id, { id, dueMs: nowMs + ms, everyMs, run });
    return () => void timers.delete(id);
  };
  return {
    nowMs: () => nowMs,
    elapsedUs: () => (nowMs - startMs) * 1000,
    after: (ms, run) => set(ms, null, run),
    every: (ms, run) => set(ms, ms, run),
    pending: () => timers.size,
    advance(ms) {
      const untilMs = nowMs + ms;
      for (;;) {
        const due = [...timers.values()]
          .filter((timer) => timer.dueMs <= untilMs)
          .sort((a, b) => a.dueMs - b.dueMs || a.id - b.id)[0];
        if (due === undefined) break;
        nowMs = Math.max(nowMs, due.dueMs);
        if (due.everyMs === null) timers.delete(due.id);
        else due.dueMs += due.everyMs;
        due.run();
      }
      nowMs = untilMs;
    },
  };
}

export type KeptLog = { readonly log: Log; readonly lines: string[]; events(): string[] };

export function keptLog(): KeptLog {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const log = createLog({ service: 'engine', component: 'test', level: 'debug', namespace: 'test', destination });
  return { log, lines, events: () => lines.map((line) => String(JSON.parse(line).event)) };
}
