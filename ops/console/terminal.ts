// A terminal as a full screen: frames instead of lines, keys at once, and everything as it was at the end.

import type { Size } from './top-view.ts';

export type Terminal = {
  size(): Size;
  draw(lines: readonly string[]): void;
  /** Keys as they are typed; the size changed. */
  onKey(take: (key: string) => void): void;
  onResize(take: () => void): void;
  /** Gives the terminal back as it was. */
  restore(): void;
};

const ENTER = '\x1b[?1049h\x1b[?25l';
const LEAVE = '\x1b[?25h\x1b[?1049l';
const HOME = '\x1b[H';
const CLEAR_LINE = '\x1b[K';
const CLEAR_BELOW = '\x1b[J';

/** Of terminals that do not say. */
export const PLAIN_SIZE: Size = { columns: 80, rows: 24 };

/** What a terminal needs of the process. */
export type Streams = {
  readonly input: Pick<NodeJS.ReadStream, 'isTTY' | 'setRawMode' | 'on' | 'off' | 'pause' | 'resume'>;
  readonly output: Pick<NodeJS.WriteStream, 'isTTY' | 'columns' | 'rows' | 'write' | 'on' | 'off'>;
};

export const sizeOf = ({ columns, rows }: { readonly columns?: number; readonly rows?: number }): Size => ({
  columns: columns || PLAIN_SIZE.columns,
  rows: rows || PLAIN_SIZE.rows,
});

/** Takes over the terminal; null: there is none. */
export function openTerminal({ input, output }: Streams): Terminal | null {
  if (!input.isTTY || !output.isTTY) return null;
  const undo: (() => void)[] = [];
  input.setRawMode(true);
  input.resume();
  output.write(ENTER);
  let isOpen = true;
  return {
    size: () => sizeOf(output),
    draw(lines) {
      if (isOpen) output.write(`${HOME}${lines.map((line) => `${line}${CLEAR_LINE}`).join('\r\n')}${CLEAR_BELOW}`);
    },
    onKey(take) {
      const listener = (bytes: Buffer | string): void => take(bytes.toString());
      input.on('data', listener);
      undo.push(() => input.off('data', listener));
    },
    onResize(take) {
      output.on('resize', take);
      undo.push(() => output.off('resize', take));
    },
    restore() {
      if (!isOpen) return;
      isOpen = false;
      for (const step of undo) step();
      output.write(LEAVE);
      input.setRawMode(false);
      input.pause();
    },
  };
}
