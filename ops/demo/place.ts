// Where a demo keeps its things, under `.unrip/demo` of the checkout: nothing of it is shared with `./unrip stack`, with
// tests or with another checkout.

import { renameSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { CHECKOUT } from '../stack/directory.ts';

const DIR = join(CHECKOUT, '.unrip/demo');

export const PLACE = {
  lock: join(DIR, 'lock'),
  stack: join(DIR, 'stack'),
  /** Logs, state, key and token of the last run. */
  run: join(DIR, 'run'),
  /** Addresses of broker and database of the last run, mode 600. */
  env: join(DIR, 'demo.env'),
  /** Dropped at the next start, so that the last run can be looked at until then. */
  database: 'unrip_demo',
} as const;

export const TAPE = join(CHECKOUT, 'ops/sim/tape/tapes/btc-eure-10min.tape');

/** As a person in the checkout would write it. */
export function shown(path: string): string {
  const short = relative(CHECKOUT, path);
  return short.startsWith('..') ? path : short;
}

export function writeEnvironment(values: Readonly<Record<string, string>>): void {
  const lines = Object.entries(values).map(([name, value]) => `${name}=${value}\n`);
  writeFileSync(`${PLACE.env}.new`, lines.join(''), { mode: 0o600 });
  renameSync(`${PLACE.env}.new`, PLACE.env);
}
