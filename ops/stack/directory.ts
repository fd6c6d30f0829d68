// Where the stack of this checkout, and what several checkouts share, lie on disk.
// `.unrip/stack` is the one of `./unrip stack`; test, demo and bench give a directory of their own, so that none of them
// meets another. Data that a server under another user must reach may lie elsewhere: see server-place.ts.

import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** Root of the checkout that this file belongs to. */
export const CHECKOUT = resolve(import.meta.dir, '../..');

/** Directory of `./unrip stack`. */
export const STACK_DIR = join(CHECKOUT, '.unrip/stack');

/** What is fetched once for all checkouts of a user: `UNRIP_CACHE`, else the user's cache directory. */
export function cacheDir(environment: Readonly<Record<string, string | undefined>> = process.env): string {
  const own = environment['UNRIP_CACHE'];
  if (own !== undefined && own !== '') return resolve(own);
  const base = environment['XDG_CACHE_HOME'];
  return join(base === undefined || base === '' ? join(homedir(), '.cache') : base, 'unrip');
}

/** Files of one stack's directory. */
export function stackFiles(dir: string) {
  return {
    lock: join(dir, 'lock'),
    /** `KAFKA_BROKERS`, and the database's URLs with their passwords, mode 600. */
    env: join(dir, 'stack.env'),
    kafka: join(dir, 'kafka'),
    memoryBroker: join(dir, 'memory-broker'),
    postgres: join(dir, 'postgres'),
  } as const;
}
