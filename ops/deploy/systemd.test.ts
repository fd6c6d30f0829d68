// The units: one for each process, installed, installed again, and removed below a directory; and what systemd itself says of them,
// where it is installed.

import { describe, expect, test } from 'bun:test';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { parseTokens } from '../../contracts/config/control-tokens.ts';
import { DECLARED_NAMES } from '../../contracts/config/declared.ts';
import { createTokenCheck } from '../../contracts/runtime/control/auth.ts';
import { TABLE } from '../cli/main.ts';
import { tempDir } from '../testing/temp-dir.ts';
import { BUILT, READS, secretFilesOf } from './processes.fixture.ts';

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

/** Names that a unit sets. */
const variablesOf = (unit: string): string[] =>
  [...unit.matchAll(/^Environment=(.*)$/gm)].flatMap(([, line = '']) =>
    line.split(' ').map((pair) => pair.split('=')[0] ?? ''),
  );

describe('the units', () => {
  test.each(BUILT.map((name) => [name]))('%s has one that notifies, is watched, and stops it in time', (name) => {
    const unit = read(`unrip-${name}.service`);
    expect(unit).toContain(`ExecStart=/opt/unrip/app/unrip ${name}\n`);
    expect(unit).toContain('Type=notify\n');
    expect(unit).toMatch(/^WatchdogSec=\d+$/m);
    expect(unit).toContain(`StateDirectory=unrip/${name}\n`);
    expect(read('sysusers.conf')).toContain(`\nu unrip-${name} `);
  });

  test('each runs a command that there is, and the target starts units that there are', () => {
    const commands = TABLE.flatMap(({ name, summary }) => (summary === null ? [] : [name]));
    for (const file of SERVICE_FILES) {
      const command = /^ExecStart=\/opt\/unrip\/app\/unrip (\S+)$/m.exec(read(file))?.[1];
      expect([file, commands.includes(command ?? '')]).toEqual([file, true]);
    }
    const started = read('unrip.target').match(/unrip-[\w-]+\.service/g) ?? [];
    expect(started.length).toBeGreaterThan(0);
    expect(started.filter((name) => !SERVICE_FILES.includes(name))).toEqual([]);
  });

  test('every variable that one sets is one that the project reads', () => {
    const known = new Set(DECLARED_NAMES);
    const names = SERVICE_FILES.flatMap((file) => variablesOf(read(file)));
    expect(names.length).toBeGreaterThan(10);
    expect(names.filter((name) => !known.has(name))).toEqual([]);
  });

  test.each(Object.keys(READS).map((name) => [name]))(
    '%s gets every secret that it needs, and none that it does not',
    (name) => {
      const secrets = secretFilesOf(name);
      const given = variablesOf(read(`unrip-${name}.service`)).filter((each) => each.endsWith('_FILE'));
      expect(secrets.filter((names) => !names.some((each) => given.includes(each)))).toEqual([]);
      // Who may call a control API: whoever runs one has a list, and the doctor reads that of the engine.
      const others = given.filter((each) => !secrets.flat().includes(each));
      const hasList = name === 'doctor' || BUILT.some((process) => process === name);
      expect(others).toEqual(hasList ? ['CONTROL_TOKENS_FILE'] : []);
    },
  );

  test('every credential that a unit loads is made by the installer, or named at its end', () => {
    using dir = tempDir('install');
    const { out } = install(dir.path);
    const missing = SERVICE_FILES.flatMap((file) =>
      [...read(file).matchAll(/^LoadCredential=[\w-]+:(\/etc\/unrip\/credentials\/([\w-]+))$/gm)]
        .filter(([, path = '', name = '']) => !existsSync(join(dir.path, path)) && !out.includes(name))
        .map(([, path]) => `${file}: ${path}`),
    );
    expect(missing).toEqual([]);
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
    for (const name of BUILT) {
      const nice = Number(/^Nice=(-?\d+)$/m.exec(read(`unrip-${name}.service`))?.[1]);
      expect([name, nice < 0]).toEqual([name, name === 'engine']);
    }
  });

  test('only the engine may have real-time priority', () => {
    for (const file of SERVICE_FILES) {
      const lines = read(file).split('\n');
      const [may, mayNot] = [lines.includes('LimitRTPRIO=1'), lines.includes('RestrictRealtime=yes')];
      expect([file, may, mayNot]).toEqual([file, file === 'unrip-engine.service', file !== 'unrip-engine.service']);
    }
    expect(read('unrip-.service.d/10-common.conf')).not.toContain('RestrictRealtime');
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
    // The URL of an endpoint can have a key in it.
    for (const name of ['common', 'engine'])
      expect(statSync(join(dir.path, `etc/unrip/${name}.env`)).mode & 0o777).toBe(0o600);
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

  test('a unit of an earlier version, whose command there is none of, is taken away', () => {
    using dir = tempDir('install');
    install(dir.path);
    const gone = /^gone=(.*)$/m.exec(read('install.sh'))?.[1]?.split(' ') ?? [];
    expect(gone).toContain('unrip-reconciler.service');
    expect(gone.filter((name) => SERVICE_FILES.includes(name))).toEqual([]);
    const units = gone.map((name) => join(dir.path, 'etc/systemd/system', name));
    const put = (): void => {
      for (const unit of units) writeFileSync(unit, 'old');
    };
    put();
    expect(install(dir.path).out).toContain(`${gone.length} changes\n`);
    expect(units.filter((unit) => existsSync(unit))).toEqual([]);
    put();
    install(dir.path, '--remove');
    expect(units.filter((unit) => existsSync(unit))).toEqual([]);
  });

  test('the manager gets a token of its own, which the engine takes for reservations alone', () => {
    using dir = tempDir('install');
    install(dir.path);
    const credential = (unit: string, id: string): string => {
      const path = new RegExp(`^LoadCredential=${id}:(.*)$`, 'm').exec(read(unit))?.[1] ?? '';
      return readFileSync(join(dir.path, path), 'utf8');
    };
    const token = credential('unrip-liquidity-manager.service', 'engine-control-token');
    const roleBy = (unit: string): unknown => {
      const list = parseTokens(credential(unit, 'control-tokens'));
      if (!list.ok) throw new Error(list.problem);
      const checked = createTokenCheck(list.value)(`Bearer ${token}`);
      return checked.ok ? checked.role : null;
    };
    expect(roleBy('unrip-engine.service')).toBe('reserver');
    expect(roleBy('unrip-ops-sentinel.service')).toBe(null);
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
    expect(left.filter((line) => /journal|near-key|kafka-config|common\.env/.test(line))).toHaveLength(8);
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

  test('can be read by the users of the services, also when it was made for its owner alone, and changed by nobody else', () => {
    using dir = tempDir('copy');
    const { from, to } = installed(dir.path);
    git(from, 'init', '-q');
    mkdirSync(join(from, 'ops'), { mode: 0o700 });
    writeFileSync(join(from, 'ops/a.ts'), '');
    for (const [name, mode] of [
      ['unrip', 0o700],
      ['ops/a.ts', 0o660],
    ] as const)
      chmodSync(join(from, name), mode);
    git(from, 'add', '-A');
    expect(run(['sh', '-c', 'umask 077; exec sh "$@"', 'sh', join(UNITS, 'copy-checkout.sh'), from, to]).code).toBe(0);
    const modes = ['unrip', 'ops', 'ops/a.ts'].map((name) => (statSync(join(to, name)).mode & 0o777).toString(8));
    expect(modes).toEqual(['755', '755', '644']);
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
});

describe('versions', () => {
  const versions = (...args: readonly string[]) => run(['sh', join(UNITS, 'versions.sh'), ...args]);
  const git = (at: string, ...args: readonly string[]) => expect(run(['git', '-C', at, ...args]).code).toBe(0);

  /** A checkout with these files, and what is installed from it. */
  function place(files: Readonly<Record<string, string>>) {
    const dir = tempDir('versions');
    const [source, base] = [join(dir.path, 'a checkout'), join(dir.path, 'opt unrip')];
    for (const path of [source, base]) mkdirSync(path);
    git(source, 'init', '-q');
    const put = (changed: Readonly<Record<string, string | null>>): void => {
      for (const [name, text] of Object.entries(changed)) {
        if (text === null) rmSync(join(source, name));
        else writeFileSync(join(source, name), text);
      }
      git(source, 'add', '-A');
    };
    put(files);
    const stage = () => versions('stage', source, base);
    const install = (): string => {
      const staged = stage();
      expect(staged).toMatchObject({ code: 0, err: '' });
      expect(versions('switch', staged.out.trim(), base)).toEqual({ code: 0, out: '', err: '' });
      return realpathSync(join(base, 'app'));
    };
    const installed = (): string[] => readdirSync(join(base, 'versions'));
    return { base, put, stage, install, installed, app: join(base, 'app'), [Symbol.dispose]: () => dir.remove() };
  }

  /** A process that has a file of the directory among its arguments, as one that was started from there. */
  function running(directory: string) {
    const child = Bun.spawn(['sh', '-c', 'read -r line', 'sh', join(directory, 'ops/cli/main.ts')], { stdin: 'pipe' });
    return {
      async [Symbol.asyncDispose]() {
        child.kill('SIGKILL');
        await child.exited;
      },
    };
  }

  test('a new one has its own files alone, while one that runs keeps those of its own', async () => {
    using at = place({ unrip: '1', '0001_first.sql': 'x', 'gone.sql': 'x' });
    const first = at.install();
    await using _engine = running(first);
    at.put({ unrip: '2', 'gone.sql': null });
    const second = at.install();
    expect(second).not.toBe(first);
    expect(readdirSync(at.app).sort()).toEqual(['0001_first.sql', 'unrip']);
    expect(readdirSync(first).sort()).toEqual(['0001_first.sql', 'gone.sql', 'unrip']);
    expect(readFileSync(join(first, 'unrip'), 'utf8')).toBe('1');
  });

  test('the same again is no new one, whatever the toolchain put into it', () => {
    using at = place({ unrip: '1' });
    const first = at.install();
    for (const name of ['node_modules', '.unrip']) mkdirSync(join(first, name));
    expect(at.stage()).toEqual({ code: 0, out: '', err: '' });
    expect(at.installed()).toHaveLength(1);
  });

  test('the former one stays, and of those before it what something runs from', async () => {
    using at = place({ unrip: '1' });
    const first = at.install();
    await using _engine = running(first);
    at.put({ unrip: '2' });
    at.install();
    at.put({ unrip: '3' });
    const third = at.install();
    at.put({ unrip: '4' });
    const fourth = at.install();
    expect(at.installed().sort()).toEqual([first, third, fourth].map((path) => basename(path)).sort());
  });

  test('one that was staged and never switched to is not what is started, and goes with the next', () => {
    using at = place({ unrip: '1' });
    const first = at.install();
    at.put({ unrip: '2' });
    expect(at.stage().code).toBe(0);
    expect(realpathSync(at.app)).toBe(first);
    const second = at.install();
    expect(readdirSync(join(at.base, 'versions')).sort()).toEqual([first, second].map((path) => basename(path)).sort());
  });

  test('a directory of an installation without versions is not moved under what runs from it', async () => {
    using at = place({ unrip: '2' });
    mkdirSync(at.app);
    writeFileSync(join(at.app, 'unrip'), '1');
    const staged = at.stage().out.trim();
    {
      await using _engine = running(at.app);
      const refused = versions('switch', staged, at.base);
      expect(refused).toMatchObject({ code: 1, err: expect.stringContaining('stop it this once') });
      expect(readFileSync(join(at.app, 'unrip'), 'utf8')).toBe('1');
    }
    expect(versions('switch', staged, at.base)).toEqual({ code: 0, out: '', err: '' });
    expect(readFileSync(join(at.app, 'unrip'), 'utf8')).toBe('2');
    const former = at.installed().find((name) => name.endsWith('-former')) ?? '';
    expect(readFileSync(join(at.base, 'versions', former, 'unrip'), 'utf8')).toBe('1');
  });

  test('what git does not name leaves no version behind', () => {
    using at = place({ unrip: '1' });
    const first = at.install();
    at.put({ unrip: null });
    expect(at.stage().code).not.toBe(0);
    expect(at.installed()).toEqual([basename(first)]);
    expect(realpathSync(at.app)).toBe(first);
  });

  test('are what the installer puts in place, complete before it switches, and nothing else copies', () => {
    const text = read('install.sh');
    const steps = [
      'versions.sh" stage "$source" "$base"',
      '"$staged/unrip" --version',
      'versions.sh" switch "$staged" "$base"',
    ];
    const found = steps.map((step) => text.indexOf(step));
    expect(found.every((at) => at > 0)).toBe(true);
    expect(found).toEqual(found.toSorted((one, other) => one - other));
    expect(text).not.toMatch(/copy-checkout|\|\s*tar\b/);
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
