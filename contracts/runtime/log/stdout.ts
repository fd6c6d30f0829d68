// Standard output as the log's destination: lines are gathered and written behind, so that a slow reader of the log does
// not hold up a turn. Bounded: beyond BUFFER_CHARS_MAX lines are dropped, counted, and the loss is said in the next line
// that passes. A reader that is gone ends the writing, never the process; a file that takes nothing for a while, as on a full disk,
// is tried again until it does.

import { write } from 'node:fs';
import type { LogDestination } from './log.ts';

const BUFFER_CHARS_MAX = 8 * 1024 * 1024;
/** One write takes so much, or one line that is longer: the turn that makes its bytes stays short after a reader was slow. */
const WRITE_CHARS_MAX = 256 * 1024;
const RETRY_MS = 20;
/** The same while a file cannot take anything. */
const FAILED_RETRY_MS = 250;
/** Lines of so long a time share one write, which costs more than many lines do. */
const GATHER_MS = 20;
/** Longest time that `flush` waits for a reader that takes nothing. */
const FLUSH_LIMIT_MS = 1000;
/** Of a file on a disk that is full, over a quota, or failing: each can pass. With any other error nobody reads any more. */
const PASSING: readonly (string | undefined)[] = ['EAGAIN', 'ENOSPC', 'EDQUOT', 'EIO'];

export type StdoutLog = {
  readonly destination: LogDestination;
  /** Resolves when everything is written, at the latest after a second; await it before the process exits. */
  flush(): Promise<void>;
};

/** Writes the beginning of the bytes, as much as the reader takes, and says how much that was. */
export type WriteSome = (
  bytes: Uint8Array,
  done: (error: { readonly code?: string | undefined } | null, written: number) => void,
) => void;

/** Writes to a file descriptor: 1 for standard output. */
const writeTo =
  (handle: number): WriteSome =>
  (bytes, done) =>
    write(handle, bytes, 0, bytes.length, null, done);

export function stdoutLog(writeSome: WriteSome = writeTo(1)): StdoutLog {
  let held: string[] = [];
  let heldChars = 0;
  let dropped = 0;
  let sending = Buffer.alloc(0);
  let isSending = false;
  let gathering: ReturnType<typeof setTimeout> | null = null;
  let gone = false;
  let waiting: (() => void)[] = [];

  const hold = (line: string): void => {
    held.push(line);
    heldChars += line.length;
  };
  const settle = (): void => {
    const done = waiting;
    waiting = [];
    for (const resolve of done) resolve();
  };
  const take = (): void => {
    let count = 0;
    let chars = 0;
    for (const line of held) {
      if (count > 0 && chars + line.length > WRITE_CHARS_MAX) break;
      chars += line.length;
      count++;
    }
    const taken = count === held.length ? held : held.slice(0, count);
    held = count === held.length ? [] : held.slice(count);
    heldChars -= chars;
    sending = Buffer.from(taken.join(''));
  };
  const send = (): void => {
    gathering = null;
    isSending = true;
    if (sending.length === 0) take();
    writeSome(sending, (error, written) => {
      if (error !== null && PASSING.includes(error.code)) {
        setTimeout(send, error.code === 'EAGAIN' ? RETRY_MS : FAILED_RETRY_MS);
        return;
      }
      isSending = false;
      if (error !== null) {
        gone = true;
        settle();
        return;
      }
      sending = sending.subarray(written);
      sendMore();
    });
  };
  const sendMore = (): void => {
    if (sending.length > 0 || heldChars > WRITE_CHARS_MAX || (held.length > 0 && waiting.length > 0)) send();
    else if (held.length > 0) gathering = setTimeout(send, GATHER_MS);
    else settle();
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
          hold(`${JSON.stringify({ level: 'warn', event: 'log_lines_dropped', count: dropped })}\n`);
          dropped = 0;
        }
        hold(line);
        if (isSending || gathering !== null) return;
        gathering = setTimeout(send, GATHER_MS);
      },
    },
    flush() {
      if (gone || !(isSending || gathering !== null)) return Promise.resolve();
      return new Promise((resolve) => {
        const limit = setTimeout(resolve, FLUSH_LIMIT_MS);
        waiting.push(() => {
          clearTimeout(limit);
          resolve();
        });
        if (gathering === null) return;
        clearTimeout(gathering);
        send();
      });
    },
  };
}
