// What every file under ops/cli exports: one command of `./unrip`, loaded only when it is asked for.

import type { ExitCode } from '../../contracts/runtime/process/exit.ts';

export type Command = {
  readonly name: string;
  /** One line for the list of `./unrip --help`. */
  readonly summary: string;
  /** Whole text of `./unrip NAME --help`. */
  readonly help: string;
  /** Takes the arguments after the command's name; writes to stdout and stderr itself; never throws for bad usage. */
  run(args: readonly string[]): Promise<ExitCode>;
};
