// The launcher and its shell parts, run by the sh of this machine: in a made-up checkout whose path holds spaces, with a
// cache that already has everything, so that nothing is fetched or built here.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tempDir } from '../testing/temp-dir.ts';
import { makeCheckout } from './launcher.fixture.ts';

let place = '';
let checkout = '';
let cache = '';

/** Runs a script that has read lock.sh and packages.sh, in a process group of its own. */
function shell(script: string) {
  const sourced = ['lock', 'packages'].map((name) => `. "${import.meta.dir}/${name}.sh"`).join('\n');
  const text = `set -eu\nsay() { echo "unrip: $*" >&2; }\ncache='${place}'\n${sourced}\n${script}`;
  return Bun.spawn(['sh', '-c', text], { cwd: place, detached: true, stdout: 'pipe', stderr: 'pipe' });
}

beforeAll(() => {
  place = mkdtempSync(join(tmpdir(), 'unrip launcher '));
  ({ checkout, cache } = makeCheckout(place));
});

afterAll(() => rmSync(place, { recursive: true, force: true }));

describe('unrip', () => {
  test('hands over quietly, through symlinks, from any folder, with its .env unread', () => {
    const elsewhere = join(place, 'some where');
    mkdirSync(elsewhere);
    writeFileSync(join(elsewhere, '.env'), 'PROBE_SECRET=read by Bun itself\n');
    symlinkSync(join(checkout, 'unrip'), join(place, 'link'));
    symlinkSync('../link', join(elsewhere, 'link to link'));
    const { UV_THREADPOOL_SIZE: _, BUN_OPTIONS: __, ...env } = process.env;
    const run = Bun.spawnSync([join(elsewhere, 'link to link'), 'command', 'an argument', '--flag='], {
      cwd: elsewhere,
      env: { ...env, UNRIP_CACHE: cache },
    });
    expect(run.stderr.toString()).toBe('');
    expect(run.exitCode).toBe(78);
    const [child, own] = run.stdout
      .toString()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    expect(own).toMatchObject({ args: ['command', 'an argument', '--flag='], secret: null, pool: '8' });
    expect(own).toHaveProperty('cwd', elsewhere);
    expect(child).toMatchObject({ child: true, secret: null, pool: '8' });
  });
});

test.each([
  ['history-writer', '335544320'],
  ['engine', undefined],
])('the memory that Bun has in view of %s is %s', (command, bytes) => {
  const { BUN_JSC_forceRAMSize: _, ...env } = process.env;
  const run = Bun.spawnSync([join(checkout, 'unrip'), command], { env: { ...env, UNRIP_CACHE: cache } });
  const started = JSON.parse(run.stdout.toString().trim().split('\n').at(-1) ?? '') as { readonly env: object };
  expect((started.env as Record<string, string>)['BUN_JSC_forceRAMSize']).toBe(bytes as string);
});

const setpriv = Bun.which('setpriv');

test.skipIf(process.getuid?.() !== 0 || setpriv === null)(
  'a user who may not enter the current directory, as after sudo, can run it all the same',
  () => {
    using own = tempDir('launcher');
    const made = makeCheckout(own.path);
    chmodSync(own.path, 0o755);
    const bun = join(made.cache, `bun-${Bun.version}/bun`);
    rmSync(bun);
    writeFileSync(bun, '#!/bin/sh\npwd\n', { mode: 0o755 });
    const closed = join(own.path, 'closed');
    mkdirSync(closed, { mode: 0o700 });
    const nobody = [setpriv ?? '', '--reuid=65534', '--regid=65534', '--clear-groups'];
    const run = Bun.spawnSync([...nobody, join(made.checkout, 'unrip'), 'state'], {
      cwd: closed,
      env: { PATH: process.env['PATH'] ?? '', UNRIP_CACHE: made.cache },
    });
    expect(run.stderr.toString()).toBe('');
    expect(run.stdout.toString()).toBe('/\n');
  },
);

test('an installation of dependencies that breaks off leaves nothing that calls the mixture complete', () => {
  using own = tempDir('launcher');
  const { checkout: root } = makeCheckout(own.path);
  const marks = ['.unrip-lock', '.unrip-stamp'].map((name) => join(root, 'node_modules', name));
  for (const mark of marks) writeFileSync(mark, 'of the former lock');
  mkdirSync(join(root, '.unrip'));
  const script = `set -eu
    root='${root}' cache='${own.path}' bun=false stamp="$root/node_modules/.unrip-stamp"
    . "$root/ops/toolchain/prepare.sh"
    install_dependencies`;
  const run = Bun.spawnSync(['sh', '-c', script], { env: { PATH: process.env['PATH'] ?? '' } });
  expect(run.exitCode).toBe(1);
  expect(run.stderr.toString()).toContain('installing the dependencies failed');
  expect(marks.filter((mark) => existsSync(mark))).toEqual([]);
});

test('no core dumps, and as many descriptors as the system allows, up to a bound', () => {
  const limits = (script: string) => {
    const run = Bun.spawnSync(['sh', '-c', `${script}; exec "$0"`, join(checkout, 'unrip')], {
      env: { ...process.env, UNRIP_CACHE: cache },
    });
    const [, own] = run.stdout.toString().trim().split('\n');
    return (JSON.parse(own ?? '{}') as { limits: { core: string; files: string } }).limits;
  };
  if (process.platform !== 'linux') return;
  expect(limits('ulimit -S -c unlimited; ulimit -S -n 200; ulimit -H -n 1000')).toMatchObject({
    core: '0 0',
    files: '1000 1000',
  });
  expect(limits('ulimit -S -n 300').files).toMatch(/^(?:65536|[1-9][0-9]{2,4}) /);
});

const mayTakeRealTime =
  Bun.which('chrt') !== null && Bun.spawnSync(['chrt', '-r', '1', 'true'], { stderr: 'ignore' }).exitCode === 0;

test.skipIf(!mayTakeRealTime).each([
  ['engine', '1', 1],
  ['engine', '0', 0],
  ['history-writer', '1', 0],
])('%s with a limit of %s for real-time priority has a priority of %i', (command, limit, priority) => {
  using own = tempDir('launcher');
  const made = makeCheckout(own.path);
  const launcher = join(made.checkout, 'unrip');
  // Few may raise this limit; it is asked for as that of the shell.
  const text = readFileSync(launcher, 'utf8');
  writeFileSync(launcher, text.replace('ulimit -r', `echo ${limit}`));
  const run = Bun.spawnSync([launcher, command], { env: { ...process.env, UNRIP_CACHE: made.cache } });
  const { limits, args } = JSON.parse(run.stdout.toString().trim().split('\n').at(-1) ?? '') as {
    readonly limits: { readonly realTime: number };
    readonly args: readonly string[];
  };
  expect({ args, realTime: limits.realTime }).toEqual({ args: [command], realTime: priority });
});

test('what the launcher fetches and builds with gets no key, token or database URL', async () => {
  const run = Bun.spawn(
    [
      'sh',
      '-c',
      `set -eu; . "${import.meta.dir}/environment.sh"; bun_version=kept; drop_environment; echo "own=$bun_version"; env`,
    ],
    {
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: '/root',
        https_proxy: 'http://proxy:3128',
        npm_config_registry: 'https://npm.example',
        NEAR_PRIVATE_KEY: 'hunter2',
        RELAY_API_KEY: 'hunter2',
        DATABASE_URL: 'hunter2',
        AWS_SECRET_ACCESS_KEY: 'hunter2',
        BUN_CONFIG_NO_VERIFY: 'hunter2',
        BUN_CONFIG_SKIP_LOAD_LOCKFILE: 'hunter2',
        BUN_INSTALL_CACHE_DIR: 'hunter2',
        lowercase_token: 'hunter2',
        SEVERAL_LINES: 'hunter2\nbun_version=hunter2',
      },
      stdout: 'pipe',
    },
  );
  const seen = await new Response(run.stdout).text();
  expect(await run.exited).toBe(0);
  expect(seen).toContain('own=kept\n');
  expect(seen).toContain('HOME=/root\n');
  expect(seen).toContain('https_proxy=http://proxy:3128\n');
  expect(seen).toContain('npm_config_registry=https://npm.example\n');
  expect(seen).not.toContain('hunter2');
});

describe.each(['with_flock', 'with_link'])('%s', (lock) => {
  const hold = (name: string, file: string): string => `
    work() { echo "${name} in" >>log; sleep 0.2; echo "${name} out" >>log; }
    ${lock} '${file}' working work`;

  test('lets one in at a time', async () => {
    rmSync(join(place, 'log'), { force: true });
    const runs = ['a', 'b', 'c'].map((name) => shell(hold(name, `${lock} one`)));
    expect(await Promise.all(runs.map((run) => run.exited))).toEqual([0, 0, 0]);
    const lines = (await Bun.file(join(place, 'log')).text()).trim().split('\n');
    expect(lines).toHaveLength(6);
    for (let at = 0; at < lines.length; at += 2) {
      expect(lines[at + 1]).toBe(lines[at]?.replace(' in', ' out'));
    }
  });

  test('is free again when its holder was killed', async () => {
    rmSync(join(place, 'log'), { force: true });
    const holder = shell(`work() { echo held; exec sleep 60; }\n${lock} '${lock} two' working work`);
    const output = holder.stdout.getReader();
    expect(new TextDecoder().decode((await output.read()).value)).toBe('held\n');
    // The whole group: the shell, the subshell that holds the lock, and what it runs.
    process.kill(-holder.pid, 'SIGKILL');
    await holder.exited;
    expect(await shell(hold('next', `${lock} two`)).exited).toBe(0);
  });

  test('fails when what it runs fails', async () => {
    expect(await shell(`work() { exit 7; }\n${lock} '${lock} three' working work`).exited).toBe(7);
  });
});

describe('need_packages', () => {
  test('names what is missing, why, and the lines that install it', async () => {
    const run = shell(
      `id() { echo 1000; }\nneed_packages 'to build' 'g++ make' 'gcc-c++ make' 'brew install make' sh no-such-tool`,
    );
    expect(await run.exited).toBe(1);
    const printed = await new Response(run.stderr).text();
    expect(printed).toContain('no-such-tool missing, to build');
    expect(printed).toContain('apt-get install -y g++ make\n');
    expect(printed).toContain('dnf install -y gcc-c++ make\n');
    expect(printed).toContain('brew install make\n');
  });

  test.skipIf(!existsSync('/etc/debian_version'))('installs it first where it may, once up to date', async () => {
    const bin = join(place, 'a bin');
    mkdirSync(bin);
    const recorder = `#!/bin/sh\necho "\${DEBIAN_FRONTEND-unset} apt-get $*" >>'${place}/apt'\n`;
    writeFileSync(join(bin, 'apt-get'), recorder, { mode: 0o755 });
    const run = shell(`
      id() { echo 0; }
      unset DEBIAN_FRONTEND
      PATH='${bin}':$PATH
      need_packages 'to build' 'g++ make' 'gcc-c++ make' 'brew install make' no-such-tool`);
    expect(await run.exited).toBe(1);
    const printed = await new Response(run.stderr).text();
    expect(printed).toContain('installing g++ make with apt-get');
    expect((await Bun.file(join(place, 'apt')).text()).trim().split('\n')).toEqual([
      'unset apt-get update',
      'noninteractive apt-get install -y --no-install-recommends g++ make',
    ]);
  });

  test('is quiet when all is there', async () => {
    const run = shell(`id() { echo 1000; }\nneed_packages 'to build' a b c sh sed`);
    expect(await run.exited).toBe(0);
    expect(await new Response(run.stderr).text()).toBe('');
  });
});
