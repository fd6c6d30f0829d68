// Arguments of `./unrip demo` into values, or into a sentence that says what is wrong. Pure.

import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { parseSpeed } from '../cli/sim-options.ts';
import type { Speed } from '../sim/tape/player.ts';

export type DemoOptions = {
  readonly speed: Speed;
  /** Longest time that the tape is played. */
  readonly seconds: number;
  /** Everything stays up after the summary, until an interrupt. */
  readonly keep: boolean;
  /** Null: the demo's own. */
  readonly stackDir: string | null;
};

/** The ten minutes of the tape in 40 s. */
const DEFAULT_SPEED = '15';
const DEFAULT_SECONDS = '45';
const SECONDS_MAX = 3600;

export const OPTIONS_HELP = `  --speed N|max     factor on the tape's own pace (default ${DEFAULT_SPEED}: its ten minutes in 40 s)
  --seconds N       play for at most N seconds (default ${DEFAULT_SECONDS})
  --keep            leave everything running after the summary, until Ctrl-C
  --stack-dir DIR   use the Kafka and PostgreSQL of this directory (default .unrip/demo/stack)
`;

/** The options, or what is wrong with them. */
export function parseDemoArgs(args: readonly string[]): DemoOptions | string {
  const options = {
    speed: { type: 'string', default: DEFAULT_SPEED },
    seconds: { type: 'string', default: DEFAULT_SECONDS },
    keep: { type: 'boolean', default: false },
    'stack-dir': { type: 'string' },
  } as const;
  try {
    const { values } = parseArgs({ args: [...args], options });
    const speed = parseSpeed(values.speed);
    if (speed === null) return `--speed ${values.speed}: expected max, or a number above 0 up to 1000`;
    const seconds = /^[0-9]{1,4}$/.test(values.seconds) ? Number(values.seconds) : 0;
    if (seconds < 1 || seconds > SECONDS_MAX) return `--seconds ${values.seconds}: expected 1 to ${SECONDS_MAX}`;
    const stackDir = values['stack-dir'];
    return { speed, seconds, keep: values.keep, stackDir: stackDir === undefined ? null : resolve(stackDir) };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
