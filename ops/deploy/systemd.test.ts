// The units: one for each process, installed, installed again, and removed below a directory; and what systemd itself says of them,
// where it is installed.

import { describe, expect, test } from 'bun:test';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DECLARED_NAMES } from '../../contracts/config/declared.ts';
import { SERVICES } from '../../contracts/topics/ops-control-action.ts';
import { tempDir } from '../testing/temp-dir.ts';

const UNITS = join(import.meta.dir, 'systemd');
const read = (name: string): string => readFileSync(join(UNITS, name), 'utf8');
const SERVICE_FILES = readdirSync(UNITS).filter((name) => name.endsWith('.service'));
const LIMIT_MS = 60_000;

function run(command: readonly string[], env: Record<string, string> = {}) {
  const { exitCode, stdout, stderr } = Bun.spawnSync([...command], {
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdout: 'pipe',
    stderr: 'pipe',
  });
  return { code: exitCode, out: stdout.toString(), err: stderr.toString() };
}

const install = (root: string, ...args: readonly string[]) =>
  run(['sh', join(UNITS, 'install.sh'), '--root', root, ...args]);

/** Paths below a directory with mode and content. */
function tree(root: string, at = ''): readonly string[] {
  if (!existsSync(join(root, at))) return [];
  return readdirSync(join(root, at), { withFileTypes: true }).flatMap((entry) => {
    const path = join(at, entry.name);
    const mode = (statSync(join(root, path)).mode & 0o777).toString(8);
    if (entry.isDirectory()) return [`${path}/ ${mode}`, ...tree(root, path)];
    return [`${path} ${mode} ${Bun.hash(readFileSync(join(root, path)))}`];
  });
}

describe('the units', () => {
  test.each(SERVICES.map((name) => [name]))('%s has one that notifies, is watched, and stops it in time', (name) => {
    const unit = read(`unrip-${name}.service`);
    expect(unit).toContain(`ExecStart=/opt/unrip/app/unrip ${name}\n`);
    expect(unit).toContain('Type=notify\n');
    expect(unit).toMatch(/^WatchdogSec=\d+$/m);
    expect(unit).toContain(`StateDirectory=unrip/${name}\n`);
    expect(read('sysusers.conf')).toContain(`\nu unrip-${name} `);
  });

  test('every variable that one sets is one that the project reads', () => {
    const known = new Set(DECLARED_NAMES);
    // Declared by processes that come with their own variables.
    const own = new Set(['ENGINE_CONTROL_TOKEN_FILE']);
    const names = SERVICE_FILES.flatMap((file) =>
      [...read(file).matchAll(/^Environment=(.*)$/gm)].flatMap(([, line = '']) =>
        line.split(' ').map((pair) => pair.split('=')[0] ?? ''),
      ),
    );
    expect(names.length).toBeGreaterThan(10);
    expect(names.filter((name) => !known.has(name) && !own.has(name))).toEqual([]);
  });

  test('every credential that is loaded is used, and every one that is used is loaded', () => {
    for (const file of SERVICE_FILES) {
      const text = read(file);
      const loaded = [...text.matchAll(/^LoadCredential=([\w-]+):/gm)].map(([, id]) => id).sort();
      const used = [...text.matchAll(/%d\/([\w-]+)/g)].map(([, id]) => id).sort();
      expect([file, used]).toEqual([file, loaded]);
    }
  });

  test('only the engine comes before the rest of the machine', () => {
    for (const name of SERVICES) {
      const nice = Number(/^Nice=(-?\d+)$/m.exec(read(`unrip-${name}.service`))?.[1]);
      expect([name, nice < 0]).toEqual([name, name === 'engine']);
    }
  });
});

describe('the installation', () => {
  test('a dry run changes nothing', () => {
    using dir = tempDir('install');
    const { code, out } = install(dir.path, '--dry-run');
    expect(code).toBe(0);
    expect(out).toContain('would run: cp');
    expect(tree(dir.path)).toEqual([]);
  });

  test('run again changes nothing, and never what the operator wrote', () => {
    using dir = tempDir('install');
    expect(install(dir.path).code).toBe(0);
    const env = join(dir.path, 'etc/unrip/common.env');
    writeFileSync(env, 'NEAR_ACCOUNT_ID=maker.near\n');
    const before = tree(dir.path);
    expect(before).toContain('etc/unrip/credentials/ 700');
    expect(before.filter((line) => line.includes('kafka-config-')).every((line) => line.includes(' 600 '))).toBe(true);
    const again = install(dir.path);
    expect(again.out).toContain('0 changes\n');
    expect(tree(dir.path)).toEqual(before);
  });

  test('a unit that was changed is brought back', () => {
    using dir = tempDir('install');
    install(dir.path);
    const unit = join(dir.path, 'etc/systemd/system/unrip-engine.service');
    writeFileSync(unit, 'changed');
    expect(install(dir.path).out).toContain('1 changes\n');
    expect(readFileSync(unit, 'utf8')).toBe(read('unrip-engine.service'));
  });

  test('a removal takes the units and keeps state, settings and secrets', () => {
    using dir = tempDir('install');
    install(dir.path);
    const state = join(dir.path, 'var/lib/unrip/engine');
    mkdirSync(state, { recursive: true, mode: 0o700 });
    writeFileSync(join(state, 'journal'), 'precious');
    writeFileSync(join(dir.path, 'etc/unrip/credentials/near-key'), 'precious', { mode: 0o600 });
    expect(install(dir.path, '--remove', '--dry-run').out).toContain('would run: rm');
    expect(existsSync(join(dir.path, 'etc/systemd/system/unrip.target'))).toBe(true);
    expect(install(dir.path, '--remove').code).toBe(0);
    const left = tree(dir.path).filter((line) => !line.includes('/ '));
    expect(left.filter((line) => /systemd|sysusers/.test(line))).toEqual([]);
    expect(left.filter((line) => /journal|near-key|kafka-config|common\.env/.test(line))).toHaveLength(9);
    expect(install(dir.path, '--remove').out).toContain('0 changes\n');
  });

  test.each([['--remvoe'], ['--root']])('%s is refused, and nothing done', (arg) => {
    expect(run(['sh', join(UNITS, 'install.sh'), arg])).toMatchObject({
      code: 2,
      err: expect.stringContaining('--dry-run'),
    });
  });
});

describe('a checkout that is copied', () => {
  const copy = (from: string, to: string) => run(['sh', join(UNITS, 'copy-checkout.sh'), from, to]);
  const git = (at: string, ...args: readonly string[]) => expect(run(['git', '-C', at, ...args]).code).toBe(0);
  const installed = (dir: string) => {
    const [from, to] = [join(dir, 'from'), join(dir, 'to')];
    for (const path of [from, to]) mkdirSync(path);
    writeFileSync(join(to, 'unrip'), 'old');
    writeFileSync(join(from, 'unrip'), 'new');
    return { from, to };
  };

  test('is there with the files that git names, and no other', () => {
    using dir = tempDir('copy');
    const { from, to } = installed(dir.path);
    git(from, 'init', '-q');
    git(from, 'add', 'unrip');
    writeFileSync(join(from, 'left'), 'by chance');
    expect(copy(from, to).code).toBe(0);
    expect(readdirSync(to)).toEqual(['unrip']);
    expect(readFileSync(join(to, 'unrip'), 'utf8')).toBe('new');
  });

  test.each<[string, (from: string) => void]>([
    ['that git does not read', () => {}],
    ['of which git names nothing', (from) => git(from, 'init', '-q')],
    [
      'that lacks a file',
      (from) => {
        git(from, 'init', '-q');
        git(from, 'add', 'unrip');
        rmSync(join(from, 'unrip'));
      },
    ],
  ])('%s is refused, and what is installed stays', (_what, prepare) => {
    using dir = tempDir('copy');
    const { from, to } = installed(dir.path);
    prepare(from);
    const { code, err } = copy(from, to);
    expect(code).not.toBe(0);
    expect(err).not.toBe('');
    expect(readFileSync(join(to, 'unrip'), 'utf8')).toBe('old');
  });

  test('is copied by the installer so, and by nothing else', () => {
    expect(read('install.sh')).toContain('"$here/copy-checkout.sh" "$source" "$app"');
    expect(read('install.sh')).not.toMatch(/\|\s*tar\b/);
  });
});

const analyze = Bun.which('systemd-analyze');

/** The trailing colon adds systemd's own units. */
const UNIT_PATH = { SYSTEMD_UNIT_PATH: `${UNITS}:` };

describe.if(analyze !== null)('as systemd reads them', () => {
  test(
    'nothing is wrong with them but that nothing is installed here',
    () => {
      const files = [...SERVICE_FILES, 'unrip.target'].map((name) => join(UNITS, name));
      const { out, err } = run([analyze ?? '', 'verify', '--man=no', ...files], UNIT_PATH);
      const lines = `${out}${err}`.split('\n').filter((line) => line.includes('unrip'));
      expect(lines.filter((line) => !line.includes('/opt/unrip/app/unrip is not executable'))).toEqual([]);
    },
    LIMIT_MS,
  );

  test.each(SERVICE_FILES.map((name) => [name]))(
    '%s exposes little',
    (name) => {
      const { out } = run([analyze ?? '', 'security', '--offline=true', '--no-pager', join(UNITS, name)], UNIT_PATH);
      const level = Number(/Overall exposure level for [^:]+: ([\d.]+)/.exec(out)?.[1]);
      expect(level).toBeLessThanOrEqual(2);
    },
    LIMIT_MS,
  );
});
