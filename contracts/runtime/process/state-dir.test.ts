import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asUser, IS_ROOT, STRANGER } from './as-user.fixture.ts';
import { keptStateDir, prepareStateDir } from './state-dir.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'unrip-state-'));
  chmodSync(directory, 0o755);
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const prepare = (path: string) => prepareStateDir('STATE_DIR', path);
const problemOf = (path: string) => {
  const prepared = prepare(path);
  return prepared.ok ? '' : `${prepared.problem.variable} ${prepared.problem.problem}`;
};
const modeOf = (path: string) => statSync(path).mode & 0o7777;

function made(name: string, mode: number, owner: { uid: number; gid: number } | null = null): string {
  const path = join(directory, name);
  mkdirSync(path);
  if (owner !== null) chownSync(path, owner.uid, owner.gid);
  chmodSync(path, mode);
  return path;
}

test('is made, or narrowed, to its owner', () => {
  const fresh = join(directory, 'a/b');
  expect(prepare(fresh)).toEqual({ ok: true, path: fresh, note: null });
  expect(modeOf(fresh)).toBe(0o700);
  const wide = made('wide', 0o755);
  expect(prepare(wide)).toEqual({ ok: true, path: wide, note: null });
  expect(modeOf(wide)).toBe(0o700);
  writeFileSync(join(directory, 'file'), '');
  expect(problemOf(join(directory, 'file/below'))).toContain('STATE_DIR names');
  expect(problemOf(join(directory, 'file'))).toContain('STATE_DIR names');
});

test('what an earlier start left in it is accepted', () => {
  const path = made('state', 0o700);
  mkdirSync(join(path, 'journal'));
  writeFileSync(join(path, 'journal/0001'), 'x');
  writeFileSync(join(path, 'lock'), '');
  expect(prepare(path).ok).toBe(true);
});

test.each([
  ['a file', 'control.json'],
  ['a segment of the journal', 'journal/0001.log'],
])('a link in place of %s is refused, and its target is left alone', (_name, entry) => {
  const path = made('state', 0o777);
  mkdirSync(join(path, 'journal'));
  writeFileSync(join(directory, 'target'), 'precious');
  symlinkSync(join(directory, 'target'), join(path, entry));
  expect(problemOf(path)).toContain('a symbolic link in place of a file');
  expect(readFileSync(join(directory, 'target'), 'utf8')).toBe('precious');
  rmSync(join(path, entry));
  Bun.spawnSync(['mkfifo', join(path, entry)]);
  expect(problemOf(path)).toContain('which is not a file');
});

/** Where a test may mount: as root, with namespaces of its own. */
const CAN_MOUNT =
  IS_ROOT && Bun.which('unshare') !== null && Bun.spawnSync(['unshare', '--mount', 'true']).exitCode === 0;

test.skipIf(!CAN_MOUNT)(
  'one on a read-only file system is refused with the fix, on a first start and on a later one',
  () => {
    const path = made('state', 0o700);
    const module = JSON.stringify(join(import.meta.dir, 'state-dir.ts'));
    const program = `const { prepareStateDir } = await import(${module});
    process.stdout.write(JSON.stringify(prepareStateDir('STATE_DIR', ${JSON.stringify(path)})));`;
    const script = 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && exec "$2" --no-env-file -e "$3"';
    for (const earlier of [[], ['control-token', 'lock']]) {
      for (const name of earlier) writeFileSync(join(path, name), 'x', { mode: 0o600 });
      const child = Bun.spawnSync(['unshare', '--mount', 'sh', '-c', script, 'sh', path, process.execPath, program]);
      expect(JSON.parse(child.stdout.toString())).toMatchObject({
        ok: false,
        problem: {
          variable: 'STATE_DIR',
          problem: expect.stringContaining('EROFS'),
          fix: expect.stringContaining('mount it writable'),
        },
      });
    }
  },
);

test('a directory of it may be on another disk', () => {
  const path = made('state', 0o700);
  symlinkSync(made('fast disk', 0o700), join(path, 'journal'));
  expect(prepare(path).ok).toBe(true);
});

describe.skipIf(!IS_ROOT)('between users', () => {
  test('one of another user is refused and stays as it is, by root as well', () => {
    const path = made('state', 0o777, STRANGER);
    expect(problemOf(path)).toContain(`belongs to another user (uid ${STRANGER.uid})`);
    expect(modeOf(path)).toBe(0o777);
    symlinkSync(path, join(directory, 'link'));
    expect(problemOf(join(directory, 'link'))).toContain('belongs to another user');
  });

  test("a link of another user to this user's own directory is refused", () => {
    const own = made('own', 0o700);
    Bun.spawnSync(['ln', '-s', own, join(directory, 'link')]);
    expect(prepare(join(directory, 'link')).ok).toBe(true);
    Bun.spawnSync(['chown', '-h', '12345', join(directory, 'link')]);
    expect(problemOf(join(directory, 'link'))).toContain('belongs to another user (uid 12345)');
  });

  test('a file that another user made in it is refused', () => {
    const path = made('state', 0o700);
    writeFileSync(join(path, 'control-token'), 'x');
    chownSync(join(path, 'control-token'), STRANGER.uid, STRANGER.gid);
    expect(problemOf(path)).toContain(`belongs to another user (uid ${STRANGER.uid})`);
  });

  const asService = (path: string) =>
    asUser({ uid: 2000, gid: 2000, groups: [STRANGER.gid] }, () => prepareStateDir('STATE_DIR', path));

  test("a volume of root's that a group may write gets a closed directory inside, which is said", () => {
    const volume = made('volume', 0o2775, { uid: 0, gid: STRANGER.gid });
    const first = asService(volume);
    const inside = join(volume, 'unrip');
    expect(first).toMatchObject({ ok: true, path: inside, note: expect.stringContaining(inside) });
    expect(modeOf(inside) & 0o777).toBe(0o700);
    expect(statSync(inside).uid).toBe(2000);
    writeFileSync(join(inside, 'x'), '');
    chownSync(join(inside, 'x'), 2000, 2000);
    expect(asService(volume)).toEqual(first);
    expect(modeOf(volume)).toBe(0o2775);
  });

  test('whoever looks for the state finds it in there', () => {
    const volume = made('volume', 0o2775, { uid: 0, gid: STRANGER.gid });
    const kept = asUser({ uid: 2000, gid: 2000, groups: [STRANGER.gid] }, () => keptStateDir(volume));
    expect(asService(volume)).toMatchObject({ path: kept });
    expect(keptStateDir(volume)).toBe(volume);
    expect(keptStateDir(join(volume, 'not there'))).toBe(join(volume, 'not there'));
  });

  test('the directory inside is refused when somebody else made it', () => {
    const volume = made('volume', 0o2775, { uid: 0, gid: STRANGER.gid });
    mkdirSync(join(volume, 'unrip'));
    chownSync(join(volume, 'unrip'), 2001, STRANGER.gid);
    chmodSync(join(volume, 'unrip'), 0o777);
    expect(asService(volume)).toMatchObject({ ok: false });
    rmSync(join(volume, 'unrip'), { recursive: true });
    symlinkSync(directory, join(volume, 'unrip'));
    expect(asService(volume)).toMatchObject({ ok: false });
  });

  test('a directory inside of a volume that everybody may write is closed, and its own', () => {
    const volume = made('volume', 0o2777, { uid: 0, gid: STRANGER.gid });
    const inside = join(volume, 'unrip');
    for (let start = 0; start < 2; start++) expect(asService(inside)).toEqual({ ok: true, path: inside, note: null });
    expect(modeOf(inside) & 0o777).toBe(0o700);
    expect(statSync(inside).uid).toBe(2000);
    expect(asUser({ uid: 2000, gid: 2000 }, () => keptStateDir(inside))).toBe(inside);
  });

  test('one that everybody may replace things in, or that cannot be written, is refused', () => {
    expect(asService(made('open', 0o777, { uid: 0, gid: 0 }))).toMatchObject({ ok: false });
    expect(asService(made('sticky', 0o1777, { uid: 0, gid: 0 }))).toMatchObject({ ok: true });
    const closed = asService(made('closed', 0o755, { uid: 0, gid: 0 }));
    expect(closed.ok ? '' : closed.problem.problem).toContain('EACCES');
    const own = made('sealed', 0o500, STRANGER);
    const sealed = asUser(STRANGER, () => prepare(own));
    expect(sealed.ok ? '' : sealed.problem.problem).toContain('EACCES');
  });
});
