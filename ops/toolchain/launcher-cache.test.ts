// What the launcher runs comes out of its cache, with the keys of the user who starts it.

import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TempDir, tempDir } from '../testing/temp-dir.ts';
import { makeCheckout } from './launcher.fixture.ts';

let place: TempDir;
let checkout = '';
let cache = '';

beforeEach(() => {
  place = tempDir('launcher cache');
  ({ checkout, cache } = makeCheckout(place.path));
});
afterEach(() => place.remove());

function start({ script = 'exec "$0" command', env = {}, cwd = place.path }: Start = {}) {
  const { BUN_OPTIONS: _, ...own } = process.env;
  const run = Bun.spawnSync(['sh', '-c', script, join(checkout, 'unrip')], {
    cwd,
    env: { ...own, UNRIP_CACHE: cache, ...env },
  });
  return { code: run.exitCode, out: run.stdout.toString(), err: run.stderr.toString() };
}
type Start = {
  readonly script?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
};

/** What the command saw; the probe ends with 78 as well. */
function seen(run: ReturnType<typeof start>): { umask: number; env: Record<string, string> } {
  return JSON.parse(run.out.trim().split('\n').at(-1) ?? '') as { umask: number; env: Record<string, string> };
}

const made = (): void => {
  mkdirSync(join(cache, 'kafka-addon'));
};

describe('a cache that somebody else can write is not run', () => {
  test.each<[string, () => void]>([
    ['the cache', () => chmodSync(cache, 0o777)],
    ['the cache, sticky', () => chmodSync(cache, 0o1777)],
    ['the cache, by its group', () => chmodSync(cache, 0o775)],
    ['the folder of Bun', () => chmodSync(join(cache, `bun-${Bun.version}`), 0o757)],
    ['the folder of the addon', () => chmodSync(join(cache, 'kafka-addon'), 0o777)],
    [
      'Bun itself',
      () => {
        const bun = join(cache, `bun-${Bun.version}/bun`);
        rmSync(bun);
        writeFileSync(bun, '#!/bin/sh\necho ran\n');
        chmodSync(bun, 0o757);
      },
    ],
  ])('%s', (_what, open) => {
    made();
    open();
    const run = start();
    expect(run).toMatchObject({ code: 78, out: '' });
    expect(run.err).toContain('others can write it');
    expect(run.err).toContain(`remove ${cache}`);
  });

  test.skipIf(process.getuid?.() !== 0)('one of another user is not, by root as well', () => {
    chownSync(cache, 65_534, 65_534);
    const run = start();
    expect(run).toMatchObject({ code: 78, out: '' });
    expect(run.err).toContain('belongs to another user');
  });

  test('one that only its owner can write is', () => {
    made();
    expect(start().out).not.toBe('');
  });
});

test.each([
  { UNRIP_CACHE: '.' },
  { UNRIP_CACHE: 'a cache' },
  { UNRIP_CACHE: '', XDG_CACHE_HOME: 'a cache' },
  { UNRIP_CACHE: '', XDG_CACHE_HOME: '', HOME: '.' },
])('a cache that depends on the current directory is refused: %p', (env) => {
  expect(start({ env })).toMatchObject({ code: 78, out: '' });
});

test.each([
  ['000', 0o022],
  ['077', 0o077],
  ['002', 0o022],
])('with umask %s nothing is made that others could write', (given, used) => {
  expect(seen(start({ script: `umask ${given}; exec "$0" command` })).umask).toBe(used);
});

test('no debugger is opened that an editor asked for, and code is kept in the cache alone', () => {
  const { env } = seen(
    start({
      env: {
        BUN_INSPECT: 'ws://127.0.0.1:0/open',
        BUN_INSPECT_NOTIFY: 'unix:///nowhere',
        BUN_INSPECT_CONNECT_TO: 'unix:///nowhere',
        BUN_RUNTIME_TRANSPILER_CACHE_PATH: '/somewhere',
      },
    }),
  );
  expect(Object.keys(env).filter((name) => name.startsWith('BUN_INSPECT'))).toEqual([]);
  expect(env['BUN_RUNTIME_TRANSPILER_CACHE_PATH']).toBe(join(cache, 'transpiled'));
});

test('packages come out of the cache of the launcher, with their checksums compared', () => {
  const bun = join(cache, `bun-${Bun.version}/bun`);
  const log = join(place.path, 'log');
  rmSync(bun);
  writeFileSync(
    bun,
    `#!/bin/sh\n{ echo "$1"; env | grep ^BUN_ | sort; } >>'${log}'\nif [ "$1" = install ]; then mkdir -p node_modules; fi\n`,
    { mode: 0o755 },
  );
  rmSync(join(checkout, 'node_modules'), { recursive: true });
  const env = { BUN_INSTALL_CACHE_DIR: '/tmp', BUN_CONFIG_NO_VERIFY: '1', BUN_CONFIG_SKIP_LOAD_LOCKFILE: '1' };
  expect(start({ script: 'exec "$0" command --help', env }).code).toBe(0);
  expect(existsSync(join(checkout, 'node_modules/.unrip-lock'))).toBe(true);
  const lines = readFileSync(log, 'utf8').split('\n');
  expect(lines.slice(0, 2)).toEqual(['install', `BUN_INSTALL_CACHE_DIR=${join(cache, 'packages')}`]);
  expect(lines[2]).not.toStartWith('BUN_');
});
