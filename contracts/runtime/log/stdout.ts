// Standard output as the log's destination: lines are gathered and written behind, so that a slow reader of the log does
// not hold up a turn. Bounded: beyond BUFFER_CHARS_MAX lines are dropped, counted, and the loss is said in the next line
// that passes. A reader that is gone ends the writing, never the process.

import { write } from 'node:fs';
import type { LogDestination } from './log.ts';

const BUFFER_CHARS_MAX = 8 * 1024 * 1024;
const RETRY_MS = 20;
/** Lines of so long a time share one write, which costs more than a line does. */
const GATHER_MS = 20;
/** Longest time that `flush` waits for a reader that takes nothing. */
const FLUSH_LIMIT_MS = 1000;

export type StdoutLog = {
  readonly destination: LogDestination;
  /** Resolves when everything is written, at the latest after a second; await it before the process exits. */
  flush(): Promise<void>;
};

/** `handle` is the file descriptor: 1 for standard output. */
export function stdoutLog(handle = 1): StdoutLog {
  let held: string[] = [];
  let heldChars = 0;
  let dropped = 0;
  let sending = Buffer.alloc(0);
  let busy = false;
  let gone = false;
  let waiting: (() => void)[] = [];

  const settle = (): void => {
    busy = false;
    const done = waiting;
    waiting = [];
    for (const resolve of done) resolve();
  };
  const pump = (): void => {
    if (sending.length === 0) {
      if (held.length === 0) {
        settle();
        return;
      }
      sending = Buffer.from(held.join(''));
      held = [];
      heldChars = 0;
    }
    write(handle, sending, 0, sending.length, null, (error, written) => {
      if (error === null) {
        sending = sending.subarray(written);
        pump();
      } else if (error.code === 'EAGAIN') {
        setTimeout(pump, RETRY_MS);
      } else {
        gone = true;
        settle();
      }
    });
  };

  return {
    destination: {
      write(line) {
        if (gone) return;
        if (heldChars + line.length > BUFFER_CHARS_MAX) {
          dropped++;
          return;
        }
        if (dropped > 0) {
          held.push(`${JSON.stringify({ level: 'warn', event: 'log_lines_dropped', count: dropped })}\n`);
          dropped = 0;
        }
        held.push(line);
        heldChars += line.length;
        if (busy) return;
        busy = true;
        setTimeout(pump, GATHER_MS);
      },
    },
    flush() {
      if (!busy || gone) return Promise.resolve();
      return new Promise((resolve) => {
        const limit = setTimeout(resolve, FLUSH_LIMIT_MS);
        waiting.push(() => {
          clearTimeout(limit);
          resolve();
        });
      });
    },
  };
}
