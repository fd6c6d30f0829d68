// One of our Bun processes, started by a test: what it prints can be awaited, and it never outlives the test run.

import { within } from './wait.ts';

export type ChildOptions = {
  /** Added to a bare environment (PATH, HOME and the like); nothing else is inherited. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
};

export type Child = {
  readonly pid: number;
  /** Lines of standard output so far. */
  readonly lines: readonly string[];
  /** Standard error so far. */
  readonly errorText: () => string;
  /** The first line, past or future, that the pattern matches; fails when the process ends without one. */
  waitForLine(pattern: RegExp, limitMs?: number): Promise<string>;
  /** Resolves to the exit code; 128 and more when a signal ended it. */
  readonly exited: Promise<number>;
  /** Sends a signal and waits for the end. */
  stop(signal?: NodeJS.Signals, limitMs?: number): Promise<number>;
  [Symbol.asyncDispose](): Promise<void>;
};

const INHERITED = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'UNRIP_CACHE', 'XDG_CACHE_HOME'] as const;

type Waiter = { readonly pattern: RegExp; resolve(line: string): void; reject(error: Error): void };

/** Starts `bun ARGS`, for example `startChild([join(CHECKOUT, 'engine/main.ts')])`. */
export function startChild(args: readonly string[], options: ChildOptions = {}): Child {
  const lines: string[] = [];
  const waiters = new Set<Waiter>();
  let errorText = '';
  const inherited = INHERITED.map((name) => [name, process.env[name]] as const).filter(
    ([, value]) => value !== undefined,
  );
  const child = Bun.spawn([process.execPath, ...args], {
    env: { ...Object.fromEntries(inherited), ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);

  const readingOut = readLines(child.stdout, (line) => {
    lines.push(line);
    for (const waiter of waiters) {
      if (waiter.pattern.test(line)) waiter.resolve(line);
    }
  });
  const readingErr = readText(child.stderr, (text) => {
    errorText += text;
  });
  const describe = () =>
    `${args.join(' ')} (${lines.length} lines on stdout; last: ${lines.at(-1)}) ${errorText.slice(-2000)}`;
  const exited = (async () => {
    const code = await child.exited;
    await Promise.all([readingOut, readingErr]);
    process.off('exit', kill);
    for (const waiter of waiters)
      waiter.reject(new Error(`ended with ${code} without ${waiter.pattern}: ${describe()}`));
    return code;
  })();

  const waitForLine = async (pattern: RegExp, limitMs = 20_000): Promise<string> => {
    const past = lines.find((line) => pattern.test(line));
    if (past !== undefined) return past;
    if (child.exitCode !== null) throw new Error(`ended with ${await exited} without ${pattern}: ${describe()}`);
    const found = Promise.withResolvers<string>();
    const waiter: Waiter = { pattern, resolve: found.resolve, reject: found.reject };
    waiters.add(waiter);
    try {
      return await within(found.promise, { what: `a line like ${pattern} from ${args.join(' ')}`, limitMs });
    } finally {
      waiters.delete(waiter);
    }
  };
  const stop = async (signal: NodeJS.Signals = 'SIGTERM', limitMs = 20_000): Promise<number> => {
    child.kill(signal);
    return await within(exited, { what: `the end of ${args.join(' ')} after ${signal}`, limitMs });
  };
  return {
    pid: child.pid,
    lines,
    errorText: () => errorText,
    waitForLine,
    exited,
    stop,
    [Symbol.asyncDispose]: async () => {
      await stop('SIGKILL');
    },
  };
}

async function readLines(stream: ReadableStream<Uint8Array>, take: (line: string) => void): Promise<void> {
  let rest = '';
  await readText(stream, (text) => {
    const parts = (rest + text).split('\n');
    rest = parts.pop() ?? '';
    for (const line of parts) take(line);
  });
  if (rest !== '') take(rest);
}

async function readText(stream: ReadableStream<Uint8Array>, take: (text: string) => void): Promise<void> {
  const decoder = new TextDecoder();
  for await (const chunk of stream) take(decoder.decode(chunk, { stream: true }));
}
