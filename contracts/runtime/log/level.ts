// The minimum level that is logged, which operators may change while the process runs.

/** Levels of lines, from the most verbose. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LineLevel = (typeof LOG_LEVELS)[number];

const RANK: Readonly<Record<string, number>> = { trace: 0, debug: 1, info: 2, warn: 3, error: 4, fatal: 5, silent: 6 };
const RANK_OF_INFO = 2;

export type LogLevel = {
  current(): string;
  set(level: LineLevel): void;
  /** Whether lines of this level are written. */
  lets(level: LineLevel): boolean;
};

/** @param initial LOG_LEVEL */
export function createLogLevel(initial: string): LogLevel {
  let level = initial;
  let least = rankOf(initial);
  return {
    current: () => level,
    set(next) {
      level = next;
      least = rankOf(next);
    },
    lets: (line) => rankOf(line) >= least,
  };
}

const rankOf = (level: string): number => RANK[level] ?? RANK_OF_INFO;
