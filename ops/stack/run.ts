// Runs a tool to its end and says what it said when it failed. For initdb, Maven, apt-get and the like.

import { toolEnvironment } from './tool-environment.ts';

export type RunOptions = {
  readonly cwd?: string;
  /** Instead of `toolEnvironment()`. */
  readonly env?: Record<string, string>;
  readonly limitMs: number;
};

/** Standard output of a tool that ended with 0; otherwise an error with the last lines of what it printed. */
export async function run(argv: readonly string[], options: RunOptions): Promise<string> {
  const child = Bun.spawn([...argv], {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: options.env ?? toolEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: options.limitMs,
    killSignal: 'SIGKILL',
  });
  const [out, err] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  const code = await child.exited;
  if (code === 0 && child.signalCode === null) return out;
  const how = child.signalCode === null ? `failed with code ${code}` : `was ended after ${options.limitMs} ms`;
  const said = `${out}\n${err}`.trim().split('\n').slice(-15).join('\n');
  throw new Error(`${argv.join(' ')} ${how}${said === '' ? '' : `:\n${said}`}`);
}
