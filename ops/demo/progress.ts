// How far the demo is, on the screen: numbered steps, and one line of figures that is written over on a terminal and comes
// now and then where output goes to a file.

export type Figures = {
  readonly tapeMs: number;
  readonly durationMs: number;
  readonly heard: number;
  readonly answered: number;
  readonly settled: number;
};

export type Screen = {
  /** A person looks on. */
  readonly isTerminal: boolean;
  /** A line of its own. */
  say(line: string): void;
  /** The line that is written over; without a terminal it comes once in ten seconds. */
  update(line: string): void;
};

export type Terminal = {
  readonly isTTY: boolean;
  /** Width of the window now; asked at each line, since it can change. */
  columns(): number;
  write(text: string): void;
  elapsedMs(): number;
};

const LINE_EVERY_MS = 10_000;

export function createScreen(terminal: Terminal): Screen {
  let isLineOpen = false;
  let lastAtMs = Number.NEGATIVE_INFINITY;
  const closeLine = (): void => {
    if (isLineOpen) terminal.write('\n');
    isLineOpen = false;
  };
  return {
    isTerminal: terminal.isTTY,
    say(line) {
      closeLine();
      lastAtMs = Number.NEGATIVE_INFINITY;
      terminal.write(`${line}\n`);
    },
    update(line) {
      if (terminal.isTTY) {
        // A line that wraps cannot be written over: its first part would stay. In the last column some terminals wrap already.
        terminal.write(`\r\x1b[K${line.slice(0, Math.max(0, terminal.columns() - 1))}`);
        isLineOpen = true;
        return;
      }
      if (terminal.elapsedMs() - lastAtMs < LINE_EVERY_MS) return;
      lastAtMs = terminal.elapsedMs();
      terminal.write(`${line}\n`);
    },
  };
}

const seconds = (ms: number): string => String(Math.floor(ms / 1000));

export function progressLine({ tapeMs, durationMs, heard, answered, settled }: Figures): string {
  return `  tape ${seconds(tapeMs)}/${seconds(durationMs)} s  heard ${heard}  answered ${answered}  settled ${settled}`;
}
